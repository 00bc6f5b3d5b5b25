//! Another mind checks: `benches/auditor.py` was written from `fixtures/journal/README.md` alone, and what it finds of an export is
//! what the registry says.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use kezek::domain::queue::QueueKey;
use kezek::service::journal::chains;
use kezek::trust::journal::{Record, Seals, Verifier, registry_head};
use kezek::trust::opening::{OpenedRecord, Opening};
use kezek::trust::seal::canonical;
use serde_json::Value;

use crate::counter::days::{count_falsely, counted_at};
use crate::desk::lived_in::live_in;
use crate::desk::{Desk, deeds, on_both};

on_both!(
    a_stranger_replays_every_position_and_the_head,
    a_stranger_replays_the_past,
    a_stranger_names_a_count_that_the_records_deny,
);

const EXAMPLE: &str = include_str!("../../../fixtures/journal/example.jsonl");

/// What the auditor says of an export: its answer, or the fault.
fn audit(export: &str, arguments: &[String]) -> Result<(BTreeMap<String, u64>, String), String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/auditor.py");
    let mut auditor = Command::new("python3")
        .arg("-B")
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 is there: tests/run installs it");
    let mut input = auditor.stdin.take().expect("an input");
    let export = export.to_owned();
    // A fault ends the auditor before it has read all.
    let writer = std::thread::spawn(move || drop(input.write_all(export.as_bytes())));
    let done = auditor.wait_with_output().expect("an end");
    writer.join().expect("the writer");
    let said = String::from_utf8(done.stderr).expect("text").trim().to_owned();
    if !done.status.success() {
        return Err(said);
    }
    let rows = String::from_utf8(done.stdout).expect("text");
    let position = |line: &str| {
        let mut parts = line.rsplitn(2, ',');
        let position = parts.next().and_then(|p| p.parse().ok()).expect("a position");
        (parts.next().expect("queue and application").to_owned(), position)
    };
    Ok((rows.lines().map(position).collect(), said))
}

fn export(desk: &Desk) -> String {
    deeds::opened(&desk.registry.office.store).iter().map(|opened| opened.with_openings() + "\n").collect()
}

/// The ratios of all queues, as the auditor takes them.
fn ratios(desk: &Desk, queues: impl Iterator<Item = QueueKey>) -> Vec<String> {
    let now = desk.clock.now();
    let of = |queue: QueueKey| {
        let profile = desk.registry.office.rules.profile_of(queue.territory, now).expect("a profile");
        let mix = profile.mix.value.map_or("none".to_owned(), |mix| mix.to_string());
        format!("--mix-of={}={mix}", queue.territory)
    };
    queues.map(of).collect()
}

/// Children of both streams, of whom some leave, are placed or move up.
fn live(desk: &Desk) {
    live_in(desk);
    more(desk);
}

fn more(desk: &Desk) {
    for n in 0..12 {
        let child = desk.another_child();
        let number = if n % 3 == 0 { desk.register_with(&child, "large_family") } else { desk.register(&child) };
        if n % 4 == 3 {
            desk.withdraw(&number).must(200);
        } else {
            desk.accept(&number);
        }
    }
}

fn a_stranger_replays_every_position_and_the_head(desk: &Desk) {
    live(desk);
    assert!(counted_at(desk, "2026-09-11T04:00:00Z") > 0, "a day is counted");
    more(desk);
    let index = desk.registry.office.index(desk.clock.now());
    let mut positions: BTreeMap<String, u64> = BTreeMap::new();
    for (number, held) in index.seats() {
        if let Some(place) = index.queue(held.queue).and_then(|order| order.locate(held.seat)) {
            positions.insert(format!("{},{number}", held.queue), place.standing().position);
        }
    }
    assert!(positions.len() > 12, "{positions:?}");
    let (found, head) = audit(&export(desk), &ratios(desk, index.queues().map(|(key, _)| key))).expect("whole");
    drop(index);
    assert_eq!(found, positions);
    assert_eq!(head, chains::verify(&desk.registry.office.store).expect("whole"));
}

fn a_stranger_names_a_count_that_the_records_deny(desk: &Desk) {
    let seq = count_falsely(desk);
    let fault = audit(&export(desk), &[]).expect_err("a false count");
    assert!(fault.contains(&format!("record {seq}")) && fault.contains("does not count"), "{fault}");
}

