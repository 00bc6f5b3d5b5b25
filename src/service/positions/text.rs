//! The answer of the public look-up, written straight into its text.
//!
//! At the opening minute every family asks at once, so nothing is built only to be written: what is the same for all
//! entries of a queue (its key, the rule of its order) is kept as JSON, and of the sentence about who stands ahead only the
//! numbers are new. The text is what [`super::view::Positions`] would be written as; a test compares them for every entry.

use super::reasons::Reasons;
use crate::service::positions::view;
use chrono::{DateTime, Utc};

use crate::domain::iin::Iin;
use crate::domain::instant::instant_text;
use crate::domain::life::is_live;
use crate::domain::queue::Number;
use crate::engine::order::Standing;
use crate::rules::messages::{Template, Tongue};
use crate::service::journal::index::{Held, Index};
use crate::service::office::Office;

/// Room for the usual answer, so that it is written without growing.
const ANSWER_BYTES: usize = 4 * 1024;

/// [`Registry::positions`] as JSON.
pub fn positions_text(office: &Office, reasons: &Reasons, iin: Iin, now: DateTime<Utc>) -> String {
    let mut text = String::with_capacity(ANSWER_BYTES);
    text.push_str(r#"{"entries":["#);
    {
        let index = office.index(now);
        for (n, (number, held)) in index.of_child(iin).enumerate() {
            text.push_str(if n == 0 { r#"{"application":""# } else { r#",{"application":""# });
            push_number(&mut text, number);
            push_entry(office, reasons, &index, (number, held), now, &mut text);
        }
    }
    text.push_str("]}");
    text
}

/// What follows the application's number.
fn push_entry(
    office: &Office,
    reasons: &Reasons,
    index: &Index,
    (number, held): (Number, &Held),
    now: DateTime<Utc>,
    text: &mut String,
) {
    let said = reasons.said(&office.rules, held.queue, now);
    text.push_str(r#"","status":""#);
    text.push_str(held.status.code());
    text.push_str(r#"","queue":"#);
    text.push_str(&said.queue_json);
    let located = index.queue(held.queue).and_then(|order| order.locate(held.seat));
    match located.filter(|_| is_live(held.status)) {
        Some(located) => {
            let standing = located.standing();
            push_standing(text, r#","position":"#, standing);
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
            reasons.push_ahead(standing.ahead, text);
            if let Some(rule) = &said.rule {
                text.push(',');
                text.push_str(rule);
            }
            if let Some(reason) = view::together(office, index, number, held) {
                text.push(',');
                // A reason always has a JSON form.
                text.push_str(&serde_json::to_string(&reason).unwrap_or_default());
            }
        }
        None => text.push_str(r#","position":null,"of":null,"choices":[],"reasons":["#),
    }
    text.push_str(r#"],"as_of":""#);
    text.push_str(&instant_text(now));
    text.push_str(r#""}"#);
}

fn push_standing(text: &mut String, name: &str, standing: Standing) {
    text.push_str(name);
    push_number(text, standing.position);
    text.push_str(r#","of":"#);
    push_number(text, standing.of);
}

/// Writes a count in decimal, or an application's number.
fn push_number(text: &mut String, n: impl std::fmt::Display) {
    use std::fmt::Write;
    // Writing to a String does not fail.
    let _ = write!(text, "{n}");
}

/// Writes a text as a JSON string.
fn push_quoted(text: &mut String, value: &str) {
    if value.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        // A text always has a JSON form.
        text.push_str(&serde_json::to_string(value).unwrap_or_default());
    }
}

/// The sentence of who stands ahead, with its text already in JSON.
pub(crate) struct AheadText {
    sentences: Vec<(Tongue, Template)>,
}

impl AheadText {
    /// Puts the sentences into JSON once.
    pub(crate) fn new(sentences: &[(Tongue, Template)]) -> Self {
        let quoted = |part: &str| {
            let mut json = String::new();
            push_quoted(&mut json, part);
            json.get(1..json.len().saturating_sub(1)).unwrap_or_default().to_owned()
        };
        AheadText { sentences: sentences.iter().map(|(tongue, t)| (*tongue, t.map(quoted))).collect() }
    }

    /// Writes the reason.
    pub(crate) fn push(&self, [out_of_turn, first_priority, general]: [u64; 3], text: &mut String) {
        text.push_str(r#"{"code":"ahead","ahead":{"out_of_turn":"#);
        push_number(text, out_of_turn);
        text.push_str(r#","first_priority":"#);
        push_number(text, first_priority);
        text.push_str(r#","general":"#);
        push_number(text, general);
        text.push_str(r#"},"text":"#);
        let mut before = '{';
        for (tongue, template) in &self.sentences {
            text.push(before);
            push_quoted(text, tongue.code());
            text.push_str(":\"");
            template.fill_into(text, |name| super::reasons::count(name, [out_of_turn, first_priority, general]));
            text.push('"');
            before = ',';
        }
        text.push_str("}}");
    }
}
