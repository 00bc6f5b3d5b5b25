//! The registers outside: what each fault of the line becomes, how often is asked, and when a register is left alone.

mod loopback;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use kezek::domain::codes::Sex;
use kezek::domain::iin::Iin;
use kezek::domain::person::{Person, PowerOfAttorney};
use kezek::outside::breaker::{self, Breaker};
use kezek::outside::client::{Address, Client, Policy};
use kezek::outside::pace::Pace;
use kezek::outside::registers::{Answer, NoRegister, PersonRegister, PowerRegister, Registers, State, Unreachable};
use kezek::service::kernel::registers::invented;
use serde_json::json;

use crate::desk::{Db, Desk, Setup, TODAY, instant};
use crate::program::run;
use loopback::{Deed, Loopback};

/// Invented, as in `fixtures/registers`.
const CHILD: &str = "220517699916";
const MOTHER: &str = "880303409930";
const FATHER: &str = "850101309920";
const FRIEND: &str = "900706409958";

fn iin(text: &str) -> Iin {
    Iin::parse(text).unwrap()
}

fn now() -> DateTime<Utc> {
    instant(TODAY)
}

fn later(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

fn child() -> Person {
    Person {
        iin: iin(CHILD),
        name: "Ойдантегі Аружан Бауыржанқызы".to_owned(),
        birth_date: NaiveDate::from_ymd_opt(2022, 5, 17).unwrap(),
        sex: Sex::Female,
        alive: true,
        parents: vec![iin(FATHER), iin(MOTHER)],
    }
}

/// What a register says of the child.
fn found() -> Deed {
    let person = json!({"iin": CHILD, "name": child().name, "birth_date": "2022-05-17", "sex": "female", "alive": true,
        "parents": [FATHER, MOTHER], "citizenship": "KZ"});
    Deed::Say(200, json!({"result": "found", "person": person}).to_string())
}

fn fails() -> Deed {
    Deed::Say(500, "{}".to_owned())
}

/// A pace that takes no time: a pause moves the hand of its clock and is written down.
#[derive(Clone, Default)]
struct Hand {
    millis: Arc<AtomicU64>,
    pauses: Arc<Mutex<Vec<u64>>>,
}

impl Hand {
    fn pauses(&self) -> Vec<u64> {
        self.pauses.lock().unwrap().clone()
    }
}

impl Pace for Hand {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.millis.load(Ordering::SeqCst))
    }

    fn pause(&self, wait: Duration) {
        let millis = u64::try_from(wait.as_millis()).unwrap();
        self.millis.fetch_add(millis, Ordering::SeqCst);
        self.pauses.lock().unwrap().push(millis);
    }

    fn chance(&self, below: u64) -> u64 {
        // The least and the most a chance may give, in turn.
        if self.pauses.lock().unwrap().len().is_multiple_of(2) { 0 } else { below - 1 }
    }
}

/// Long limits, so that a busy machine changes nothing.
const PATIENT: Policy = Policy {
    attempts: 3,
    connect: Duration::from_secs(20),
    attempt: Duration::from_secs(20),
    total: Duration::from_secs(60),
    wait: Duration::from_millis(200),
    answer_bytes_max: 4096,
    breaker: breaker::Policy { failures: 3, rest: TimeDelta::seconds(30), at_once: 4 },
};

fn client_at(url: &str, policy: Policy) -> (Client, Hand) {
    let hand = Hand::default();
    let address = Address::parse(url, Some("a-credential".to_owned())).unwrap();
    (Client::new("person", address, policy, Box::new(hand.clone())), hand)
}

/// What one question gets from a register that does this, and how many questions it took.
fn asked_once(deeds: Vec<Deed>, policy: Policy) -> (Answer<Person>, usize) {
    let register = Loopback::doing(deeds);
    let (client, _) = client_at(&register.url(), policy);
    (client.person(iin(CHILD), now()), register.asked().len())
}

