//! Reports that people read: words of their language, whatever the codes of the files are.

use crate::cli::allocate::{Files, errors};

const GROUPS: &str = "id,capacity,kindergarten,territory,language,kind,reserved\n10,1,Балапан,391010000,kk,general,\n\
    20,1,Құлыншақ,391010000,ru,special,\n30,2,Ботақан,391653000,mixed,sanatorium,0-1:1\n40,1,Ақбота,391653000,ru,general,\n";
const CHILDREN: &str = "id,priority_tier,applied_at,birth_date,siblings_at,choices,channel,category,holds\n\
    1,1,2026-03-22T09:00:00Z,,,10;20,portal,large_family,\n2,3,2026-03-20T09:00:00Z,,,10;20,office,,\n\
    3,3,2026-03-23T09:00:00Z,,,20,state_corporation,,\n4,3,2026-03-24T09:00:00Z,,,30,office,,\n\
    5,3,2026-03-25T09:00:00Z,,,30,office,,10\n";

/// What a command puts on the screen, which is also what it writes.
fn table(files: &Files, lang: &str, arguments: &[&str]) -> String {
    let output = files
        .kezek(&[arguments, &["--rule", "queue", "--out", "report", "--format", "table", "--lang", lang]].concat());
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", errors(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, files.read("report/report.txt"));
    said
}

#[test]
fn kazakh_and_russian_tables_have_no_latin_word() {
    let files = Files::new(GROUPS, CHILDREN);
    assert!(files.allocate(&["--rule", "queue"]).status.success());
    std::fs::write(files.0.path().join("right.csv"), CHILDREN.replace("\n1,1,", "\n1,3,")).unwrap();
    std::fs::write(files.0.path().join("bad.csv"), "child_id,group_id\n1,20\n2,\n3,10\n4,20\n5,\n").unwrap();
    let scenarios = "scenario,change,target,value\nТеңдік,tier,1,3\nТағы бір,places,10,+1\n";
    std::fs::write(files.0.path().join("s.csv"), scenarios).unwrap();
    let both = ["--groups", "groups.csv", "--children", "children.csv"];
    let at = ["--at", "2026-09-01T00:00:00+05:00"];
    let commands = [
        [&["fairness", "--allocation", "out.csv"], &both[..], &at].concat(),
        [&["fairness", "--allocation", "bad.csv"], &both[..], &at].concat(),
        [&["simulate", "--scenarios", "s.csv", "--moves"], &both[..]].concat(),
        vec!["correct", "--allocation", "out.csv", "--groups", "groups.csv", "--children", "right.csv"],
    ];
    for lang in ["kk", "ru"] {
        for arguments in &commands {
            let said = table(&files, lang, arguments);
            let latin: Vec<&str> = said.split(|c: char| !c.is_ascii_alphabetic() && c != '_').collect();
            let latin: Vec<&str> = latin.into_iter().filter(|word| !word.is_empty()).collect();
            assert_eq!(latin, Vec::<&str>::new(), "{arguments:?}: {said}");
        }
    }
    // The same without held places has one more table.
    let plain =
        |text: &str| text.replace(",holds", "").replace(",\n", "\n").replace(",10\n", "\n").replace(",reserved", "");
    let files = Files::new(plain(GROUPS).replace(",0-1:1", ""), plain(CHILDREN));
    let said = table(&files, "ru", &[&["simulate"], &both[..]].concat());
    assert!(said.contains("желающие (назвали группу)") && !said.contains(|c: char| c.is_ascii_alphabetic()), "{said}");
}

#[test]
fn csv_and_json_keep_the_codes() {
    let files = Files::new(GROUPS, CHILDREN);
    assert!(files.allocate(&["--rule", "queue"]).status.success());
    let arguments = [
        "fairness",
        "--groups",
        "groups.csv",
        "--children",
        "children.csv",
        "--allocation",
        "out.csv",
        "--rule",
        "queue",
        "--out",
        "report",
        "--lang",
        "kk",
    ];
    assert!(files.kezek(&arguments).status.success());
    assert!(files.read("report/summary.csv").contains("\njustified_envy,0\n"));
    assert!(files.read("report/left.csv").contains("30,Ботақан,1,2,reserved\n"), "{}", files.read("report/left.csv"));
    assert!(files.kezek(&[&arguments[..], &["--format", "json"]].concat()).status.success());
    let json: serde_json::Value = serde_json::from_str(&files.read("report/report.json")).unwrap();
    assert_eq!(json["placement"][0]["by"], "tier");
    assert_eq!(json["left"][0]["reason"], "reserved");
}

#[test]
fn what_a_file_says_commands_no_terminal() {
    let groups = "id,capacity,kindergarten\n10,1,\"\u{1b}[2J\u{202e}A\"\n";
    let children = "id,priority_tier,applied_at,birth_date,siblings_at,choices\n";
    let files = Files::new(groups, children);
    let both = ["--groups", "groups.csv", "--children", "children.csv"];
    let said = table(&files, "en", &[&["simulate"], &both[..]].concat());
    assert!(said.contains("\\u{1b}[2J\\u{202e}A") && !said.contains('\u{1b}'), "{said:?}");
}
