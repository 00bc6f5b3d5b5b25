//! The offline contract through the command line: files in, files out, every fault named.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const GROUPS: &str = "id,capacity\n10,1\n20,1\n30,0\n";
const CHILDREN: &str = "id,priority_tier,applied_at,birth_date,siblings_at,choices\n\
    4,3,2026-03-21T09:00:00+05:00,2021-05-01,10,10;20\n\
    1,3,2026-03-20T09:00:00+05:00,,,30;10;20;10\n\
    3,1,2026-03-21T04:00:00Z,2021-05-01,,20\n\
    2,3,2026-03-22T09:00:00.5+05:00,2021-05-01,,*\n";

/// A folder with the two files of an invented town.
pub struct Files(pub TempDir);

impl Files {
    pub fn new(groups: impl AsRef<[u8]>, children: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("groups.csv"), groups).unwrap();
        fs::write(folder.path().join("children.csv"), children).unwrap();
        Self(folder)
    }

    pub fn kezek(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kezek")).current_dir(self.0.path()).args(arguments).output().unwrap()
    }

    pub fn allocate(&self, more: &[&str]) -> Output {
        let mut arguments =
            vec!["allocate", "--groups", "groups.csv", "--children", "children.csv", "--out", "out.csv"];
        arguments.extend(more);
        self.kezek(&arguments)
    }

    pub fn verify(&self, more: &[&str]) -> Output {
        let mut arguments = vec!["verify", "--groups", "groups.csv", "--children", "children.csv"];
        arguments.extend(["--allocation", "out.csv", "--certificate", "certificate.json"]);
        arguments.extend(more);
        self.kezek(&arguments)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(self.0.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

pub fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn program(groups: &str, children: impl AsRef<[u8]>) -> String {
    let files = Files::new(groups, children);
    let output = files.allocate(&["--rule", "program"]);
    assert!(output.status.success(), "{}", errors(&output));
    files.read("out.csv")
}

#[test]
fn siblings_go_first_within_their_tier_under_program() {
    assert_eq!(program(GROUPS, CHILDREN), "child_id,group_id\n1,\n2,\n3,20\n4,10\n");
}

#[test]
fn the_queue_serves_by_tier_and_instant() {
    let files = Files::new(GROUPS, CHILDREN);
    assert!(files.allocate(&["--rule", "queue"]).status.success());
    assert_eq!(files.read("out.csv"), "child_id,group_id\n1,10\n2,\n3,20\n4,\n");
}

#[test]
fn a_turn_column_replaces_tier_and_instant() {
    let turns = "id,priority_tier,applied_at,birth_date,siblings_at,choices,turn\n\
        1,0,2026-03-20T09:00:00Z,,,10,7\n2,9,2026-03-22T09:00:00Z,,,10,-9223372036854775808\n";
    let files = Files::new(GROUPS, turns);
    assert!(files.allocate(&["--rule", "queue", "--certificate", "certificate.json"]).status.success());
    assert_eq!(files.read("out.csv"), "child_id,group_id\n1,\n2,10\n");
    assert!(files.read("certificate.json").contains("\"turn\":true"));
    assert!(files.verify(&["--replay"]).status.success());
    for more in [&["--rule", "program"][..], &["--rule", "queue", "--mix", "1:3"]] {
        let output = files.allocate(more);
        assert_eq!(output.status.code(), Some(2));
        assert!(errors(&output).contains("children.csv, row 1, column turn: "), "{}", errors(&output));
    }
}

#[test]
fn the_way_of_writing_changes_nothing() {
    let expected = program(GROUPS, CHILDREN);
    let crlf = CHILDREN.replace('\n', "\r\n");
    let bom = format!("\u{feff}{CHILDREN}");
    let quoted = CHILDREN.replace("10;20\n", "\"10;20\"\n").replace("4,3", "\"4\",3");
    let offsets = CHILDREN
        .replace("2026-03-21T09:00:00+05:00", "2026-03-20T22:15:00.000000-05:45")
        .replace("04:00:00Z", "04:00:00.0-00:00");
    let open_ended = CHILDREN.trim_end().to_owned();
    let blank = CHILDREN.replace("\n3,", "\n\n3,");
    for text in [crlf, bom, quoted, offsets, open_ended, blank] {
        assert_eq!(program(GROUPS, &text), expected, "{text}");
    }
    let columns = "choices,id,siblings_at,applied_at,priority_tier,birth_date\n*,2,,2026-03-22T09:00:00Z,3,\n\
        10;20,4,10,2026-03-21T09:00:00+05:00,3,\n20,3,,2026-03-21T04:00:00Z,1,\n30;10;20,1,,2026-03-20T04:00:00Z,3,\n";
    assert_eq!(program(GROUPS, columns), expected);
    let groups = "kindergarten,capacity,id\r\n\"Balapan, \"\"the duckling\"\",\nfirst floor\",1,20\r\nҚұлыншақ,0,30\r\nА,1,10\r\n";
    assert_eq!(program(groups, CHILDREN), expected);
}

#[test]
fn many_blocks_and_shuffled_rows_give_the_same_allocation() {
    let files = Files::new("", "");
    assert!(files.kezek(&["generate", "--children", "6000", "--seed", "5", "--out", "."]).status.success());
    assert!(files.allocate(&["--rule", "program"]).status.success());
    let expected = files.read("out.csv");
    let children = files.read("children.csv");
    let (header, rows) = children.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.sort_by_key(|row| row.bytes().rev().collect::<Vec<_>>());
    fs::write(files.0.path().join("children.csv"), format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    assert!(files.allocate(&["--rule", "program"]).status.success());
    assert_eq!(files.read("out.csv"), expected);
}

#[test]
fn threads_change_no_byte_of_any_output() {
    let files = Files::new("", "");
    assert!(files.kezek(&["generate", "--children", "5000", "--seed", "3", "--out", "."]).status.success());
    let outputs = ["out.csv", "why.csv", "why.groups.csv", "why.sentences.csv", "certificate.json"];
    for rule in [&["--rule", "program"][..], &["--rule", "queue", "--mix", "1:3"]] {
        let on = |threads: &str| {
            let files_of = ["--groups", "groups.csv", "--children", "children.csv", "--out", "out.csv"];
            let reports = ["--explain", "why.csv", "--certificate", "certificate.json"];
            let mut command = Command::new(env!("CARGO_BIN_EXE_kezek"));
            command.current_dir(files.0.path()).env("RAYON_NUM_THREADS", threads);
            let output = command.arg("allocate").args(files_of).args(reports).args(rule).output().unwrap();
            assert!(output.status.success(), "{}", errors(&output));
            outputs.map(|name| files.read(name))
        };
        let one = on("1");
        assert_eq!(one, on("2"));
        assert_eq!(one, on("5"));
        let ids = one[1].lines().skip(1).map(|row| row.split(',').next().unwrap().parse::<u32>().unwrap());
        assert!(ids.is_sorted(), "the rows stand by child");
    }
}

#[test]
fn the_same_seed_generates_the_same_instance_and_four_in_five_get_a_place() {
    let files = Files::new("", "");
    let generate = |seed| {
        assert!(files.kezek(&["generate", "--children", "2000", "--seed", seed, "--out", "."]).status.success());
        files.read("children.csv")
    };
    let (first, other, again) = (generate("1"), generate("2"), generate("1"));
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert!(files.allocate(&["--rule", "program"]).status.success());
    let placed = files.read("out.csv").lines().skip(1).filter(|row| !row.ends_with(',')).count();
    assert!((1500..=1600).contains(&placed), "{placed}");
}

/// The message for one fault in the row of child 3, or in the whole file.
fn complaint(children: impl AsRef<[u8]>) -> String {
    let files = Files::new(GROUPS, children);
    let output = files.allocate(&["--rule", "program", "--explain", "e.csv", "--certificate", "c.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(files.names(), ["children.csv", "groups.csv"], "nothing may be written");
    errors(&output)
}

#[test]
fn every_fault_of_a_child_is_named_by_row_and_column() {
    let row = "3,1,2026-03-21T04:00:00Z,2021-05-01,,20";
    let faults = [
        ("0,1,2026-03-21T04:00:00Z,,,20", "id"),
        ("-3,1,2026-03-21T04:00:00Z,,,20", "id"),
        ("03,1,2026-03-21T04:00:00Z,,,20", "id"),
        ("4294967296,1,2026-03-21T04:00:00Z,,,20", "id"),
        ("4,1,2026-03-21T04:00:00Z,,,20", "id"),
        ("3,256,2026-03-21T04:00:00Z,,,20", "priority_tier"),
        ("3,,2026-03-21T04:00:00Z,,,20", "priority_tier"),
        ("3,1,2026-03-21 04:00:00Z,,,20", "applied_at"),
        ("3,1,2026-03-21T04:00:00,,,20", "applied_at"),
        ("3,1,2026-02-29T04:00:00Z,,,20", "applied_at"),
        ("3,1,2026-03-21T24:00:00Z,,,20", "applied_at"),
        ("3,1,2026-03-21T04:00:60Z,,,20", "applied_at"),
        ("3,1,2026-03-21T04:00:00.1234567Z,,,20", "applied_at"),
        ("3,1,2026-03-21T04:00:00+24:00,,,20", "applied_at"),
        ("3,1,2026-03-21T04:00:00Z,2021-13-01,,20", "birth_date"),
        ("3,1,2026-03-21T04:00:00Z,,99,20", "siblings_at"),
        ("3,1,2026-03-21T04:00:00Z,,*,20", "siblings_at"),
        ("3,1,2026-03-21T04:00:00Z,,,20;99", "choices"),
        ("3,1,2026-03-21T04:00:00Z,,,20;", "choices"),
        ("3,1,2026-03-21T04:00:00Z,,,*;20", "choices"),
        ("3,1,2026-03-21T04:00:00Z,,,020", "choices"),
        ("3,1,2026-03-21T04:00:00Z,,,20,", ""),
        ("3,1,2026-03-21T04:00:00Z,,20", ""),
        ("3,1,2026-03-21T04:00:00Z,,,\"20", ""),
        ("3,1,2026-03-21T04:00:00Z,,,2\"0\"", ""),
    ];
    for (fault, column) in faults {
        let message = complaint(CHILDREN.replace(row, fault));
        let place = if column.is_empty() { "row 4: ".to_owned() } else { format!("row 4, column {column}: ") };
        assert!(message.starts_with(&format!("children.csv, {place}")), "{fault}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    let not_utf8 = CHILDREN.replace(row, "3,1,X").into_bytes();
    let not_utf8: Vec<u8> = not_utf8.into_iter().map(|b| if b == b'X' { 0xff } else { b }).collect();
    assert!(complaint(not_utf8).starts_with("children.csv, row 4: the row is not UTF-8"));
}

#[test]
fn all_faults_are_listed_up_to_the_limit_and_the_rest_is_counted() {
    let mut children = CHILDREN.lines().next().unwrap().to_owned() + "\n";
    for id in 1..=300 {
        children.push_str(&format!("{id},x,2026-03-21T04:00:00Z,,,20\n"));
    }
    let message = complaint(children);
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), 101);
    assert!(lines[99].starts_with("children.csv, row 101, column priority_tier: 'x'"));
    assert_eq!(lines[100], "and 200 more");
}

#[test]
fn a_header_that_lacks_doubles_or_invents_a_column_is_named() {
    let header = "id,priority_tier,applied_at,birth_date,siblings_at,choices";
    for (fault, column) in [
        ("id,priority_tier,applied_at,birth_date,siblings_at", "choices"),
        ("id,priority_tier,applied_at,birth_date,siblings_at,choices,id", "id"),
        ("id,priority_tier,applied_at,birth_date,siblings_at,choices,note", "note"),
    ] {
        let message = complaint(CHILDREN.replace(header, fault));
        assert!(message.starts_with(&format!("children.csv, row 1, column {column}: ")), "{message}");
    }
    assert!(complaint("").contains("children.csv, row 1: there is no header"));
}

#[test]
fn every_fault_of_a_group_is_named_by_row_and_column() {
    let faults = [
        ("id,capacity\n10,-1\n", "row 2, column capacity"),
        ("id,capacity\n10,\n", "row 2, column capacity"),
        ("id,capacity\n10,4294967296\n", "row 2, column capacity"),
        ("id,capacity\n0,1\n", "row 2, column id"),
        ("id,capacity\n010,1\n", "row 2, column id"),
        ("id,capacity\n10,1\n10,2\n", "row 3, column id"),
        ("id,capacity,colour\n10,1,red\n", "row 1, column colour"),
        ("id\n10\n", "row 1, column capacity"),
        ("id,capacity,kindergarten\n10,1,\"open\n", "row 2: a quoted field does not end"),
    ];
    for (groups, place) in faults {
        let files = Files::new(groups, CHILDREN);
        let output = files.allocate(&["--rule", "program"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(errors(&output).starts_with(&format!("groups.csv, {place}")), "{}", errors(&output));
        assert_eq!(files.names(), ["children.csv", "groups.csv"]);
    }
}

#[test]
fn a_file_that_cannot_be_read_or_is_far_too_large_is_named() {
    let files = Files::new(GROUPS, CHILDREN);
    fs::File::options().write(true).open(files.0.path().join("children.csv")).unwrap().set_len(10 << 30).unwrap();
    let output = files.allocate(&["--rule", "program"]);
    assert!(errors(&output).starts_with("children.csv: larger than 4 GiB"), "{}", errors(&output));
    fs::File::options().write(true).open(files.0.path().join("children.csv")).unwrap().set_len(100 << 20).unwrap();
    let output = files.allocate(&["--rule", "program"]);
    assert!(errors(&output).contains("children.csv: a row is longer than 16 MiB"), "{}", errors(&output));
    for missing in ["gone.csv", "."] {
        let output =
            files.kezek(&["allocate", "--groups", missing, "--children", missing, "--rule", "program", "--out", "o"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(errors(&output).starts_with(&format!("{missing}: cannot be read: ")), "{}", errors(&output));
    }
    assert_eq!(files.names(), ["children.csv", "groups.csv"]);
}

#[test]
fn an_output_that_cannot_be_written_leaves_nothing() {
    let files = Files::new(GROUPS, CHILDREN);
    let output = files.allocate(&["--rule", "program", "--certificate", "nowhere/certificate.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).starts_with("nowhere/certificate.json: cannot be written: "), "{}", errors(&output));
    assert_eq!(files.names(), ["children.csv", "groups.csv"]);
    let output = files.allocate(&["--rule", "program", "--certificate", "children.csv"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("named twice"));
    if Path::new("/dev/full").exists() {
        let output = files.allocate(&["--rule", "program", "--explain", "/dev/full"]);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(files.names(), ["children.csv", "groups.csv"]);
    }
}

#[test]
fn each_choice_above_the_result_is_explained_in_three_languages() {
    let files = Files::new(GROUPS, CHILDREN);
    assert!(files.allocate(&["--rule", "program", "--explain", "why.csv"]).status.success());
    let rows = files.read("why.csv");
    assert_eq!(
        rows,
        "child_id,choice,group_id,reason\n1,1,30,no_places\n1,2,10,sibling\n1,3,20,tier\n2,1,*,any_full\n"
    );
    let groups = files.read("why.groups.csv");
    let numbers: Vec<&str> = groups.lines().map(|line| line.split(",\"").next().unwrap()).collect();
    assert_eq!(
        numbers,
        [
            "group_id,places,ahead_by_tier,last_tier,last_sibling,last_applied_at,last_ticket,kk,ru,en",
            "10,1,3:1,3,yes,2026-03-21T04:00:00Z,4",
            "20,1,1:1,1,no,2026-03-21T04:00:00Z,3",
            "30,0,,,,,",
        ]
    );
    for sentence in [
        "10-топ: барлық бос орын (1) алда тұрған балаларға берілді. Соңғысы: басымдық деңгейі 3, осы топта бауыры бар",
        "Группа 20: все свободные места (1) получили дети, которые стоят раньше. Последний: уровень приоритета 1",
        "Group 20: all free places (1) went to children ahead. The last one: tier 1, applied at 2026-03-21T09:00:00+05:00.",
        "Group 30 had no free place.",
    ] {
        assert!(groups.contains(sentence), "{sentence}: {groups}");
    }
    let sentences = files.read("why.sentences.csv");
    for row in rows.lines().skip(1) {
        let reason = format!("\n{},\"", row.rsplit(',').next().unwrap());
        assert!(sentences.contains(&reason), "{reason}");
    }
    assert!(sentences.contains("Of the same tier a child with a sibling there goes first"), "{sentences}");
    assert!(files.allocate(&["--rule", "queue", "--mix", "1:3", "--explain", "why.csv"]).status.success());
    assert!(files.read("why.csv").contains("4,2,20,turn\n"), "{}", files.read("why.csv"));
    let groups = files.read("why.groups.csv");
    assert!(
        groups.contains("Group 20: all free places (1) went to children ahead. The last one: number 1 in the order of")
    );
}

#[test]
fn a_certificate_is_verified_and_a_tampering_is_named() {
    let files = Files::new(GROUPS, CHILDREN);
    assert!(files.allocate(&["--rule", "program", "--certificate", "certificate.json"]).status.success());
    assert!(files.verify(&["--replay"]).status.success());
    let path = |name: &str| files.0.path().join(name);
    fs::write(path("out.csv"), "child_id,group_id\n1,10\n2,\n3,20\n4,\n").unwrap();
    let output = files.verify(&[]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("child 1: "), "{said}");
    assert!(said.contains("the result is not the certified one"), "{said}");
    fs::write(path("out.csv"), "child_id,group_id\n1,\n2,\n3,20\n4,10\n").unwrap();
    fs::write(path("children.csv"), CHILDREN.replace("4,3,", "4,4,")).unwrap();
    let output = files.verify(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("child 1: "));
    fs::write(path("certificate.json"), "{}").unwrap();
    assert_eq!(files.verify(&[]).status.code(), Some(2));
}

#[test]
fn instants_of_any_offset_are_counted_from_1970() {
    let at = |text: &str| kezek::domain::instant::read_micros(text.as_bytes());
    assert_eq!(at("1970-01-01T05:00:00+05:00"), Some(0));
    assert_eq!(at("1969-12-31T14:15:00-09:45"), Some(0));
    assert_eq!(at("2000-02-29t23:59:59.5z"), Some(951_868_799_500_000));
    assert_eq!(at("0000-01-01T00:00:00Z"), Some(-62_167_219_200_000_000));
    assert_eq!(at("9999-12-31T23:59:59.999999-00:00"), Some(253_402_300_799_999_999));
    assert_eq!(at("2016-12-31T23:59:60Z"), at("2017-01-01T00:00:00Z"));
    assert_eq!(at("2017-01-01T04:59:60+05:00"), at("2017-01-01T00:00:00Z"));
    for text in ["1969-12-31T23:59:59.999999Z", "2024-02-29T12:34:56.000001Z", "0001-03-01T00:00:00.000000Z"] {
        assert_eq!(kezek::domain::instant::micros_text(at(text).unwrap()), text);
    }
}

#[test]
fn turns_that_are_not_those_of_a_queue_are_told_even_where_everything_was_computed_anew() {
    let children = "id,priority_tier,applied_at,birth_date,siblings_at,choices,turn\n\
        1,0,2026-03-22T09:00:00Z,,,10,0\n2,1,2026-03-20T09:00:00Z,,,10,1\n3,3,2026-03-18T09:00:00Z,,,10,2\n\
        4,1,2026-03-21T09:00:00Z,,,10,3\n5,3,2026-03-19T09:00:00Z,,,10,4\n";
    let files = Files::new("id,capacity\n10,2\n", children);
    let path = |name: &str| files.0.path().join(name);
    let certify = |children: &str| {
        fs::write(path("children.csv"), children).unwrap();
        assert!(files.allocate(&["--rule", "queue", "--certificate", "certificate.json"]).status.success());
        let output = files.verify(&["--replay"]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = certify(children);
    assert_eq!((code, said.lines().count()), (Some(0), 1), "{said}");
    assert!(files.read("certificate.json").contains("\"turns_of_queue\":true"));
    for (named, tampered) in [
        ("child 1: ", children.replace(",10,4\n", ",10,-5\n")),
        ("child 2: ", children.replace("4,1,2026-03-21T09:00:00Z,,,10,3", "4,1,2026-03-21T09:00:00Z,,,10,0")),
        ("child 5: ", children.replace("5,3,2026-03-19", "5,3,2026-03-17")),
        ("child 4: ", children.replace("2,1,2026-03-20", "2,2,2026-03-20")),
    ] {
        let (code, said) = certify(&tampered);
        assert!(!files.read("certificate.json").contains("turns_of_queue"));
        assert_eq!(code, Some(0), "turns of one's own are allowed: {said}");
        let note = said.lines().nth(1).unwrap_or_default();
        assert!(
            note.starts_with(&format!("the turns are as given, not those of a registry's queue: {named}")),
            "{said}"
        );
        // Whoever tampers with a registry's round must keep the claim.
        let claimed =
            files.read("certificate.json").replace("\"turn\":true,", "\"turn\":true,\"turns_of_queue\":true,");
        fs::write(path("certificate.json"), claimed).unwrap();
        let output = files.verify(&["--replay"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8(output.stdout).unwrap().starts_with(named));
    }
}