#[test]
fn a_record_is_found_and_its_number_is_in_the_body_only() {
    let register = Loopback::doing(vec![found()]);
    let (client, hand) = client_at(&register.url(), PATIENT);
    assert_eq!(client.person(iin(CHILD), now()), Answer::Found(child()));
    let asked = register.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].body, json!({ "iin": CHILD }).to_string());
    assert!(!asked[0].head.contains(CHILD), "a number stands where logs keep it: {}", asked[0].head);
    assert!(asked[0].head.starts_with("POST /records HTTP/1.1"), "{}", asked[0].head);
    assert!(asked[0].head.contains("authorization: Bearer a-credential"), "{}", asked[0].head);
    assert_eq!(hand.pauses(), Vec::<u64>::new());
}

#[test]
fn a_power_of_attorney_is_found_by_its_number() {
    let power =
        json!({"number": "ОЙДАН-1", "principal_iin": MOTHER, "attorney_iin": FRIEND, "valid_until": "2026-12-31"});
    let register = Loopback::doing(vec![Deed::Say(200, json!({"result": "found", "power": power}).to_string())]);
    let (client, _) = client_at(&register.url(), PATIENT);
    let Answer::Found(power) = client.power("ОЙДАН-1", now()) else { panic!("not found") };
    let on = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
    assert!(power.covers(iin(MOTHER), iin(FRIEND), on(2026, 12, 31)));
    assert!(!power.covers(iin(MOTHER), iin(FRIEND), on(2027, 1, 1)), "it has ended");
    assert!(!power.covers(iin(FRIEND), iin(MOTHER), on(2026, 12, 31)), "the other way round");
}

#[test]
fn a_missing_record_is_not_a_fault_and_is_asked_for_once() {
    let (answer, times) = asked_once(vec![Deed::Say(200, json!({"result": "not_found"}).to_string())], PATIENT);
    assert_eq!((answer, times), (Answer::NotFound, 1));
}

#[test]
fn each_fault_of_the_line_has_its_reason_and_only_those_that_may_pass_are_tried_again() {
    let wrong = |text: &str| Deed::Say(200, text.to_owned());
    let other = json!({"result": "found", "person": {"iin": MOTHER, "name": "Б", "birth_date": "1988-03-03",
        "sex": "female", "alive": true}});
    let unborn = json!({"result": "found", "person": {"iin": CHILD, "name": "А", "birth_date": "2022-02-30",
        "sex": "female", "alive": true}});
    let nameless = json!({"result": "found", "person": {"iin": CHILD, "name": "  ", "birth_date": "2022-05-17",
        "sex": "female", "alive": true}});
    let table = [
        (Deed::Say(500, String::new()), Unreachable::Status(500), 3),
        (Deed::Say(503, String::new()), Unreachable::Status(503), 3),
        (Deed::Say(429, String::new()), Unreachable::Status(429), 3),
        (Deed::Say(401, String::new()), Unreachable::Status(401), 1),
        // A wrong address is no word of a missing record.
        (Deed::Say(404, json!({"result": "not_found"}).to_string()), Unreachable::Status(404), 1),
        // A number is not carried to wherever a redirect points.
        (Deed::Say(307, String::new()), Unreachable::Status(307), 1),
        (Deed::HangUp, Unreachable::BrokenOff, 3),
        (Deed::Half("{\"result\": \"not_found\"}".to_owned()), Unreachable::BrokenOff, 3),
        (Deed::Noise, Unreachable::Unreadable, 1),
        (Deed::Flood, Unreachable::TooLarge, 1),
        (wrong(""), Unreachable::Unreadable, 1),
        (wrong("<html>"), Unreachable::Unreadable, 1),
        (wrong("{\"result\": \"found\"}"), Unreachable::Unreadable, 1),
        (wrong("{\"result\": \"perhaps\"}"), Unreachable::Unreadable, 1),
        (wrong(&unborn.to_string()), Unreachable::Unreadable, 1),
        (wrong(&nameless.to_string()), Unreachable::Unreadable, 1),
        (wrong(&other.to_string()), Unreachable::AnotherRecord, 1),
    ];
    for (deed, why, times) in table {
        let seen = asked_once(vec![deed.clone(); 3], PATIENT);
        assert_eq!(seen, (Answer::Unreachable(why), times), "{deed:?}");
        assert!(why.to_string().len() > 20, "{why:?} says nothing");
    }
}

