//! `kezek journal verify --since`: what was told since an instant is looked at, and what was not is said.

use kezek::service::journal::chains::{self, ChainFault};

use crate::desk::{Desk, instant, on_both};
use crate::store::tampering::tamper;

on_both!(
    what_was_told_since_is_held_against_the_rows_and_the_rest_is_counted,
    a_record_of_before_is_still_held_by_its_hash,
);

const LATER: &str = "2026-09-11T04:00:00Z";

fn two_children(desk: &Desk) -> (String, String) {
    let before = desk.register(&desk.another_child());
    desk.set_clock(LATER);
    (before, desk.register(&desk.another_child()))
}

fn what_was_told_since_is_held_against_the_rows_and_the_rest_is_counted(desk: &Desk) {
    let (before, since) = two_children(desk);
    let store = &desk.registry.office.store;
    let head = chains::verify(store).expect("whole");
    let verified = chains::verify_since(store, instant(LATER)).expect("whole");
    assert_eq!(verified.head, head);
    let whole = chains::verify_since(store, instant("2020-01-01T00:00:00Z")).expect("whole");
    assert_eq!((whole.records_before, whole.rows_before), (0, 0));
    assert!(verified.records_before > 0 && verified.rows_before > 10, "{verified:?}");

    let edit = |number: &str, to: &str| format!("UPDATE applications SET channel = '{to}' WHERE number = '{number}'");
    tamper(desk, &edit(&before, "portal"));
    chains::verify(store).expect_err("the whole verification sees it");
    chains::verify_since(store, instant(LATER)).expect("it was not looked at, and that is said");
    tamper(desk, &edit(&before, "office"));
    tamper(desk, &edit(&since, "portal"));
    let named = chains::verify_since(store, instant(LATER)).expect_err("it was told since").to_string();
    assert!(named.contains(&since) && named.contains("column channel"), "{named}");
    tamper(desk, &edit(&since, "office"));
}

fn a_record_of_before_is_still_held_by_its_hash(desk: &Desk) {
    desk.damaged();
    two_children(desk);
    tamper(desk, "UPDATE journal SET actor = 'somebody' WHERE home = HOME AND seq = 1");
    let fault = chains::verify_since(&desk.registry.office.store, instant(LATER)).expect_err("its hash tells");
    assert!(matches!(fault, ChainFault::Broken(_)), "{fault}");
}
