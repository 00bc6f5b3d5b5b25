//! Words of the interface: message templates, counted nouns and labels in Kazakh, Russian and English.
//!
//! Every text that a person reads comes from `fixtures/messages`; codes stay in the program.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

use super::fault::{Reading, RuleFault, RuleFaults};
use super::term::Term;
pub use super::tongue::Tongue;

/// Why a message cannot be rendered. A test renders every template, so that no user meets this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageFault {
    /// There is no such template.
    NoTemplate(String),
    /// The template asks for a value that was not given.
    NoValue {
        /// The code of the template in the catalogue.
        code: String,
        /// The name between the braces.
        placeholder: String,
    },
    /// The placeholder declines a noun, but its value is no whole number.
    NotANumber {
        /// The code of the template in the catalogue.
        code: String,
        /// The name between the braces.
        placeholder: String,
    },
}

impl fmt::Display for MessageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MessageFault::NoTemplate(code) => write!(f, "there is no message `{code}`"),
            MessageFault::NoValue { code, placeholder } => {
                write!(f, "the message `{code}` needs a value for {{{placeholder}}}")
            }
            MessageFault::NotANumber { code, placeholder } => {
                write!(f, "the message `{code}` needs a whole number for {{{placeholder}}}")
            }
        }
    }
}

impl std::error::Error for MessageFault {}

/// What a placeholder ends in when its noun is declined by its number: `{of_children}` is the number `of`.
const DECLINED: [(&str, &str); 8] = [
    ("_children", "child"),
    ("_places", "place"),
    ("_applications", "application"),
    ("_referrals", "referral"),
    ("_minutes", "minutes"),
    ("_hours", "hours"),
    ("_working_days", "working_days"),
    ("_calendar_days", "calendar_days"),
];

/// The words of one language.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    messages: BTreeMap<String, String>,
    nouns: BTreeMap<String, Vec<String>>,
    not_over: BTreeMap<String, Vec<String>>,
    labels: BTreeMap<String, BTreeMap<String, String>>,
    /// What is wrong and what to do next, by the code of a problem. English has none: the source says it case by case.
    #[serde(default)]
    problem: BTreeMap<String, String>,
}

/// The words of all languages of the interface.
#[derive(Clone, Debug, Default)]
pub struct Messages(BTreeMap<Tongue, Words>);

impl Messages {
    /// The words that this program ships with.
    pub fn shipped() -> Result<Messages, RuleFaults> {
        let mut messages = Messages::default();
        let mut faults: Vec<RuleFault> = Vec::new();
        for (file, text) in super::shipped::FILES.iter().filter(|(file, _)| file.starts_with("messages/")) {
            messages.read(&mut Reading { file, text, faults: &mut faults });
        }
        if faults.is_empty() { Ok(messages) } else { Err(RuleFaults(faults)) }
    }

    /// Reads the file of one language, named `messages/kk.toml`.
    pub(super) fn read(&mut self, reading: &mut Reading<'_>) {
        let stem = reading.file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml"));
        let Some(tongue) = stem.and_then(Tongue::from_code) else {
            reading.at_line(0, "a file of messages is named after its language: kk, ru or en");
            return;
        };
        let Some(words) = reading.toml::<Words>() else { return };
        let forms = if tongue == Tongue::Kk {
            1
        } else if tongue == Tongue::Ru {
            3
        } else {
            2
        };
        for (noun, _) in words.nouns.iter().chain(&words.not_over).filter(|(_, found)| found.len() != forms) {
            reading.at_text(noun, format!("`{noun}` needs {forms} forms"));
        }
        for (code, template) in words.messages.iter().filter(|(_, template)| pieces(template).is_none()) {
            reading.at_text(code, format!("the braces of `{code}` do not match: {template}"));
        }
        for (code, sentence) in words.problem.iter().filter(|(_, sentence)| parts(sentence).is_none()) {
            reading.at_text(code, format!("write the values of `{code}` in [brackets], {{named}}: {sentence}"));
        }
        self.0.insert(tongue, words);
    }

    fn words(&self, tongue: Tongue) -> Option<&Words> {
        self.0.get(&tongue)
    }

    /// The codes of all templates of a language.
    pub fn codes(&self, tongue: Tongue) -> impl Iterator<Item = &str> {
        self.words(tongue).into_iter().flat_map(|w| w.messages.keys()).map(String::as_str)
    }

    /// The names of the values that a template needs, those of declined nouns without their ending.
    pub fn placeholders(&self, tongue: Tongue, code: &str) -> BTreeSet<String> {
        let template = self.words(tongue).and_then(|w| w.messages.get(code));
        let holes = template.and_then(|t| pieces(t)).into_iter().flatten();
        holes.filter_map(|(_, hole)| hole).map(|hole| base(hole).0.to_owned()).collect()
    }