#[test]
fn a_register_that_is_not_there_gives_no_connection() {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let (client, hand) = client_at(&format!("http://127.0.0.1:{port}/"), PATIENT);
    assert_eq!(client.person(iin(CHILD), now()), Answer::Unreachable(Unreachable::NoConnection));
    assert_eq!(hand.pauses().len(), 2, "it was tried three times");
}

#[test]
fn a_silent_register_is_given_up_after_the_time_of_each_attempt() {
    let policy = Policy { attempt: Duration::from_millis(150), ..PATIENT };
    let (answer, times) = asked_once(vec![Deed::Silent, Deed::Silent, Deed::Silent], policy);
    assert_eq!((answer, times), (Answer::Unreachable(Unreachable::TooSlow), 3));
}

#[test]
fn a_register_that_recovers_between_two_attempts_answers() {
    let deeds = vec![Deed::HangUp, fails(), found()];
    assert_eq!(asked_once(deeds, PATIENT), (Answer::Found(child()), 3));
}

#[test]
fn the_waits_double_and_a_random_half_of_each_is_left_out() {
    let register = Loopback::doing(vec![fails(); 5]);
    let policy = Policy { attempts: 5, ..PATIENT };
    let (client, hand) = client_at(&register.url(), policy);
    assert_eq!(client.person(iin(CHILD), now()), Answer::Unreachable(Unreachable::Status(500)));
    assert_eq!(register.asked().len(), 5);
    assert_eq!(hand.pauses(), [100, 400, 400, 1600], "half, whole, half, whole of 200, 400, 800, 1600 ms");
}

#[test]
fn no_attempt_is_made_that_would_end_after_the_whole_time() {
    let register = Loopback::doing(vec![fails(); 9]);
    let policy = Policy { attempts: 9, total: Duration::from_millis(1_000), ..PATIENT };
    let (client, hand) = client_at(&register.url(), policy);
    assert_eq!(client.person(iin(CHILD), now()), Answer::Unreachable(Unreachable::Status(500)));
    assert_eq!(hand.pauses(), [100, 400, 400], "a further wait of 1600 ms would go beyond");
    assert_eq!(register.asked().len(), 4);
}

#[test]
fn the_breaker_opens_lets_one_question_try_and_closes_again() {
    let deeds = [vec![fails(); 4], vec![found(), found()]].concat();
    let register = Loopback::doing(deeds);
    let (client, _) = client_at(&register.url(), Policy { attempts: 1, ..PATIENT });
    let ask = |seconds| client.person(iin(CHILD), later(seconds));
    let times = || register.asked().len();
    let state = |seconds| PersonRegister::state(&client, later(seconds));
    assert_eq!(state(0), State::Closed);
    for second in 0..3 {
        assert_eq!(ask(second), Answer::Unreachable(Unreachable::Status(500)));
    }
    assert_eq!((times(), state(3)), (3, State::Open));
    assert_eq!(ask(31), Answer::Unreachable(Unreachable::Resting(later(32))), "thirty seconds after the last failure");
    assert_eq!(times(), 3, "a register that rests is not asked");
    assert_eq!(state(32), State::HalfOpen);
    assert_eq!(ask(32), Answer::Unreachable(Unreachable::Status(500)));
    assert_eq!((times(), state(33)), (4, State::Open));
    assert_eq!(ask(61), Answer::Unreachable(Unreachable::Resting(later(62))));
    assert_eq!(ask(62), Answer::Found(child()));
    assert_eq!(state(62), State::Closed);
    assert_eq!((ask(63), times()), (Answer::Found(child()), 6));
}

