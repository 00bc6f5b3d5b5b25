//! Faults of the offline files: all of them at once, short, and harmless to a terminal.

use std::fs;

use crate::cli::allocate::{Files, errors};

const GROUPS: &str = "id,capacity\n10,1\n20,1\n";
const HEAD: &str = "id,priority_tier,applied_at,birth_date,siblings_at,choices\n";

fn faults(children: impl AsRef<[u8]>) -> String {
    let output = Files::new(GROUPS, children).allocate(&["--rule", "queue"]);
    assert_eq!(output.status.code(), Some(2));
    errors(&output)
}

#[test]
fn a_repeated_id_is_named_also_where_a_row_has_another_fault() {
    let row = |id: &str, tier: &str| format!("{id},{tier},2026-03-20T09:00:00Z,,,10\n");
    let twice = "id 1 occurs in an earlier row";
    // The faulty row first, the faulty row last, both faulty.
    for (first, second, faults_wanted) in [("300", "3", 2), ("3", "300", 2), ("300", "301", 3), ("3", "3", 1)] {
        let said = faults(format!("{HEAD}{}{}{}", row("1", first), row("2", "3"), row("1", second)));
        assert_eq!(said.lines().count(), faults_wanted, "{said}");
        assert!(said.contains(&format!("children.csv, row 4, column id: {twice}")), "{said}");
    }
    // A row whose id itself is at fault repeats nothing.
    let said = faults(format!("{HEAD}{}{}", row("x", "3"), row("y", "3")));
    assert_eq!(said.lines().count(), 2, "{said}");
    let files = Files::new(GROUPS, format!("{HEAD}{}", row("1", "3")));
    fs::write(files.0.path().join("out.csv"), "child_id,group_id\nx,10\ny,20\n").unwrap();
    let said = errors(&files.kezek(&[
        "correct",
        "--allocation",
        "out.csv",
        "--groups",
        "groups.csv",
        "--children",
        "children.csv",
        "--rule",
        "queue",
        "--out",
        "r",
    ]));
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn a_long_value_is_shown_by_its_beginning_and_what_to_do_stays() {
    let long = "9".repeat(5 << 20);
    let said = faults(format!("{HEAD}1,{long},2026-03-20T09:00:00Z,,,10\n"));
    assert!(said.len() < 700, "{}", said.len());
    assert!(said.starts_with("children.csv, row 2, column priority_tier: '9999"), "{said}");
    assert!(said.contains(" bytes left out) … ") && said.ends_with("write a whole number from 0 to 255\n"), "{said}");
    // What is left out and what is shown are the whole.
    let (_, rest) = said.split_once(" … (").unwrap();
    let left_out: usize = rest.split_once(' ').unwrap().0.parse().unwrap();
    let shown = said.chars().filter(|c| *c == '9').count() - rest.split_once(' ').unwrap().0.matches('9').count();
    assert_eq!(left_out + shown, long.len());
    // Names of columns and letters of several bytes are cut as well.
    let said = faults(format!("{}{}\n", HEAD.trim_end(), ",".to_owned() + &"қ".repeat(1 << 20)));
    assert!(said.len() < 1_500, "{}", said.len());
}

#[test]
fn a_value_commands_no_terminal() {
    let said = faults(format!("{HEAD}1,\u{1b}[2J\r\u{9b}\u{202e}3,2026-03-20T09:00:00Z,,,10\n"));
    let escaped = "'\\u{1b}[2J\\u{d}\\u{9b}\\u{202e}3' is no tier";
    assert!(said.contains(escaped), "{said:?}");
    assert!(said.trim_end().chars().all(|c| !c.is_control()), "{said:?}");
}

#[test]
fn an_empty_file_and_a_column_without_a_name_are_told() {
    for empty in ["", "\n", "\u{feff}", ",,\n"] {
        let said = faults(empty);
        assert!(
            said.starts_with("children.csv, row 1: there is no header; the first row must be id,priority"),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let said = faults(HEAD.replace("choices", "choices,"));
    assert!(said.starts_with("children.csv, row 1: column 7 has no name; remove it"), "{said}");
}

/// The system says of these files that they are longer, or shorter, than what can be read of them: as it is with a file that
/// was cut off, or grew, after it had been opened.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_grows_or_shrinks_while_it_is_read_is_told() {
    for (path, length) in [("/proc/self/status", 0), ("/sys/devices/system/cpu/online", 4096)] {
        let metadata = fs::metadata(path).unwrap();
        assert!(metadata.is_file() && metadata.len() == length, "{path}");
        let files = Files::new(GROUPS, HEAD);
        for arguments in
            [["--groups", path, "--children", "children.csv"], ["--groups", "groups.csv", "--children", path]]
        {
            let output = files.kezek(&[&["allocate", "--rule", "queue", "--out", "out.csv"], &arguments[..]].concat());
            assert_eq!(output.status.code(), Some(2));
            let said = errors(&output);
            assert!(said.contains(&format!("{path}: changed while it was read; run again")), "{said}");
            assert_eq!(files.names(), ["children.csv", "groups.csv"]);
        }
    }
}
