//! Somebody with the database in hand changes the past; the journal names the record.

use diesel::connection::SimpleConnection;
use kezek::service::journal::chains::{self, ChainFault};
use kezek::store::connection::Location;

use crate::desk::deeds;
use crate::desk::{Desk, HOME, on_both};

on_both!(
    an_edited_record_is_found,
    a_deleted_record_is_found,
    two_swapped_records_are_found,
    a_record_with_a_new_hash_is_found_by_the_next,
    a_cut_off_end_is_found_by_the_home,
    an_instant_that_runs_back_is_found,
);

/// A journal of the city with a few records, and how many.
fn registered(desk: &Desk) -> i64 {
    for _ in 0..4 {
        desk.register(&desk.another_child());
    }
    chains::verify(&desk.registry.office.store).expect("whole before");
    desk.damaged();
    let heads = desk.registry.office.store.read(kezek::store::homes::ends).expect("heads");
    heads.iter().find(|(home, _)| home.to_string() == HOME).map(|(_, end)| end.head.seq).expect("the city's chain")
}

/// Runs SQL behind the registry's back.
pub fn tamper(desk: &Desk, sql: &str) {
    let location = Location::parse(desk.database_url()).expect("a URL");
    let mut conn = location.connect().expect("a connection");
    conn.batch_execute(&sql.replace("HOME", HOME)).expect("the tampering itself");
}

/// The journal is broken at this record of the city, for this reason.
#[track_caller]
fn is_broken_at(desk: &Desk, seq: i64, why: &str) {
    let fault = chains::verify(&desk.registry.office.store).expect_err("the tampering was not found");
    let said = fault.to_string();
    match fault {
        ChainFault::Broken(broken) => assert_eq!((broken.home.to_string().as_str(), broken.seq), (HOME, seq), "{said}"),
        other => panic!("{other}"),
    }
    assert!(said.contains(why) && said.contains(HOME), "{said}");
}

/// What was said in a column of a record is said otherwise.
fn an_edited_record_is_found(desk: &Desk) {
    let last = registered(desk);
    for (column, value) in
        [("root", "hash"), ("act", "'withdraw'"), ("actor", "'somebody'"), ("territory", "391010001")]
    {
        let seq = last - 1;
        tamper(desk, "CREATE TABLE kept AS SELECT * FROM journal");
        tamper(desk, &format!("UPDATE journal SET {column} = {value} WHERE home = HOME AND seq = {seq}"));
        is_broken_at(desk, seq, "does not match its hash");
        tamper(desk, "DELETE FROM journal; INSERT INTO journal SELECT * FROM kept; DROP TABLE kept");
        chains::verify(&desk.registry.office.store).expect("whole again");
    }
}

/// A record is gone from the middle.
fn a_deleted_record_is_found(desk: &Desk) {
    let last = registered(desk);
    tamper(desk, &format!("DELETE FROM journal WHERE home = HOME AND seq = {}", last - 2));
    is_broken_at(desk, last - 1, "missing");
}

/// Two records change places.
fn two_swapped_records_are_found(desk: &Desk) {
    let last = registered(desk);
    let (one, other) = (last - 2, last - 1);
    tamper(
        desk,
        &format!(
            "UPDATE journal SET seq = 0 WHERE home = HOME AND seq = {one};
             UPDATE journal SET seq = {one} WHERE home = HOME AND seq = {other};
             UPDATE journal SET seq = {other} WHERE home = HOME AND seq = 0"
        ),
    );
    is_broken_at(desk, one, "the hash of the record before");
}

/// Whoever edits a record and computes its hash anew breaks the link of the next.
fn a_record_with_a_new_hash_is_found_by_the_next(desk: &Desk) {
    let last = registered(desk);
    let seq = last - 1;
    let records = deeds::records(&desk.registry.office.store);
    let is_it = |record: &kezek::trust::journal::Record| record.home.to_string() == HOME && record.seq == seq;
    let mut forged = records.into_iter().find(is_it).expect("the record");
    forged.actor = "somebody".to_owned();
    let hash = forged.expected_hash();
    let set = format!("actor = 'somebody', hash = '{hash}'");
    tamper(desk, &format!("UPDATE journal SET {set} WHERE home = HOME AND seq = {seq}"));
    is_broken_at(desk, last, "the hash of the record before");
}

/// The end of a chain is cut off: what is left is whole in itself, but the home knows better.
fn a_cut_off_end_is_found_by_the_home(desk: &Desk) {
    let last = registered(desk);
    tamper(desk, &format!("DELETE FROM journal WHERE home = HOME AND seq = {last}"));
    let said = chains::verify(&desk.registry.office.store).expect_err("the cut was not found").to_string();
    assert!(said.contains(HOME) && said.contains(&(last - 1).to_string()), "{said}");
}

/// A record is dated before the one ahead of it, with every hash computed anew.
fn an_instant_that_runs_back_is_found(desk: &Desk) {
    let last = registered(desk);
    let records = deeds::records(&desk.registry.office.store);
    let is_it = |record: &kezek::trust::journal::Record| record.home.to_string() == HOME && record.seq == last;
    let mut forged = records.into_iter().find(is_it).expect("the record");
    forged.at = "2026-09-09T04:00:00.000000Z".to_owned();
    let hash = forged.expected_hash();
    let at = "2026-09-09 04:00:00";
    tamper(
        desk,
        &format!(
            "UPDATE journal SET at = '{at}', hash = '{hash}' WHERE home = HOME AND seq = {last};
             UPDATE homes SET head = '{hash}' WHERE code = HOME"
        ),
    );
    is_broken_at(desk, last, "before that of the record ahead");
}