#[test]
fn the_question_that_tries_a_rested_register_is_not_repeated() {
    let register = Loopback::doing(vec![fails(); 20]);
    let (client, _) = client_at(&register.url(), PATIENT);
    for _ in 0..3 {
        client.person(iin(CHILD), now());
    }
    assert_eq!(register.asked().len(), 9);
    client.person(iin(CHILD), later(40));
    assert_eq!(register.asked().len(), 10);
}

#[test]
fn an_answer_between_failures_starts_the_count_again() {
    let breaker = Breaker::new(PATIENT.breaker);
    for _ in 0..5 {
        breaker.permit(now()).unwrap().failed(now());
        breaker.permit(now()).unwrap().failed(now());
        breaker.permit(now()).unwrap().answered();
    }
    assert_eq!(breaker.state(now()), State::Closed);
}

#[test]
fn only_one_question_tries_a_rested_register_and_one_that_is_lost_counts_as_failed() {
    let breaker = Breaker::new(PATIENT.breaker);
    let early = breaker.permit(now()).unwrap();
    for _ in 0..3 {
        breaker.permit(now()).unwrap().failed(now());
    }
    let probe = breaker.permit(later(30)).unwrap();
    assert!(probe.is_probe());
    assert_eq!(breaker.permit(later(31)).err(), Some(Unreachable::Resting(later(30))));
    early.answered();
    assert_eq!(breaker.state(later(31)), State::HalfOpen, "an answer to a question from before decides nothing");
    drop(probe);
    assert_eq!(breaker.state(later(31)), State::Open);
    breaker.permit(later(60)).unwrap().answered();
    assert_eq!(breaker.state(later(60)), State::Closed);
}

#[test]
fn a_clock_that_was_set_back_does_not_shut_a_register_out() {
    let breaker = Breaker::new(PATIENT.breaker);
    for _ in 0..3 {
        breaker.permit(later(86_400)).unwrap().failed(later(86_400));
    }
    assert!(breaker.permit(now()).is_ok());
}

#[test]
fn no_more_questions_wait_at_once_than_the_policy_says() {
    let breaker = Breaker::new(PATIENT.breaker);
    let waiting: Vec<_> = (0..4).map(|_| breaker.permit(now()).unwrap()).collect();
    assert_eq!(breaker.permit(now()).err(), Some(Unreachable::Crowded));
    waiting.into_iter().for_each(breaker::Permit::answered);
    assert!(breaker.permit(now()).is_ok(), "who got an answer waits no more");
}

#[test]
fn an_address_that_cannot_be_asked_is_refused_with_what_to_write() {
    let refused = |url: &str| Address::parse(url, None).err().map(|wrong| wrong.to_string()).unwrap_or_default();
    assert!(refused("register.example").contains("http://"), "{}", refused("register.example"));
    assert!(refused("ftp://register.example/").contains("http://"));
    assert!(refused("http://").contains("http://"));
    assert!(refused("http://name:word@register.example/").contains("environment"));
    assert_eq!(refused("http://127.0.0.1:1/persons"), "");
    #[cfg(not(feature = "registers-tls"))]
    assert!(refused("https://register.example/").contains("registers-tls"));
    let open = |url| Address::parse(url, None).unwrap().is_open();
    assert!(open("http://register.example/") && open("http://10.0.0.1/"));
    assert!(!open("http://localhost:8081/") && !open("http://127.0.0.1/") && !open("http://[::1]:80/"));
}

#[test]
fn without_a_register_whoever_asks_waits() {
    let none = Registers::none();
    assert_eq!(none.person(iin(CHILD), now()), Answer::Unreachable(Unreachable::NotSetUp));
    assert_eq!(none.power("1", now()), Answer::Unreachable(Unreachable::NotSetUp));
}

