//! Allocation of invented instances (ten choices, N/25 groups of 20): `cargo bench --bench allocation`.
//!
//! `solve` is one cold run on prepared arrays, `scenarios` a thousand runs of the policy laboratory over one layout,
//! `process` the whole command from CSV to CSV. Set `KEZEK_BENCH_LARGE=1` for the three-million instance. What came out, and on what machine,
//! is in `benches/README.md`.
#![allow(missing_docs, reason = "criterion's macros declare functions without docs")]
#![allow(clippy::unwrap_used, reason = "a bench that goes wrong should stop")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use kezek::domain::mix::Mix;
use kezek::engine::allocation::{
    ANY, Conditions, Instance, Laboratory, Lists, Parts, PlaceChange, Prepared, Rule, Scenario, solve as solved,
};
use kezek::exchange::instance::read_all;
use tempfile::TempDir;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RULES: [(&str, Rule); 2] = [("program", Rule::Program), ("queue", Rule::Queue { mix: None })];

fn sizes() -> Vec<u32> {
    let large = std::env::var_os("KEZEK_BENCH_LARGE").is_some();
    [10_000, 100_000, 1_000_000, 3_000_000].into_iter().filter(|&size| large || size <= 1_000_000).collect()
}

fn kezek(folder: &Path, arguments: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_kezek"))
        .current_dir(folder)
        .args(arguments)
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.unwrap().success(), "{arguments:?}");
}

fn generated(children: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    kezek(folder.path(), &["generate", "--children", &children.to_string(), "--seed", "1", "--out", "."]);
    folder
}

fn instance(folder: &Path) -> Instance {
    read_all(&folder.join("groups.csv"), &folder.join("children.csv"), false).unwrap().instance
}

/// One list for all, ten groups that hold four fifths; the last eighth has siblings at the first group, so each of them
/// displaces a chain through all ten.
fn adversarial(children: u32) -> Instance {
    let lists = |lengths: &dyn Fn(u32) -> u32, items: &dyn Fn(u32) -> std::ops::Range<u32>| {
        let mut lists = Lists::default();
        for child in 0..children {
            lists.items.extend(items(child).take(lengths(child) as usize));
            lists.starts.push(lists.items.len() as u32);
        }
        lists
    };
    let late = children - children / 8;
    Instance::from_parts(Parts {
        group_ids: (1..=10).collect(),
        capacities: vec![children / 25 * 2; 10],
        child_ids: (1..=children).collect(),
        tiers: vec![3; children as usize],
        applied_at: (0..i64::from(children)).collect(),
        turns: None,
        siblings: lists(&|child| u32::from(child >= late), &|_| 0..1),
        choices: lists(&|_| 10, &|_| 0..10),
        ..Parts::default()
    })
    .unwrap()
}

fn solve(c: &mut Criterion) {
    let mut group = c.benchmark_group("solve");
    group.sample_size(10);
    for size in sizes() {
        let folder = generated(size);
        let instance = instance(folder.path());
        for (name, rule) in RULES {
            let prepared = Prepared::new(&instance, rule).unwrap();
            group.bench_function(BenchmarkId::new(name, size), |b| b.iter(|| black_box(prepared.solve().placed())));
            group.bench_function(BenchmarkId::new(format!("prepare {name}"), size), |b| {
                b.iter(|| black_box(Prepared::new(&instance, rule).unwrap().order().len()));
            });
        }
        let hard = Prepared::new(&adversarial(size), Rule::Program).unwrap();
        group.bench_function(BenchmarkId::new("adversarial", size), |b| b.iter(|| black_box(hard.solve().placed())));
    }
    group.finish();
}

/// The same instance plain, and with every fortieth child and the next one as a family in kindergartens of four groups: from
/// the instance to who got what.
fn families(c: &mut Criterion) {
    let mut group = c.benchmark_group("families");
    group.sample_size(10);
    let folder = generated(100_000);
    let plain = instance(folder.path());
    let parts = plain.parts();
    let mut lists = Lists::default();
    let mut together = vec![0; plain.children()];
    for child in 0..plain.children() {
        let second = child % 40 == 1;
        lists.items.extend(parts.choices.get(if second { child - 1 } else { child }));
        lists.starts.push(lists.items.len() as u32);
        if second {
            together.iter_mut().skip(child - 1).take(2).for_each(|family| *family = child as u32);
        }
    }
    let kindergartens = (0..plain.groups() as u32).map(|group| group / 4 * 4).collect();
    let conditions = Conditions { together, kindergartens, ..Conditions::default() };
    let with = Instance::from_parts(Parts { choices: lists, conditions, ..parts.clone() }).unwrap();
    for (name, rule) in RULES {
        for (kind, instance) in [("plain", &plain), ("5 % in families", &with)] {
            group.bench_function(BenchmarkId::new(format!("{name}, {kind}"), 100_000), |b| {
                b.iter(|| black_box(solved(instance, rule).unwrap().placed()));
            });
        }
    }
    group.finish();
}

