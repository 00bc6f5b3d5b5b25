//! What must hold of every registry, whatever a test did to it.

use kezek::service::positions::text;
use kezek::service::positions::view;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use kezek::domain::codes::{PlaceStatus, ReferralStatus, Status, Turn};
use kezek::domain::iin::Iin;
use kezek::domain::instant::instant_text;
use kezek::domain::life::is_live;
use kezek::domain::place::PlaceAct;
use kezek::domain::queue::{Number, QueueKey};
use kezek::domain::representative::CourtWord;
use kezek::engine::order::TurnState;
use kezek::engine::order::oracle::{self, Entry};
use kezek::service::journal::index::{self, Index, Live};
use kezek::store::paper_codes::PaperCode;
use kezek::store::seats::{NarrowSeat, Seats};
use kezek::store::{self, StoreError, former_numbers, places, queues, referrals, representatives, seats};
use kezek::trust::cipher::BlindIin;
use kezek::trust::opening::OpenedRecord;
use kezek::trust::seal::canonical;

use super::Desk;
use super::deeds::{self, Deed};

/// What a record and its openings say is what the types of their acts write, word by word.
fn what_is_told_is_of_its_type(opened: &OpenedRecord) {
    let OpenedRecord { record, openings } = opened;
    let act = record.public_act().expect("a public act");
    assert_eq!(canonical(&act), canonical(&record.payload), "{}", record.act);
    for opening in openings {
        let read = opening.read().expect("an opening");
        let act = read.child_act().expect("an act on a child");
        assert_eq!(act.map(|act| canonical(&act)).as_deref(), read.told.map(|told| told.get()), "{}", opening.subject);
    }
}

impl Desk {
    /// Checks everything; a test may also call it in between.
    pub fn check(&self) {
        self.the_journal_is_whole_and_names_nobody();
        self.the_database_names_nobody();
        self.positions_are_those_of_the_full_sort();
        self.the_codes_in_memory_are_those_of_the_rows();
        self.no_place_is_given_twice_and_nobody_is_in_two();
        self.every_place_tells_how_it_came_where_it_stands();
    }

    /// The history of each place is a way through the table of its life that ends where the place stands, and each line
    /// was written at the instant of the record that it names.
    pub fn every_place_tells_how_it_came_where_it_stands(&self) {
        let store = &self.registry.office.store;
        let mut records: HashMap<(String, i64), (String, String)> = HashMap::new();
        for Deed { record, act, .. } in self.deeds() {
            records.insert((record.home.to_string(), record.seq), (record.at, act));
        }
        for place in store.read(|conn| places::page(conn, "", 100_000)).expect("the ledger") {
            let history = store.read(|conn| places::history(conn, &place.id)).expect("the history");
            let last = history.last().map(|line| (line.status, line.at));
            assert_eq!(last, Some((place.status, place.status_at)), "the last line of {}", place.id);
            for line in &history {
                let (at, act) = &records[&(line.home.to_string(), line.seq)];
                assert_eq!((at, act), (&instant_text(line.at), &line.act), "a line of {}", place.id);
            }
            for (one, next) in history.iter().zip(history.iter().skip(1)) {
                let follows = PlaceAct::ALL.iter().any(|act| one.status.after(*act) == Some(next.status));
                assert!(follows && one.seq < next.seq, "{} was {} and then {}", place.id, one.status, next.status);
            }
        }
    }

    /// Every chain verifies, and no record holds a person of the test.
    pub fn the_journal_is_whole_and_names_nobody(&self) {
        let registry = &self.registry;
        kezek::service::journal::chains::verify(&registry.office.store).expect("the journal is broken");
        let secrets = self.people.lock().unwrap().secrets.clone();
        for opened in deeds::opened(&registry.office.store) {
            let text = opened.with_openings();
            let told = secrets.iter().find(|s| text.contains(s.as_str()));
            assert_eq!(told, None, "the journal names a person: {text}");
            what_is_told_is_of_its_type(&opened);
        }
    }

    /// No table holds a person of the test in clear, also not as bytes.
    pub fn the_database_names_nobody(&self) {
        let secrets = self.people.lock().unwrap().secrets.clone();
        let kept = self.database.everything();
        for secret in &secrets {
            let in_hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            assert!(
                !kept.contains(secret.as_str()) && !kept.contains(&in_hex),
                "the database holds {secret:?} in clear"
            );
        }
    }

