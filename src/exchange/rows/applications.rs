//! Applications, as another registry or a paper journal knew them.

use std::borrow::Cow;

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::domain::application::{CategoryClaim, Document};
use crate::domain::codes::{ApplicantKind, Channel, Decision, GroupKind, Language, Status};
use crate::domain::contact::Contact;
use crate::domain::iin::{Iin, IinWarning};
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::text::mixes_scripts;
use crate::exchange::csv::cell::{self, Read};
use crate::exchange::csv::table::{Cells, Column, Key, KeyValue, Row, optional, required};

/// An application, as another registry or a paper journal knew it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationRow {
    /// Its number, where it has one.
    pub number: Option<String>,
    /// The IIN of the child; one application in the country holds it.
    pub child_iin: Iin,
    /// The child's name, as in its birth certificate.
    pub child_name: String,
    /// From the birth certificate.
    pub birth_date: NaiveDate,
    /// The IIN of whoever applies.
    pub applicant_iin: Iin,
    /// The name of whoever applies.
    pub applicant_name: String,
    /// In what right somebody applies for the child.
    pub applicant_kind: ApplicantKind,
    /// Telephones or addresses at which the family is reached.
    pub contacts: Vec<String>,
    /// The way it was handed in.
    pub channel: Channel,
    /// The instant that orders the queue.
    pub applied_at: DateTime<Utc>,
    /// The territory whose queue it joins.
    pub territory: Kato,
    /// Kind of the group.
    pub kind: GroupKind,
    /// Language of the group.
    pub language: Language,
    /// Kindergartens, most wanted first; none: any.
    pub preferences: Vec<String>,
    /// Privileges claimed, with their proofs.
    pub categories: Vec<CategoryClaim>,
    /// The package. A power of attorney stands here, with its number and last day.
    pub documents: Vec<Document>,
    /// Where it stands; nothing: in the queue.
    pub status: Option<Status>,
    /// What its case came to; nothing: accepted.
    pub decision: Option<Decision>,
    /// Its ticket, where it has one.
    pub ticket: Option<u32>,
    /// What shows the instant: the paper journal's page, the other system's record. Only an import with evidence may
    /// name an instant, so this is never empty.
    pub evidence: String,
}

impl Row for ApplicationRow {
    const WRITTEN: &'static [&'static str] = &[
        "number",
        "child_iin",
        "child_name",
        "birth_date",
        "applicant_iin",
        "applicant_name",
        "applicant_kind",
        "contacts",
        "channel",
        "applied_at",
        "territory",
        "kind",
        "language",
        "preferences",
        "categories",
        "documents",
        "status",
        "decision",
        "ticket",
        "evidence",
    ];
    const LAYOUTS: &'static [&'static [Column]] = &[&[
        optional("number"),
        required("child_iin"),
        required("child_name"),
        required("birth_date"),
        required("applicant_iin"),
        required("applicant_name"),
        required("applicant_kind"),
        required("contacts"),
        required("channel"),
        required("applied_at"),
        required("territory"),
        required("kind"),
        required("language"),
        required("preferences"),
        required("categories"),
        required("documents"),
        optional("status"),
        optional("decision"),
        optional("ticket"),
        required("evidence"),
    ]];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let number = cells.read_optional("number", cell::number);
        let child_iin = cells.read("child_iin", cell::iin);
        let child_name = cells.read("child_name", cell::text);
        let birth_date = cells.read("birth_date", cell::date);
        let applicant_iin = cells.read("applicant_iin", cell::iin);
        let applicant_name = cells.read("applicant_name", cell::text);
        let applicant_kind = cells.read("applicant_kind", cell::code);
        let contacts = cells.read_optional("contacts", |text| cell::list(text, cell::list_text));
        let channel = cells.read("channel", cell::code);
        let applied_at = cells.read("applied_at", cell::instant);
        let territory = cells.read("territory", cell::kato);
        let kind = cells.read("kind", cell::code);
        let language = cells.read("language", cell::code);
        let preferences = cells.read_optional("preferences", |text| once(cell::list(text, cell::id)?, String::as_str));
        let categories =
            cells.read_optional("categories", |text| once(cell::list(text, cell::claim)?, |claim| &claim.code));
        let documents = cells.read_optional("documents", |text| cell::list(text, cell::document));
        let status = cells.read_optional("status", cell::code);
        let decision = cells.read_optional("decision", cell::code);
        let ticket = cells.read_optional("ticket", |text| cell::integer(text, 1..=u32::MAX.into()));
        let evidence = cells.read("evidence", cell::text);
        let row = ApplicationRow {
            number: number?,
            child_iin: child_iin?,
            child_name: child_name?,
            birth_date: birth_date?,
            applicant_iin: applicant_iin?,
            applicant_name: applicant_name?,
            applicant_kind: applicant_kind?,
            contacts: contacts?.unwrap_or_default(),
            channel: channel?,
            applied_at: applied_at?,
            territory: territory?,
            kind: kind?,
            language: language?,
            preferences: preferences?.unwrap_or_default(),
            categories: categories?.unwrap_or_default(),
            documents: documents?.unwrap_or_default(),
            status: status?,
            decision: decision?,
            ticket: ticket?.and_then(|ticket| u32::try_from(ticket).ok()),
            evidence: evidence?,
        };
        row.check(cells);
        Some(row)
    }

    fn write(&self, cell: &mut dyn FnMut(&str)) {
        cell(self.number.as_deref().unwrap_or_default());
        cell(&self.child_iin.to_string());
        cell(&cell::guard(&self.child_name));
        cell(&self.birth_date.to_string());
        cell(&self.applicant_iin.to_string());
        cell(&cell::guard(&self.applicant_name));
        cell(self.applicant_kind.code());
        cell(&cell::show_list(self.contacts.iter().map(|contact| [Cow::from(contact)])));
        cell(self.channel.code());
        cell(&instant_text(self.applied_at));
        cell(&self.territory.to_string());
        cell(self.kind.code());
        cell(self.language.code());
        cell(&cell::show_list(self.preferences.iter().map(|id| [Cow::from(id)])));
        cell(&cell::show_list(
            self.categories
                .iter()
                .map(|claim| [Cow::from(&claim.code), claim.status.code().into(), some(&claim.proof)]),
        ));
        cell(&cell::show_list(self.documents.iter().map(|document| {
            let expires_on = document.expires_on.map_or_else(String::new, |day| day.to_string());
            [Cow::from(&document.kind), some(&document.number), expires_on.into()]
        })));
        cell(self.status.map_or("", Status::code));
        cell(self.decision.map_or("", Decision::code));
        cell(&self.ticket.map_or_else(String::new, |ticket| ticket.to_string()));
        cell(&cell::guard(&self.evidence));
    }

    fn keys(&self, key: &mut dyn FnMut(Key<'_>)) {
        if let Some(number) = &self.number {
            key(Key { column: "number", scope: 0, value: KeyValue::Text(number) });
        }
        // Withdrawal, refusal and closing give the child free; any other application holds it, in the whole country.
        if !matches!(self.status, Some(Status::Withdrawn | Status::Refused | Status::Closed)) {
            key(Key { column: "child_iin", scope: 0, value: KeyValue::Number(self.child_iin.number()) });
        }
        if let Some(ticket) = self.ticket {
            let home = self.territory.home().number();
            key(Key { column: "ticket", scope: home, value: KeyValue::Number(ticket.into()) });
        }
    }
}

