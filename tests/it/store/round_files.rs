//! Somebody with the database in hand changes what a committed round published, or to whom a referral was issued; the
//! journal keeps the hashes and names the file.

use kezek::service::journal::chains::{self, ChainFault, FileFaultKind};
use serde_json::json;

use super::tampering::tamper;
use crate::desk::{Desk, GROUP, HOME, on_both};
use crate::program;

on_both!(
    a_changed_a_missing_and_an_added_file_of_a_round_are_named,
    a_round_and_a_referral_that_no_record_tells_of_or_another_are_named,
);

/// A round that gave one of two children a place, and its correction: their ids as the journal names them.
fn corrected_round(desk: &Desk) -> String {
    for _ in 0..2 {
        desk.waiting(&desk.another_child());
    }
    desk.place(GROUP);
    let round = desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).must(201).text_of("id");
    let evidence = "invented: one place was hidden";
    desk.keep_secret(evidence);
    let sent = json!({"ground": "places_misreported", "evidence": evidence, "places": [{"group": GROUP, "count": 2}]});
    desk.post(&format!("/api/v1/rounds/{round}/corrections"), &desk.department(), &sent).must(201);
    round
}

/// The record of an act.
fn record_of(desk: &Desk, act: &str) -> i64 {
    let records = super::records(&desk.registry.office.store);
    records.iter().find(|record| record.act == act).expect("the record").seq
}

fn a_changed_a_missing_and_an_added_file_of_a_round_are_named(desk: &Desk) {
    let round = corrected_round(desk);
    chains::verify(&desk.registry.office.store).expect("whole before");
    desk.damaged();
    let (held, corrected) = (record_of(desk, "hold_round"), record_of(desk, "correct_round"));
    let pass = "391000000-2022-general-pass1";
    let here = format!("WHERE round = '{round}'");
    let kept = "CREATE TABLE kept AS SELECT * FROM round_files";
    for (file, seq, how, edit) in [
        (
            format!("{pass}-children.csv"),
            held,
            FileFaultKind::Changed,
            format!(
                "UPDATE round_files SET body = substr(body, 1, length(body) - 1) {here} AND name LIKE '%1-children.csv'"
            ),
        ),
        (
            format!("{pass}-facts.csv"),
            held,
            FileFaultKind::Changed,
            format!(
                "UPDATE round_files SET body = replace(body, 'office', 'portal') {here} AND name LIKE '%-facts.csv'"
            ),
        ),
        (
            "correction-001.json".to_owned(),
            corrected,
            FileFaultKind::Changed,
            format!("UPDATE round_files SET body = replace(body, '\"harmed\":1', '\"harmed\":0') {here}"),
        ),
        (
            format!("{pass}-certificate.json"),
            held,
            FileFaultKind::Missing,
            format!("DELETE FROM round_files {here} AND name = '{pass}-certificate.json'"),
        ),
        (
            "correction-001.json".to_owned(),
            corrected,
            FileFaultKind::Missing,
            format!("DELETE FROM round_files {here} AND name = 'correction-001.json'"),
        ),
        (
            "correction-002.json".to_owned(),
            held,
            FileFaultKind::Added,
            format!("INSERT INTO round_files VALUES ('{round}', 'correction-002.json', '{{}}')"),
        ),
    ] {
        tamper(desk, kept);
        tamper(desk, &edit);
        let fault = chains::verify(&desk.registry.office.store).expect_err("the tampering was not found");
        let said = fault.to_string();
        let ChainFault::FileDiffers(named) = fault else { panic!("{said}") };
        assert_eq!((named.home.to_string().as_str(), named.seq, &named.round), (HOME, seq, &round), "{said}");
        assert_eq!((&named.file, named.how), (&file, how), "{edit}: {said}");
        let done = program::run(&["journal", "verify", "--database-url", desk.database_url()]).must(1);
        let record = format!("record {seq}:");
        for part in [HOME, &record, &round, &file] {
            assert!(done.err.contains(part), "{part} in {}", done.err);
        }
        tamper(desk, "DELETE FROM round_files; INSERT INTO round_files SELECT * FROM kept; DROP TABLE kept");
        chains::verify(&desk.registry.office.store).expect("whole again");
    }
}

fn a_round_and_a_referral_that_no_record_tells_of_or_another_are_named(desk: &Desk) {
    let round = corrected_round(desk);
    let due = desk.waiting(&desk.another_child());
    let place = desk.place(GROUP);
    let next = desk.next(HOME);
    let by_hand = next["application"].as_str().expect("a child is due").to_owned();
    assert_ne!(by_hand, due, "the child that the round left");
    desk.refer(&desk.department(), &place, &by_hand).must(201);
    chains::verify(&desk.registry.office.store).expect("whole before");
    desk.damaged();
    let (kept, back) = (
        "CREATE TABLE kept AS SELECT * FROM referrals",
        "DELETE FROM referrals; INSERT INTO referrals SELECT * FROM kept; DROP TABLE kept",
    );
    let here = format!("WHERE id = '{round}'");
    for (named, edit, back) in [
        ("another place", format!("{kept}; UPDATE referrals SET place = '{place}'"), back),
        (
            "another application",
            format!("{kept}; UPDATE referrals SET application = '{due}' WHERE application = '{by_hand}'"),
            back,
        ),
        ("has a record and no row", format!("{kept}; DELETE FROM referrals WHERE application = '{by_hand}'"), back),
        ("is in no record", format!("{kept}; UPDATE referrals SET number = 'x' WHERE application = '{by_hand}'"), back),
        (
            "another territory",
            format!("UPDATE rounds SET territory = territory + 1 {here}"),
            "UPDATE rounds SET territory = territory - 1",
        ),
        (
            "another summary",
            format!("UPDATE rounds SET summary = replace(summary, '\"placed\":1', '\"placed\":2') {here}"),
            "UPDATE rounds SET summary = replace(summary, '\"placed\":2', '\"placed\":1')",
        ),
        (
            "another body",
            format!("UPDATE rounds SET body = body || ' ' {here}"),
            "UPDATE rounds SET body = substr(body, 1, length(body) - 1)",
        ),
        (
            "is in no record",
            format!("INSERT INTO rounds SELECT 'x', home, territory, held_at, summary, body FROM rounds {here}"),
            "DELETE FROM rounds WHERE id = 'x'",
        ),
    ] {
        tamper(desk, &edit);
        let fault = chains::verify(&desk.registry.office.store).expect_err("the edit was not found");
        assert!(matches!(fault, ChainFault::RowDiffers { .. }), "{edit}: {fault}");
        assert!(fault.to_string().contains(named), "{edit}: {fault}");
        tamper(desk, back);
        chains::verify(&desk.registry.office.store).expect("as it was");
    }
}
