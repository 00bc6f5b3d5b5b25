//! What the registry issues: the words of a result, kept exactly as issued. `documents` prints them.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::documents::paper::{Line, Paper};
use crate::domain::application::{Application, Child};
use crate::domain::codes::{Channel, ResultKind};
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::domain::kindergarten::{Group, Kindergarten};
use crate::domain::referral::Referral;
use crate::rules::regulation::{Delivery, Meaning};
use crate::rules::sourced::RuleGround;
use crate::rules::{Bound, Rules};
use crate::service::applications::proofs;
use crate::service::kernel::authority::Authority;
use crate::service::kernel::problem::Problem;
use crate::service::kernel::words::{Said, clause, date, label, say, say_each};
use crate::service::office::Office;
use crate::service::positions::shape::PositionEntry;
use crate::store::connection::AnyConnection;
pub use crate::store::results::StoredResult;
use crate::store::{applications, territories};

/// What every result needs.
pub(crate) struct Issue<'a> {
    /// The number under which the result is kept.
    pub(crate) id: &'a str,
    /// The application that the result is about.
    pub(crate) application: &'a Application,
    /// The case that yields it, if one does.
    pub(crate) case: Option<&'a str>,
    /// The authority that issues and signs it.
    pub(crate) signer: &'a Authority,
    /// The instant of the issue.
    pub(crate) at: DateTime<Utc>,
}

/// The notification of the place in the queue, or East Kazakhstan's receipt of 2014.
pub(crate) fn notification(
    office: &Office,
    conn: &mut AnyConnection,
    issue: &Issue<'_>,
    bound: &Bound<'_>,
    standing: Option<&PositionEntry>,
) -> Result<StoredResult, Problem> {
    let rules = &office.rules;
    let kind = [ResultKind::Notification, ResultKind::QueueReceipt]
        .into_iter()
        .find(|k| bound.regulation.result(k.code()).is_some())
        .unwrap_or(ResultKind::Notification);
    let child = applications::child(conn, office.store.vault(), &issue.application.child)?;
    let mut paper = head(office, conn, issue, bound, kind, Some(&child))?;
    let position = standing.and_then(|s| s.position).unwrap_or_default().to_string();
    let of = standing.and_then(|s| s.of).unwrap_or_default();
    let at = Said::same(local(office, issue.application.territory, issue.application.applied_at));
    let number = Said::same(&issue.application.number);
    paper.paragraphs.push(say_each(
        rules,
        "registered",
        &[("number", &number), ("at", &at), ("position", &Said::same(&position))],
    ));
    paper.paragraphs.push(say_each(
        rules,
        "position",
        &[
            ("position", &Said::same(&position)),
            ("of", &Said::same(of.to_string())),
            ("of_children", &crate::service::kernel::words::children(rules, of)),
            ("as_of", &Said::same(local(office, issue.application.territory, issue.at))),
        ],
    ));
    if let Some(standing) = standing {
        paper.paragraphs.extend(standing.reasons.iter().map(|r| r.text.clone()));
    }
    let unjudged = applications::unjudged_of(conn, &issue.application.number)?;
    let territory = issue.application.territory;
    let due = unjudged.iter().filter_map(|claim| proofs::confirm_by(rules, bound.profile, territory, claim)).min();
    if let Some(due) = due {
        paper.paragraphs.push(say_each(rules, "proof_due", &[("until", &date(rules, due))]));
    }
    Ok(stored(issue, kind, bound, paper))
}

/// The reasoned refusal, which names its grounds and where to appeal.
pub(crate) fn reasoned_refusal(
    office: &Office,
    conn: &mut AnyConnection,
    issue: &Issue<'_>,
    bound: &Bound<'_>,
    grounds: &[RuleGround],
) -> Result<StoredResult, Problem> {
    let rules = &office.rules;
    let child = applications::child(conn, office.store.vault(), &issue.application.child)?;
    let mut paper = head(office, conn, issue, bound, ResultKind::ReasonedRefusal, Some(&child))?;
    let appeal_body = appeal_body(conn, issue.application.territory)?;
    for ground in grounds {
        let names = Said { kk: ground.names.kk.clone(), ru: ground.names.ru.clone(), en: ground.names.en.clone() };
        let number = ground.clause.as_deref().unwrap_or_default();
        let basis = Said::each(|tongue| {
            let act = bound.regulation.act.citation.get(tongue);
            let clause = clause(tongue, number);
            format!("{}, {act}, {clause}", rules.messages.label_or_code(tongue, "basis", ground.basis.code()))
        });
        let term = say(rules, "appeal_term", &[]);
        let values = [("ground", &names), ("basis", &basis), ("appeal_body", &appeal_body), ("appeal_term", &term)];
        paper.paragraphs.push(say_each(rules, "refused", &values));
    }
    Ok(stored(issue, ResultKind::ReasonedRefusal, bound, paper))
}

