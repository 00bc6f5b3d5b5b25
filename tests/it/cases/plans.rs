//! What the due lists cost: they are read from indexes that hold open cases only, so that nothing grows with those that
//! have ended. The statements are caught as the registry sends them, and each database is asked how it would run them.

use std::sync::{Arc, Mutex};

use diesel::connection::{Connection, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sql_types::Text;
use kezek::domain::case::{Case, CaseState};
use kezek::domain::codes::{Channel, Decision};
use kezek::domain::instant::ToldInstant;
use kezek::domain::kato::Kato;
use kezek::domain::queue::Numbered;
use kezek::store::connection::{AnyConnection, Location};
use kezek::store::due_lists::{self, CaseFilter};
use kezek::store::{Entry, Keeper, StoreError, Written, cases, facts};
use kezek::trust::act::{ClockConfirmed, PublicAct};
use kezek::trust::subject::{Subject, SubjectKind};

use crate::desk::{CITY, Desk, HOME, ParseKato, VILLAGE_HOME, instant, on_both};

on_both!(every_list_of_open_cases_is_read_from_an_index_that_holds_no_ended_case);

/// The indexes that hold open cases only.
const OPEN_ONLY: [&str; 3] = ["cases_due", "cases_due_country", "cases_alert"];

#[derive(QueryableByName)]
struct Planned {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct Explained {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// Cases of each home of the test: many that have ended, one of fifty open.
const OF_A_HOME: u32 = 4_000;

fn case(home: Kato, n: u32) -> Case {
    let at = instant("2026-09-10T04:00:00Z") + chrono::Duration::minutes(i64::from(n));
    let open = n.is_multiple_of(50);
    Case {
        number: format!("{home}-K-{:06}", n + 1),
        home,
        service: "externat".to_owned(),
        regulation: "externat-east-kazakhstan-2014".to_owned(),
        territory: home,
        channel: Channel::Office,
        application: None,
        referral: None,
        kindergarten: None,
        facts: format!("plans-{home}"),
        opened_at: at,
        state: if open { CaseState::Open } else { CaseState::Done },
        step: open.then(|| "study_draft".to_owned()),
        chosen: false,
        entered_at: at,
        step_due_at: Some(at).filter(|_| open),
        total_due_at: Some(at).filter(|_| open),
        alert_at: Some(at).filter(|_| open),
        escalation: 0,
        executor: None,
        decision: Decision::Pending,
        decided: !open,
        grounds: Vec::new(),
        steps: 2,
        ended_at: Some(at).filter(|_| !open),
    }
}

/// Fills the table, and lets PostgreSQL learn what is in it.
fn fill(desk: &Desk) {
    for home in [HOME, VILLAGE_HOME].map(|home| home.parse_kato()) {
        let written = desk.registry.office.store.write(&[home], desk.clock.now(), |tx| -> Result<_, StoreError> {
            let key = format!("plans-{home}");
            let subject = Subject::of(SubjectKind::Case, "plans");
            facts::insert(
                tx,
                home,
                &[facts::Facts { key, keeper: Keeper::from(&subject), subject, body: "{}".to_owned() }],
            )?;
            tx.numbers(home, Numbered::Case, OF_A_HOME)?;
            cases::insert(tx, &(0..OF_A_HOME).map(|n| case(home, n)).collect::<Vec<_>>())?;
            let confirmed = ClockConfirmed { newest: ToldInstant(tx.at()) };
            let act = PublicAct::ConfirmClock(confirmed).into();
            let entry = Entry { home, act, actor: "test".to_owned(), territory: home };
            Ok(Written { value: (), entries: vec![entry] })
        });
        written.expect("rows");
    }
    let mut conn = Location::parse(desk.database_url()).expect("a URL").connect().expect("a connection");
    if let AnyConnection::Postgres(c) = &mut conn {
        diesel::sql_query("ANALYZE cases").execute(c).expect("statistics");
    }
}

/// The statements that `read` sends, without their values.
fn statements(desk: &Desk, read: impl FnOnce(&mut AnyConnection)) -> Vec<String> {
    let mut conn = Location::parse(desk.database_url()).expect("a URL").connect().expect("a connection");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    let listen = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let sql = text.split(" -- binds:").next().unwrap_or_default();
            keep.lock().unwrap().push(sql.to_owned());
        }
    };
    match &mut conn {
        AnyConnection::Sqlite(c) => c.set_instrumentation(listen),
        AnyConnection::Postgres(c) => c.set_instrumentation(listen),
    }
    read(&mut conn);
    drop(conn);
    let seen = seen.lock().unwrap().clone();
    seen.into_iter().filter(|sql| sql.contains("cases")).collect()
}

/// How the database would run a statement, whatever its values are.
fn plan(desk: &Desk, sql: &str) -> String {
    let conn = Location::parse(desk.database_url()).expect("a URL").connect().expect("a connection");
    match conn {
        AnyConnection::Sqlite(mut c) => {
            let lines: Vec<Planned> =
                diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut c).expect("a plan");
            lines.into_iter().map(|line| line.detail).collect::<Vec<_>>().join("\n")
        }
        AnyConnection::Postgres(mut c) => {
            diesel::sql_query("SET plan_cache_mode = force_generic_plan").execute(&mut c).expect("a setting");
            diesel::sql_query(format!("PREPARE asked AS {sql}")).execute(&mut c).expect("a statement");
            let values = (1..).take_while(|n| sql.contains(&format!("${n}"))).map(|_| "NULL").collect::<Vec<_>>();
            let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
            let lines: Vec<Explained> =
                diesel::sql_query(format!("EXPLAIN EXECUTE asked{values}")).load(&mut c).expect("a plan");
            lines.into_iter().map(|line| line.line).collect::<Vec<_>>().join("\n")
        }
    }
}

fn every_list_of_open_cases_is_read_from_an_index_that_holds_no_ended_case(desk: &Desk) {
    fill(desk);
    let now = instant("2026-09-10T04:00:00Z");
    let (home, oblast, village) = (HOME.parse_kato(), "390000000".parse_kato(), CITY.parse_kato());
    let wanted =
        |territory| CaseFilter { territory, from: None, before: None, kindergarten: None, step: None, executor: None };
    let late = |territory| CaseFilter { before: Some(now), ..wanted(territory) };
    let mut caught = statements(desk, |conn| {
        for territory in [home, oblast, village] {
            for asked in [wanted(territory), late(territory), CaseFilter { executor: Some("x"), ..late(territory) }] {
                due_lists::page(conn, &asked, None, 200).expect("a page");
                due_lists::page(conn, &asked, Some((now, "x")), 200).expect("the next page");
                due_lists::counts(conn, &asked).expect("counts");
            }
        }
        due_lists::to_be_told(conn, home, now).expect("alerts");
        due_lists::running(conn, home).expect("the open cases");
    });
    assert_eq!(caught.len(), 29, "{caught:#?}");
    caught.sort_unstable();
    caught.dedup();
    for sql in caught {
        let plan = plan(desk, &sql);
        let used = OPEN_ONLY.iter().any(|index| plan.contains(index));
        assert!(used && !plan.contains("Seq Scan"), "the whole table is read:\n{sql}\n{plan}");
        // SQLite takes the index of the home; PostgreSQL weighs the two, which hold the same rows.
        let of_a_home = sql.contains("`home` =");
        assert!(!of_a_home || !plan.contains("cases_due_country"), "the country is read:\n{sql}\n{plan}");
    }
}
