//! What a court or a guardianship body says of who represents a child: whose word counts, from whom the child is shielded. The
//! department enters its act; what it says holds in every home that knows the child.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::replacing::homes_of_child;
use super::signed::{RequestIn, read_request};
use crate::domain::application::Application;
use crate::domain::codes::Notice;
use crate::domain::kato::Kato;
use crate::domain::representative::CourtWord;
use crate::service::kernel::keys;
use crate::service::kernel::notices::tell_family;
use crate::service::kernel::numbers::load;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::store::representatives::{self, Representative};
use crate::store::{Entry, Transaction, Written, children};
use crate::trust::act::{ChildAct, CourtActEntered};
use crate::trust::subject::{Subject, SubjectKind};

/// Longest name of who has issued an act.
const ISSUER_MAX: usize = 200;

/// The act of a court or a guardianship body, and what it says.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourtActIn {
    /// The number of the act.
    pub number: String,
    /// Its day, `YYYY-MM-DD`.
    #[schema(example = "2026-11-27")]
    pub on: String,
    /// The id of its scan (`POST /api/v1/papers`).
    pub scan: String,
    /// Who has issued it.
    pub issued_by: String,
    /// The key of the representative whose word counts from now on, `shield`, or `lift`: what was entered before holds no more.
    pub decides: String,
    /// The key of the representative from whom the child is shielded; with `lift` whom that is about, all where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representative: Option<String>,
}

/// What holds of those who represent the child.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CourtActDone {
    /// The number of the application.
    pub number: String,
    /// The key of whose word counts, where one's does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decides: Option<String>,
    /// The keys of those whom the child is shielded from.
    pub shielded: Vec<String>,
}

/// Enters an act.
///
/// # Errors
/// 403, 404, 409 where it would shield the child from everybody, 422.
pub fn enter(office: &Office, caller: &Caller, number: &str, sent: &CourtActIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::EnterCourtAct)?;
    let homes = homes_of_child(office, number)?;
    office.perform(caller, &homes, 200, |tx| {
        let application = load(tx.conn(), number)?;
        caller.principal.may(Act::EnterCourtAct, application.territory)?;
        let live = representatives::of_child(tx.conn(), &application.child)?;
        let mut faults = FieldFaults::default();
        let issued_by = faults.text("issued_by", &sent.issued_by, ISSUER_MAX);
        let words = words(&mut faults, &live, sent);
        let paper = RequestIn { number: sent.number.clone(), on: sent.on.clone(), scan: sent.scan.clone() };
        let paper = read_request(office, tx, &mut faults, &application, &paper, None)?;
        faults.check()?;
        let word_of = |known: &Representative| words.get(&known.id).copied().flatten();
        if live.iter().all(|known| word_of(known) == Some(CourtWord::Shielded)) {
            let message =
                "this would shield the child from everybody who represents it; add or replace a representative first";
            return Err(Problem::conflict("last_representative", message));
        }
        let of = Subject::of(SubjectKind::Person, &application.child);
        let kept = json!({"act": paper, "issued_by": issued_by, "decides": sent.decides});
        let facts = keys::keep(tx, application.home, of, &kept)?;
        let changed = save(tx, &application, &live, &words, &facts)?;
        tell_family(tx, &application, Notice::CourtAct)?;
        let entries = records(caller, &application, &changed, &facts);
        let with = |word| live.iter().filter(move |known| word_of(known) == Some(word)).map(|known| known.id.clone());
        let value = CourtActDone {
            number: number.to_owned(),
            decides: with(CourtWord::Decides).next(),
            shielded: with(CourtWord::Shielded).collect(),
        };
        Ok(Written { value, entries })
    })
}

/// What holds of each representative then, by key.
fn words(faults: &mut FieldFaults, live: &[Representative], sent: &CourtActIn) -> BTreeMap<String, Option<CourtWord>> {
    let mut words: BTreeMap<String, Option<CourtWord>> =
        live.iter().map(|known| (known.id.clone(), known.court)).collect();
    let named = sent.representative.as_ref();
    let mut unknown = |field: &str| {
        faults.add(
            field,
            "not_a_representative",
            "name the key of one who represents the child (GET …/representatives)",
        );
    };
    match sent.decides.as_str() {
        "shield" => match named.filter(|id| words.contains_key(*id)) {
            Some(id) => drop(words.insert(id.clone(), Some(CourtWord::Shielded))),
            None => unknown("representative"),
        },
        "lift" => match named {
            Some(id) if !words.contains_key(id) => unknown("representative"),
            named => {
                words.iter_mut().filter(|(id, _)| named.is_none_or(|n| n == *id)).for_each(|(_, word)| *word = None)
            }
        },
        id if words.contains_key(id) => {
            // Whom the child was shielded from it stays shielded from.
            words.values_mut().filter(|word| **word == Some(CourtWord::Decides)).for_each(|word| *word = None);
            words.insert(id.to_owned(), Some(CourtWord::Decides));
        }
        _ => unknown("decides"),
    }
    words
}

/// Saves it of each person in every home that knows the child; those that are saved.
fn save(
    tx: &mut Transaction<'_>,
    application: &Application,
    live: &[Representative],
    words: &BTreeMap<String, Option<CourtWord>>,
    facts: &str,
) -> Result<Vec<Representative>, Problem> {
    let child = children::iin_of(tx.conn(), &application.child)?;
    let everywhere = child.map(|child| representatives::of_iin(tx.conn(), child)).transpose()?.unwrap_or_default();
    let mut saved = Vec::new();
    for known in everywhere {
        let Some(own) = live.iter().find(|own| own.iin == known.iin) else { continue };
        let court = words.get(&own.id).copied().flatten();
        let act = Some(facts.to_owned());
        let known = Representative { court, court_act: act, court_at: Some(tx.at()), ..known };
        representatives::save(tx, &known)?;
        saved.push(known);
    }
    Ok(saved)
}

/// A record in each home: it is the same act everywhere.
fn records(caller: &Caller, application: &Application, changed: &[Representative], facts: &str) -> Vec<Entry> {
    let mut of_homes: BTreeMap<Kato, &str> = BTreeMap::from([(application.home, application.child.as_str())]);
    of_homes.extend(changed.iter().map(|known| (known.home, known.child.as_str())));
    let record = |(home, child): (Kato, &str)| {
        let (number, role) = (application.number.clone(), caller.principal.role);
        let told = CourtActEntered { application: number, facts: facts.to_owned(), role };
        let act = ChildAct::EnterCourtAct(told).told_to(Subject::of(SubjectKind::Person, child));
        let territory = if home == application.home { application.territory } else { home };
        Entry { home, act, actor: caller.principal.id.clone(), territory }
    };
    of_homes.into_iter().map(record).collect()
}
