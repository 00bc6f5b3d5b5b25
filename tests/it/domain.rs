//! What an IIN, a KATO code and the closed lists accept.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use chrono::NaiveDate;
use kezek::domain::codes::{Channel, Language, Status};
use kezek::domain::iin::{Iin, IinFault, IinWarning, check_digit};
use kezek::domain::kato::Kato;
use proptest::prelude::*;

fn on(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn kato(code: &str) -> Kato {
    Kato::parse(code).unwrap()
}

#[test]
fn published_numbers_with_a_right_check_digit_are_accepted() {
    // First pass, second pass (061211600012, 009900030008, 200215500404), and no day of the calendar (0099…).
    for text in ["061211600012", "791028302728", "009900000008", "009900030008", "200215500003", "200215500404"] {
        let iin = Iin::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(iin.to_string(), text, "leading zeros survive");
        assert_eq!(text.parse::<u64>().unwrap(), iin.number());
    }
}

#[test]
fn a_number_without_a_check_digit_is_refused_whatever_its_last_digit() {
    for last in 0..10 {
        assert_eq!(Iin::parse(&format!("20021550043{last}")), Err(IinFault::WrongCheckDigit));
    }
    assert_eq!(Iin::parse("821214240092"), Err(IinFault::WrongCheckDigit));
    assert_eq!(check_digit(&[2, 0, 0, 2, 1, 5, 5, 0, 0, 4, 3]), None);
}

#[test]
fn numbers_that_others_call_valid_or_use_as_examples_are_refused() {
    for text in ["941205300125", "123456789011", "061231231234"] {
        assert_eq!(Iin::parse(text), Err(IinFault::WrongCheckDigit), "{text}");
    }
}

#[test]
fn an_example_number_of_test_certificates_has_a_right_check_digit_after_all() {
    // 9*1+3*2+1*3+0*4+0*5+2*6+4*7+5*8+1*9+3*10+2*11 = 159 = 14*11 + 5: the first pass gives its last digit.
    assert_eq!(Iin::parse("931002451325").map(Iin::number), Ok(931_002_451_325));
}

#[test]
fn a_business_number_is_not_a_person() {
    assert_eq!(Iin::parse("700140000019"), Err(IinFault::BusinessNumber));
    assert_eq!(Iin::parse("000000000000"), Err(IinFault::AllZeros));
}

#[test]
fn only_twelve_ascii_digits_are_a_number() {
    for text in ["", "06121160001", "0612116000122", " 061211600012", "061211600012\n", "06121160001x", "٠٦١٢١١٦٠٠٠١٢"]
    {
        assert_eq!(Iin::parse(text), Err(IinFault::NotTwelveDigits), "{text:?}");
    }
}

#[test]
fn a_wrong_last_digit_is_always_caught() {
    for text in ["061211600012", "791028302728", "200215500003", "200215500404"] {
        let (head, last) = text.split_at(11);
        for digit in (0..10).filter(|digit| digit.to_string() != last) {
            assert_eq!(Iin::parse(&format!("{head}{digit}")), Err(IinFault::WrongCheckDigit));
        }
    }
}

#[test]
fn digits_that_differ_from_the_papers_are_a_warning_and_never_a_refusal() {
    let number = |text| Iin::parse(text).unwrap();
    assert_eq!(number("200215500003").warnings(on(2020, 2, 15)), []);
    assert_eq!(number("200215500003").warnings(on(2020, 2, 16)), [IinWarning::BirthDateDiffers]);
    assert_eq!(number("200215500003").warnings(on(1920, 2, 15)), [IinWarning::BirthDateDiffers], "another century");
    assert_eq!(number("061211600012").warnings(on(2006, 12, 11)), []);
    assert_eq!(number("791028302728").warnings(on(1979, 10, 28)), []);
    let no_day = number("009900000008").warnings(on(2000, 9, 9));
    assert_eq!(no_day, [IinWarning::UnusualCenturyDigit, IinWarning::BirthDateDiffers]);
}

#[test]
fn logs_never_hold_a_whole_number() {
    let iin = Iin::parse("200215500404").unwrap();
    assert_eq!(format!("{iin:?}"), "********0404");
    assert_eq!(iin.masked(), "********0404");
}

#[test]
fn an_iin_is_a_string_in_json() {
    let iin = Iin::parse("009900000008").unwrap();
    assert_eq!(serde_json::to_string(&iin).unwrap(), "\"009900000008\"");
    assert_eq!(serde_json::from_str::<Iin>("\"009900000008\"").unwrap(), iin);
    assert!(serde_json::from_str::<Iin>("\"009900000009\"").is_err());
    assert!(serde_json::from_str::<Iin>("9900000008").is_err());
}

#[test]
fn the_parent_of_a_code_is_the_code_with_its_last_block_zeroed() {
    for (code, parent) in [
        ("391653100", Some("391653000")),
        ("101033102", Some("101033000")),
        ("391653000", Some("391600000")),
        ("391610000", Some("391600000")),
        ("711110000", Some("711100000")),
        ("391600000", Some("390000000")),
        ("390000000", Some("000000000")),
        ("710000000", Some("000000000")),
        ("000000000", None),
    ] {
        assert_eq!(kato(code).parent(), parent.map(kato), "{code}");
    }
}

#[test]
fn a_territory_holds_itself_and_all_below_it() {
    for (inner, outer) in [
        ("391653100", "391653100"),
        ("391653100", "391653000"),
        ("391653100", "391600000"),
        ("391653100", "390000000"),
        ("391653100", "000000000"),
        ("711110000", "710000000"),
        ("390000000", "390000000"),
        ("000000000", "000000000"),
    ] {
        assert!(kato(inner).within(kato(outer)), "{inner} lies inside {outer}");
    }
    for (inner, outer) in [
        ("391653000", "391653100"),
        ("391653200", "391653100"),
        ("391659000", "391653000"),
        ("391653000", "391610000"),
        ("391000000", "391600000"),
        ("430000000", "390000000"),
        ("390000000", "391000000"),
        ("000000000", "390000000"),
    ] {
        assert!(!kato(inner).within(kato(outer)), "{inner} does not lie inside {outer}");
    }
}

#[test]
fn the_home_of_a_territory_is_its_district_or_city() {
    for (code, home) in [
        ("391653100", "391600000"),
        ("391653000", "391600000"),
        ("391610000", "391600000"),
        ("391600000", "391600000"),
        ("711110000", "710000000"),
        ("751310000", "750000000"),
        ("791910000", "790000000"),
        ("710000000", "710000000"),
        ("000000000", "000000000"),
    ] {
        assert_eq!(kato(code).home(), kato(home), "{code}");
        assert!(kato(home).is_home(), "{home} owns queues");
    }
    for code in ["390000000", "391610000", "391653000", "391653100", "711110000", "711100000"] {
        assert!(!kato(code).is_home(), "{code} owns no queues");
    }
}

#[test]
fn a_code_of_the_classifier_is_nine_digits() {
    for text in ["", "39", "3910000000", "39101000", "39101000x", " 391010000", "+91010000", "٣٩١٠١٠٠٠٠"] {
        assert!(Kato::parse(text).is_err(), "{text:?}");
    }
    assert_eq!(Kato::from_number(1_000_000_000), None);
    assert_eq!(Kato::from_number(10_000_000).unwrap().to_string(), "010000000");
    assert_eq!(serde_json::to_string(&kato("010000000")).unwrap(), "\"010000000\"");
}

#[test]
fn an_unknown_code_of_a_list_names_those_that_are_known() {
    let fault = "fax".parse::<Channel>().unwrap_err().to_string();
    assert!(fault.contains("office, state_corporation, portal"), "{fault}");
    assert!("KK".parse::<Language>().is_err(), "codes are exact");
    for status in Status::ALL {
        assert_eq!(status.code().parse::<Status>().unwrap(), *status);
        assert_eq!(serde_json::to_string(status).unwrap(), format!("\"{status}\""));
    }
}

proptest! {
    #[test]
    fn every_territory_lies_inside_its_parent_and_its_home(number in 0u32..1_000_000_000) {
        let code = Kato::from_number(number).unwrap();
        if let Some(parent) = code.parent() {
            prop_assert!(code.within(parent));
            prop_assert!(!parent.within(code));
        }
        prop_assert!(code.within(code.home()));
        prop_assert_eq!(code.home().home(), code.home());
        prop_assert_eq!(Kato::parse(&code.to_string()).unwrap(), code);
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "\\PC{0,14}") {
        let _ = Iin::parse(&text);
        let _ = Kato::parse(&text);
    }
}
