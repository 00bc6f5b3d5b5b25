//! The answers of the look-up, written straight into their text: what everybody may know, and what a family may.
//!
//! At the opening minute every family asks at once, so nothing is built only to be written: what is the same for all
//! entries of a queue (the rule of its order) is kept as JSON, and of the sentence about how many stand ahead only the
//! number is new. The texts are what [`PublicPositions`](super::shape::PublicPositions) and
//! [`Positions`](super::shape::Positions) would be written as; a test compares them for every entry.

use chrono::{DateTime, Utc};

use super::reasons::Reasons;
use super::view;
use super::written::{push_number, push_quoted, push_standing};
use crate::domain::codes::{GroupKind, Status};
use crate::domain::iin::Iin;
use crate::domain::instant::instant_text;
use crate::domain::life::is_live;
use crate::domain::queue::Number;
use crate::service::journal::index::{Index, IndexSeat};
use crate::service::office::Office;

/// Room for the usual answer, so that it is written without growing.
const ANSWER_BYTES: usize = 4 * 1024;

/// The answer where nothing is known.
pub const NOTHING: &str = r#"{"entries":[]}"#;

/// [`public`](super::view::public) as JSON, without building it first.
pub fn positions_text(office: &Office, reasons: &Reasons, iin: Iin, now: DateTime<Utc>) -> String {
    let mut text = String::with_capacity(ANSWER_BYTES);
    text.push_str(r#"{"entries":["#);
    {
        let index = office.index(now);
        for (n, (number, held)) in index.of_child(office.look_up.blind(iin)).enumerate() {
            text.push_str(if n == 0 { r#"{"status":""# } else { r#",{"status":""# });
            text.push_str(held.status.code());
            text.push('"');
            if held.queue.kind == GroupKind::General {
                push_standing_and_reasons(office, reasons, &index, held, now, &mut text);
            }
            push_to_do(office, reasons, number, held, &mut text);
            push_as_of(now, &mut text);
        }
    }
    text.push_str("]}");
    text
}

/// [`positions`](super::view::positions) as JSON, without building it first.
pub fn family_text(office: &Office, reasons: &Reasons, iin: Iin, now: DateTime<Utc>) -> String {
    let mut text = String::with_capacity(ANSWER_BYTES);
    text.push_str(r#"{"entries":["#);
    {
        let index = office.index(now);
        for (n, (number, held)) in index.of_child(office.look_up.blind(iin)).enumerate() {
            text.push_str(if n == 0 { r#"{"application":""# } else { r#",{"application":""# });
            push_number(&mut text, number);
            push_family_entry(office, reasons, &index, number, held, now, &mut text);
        }
    }
    text.push_str("]}");
    text
}

/// What follows the application's number.
fn push_family_entry(
    office: &Office,
    reasons: &Reasons,
    index: &Index,
    number: Number,
    held: &IndexSeat,
    now: DateTime<Utc>,
    text: &mut String,
) {
    let said = reasons.said(&office.rules, held.queue, now);
    text.push_str(r#"","status":""#);
    text.push_str(held.status.code());
    text.push_str(r#"","queue":"#);
    text.push_str(&said.queue);
    let located = index.queue(held.queue).and_then(|order| order.locate(held.seat));
    let Some(located) = located.filter(|_| is_live(held.status)) else {
        text.push_str(r#","position":null,"of":null,"ahead":null,"change_30_days":null"#);
        push_to_do(office, reasons, number, held, text);
        text.push_str(r#","choices":[],"reasons":[]"#);
        push_as_of(now, text);
        return;
    };
    let standing = located.standing();
    push_standing(text, r#","position":"#, standing);
    text.push_str(r#","ahead":"#);
    push_number(text, standing.position - 1);
    text.push_str(r#","change_30_days":null"#);
    push_to_do(office, reasons, number, held, text);
    text.push_str(r#","choices":["#);
    let mut between = "";
    for &kindergarten in &held.choices {
        let Some(among) = located.among(kindergarten) else { continue };
        text.push_str(between);
        text.push_str(r#"{"kindergarten":"#);
        push_quoted(text, index.kindergarten(kindergarten));
        push_standing(text, r#","position":"#, among);
        text.push('}');
        between = ",";
    }
    text.push_str(r#"],"reasons":["#);
    reasons.push_ahead_by_stream(standing.ahead, text);
    if let Some(rule) = &said.rule {
        text.push(',');
        text.push_str(rule);
    }
    if let Some(reason) = view::together(office, index, number, held, now) {
        text.push(',');
        // A reason always has a JSON form.
        text.push_str(&serde_json::to_string(&reason).unwrap_or_default());
    }
    text.push(']');
    push_as_of(now, text);
}

fn push_standing_and_reasons(
    office: &Office,
    reasons: &Reasons,
    index: &Index,
    held: &IndexSeat,
    now: DateTime<Utc>,
    text: &mut String,
) {
    let located = index.queue(held.queue).and_then(|order| order.locate(held.seat));
    match located.filter(|_| is_live(held.status)) {
        Some(located) => {
            let standing = located.standing();
            push_standing(text, r#","position":"#, standing);
            text.push_str(r#","ahead":"#);
            push_number(text, standing.position - 1);
            text.push_str(r#","change_30_days":null,"reasons":["#);
            reasons.push_ahead(standing.ahead, text);
            text.push(',');
            if let Some(rule) = &reasons.said(&office.rules, held.queue, now).rule {
                text.push_str(rule);
                text.push(',');
            }
        }
        None => text.push_str(r#","position":null,"of":null,"ahead":null,"change_30_days":null,"reasons":["#),
    }
    text.push_str(&reasons.see_more);
    text.push(']');
}

/// What the family is to do.
fn push_to_do(office: &Office, reasons: &Reasons, number: Number, held: &IndexSeat, text: &mut String) {
    text.push_str(r#","to_do":"#);
    if held.status == Status::InQueue {
        text.push_str(&reasons.to_do_in_queue);
    } else {
        // A text always has a JSON form.
        text.push_str(&serde_json::to_string(&view::to_do(office, number, held.status)).unwrap_or_default());
    }
}

fn push_as_of(now: DateTime<Utc>, text: &mut String) {
    text.push_str(r#","as_of":""#);
    text.push_str(&instant_text(now));
    text.push_str(r#""}"#);
}