    /// The message with its values filled in. Values are whole words or numbers; unused ones are allowed.
    pub fn render(&self, tongue: Tongue, code: &str, values: &[(&str, &str)]) -> Result<String, MessageFault> {
        let template = self.words(tongue).and_then(|w| w.messages.get(code));
        let no_template = || MessageFault::NoTemplate(code.to_owned());
        let mut text = String::new();
        for (before, hole) in template.and_then(|t| pieces(t)).ok_or_else(no_template)? {
            text.push_str(before);
            let Some(hole) = hole else { continue };
            let fault = || (code.to_owned(), hole.to_owned());
            let no_value = || {
                let (code, placeholder) = fault();
                MessageFault::NoValue { code, placeholder }
            };
            if let Some((_, value)) = values.iter().find(|(name, _)| *name == hole) {
                text.push_str(value);
                continue;
            }
            let (name, noun) = base(hole);
            let (_, value) = values.iter().find(|(given, _)| *given == name).ok_or_else(no_value)?;
            let noun = noun.ok_or_else(no_value)?;
            let n: u64 = value.parse().map_err(|_| {
                let (code, placeholder) = fault();
                MessageFault::NotANumber { code, placeholder }
            })?;
            text.push_str(&self.count(tongue, noun, n));
        }
        Ok(text)
    }

    /// What is wrong and what to do next, for the code of a problem; `None` where the language has no sentence for it. A part in
    /// brackets is said where all its values are known, so that the sentence is whole without them.
    pub fn problem(&self, tongue: Tongue, code: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut said = String::new();
        for (always, known) in parts(self.words(tongue)?.problem.get(code)?)? {
            said.push_str(always);
            let filled = known.into_iter().map(|(before, hole)| match hole {
                Some(hole) => value(hole).map(|value| format!("{before}{value}")),
                None => Some(before.to_owned()),
            });
            said.push_str(&filled.collect::<Option<String>>().unwrap_or_default());
        }
        Some(said)
    }

    /// The codes of problems that a language has a sentence for.
    pub fn problem_codes(&self, tongue: Tongue) -> impl Iterator<Item = &str> {
        self.words(tongue).into_iter().flat_map(|w| w.problem.keys()).map(String::as_str)
    }

    /// A number with its noun: `5 детей`, `5 бала`, `5 children`. An unknown noun gives the number alone.
    pub fn count(&self, tongue: Tongue, noun: &str, n: u64) -> String {
        let forms = self.words(tongue).and_then(|w| w.nouns.get(noun));
        match forms.and_then(|forms| forms.get(plural_form(tongue, n))) {
            Some(form) => format!("{n} {form}"),
            None => n.to_string(),
        }
    }

    /// A term as words: `5 рабочих дней`.
    pub fn term(&self, tongue: Tongue, term: Term) -> String {
        self.count(tongue, term.unit.code(), u64::from(term.n))
    }

    /// A term as a limit: `не более 5 рабочих дней`.
    pub fn not_over(&self, tongue: Tongue, term: Term) -> String {
        let forms = self.words(tongue).and_then(|w| w.not_over.get(term.unit.code()));
        let form = forms.and_then(|forms| forms.get(plural_form(tongue, u64::from(term.n))));
        form.map_or_else(|| term.to_string(), |form| form.replace("{n}", &term.n.to_string()))
    }

    /// The label of a code in a group such as `status`, `channel`, `action`.
    pub fn label(&self, tongue: Tongue, group: &str, code: &str) -> Option<&str> {
        self.words(tongue)?.labels.get(group)?.get(code).map(String::as_str)
    }

    /// The label, or the code itself where the catalogue has no word for it: a code says more than nothing.
    pub fn label_or_code<'a>(&'a self, tongue: Tongue, group: &str, code: &'a str) -> &'a str {
        self.label(tongue, group, code).unwrap_or(code)
    }

    /// The groups of labels with their codes.
    pub fn labels(&self, tongue: Tongue) -> impl Iterator<Item = (&str, &BTreeMap<String, String>)> {
        self.words(tongue).into_iter().flat_map(|w| &w.labels).map(|(group, labels)| (group.as_str(), labels))
    }

    /// A civil date in words: `2018 жылғы 24 желтоқсан`, `24 декабря 2018 года`, `24 December 2018`.
    pub fn date(&self, tongue: Tongue, on: chrono::NaiveDate) -> String {
        use chrono::Datelike;
        let (year, month, day) = (on.year(), on.month().to_string(), on.day());
        let month = self.label_or_code(tongue, "month", &month).to_owned();
        match tongue {
            Tongue::Kk => format!("{year} жылғы {day} {month}"),
            Tongue::Ru => format!("{day} {month} {year} года"),
            Tongue::En => format!("{day} {month} {year}"),
        }
    }
}

