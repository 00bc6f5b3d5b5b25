//! The parents' page: type the child's IIN, see the position and why. Plain HTML that works without scripts; the IIN
//! travels in the body of a form, never in an address.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::sheet::tongue;
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::rules::Rules;
use crate::rules::messages::Tongue;
use crate::service::accounts::family::{self, Code, Proof};
use crate::service::counter::catalogue;
use crate::service::inquiry::explanations;
use crate::service::kernel::problem::Problem;
use crate::service::papers::outbox;
use crate::service::positions::shape::{PositionEntry, Positions, PublicEntry};
use crate::service::positions::{ended, view};
use crate::service::reads::view::{self as reads, ReadView};
use crate::service::registry::Registry;
use crate::web::answer::Shared;
use crate::web::api::public::{self as public_api, of_family};
use crate::web::api::sessions::send_one_time_code;
use crate::web::limits::{ByAddress, LookUpLimit};
use crate::web::refusals::Refusal;

#[derive(Template)]
#[template(path = "parents.html", config = "src/askama.toml")]
struct Page<'a> {
    tongue: Tongue,
    title: &'a str,
    iin_label: &'a str,
    code_label: &'a str,
    ask: &'a str,
    /// What the button says that sends a one-time code.
    lost: &'a str,
    /// The IIN as it was typed.
    iin: &'a str,
    /// What was done, in place of the title.
    answer: Option<String>,
    told_you: &'a str,
    who_read: &'a str,
    error: Option<String>,
    entries: Vec<Shown>,
}

/// A position in words.
struct Shown {
    /// The number of the application; nothing where the IIN alone was typed.
    number: Option<String>,
    status: String,
    position: Option<u64>,
    of: Option<u64>,
    sentence: String,
    choices: Vec<String>,
    reasons: Vec<String>,
    to_do: String,
    /// What the last round gave, and why, choice by choice; nothing where there was none.
    round: Vec<String>,
    /// What was done or asked, where its family asks.
    told: Vec<String>,
    /// Who read the application last, where its family asks.
    read_by: Option<Vec<String>>,
}

/// Reads that the page shows.
const READS_SHOWN: i64 = 10;
/// Messages that the page shows.
const TOLD_SHOWN: usize = 10;

/// In which language the page is wanted; Kazakh where that is missing or unknown.
#[derive(Debug, Default, Deserialize)]
pub struct In {
    lang: Option<String>,
}

/// The form as it was sent: the child's IIN, the code of the family's paper where it is at hand, and the language of the page.
#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    iin: String,
    #[serde(default)]
    code: String,
    /// Which button was pressed: `code` where the code is lost.
    #[serde(default)]
    send: String,
    lang: Option<String>,
}

/// What the page says.
#[derive(Default)]
struct Said {
    /// The IIN as it was typed.
    iin: String,
    answer: Option<String>,
    error: Option<String>,
    entries: Vec<Shown>,
}

/// The page with an empty form.
pub async fn form(shared: Shared, query: web::Query<In>) -> HttpResponse {
    respond(&shared.now().office.rules, tongue(query.lang.as_deref()), Said::default())
}

