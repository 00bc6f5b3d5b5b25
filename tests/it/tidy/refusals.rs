//! Every refusal has its sentence in Kazakh and Russian, and no sentence is kept for a refusal that nobody makes. The English
//! stands in the source, beside the case that it knows.

use std::collections::{BTreeMap, BTreeSet};

use kezek::rules::messages::{Messages, Tongue};

use super::none;
use super::source::{File, rust_files};

/// What makes a problem or a fault, and which of its arguments is the code.
const MAKERS: [(&str, usize); 9] = [
    ("Problem::new(", 1),
    ("Problem::conflict(", 0),
    ("Problem::invalid(", 1),
    ("faults.add(", 1),
    ("faults.take(", 1),
    ("wrong(", 0),
    ("refused(", 0),
    ("fault(", 0),
    ("malformed(", 0),
];

/// The arguments after an opening bracket, as they are written.
fn arguments(text: &str) -> Vec<String> {
    let (mut found, mut argument, mut deep, mut quoted, mut escaped) = (Vec::new(), String::new(), 0, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => deep += 1,
            ')' | ']' | '}' if !quoted && deep == 0 => break,
            ')' | ']' | '}' if !quoted => deep -= 1,
            ',' if !quoted && deep == 0 => {
                found.push(argument.trim().to_owned());
                argument.clear();
                continue;
            }
            _ => {}
        }
        argument.push(c);
    }
    found.push(argument.trim().to_owned());
    found.retain(|argument| !argument.is_empty());
    found
}

/// The code in double quotes, where it is one.
fn code(argument: &str) -> Option<&str> {
    let word = argument.strip_prefix('"')?.strip_suffix('"')?;
    let plain = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    plain.then_some(word)
}

/// Whether the words of a problem come from the messages already, in three languages.
fn says_itself(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| argument == "text.en.clone()")
}

/// The codes of a file, each with the line on which it stands.
fn codes_of(file: &File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // Pages have refusals of their own, by the name of a field.
    let makers =
        MAKERS.iter().filter(|(maker, _)| !file.path.starts_with("src/web/pages/") || maker.contains("Problem"));
    for (maker, place) in makers {
        for (at, _) in file.text.match_indices(*maker) {
            let named = arguments(&file.text[at + maker.len()..]);
            let line = file.text[..at].lines().count();
            if let Some(code) = named.get(*place).and_then(|argument| code(argument)).filter(|_| !says_itself(&named)) {
                found.push((line, code.to_owned()));
            }
        }
    }
    for (n, line) in file.text.lines().enumerate() {
        let pairs = handed_on(line).into_iter().filter(|_| file.path.starts_with("src/service/"));
        // Constants, the faults of all text, and the one problem that is built by its members.
        let value = line.split_once("&str = ").filter(|_| line.contains("TOO_LARGE") || line.contains("NOT_BELIEVED"));
        let fault = line.split_once("TextFault::").and_then(|(_, rest)| rest.split_once("=> "));
        let member = line.split_once(" code: ").filter(|_| line.contains("Problem {"));
        let alone = [value, fault, member].into_iter().flatten();
        let alone = alone.filter_map(|(_, rest)| code(rest.split([',', ';']).next().unwrap_or_default()));
        found.extend(pairs.chain(alone).map(|code| (n + 1, code.to_owned())));
    }
    found
}

/// The codes that a check gives to whoever makes the problem of them: each with its message.
fn handed_on(line: &str) -> Vec<&str> {
    let words = line.split('"').skip(1).step_by(2);
    let is_handed_on = |word: &&str| {
        let after = line.split_once(&format!("\"{word}\", ")).map(|(_, after)| after).unwrap_or_default();
        let sentence = after.strip_prefix('"').and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let named = after.starts_with("message") || after.starts_with("format!(");
        named || sentence.contains(' ') || after.split(',').next().is_some_and(|fault| fault.ends_with(".to_string()"))
    };
    words.filter(|word| code(&format!("\"{word}\"")).is_some()).filter(is_handed_on).collect()
}

/// All codes of problems and faults that the program makes, each with a place.
fn codes() -> BTreeMap<String, String> {
    let rooms = ["src/service/", "src/web/", "src/domain/text.rs"];
    // The faults of imported files name columns; they are told on the command line.
    let speaks = |f: &&File| rooms.iter().any(|room| f.path.starts_with(room)) && !f.path.contains("files/import");
    let sources = rust_files();
    let mut found = BTreeMap::new();
    for file in sources.iter().filter(speaks).filter(|f| f.path != "src/web/api/tokens.rs") {
        for (line, code) in codes_of(file) {
            found.entry(code).or_insert_with(|| format!("{}:{line}", file.path));
        }
    }
    assert!(found.len() > 200, "the codes are not found any more: {}", found.len());
    found
}

#[test]
fn every_refusal_is_said_in_kazakh_and_russian() {
    let messages = Messages::shipped().expect("the messages");
    let mut found = Vec::new();
    for (code, place) in codes() {
        for tongue in [Tongue::Kk, Tongue::Ru] {
            if messages.problem(tongue, &code, |_| None).is_none() {
                found.push(format!("{code} in {tongue}: {place}"));
            }
        }
    }
    none("refusals without a sentence under [problem] in fixtures/messages", &found);
}

#[test]
fn no_sentence_is_kept_for_a_refusal_that_nobody_makes() {
    let messages = Messages::shipped().expect("the messages");
    let known = codes();
    let kept: BTreeSet<&str> = [Tongue::Kk, Tongue::Ru].iter().flat_map(|t| messages.problem_codes(*t)).collect();
    let found: Vec<String> = kept.into_iter().filter(|code| !known.contains_key(*code)).map(str::to_owned).collect();
    none("sentences under [problem] that no source asks for", &found);
    assert_eq!(messages.problem_codes(Tongue::En).count(), 0, "the English of a refusal stands in the source");
}

#[test]
fn a_sentence_is_whole_with_its_values_and_without_them() {
    let messages = Messages::shipped().expect("the messages");
    for tongue in [Tongue::Kk, Tongue::Ru] {
        for code in messages.problem_codes(tongue) {
            let without = messages.problem(tongue, code, |_| None).expect("a sentence");
            let with = messages.problem(tongue, code, |_| Some("7".to_owned())).expect("a sentence");
            for said in [&without, &with] {
                let whole = said.ends_with('.') && !said.contains(['[', ']', '{', '}', 'ё']) && !said.contains("  ");
                assert!(whole && !said.contains(" ."), "{code} in {tongue}: {said}");
            }
        }
    }
}