#[test]
fn the_registers_of_the_fixtures_know_the_invented_family() {
    let registers = invented().unwrap();
    assert_eq!(registers.person(iin(CHILD), now()), Answer::Found(child()));
    assert_eq!(registers.person(iin("931002451325"), now()), Answer::NotFound);
    let Answer::Found(power) = registers.power(" ОЙДАН-2026-0001 ", now()) else { panic!("not found") };
    assert_eq!((power.principal, power.attorney), (iin(MOTHER), iin(FRIEND)));
    assert_eq!(registers.power("ОЙДАН-2026", now()), Answer::NotFound);
}

#[test]
fn a_file_of_a_register_is_at_fault_by_row_and_column() {
    let file = "iin,name,birth_date,sex,alive,parents\n\
        220517699916,А,2022-05-17,female,perhaps,\n\
        220517699917,А,2022-05-17,female,yes,\n\
        880303409930,Б,1988-03-03,woman,yes,880303409930\n\
        850101309920,В,1985-01-01,male,yes,850101309920\n";
    let faults = kezek::exchange::read::<Person>("persons.csv", file.as_bytes()).unwrap_err();
    let said: Vec<(u64, &str)> = faults.listed.iter().map(|f| (f.row, f.column.as_deref().unwrap())).collect();
    assert_eq!(said, [(2, "alive"), (3, "iin"), (4, "sex"), (5, "parents")]);
    let file = "number,principal_iin,attorney_iin,valid_until\n\
        1,880303409930,880303409930,2026-12-31\n\
        2,880303409930,900706409958,2026-12-31\n\
        2,880303409930,900706409958,2027-12-31\n";
    let faults = kezek::exchange::read::<PowerOfAttorney>("powers.csv", file.as_bytes()).unwrap_err();
    let said: Vec<(u64, &str)> = faults.listed.iter().map(|f| (f.row, f.column.as_deref().unwrap())).collect();
    assert_eq!(said, [(2, "attorney_iin"), (4, "number")]);
}

#[test]
fn the_operator_sees_how_each_register_stands_and_the_registry_stays_ready() {
    let register = Loopback::doing(Vec::new());
    let (client, _) = client_at(&register.url(), PATIENT);
    let registers = Registers::new(Arc::new(client), Arc::new(NoRegister));
    let desk = Desk::with(Db::Sqlite, Setup { registers: Some(registers), ..Setup::default() });
    assert_eq!(desk.look("/readyz").must(200).json["registers"], json!({"person": "closed", "power": "not_set_up"}));
    for _ in 0..PATIENT.breaker.failures {
        let answer = desk.registry.office.registers.person(iin(CHILD), desk.clock.now());
        assert_eq!(answer, Answer::Unreachable(Unreachable::BrokenOff));
    }
    assert_eq!(desk.look("/readyz").must(200).json["registers"]["person"], "open");
    let metrics = desk.look("/metrics").must(200).text;
    assert!(metrics.contains("kezek_register_state{register=\"person\",state=\"open\"} 1"), "{metrics}");
    assert!(!metrics.contains("state=\"closed\""), "a register stands in one way only: {metrics}");
}

#[test]
fn serve_refuses_a_register_that_it_cannot_use_before_it_listens() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("persons.csv");
    std::fs::write(&file, "iin,name,birth_date,sex,alive\n220517699917,А,2022-05-17,female,yes\n").unwrap();
    let url = format!("sqlite://{}", folder.path().join("kezek.sqlite3").display());
    let serve = |flag: &str, given: &str| {
        run(&["serve", "--listen", "127.0.0.1:0", "--database-url", &url, flag, given]).must(2).err
    };
    let said = serve("--person-register", &file.display().to_string());
    assert!(said.contains("persons.csv, row 2, column iin"), "{said}");
    let said = serve("--power-register", "none.csv");
    assert!(said.contains("none.csv: the file cannot be read"), "{said}");
    let said = serve("--power-register", "http://name:kupia@127.0.0.1/");
    assert!(said.contains("environment") && !said.contains("kupia"), "{said}");
}
