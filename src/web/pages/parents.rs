//! The parents' page: type the child's IIN, see the position and why. Plain HTML that works without scripts; the IIN
//! travels in the body of a form, never in an address.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::iin::Iin;
use crate::rules::Rules;
use crate::rules::messages::Tongue;
use crate::service::counter::catalogue;
use crate::service::inquiry::explanations;
use crate::service::positions::shape::PositionEntry;
use crate::service::positions::view;
use crate::service::registry::Registry;
use crate::web::answer::Shared;

#[derive(Template)]
#[template(path = "parents.html", config = "src/askama.toml")]
struct Page<'a> {
    tongue: Tongue,
    title: &'a str,
    iin_label: &'a str,
    ask: &'a str,
    error: Option<String>,
    entries: Vec<Shown>,
}

/// A position in words.
struct Shown {
    number: String,
    status: String,
    position: Option<u64>,
    of: Option<u64>,
    sentence: String,
    choices: Vec<String>,
    reasons: Vec<String>,
    /// What the last round gave, and why, choice by choice; nothing where there was none.
    round: Vec<String>,
}

/// In which language the page is wanted; Kazakh where that is missing or unknown.
#[derive(Debug, Default, Deserialize)]
pub struct In {
    lang: Option<String>,
}

/// The form as it was sent: the child's IIN, and the language of the page.
#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    iin: String,
    lang: Option<String>,
}

fn tongue(code: Option<&str>) -> Tongue {
    code.and_then(Tongue::from_code).unwrap_or(Tongue::Kk)
}

/// The page with an empty form.
pub async fn form(shared: Shared, query: web::Query<In>) -> HttpResponse {
    respond(&shared.now().office.rules, tongue(query.lang.as_deref()), None, Vec::new())
}

/// The page with the child's positions and reasons, or with why there are none to show.
pub async fn look_up(shared: Shared, typed: web::Form<Typed>) -> HttpResponse {
    let tongue = tongue(typed.lang.as_deref());
    let registry = shared.now();
    let rules = &Arc::clone(&registry.office.rules);
    let Ok(iin) = Iin::parse(typed.iin.trim()) else {
        let text = rules.messages.render(tongue, "wrong_iin", &[]).unwrap_or_default();
        return respond(rules, tongue, Some(text), Vec::new());
    };
    let entries = view::positions(&registry.office, iin, registry.office.clock.now()).entries;
    let found = web::block(move || {
        let mut shown: Vec<Shown> = entries.into_iter().map(|entry| named(&registry, tongue, entry)).collect();
        if let Some(last) = shown.last_mut() {
            last.round = of_last_round(&registry, tongue, iin);
        }
        shown
    })
    .await;
    match found {
        Ok(shown) if !shown.is_empty() => respond(rules, tongue, None, shown),
        Ok(_) => {
            let text = rules.messages.render(tongue, "not_found", &[]).unwrap_or_default();
            respond(rules, tongue, Some(text), Vec::new())
        }
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
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
    let sentence = match (entry.position, entry.of) {
        (Some(position), Some(of)) => {
            let children = rules.messages.count(tongue, "child", of);
            let values = [
                ("position", position.to_string()),
                ("of", of.to_string()),
                ("of_children", children),
                ("as_of", local(rules, &entry)),
            ];
            render(rules, tongue, "position", &values)
        }
        _ => String::new(),
    };
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
        number: entry.application,
        status: rules.messages.label_or_code(tongue, "status", entry.status.code()).to_owned(),
        position: entry.position,
        of: entry.of,
        sentence,
        choices,
        reasons: entry.reasons.iter().map(|r| r.text.get(tongue).to_owned()).collect(),
        round: Vec::new(),
    }
}

/// The instant of the answer in the queue's own time, as people write it.
fn local(rules: &Rules, entry: &PositionEntry) -> String {
    chrono::DateTime::parse_from_rfc3339(&entry.as_of).map_or_else(
        |_| entry.as_of.clone(),
        |at| at.with_timezone(&rules.calendar.zone(entry.queue.territory)).format("%d.%m.%Y %H:%M:%S").to_string(),
    )
}

fn render(rules: &Rules, tongue: Tongue, code: &str, values: &[(&str, String)]) -> String {
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    rules.messages.render(tongue, code, &values).unwrap_or_default()
}

fn respond(rules: &Rules, tongue: Tongue, error: Option<String>, entries: Vec<Shown>) -> HttpResponse {
    let label = |code| rules.messages.label_or_code(tongue, "print", code);
    let page =
        Page { tongue, title: label("page_title"), iin_label: label("iin"), ask: label("look_up"), error, entries };
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
