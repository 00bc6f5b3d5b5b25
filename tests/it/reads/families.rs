//! What a family is told of who read its application, and what the department and the auditor are.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use super::{log_of, official, read};
use crate::desk::{CITY, Desk, HOME, on_both};

on_both!(
    a_family_sees_the_day_the_office_the_post_and_the_purpose_and_no_name,
    what_an_investigator_read_is_shown_when_its_mandate_has_ended,
    the_reads_of_papers_referrals_and_cases_are_those_of_the_application,
    the_parents_page_says_who_read_the_application,
    of_an_erased_child_the_purposes_are_gone_and_the_lines_name_a_seat,
);

fn of(desk: &Desk, token: &str, number: &str) -> Value {
    desk.get(&format!("/api/v1/applications/{number}/reads"), token).must(200).json
}

fn fields(read: &Value) -> Vec<&str> {
    read.as_object().expect("a read").keys().map(String::as_str).collect()
}

fn a_family_sees_the_day_the_office_the_post_and_the_purpose_and_no_name(desk: &Desk) {
    let number = desk.register(&desk.another_child());
    let (account, clerk) = official(desk, Role::Office, CITY, None);
    desk.keep_secret("отбасының арызы");
    read(desk, &clerk, &number, Some("отбасының арызы")).must(200);
    read(desk, &clerk, &number, None).must(200);
    let session = desk.family(&number);
    let told = of(desk, &session, &number);
    let own: Vec<&Value> = told["reads"].as_array().expect("reads").iter().collect();
    let of_clerk: Vec<_> = own.iter().filter(|read| read["post"] == "бас маман").collect();
    assert_eq!(of_clerk.len(), 2, "{told}");
    assert_eq!(fields(of_clerk[0]), ["office", "on", "post", "purpose", "what"]);
    assert_eq!((&of_clerk[1]["purpose"], &of_clerk[0]["purpose"]), (&json!("отбасының арызы"), &Value::Null));
    assert_eq!(of_clerk[0]["on"], "2026-09-10");
    assert!(of_clerk[0]["office"]["ru"].as_str().is_some_and(|o| o.contains("канцелярия")), "{told}");
    assert!(of_clerk[0]["what"]["kk"].as_str().is_some_and(|what| what.contains("өтініш")), "{told}");
    let text = told.to_string();
    assert!(!text.contains(&account) && !text.contains("Серікбаева"), "{text}");
    // Page by page, the newest first.
    let page = desk.get(&format!("/api/v1/applications/{number}/reads?limit=1"), &session).must(200).json;
    assert_eq!((&page["reads"][0], &page["total"]), (&told["reads"][0], &told["total"]));
    let next = page["next"].as_str().expect("another page");
    let page = desk.get(&format!("/api/v1/applications/{number}/reads?limit=1&cursor={next}"), &session).must(200).json;
    assert_eq!(page["reads"][0], told["reads"][1]);
    // The department and the auditor see the account and the name.
    for token in [desk.department(), desk.auditor()] {
        let told = of(desk, &token, &number);
        let named = told["reads"].as_array().expect("reads").iter().find(|read| read["account"] == json!(account));
        let named = named.expect("the clerk");
        assert_eq!((&named["name"], &named["role"]), (&json!("Серікбаева Айгүл"), &json!("office")));
        assert_eq!((&named["subject"], &named["at"]), (&json!(number), &json!("2026-09-10T04:00:00.000000Z")));
    }
    let other = desk.family(&desk.register(&desk.another_child()));
    desk.get(&format!("/api/v1/applications/{number}/reads"), &other).refused(404, "not_found");
    desk.get(&format!("/api/v1/applications/{number}/reads"), &desk.office()).refused(403, "role_too_far");
}