/// A template cut into its parts, for sentences that are said very often. All its values are numbers.
#[derive(Clone, Debug)]
pub struct Template {
    tongue: Tongue,
    /// Text, then the value that follows it.
    parts: Vec<(String, Option<Hole>)>,
}

/// The name of a value, with the forms of its noun where it is declined.
type Hole = (String, Vec<String>);

impl Messages {
    /// A template of a language; `None` where there is none.
    pub fn template(&self, tongue: Tongue, code: &str) -> Option<Template> {
        let words = self.words(tongue)?;
        let parts = pieces(words.messages.get(code)?)?
            .into_iter()
            .map(|(before, hole)| {
                let value = hole.map(|hole| {
                    let (name, noun) = base(hole);
                    let forms = noun.and_then(|noun| words.nouns.get(noun)).cloned().unwrap_or_default();
                    (name.to_owned(), forms)
                });
                (before.to_owned(), value)
            })
            .collect();
        Some(Template { tongue, parts })
    }
}

impl Template {
    /// The sentence with its values; a value that is not given leaves a gap, which a test would show.
    pub fn fill(&self, value: impl Fn(&str) -> Option<u64>) -> String {
        let mut text = String::with_capacity(256);
        self.fill_into(&mut text, value);
        text
    }

    /// Writes the sentence at the end of `text`.
    pub fn fill_into(&self, text: &mut String, value: impl Fn(&str) -> Option<u64>) {
        use fmt::Write;
        for (before, hole) in &self.parts {
            text.push_str(before);
            let Some((name, forms)) = hole else { continue };
            let Some(n) = value(name) else { continue };
            // Writing to a String does not fail.
            let _ = write!(text, "{n}");
            if let Some(form) = forms.get(plural_form(self.tongue, n)) {
                text.push(' ');
                text.push_str(form);
            }
        }
    }

    /// Its pieces of text, each with the name of the value that follows it: for values that are no numbers.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.parts.iter().map(|(before, hole)| (before.as_str(), hole.as_ref().map(|(name, _)| name.as_str())))
    }

    /// The same sentence with every piece of its text changed by `change`, for instance escaped.
    #[must_use]
    pub fn map(&self, change: impl Fn(&str) -> String) -> Template {
        let hole = |(name, forms): &Hole| (name.clone(), forms.iter().map(|f| change(f)).collect());
        let part = |(before, value): &(String, Option<Hole>)| (change(before), value.as_ref().map(hole));
        Template { tongue: self.tongue, parts: self.parts.iter().map(part).collect() }
    }
}

/// Which plural form a number takes (CLDR): Kazakh knows one, Russian three, English two.
pub fn plural_form(tongue: Tongue, n: u64) -> usize {
    match (tongue, n % 10, n % 100) {
        (Tongue::Kk, _, _) => 0,
        (Tongue::Ru, 1, tens) if tens != 11 => 0,
        (Tongue::Ru, 2..=4, tens) if !(12..=14).contains(&tens) => 1,
        (Tongue::Ru, _, _) => 2,
        (Tongue::En, _, _) => usize::from(n != 1),
    }
}

/// A placeholder's value name, and the noun that it declines.
fn base(hole: &str) -> (&str, Option<&'static str>) {
    let declined = DECLINED.iter().find_map(|(ending, noun)| Some((hole.strip_suffix(ending)?, *noun)));
    declined.map_or((hole, None), |(name, noun)| (name, Some(noun)))
}

/// The pieces of a template: text, and the placeholder after it.
type Pieces<'a> = Vec<(&'a str, Option<&'a str>)>;

/// A sentence cut into what is always said and the part in brackets after it; `None` where the brackets do not match, or a
/// value stands outside them.
fn parts(sentence: &str) -> Option<Vec<(&str, Pieces<'_>)>> {
    let mut found = Vec::new();
    let mut rest = sentence;
    while let Some((always, after)) = rest.split_once('[') {
        let (known, tail) = after.split_once(']')?;
        found.push((always, pieces(known)?));
        rest = tail;
    }
    found.push((rest, Vec::new()));
    found.iter().all(|(always, _)| !always.contains(['{', '}', ']'])).then_some(found)
}

/// A template cut into text and the placeholder after it; `None` where braces do not match.
fn pieces(template: &str) -> Option<Pieces<'_>> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (hole, tail) = after.split_once('}')?;
        if before.contains('}') || hole.is_empty() || hole.contains('{') {
            return None;
        }
        found.push((before, Some(hole)));
        rest = tail;
    }
    if rest.contains('}') {
        return None;
    }
    found.push((rest, None));
    Some(found)
}
