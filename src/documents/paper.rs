//! A result as a paper: its words, kept as issued, and the page that prints them.

use askama::Template;
use serde::{Deserialize, Serialize};

use crate::rules::sourced::Names as Said;

/// What a result says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// What kind of paper it is, at its head.
    pub title: Said,
    /// The state service that it results from.
    pub service: Said,
    /// The number by which the result is stored.
    pub number: String,
    /// Label and value, line by line.
    pub lines: Vec<Line>,
    /// What it says in sentences.
    pub paragraphs: Vec<Said>,
    /// What must be known about the act or the signature.
    pub notices: Vec<Said>,
    /// Who signs it: an office, not a name.
    pub signer: Said,
}

/// A label with its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What the value is.
    pub label: Said,
    /// The value in both languages.
    pub value: Said,
}

#[derive(Template)]
#[template(path = "paper.html", config = "src/askama.toml")]
struct Page<'a> {
    paper: &'a Paper,
}

impl Paper {
    /// The page: Kazakh and Russian side by side, plain enough for any printer.
    ///
    /// # Errors
    /// Writing into memory does not fail; the error is the template engine's own.
    pub fn html(&self) -> Result<String, askama::Error> {
        Page { paper: self }.render()
    }
}
