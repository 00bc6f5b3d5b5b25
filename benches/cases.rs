//! What a decree costs: the deadlines of all open cases reckoned anew after a change of the calendar.
//!
//! `KEZEK_BENCH_CASES` sets how many (20 000 where missing; the limit of the design is 1 000 000 in 20 s).
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench stops at the first surprise")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kezek::domain::case::{Case, CaseState};
use kezek::domain::codes::{Channel, Decision};
use kezek::domain::instant::ToldInstant;
use kezek::domain::kato::Kato;
use kezek::rules::Rules;
use kezek::service::cases::oversight::recompute;
use kezek::store::{Entry, Keeper, KeyFile, Store, StoreError, Written, cases, facts};
use kezek::trust::act::{ClockConfirmed, PublicAct};
use kezek::trust::subject::{Subject, SubjectKind};

fn count() -> usize {
    std::env::var("KEZEK_BENCH_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000)
}

fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(1_788_998_400, 0).unwrap()
}

/// Running cases of one service, a minute between one and the next, over all homes of the fixtures' regions.
fn fill(store: &Store, count: usize) {
    let homes: Vec<Kato> =
        ["391000000", "393200000", "431000000", "101000000"].iter().map(|code| Kato::parse(code).unwrap()).collect();
    for (at, &home) in homes.iter().enumerate() {
        let of_home: Vec<Case> = (at..count).step_by(homes.len()).map(|n| case(home, n)).collect();
        let written = store.write(&[home], now(), |tx| -> Result<_, StoreError> {
            let key = format!("bench-{home}");
            let subject = Subject::of(SubjectKind::Case, "bench");
            facts::insert(
                tx,
                home,
                &[facts::Facts { key, keeper: Keeper::from(&subject), subject, body: "{}".to_owned() }],
            )?;
            cases::insert(tx, &of_home)?;
            let confirmed = ClockConfirmed { newest: ToldInstant(tx.at()) };
            let act = PublicAct::ConfirmClock(confirmed).into();
            let entry = Entry { home, act, actor: "bench".to_owned(), territory: home };
            Ok(Written { value: (), entries: vec![entry] })
        });
        written.unwrap();
    }
}

fn case(home: Kato, n: usize) -> Case {
    let opened_at = now() - chrono::Duration::minutes(i64::try_from(n % 20_000).unwrap());
    Case {
        number: format!("{home}-K-{n:07}"),
        home,
        service: "externat".to_owned(),
        regulation: "externat-east-kazakhstan-2014".to_owned(),
        territory: home,
        channel: Channel::Office,
        application: None,
        referral: None,
        kindergarten: None,
        facts: format!("bench-{home}"),
        opened_at,
        state: CaseState::Open,
        step: Some("study_draft".to_owned()),
        chosen: false,
        entered_at: opened_at,
        step_due_at: None,
        total_due_at: None,
        alert_at: None,
        escalation: 0,
        executor: None,
        decision: Decision::Pending,
        decided: false,
        grounds: Vec::new(),
        steps: 2,
        ended_at: None,
    }
}

fn a_decree(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store =
        Store::create(&format!("sqlite://{}", folder.path().join("cases.sqlite3").display()), &KeyFile::Beside, 2)
            .unwrap();
    let count = count();
    fill(&store, count);
    // Two calendars in turn, so that every case moves each time.
    let swaps = include_str!("../fixtures/calendar/swaps.csv");
    let moved = ("calendar/swaps.csv".to_owned(), format!("{}\n2026-09-25,2026-10-03,a bench\n", swaps.trim_end()));
    let both = [Rules::shipped().unwrap(), Rules::shipped_with(vec![moved]).unwrap()];
    let mut group = c.benchmark_group("cases");
    group.sample_size(10).throughput(Throughput::Elements(count as u64));
    let mut turn = 0;
    group.bench_function(format!("recompute {count}"), |b| {
        b.iter(|| {
            turn += 1;
            recompute(&store, both.get(turn % 2).unwrap(), now()).unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, a_decree);
criterion_main!(benches);
