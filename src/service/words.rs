//! Sentences in three languages, from the templates of `rules::messages`.

use crate::rules::Rules;

/// One text in the three languages of the interface.
pub use crate::rules::sourced::Names as Said;

/// A message with its values, the same in all languages. A test renders every template, so that a missing value is
/// found there; here it would leave the text empty.
pub fn say(rules: &Rules, code: &str, values: &[(&str, &str)]) -> Said {
    Said::each(|tongue| rules.messages.render(tongue, code, values).unwrap_or_default())
}

/// A message whose values differ by language.
pub fn say_each(rules: &Rules, code: &str, values: &[(&str, &Said)]) -> Said {
    Said::each(|tongue| {
        let values: Vec<(&str, &str)> = values.iter().map(|(name, said)| (*name, said.get(tongue))).collect();
        rules.messages.render(tongue, code, &values).unwrap_or_default()
    })
}

/// The label of a code.
pub fn label(rules: &Rules, group: &str, code: &str) -> Said {
    Said::each(|tongue| rules.messages.label_or_code(tongue, group, code).to_owned())
}

/// A civil date as it is written.
pub fn date(rules: &Rules, on: chrono::NaiveDate) -> Said {
    Said::each(|tongue| rules.messages.date(tongue, on))
}

/// "n children", declined.
pub fn children(rules: &Rules, n: u64) -> Said {
    Said::each(|tongue| rules.messages.count(tongue, "child", n))
}
