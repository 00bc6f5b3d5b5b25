//! The wings of `service`, and that no files look at each other in a circle.

use std::collections::BTreeSet;

use super::graph::Graph;
use super::none;
use super::source::{File, code_lines, rust_files};

/// Each wing of `service`, lowest first, with the wings that it looks at. A wing looks only at those above it in this list,
/// which stand below it in the house. What is listed must be there: an arrow that is gone is struck from the list.
const WINGS: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("journal", &["kernel"]),
    ("office", &["kernel", "journal"]),
    ("accounts", &["kernel", "office"]),
    ("reads", &["kernel", "office", "accounts"]),
    ("applications", &["kernel", "office"]),
    ("positions", &["kernel", "journal", "office"]),
    ("papers", &["kernel", "office", "applications", "positions"]),
    ("referrals", &["kernel", "office", "applications", "papers"]),
    ("rounds", &["kernel", "journal", "office", "applications", "positions", "papers", "referrals"]),
    ("cases", &["kernel", "office", "applications", "positions", "papers", "referrals", "rounds"]),
    ("inquiry", &["kernel", "journal", "office", "papers", "rounds"]),
    ("counter", &["kernel", "office", "applications", "positions", "papers", "referrals", "cases"]),
    ("files", &["kernel", "office", "applications", "cases", "counter"]),
    ("registry", &["journal", "office", "accounts", "reads", "positions", "rounds", "inquiry"]),
    ("running", &["kernel", "files", "registry"]),
];

fn sources() -> Vec<File> {
    rust_files().into_iter().filter(|f| f.path.starts_with("src/")).collect()
}

/// The wing of a file of `service`; none for its face and for other rooms.
fn wing(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/service/")?;
    let wing = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    (wing != "mod").then_some(wing)
}

#[test]
fn no_files_look_at_each_other_in_a_circle() {
    let circles = Graph::read(&sources()).circles();
    let found: Vec<String> = circles.iter().map(|circle| circle.join(" ")).collect();
    none("circles of files: move what both need below them", &found);
}

#[test]
fn arrows_between_the_wings_of_service_point_down() {
    let graph = Graph::read(&sources());
    let (mut found, mut drawn) = (Vec::new(), BTreeSet::new());
    for (from, all) in &graph.arrows {
        for to in all {
            let (Some(wing), Some(below)) = (wing(from), wing(to)) else { continue };
            if wing == below {
                continue;
            }
            drawn.insert((wing.to_owned(), below.to_owned()));
            if !WINGS.iter().any(|(name, may)| *name == wing && may.contains(&below)) {
                found.push(format!("{from} looks at {to}"));
            }
        }
    }
    for (at, (name, may)) in WINGS.iter().enumerate() {
        for below in *may {
            if !WINGS.iter().take(at).any(|(lower, _)| lower == below) {
                found.push(format!("{name} may look at {below}, which does not stand below it"));
            }
            if !drawn.contains(&((*name).to_owned(), (*below).to_owned())) {
                found.push(format!("{name} looks at {below} no more: strike it from the list"));
            }
        }
    }
    none("arrows between wings", &found);
}

#[test]
fn every_public_name_is_used() {
    let files: Vec<File> = rust_files();
    let pages: Vec<File> = super::source::all_files().into_iter().filter(|f| f.path.ends_with(".html")).collect();
    let mut words: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for file in files.iter().chain(&pages) {
        for (_, line) in code_lines(&file.text) {
            for word in line.split(|c: char| !c.is_alphanumeric() && c != '_') {
                *words.entry(word.to_owned()).or_default() += 1;
            }
        }
    }
    let mut found = Vec::new();
    for file in files.iter().filter(|f| f.path.starts_with("src/")) {
        for (n, line) in code_lines(&file.text) {
            let begins = line.trim_start();
            if !begins.starts_with("pub") {
                continue;
            }
            let mut words_of = begins.split(|c: char| !c.is_alphanumeric() && c != '_');
            let kinds = ["fn", "struct", "enum", "const", "static", "trait", "type"];
            let declared = words_of.any(|word| kinds.contains(&word)).then(|| words_of.next()).flatten();
            let name = if declared == Some("fn") { words_of.next() } else { declared };
            if let Some(name) = name.filter(|name| words.get(*name) == Some(&1)) {
                found.push(format!("{}:{n}: {name}", file.path));
            }
        }
    }
    none("public names that nobody uses", &found);
}

#[test]
fn no_argument_hides_in_a_tuple() {
    let mut found = Vec::new();
    for file in sources() {
        for (line, _, head) in super::source::functions(&file.text) {
            let lines: Vec<&str> = file.text.lines().skip(line - 1).collect();
            let mut signature = String::new();
            for text in lines {
                signature.push_str(text.trim());
                if text.contains('{') || text.ends_with(';') {
                    break;
                }
            }
            let arguments = signature.split_once('(').map_or("", |(_, rest)| rest);
            if arguments.starts_with('(') || [", (", ",("].iter().any(|begin| hides(arguments, begin)) {
                found.push(format!("{}:{line}: {head}", file.path));
            }
        }
    }
    none("arguments packed in tuples: give each its name", &found);
}

/// Whether an argument of a function is a pattern of several: `(a, b): (A, B)`.
fn hides(arguments: &str, begin: &str) -> bool {
    arguments.match_indices(begin).any(|(at, _)| {
        let inside = &arguments[at + begin.len()..];
        inside.find(')').is_some_and(|end| inside[end + 1..].starts_with(": ("))
    })
}
