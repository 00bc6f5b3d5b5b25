//! Profiles, bindings, regulations and words: what ships is free of faults, and a fault is said by file and line.

mod calendar;
mod deadline;
mod regulations;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use kezek::domain::codes::{ApplicantKind, Channel, Stream};
use kezek::domain::kato::Kato;
use kezek::rules::Rules;
use kezek::rules::binding::Notice;
use kezek::rules::messages::{MessageFault, Messages, Tongue, plural_form};
use kezek::rules::profile::{Consequence, Spill};
use kezek::rules::provider::ProviderKind;
use kezek::rules::regulation::{Meaning, Stage};
use kezek::rules::shipped::FILES;
use kezek::rules::term::Term;

fn shipped() -> Rules {
    Rules::shipped().unwrap_or_else(|faults| panic!("{faults}"))
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn kato(text: &str) -> Kato {
    Kato::parse(text).unwrap()
}

#[test]
fn the_shipped_rules_have_no_fault() {
    let rules = shipped();
    let codes: Vec<&str> = rules.profiles.keys().map(String::as_str).collect();
    assert_eq!(codes, ["city-2023", "default-project", "seeds-2018", "unified-2025"]);
}

#[test]
fn the_default_profile_holds_the_steps_of_the_seeds_with_the_tiers_of_the_cities() {
    let rules = shipped();
    let p = &rules.profiles["default-project"];
    let mix = p.mix.value.unwrap();
    assert_eq!((mix.p(), mix.g()), (1, 3));
    assert_eq!(p.preferences_max.value, 4);
    assert_eq!(p.referral_validity.value, Term::parse("5 working_days").unwrap());
    let extension = p.extension.value.unwrap();
    assert_eq!((extension.times, extension.term.to_string()), (1, "30 calendar_days".to_owned()));
    assert_eq!((p.offer_window.value, p.publication.value), (None, None));
    assert_eq!(p.spill.value, Some(Spill::Parent));
    assert_eq!(p.tier_of(["military"]), 0);
    assert_eq!(p.tier_of(["teacher", "large_family"]), 1);
    assert_eq!(p.tier_of([]), 3);
    assert_eq!(p.stream_of(3), Stream::General);
    let skips: Vec<&str> = p.skip_grounds.iter().map(|g| g.code.as_str()).collect();
    assert_eq!(skips, ["written_refusal", "age_language_kind_mismatch", "category_not_confirmed", "court_act"]);
}

#[test]
fn the_profile_of_the_seeds_knows_neither_privilege_nor_preferences() {
    let p = &shipped().profiles["seeds-2018"];
    assert_eq!((p.mix.value, p.preferences_max.value, p.spill.value), (None, 0, None));
    assert!(p.categories.is_empty());
    assert_eq!(p.referral_validity.value, Term::parse("5 working_days").unwrap());
}

#[test]
fn the_presets_of_the_cities_and_of_the_unified_base_keep_their_consequences() {
    let rules = shipped();
    let city = &rules.profiles["city-2023"];
    assert_eq!(city.on_expiry.value, Consequence::StopListed);
    assert_eq!(city.offer_window.value, Some(Term::parse("3 working_days").unwrap()));
    assert!(city.freeze.value.unwrap().holds(day("2025-08-31")));
    let unified = &rules.profiles["unified-2025"];
    assert_eq!((unified.on_silence.value, unified.on_refusal.value), (Consequence::Inactive, Consequence::Closed));
    assert_eq!(unified.restore.value.unwrap().term, Term::parse("28 calendar_days").unwrap());
    assert_eq!((unified.mix.value, unified.age_limit.value.years), (None, 6));
}

#[test]
fn a_child_is_too_old_from_its_seventh_birthday_on() {
    let p = &shipped().profiles["default-project"];
    assert!(!p.too_old(day("2018-06-01"), day("2025-05-31")));
    assert!(p.too_old(day("2018-06-01"), day("2025-06-01")));
    // Born on 29 February: in a common year the birthday is the last day of February.
    assert!(!p.too_old(day("2016-02-29"), day("2023-02-27")));
    assert!(p.too_old(day("2016-02-29"), day("2023-02-28")));
}

#[test]
fn a_minimum_age_is_reached_on_the_birthday() {
    let p = &shipped().profiles["unified-2025"];
    assert!(p.too_young(day("2024-01-15"), day("2025-07-14")));
    assert!(!p.too_young(day("2024-01-15"), day("2025-07-15")));
}

#[test]
fn the_closest_territory_decides_what_is_bound() {
    let rules = shipped();
    let bound = |territory: &str| {
        let b = rules.bound("queueing", kato(territory), at("2025-03-10T04:00:00Z")).unwrap();
        (b.regulation.id.as_str(), b.profile.code.as_str())
    };
    assert_eq!(bound("395430100"), ("queue-kostanay-2018", "default-project"));
    assert_eq!(bound("431000000"), ("queue-kyzylorda-2018", "default-project"));
    assert_eq!(bound("634630100"), ("queue-east-kazakhstan-2014", "default-project"));
    assert_eq!(bound("103233100"), ("queue-east-kazakhstan-2014", "default-project"));
    assert_eq!(bound("750000000"), ("queue-kostanay-2018", "default-project"));
    assert_eq!(bound("355633100"), ("queue-kostanay-2018", "seeds-2018"));
    let unbound = rules.bound("fishing", kato("391000000"), at("2025-03-10T04:00:00Z")).unwrap_err();
    assert!(unbound.to_string().contains("`fishing` in 391000000"), "{unbound}");
}

#[test]
fn an_act_outside_its_force_is_applied_with_that_fact_shown() {
    let rules = shipped();
    let notice = |when: &str| rules.bound("queueing", kato("391000000"), at(when)).unwrap().notice;
    assert_eq!(notice("2019-05-05T04:00:00Z"), None);
    assert_eq!(notice("2025-05-05T04:00:00Z"), Some(Notice::Repealed { on: day("2020-01-29") }));
    assert_eq!(notice("2017-05-05T04:00:00Z"), Some(Notice::NotYet { on: day("2018-12-24") }));
    let regulation = &rules.regulations["queue-kostanay-2018"];
    let text = rules.notice_text(Tongue::Kk, regulation, Notice::Repealed { on: day("2020-01-29") });
    assert_eq!(
        text,
        "Қолданылған акт: Қостанай облысы әкімдігінің 2018 жылғы 24 желтоқсандағы № 563 қаулысы. Актінің күші 2020 \
         жылғы 29 қаңтар күні жойылған; тізілім оны баптау ретінде қолданады."
    );
}

#[test]
fn kyzylorda_names_departments_and_akims_of_settlements_and_rural_districts_only() {
    let r = &shipped().regulations["queue-kyzylorda-2018"];
    assert!(r.provides(ProviderKind::AkimSettlement) && r.provides(ProviderKind::DistrictDepartment));
    assert!(!r.provides(ProviderKind::AkimVillage) && !r.provides(ProviderKind::DistrictBody));
}

#[test]
fn only_kostanay_lists_its_grounds_of_refusal_and_east_kazakhstan_refuses_nothing_in_the_office() {
    let rules = shipped();
    let grounds = |id: &str, channel| -> Vec<String> {
        rules.regulations[id].refusals(Stage::Service, channel).map(|g| g.code.clone()).collect()
    };
    let kostanay = ["untrue_data", "incomplete_package", "expired_documents", "standard_10"];
    assert_eq!(grounds("queue-kostanay-2018", Channel::Office), kostanay);
    assert_eq!(grounds("queue-kyzylorda-2018", Channel::Office), ["standard_10"]);
    assert!(grounds("queue-east-kazakhstan-2014", Channel::Office).is_empty());
    assert_eq!(grounds("queue-east-kazakhstan-2014", Channel::Portal), ["refuse_documents"]);
}

#[test]
fn only_east_kazakhstan_admits_an_attorney_and_gives_a_receipt_but_no_referral() {
    let rules = shipped();
    let vko = &rules.regulations["queue-east-kazakhstan-2014"];
    assert!(vko.channel(Channel::Office).unwrap().admits(ApplicantKind::Attorney));
    assert!(
        !rules.regulations["queue-kostanay-2018"].channel(Channel::Office).unwrap().admits(ApplicantKind::Attorney)
    );
    assert_eq!(vko.result_meaning(Meaning::Rendered, Channel::Office).unwrap().code, "queue_receipt");
    assert!(vko.result_meaning(Meaning::Place, Channel::Office).is_none());
    assert_eq!(vko.documents(ApplicantKind::Attorney).count(), 3);
    assert_eq!(vko.documents(ApplicantKind::Parent).count(), 2);
}

#[test]
fn every_template_asks_for_the_same_values_in_every_language() {
    let words = Messages::shipped().unwrap();
    let codes: BTreeSet<&str> = words.codes(Tongue::Kk).collect();
    for tongue in [Tongue::Ru, Tongue::En] {
        assert_eq!(codes, words.codes(tongue).collect::<BTreeSet<_>>());
        for code in &codes {
            assert_eq!(words.placeholders(Tongue::Kk, code), words.placeholders(tongue, code), "{code} in {tongue}");
        }
    }
}

#[test]
fn every_template_renders_once_its_values_are_given() {
    let words = Messages::shipped().unwrap();
    for tongue in Tongue::ALL {
        for code in words.codes(*tongue) {
            let names = words.placeholders(*tongue, code);
            let values: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "7")).collect();
            let text = words.render(*tongue, code, &values).unwrap();
            assert!(!text.contains(['{', '}']), "{text}");
        }
    }
}

