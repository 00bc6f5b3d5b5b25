//! The files of the repository, and as much of Rust's shape as the house rules need. rustfmt holds the rest: the closing
//! brace of a function stands under its first letter.

use std::path::{Path, PathBuf};

/// A file with its path from the root.
pub struct File {
    /// The path, with `/`.
    pub path: String,
    /// The content.
    pub text: String,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Folders that are nobody's work.
const SKIPPED: [&str; 3] = ["target", ".git", "demo-data"];

fn collect(folder: &Path, found: &mut Vec<File>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !SKIPPED.contains(&name) {
                collect(&path, found);
            }
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let path = path.strip_prefix(root()).expect("inside").to_string_lossy().replace('\\', "/");
            found.push(File { path, text });
        }
    }
}

/// Every text file of the house: what lies in its fixed folders and at its top.
pub fn all_files() -> Vec<File> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches", "fixtures", "migrations", ".ci"] {
        collect(&root().join(folder), &mut found);
    }
    for entry in std::fs::read_dir(root()).expect("the root").flatten() {
        let path = entry.path();
        let known = ["md", "toml"].iter().any(|end| path.extension().is_some_and(|e| e == *end));
        if known && path.is_file() {
            let text = std::fs::read_to_string(&path).expect("a text");
            found.push(File { path: entry.file_name().to_string_lossy().into_owned(), text });
        }
    }
    assert!(found.len() > 100, "the repository was not found");
    found
}

/// Every file of Rust.
pub fn rust_files() -> Vec<File> {
    all_files().into_iter().filter(|f| f.path.ends_with(".rs")).collect()
}

/// The lines with their numbers, without comments and without what stands in double quotes.
pub fn code_lines(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let bare: String = line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"");
        let code = bare.split("//").next().unwrap_or_default();
        if !code.trim().is_empty() {
            found.push((n + 1, code.to_owned()));
        }
    }
    found
}

/// The functions: line, number of lines, and how each begins.
pub fn functions(text: &str) -> Vec<(usize, usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let begins = line.trim_start();
        let mut words = begins.split(' ').take_while(|w| *w != "fn" && !w.starts_with('('));
        let is_function = begins.contains("fn ")
            && words.all(|w| w.starts_with("pub") || ["async", "const", "crate)", "super)", "in"].contains(&w))
            && begins.split(' ').any(|w| w == "fn");
        if !is_function {
            continue;
        }
        let indent = &line[..line.len() - begins.len()];
        let closing = format!("{indent}}}");
        let end = (n..lines.len()).find(|&m| {
            let here = lines[m];
            here.starts_with(&closing) || (here.ends_with(';') && m == n) || (m == n && here.ends_with('}'))
        });
        if let Some(end) = end {
            found.push((n + 1, end - n + 1, begins.to_owned()));
        }
    }
    found
}

#[test]
fn functions_are_found_with_their_lengths() {
    let text = "pub fn one() {}\n\nimpl X {\n    pub(crate) async fn two(\n        a: u8,\n    ) -> u8 {\n        a\n    }\n}\n";
    let found: Vec<(usize, usize)> = functions(text).into_iter().map(|(line, lines, _)| (line, lines)).collect();
    assert_eq!(found, [(1, 1), (4, 5)]);
}