fn what_an_investigator_read_is_shown_when_its_mandate_has_ended(desk: &Desk) {
    let number = desk.register(&desk.another_child());
    let (_, prosecutor) = official(desk, Role::Auditor, HOME, Some("2026-09-20"));
    read(desk, &prosecutor, &number, Some("іс № 7")).must(200);
    let seen = |at: &str| {
        desk.set_clock(at);
        let told = of(desk, &desk.family(&number), &number);
        let shown = told["reads"].as_array().expect("reads").iter().filter(|read| read["purpose"] == "іс № 7").count();
        let total = told["total"].as_u64().expect("a total");
        assert_eq!(total, told["reads"].as_array().map_or(0, |reads| reads.len() as u64));
        shown
    };
    assert_eq!(seen("2026-09-10T05:00:00Z"), 0);
    assert_eq!(seen("2026-09-20T18:00:00Z"), 0, "its last day");
    assert_eq!(seen("2026-09-20T19:00:00Z"), 1, "the day after, by the time of the capital");
    desk.set_clock("2026-09-12T04:00:00Z");
    assert!(!of(desk, &desk.department(), &number).to_string().contains("іс № 7"), "it may be the one looked into");
    assert!(of(desk, &desk.auditor(), &number).to_string().contains("іс № 7"));
}

fn the_reads_of_papers_referrals_and_cases_are_those_of_the_application(desk: &Desk) {
    let child = desk.another_child();
    let (number, referral) = desk.enrolled(&child);
    let (_, clerk) = official(desk, Role::Office, CITY, None);
    let application = read(desk, &clerk, &number, None).must(200).json;
    let case = application["case"].as_str().expect("a case");
    let papers = desk.get(&format!("/api/v1/applications/{number}/documents"), &clerk).must(200).json;
    let paper = papers["documents"][0]["id"].as_str().expect("a paper");
    for path in [format!("documents/{paper}"), format!("referrals/{referral}"), format!("cases/{case}")] {
        desk.get(&format!("/api/v1/{path}"), &clerk).must(200);
    }
    let told = of(desk, &desk.department(), &number);
    let subjects: Vec<&str> =
        told["reads"].as_array().expect("reads").iter().filter_map(|read| read["subject"].as_str()).collect();
    for subject in [number.as_str(), paper, &referral, case] {
        assert!(subjects.contains(&subject), "{subject}: {told}");
    }
}

fn the_parents_page_says_who_read_the_application(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    let code = desk.code_at_hand(&child.iin);
    let page = |lang: &str| {
        let form = format!("iin={}&code={code}&lang={lang}", child.iin);
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let sent = ureq::post(desk.url("/")).header(headers[0].0, headers[0].1).send(form);
        sent.expect("a page").body_mut().read_to_string().expect("a text")
    };
    assert!(page("ru").contains("пока не читало ни одно должностное лицо"));
    let (_, clerk) = official(desk, Role::Office, CITY, None);
    read(desk, &clerk, &number, Some("<b>тексеру</b>")).must(200);
    for (lang, words) in
        [("kk", "Өтінішіңізді кім оқыды"), ("ru", "Кто читал ваше заявление"), ("en", "Who read your application")]
    {
        let page = page(lang);
        assert!(page.contains(words) && page.contains("бас маман"), "{page}");
        assert!(!page.contains("<b>") && page.contains("тексеру"), "{page}");
        assert!(!page.contains("Серікбаева"), "{page}");
    }
}

fn of_an_erased_child_the_purposes_are_gone_and_the_lines_name_a_seat(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    let purpose = format!("{} отбасы", child.name);
    read(desk, &desk.office(), &number, Some(&purpose)).must(200);
    let before = log_of(desk);
    assert!(of(desk, &desk.department(), &number).to_string().contains(&purpose));
    desk.withdraw(&number).must(200);
    desk.set_clock("2026-09-25T04:00:00Z");
    let ground = json!({"ground": "applicant_request"});
    desk.post(&format!("/api/v1/applications/{number}/erase"), &desk.department(), &ground).must(200);
    let told = of(desk, &desk.department(), &number);
    assert!(told["total"].as_u64() >= Some(before.len() as u64), "{told}");
    assert!(!told.to_string().contains(&child.name), "{told}");
    // What is said of it from now on cannot be taken back, so it is not kept.
    assert!(told["reads"].as_array().expect("reads").iter().all(|read| read["purpose"].is_null()), "{told}");
}