/// The page with the child's number and reasons, or with why there are none to show. With the code of the family's paper all
/// that concerns the child.
pub async fn look_up(
    shared: Shared,
    request: HttpRequest,
    addresses: web::Data<ByAddress>,
    limit: web::Data<LookUpLimit>,
    typed: web::Form<Typed>,
) -> HttpResponse {
    let Typed { iin: typed, code, send, lang } = typed.into_inner();
    let tongue = tongue(lang.as_deref());
    let registry = shared.now();
    let rules = &Arc::clone(&registry.office.rules);
    let said = Said { iin: typed.trim().to_owned(), ..Said::default() };
    let wrong = |code| Some(render(rules, tongue, code, &[]));
    let Ok(iin) = Iin::parse(&said.iin) else {
        return respond(rules, tongue, Said { error: wrong("wrong_iin"), ..said });
    };
    let address = addresses.of_or_nobody(&request);
    if send == "code" {
        return match send_one_time_code(&shared, &limit, address, &said.iin) {
            Ok(asked) => respond(rules, tongue, Said { answer: Some(asked.text.get(tongue).to_owned()), ..said }),
            Err(problem) => refused(rules, tongue, said, &problem),
        };
    }
    let found = web::block(move || look(&registry, &limit, tongue, &Asking { address, iin, code: code.trim() })).await;
    match found {
        Ok(Ok(entries)) if !entries.is_empty() => respond(rules, tongue, Said { entries, ..said }),
        Ok(Ok(_)) => respond(rules, tongue, Said { error: wrong("not_found"), ..said }),
        Ok(Err(problem)) => refused(rules, tongue, said, &problem),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// Who looks for which child, with which code.
struct Asking<'a> {
    address: IpAddr,
    iin: Iin,
    code: &'a str,
}

fn look(registry: &Registry, limit: &LookUpLimit, tongue: Tongue, asking: &Asking<'_>) -> Result<Vec<Shown>, Problem> {
    let Asking { address, iin, code } = *asking;
    if !code.is_empty() {
        let (tries, proof) = (&registry.memory.attempts, Proof::Code(Code::Typed(code.to_owned())));
        let of = family::proves(&registry.office, tries, address, &iin.to_string(), &proof)?;
        let own = if of.is_shielded { None } else { known_to_family(registry, tongue, iin)? };
        return match own {
            Some(own) => Ok(own),
            None => {
                let entries = public_api::known_to_all(&registry.office, iin)?.entries.into_iter();
                Ok(entries.map(|entry| public(&registry.office.rules, tongue, entry)).collect())
            }
        };
    }
    limit.of_child(iin)?;
    let shown = known_to_all(registry, tongue, iin);
    if shown.is_empty() {
        limit.missed(address)?;
        let ended = ended::public(&registry.office, iin, registry.office.clock.now())?.entries.into_iter();
        return Ok(ended.map(|entry| public(&registry.office.rules, tongue, entry)).collect());
    }
    Ok(shown)
}

fn refused(rules: &Rules, tongue: Tongue, said: Said, problem: &Problem) -> HttpResponse {
    let mut page = respond(rules, tongue, Said { error: Some(refusal(rules, tongue, problem)), ..said });
    page.extensions_mut().insert(Refusal::of(problem));
    page
}

/// Why a code opens nothing, in the reader's language.
fn refusal(rules: &Rules, tongue: Tongue, problem: &Problem) -> String {
    match problem.code {
        "too_many_requests" => render(rules, tongue, "too_many_look_ups", &[]),
        "too_many_tries" => {
            let seconds = problem.more.get("retry_after").and_then(serde_json::Value::as_i64).unwrap_or(1);
            render(rules, tongue, "too_many_tries", &[("minutes", (seconds / 60 + 1).to_string())])
        }
        "wrong_one_time_code" => render(rules, tongue, "wrong_one_time_code", &[]),
        _ => render(rules, tongue, "wrong_code", &[]),
    }
}

/// What everybody may know of a child.
fn known_to_all(registry: &Registry, tongue: Tongue, iin: Iin) -> Vec<Shown> {
    let office = &registry.office;
    let entries = view::public(office, iin, office.clock.now()).entries.into_iter();
    entries.map(|entry| public(&office.rules, tongue, entry)).collect()
}

/// What a family may know of its child; nothing of its own where the child has died.
fn known_to_family(registry: &Registry, tongue: Tongue, iin: Iin) -> Result<Option<Vec<Shown>>, Problem> {
    let Some(Positions { entries }) = of_family(&registry.office, iin)? else { return Ok(None) };
    let read_by: Vec<_> = entries.iter().map(|entry| read_by(registry, tongue, &entry.application)).collect();
    let shown = entries.into_iter().map(|entry| {
        let told = told(registry, tongue, &entry.application);
        Shown { told, ..named(registry, tongue, entry) }
    });
    let mut shown: Vec<Shown> = shown.zip(read_by).map(|(shown, read_by)| Shown { read_by, ..shown }).collect();
    if let Some(last) = shown.last_mut() {
        last.round = of_last_round(registry, tongue, iin);
    }
    Ok(Some(shown))
}

/// What was done or asked of an application and the family was told, the latest first; nothing where that cannot be read now.
fn told(registry: &Registry, tongue: Tongue, application: &str) -> Vec<String> {
    let told = outbox::told_to_family(&registry.office, application).unwrap_or_default();
    told.into_iter().take(TOLD_SHOWN).map(|said| said.get(tongue).to_owned()).collect()
}

/// Who read an application last, a sentence each; nothing where that cannot be read now.
fn read_by(registry: &Registry, tongue: Tongue, application: &str) -> Option<Vec<String>> {
    let (office, log) = (&registry.office, &registry.memory.reads);
    let told = reads::told_to_family(office, log, application, READS_SHOWN).ok()?;
    if told.reads.is_empty() {
        return Some(vec![render(&office.rules, tongue, "read_by_nobody", &[])]);
    }
    Some(told.reads.iter().map(|read| read_line(&office.rules, tongue, read)).collect())
}

fn read_line(rules: &Rules, tongue: Tongue, read: &ReadView) -> String {
    let office = read.office.get(tongue);
    let office = read.post.as_ref().map_or_else(|| office.to_owned(), |post| format!("{office} ({post})"));
    let on = rules.messages.date(tongue, read.on);
    let values = [("on", on), ("office", office), ("what", read.what.get(tongue).to_owned())];
    let line = render(rules, tongue, "read_line", &values);
    match &read.purpose {
        Some(purpose) => format!("{line} {}", render(rules, tongue, "read_purpose", &[("purpose", purpose.clone())])),
        None => line,
    }
}

fn public(rules: &Rules, tongue: Tongue, entry: PublicEntry) -> Shown {
    let PublicEntry { status, number, to_do, as_of } = entry;
    let (position, of) = number.as_ref().map_or((None, None), |number| (number.position, number.of));
    let reasons = number.map(|number| number.reasons).unwrap_or_default();
    Shown {
        number: None,
        status: rules.messages.label_or_code(tongue, "status", status.code()).to_owned(),
        position,
        of,
        sentence: sentence(rules, tongue, position.zip(of), &local(rules, Kato::COUNTRY, &as_of)),
        choices: Vec::new(),
        reasons: reasons.iter().map(|reason| reason.text.get(tongue).to_owned()).collect(),
        to_do: to_do.get(tongue).to_owned(),
        round: Vec::new(),
        told: Vec::new(),
        read_by: None,
    }
}

/// The number in a sentence; nothing where there is none.
fn sentence(rules: &Rules, tongue: Tongue, number: Option<(u64, u64)>, as_of: &str) -> String {
    let Some((position, of)) = number else { return String::new() };
    let values = [
        ("position", position.to_string()),
        ("of", of.to_string()),
        ("of_children", rules.messages.count(tongue, "child", of)),
        ("as_of", as_of.to_owned()),
    ];
    render(rules, tongue, "position", &values)
}

/// The answer with the names of kindergartens in place of their ids; the ids where the names cannot be read now.
fn named(registry: &Registry, tongue: Tongue, mut entry: PositionEntry) -> Shown {
    for choice in &mut entry.choices {
        if let Ok(name) = catalogue::kindergarten_name(&registry.office, &choice.kindergarten) {
            name.get(tongue).clone_into(&mut choice.kindergarten);
        }
    }
    shown(&registry.office.rules, tongue, entry)
}

/// The sentences about the last round that the child took part in; none where they cannot be read now.
fn of_last_round(registry: &Registry, tongue: Tongue, iin: Iin) -> Vec<String> {
    let told = explanations::explanations(&registry.office, &registry.memory.explained, iin).unwrap_or_default();
    let rounds = told.explanations.into_iter();
    let rounds =
        rounds.flat_map(|round| std::iter::once(round.text.get(tongue).to_owned()).chain(round.sentences(tongue)));
    // The page has room for the last one.
    let passed = told.passed.iter().rev().take(1).map(|passed| passed.text.get(tongue).to_owned());
    rounds.chain(passed).collect()
}

fn shown(rules: &Rules, tongue: Tongue, entry: PositionEntry) -> Shown {
    let as_of = local(rules, entry.queue.territory, &entry.as_of);
    let sentence = sentence(rules, tongue, entry.position.zip(entry.of), &as_of);
    let choices = entry
        .choices
        .iter()
        .map(|c| {
            let values = [
                ("kindergarten", c.kindergarten.clone()),
                ("position", c.position.to_string()),
                ("of", c.of.to_string()),
                ("of_children", rules.messages.count(tongue, "child", c.of)),
            ];
            render(rules, tongue, "position_choice", &values)
        })
        .collect();
    Shown {
        number: Some(entry.application),
        to_do: entry.to_do.get(tongue).to_owned(),
        status: rules.messages.label_or_code(tongue, "status", entry.status.code()).to_owned(),
        position: entry.position,
        of: entry.of,
        sentence,
        choices,
        reasons: entry.reasons.iter().map(|r| r.text.get(tongue).to_owned()).collect(),
        round: Vec::new(),
        told: Vec::new(),
        read_by: None,
    }
}

/// The instant of the answer in local time, as people write it.
fn local(rules: &Rules, territory: Kato, as_of: &str) -> String {
    chrono::DateTime::parse_from_rfc3339(as_of).map_or_else(
        |_| as_of.to_owned(),
        |at| at.with_timezone(&rules.calendar.zone(territory)).format("%d.%m.%Y %H:%M:%S").to_string(),
    )
}

fn render(rules: &Rules, tongue: Tongue, code: &str, values: &[(&str, String)]) -> String {
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    rules.messages.render(tongue, code, &values).unwrap_or_default()
}

fn respond(rules: &Rules, tongue: Tongue, said: Said) -> HttpResponse {
    let Said { iin, answer, error, entries } = said;
    let label = |code| rules.messages.label_or_code(tongue, "print", code);
    let (title, iin_label, code_label) = (label("page_title"), label("iin"), label("family_code"));
    let (ask, lost, told_you, who_read) = (label("look_up"), label("code_lost"), label("told_you"), label("who_read"));
    // It stays for whoever has to type again; a page that shows a child does not show whose it is.
    let iin = if entries.is_empty() { iin.as_str() } else { "" };
    let page =
        Page { tongue, title, iin_label, code_label, ask, lost, iin, answer, told_you, who_read, error, entries };
    match page.render() {
        Ok(html) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header(("cache-control", "no-store"))
            .insert_header((
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
            ))
            .insert_header(("x-content-type-options", "nosniff"))
            .insert_header(("referrer-policy", "no-referrer"))
            .body(html),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