#[test]
fn every_label_is_there_in_every_language() {
    let words = Messages::shipped().unwrap();
    let all = |tongue| -> BTreeSet<(String, String)> {
        words.labels(tongue).flat_map(|(g, l)| l.keys().map(move |c| (g.to_owned(), c.clone()))).collect()
    };
    assert_eq!(all(Tongue::Kk), all(Tongue::Ru));
    assert_eq!(all(Tongue::Kk), all(Tongue::En));
}

#[test]
fn a_message_without_its_value_is_a_fault_and_not_an_empty_hole() {
    let words = Messages::shipped().unwrap();
    let fault = words.render(Tongue::En, "next_child", &[("application", "7")]).unwrap_err();
    assert_eq!(fault, MessageFault::NoValue { code: "next_child".into(), placeholder: "reasons".into() });
}

#[test]
fn russian_nouns_follow_their_number_and_kazakh_nouns_do_not() {
    let words = Messages::shipped().unwrap();
    let ru = |n| words.count(Tongue::Ru, "child", n);
    assert_eq!(
        [ru(1), ru(2), ru(5), ru(11), ru(21), ru(112)].join(", "),
        "1 ребенок, 2 ребенка, 5 детей, 11 детей, 21 ребенок, 112 детей"
    );
    assert_eq!(words.count(Tongue::Kk, "child", 5), "5 бала");
    assert_eq!(plural_form(Tongue::Ru, 14), 2);
    let text = words.render(Tongue::Ru, "position", &[("position", "3"), ("of", "22"), ("as_of", "сегодня")]).unwrap();
    assert_eq!(text, "Номер очередности вашего ребенка: 3. Всего в очереди: 22 ребенка. Данные на сегодня.");
    let term = Term::parse("5 working_days").unwrap();
    assert_eq!(words.not_over(Tongue::Ru, term), "не более 5 рабочих дней");
    assert_eq!(words.not_over(Tongue::Kk, term), "5 жұмыс күнінен аспайды");
}

#[test]
fn every_rule_file_under_fixtures_ships() {
    for folder in ["calendar", "messages", "profiles", "regulations"] {
        for entry in std::fs::read_dir(format!("fixtures/{folder}")).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().into_string().unwrap());
            assert!(name.ends_with(".md") || FILES.iter().any(|(file, _)| *file == name), "{name} is not in the list");
        }
    }
}
