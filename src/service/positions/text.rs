//! The answer of the public look-up, written straight into its text.
//!
//! At the opening minute every family asks at once, so nothing is built only to be written: what is the same for all
//! entries of a queue (its key, the rule of its order) is kept as JSON, and of the sentence about who stands ahead only the
//! numbers are new. The text is what [`Positions`](super::shape::Positions) would be written as; a test compares them for
//! every entry.

use chrono::{DateTime, Utc};

use super::reasons::Reasons;
use super::view;
use super::written::{push_number, push_quoted, push_standing};
use crate::domain::iin::Iin;
use crate::domain::instant::instant_text;
use crate::domain::life::is_live;
use crate::domain::queue::Number;
use crate::service::journal::index::{Index, IndexSeat};
use crate::service::office::Office;

/// Room for the usual answer, so that it is written without growing.
const ANSWER_BYTES: usize = 4 * 1024;

/// [`positions`](super::view::positions) as JSON, without building it first.
pub fn positions_text(office: &Office, reasons: &Reasons, iin: Iin, now: DateTime<Utc>) -> String {
    let mut text = String::with_capacity(ANSWER_BYTES);
    text.push_str(r#"{"entries":["#);
    {
        let index = office.index(now);
        for (n, (number, held)) in index.of_child(office.look_up.blind(iin)).enumerate() {
            text.push_str(if n == 0 { r#"{"application":""# } else { r#",{"application":""# });
            push_number(&mut text, number);
            push_entry(office, reasons, &index, number, held, now, &mut text);
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
    number: Number,
    held: &IndexSeat,
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
            if let Some(reason) = view::together(office, index, number, held, now) {
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
