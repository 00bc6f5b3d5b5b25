//! Text that a person types passes one door: composed, one blank between words, nothing that nobody sees; telephones by their country.

use kezek::exchange::rows::ApplicationRow;
use kezek::service::files::import_applications;
use kezek::service::files::imports::ImportFault;
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, VILLAGE, instant, on_both};

on_both!(
    a_name_is_kept_composed_with_one_blank_between_its_words,
    what_nobody_sees_is_refused_by_position_and_code,
    a_contact_is_kept_as_what_it_is,
    a_word_of_two_alphabets_and_a_contact_that_names_nothing_are_warned_of,
    what_no_group_teaches_is_said_at_once,
    an_import_passes_the_same_door,
);

/// An application with another value.
fn with(child: &Child, pointer: &str, value: Value) -> Value {
    let mut application = child.application(CITY);
    *application.pointer_mut(pointer).expect("a field") = value;
    application
}

fn a_name_is_kept_composed_with_one_blank_between_its_words(desk: &Desk) {
    let child = desk.another_child();
    // Й and ё in two characters each, no-break and thin blanks.
    let typed = "\u{a0} Се\u{440}гее\u{432}  И\u{306}осиф\u{2009}\u{a0}Фе\u{308}дорович\u{3000}";
    let number = desk.hand_in(&desk.office(), &with(&child, "/child/name", json!(typed))).must(201).text_of("number");
    assert_eq!(desk.application(&number)["child"]["name"], "Сергеев Йосиф Фёдорович");
    desk.keep_secret("Сергеев Йосиф");
}

fn what_nobody_sees_is_refused_by_position_and_code(desk: &Desk) {
    let child = desk.another_child();
    let office = desk.office();
    for (typed, said) in [
        ("Ал\u{200b}ихан", "character 3 is U+200B, a character without width"),
        ("Али\u{ad}хан", "character 4 is U+00AD, a soft hyphen"),
        ("\u{202e}Алихан", "character 1 is U+202E, a control of the direction of writing"),
        ("Алихан\u{e0041}", "character 7 is U+E0041, a tag"),
        ("Алихан\u{e000}", "character 7 is U+E000, a character of somebody's own"),
        ("Алихан\u{378}", "character 7 is U+0378, a number that stands for no character"),
        ("Алихан\u{3164}", "character 7 is U+3164, a character that nobody sees"),
        ("\u{200b}\u{200b}", "character 1 is U+200B"),
        ("Сериков \u{fffd}лихан", "the sign for what could not be read"),
    ] {
        for pointer in ["/child/name", "/applicant/name", "/documents/0/number", "/applicant/contacts/0"] {
            let refused = desk.hand_in(&office, &with(&child, pointer, json!(typed)));
            let refused = refused.refused(422, "invisible_character");
            assert!(refused.text.contains(said), "{pointer}: {}", refused.text);
        }
    }
    for typed in ["---", "12", "!"] {
        desk.hand_in(&office, &with(&child, "/child/name", json!(typed))).refused(422, "no_letter");
    }
    // The same door everywhere: a reason, a note, a second representative.
    let number = desk.register(&child);
    let path = |act: &str| format!("/api/v1/applications/{number}/{act}");
    let hidden = "сөз\u{200b}";
    desk.post(&path("withdraw"), &office, &json!({"reason": hidden})).refused(422, "invisible_character");
    let second = json!({"iin": desk.another_child().parent_iin, "name": hidden, "document": "№ 2"});
    desk.post(&path("representatives"), &office, &second).refused(422, "invisible_character");
    desk.post(&path("amend"), &office, &json!({"contacts": [hidden]})).refused(422, "invisible_character");
}

fn a_contact_is_kept_as_what_it_is(desk: &Desk) {
    let number = desk.register(&desk.another_child());
    for (typed, kept) in [
        ("8 (701) 123-45-67", "+77011234567"),
        ("87011234567", "+77011234567"),
        ("701 123 45 67", "+77011234567"),
        ("+7 701 123 45 67", "+77011234567"),
        ("7 7142 54-12-34", "+77142541234"),
        ("+996 555 123 456", "+996555123456"),
        ("  Ana.Example@EXAMPLE.Kz ", "Ana.Example@example.kz"),
        ("әжесі Гүлсім,  көрші үй", "әжесі Гүлсім, көрші үй"),
        ("аким аула, 8 (714) 12", "аким аула, 8 (714) 12"),
    ] {
        let amend = json!({"contacts": [typed]});
        desk.post(&format!("/api/v1/applications/{number}/amend"), &desk.office(), &amend).must(200);
        assert_eq!(desk.application(&number)["applicant"]["contacts"], json!([kept]), "{typed}");
    }
}

