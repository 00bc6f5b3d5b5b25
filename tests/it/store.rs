//! The registry's rows: twin migrations, the journal that shows every tampering, and the one door for
//! writes.

mod beside;
mod beside_walk;
mod crash;
mod edits;
mod frozen;
mod pages;
mod schema;
mod secrets;
pub mod tampering;

use std::collections::BTreeMap;
use std::sync::Barrier;

use diesel::prelude::*;
use kezek::domain::instant::ToldInstant;
use kezek::domain::kato::Kato;
use kezek::service::journal::chains;
use kezek::store::connection::{AnyConnection, Location};
use kezek::store::schema::facts as kept;
use kezek::store::{ClockBounds, Entry, Keeper, Store, StoreError, Written, facts, homes};
use kezek::trust::act::{ClockConfirmed, PublicAct};
use kezek::trust::journal::Record;
use kezek::trust::seal::{mark, sha256_hex};
use kezek::trust::subject::{Subject, SubjectKind};
use serde_json::Value;

use crate::desk::database::{Database, keys};
use crate::desk::deeds;
use crate::desk::{CITY, Db, Desk, HOME, ParseKato, VILLAGE, instant, on_both};

on_both!(
    facts_are_told_by_their_hash_and_of_a_child_nothing_is_public,
    the_instant_of_a_record_never_runs_back_when_the_clock_does,
    clerks_of_one_home_get_tickets_without_gaps_and_clerks_of_two_do_not_wait_for_one_another,
    an_act_that_fails_half_way_leaves_nothing,
    an_act_without_a_record_saves_nothing,
    a_record_for_a_home_that_was_not_locked_is_refused,
    chains_are_per_home_and_the_head_is_the_hash_of_their_map,
);

/// Some errors are known by their text, so the server must not translate it.
#[test]
fn postgres_speaks_english_to_the_registry_whatever_its_own_language() {
    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;
    let database = Database::with_fixtures(Db::Postgres);
    let name = database.url().rsplit('/').next().unwrap().split('?').next().unwrap();
    let mut plain = PgConnection::establish(database.url()).expect("a connection");
    plain.batch_execute(&format!("ALTER DATABASE {name} SET lc_messages TO 'C.UTF-8'")).expect("another language");
    let language = |conn: &mut PgConnection| -> String {
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>("current_setting('lc_messages')"))
            .get_result(conn)
            .expect("the setting")
    };
    assert_eq!(language(&mut PgConnection::establish(database.url()).expect("a connection")), "C.UTF-8");
    let location = Location::parse(database.url()).expect("a URL");
    let AnyConnection::Postgres(mut ours) = location.connect().expect("a connection") else { panic!("not PostgreSQL") };
    assert_eq!(language(&mut ours), "C");
}

fn facts_are_told_by_their_hash_and_of_a_child_nothing_is_public(desk: &Desk) {
    let child = desk.another_child();
    desk.register_with(&child, "orphan");
    let deed = desk.deeds().into_iter().find(|deed| deed.act == "register").expect("a registration");
    let store = &desk.registry.office.store;
    for (key, told) in deed.rows["facts"].as_object().expect("facts") {
        let sealed = store
            .read(|conn| -> Result<Vec<u8>, StoreError> { Ok(kept::table.find(key).select(kept::body).first(conn)?) });
        assert_eq!(told["body"], mark(sealed.expect("facts")), "told by the hash of what is sealed");
        let kept = store.read(|conn| facts::body(conn, store.vault(), key)).expect("facts").expect("facts");
        assert!(kept.contains("consent") && !kept.contains(&child.iin), "nothing is kept twice: {kept}");
    }
    let Record { act, actor, payload, .. } = &deed.record;
    assert_eq!((act.as_str(), actor.as_str(), payload), ("child", "", &Value::Null), "nothing of it is public");
    let again = desk.another_child();
    desk.register_with(&again, "orphan");
    let sealing = deeds::records(&desk.registry.office.store).into_iter().filter(|record| record.seals.count > 0);
    let roots: Vec<String> = sealing.map(|record| record.seals.root).collect();
    let fresh: std::collections::BTreeSet<&String> = roots.iter().collect();
    assert_eq!(fresh.len(), roots.len(), "no two records seal with one salt");
}

