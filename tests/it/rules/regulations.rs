//! Regulation files: what is refused at load, by file, line and reason; and a twelfth service by one file alone.

use kezek::domain::codes::{Channel, Role};
use kezek::domain::territory::Level;
use kezek::rules::Rules;
use kezek::rules::fault::RuleFault;
use kezek::rules::messages::Tongue;
use kezek::rules::provider::authority_kinds;
use kezek::rules::regulation::{Delivery, Regulation};

const EXTERNAT: &str = include_str!("../../../fixtures/regulations/externat-east-kazakhstan-2014.toml");
const QUEUE: &str = include_str!("../../../fixtures/regulations/queue-kostanay-2018.toml");

/// The faults of a shipped file in which `from` is written as `to`, with the line that the change begins at.
fn faults(name: &str, text: &str, from: &str, to: &str) -> (Vec<RuleFault>, usize) {
    assert!(text.contains(from), "{from} is not in {name}");
    let line = text[..text.find(from).unwrap()].matches('\n').count() + 1;
    let changed = text.replacen(from, to, 1);
    let faults = Rules::shipped_with(vec![(format!("regulations/{name}.toml"), changed)]).unwrap_err();
    (faults.0, line)
}

fn externat(from: &str, to: &str) -> (Vec<RuleFault>, usize) {
    faults("externat-east-kazakhstan-2014", EXTERNAT, from, to)
}

fn says(found: &(Vec<RuleFault>, usize), reason: &str) -> bool {
    let (faults, _) = found;
    faults.iter().any(|f| f.reason.contains(reason) && f.file.starts_with("regulations/externat") && f.line > 0)
}

#[test]
fn a_step_that_leads_nowhere_is_a_gap() {
    let found = externat("next = \"sign\"", "next = \"sing\"");
    assert!(says(&found, "a gap: `study_draft` leads to `sing`, which is no step of office"), "{found:?}");
    assert!(says(&found, "a gap: no step leads to `sign`"), "{found:?}");
}

#[test]
fn a_fault_names_the_line_of_its_step() {
    let (faults, line) = externat("id = \"study_draft\"", "id = \"head_review\"");
    let overlap = faults.iter().find(|f| f.reason.contains("two steps overlap")).unwrap();
    let first = EXTERNAT[..EXTERNAT.find("id = \"head_review\"").unwrap()].matches('\n').count() + 1;
    assert!(overlap.line == first || overlap.line == line, "{overlap}");
}

#[test]
fn a_course_that_comes_back_to_itself_is_a_cycle() {
    let found = externat("next = \"issue\"", "next = \"head_review\"");
    assert!(says(&found, "a cycle"), "{found:?}");
}

#[test]
fn a_limit_below_zero_is_refused_at_its_line() {
    let (faults, line) = externat("limit = \"3 hours\"", "limit = \"-3 hours\"");
    assert_eq!(faults[0].line, line);
    assert!(faults[0].reason.contains("more than zero"), "{}", faults[0]);
}

#[test]
fn an_unknown_actor_unit_or_channel_is_refused_at_its_line() {
    let changes = [
        ("actor = \"specialist\"", "actor = \"wizard\"", "wizard"),
        ("limit = \"3 hours\"", "limit = \"3 fortnights\"", "minutes, hours, working_days, calendar_days"),
        ("code = \"office\"", "code = \"fax\"", "fax"),
    ];
    for (from, to, reason) in changes {
        let (faults, line) = externat(from, to);
        assert!(faults[0].line == line && faults[0].reason.contains(reason), "{}", faults[0]);
    }
}

#[test]
fn a_key_that_the_schema_does_not_know_is_refused() {
    let (faults, _) = externat("seed = \"002\"", "seed = \"002\"\nspeed = \"fast\"");
    assert!(faults[0].reason.contains("speed"), "{}", faults[0]);
}