/// The warnings of a registration.
fn warned(desk: &Desk, application: &Value) -> Vec<String> {
    let answer = desk.hand_in(&desk.office(), application).must(201).json;
    serde_json::from_value(answer["warnings"].clone()).expect("warnings")
}

fn a_word_of_two_alphabets_and_a_contact_that_names_nothing_are_warned_of(desk: &Desk) {
    // A Latin "a" in the midst of a Cyrillic word; a whole name in Latin is nothing to warn of.
    let mixed = with(&desk.another_child(), "/child/name", json!("Серикoв Алихан"));
    assert_eq!(warned(desk, &mixed), ["child.name: mixed_scripts"]);
    assert_eq!(warned(desk, &with(&desk.another_child(), "/applicant/name", json!("Smith Дана"))), [""; 0]);
    for said in ["не помню", "Жоқ!", "-", "нет", "123", "541234", "0000000000000000"] {
        let warnings = warned(desk, &with(&desk.another_child(), "/applicant/contacts/0", json!(said)));
        assert_eq!(warnings, ["applicant.contacts[0]: names_nothing"], "{said}");
    }
    for said in ["аким аппараты", "бабушка Нетова", "ана@example.kz"] {
        let warnings = warned(desk, &with(&desk.another_child(), "/applicant/contacts/0", json!(said)));
        assert_eq!(warnings, [""; 0], "{said}");
    }
}

fn what_no_group_teaches_is_said_at_once(desk: &Desk) {
    // In the city a mixed group takes every language; in these kindergartens there is none.
    assert_eq!(warned(desk, &with(&desk.another_child(), "/language", json!("uz"))), [""; 0]);
    let mut uzbek = with(&desk.another_child(), "/language", json!("uz"));
    uzbek["preferences"] = json!(["k-001", "k-002"]);
    assert_eq!(warned(desk, &uzbek), ["language: no_group"]);
    let in_village = |pointer: &str, value: &str| {
        let mut application = with(&desk.another_child(), pointer, json!(value));
        application["territory"] = json!(VILLAGE);
        warned(desk, &application)
    };
    assert_eq!(in_village("/kind", "sanatorium"), ["kind: no_group"]);
    assert_eq!(in_village("/language", "ru"), ["language: no_group"]);
    let mut wished = desk.another_child().application(CITY);
    wished["preferences"] = json!(["k-001"]);
    assert_eq!(warned(desk, &wished), [""; 0]);
}

fn an_import_passes_the_same_door(desk: &Desk) {
    let office = &desk.registry.office;
    let import = |rows: &[ApplicationRow]| {
        import_applications::applications(&office.store, &office.rules, desk.clock.now(), "file.csv", rows, |_| {})
    };
    let faults = |row: ApplicationRow| match import(&[row]) {
        Err(ImportFault::File(faults)) => faults.to_string(),
        other => panic!("taken: {other:?}"),
    };
    let row = || ApplicationRow {
        applied_at: instant("2026-01-15T04:00:00Z"),
        ..crate::counter::clock::mending::rows(1).remove(0)
    };
    let said = faults(ApplicationRow { child_name: "Али\u{200b}хан".to_owned(), ..row() });
    assert!(said.contains("row 2, column child_name: character 4 is U+200B"), "{said}");
    let said = faults(ApplicationRow { applicant_name: "...".to_owned(), ..row() });
    assert!(said.contains("column applicant_name: a name has a letter at least"), "{said}");
    let young = desk.another_child_born("2011-01-01");
    let said = faults(ApplicationRow { applicant_iin: young.iin.parse_iin(), ..row() });
    assert!(said.contains("column applicant_iin: by this IIN the person is not 16 years old"), "{said}");
    let typed = ApplicationRow {
        child_name: "Сериков  Асылхан".to_owned(),
        contacts: vec!["8 701 765 43 21".to_owned()],
        ..row()
    };
    desk.keep_secret("Асылхан");
    import(&[typed]).expect("taken in");
    let page = office.store.read(|conn| kezek::store::applications::page(conn, office.store.vault(), "", 10));
    let lodged = page.expect("the rows").pop().expect("one");
    assert_eq!(lodged.child.name, "Сериков Асылхан");
    assert_eq!(lodged.applicant.contacts, ["+77017654321"]);
}

/// An IIN of a test.
trait AsIin {
    /// The number.
    fn parse_iin(&self) -> kezek::domain::iin::Iin;
}

impl AsIin for String {
    fn parse_iin(&self) -> kezek::domain::iin::Iin {
        kezek::domain::iin::Iin::parse(self).expect("an IIN")
    }
}