    /// The index that followed the journal equals the full sort of the rows, and so does one built anew.
    pub fn positions_are_those_of_the_full_sort(&self) {
        self.registry.office.follow_all().expect("the index does not follow");
        let mut by_queue: BTreeMap<QueueKey, ()> = BTreeMap::new();
        let mut live_of_child: HashMap<BlindIin, Number> = HashMap::new();
        let mut all: Vec<NarrowSeat> = Vec::new();
        let read = self.registry.office.store.read(|conn| {
            seats::in_batches(conn, Seats::Claimed, |batch| -> Result<(), StoreError> {
                for row in batch {
                    all.push(row.read()?);
                }
                Ok(())
            })?;
            seats::iins(conn)
        });
        let iins = read.expect("the seats");
        for seated in &all {
            by_queue.insert(seated.queue, ());
            if is_live(seated.status) {
                let other = live_of_child.insert(iins[&seated.child], seated.number);
                assert_eq!(other, None, "a child has two live applications, one is {}", seated.number);
            }
        }
        let index = self.registry.office.index(self.clock.now());
        for (key, order) in index.queues().filter(|(_, order)| !order.is_empty()) {
            assert!(by_queue.contains_key(&key), "the index holds {} entries of {key} that no row has", order.len());
        }
        for key in by_queue.keys() {
            self.queue_is_that_of_the_full_sort(&index, *key);
        }
        drop(index);
        for seated in &all {
            let store = &self.registry.office.store;
            match store.read(|conn| store::applications::child(conn, store.vault(), &seated.child)) {
                Ok(child) => self.the_text_of_a_look_up_is_its_entry(child.iin),
                Err(StoreError::Erased(_)) => {}
                Err(error) => panic!("a child cannot be read: {error}"),
            }
        }
    }

    /// What the look-up writes is what the entry holds.
    fn the_text_of_a_look_up_is_its_entry(&self, iin: Iin) {
        let now = self.registry.office.clock.now();
        let entry = serde_json::to_string(&view::public(&self.registry.office, iin, now)).expect("an entry has a text");
        assert_eq!(text::positions_text(&self.registry.office, &self.registry.memory.reasons, iin, now), entry);
        let entry =
            serde_json::to_string(&view::positions(&self.registry.office, iin, now)).expect("an entry has a text");
        assert_eq!(text::family_text(&self.registry.office, &self.registry.memory.reasons, iin, now), entry);
    }

    /// The codes of papers and the former numbers in memory, which followed the journal, are those of the rows, and so are those of
    /// a program that starts now.
    pub fn the_codes_in_memory_are_those_of_the_rows(&self) {
        let office = &self.registry.office;
        office.follow_all().expect("the index does not follow");
        let iins: BTreeSet<BlindIin> = office.store.read(seats::iins).expect("the children").into_values().collect();
        let (mut codes, mut former) = (BTreeSet::new(), BTreeMap::new());
        for iin in iins {
            let (all, had) = office
                .store
                .read(|conn| -> Result<_, StoreError> {
                    Ok((representatives::of_iin(conn, iin)?, former_numbers::of(conn, iin)?))
                })
                .expect("the representatives");
            former.extend(had.into_iter().map(|had| (had, iin)));
            for one in &all {
                let newer = |other: &representatives::Representative| {
                    other.iin == one.iin && other.code != one.code && other.code_at > one.code_at
                };
                if let Some(code) = one.code.filter(|_| !all.iter().any(newer)) {
                    codes.insert((iin, PaperCode { code, is_shielded: one.court == Some(CourtWord::Shielded) }));
                }
            }
        }
        let rules = std::sync::Arc::clone(&office.rules);
        let fresh = Live::build(&office.store, &rules, self.clock.now()).expect("a program that starts now");
        for index in [office.index(self.clock.now()), fresh.at(&rules, self.clock.now())] {
            assert_eq!(index.paper_codes().collect::<BTreeSet<_>>(), codes, "codes of papers");
            assert_eq!(index.former_numbers().collect::<BTreeMap<_, _>>(), former, "former numbers");
        }
    }

