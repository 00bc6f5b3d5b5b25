//! Why a committed round gave a child what it gave, as officials and families are told.

mod last_round;
mod wishes;

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, GROUP, HOME, VILLAGE, VILLAGE_GROUP, VILLAGE_HOME, on_both};
use crate::program;

on_both!(
    every_choice_above_the_result_says_who_went_before_and_what_would_have_changed_it,
    the_explanation_is_that_of_the_offline_command_over_the_files_of_the_round,
    a_family_is_told_of_the_last_round_without_a_word_about_another_child,
    whoever_took_no_part_is_told_so_and_what_to_look_at,
    an_explanation_reaches_as_far_as_the_application_s_territory,
    the_page_of_parents_tells_of_the_last_round,
);

/// Registers and accepts a child that wants these kindergartens.
fn waiting(desk: &Desk, child: &Child, preferences: &[&str]) -> String {
    let mut application = child.application(CITY);
    application["preferences"] = json!(preferences);
    let number = desk.hand_in(&desk.office(), &application).must(201).text_of("number");
    desk.accept(&number);
    number
}

fn hold(desk: &Desk, territory: &str) -> String {
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": territory})).must(201).text_of("id")
}

fn path(round: &str, number: &str) -> String {
    format!("/api/v1/rounds/{round}/applications/{number}")
}

fn explained(desk: &Desk, round: &str, number: &str) -> Value {
    desk.get(&path(round, number), &desk.department()).must(200).json
}

fn told(desk: &Desk, iin: &str) -> Value {
    desk.ask_with_code("/api/v1/explanations", iin).must(200).json
}

/// What the parents' page says.
fn page(desk: &Desk, child: &Child, lang: &str) -> String {
    let form = desk.form(&child.iin, lang);
    let head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded";
    let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{form}", form.len());
    desk.send_raw(request.as_bytes()).must(200).text
}

/// A round of one place in each of two kindergartens: the first child gets what it wants most, the second its second
/// choice, the third nothing.
struct Held {
    round: String,
    children: [Child; 3],
    numbers: [String; 3],
}

fn held(desk: &Desk) -> Held {
    let children = [(); 3].map(|()| desk.another_child());
    let [a, b, c] = &children;
    let numbers =
        [waiting(desk, a, &["k-005"]), waiting(desk, b, &["k-005", "k-001"]), waiting(desk, c, &["k-001", "k-005"])];
    desk.place("503");
    desk.place(GROUP);
    Held { round: hold(desk, HOME), children, numbers }
}

fn every_choice_above_the_result_says_who_went_before_and_what_would_have_changed_it(desk: &Desk) {
    let Held { round, numbers: [first, second, third], .. } = held(desk);
    let of_first = explained(desk, &round, &first);
    let pass = &of_first;
    assert_eq!((&pass["choices"], &pass["result"]["choice"]), (&json!([]), &json!(1)));
    assert!(of_first["text"]["en"].as_str().expect("a text").contains("your child was given a place in"), "{of_first}");

    let of_second = explained(desk, &round, &second);
    let pass = &of_second;
    assert_eq!(
        (&pass["queue"], &pass["pass"], &pass["rule"]),
        (&json!("391000000-2022-general"), &json!(1), &json!("queue"))
    );
    assert_eq!((&pass["order"], &pass["participants"]), (&json!(2), &json!(3)));
    assert_eq!(pass["result"], json!({"choice": 2, "group": GROUP, "kindergarten": "k-001"}));
    let choices = pass["choices"].as_array().expect("choices");
    assert_eq!(choices.len(), 1, "{of_second}");
    let refused = &choices[0];
    assert_eq!(
        (&refused["choice"], &refused["group"], &refused["kindergarten"]),
        (&json!(1), &json!("503"), &json!("k-005"))
    );
    assert_eq!((&refused["reason"], &refused["places"]), (&json!("turn"), &json!(1)));
    assert_eq!(refused["ahead"], json!([{"tier": 3, "children": 1}]));
    assert_eq!(
        (&refused["last"]["order"], &refused["last"]["tier"], &refused["last"]["sibling"]),
        (&json!(1), &json!(3), &json!(false))
    );
    let ticket = desk.application(&first)["ticket"].clone();
    assert_eq!(refused["last"]["ticket"], ticket, "the last child that the group took");
    for (tongue, words, changed) in [
        ("en", "Group 503: all free places (1) went to children ahead. The last one: number 1", "A smaller number"),
        (
            "ru",
            "Группа 503: все свободные места (1) получили дети, которые стоят раньше. Последний: номер 1",
            "номер в общем порядке меньше",
        ),
        (
            "kk",
            "503-топ: барлық бос орын (1) алда тұрған балаларға берілді. Соңғысы: жалпы кезектегі нөмірі 1",
            "соңғы баланікінен кіші бала",
        ),
    ] {
        let text = |field: &str| refused[field][tongue].as_str().expect("a text").to_owned();
        assert!(text("text").contains(words), "{}", text("text"));
        assert!(text("would_change").contains(changed), "{}", text("would_change"));
    }

    let of_third = explained(desk, &round, &third);
    let pass = &of_third;
    assert_eq!((&pass["result"], pass["choices"].as_array().map(Vec::len)), (&Value::Null, Some(2)), "{of_third}");
    assert_eq!((&pass["choices"][0]["last"]["order"], &pass["choices"][1]["last"]["order"]), (&json!(2), &json!(1)));
    assert!(of_third["text"]["ru"].as_str().expect("a text").contains("место вашему ребенку не выдано"), "{of_third}");
}

