//! The parents' page in a real browser, and what a plain request says about it.

mod browser;

use kezek::domain::codes::Role;
use serde_json::json;

use crate::accounts;
use crate::desk::{CITY, Db, Desk, GROUP, HOME, on_both};
use browser::Browser;

on_both!(the_page_works_without_scripts_and_keeps_the_iin_out_of_addresses, a_page_of_each_language_names_its_language,);

/// A queue in which the third child has one first-priority and one general child ahead.
fn third_of_three(desk: &Desk) -> crate::desk::people::Child {
    desk.register(&desk.another_child());
    desk.register_with(&desk.another_child(), "large_family");
    let child = desk.another_child();
    let mut application = child.application(CITY);
    application["preferences"] = json!(["k-001"]);
    desk.hand_in(&desk.office(), &application).must(201);
    child
}

#[test]
fn a_parent_types_the_iin_and_reads_position_and_reasons_in_three_languages() {
    let desk = Desk::open(Db::Sqlite);
    let child = third_of_three(&desk);
    let browser = Browser::start();
    for (tongue, title, words) in [
        (
            "kk",
            "Баланың кезектегі нөмірі",
            [
                "Балаңыздың кезек нөмірі: 3. Кезектегі балалар саны: 3.",
                "Балаңыздың алдында 2 бала тұр",
                "Одан кейін бірінші кезектегі 1 бала мен жалпы кезектегі 3 бала кезектесіп орналасады.",
                "«Жанарай»",
            ],
        ),
        (
            "ru",
            "Номер ребенка в очереди",
            [
                "Номер очередности вашего ребенка: 3. Всего в очереди: 3 ребенка.",
                "Впереди вашего ребенка: 2 ребенка. Из них вне очереди — 0, первоочередных — 1, в общей очереди — 1.",
                "Затем чередуются: первоочередных — 1, из общей очереди — 3.",
                "«Жанарай»",
            ],
        ),
        (
            "en",
            "The child’s number in the queue",
            [
                "Your child is number 3 of 3 in the queue.",
                "ahead of your child: out of turn 0, first priority 1, general 1.",
                "Out-of-turn children come first",
                "«Жанарай»",
            ],
        ),
    ] {
        browser.open(&desk.url(&format!("/?lang={tongue}")));
        assert_eq!(browser.title(), title);
        browser.type_into("#iin", &child.iin);
        browser.type_into("#code", &desk.code_at_hand(&child.iin));
        browser.send("form button");
        let text = browser.text("main");
        for said in words {
            assert!(text.contains(said), "{tongue}: no {said:?} in {text}");
        }
        assert_eq!(browser.text(".number"), "3 / 3");
        assert!(text.contains("10.09.2026 09:00:00"), "the instant is Kostanay's own: {text}");
        assert!(!text.contains("««") && !text.contains('{'), "{text}");
        let address = browser.address();
        assert!(!address.contains(&child.iin), "the IIN stands in the address {address}");
        assert!(!text.contains(&child.name) && !text.contains(&child.iin), "{text}");
        browser.screenshot(&format!("parents-{tongue}"));
    }
}

#[test]
fn a_stranger_reads_the_number_and_what_to_do_and_a_wrong_code_is_answered_in_words() {
    let desk = Desk::open(Db::Sqlite);
    let child = third_of_three(&desk);
    let browser = Browser::start();
    for (tongue, to_do, more, wrong) in [
        ("kk", "Қазір ештеңе істеудің қажеті жоқ", "отбасы кодын жазыңыз", "қағазындағы код емес"),
        ("ru", "Сейчас ничего делать не нужно", "введите код семьи", "Это не код с бумаги этого ребенка"),
        ("en", "Nothing now.", "enter the family code", "This is not the code of a paper"),
    ] {
        browser.open(&desk.url(&format!("/?lang={tongue}")));
        browser.type_into("#iin", &child.iin);
        browser.send("form button");
        let text = browser.text("main");
        assert!(text.contains(to_do) && text.contains(more), "{tongue}: {text}");
        assert!(!text.contains("«Жанарай»") && !text.contains('№'), "{tongue}: {text}");
        assert_eq!(browser.text(".number"), "3 / 3");
        browser.screenshot(&format!("parents-public-{tongue}"));
        browser.type_into("#iin", &child.iin);
        browser.type_into("#code", "22222222");
        browser.send("form button");
        assert!(browser.text("main [role=alert]").contains(wrong), "{tongue}");
    }
    browser.open(&desk.url("/?lang=ru"));
    browser.type_into("#iin", &child.iin);
    browser.type_into("#code", "22222222");
    browser.send("form button");
    assert!(browser.text("main [role=alert]").contains("Слишком много неверных кодов. Повторите через 2 мин"));
    browser.screenshot("parents-wrong-code");
}