/// The receipt of the State Corporation for a package that it may not accept. It has no application.
pub(crate) fn refusal_receipt(
    rules: &Rules,
    bound: &Bound<'_>,
    id: &str,
    authority: &Authority,
    at: DateTime<Utc>,
    missing: &[&str],
) -> StoredResult {
    let territory = authority.territory;
    let documents = Said::each(|tongue| {
        missing.iter().map(|kind| rules.messages.label_or_code(tongue, "document", kind)).collect::<Vec<_>>().join(", ")
    });
    let code = ResultKind::RefusalReceipt.code();
    let rule = bound.regulation.results.iter().find(|r| r.meaning == Meaning::NotAccepted);
    let signer = rule.map_or("sc_worker", |rule| rule.signer.as_str());
    let mut paper = Paper {
        title: label(rules, "result", code),
        service: service_names(bound),
        number: id.to_owned(),
        lines: vec![line(rules, "issued_on", date(rules, rules.calendar.civil_day(at, territory)))],
        ..Paper::default()
    };
    paper.paragraphs.push(say_each(rules, "intake_refused", &[("documents", &documents)]));
    paper.notices = notices(rules, bound, None);
    paper.signer = label(rules, "actor", signer);
    if let Some(signatory) = &authority.signatory {
        paper.lines.push(line(rules, "signed_by", signatory.words(rules)));
    }
    StoredResult {
        id: id.to_owned(),
        home: territory.home(),
        territory,
        application: None,
        case: None,
        kind: code.to_owned(),
        issued_at: at,
        signer: signer.to_owned(),
        delivery: "paper".to_owned(),
        handed_at: Some(at),
        body: serde_json::to_string(&paper).unwrap_or_default(),
    }
}

/// The referral as a paper.
pub(crate) fn referral(
    office: &Office,
    conn: &mut AnyConnection,
    issue: &Issue<'_>,
    bound: &Bound<'_>,
    referral: &Referral,
    kindergarten: &Kindergarten,
    group: &Group,
) -> Result<StoredResult, Problem> {
    let rules = &office.rules;
    let child = applications::child(conn, office.store.vault(), &issue.application.child)?;
    let mut paper = head(office, conn, issue, bound, ResultKind::Referral, Some(&child))?;
    paper.number.clone_from(&referral.number);
    let name = kindergarten_name(kindergarten);
    let on = date(rules, rules.calendar.civil_day(referral.issued_at, issue.application.territory));
    let until = date(rules, referral.valid_until_on);
    paper.lines.push(line(rules, "kindergarten", name.clone()));
    let band = format!("{} ({}–{})", group.name, group.age_from_months / 12, group.age_to_months / 12);
    paper.lines.push(line(rules, "group", Said::same(band)));
    paper.lines.push(line(rules, "language_of_instruction", label(rules, "language", group.language.code())));
    paper.lines.push(line(rules, "valid_until", until.clone()));
    paper.lines.push(line(rules, "check_code", Said::same(&referral.check_code)));
    let number = Said::same(&referral.number);
    let values = [("kindergarten", &name), ("number", &number), ("on", &on)];
    paper.paragraphs.push(say_each(rules, "referral_issued", &values));
    paper.paragraphs.push(say_each(rules, "valid_until", &[("until", &until)]));
    Ok(stored(issue, ResultKind::Referral, bound, paper))
}

/// A kindergarten's name in each language; English shows the Russian one.
pub(crate) fn kindergarten_name(k: &Kindergarten) -> Said {
    Said { kk: k.name_kk.clone(), ru: k.name_ru.clone(), en: k.name_ru.clone() }
}

