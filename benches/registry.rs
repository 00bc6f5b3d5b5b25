//! What a deployment feels: importing a register, starting `serve`, answering a position from the live index.
//!
//! `KEZEK_BENCH_CHILDREN` sets how many (20 000 where missing).
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a bench stops at the first surprise")]

use kezek::service::positions::view;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use diesel::connection::SimpleConnection;
use kezek::clock::Clock;
use kezek::exchange::rows::{ApplicationRow, GroupRow, KindergartenRow, TerritoryRow};
use kezek::rules::Rules;
use kezek::sample::kindergartens as fixtures;
use kezek::sample::people::Families;
use kezek::sample::register::application_row;
use kezek::service::files::import_applications;
use kezek::service::files::imports;
use kezek::service::registry::Registry;
use kezek::store::connection::{AnyConnection, Location};
use kezek::store::{KeyFile, Store};
use kezek::trust::signature::NoVerifier;

fn children() -> usize {
    std::env::var("KEZEK_BENCH_CHILDREN").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000)
}

fn families(n: usize) -> Vec<ApplicationRow> {
    let localities = fixtures::localities_of_fixtures().unwrap();
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
    Families::new(7, today, &localities).take(n).map(|f| application_row(f, 4)).collect()
}

fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(1_793_600_000, 0).unwrap()
}

/// An empty registry with the fixtures loaded.
fn store(url: &str) -> Store {
    let store = Store::create(url, &KeyFile::Beside, 4).unwrap();
    let t = kezek::exchange::read::<TerritoryRow>("t", fixtures::TERRITORIES.as_bytes()).unwrap().rows;
    let k = kezek::exchange::read::<KindergartenRow>("k", fixtures::KINDERGARTENS.as_bytes()).unwrap().rows;
    let g = kezek::exchange::read::<GroupRow>("g", fixtures::GROUPS.as_bytes()).unwrap().rows;
    imports::territories(&store, now(), "t", &t).unwrap();
    imports::kindergartens(&store, now(), "k", &k).unwrap();
    imports::groups(&store, now(), "g", &g).unwrap();
    store
}

/// The rows of an imported registry put into an empty one by the database alone, indexes and all: the bare insert.
fn bare(conn: &mut AnyConnection, source: &std::path::Path) {
    let tables = [
        "homes",
        "territories",
        "kindergartens",
        "groups",
        "facts",
        "children",
        "applications",
        "applicants",
        "category_claims",
        "documents",
        "child_claims",
    ];
    let copied: String = tables.iter().map(|t| format!("INSERT INTO main.{t} SELECT * FROM source.{t};")).collect();
    conn.batch_execute(&format!("ATTACH '{}' AS source; BEGIN; {copied} COMMIT;", source.display())).unwrap();
}

fn import(c: &mut Criterion) {
    let rows = families(children());
    let rules = Rules::shipped().unwrap();
    let mut group = c.benchmark_group("import");
    group.throughput(Throughput::Elements(rows.len() as u64)).sample_size(10).measurement_time(Duration::from_secs(20));
    group.bench_function("sqlite", |b| {
        b.iter_batched(
            || {
                let folder = tempfile::tempdir().unwrap();
                let store = store(&format!("sqlite://{}/r.sqlite3", folder.path().display()));
                (folder, store)
            },
            |(folder, store)| {
                import_applications::applications(&store, &rules, now(), "bench.csv", &rows, |_| {}).unwrap();
                folder
            },
            BatchSize::PerIteration,
        );
    });
    let filled = tempfile::tempdir().unwrap();
    let path = filled.path().join("r.sqlite3");
    let source = store(&format!("sqlite://{}", path.display()));
    import_applications::applications(&source, &rules, now(), "bench.csv", &rows, |_| {}).unwrap();
    drop(source);
    group.bench_function("the same rows bare, sqlite", |b| {
        b.iter_batched(
            || {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}/r.sqlite3", folder.path().display());
                drop(Store::create(&url, &KeyFile::Beside, 1).unwrap());
                (folder, Location::parse(&url).unwrap().connect().unwrap())
            },
            |(folder, mut conn)| {
                bare(&mut conn, &path);
                folder
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn start_and_answer(c: &mut Criterion) {
    let rows = families(children());
    let rules = Arc::new(Rules::shipped().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/r.sqlite3", folder.path().display());
    let source = store(&url);
    import_applications::applications(&source, &rules, now(), "bench.csv", &rows, |_| {}).unwrap();
    drop(source);
    let open = || {
        let store = Store::open(&url, &KeyFile::Beside, 4).unwrap();
        Registry::open(store, Arc::clone(&rules), Clock::fixed(now()), Box::new(NoVerifier)).unwrap()
    };
    let mut group = c.benchmark_group("serve");
    group.throughput(Throughput::Elements(rows.len() as u64)).sample_size(10);
    group.bench_function("start, sqlite", |b| b.iter(open));
    group.finish();
    let registry = open();
    let mut asked = rows.iter().map(|r| r.child_iin).cycle();
    c.bench_function("position with reasons, from memory", |b| {
        b.iter(|| serde_json::to_vec(&view::positions(&registry.office, asked.next().unwrap(), now())).unwrap());
    });
    assert_eq!(registry.office.index.read().len(), rows.len());
}

criterion_group!(benches, import, start_and_answer);
criterion_main!(benches);