fn the_explanation_is_that_of_the_offline_command_over_the_files_of_the_round(desk: &Desk) {
    let Held { round, numbers, .. } = held(desk);
    let read = desk.get(&format!("/api/v1/rounds/{round}/certificate"), &desk.auditor()).must(200).json;
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| {
        let href = read["certificates"][0]["files"][name]["href"].as_str().expect("an address");
        let path = folder.path().join(name);
        std::fs::write(&path, desk.get(href, &desk.auditor()).must(200).text).expect("a file");
        path.to_str().expect("a path").to_owned()
    };
    let (groups, children) = (file("groups"), file("children"));
    let at = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    let (out, rows) = (at("out.csv"), at("why.csv"));
    let files = ["allocate", "--groups", &groups, "--children", &children, "--rule", "queue"];
    program::run(&[&files[..], &["--out", &out, "--explain", &rows]].concat()).must(0);
    let lines = |path: &str| -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(path).expect("a file");
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let of_groups = lines(&at("why.groups.csv"));
    let mut compared = 0;
    for number in &numbers {
        let pass = explained(desk, &round, number);
        let ticket = desk.application(number)["ticket"].to_string();
        let own: Vec<Vec<String>> = lines(&rows).into_iter().filter(|row| row[0] == ticket).collect();
        let choices = pass["choices"].as_array().expect("choices");
        assert_eq!(own.len(), choices.len(), "{number}");
        for (row, choice) in own.iter().zip(choices) {
            assert_eq!([&row[1], &row[3]], [&choice["choice"].to_string(), choice["reason"].as_str().expect("a code")]);
            let group = of_groups.iter().find(|group| group[0] == row[2]).expect("the group");
            let ahead: Vec<String> = choice["ahead"]
                .as_array()
                .expect("tiers")
                .iter()
                .map(|t| format!("{}:{}", t["tier"], t["children"]))
                .collect();
            assert_eq!([&group[1], &group[2]], [&choice["places"].to_string(), &ahead.join(";")]);
            assert_eq!(group[6], choice["last"]["ticket"].to_string());
            compared += 1;
        }
    }
    assert_eq!(compared, 3, "one choice of the second child and two of the third");
}

