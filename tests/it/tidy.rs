//! The rules of the house, held by reading it: arrows between rooms, crates per room, the wall clock, lengths,
//! leftovers, twin migrations, links.

mod graph;
mod papers;
mod refusals;
mod rooms;
mod source;
mod wings;

use source::{File, all_files, rust_files};

/// No file of Rust reaches this many lines.
const FILE_LINES: usize = 500;
/// No function reaches this many lines.
const FUNCTION_LINES: usize = 70;

/// Fails with all that was found, one a line.
#[track_caller]
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn no_file_is_500_lines_long() {
    let long = |f: &File| f.text.lines().count() >= FILE_LINES;
    let found: Vec<String> = rust_files()
        .iter()
        .filter(|f| long(f))
        .map(|f| format!("{}: {} lines", f.path, f.text.lines().count()))
        .collect();
    none("files too long to be read at once; split them by noun", &found);
}

#[test]
fn no_function_is_70_lines_long() {
    let mut found = Vec::new();
    for file in rust_files() {
        for (line, lines, head) in source::functions(&file.text) {
            if lines >= FUNCTION_LINES {
                found.push(format!("{}:{line}: {lines} lines: {head}", file.path));
            }
        }
    }
    none("functions too long to be read at once", &found);
}

#[test]
fn the_wall_clock_is_read_in_one_file() {
    let asks = ["Utc::now", "Local::now", "SystemTime::now", "thread::sleep", "CURRENT_TIMESTAMP", "dsl::now"];
    let mut found = Vec::new();
    for file in rust_files() {
        if file.path == "src/clock.rs" || file.path.starts_with("tests/it/tidy") {
            continue;
        }
        for (n, line) in source::code_lines(&file.text) {
            // A bench measures by the monotonic clock; an act and a test never look at one.
            let stopwatch = !file.path.starts_with("benches/") && line.contains("Instant::now");
            if stopwatch || asks.iter().any(|ask| line.contains(ask)) {
                found.push(format!("{}:{n}: {}", file.path, line.trim()));
            }
        }
    }
    none("time is a parameter: take it from crate::clock::Clock", &found);
}

#[test]
fn nothing_is_left_over() {
    let words = ["FIXME", "TODO", "XXX", "HACK"];
    let code = ["todo!(", "unimplemented!(", "dbg!(", "#[ignore", "allow(dead_code", "allow(unused"];
    let mut found = Vec::new();
    for file in all_files().iter().filter(|f| !f.path.starts_with("tests/it/tidy")) {
        let prose = file.path.ends_with(".md");
        let text = [".rs", ".sql", ".toml", ".html", "run"].iter().any(|end| file.path.ends_with(end));
        for (n, line) in file.text.lines().enumerate().filter(|_| text || prose) {
            let marked = line.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word));
            if marked || code.iter().any(|left| line.contains(left)) {
                found.push(format!("{}:{}: {}", file.path, n + 1, line.trim()));
            }
        }
    }
    none("finish these or write an issue", &found);
}

#[test]
fn no_file_names_a_machine() {
    let places = ["/home/", "/root/", "/work/", "/Users/", "C:\\", "file:///"];
    let mut found = Vec::new();
    for file in all_files().iter().filter(|f| !f.path.starts_with("tests/it/tidy")) {
        for (n, line) in file.text.lines().enumerate() {
            if places.iter().any(|place| line.contains(place)) {
                found.push(format!("{}:{}: {}", file.path, n + 1, line.trim()));
            }
        }
    }
    none("paths of somebody's machine", &found);
}

#[test]
fn no_raw_sql_has_a_question_mark_for_a_value() {
    let mut found = Vec::new();
    for file in rust_files().iter().filter(|f| !f.path.starts_with("tests/it/tidy")) {
        for (at, _) in file.text.match_indices("sql_query(") {
            let statement = file.text[at..].split(';').next().unwrap_or_default();
            let literals: String = statement.split('"').skip(1).step_by(2).collect();
            if literals.contains('?') {
                found.push(format!("{}: {literals}", file.path));
            }
        }
    }
    none("PostgreSQL knows no `?`; write $1", &found);
}

#[test]
fn every_test_module_is_part_of_the_test_binary() {
    let files: Vec<File> = rust_files().into_iter().filter(|f| f.path.starts_with("tests/it/")).collect();
    let mut found = Vec::new();
    for File { path, .. } in files.iter().filter(|f| f.path != "tests/it/main.rs") {
        let (folder, name) = path.trim_end_matches(".rs").rsplit_once('/').expect("a folder");
        let face = if folder == "tests/it" { "tests/it/main.rs".to_owned() } else { format!("{folder}.rs") };
        let declared = files
            .iter()
            .find(|f| f.path == face)
            .is_some_and(|f| f.text.lines().any(|line| line.trim_start_matches("pub ") == format!("mod {name};")));
        if !declared {
            found.push(format!("{path}: {face} does not name it"));
        }
    }
    none("modules that nobody runs", &found);
}

#[test]
fn every_shape_of_the_api_has_a_name_of_its_own() {
    let mut named: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for file in rust_files().iter().filter(|f| f.path.starts_with("src/")) {
        let mut described = false;
        for line in file.text.lines().map(str::trim_start) {
            described |= line.starts_with("#[derive(") && line.contains("ToSchema");
            let declared = line.split_once("struct ").or_else(|| line.split_once("enum ")).filter(|_| described);
            if let Some((_, rest)) = declared {
                let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                named.entry(name.to_owned()).or_default().push(file.path.clone());
                described = false;
            }
        }
    }
    let twice = named.iter().filter(|(_, files)| files.len() > 1);
    let found: Vec<String> = twice.map(|(name, files)| format!("{name}: {}", files.join(" "))).collect();
    none("the document keeps one shape of a name and drops the other", &found);
}