impl ApplicationRow {
    /// What the cells say of each other.
    fn check(&self, cells: &mut Cells<'_>) {
        if self.child_iin == self.applicant_iin {
            cells.fault("applicant_iin", "is the child's number; enter the applicant's");
        }
        self.check_words(cells);
        // An instant of the evening before in UTC can be the day of birth in Kazakhstan.
        let eve = self.birth_date.checked_sub_days(Days::new(1)).unwrap_or(self.birth_date);
        if self.applied_at.date_naive() < eve {
            cells.fault("applied_at", format!("is before the child's birth on {}", self.birth_date));
        }
        for warning in self.child_iin.warnings(self.birth_date) {
            cells.warn(
                "child_iin",
                match warning {
                    IinWarning::BirthDateDiffers => "its digits name another birth date; compare the birth certificate",
                    IinWarning::SexDiffers => "its seventh digit names another sex; compare the birth certificate",
                    IinWarning::Temporary => "is a temporary number; write the IIN when the child has one",
                    IinWarning::UnusualCenturyDigit => "its seventh digit is unusual; compare the birth certificate",
                },
            );
        }
    }
}

impl ApplicationRow {
    /// What a clerk should look at again of the words.
    fn check_words(&self, cells: &mut Cells<'_>) {
        for (column, name) in [("child_name", &self.child_name), ("applicant_name", &self.applicant_name)] {
            if mixes_scripts(name) {
                cells.warn(column, "mixes Latin and Cyrillic letters in a word; type it on one keyboard");
            }
        }
        for contact in &self.contacts {
            if matches!(Contact::read(contact), Contact::Nothing(_)) {
                cells.warn("contacts", "names nobody and no telephone; ask how the family is reached");
            }
        }
    }
}

/// The list, where no item stands twice.
fn once<T>(list: Vec<T>, name: impl Fn(&T) -> &str) -> Read<Vec<T>> {
    for (index, item) in list.iter().enumerate() {
        if list.iter().take(index).any(|before| name(before) == name(item)) {
            return Err(format!("{} stands twice; keep one", name(item)).into());
        }
    }
    Ok(list)
}

/// A part of a list cell that may be missing.
fn some(text: &Option<String>) -> Cow<'_, str> {
    text.as_deref().unwrap_or_default().into()
}
