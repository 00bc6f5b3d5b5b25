//! What a family is told of each kindergarten that it wished, also of those that had no free place for its child.

use serde_json::{Value, json};

use super::{explained, hold, page, told, waiting};
use crate::desk::{Desk, GROUP, HOME, on_both};

on_both!(
    every_wished_kindergarten_is_told_of_in_its_order_also_where_it_had_no_place_for_the_child,
    wishes_are_those_of_the_round_and_end_with_the_one_that_gave_the_place,
);

/// Publishes a place of a group for the children born in a year.
fn place_for(desk: &Desk, group: &str, cohort: i32) {
    let sent = json!({"group": group, "cohort": cohort, "count": 1, "available_on": "2026-09-14"});
    desk.post("/api/v1/places", &desk.department(), &sent).must(201);
}

fn outcomes(told: &Value) -> Vec<(u64, String, String)> {
    let text = |wish: &Value, field: &str| wish[field].as_str().expect("a text").to_owned();
    let wishes = told["wishes"].as_array().expect("wishes").iter();
    wishes.map(|w| (w["wish"].as_u64().expect("a number"), text(w, "kindergarten"), text(w, "outcome"))).collect()
}

fn named(all: &[(&str, &str)]) -> Vec<(u64, String, String)> {
    (1..).zip(all).map(|(wish, (id, outcome))| (wish, (*id).to_owned(), (*outcome).to_owned())).collect()
}

fn every_wished_kindergarten_is_told_of_in_its_order_also_where_it_had_no_place_for_the_child(desk: &Desk) {
    waiting(desk, &desk.another_child(), &["k-001"]);
    let (child, other) = (desk.another_child(), desk.another_child());
    let number = waiting(desk, &child, &["k-004", "k-002", "k-001", "k-003"]);
    waiting(desk, &other, &["k-006", "k-007"]);
    let younger = desk.another_child_born("2023-05-17");
    waiting(desk, &younger, &["k-006"]);
    desk.place(GROUP);
    // Of another language, of another age, and for another year of birth.
    desk.place("203");
    desk.place("306");
    place_for(desk, "602", 2023);
    let round = hold(desk, HOME);
    let only = told(desk, &child.iin)["explanations"][0].clone();
    let expected = named(&[
        ("k-004", "no_free_place"),
        ("k-002", "other_language"),
        ("k-001", "not_given"),
        ("k-003", "other_age"),
    ]);
    assert_eq!(outcomes(&only), expected, "{only}");
    assert_eq!(outcomes(&explained(desk, &round, &number)), expected, "officials read the same");
    let of_other = told(desk, &other.iin)["explanations"][0].clone();
    assert_eq!(outcomes(&of_other), named(&[("k-006", "other_queue"), ("k-007", "no_free_place")]), "{of_other}");
    assert!(of_other["text"]["en"].as_str().expect("a text").contains("no free place suited"), "{of_other}");
    for (tongue, sentences) in [
        (
            "kk",
            [
                "«Родничок» бөбекжай-балабақшасы: бұл бөлуде онда бос орын болған жоқ.",
                "«Улыбка» бөбекжай-балабақшасы: бұл бөлуде ондағы бос орындар оқыту тілі басқа топтарда болды.",
                "107-топ: барлық бос орын (1) алда тұрған балаларға берілді.",
                "«Теремок» бөбекжай-балабақшасы: бұл бөлуде ондағы бос орындар басқа жасқа арналған топтарда болды.",
            ],
        ),
        (
            "ru",
            [
                "Ясли-сад «Родничок»: свободных мест там в этом распределении не было.",
                "свободные места там в этом распределении были в группах с другим языком обучения.",
                "Группа 107: все свободные места (1) получили дети, которые стоят раньше.",
                "Ясли-сад «Теремок»: свободные места там в этом распределении были в группах для другого возраста.",
            ],
        ),
        (
            "en",
            [
                "Ясли-сад «Родничок»: it had no free place in this distribution.",
                "its free places in this distribution were in groups of another language.",
                "Group 107: all free places (1) went to children ahead.",
                "Ясли-сад «Теремок»: its free places in this distribution were in groups for another age.",
            ],
        ),
    ] {
        let text = page(desk, &child, tongue);
        let at = sentences.map(|said| text.find(said).unwrap_or_else(|| panic!("{said} in {text}")));
        assert!(at.is_sorted(), "in the order of the wishes: {text}");
    }
}

fn wishes_are_those_of_the_round_and_end_with_the_one_that_gave_the_place(desk: &Desk) {
    let (child, any) = (desk.another_child(), desk.another_child());
    let left = desk.another_child();
    waiting(desk, &child, &["k-004", "k-001", "k-005"]);
    waiting(desk, &any, &[]);
    let behind = waiting(desk, &left, &["k-001"]);
    desk.place(GROUP);
    hold(desk, HOME);
    let of = |iin: &str| told(desk, iin)["explanations"][0].clone();
    let expected = named(&[("k-004", "no_free_place"), ("k-001", "given")]);
    assert_eq!(outcomes(&of(&child.iin)), expected);
    assert_eq!(of(&any.iin)["wishes"], json!([]), "it takes any kindergarten");
    assert_eq!(of(&any.iin)["choices"][0]["kindergarten"], json!("k-001"));
    let page = page(desk, &any, "en");
    assert!(page.contains("Group 107: all free places (1)") && !page.contains("in this distribution."), "{page}");
    let change = json!({"preferences": ["k-006"]});
    desk.post(&format!("/api/v1/applications/{behind}/amend"), &desk.family(&behind), &change).must(200);
    assert_eq!(outcomes(&of(&left.iin)), named(&[("k-001", "not_given")]), "as it stood when the round was held");
}