fn a_stranger_replays_the_past(desk: &Desk) {
    live(desk);
    desk.set_clock("2026-09-10T05:00:00Z");
    more(desk);
    let at = "2026-09-10T04:59:59.000000Z";
    let past =
        desk.get(&format!("/api/v1/queues/391000000-2022-general/entries?as_of={at}"), &desk.auditor()).must(200);
    let shown: BTreeMap<String, u64> = past.json["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|e| {
            let number = e["application"].as_str().expect("a number");
            (format!("391000000-2022-general,{number}"), e["position"].as_u64().expect("a position"))
        })
        .collect();
    assert!(shown.len() > 5, "{shown:?}");
    let arguments = [format!("--until={at}"), "--mix=1:3".to_owned()];
    let (found, _) = audit(&export(desk), &arguments).expect("whole");
    let found: BTreeMap<String, u64> = found.into_iter().filter(|(key, _)| key.contains("391000000-2022")).collect();
    assert_eq!(found, shown);
}

/// The lines of the example as records with their openings.
fn example() -> Vec<OpenedRecord> {
    let read = |line: &str| {
        let mut value: Value = serde_json::from_str(line).expect("a line of JSON");
        let openings = value.as_object_mut().and_then(|fields| fields.remove("openings")).expect("openings");
        let record: Record = serde_json::from_value(value).expect("a record");
        let opening = |sealed: &Value| {
            let salt = sealed["salt"].as_str().expect("a salt");
            let bytes = (0..32).map(|n| u8::from_str_radix(&salt[2 * n..2 * n + 2], 16).expect("a byte"));
            Opening {
                subject: sealed["opening"]["subject"].as_str().expect("a subject").to_owned(),
                salt: bytes.collect::<Vec<u8>>().try_into().expect("32 bytes"),
                body: canonical(&sealed["opening"]),
            }
        };
        OpenedRecord { record, openings: openings.as_array().expect("a list").iter().map(opening).collect() }
    };
    EXAMPLE.lines().map(read).collect()
}

#[test]
fn the_example_of_the_page_is_what_the_page_says() {
    let page = include_str!("../../../fixtures/journal/README.md");
    let mut verifier = Verifier::default();
    for opened in example() {
        verifier.take(&opened.record).expect("the chain");
        opened.check().expect("the seals");
        assert_eq!(opened.record.public_act(), Ok(None));
        let acts = opened.openings.iter().map(|o| o.read().and_then(|read| read.child_act()).expect("its act"));
        assert_eq!(acts.flatten().count(), 1, "one of them says what was done");
        let Seals { root, .. } = &opened.record.seals;
        assert!(page.contains(root.as_str()) && page.contains(opened.record.hash.as_str()));
        for opening in &opened.openings {
            let leaf: String = opening.leaf().iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(page.contains(&leaf), "the leaf of {}", opening.subject);
        }
        let line = EXAMPLE.lines().nth(usize::try_from(opened.record.seq - 1).expect("small")).expect("a line");
        assert_eq!(opened.with_openings(), line, "the export writes it so");
    }
    let head = registry_head(&verifier.heads());
    assert!(page.contains(&head));
    let (waiting, said) = audit(EXAMPLE, &[]).expect("whole");
    assert_eq!((waiting.len(), said), (0, head));
    let (waiting, _) = audit(EXAMPLE, &["--until=2026-09-10T23:00:00.000000Z".to_owned()]).expect("whole");
    assert_eq!(waiting, BTreeMap::from([("391000000-2022-general,391000000-000001".to_owned(), 1)]));
}

#[test]
fn both_minds_name_the_record_that_was_bent() {
    let bends = [
        ("\"tier\":3", "\"tier\":1", "record 1", "not"),
        ("\"salt\":\"01", "\"salt\":\"00", "record 1", "not"),
        ("2026-09-11T05:30", "2026-09-11T05:31", "record 2", "its content does not match its hash"),
        ("\"seq\":2", "\"seq\":3", "record 3", "record"),
        ("\"count\":2", "\"count\":1", "record 1", "its content does not match its hash"),
    ];
    for (from, to, record, why) in bends {
        let bent = EXAMPLE.replacen(from, to, 1);
        assert_ne!(bent, EXAMPLE, "{from}");
        let said = audit(&bent, &[]).expect_err(from);
        assert!(said.contains("home 391000000") && said.contains(record) && said.contains(why), "{from}: {said}");
    }
    let mut opened = example().remove(0);
    opened.openings.swap(0, 1);
    assert!(opened.check().is_err(), "openings have an order");
    opened.openings.swap(0, 1);
    opened.openings.truncate(1);
    assert!(opened.check().expect_err("one is missing").why.contains("seals 2 openings, and 1"));
}