#[test]
fn an_end_without_a_result_and_a_result_without_an_end_are_refused() {
    let found = externat("yields = [\"permission\"]\n", "");
    assert!(says(&found, "`issue` ends the course without a result"), "{found:?}");
    assert!(says(&found, "no step of office yields `permission`"), "{found:?}");
    let found = externat("yields = [\"permission\"]", "yields = [\"permit\"]");
    assert!(says(&found, "yields `permit`, which is no result of office"), "{found:?}");
}

#[test]
fn an_action_without_words_is_refused() {
    let found = externat("id = \"sign\"", "id = \"sign\"\naction = \"seal\"");
    assert!(says(&found, "`seal` has no label"), "{found:?}");
}

#[test]
fn dates_the_wrong_way_round_are_refused() {
    let found = externat("legal_until = \"2015-08-20\"", "legal_from = \"2016-01-01\"\nlegal_until = \"2015-08-20\"");
    assert!(says(&found, "`legal_until` must come after `legal_from`"), "{found:?}");
    let found = externat("registered_on = \"2014-08-28\"", "registered_on = \"2014-01-28\"");
    assert!(says(&found, "not registered before its date"), "{found:?}");
}

#[test]
fn a_ground_of_the_act_needs_its_clause() {
    let (faults, _) = faults("queue-kostanay-2018", QUEUE, "basis = \"act\"\nclause = \"5(1)\"", "basis = \"act\"");
    assert!(faults.iter().any(|f| f.reason.contains("basis `act` and so needs its `clause`")), "{faults:?}");
}

#[test]
fn a_second_binding_of_the_same_territory_and_time_is_an_overlap() {
    let bindings = include_str!("../../../fixtures/bindings.toml");
    let twice =
        format!("{bindings}\n[[profiles]]\nterritory = \"355600000\"\nprofile = \"city-2023\"\nwhy = \"a test\"\n");
    let faults = Rules::shipped_with(vec![("bindings.toml".to_owned(), twice)]).unwrap_err();
    assert!(faults.0[0].reason.contains("bound to two profiles at once"), "{faults}");
    let dated = bindings.replace("profile = \"seeds-2018\"", "profile = \"seeds-2018\"\nuntil = \"2026-01-01\"");
    let later =
        "\n[[profiles]]\nterritory = \"355600000\"\nprofile = \"city-2023\"\nfrom = \"2026-01-01\"\nwhy = \"a test\"\n";
    let rules = Rules::shipped_with(vec![("bindings.toml".to_owned(), dated + later)]).unwrap();
    let osakarov = kezek::domain::kato::Kato::parse("355600000").unwrap();
    let profile = |at: &str| rules.profile_of(osakarov, at.parse().unwrap()).unwrap().code.clone();
    // Midnight of the territory decides: 19:00 UTC is already the next day there.
    assert_eq!(profile("2025-12-31T18:59:59Z"), "seeds-2018");
    assert_eq!(profile("2025-12-31T19:00:00Z"), "city-2023");
}

#[test]
fn a_binding_to_what_is_not_held_or_to_another_service_is_refused() {
    let bindings = include_str!("../../../fixtures/bindings.toml");
    for (to, reason) in
        [("queue-atlantis-2018", "no regulation"), ("school-admission", "regulation of `school_admission`")]
    {
        let changed = bindings.replace("\"queue-kyzylorda-2018\"", &format!("\"{to}\""));
        let faults = Rules::shipped_with(vec![("bindings.toml".to_owned(), changed)]).unwrap_err();
        assert!(faults.0.iter().any(|f| f.reason.contains(reason)), "{faults}");
    }
}

#[test]
fn a_profile_with_a_loose_end_is_refused_at_its_line() {
    let text = include_str!("../../../fixtures/profiles/default-project.toml");
    let refused = |from: &str, to: &str, reason: &str| {
        assert!(text.contains(from), "{from}");
        let changed = text.replacen(from, to, 1);
        let faults = Rules::shipped_with(vec![("profiles/default-project.toml".to_owned(), changed)]).unwrap_err();
        assert!(faults.0.iter().any(|f| f.reason.contains(reason) && f.line > 0), "{faults}");
    };
    refused("value = \"1:3\"", "value = \"1:0\"", "a mix is two numbers");
    refused("tier = 0", "tier = 9", "names tier 9, which is not listed");
    refused("proofs = [\"work_certificate\"]", "proofs = [\"a smile\"]", "accepts the proof `a smile`");
    refused("clause = \"title; 1\"\n", "", "needs its `clause`");
    refused("[on_expiry]\nvalue = \"back\"", "[on_expiry]\nvalue = \"stop_list\"", "`stop_list` needs a term");
    refused("number = 3", "number = 2", "tiers from 3 are general");
}