fn a_family_is_told_of_the_last_round_without_a_word_about_another_child(desk: &Desk) {
    let Held { round, children: [first, second, third], numbers } = held(desk);
    let of = |child: &Child| told(desk, &child.iin)["explanations"].clone();
    assert_eq!((&of(&first)[0]["placed"], &of(&first)[0]["choices"]), (&json!(true), &json!([])));
    let of_third = of(&third);
    let only = &of_third[0];
    assert_eq!(
        (&only["round"], &only["application"], &only["placed"]),
        (&json!(round), &json!(numbers[2]), &json!(false))
    );
    assert_eq!((&only["order"], only["choices"].as_array().map(Vec::len)), (&json!(3), Some(2)));
    assert_eq!(
        only["choices"][1]["text"]["ru"],
        "Ясли-сад «Балдаурен». Группа 503: все свободные места (1) получили дети, которые стоят раньше. Последний: номер 1 в общем порядке."
    );
    // Nothing by which another child could be told: no tier, ticket or instant of one, no number of an application.
    let text = of_third.to_string();
    for other in [&numbers[0], &numbers[1], &first.iin, &second.iin, &third.iin] {
        assert!(!text.contains(other.as_str()), "{other} in {text}");
    }
    for field in ["last", "ahead", "ticket", "tier"] {
        assert!(only["choices"][0].get(field).is_none() && only.get(field).is_none(), "{field} in {text}");
    }
    // The second round is the last one, and it did not concern the child that was placed in the first.
    desk.place(GROUP);
    let later = hold(desk, HOME);
    assert_eq!(of(&third)[0]["round"], json!(later));
    assert_eq!((&of(&third)[0]["placed"], &of(&second)[0]["round"]), (&json!(true), &json!(round)));
    let stranger = json!({"iin": desk.another_child().iin, "code": "23456789"}).to_string();
    desk.send("POST", "/api/v1/explanations", None, &[], Some(stranger.as_bytes())).refused(401, "wrong_code");
    let wrong = json!({"iin": "123", "code": "23456789"}).to_string();
    desk.send("POST", "/api/v1/explanations", None, &[], Some(wrong.as_bytes())).refused(422, "wrong_iin");
}

fn whoever_took_no_part_is_told_so_and_what_to_look_at(desk: &Desk) {
    let pending = desk.another_child();
    let undecided = desk.register(&pending);
    let Held { round, numbers: [first, ..], .. } = held(desk);
    let late = waiting(desk, &desk.another_child(), &["k-001"]);
    let elsewhere = desk.waiting_in_village(&desk.another_child());
    for number in [&undecided, &late, &elsewhere] {
        let refused = desk.get(&path(&round, number), &desk.department()).refused(404, "not_in_round");
        let text = refused.json["text"]["en"].as_str().expect("a text").to_owned();
        assert!(text.contains(number.as_str()) && text.contains("Look at its position"), "{text}");
    }
    assert_eq!(told(desk, &pending.iin), json!({"explanations": [], "passed": []}));
    desk.place(GROUP);
    let second = hold(desk, HOME);
    desk.get(&path(&second, &first), &desk.department()).refused(404, "not_in_round");
    desk.get(&path(&format!("{HOME}-D-000099"), &first), &desk.department()).refused(404, "not_found");
    desk.get(&path(&round, &format!("{HOME}-000099")), &desk.department()).refused(404, "not_found");
    desk.get(&path("x", "y"), &desk.department()).refused(404, "not_found");
}

fn an_explanation_reaches_as_far_as_the_application_s_territory(desk: &Desk) {
    let villager = desk.waiting_in_village(&desk.another_child());
    let of_home = desk.register_in(&desk.another_child(), VILLAGE_HOME);
    desk.accept(&of_home);
    desk.places(VILLAGE_GROUP, 2);
    let round = hold(desk, VILLAGE_HOME);
    desk.get(&path(&round, &villager), &desk.akim()).must(200);
    desk.get(&path(&round, &of_home), &desk.akim()).refused(403, "territory_too_far");
    desk.get(&path(&round, &villager), &desk.token(Role::Akim, HOME)).refused(403, "territory_too_far");
    desk.get(&path(&round, &villager), &desk.token(Role::Office, VILLAGE)).must(200);
    desk.get(&path(&round, &villager), &desk.staff_of("k-001")).refused(403, "role_too_far");
    assert_eq!(desk.status(&of_home), "referred", "the second pass gave it what the village left");
    let spilled = explained(desk, &round, &of_home);
    assert_eq!((&spilled["pass"], &spilled["result"]["kindergarten"]), (&json!(2), &json!("k-016")));
}

fn the_page_of_parents_tells_of_the_last_round(desk: &Desk) {
    let Held { round, children: [first, _, third], .. } = held(desk);
    for (lang, words) in [
        ("kk", "балаңызға орын берілген жоқ"),
        ("ru", "место вашему ребенку не выдано"),
        ("en", "no place was given to your child"),
    ] {
        let text = page(desk, &third, lang);
        assert!(text.contains(&round) && text.contains(words), "{text}");
        assert!(text.contains("503"), "each choice has its sentence: {text}");
    }
    assert!(page(desk, &first, "en").contains("your child was given a place in"));
    let pending = desk.another_child();
    desk.register(&pending);
    let none = page(desk, &pending, "en");
    assert!(!none.contains(&round) && !none.contains("Distribution"), "{none}");
}