fn the_instant_of_a_record_never_runs_back_when_the_clock_does(desk: &Desk) {
    let first = desk.another_child();
    desk.set_clock("2026-09-10T05:00:00.000005Z");
    desk.register(&first);
    // By less than five minutes: a clock that is further behind is not believed.
    desk.set_clock("2026-09-10T04:56:00Z");
    let second = desk.another_child();
    let registered = desk.hand_in(&desk.office(), &second.application(CITY)).must(201);
    assert_eq!(registered.json["applied_at"], "2026-09-10T05:00:00.000005Z");
    assert_eq!((desk.position(&first), desk.position(&second)), (Some(1), Some(2)), "the ticket decides");
    desk.register_in(&desk.another_child(), VILLAGE);
    let mut last: BTreeMap<Kato, String> = BTreeMap::new();
    for record in deeds::records(&desk.registry.office.store) {
        let before = last.insert(record.home, record.at.clone()).unwrap_or_default();
        assert!(before <= record.at, "{} {}: {before} then {}", record.home, record.seq, record.at);
    }
}

fn clerks_of_one_home_get_tickets_without_gaps_and_clerks_of_two_do_not_wait_for_one_another(desk: &Desk) {
    let office = desk.office();
    let start = Barrier::new(8);
    let mut tickets: Vec<(String, u64)> = std::thread::scope(|scope| {
        let clerks: Vec<_> = (0..8)
            .map(|n| {
                let (start, office) = (&start, &office);
                scope.spawn(move || {
                    let territory = if n % 4 == 0 { VILLAGE } else { CITY };
                    start.wait();
                    let sent = (0..4).map(|_| {
                        let child = desk.another_child();
                        let reply = desk.hand_in(office, &child.application(territory)).must(201);
                        (territory.to_owned(), reply.json["ticket"].as_u64().expect("a ticket"))
                    });
                    sent.collect::<Vec<_>>()
                })
            })
            .collect();
        clerks.into_iter().flat_map(|c| c.join().expect("a clerk")).collect()
    });
    tickets.sort();
    let expected: Vec<(String, u64)> =
        (1..=24).map(|n| (CITY.to_owned(), n)).chain((1..=8).map(|n| (VILLAGE.to_owned(), n))).collect();
    assert_eq!(tickets, expected);
}

fn entry(home: &str) -> Entry {
    let home = home.parse_kato();
    let newest = ToldInstant(instant("2026-09-10T04:00:00Z"));
    let act = PublicAct::ConfirmClock(ClockConfirmed { newest }).into();
    Entry { home, act, actor: "test".to_owned(), territory: home }
}

fn some_facts() -> kezek::store::facts::Facts {
    let subject = Subject::of(SubjectKind::Case, "k");
    kezek::store::facts::Facts { key: "k".to_owned(), keeper: Keeper::Registry, subject, body: "{}".to_owned() }
}

fn an_act_that_fails_half_way_leaves_nothing(desk: &Desk) {
    let store = &desk.registry.office.store;
    let home = HOME.parse_kato();
    let before = (store.read(homes::ends).expect("heads"), desk.records());
    let failed = store.write(&[home], desk.clock.now(), |tx| -> Result<Written<()>, StoreError> {
        facts::insert(tx, home, &[some_facts()])?;
        tx.next_ticket(home)?;
        Err(StoreError::Other("half-way".to_owned()))
    });
    assert!(failed.is_err());
    assert_eq!((store.read(homes::ends).expect("heads"), desk.records()), before);
    assert_eq!(store.read(|conn| facts::body(conn, store.vault(), "k")).expect("facts"), None);
    let registered = desk.hand_in(&desk.office(), &desk.another_child().application(CITY)).must(201);
    assert_eq!(registered.json["ticket"], 1, "the ticket was not used up");
}