/// A thousand scenarios of a city of 100 000: a place more in one group, or other places in five.
fn scenarios(c: &mut Criterion) {
    let folder = generated(100_000);
    let instance = instance(folder.path());
    let mut group = c.benchmark_group("scenarios");
    group.sample_size(10);
    let one = |run: u32| vec![PlaceChange::By(run % 4000, 1)];
    let five = |run: u32| (0..5).map(|n| PlaceChange::By((run * 7 + n * 811) % 4000, i64::from(n) * 5 - 8)).collect();
    let made = |places: &dyn Fn(u32) -> Vec<PlaceChange>| -> Vec<Scenario> {
        (0..1000).map(|run| Scenario { places: places(run), ..Scenario::default() }).collect()
    };
    for (name, rule) in [("program", Rule::Program), ("queue 1:3", Rule::Queue { mix: Mix::new(1, 3) })] {
        let laboratory = Laboratory::new(&instance, rule).unwrap();
        for (places, scenarios) in [("one more place", made(&one)), ("five groups", made(&five))] {
            group.bench_function(BenchmarkId::new(format!("{name}, {places}"), "1000 x 100000"), |b| {
                b.iter(|| black_box(laboratory.run(&scenarios, false).unwrap().len()));
            });
        }
        group.bench_function(BenchmarkId::new(format!("{name}, value of a place"), "4000 groups"), |b| {
            b.iter(|| black_box(laboratory.values().unwrap().len()));
        });
        let tiers = |run: u8| -> BTreeMap<u8, u8> { (0..=3).map(|tier| (tier, run >> (2 * tier) & 3)).collect() };
        let ranked_anew: [(&str, Vec<Scenario>); 2] = [
            ("another mix", (0..1000).map(|run| mixed(1 + run % 32, 1 + run / 32)).collect()),
            (
                "other tiers",
                (0..1000).map(|run| Scenario { tiers: tiers((run % 256) as u8), ..Scenario::default() }).collect(),
            ),
        ];
        for (ranks, scenarios) in ranked_anew {
            group.bench_function(BenchmarkId::new(format!("{name}, {ranks}"), "1000 x 100000"), |b| {
                b.iter(|| black_box(laboratory.run(&scenarios, false).unwrap().len()));
            });
        }
    }
    let open = open_to_all(20_000);
    let laboratory = Laboratory::new(&open, Rule::Program).unwrap();
    group.bench_function("program, value of a place, families that take any kindergarten", |b| {
        b.iter(|| black_box(laboratory.values().unwrap().len()));
    });
    group.finish();
}

fn mixed(p: u32, g: u32) -> Scenario {
    Scenario { rule: Some(Rule::Queue { mix: Mix::new(p, g) }), ..Scenario::default() }
}

/// Every second family takes any kindergarten, every eighth child has a sibling somewhere.
fn open_to_all(children: u32) -> Instance {
    let groups = children / 25;
    let lists = |wanted: &dyn Fn(u32) -> Vec<u32>| {
        let mut lists = Lists::default();
        for child in 0..children {
            lists.items.extend(wanted(child));
            lists.starts.push(lists.items.len() as u32);
        }
        lists
    };
    let some = |child: u32, n: u32| (child.wrapping_mul(2_654_435_761).wrapping_add(n * 97) >> 3) % groups;
    Instance::from_parts(Parts {
        group_ids: (1..=groups).collect(),
        capacities: vec![20; groups as usize],
        child_ids: (1..=children).collect(),
        tiers: (0..children).map(|child| (child % 4) as u8).collect(),
        applied_at: (0..i64::from(children)).collect(),
        turns: None,
        siblings: lists(&|child| if child % 8 == 3 { vec![some(child, 11)] } else { vec![] }),
        choices: lists(&|child| if child % 2 == 0 { vec![ANY] } else { (0..10).map(|n| some(child, n)).collect() }),
        ..Parts::default()
    })
    .unwrap()
}

fn process(c: &mut Criterion) {
    let mut group = c.benchmark_group("process");
    group.sample_size(10);
    for size in sizes() {
        let folder = generated(size);
        let files = ["--groups", "groups.csv", "--children", "children.csv"];
        let allocate = |more: &[&str]| {
            let arguments: Vec<&str> = ["allocate"].iter().chain(&files).chain(more).copied().collect();
            kezek(folder.path(), &arguments);
        };
        let plain = ["--rule", "program", "--out", "out.csv"];
        let with = |more: &[&'static str]| plain.iter().chain(more).copied().collect::<Vec<&str>>();
        let certificate = with(&["--certificate", "certificate.json"]);
        let explain = with(&["--explain", "explain.csv"]);
        let verify = ["--allocation", "out.csv", "--certificate", "certificate.json"];
        let verify: Vec<&str> = ["verify"].iter().chain(&files).chain(&verify).copied().collect();
        group.bench_function(BenchmarkId::new("allocate", size), |b| b.iter(|| allocate(&plain)));
        group.bench_function(BenchmarkId::new("allocate --explain", size), |b| b.iter(|| allocate(&explain)));
        group.bench_function(BenchmarkId::new("allocate --certificate", size), |b| b.iter(|| allocate(&certificate)));
        group.bench_function(BenchmarkId::new("verify", size), |b| b.iter(|| kezek(folder.path(), &verify)));
    }
    group.finish();
}

criterion_group!(benches, solve, families, scenarios, process);
criterion_main!(benches);
