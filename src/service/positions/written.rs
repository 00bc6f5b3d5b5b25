//! Parts of an answer written straight into its text.

use crate::engine::order::Standing;
use crate::rules::messages::{Template, Tongue};

pub(crate) fn push_standing(text: &mut String, name: &str, standing: Standing) {
    text.push_str(name);
    push_number(text, standing.position);
    text.push_str(r#","of":"#);
    push_number(text, standing.of);
}

/// Writes a count in decimal, or an application's number.
pub(crate) fn push_number(text: &mut String, n: impl std::fmt::Display) {
    use std::fmt::Write;
    // Writing to a String does not fail.
    let _ = write!(text, "{n}");
}

/// Writes a text as a JSON string.
pub(crate) fn push_quoted(text: &mut String, value: &str) {
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

    /// Writes the reason of how many stand ahead, as JSON, in each language.
    pub(crate) fn push(&self, ahead: [u64; 3], text: &mut String) {
        text.push_str(r#"{"code":"ahead","text":"#);
        self.push_sentences(ahead, text);
    }

    /// As [`AheadText::push`], with the numbers of each stream.
    pub(crate) fn push_by_stream(&self, ahead: [u64; 3], text: &mut String) {
        let [out_of_turn, first_priority, general] = ahead;
        text.push_str(r#"{"code":"ahead","ahead":{"out_of_turn":"#);
        push_number(text, out_of_turn);
        text.push_str(r#","first_priority":"#);
        push_number(text, first_priority);
        text.push_str(r#","general":"#);
        push_number(text, general);
        text.push_str(r#"},"text":"#);
        self.push_sentences(ahead, text);
    }

    fn push_sentences(&self, ahead: [u64; 3], text: &mut String) {
        let mut before = '{';
        for (tongue, template) in &self.sentences {
            text.push(before);
            push_quoted(text, tongue.code());
            text.push_str(":\"");
            template.fill_into(text, |name| count(name, ahead));
            text.push('"');
            before = ',';
        }
        text.push_str("}}");
    }
}

/// The value of a placeholder in the sentence of who stands ahead.
pub(crate) fn count(name: &str, [out_of_turn, first_priority, general]: [u64; 3]) -> Option<u64> {
    match name {
        "ahead" => Some(out_of_turn + first_priority + general),
        "n0" => Some(out_of_turn),
        "n1" => Some(first_priority),
        "n2" => Some(general),
        _ => None,
    }
}