#[test]
fn calendar_faults_are_told_by_line() {
    let refused = |name: &str, text: &str, line: usize| {
        let faults = Rules::shipped_with(vec![(format!("calendar/{name}.csv"), text.to_owned())]).unwrap_err();
        assert_eq!(
            (faults.0[0].line, faults.0[0].file.as_str()),
            (line, format!("calendar/{name}.csv").as_str()),
            "{faults}"
        );
    };
    refused("swaps", "off_on,working_on,source\n2024-05-08,2024-05-04,x\n2024-02-30,2024-03-02,x\n", 3);
    refused("swaps", "off,on\n", 1);
    refused("years", "year,state,note\n2028,perhaps,\n", 2);
    refused("zones", "region,zone\n391000000,Asia/Qostanay\n", 2);
    refused("hours", "desk,days,opens,closes\nprovider,weekdays,09:00,13:00\nprovider,weekdays,12:30,18:30\n", 3);
    refused("holidays", "month,day,from_year,until_year,carried,name_kk,name_ru,name_en\n2,30,2014,,yes,a,b,c\n", 2);
    refused("moon-phases", "x\n", 0);
}

/// Whether the authority of this role over a territory of this level renders the service.
fn renders(regulation: &Regulation, role: Role, level: Level) -> bool {
    authority_kinds(role, level).iter().any(|kind| regulation.provides(*kind))
}

#[test]
fn an_authority_of_another_kind_renders_no_service_in_kyzylorda() {
    let rules = Rules::shipped().unwrap();
    let (kyzylorda, kostanay) = (&rules.regulations["queue-kyzylorda-2018"], &rules.regulations["queue-kostanay-2018"]);
    for level in [Level::RuralDistrict, Level::TownshipAdministration] {
        assert!(renders(kyzylorda, Role::Akim, level) && renders(kostanay, Role::Akim, level));
    }
    for level in [Level::VillageAdministration, Level::Settlement, Level::CityDistrict, Level::City] {
        assert!(!renders(kyzylorda, Role::Akim, level) && renders(kostanay, Role::Akim, level));
    }
    // The akim of a district or of a city with an akimat leads its executive body, which Kostanay names and Kyzylorda not.
    for level in [Level::District, Level::Oblast, Level::CityAdministration, Level::RepublicanCity] {
        assert!(!renders(kyzylorda, Role::Akim, level) && renders(kostanay, Role::Akim, level), "{level:?}");
    }
    let vko = &rules.regulations["queue-east-kazakhstan-2014"];
    assert!(renders(vko, Role::Akim, Level::District) && !renders(vko, Role::Akim, Level::Oblast));
    assert!(renders(kyzylorda, Role::Department, Level::District));
    assert!(!renders(kyzylorda, Role::Department, Level::Oblast));
    assert!(!renders(kyzylorda, Role::Auditor, Level::District));
}

#[test]
fn a_result_reaches_the_applicant_as_the_text_says() {
    let rules = Rules::shipped().unwrap();
    let mut cabinet = Vec::new();
    for regulation in rules.regulations.values() {
        for channel in regulation.channels.iter().filter(|c| c.code != Channel::Portal) {
            let course = regulation.course(channel.code).unwrap();
            let here = regulation.results.iter().filter(|r| r.channels.contains(&channel.code));
            for result in here.filter(|r| course.delivery(r) == Delivery::Cabinet) {
                cabinet.push(format!("{} {} {}", regulation.id, channel.code, result.code));
            }
        }
    }
    // In Kyzylorda whoever registers sends the result into the cabinet; the receipt of a refusal is of paper.
    let sent = |channel: &str| {
        ["notification", "referral", "reasoned_refusal"].map(|r| format!("queue-kyzylorda-2018 {channel} {r}"))
    };
    let expected: Vec<String> = [sent("office"), sent("state_corporation")].concat();
    let (mut cabinet, mut expected) = (cabinet, expected);
    cabinet.sort_unstable();
    expected.sort_unstable();
    assert_eq!(cabinet, expected);
}

