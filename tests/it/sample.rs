//! The invented kindergartens and families: what they promise to demo, tests and benches.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::collections::{BTreeMap, HashSet};

use chrono::{Months, NaiveDate};
use kezek::domain::codes::{ApplicantKind, GroupKind};
use kezek::domain::iin::Iin;
use kezek::domain::kato::Kato;
use kezek::sample::iins::{NEVER_GIVEN, Numbers, Sex};
use kezek::sample::kindergartens::{GROUPS, KINDERGARTENS, Locality, localities};
use kezek::sample::people::{Families, Family};

fn on(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// The fixtures hold no quoted cells, so a plain split reads them.
fn cells(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

fn invented_localities() -> Vec<Locality> {
    localities(
        cells(KINDERGARTENS).map(|row| (row[0], Kato::parse(row[1]).unwrap())),
        cells(GROUPS).map(|row| (row[1], row[5].parse().unwrap(), row[6].parse().unwrap(), row[7].parse().unwrap())),
    )
}

fn families(seed: u64, count: usize) -> Vec<Family> {
    Families::new(seed, on(2026, 9, 1), &invented_localities()).take(count).collect()
}

#[test]
fn the_same_seed_gives_the_same_families_and_another_seed_others() {
    assert_eq!(families(7, 500), families(7, 500));
    assert_ne!(families(7, 500), families(8, 500));
}

#[test]
fn no_number_is_given_twice_and_none_of_the_test_vectors() {
    let mut seen = HashSet::new();
    for family in families(1, 20_000) {
        assert!(seen.insert(family.child.iin), "child {} twice", family.child.iin);
        assert!(seen.insert(family.applicant.iin), "applicant {} twice", family.applicant.iin);
    }
    assert!(seen.iter().all(|iin| !NEVER_GIVEN.contains(&iin.number())));
}

#[test]
fn a_walk_over_one_day_gives_each_valid_number_of_that_day_once_but_the_vectors() {
    for (day, sex, vectors) in [
        (on(2020, 2, 15), Sex::Male, ["200215500003", "200215500404"].as_slice()),
        (on(2006, 12, 11), Sex::Female, &["061211600012"]),
        (on(1979, 10, 28), Sex::Male, &["791028302728"]),
        (on(1993, 10, 2), Sex::Female, &["931002451325"]),
    ] {
        let numbers: Vec<_> = Numbers::new(3, sex, day, 1).collect();
        let texts: HashSet<String> = numbers.iter().map(|(iin, _)| iin.to_string()).collect();
        assert_eq!(texts.len(), numbers.len(), "each once");
        let head = &vectors[0][..7];
        let valid = |serial: &u32| (0..10).any(|last| Iin::parse(&format!("{head}{serial:04}{last}")).is_ok());
        assert_eq!(numbers.len(), (0..10_000).filter(valid).count() - vectors.len());
        assert!(vectors.iter().all(|vector| !texts.contains(*vector)), "{vectors:?} stay out");
        assert!(texts.iter().all(|text| text.starts_with(head)));
    }
}

#[test]
fn some_numbers_need_the_second_pass() {
    let second = |text: &str| {
        let digits = text.bytes().map(|b| u32::from(b - b'0')).take(11);
        digits.zip(1..).map(|(digit, weight)| digit * weight).sum::<u32>() % 11 == 10
    };
    let found = families(5, 2_000).iter().filter(|family| second(&family.child.iin.to_string())).count();
    assert!((80..320).contains(&found), "about one in eleven, found {found} of 2000");
}

#[test]
fn children_are_one_to_six_years_old_and_their_numbers_agree_with_their_birth() {
    let today = on(2026, 9, 1);
    for family in families(2, 5_000) {
        let born = family.child.birth_date;
        assert!(born <= today.checked_sub_months(Months::new(12)).unwrap(), "{born}");
        assert!(born > today.checked_sub_months(Months::new(72)).unwrap(), "{born}");
        assert_eq!(family.child.iin.warnings(born), []);
        let applied = family.applied_at.date_naive();
        assert!(born < applied && applied < today, "born {born}, applied {applied}");
    }
}

#[test]
fn a_family_asks_only_for_what_its_territory_offers() {
    let known: BTreeMap<Kato, Locality> = invented_localities().into_iter().map(|l| (l.territory, l)).collect();
    for family in families(3, 5_000) {
        let locality = &known[&family.territory];
        let wish = (family.language, family.kind);
        assert!(family.preferences.len() <= 4);
        assert_eq!(family.preferences.iter().collect::<HashSet<_>>().len(), family.preferences.len());
        for id in &family.preferences {
            let choice = locality.kindergartens.iter().find(|choice| choice.id == *id).expect("in the territory");
            assert!(choice.offers.contains(&wish), "{id} has no group {wish:?}");
        }
        let kinds: Vec<_> = family.documents.iter().map(|document| document.kind).collect();
        assert!(kinds.starts_with(&["birth_certificate", "applicant_id"]), "a complete package");
        assert_eq!(kinds.contains(&"power_of_attorney"), family.applicant.kind == ApplicantKind::Attorney);
        assert!(family.documents.iter().all(|document| !document.number.is_empty()));
        assert!((1..=2).contains(&family.applicant.contacts.len()));
    }
}

#[test]
fn shares_are_those_of_a_country() {
    let all = families(4, 40_000);
    let percent =
        |pick: &dyn Fn(&Family) -> bool| all.iter().filter(|f| pick(f)).count() as f64 / all.len() as f64 * 100.0;
    let claims = |codes: &'static [&'static str]| {
        move |family: &Family| family.categories.iter().any(|claim| codes.contains(&claim.code))
    };
    let out_of_turn = percent(&claims(&["military", "special_bodies"]));
    assert!((1.6..2.4).contains(&out_of_turn), "{out_of_turn}");
    let general = percent(&|family| family.categories.is_empty());
    assert!((82.0..84.0).contains(&general), "{general}");
    let any = percent(&|family| family.preferences.is_empty());
    assert!((18.0..30.0).contains(&any), "{any}");
    for channel in ["office", "state_corporation", "portal"] {
        let share = percent(&|family| family.channel.code() == channel);
        assert!(share > 15.0, "{channel}: {share}");
    }
    assert!(percent(&|family| family.kind == GroupKind::Special) > 0.1);
    assert!(percent(&|family| family.child.name.ends_with("ұлы") || family.child.name.ends_with("қызы")) > 50.0);
    assert!(percent(&|family| family.child.name.ends_with("вич") || family.child.name.ends_with("вна")) > 15.0);
}

#[test]
fn a_son_and_a_daughter_carry_their_own_forms_of_the_name() {
    for family in families(6, 3_000) {
        let name = family.child.name.as_str();
        let female = family.child.iin.number() / 100_000 % 10 == 6;
        assert!(!(female && (name.ends_with("ұлы") || name.ends_with("вич"))), "{name} is a girl");
        assert!(!(!female && (name.ends_with("қызы") || name.ends_with("вна"))), "{name} is a boy");
        assert!((2..=3).contains(&name.split(' ').count()), "{name}");
        assert!(name.split(' ').all(|word| !word.is_empty()), "{name:?}");
    }
}

#[test]
fn without_kindergartens_nobody_applies() {
    assert_eq!(Families::new(1, on(2026, 9, 1), &[]).next(), None);
}