    fn queue_is_that_of_the_full_sort(&self, index: &Index, key: QueueKey) {
        let (seated, counters) = self
            .registry
            .office
            .store
            .read(|conn| -> Result<_, StoreError> { Ok((seats::of_queue(conn, key)?, queues::counters(conn, key)?)) })
            .expect("the queue");
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let entries: Vec<Entry> = seated
            .iter()
            .map(|s| Entry {
                seat: index::seat(s),
                state: if s.turn == Turn::Live { TurnState::Live } else { TurnState::Spent },
                choices: s
                    .preferences
                    .iter()
                    .map(|id| {
                        let next = u32::try_from(numbers.len()).expect("few kindergartens");
                        *numbers.entry(id).or_insert(next)
                    })
                    .collect(),
            })
            .collect();
        for s in &seated {
            assert_eq!(is_live(s.status), s.turn == Turn::Live, "{} is {} with turn {}", s.number, s.status, s.turn);
        }
        let profile = self.registry.office.rules.profile_of(key.territory, self.clock.now()).expect("a bound profile");
        let mix = profile.mix.value;
        let rows = oracle::full_sort(mix, counters, &entries);
        let Some(order) = index.queue(key) else {
            assert!(rows.is_empty(), "the index has no queue {key}, the full sort has {} entries", rows.len());
            return;
        };
        assert_eq!(order.counters(), counters, "counters of {key}");
        let expected: Vec<_> = rows.iter().map(|r| (r.position, r.entry.seat)).collect();
        let listed: Vec<_> = order.in_order().map(|p| (p.position, p.seat)).collect();
        assert_eq!(listed, expected, "the order of {key}");
        let kindergartens: HashMap<&str, u32> = index
            .seats()
            .flat_map(|(_, held)| held.choices.iter())
            .map(|&number| (index.kindergarten(number), number))
            .collect();
        for row in &rows {
            let located = order.locate(row.entry.seat).expect("a live entry");
            let standing = located.standing();
            let expected = (row.position, rows.len() as u64, row.turn, oracle::ahead(&rows, row.position));
            let found = (standing.position, standing.of, standing.turn, standing.ahead);
            assert_eq!(found, expected, "the standing of ticket {} in {key}", row.entry.seat.ticket);
            for (id, number) in &numbers {
                if row.entry.choices.contains(number) {
                    let among = oracle::among(&rows, *number);
                    let place = among.iter().find(|r| r.entry.seat == row.entry.seat).expect("itself");
                    let found = located.among(kindergartens[id]).expect("a choice");
                    assert_eq!((found.position, found.of), (place.position, among.len() as u64), "{id} in {key}");
                }
            }
        }
    }

    /// Each place that is given has exactly one referral in force, each child at most one; what is given was published.
    pub fn no_place_is_given_twice_and_nobody_is_in_two(&self) {
        let (places, referrals) = self
            .registry
            .office
            .store
            .read(|conn| -> Result<_, StoreError> {
                Ok((places::page(conn, "", 100_000)?, referrals::page(conn, "", 100_000)?))
            })
            .expect("the ledger");
        let mut of_place: BTreeMap<&str, &str> = BTreeMap::new();
        let mut of_child: BTreeMap<(u64, bool), &str> = BTreeMap::new();
        for r in &referrals {
            use ReferralStatus::{Enrolled, Issued, Presented};
            if !matches!(r.status, Issued | Presented | Enrolled) {
                continue;
            }
            let other = of_place.insert(&r.place, &r.number);
            assert_eq!(other, None, "place {} is given twice, also by {}", r.place, r.number);
            let (application, child) = self
                .registry
                .office
                .store
                .read(|conn| -> Result<_, StoreError> {
                    let a = store::applications::find(conn, &r.application)?.expect("the application of a referral");
                    let child = store::applications::child(conn, self.registry.office.store.vault(), &a.child)?;
                    Ok((a, child))
                })
                .expect("an application");
            let expected = if r.status == Enrolled { Status::Enrolled } else { Status::Referred };
            assert_eq!(application.status, expected, "{} with referral {} {}", application.number, r.number, r.status);
            let transfer = self
                .registry
                .office
                .store
                .read(|conn| store::transfers::open_beside(conn, &r.application))
                .expect("the transfers");
            // A child that has won a transfer keeps its old place until the contract, and no other child has two.
            let key = (child.iin.number(), transfer.is_some());
            let other = of_child.insert(key, &r.number);
            assert_eq!(other, None, "the child of {} has two places, also by {}", r.application, r.number);
        }
        let given: BTreeSet<&str> = places
            .iter()
            .filter(|p| matches!(p.status, PlaceStatus::Referred | PlaceStatus::Filled | PlaceStatus::Held))
            .inspect(|p| assert!(p.published_at.is_some(), "place {} was given but never published", p.id))
            .map(|p| p.id.as_str())
            .collect();
        let referred: BTreeSet<&str> = of_place.keys().copied().collect();
        assert_eq!(given, referred, "the ledger and the referrals differ");
    }
}