#[test]
fn an_unknown_and_a_wrong_iin_are_answered_in_the_parent_s_language() {
    let desk = Desk::open(Db::Sqlite);
    let stranger = desk.another_child();
    let mut wrong = stranger.iin.clone();
    let last = if wrong.ends_with('1') { "2" } else { "1" };
    wrong.replace_range(11.., last);
    let browser = Browser::start();
    for (tongue, unknown, mistyped) in [
        ("kk", "Бұл ЖСН бойынша өтініш табылмады", "ЖСН тексерілмеді: 12 цифрды тексеріп"),
        ("ru", "По этому ИИН заявление не найдено", "ИИН не прошел проверку: проверьте 12 цифр"),
        ("en", "No application is found for this IIN", "This IIN does not pass its check"),
    ] {
        for (iin, said) in [(&stranger.iin, unknown), (&wrong, mistyped)] {
            browser.open(&desk.url(&format!("/?lang={tongue}")));
            browser.type_into("#iin", iin);
            browser.send("form button");
            let text = browser.text("main [role=alert]");
            assert!(text.contains(said), "{tongue}: {text}");
        }
    }
    browser.screenshot("parents-wrong-iin");
    // The browser itself stops a number that is too short, before anything is sent.
    browser.open(&desk.url("/?lang=en"));
    browser.type_into("#iin", "1234");
    browser.click("form button");
    assert_eq!(browser.text("main"), "");
}

#[test]
fn a_parent_reads_that_a_referral_was_issued_and_that_the_child_is_enrolled() {
    let desk = Desk::open(Db::Sqlite);
    let child = desk.another_child();
    desk.waiting(&child);
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    let browser = Browser::start();
    let look_up = || {
        browser.open(&desk.url("/?lang=ru"));
        browser.type_into("#iin", &child.iin);
        browser.send("form button");
        browser.text("main")
    };
    let text = look_up();
    assert!(text.contains("выдано направление") && text.contains("1 / 1"), "{text}");
    desk.enrol(&referral);
    let text = look_up();
    assert!(text.contains("зачислен") && !text.contains('/'), "{text}");
}

#[test]
fn an_official_signs_in_and_out_in_a_browser() {
    let desk = Desk::open(Db::Sqlite);
    accounts::official(&desk, Role::Office, "clerk");
    let browser = Browser::start();
    for (tongue, wrong, who) in [
        ("kk", "құпиясөз сәйкес емес", "Кім ретінде: көрсетілетін қызметті берушінің кеңсесі"),
        ("ru", "не подходят друг к другу", "В качестве: канцелярия услугодателя"),
        ("en", "do not belong together", "Acting as: the provider’s office"),
    ] {
        browser.open(&desk.url(&format!("/sign-in?lang={tongue}")));
        browser.type_into("#login", "clerk");
        browser.type_into("#password", "not the password");
        browser.send("form.sign-in button");
        assert!(browser.text("#password-error").contains(wrong), "{tongue}");
        browser.type_into("#password", accounts::PASSWORD);
        browser.send("form.sign-in button");
        let text = browser.text("main");
        assert!(text.contains(who) && text.contains("Серікбаева Айгүл"), "{tongue}: {text}");
        browser.screenshot(&format!("signed-in-{tongue}"));
        // Whoever comes back is still signed in, until they sign out.
        browser.open(&desk.url(&format!("/sign-in?lang={tongue}")));
        assert!(browser.text("main").contains(who), "{tongue}");
        browser.send("form.sign-out button");
        browser.open(&desk.url(&format!("/sign-in?lang={tongue}")));
        assert!(browser.text("form.sign-in").len() > 10, "{tongue}: the form again");
        browser.screenshot(&format!("sign-in-{tongue}"));
    }
}

fn the_page_works_without_scripts_and_keeps_the_iin_out_of_addresses(desk: &Desk) {
    let child = third_of_three(desk);
    let page = desk.look("/").must(200);
    assert!(page.text.contains("method=\"post\"") && !page.text.contains("<script"), "{}", page.text);
    let form = format!("iin={}&lang=ru", child.iin);
    let request = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let answer = desk.send_raw(request.as_bytes()).must(200);
    assert!(answer.text.contains("Номер очередности вашего ребенка: 3"), "{}", answer.text);
    for secret in [&child.iin, &child.name, &child.parent_name, &child.phone] {
        assert!(!answer.text.contains(secret.as_str()), "the page tells {secret}");
    }
}

fn a_page_of_each_language_names_its_language(desk: &Desk) {
    for (query, tongue) in [("", "kk"), ("?lang=kk", "kk"), ("?lang=ru", "ru"), ("?lang=en", "en"), ("?lang=xx", "kk")]
    {
        let page = desk.look(&format!("/{query}")).must(200);
        assert!(page.text.contains(&format!("<html lang=\"{tongue}\">")), "{query}: {}", page.text);
        assert!(page.media.contains("charset=utf-8"));
    }
}