fn head(
    office: &Office,
    conn: &mut AnyConnection,
    issue: &Issue<'_>,
    bound: &Bound<'_>,
    kind: ResultKind,
    child: Option<&Child>,
) -> Result<Paper, Problem> {
    let rules = &office.rules;
    let territory = issue.application.territory;
    let mut lines = vec![line(rules, "issued_on", date(rules, office.day(territory, issue.at)))];
    if let Some(child) = child {
        lines.push(line(rules, "child", Said::same(&child.name)));
        lines.push(number_of_child(rules, &child.iin.to_string()));
    }
    let place = territories::find(conn, issue.signer.territory)?;
    let role = label(rules, "actor", issue.signer.role.code());
    let signer = Said::each(|tongue| {
        let name = place.as_ref().map_or_else(
            || issue.signer.territory.to_string(),
            |t| if tongue == crate::rules::messages::Tongue::Kk { t.name_kk.clone() } else { t.name_ru.clone() },
        );
        format!("{name}, {}", role.get(tongue))
    });
    lines.push(line(rules, "issued_by", signer.clone()));
    if let Some(signatory) = &issue.signer.signatory {
        lines.push(line(rules, "signed_by", signatory.words(rules)));
    }
    Ok(Paper {
        title: label(rules, "result", kind.code()),
        service: service_names(bound),
        number: issue.id.to_owned(),
        lines,
        paragraphs: Vec::new(),
        notices: notices(rules, bound, Some(issue.application)),
        signer,
    })
}

pub(crate) fn service_names(bound: &Bound<'_>) -> Said {
    let names = &bound.regulation.names;
    Said { kk: names.kk.clone(), ru: names.ru.clone(), en: names.en.clone() }
}

/// What must stand on every result: an act that is not in force, a signature that nobody checked.
fn notices(rules: &Rules, bound: &Bound<'_>, application: Option<&Application>) -> Vec<Said> {
    let mut notices = Vec::new();
    if let Some(notice) = bound.notice {
        notices.push(Said::each(|tongue| rules.notice_text(tongue, bound.regulation, notice)));
    }
    if application.is_some_and(|a| a.signature == "not_checked") {
        notices.push(say(rules, "signature_not_checked", &[]));
    }
    notices
}

/// The number by which a child is known: a temporary one is no IIN, and no paper calls it one.
pub(crate) fn number_of_child(rules: &Rules, number: &str) -> Line {
    let is_temporary = Iin::parse(number).is_ok_and(Iin::is_temporary);
    line(rules, if is_temporary { "temporary_number" } else { "iin" }, Said::same(number))
}

pub(crate) fn line(rules: &Rules, code: &str, value: Said) -> Line {
    Line { label: label(rules, "print", code), value }
}

fn stored(issue: &Issue<'_>, kind: ResultKind, bound: &Bound<'_>, paper: Paper) -> StoredResult {
    StoredResult {
        id: issue.id.to_owned(),
        home: issue.application.home,
        territory: issue.application.territory,
        application: Some(issue.application.number.clone()),
        case: issue.case.map(str::to_owned),
        kind: kind.code().to_owned(),
        issued_at: issue.at,
        signer: format!("{}:{}", issue.signer.role, issue.signer.territory),
        delivery: delivery(bound, kind, issue.application.channel).code().to_owned(),
        handed_at: None,
        body: serde_json::to_string(&json!(paper)).unwrap_or_default(),
    }
}

/// As the regulation says; a paper that it does not know (a referral from a round under the act of 2014) goes the way of
/// the channel.
fn delivery(bound: &Bound<'_>, kind: ResultKind, channel: Channel) -> Delivery {
    let rule = bound.regulation.result(kind.code()).filter(|rule| rule.channels.contains(&channel));
    let known = bound.regulation.course(channel).zip(rule).map(|(course, rule)| course.delivery(rule));
    let way = if channel == Channel::Portal { Delivery::Cabinet } else { Delivery::Paper };
    known.unwrap_or(way)
}

/// An instant in the territory's own time, to the second, without its offset.
fn local(office: &Office, territory: Kato, at: DateTime<Utc>) -> String {
    at.with_timezone(&office.rules.calendar.zone(territory)).format("%d.%m.%Y %H:%M:%S").to_string()
}

/// The authority above the provider: the education department of the oblast or of the city.
pub(crate) fn appeal_body(conn: &mut AnyConnection, territory: Kato) -> Result<Said, Problem> {
    let region = territories::find(conn, territory.region())?;
    let (kk, ru) = region
        .map_or_else(|| (territory.region().to_string(), territory.region().to_string()), |t| (t.name_kk, t.name_ru));
    Ok(Said {
        kk: format!("{kk}, білім басқармасы"),
        ru: format!("{ru}, управление образования"),
        en: format!("{ru}, education department"),
    })
}