fn an_act_without_a_record_saves_nothing(desk: &Desk) {
    let store = &desk.registry.office.store;
    let home = HOME.parse_kato();
    let written = store.write(&[home], desk.clock.now(), |tx| -> Result<Written<()>, StoreError> {
        facts::insert(tx, home, &[some_facts()])?;
        Ok(Written::nothing(()))
    });
    written.expect("an act that changes nothing is no fault");
    assert!(store.read(|conn| facts::body(conn, store.vault(), "k")).expect("facts").is_none());
}

fn a_record_for_a_home_that_was_not_locked_is_refused(desk: &Desk) {
    let store = &desk.registry.office.store;
    let before = desk.records();
    let written = store.write(&[HOME.parse_kato()], desk.clock.now(), |_| -> Result<Written<()>, StoreError> {
        Ok(Written { value: (), entries: vec![entry(HOME), entry("393200000")] })
    });
    assert!(written.is_err());
    assert_eq!(desk.records(), before);
}

fn chains_are_per_home_and_the_head_is_the_hash_of_their_map(desk: &Desk) {
    desk.register(&desk.another_child());
    desk.register_in(&desk.another_child(), VILLAGE);
    let mut heads: BTreeMap<String, String> = BTreeMap::new();
    let mut last: BTreeMap<Kato, (i64, String)> = BTreeMap::new();
    for record in deeds::records(&desk.registry.office.store) {
        let (seq, prev) = last.get(&record.home).cloned().unwrap_or((0, "0".repeat(64)));
        assert_eq!((record.seq, &record.prev), (seq + 1, &prev), "home {}", record.home);
        // The hash by hand: canonical JSON of the record without `hash`; its keys in order, its values as they are.
        let mut value = serde_json::to_value(&record).expect("a record");
        value.as_object_mut().expect("an object").remove("hash");
        assert_eq!(record.hash, sha256_hex(value.to_string().as_bytes()), "home {} record {}", record.home, record.seq);
        heads.insert(record.home.to_string(), record.hash.clone());
        last.insert(record.home, (record.seq, record.hash));
    }
    assert!(heads.len() > 2, "{heads:?}");
    let map = serde_json::to_string(&heads).expect("a map");
    assert_eq!(chains::verify(&desk.registry.office.store).expect("whole"), sha256_hex(map.as_bytes()));
}

#[test]
fn an_empty_registry_has_a_head_too() {
    for db in Db::BOTH {
        let database = Database::empty(db);
        let store = Store::create(database.url(), &keys(), 2).expect("is made");
        store.migrate().expect("migrating again changes nothing");
        assert_eq!(chains::verify(&store).expect("whole"), sha256_hex(b"{}"));
    }
}

#[test]
fn a_url_that_names_no_database_says_what_to_type() {
    for (url, said) in [
        ("", "sqlite://PATH"),
        ("kezek.sqlite3", "sqlite://PATH"),
        ("mysql://x/y", "postgres://USER@HOST/DATABASE"),
        ("sqlite://", "the path is missing"),
        ("sqlite:///proc/nothing/kezek.sqlite3", "kezek.sqlite3"),
        ("postgres://kezek@%2Fnowhere:1/x", "cannot open the database"),
    ] {
        let error = Store::open(url, &keys(), 1).err().unwrap_or_else(|| panic!("{url} was opened")).to_string();
        assert!(error.contains(said), "{url}: {error}");
    }
}

#[test]
fn an_instant_keeps_its_microseconds_on_both_databases() {
    for db in Db::BOTH {
        let database = Database::empty(db);
        let store = Store::create(database.url(), &keys(), 2).expect("is made").believing(ClockBounds::LIFTED);
        let now = instant("2026-09-10T04:00:00.123456Z");
        let at = store.write(&[HOME.parse_kato()], now, |tx| -> Result<_, StoreError> {
            Ok(Written { value: tx.at(), entries: vec![entry(HOME)] })
        });
        assert_eq!(at.expect("written"), now);
        let records = deeds::records(&store);
        assert_eq!(records[0].at, "2026-09-10T04:00:00.123456Z");
    }
}