#[test]
fn a_form_without_words_is_refused() {
    let found = externat("form = \"free\"", "form = \"annex 7\"");
    assert!(says(&found, "the form `annex 7` has no label; use one of: annex, annex_1"), "{found:?}");
}

#[test]
fn every_regulation_says_who_takes_consent_only_where_its_text_asks_for_it() {
    let rules = Rules::shipped().unwrap();
    let mut found = Vec::new();
    for regulation in rules.regulations.values() {
        for channel in &regulation.channels {
            if let Some(consent) = &channel.consent {
                found.push(format!("{} {} {} {}", regulation.id, channel.code, consent.taken_by, consent.clause));
            }
        }
    }
    assert_eq!(
        found,
        [
            "queue-kostanay-2018 office clerk 5(1)",
            "queue-kostanay-2018 state_corporation sc_worker 8(1)",
            "queue-kyzylorda-2018 state_corporation sc_worker 9(1)",
        ]
    );
}

#[test]
fn each_portal_checks_the_certificate_in_its_own_order() {
    let rules = Rules::shipped().unwrap();
    let checks = |id: &str| {
        rules.regulations[id].channel(Channel::Portal).unwrap().step("check_certificate").unwrap().checks.clone()
    };
    assert_eq!(checks("queue-kyzylorda-2018"), ["eds_iin_mismatch", "eds_expired", "eds_revoked"]);
    assert_eq!(checks("queue-east-kazakhstan-2014"), ["eds_expired", "eds_revoked", "eds_iin_mismatch"]);
}

#[test]
fn a_twelfth_service_is_one_file_alone() {
    let text = r#"
id = "library-card-2026"
service = "library_card"
names = { kk = "Кітапхана билеті", ru = "Читательский билет", en = "Library card" }
region = "390000000"
seed = "none: a test"
provider_kinds = ["district_body"]
[act]
citation = { kk = "Сынақ актісі", ru = "Пробный акт", en = "A trial act" }
number = "1"
date = "2026-01-01"
standard = "none"
[[results]]
code = "card"
meaning = "rendered"
names = { kk = "билет", ru = "билет", en = "card" }
form = "free"
media = ["paper"]
signer = "head"
delivery = ["paper"]
channels = ["office"]
clause = "3"
[[channels]]
code = "office"
media = ["paper"]
clause = "1"
applicants = [{ value = "parent", basis = "act", clause = "2", source = "the trial act" }]
total = { term = "2 working_days", clause = "5" }
[[channels.steps]]
id = "receive_register"
actor = "clerk"
limit = "10 minutes"
next = "stamp_card"
clause = "4(1)"
[[channels.steps]]
id = "stamp_card"
names = { kk = "Билетке мөр басу", ru = "Проставление печати", en = "Stamping the card" }
actor = "head"
limit = "1 working_day"
yields = ["card"]
clause = "4(2)"
"#;
    let file = ("regulations/library-card-2026.toml".to_owned(), text.to_owned());
    let rules = Rules::shipped_with(vec![file]).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(rules.regulations.len(), 12);
    let regulation = &rules.regulations["library-card-2026"];
    assert_eq!(regulation.names.get(Tongue::Kk), "Кітапхана билеті");
    let from = "2026-06-11T05:00:00Z".parse().unwrap();
    let schedule =
        regulation.schedule(Channel::Office, from, regulation.zone(&rules.calendar), &rules.calendar).unwrap();
    assert_eq!(schedule.steps[1].due_at.unwrap().to_rfc3339(), "2026-06-12T23:59:59+05:00");
    assert_eq!(schedule.total.unwrap().1.to_rfc3339(), "2026-06-15T23:59:59+05:00");
}
