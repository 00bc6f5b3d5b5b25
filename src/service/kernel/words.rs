//! Sentences in three languages, from the templates of `rules::messages`.

use crate::rules::Rules;
use crate::rules::messages::Tongue;
use crate::rules::regulation::Step;

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

/// The words that the texts number beside their clauses, as the files write them, in Kazakh and Russian.
const NUMBERED: [(&str, &str, &str); 3] =
    [("action", "іс-қимыл", "действие"), ("process", "процесс", "процесс"), ("condition", "шарт", "условие")];

/// A clause as a language writes it: `5 action 2` is `5, 2-іс-қимыл` and `5, действие 2`; `5(1)` stays as it is.
pub fn clause(tongue: Tongue, text: &str) -> String {
    let part = |part: &str| {
        let mut words = part.split(' ');
        let read = words.next().zip(words.next()).zip(words.next());
        let known = read.and_then(|((n, word), k)| {
            let (_, kk, ru) = NUMBERED.iter().find(|(code, ..)| *code == word)?;
            Some(match tongue {
                Tongue::Kk => format!("{n}, {k}-{kk}"),
                Tongue::Ru => format!("{n}, {ru} {k}"),
                Tongue::En => format!("{n}, {word} {k}"),
            })
        });
        known.unwrap_or_else(|| part.to_owned())
    };
    text.split("; ").map(part).collect::<Vec<_>>().join("; ")
}

/// A civil date as it is written.
pub fn date(rules: &Rules, on: chrono::NaiveDate) -> Said {
    Said::each(|tongue| rules.messages.date(tongue, on))
}

/// "n children" in each language, declined as the number asks.
pub fn children(rules: &Rules, n: u64) -> Said {
    Said::each(|tongue| rules.messages.count(tongue, "child", n))
}

/// The label of a step.
pub(crate) fn step_label(rules: &Rules, step: &Step) -> Said {
    step.names.clone().unwrap_or_else(|| label(rules, "action", step.actions().next().unwrap_or(&step.id)))
}
