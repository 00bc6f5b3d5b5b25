//! What was exported imports as itself, whatever it holds, and no bytes bring the readers down.

use chrono::{DateTime, NaiveDate, Utc};
use kezek::domain::application::{CategoryClaim, Document};
use kezek::domain::codes::{
    ApplicantKind, Channel, Decision, GroupKind, Language, PlaceStatus, ProofStatus, ReferralStatus, Status,
};
use kezek::domain::iin::Iin;
use kezek::domain::kato::Kato;
use kezek::domain::place::Reserved;
use kezek::domain::territory::Level;
use kezek::exchange::csv::scan::{Record, Scanner};
use kezek::exchange::csv::table::Row;
use kezek::exchange::rows::{ApplicationRow, GroupRow, KindergartenRow, PlaceRow, ReferralRow, TerritoryRow};
use kezek::exchange::{read, write};
use proptest::prelude::*;

use super::HEADER;

/// Texts with what is dangerous in CSV, lists and spreadsheets at any place.
fn any_text() -> impl Strategy<Value = String> {
    let letters = prop_oneof![
        3 => prop::sample::select(vec!['\'', '=', '+', '-', '@', '\t', ',', ';', ':', '\\', '"', '\n', '\r', ' ', '＝']),
        4 => prop::char::range('а', 'я'),
        1 => any::<char>(),
    ];
    prop::collection::vec(letters, 1..12)
        .prop_map(String::from_iter)
        .prop_filter("no blank text", |text| !text.trim().is_empty() && !text.contains('\0'))
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn any_id() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z][a-zA-Z0-9._/-]{0,20}", (1u32..).prop_map(|number| number.to_string())]
}

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0i64..100_000).prop_map(|days| NaiveDate::from_ymd_opt(1950, 1, 1).unwrap() + chrono::TimeDelta::days(days))
}

fn any_kato() -> impl Strategy<Value = Kato> {
    (1u32..1_000_000_000).prop_map(|number| Kato::from_number(number).unwrap())
}

fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
    (-631_152_000_000_000i64..7_258_118_400_000_000).prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn any_iin() -> impl Strategy<Value = Iin> {
    (0u64..100_000_000_000).prop_filter_map("no check digit", |head| {
        (0..10).find_map(|last| Iin::parse(&format!("{head:011}{last}")).ok())
    })
}

prop_compose! {
    fn any_claim()(code in "[a-z_]{1,12}", proof in prop::option::of(any_text()),
                   status in any_of(ProofStatus::ALL)) -> CategoryClaim {
        CategoryClaim { code, proof, status }
    }
}

prop_compose! {
    fn any_document()(kind in "[a-z_]{1,12}", number in prop::option::of(any_text()),
                      expires_on in prop::option::of(any_day())) -> Document {
        Document { kind, number, expires_on }
    }
}

type Parts = ((Option<String>, Iin, String, Iin, String, Vec<String>), (DateTime<Utc>, Kato, Vec<String>));

fn any_application() -> impl Strategy<Value = ApplicationRow> {
    let people = (
        prop::option::of(any_id()),
        any_iin(),
        any_text(),
        any_iin(),
        any_text(),
        prop::collection::vec(any_text(), 0..3),
    );
    let seat = (any_instant(), any_kato(), prop::collection::hash_set(any_id(), 0..4).prop_map(Vec::from_iter));
    let codes = (
        any_of(ApplicantKind::ALL),
        any_of(Channel::ALL),
        any_of(GroupKind::ALL),
        any_of(Language::ALL),
        prop::option::of(any_of(Status::ALL)),
        prop::option::of(any_of(Decision::ALL)),
        prop::option::of(1u32..),
    );
    let papers = (
        prop::collection::hash_map("[a-z_]{1,12}", any_claim(), 0..3),
        prop::collection::vec(any_document(), 0..3),
        any_text(),
    );
    ((people, seat), codes, papers)
        .prop_map(|((people, seat), codes, (claims, documents, evidence)): (Parts, _, _)| ApplicationRow {
            number: people.0,
            child_iin: people.1,
            child_name: people.2,
            birth_date: seat.0.date_naive(),
            applicant_iin: people.3,
            applicant_name: people.4,
            applicant_kind: codes.0,
            contacts: people.5,
            channel: codes.1,
            applied_at: seat.0,
            territory: seat.1,
            kind: codes.2,
            language: codes.3,
            preferences: seat.2,
            categories: claims.into_iter().map(|(code, claim)| CategoryClaim { code, ..claim }).collect(),
            documents,
            status: codes.4,
            decision: codes.5,
            ticket: codes.6,
            evidence,
        })
        .prop_filter("two people", |row| row.child_iin != row.applicant_iin)
}

fn returns<R: Row + Clone + PartialEq + std::fmt::Debug>(row: &R) -> Result<(), TestCaseError> {
    let mut file = Vec::new();
    write(&mut file, [row]).unwrap();
    let text = String::from_utf8(file.clone()).unwrap();
    let back =
        read::<R>("file.csv", file.as_slice()).map_err(|faults| TestCaseError::fail(format!("{faults}\n{text}")))?;
    prop_assert_eq!(std::slice::from_ref(row), back.rows.as_slice(), "{}", text);
    let mut again = Vec::new();
    write(&mut again, &back.rows).unwrap();
    prop_assert_eq!(file, again);
    Ok(())
}

proptest! {
    #[test]
    fn an_exported_application_imports_as_itself(row in any_application()) {
        returns(&row)?;
    }

    #[test]
    fn an_exported_kindergarten_and_territory_import_as_themselves(
        id in any_id(), code in any_kato(), name_kk in any_text(), name_ru in any_text(),
    ) {
        let level = Level::Settlement;
        returns(&TerritoryRow { code, name_kk: name_kk.clone(), name_ru: name_ru.clone(), level })?;
        returns(&KindergartenRow { id, territory: code, name_kk, name_ru })?;
    }

    #[test]
    fn exported_groups_places_and_referrals_import_as_themselves(
        (id, group, number) in (any_id(), any_id(), any_id()), name in any_text(), from in 0..60i32, span in 1..36i32,
        language in any_of(Language::ALL), kind in any_of(GroupKind::ALL), capacity in 0..1000i32,
        place in prop::option::of(any_of(PlaceStatus::ALL)), referral in any_of(ReferralStatus::ALL),
        issued_at in any_instant(), count in 1..=1000u32, cohort in 1990..=2100i32,
        reserved in prop::option::of(any::<bool>()),
    ) {
        let reserved = reserved.map(|open| Reserved { whom: "first_priority".to_owned(), open });
        returns(&GroupRow {
            id: group.clone(), kindergarten: id.clone(), name: name.clone(), age_from_months: from,
            age_to_months: from + span, language, kind, capacity, enrolled: capacity / 2,
        })?;
        let available_on = NaiveDate::from_ymd_opt(cohort + 2, 9, 1).unwrap();
        returns(&PlaceRow { id: None, group: group.clone(), cohort, count, available_on, status: None, reserved: reserved.clone() })?;
        returns(&PlaceRow { id: Some(number.clone()), group: group.clone(), cohort, count: 1, available_on, status: place, reserved })?;
        returns(&ReferralRow {
            number, application: id.clone(), kindergarten: id, group, issued_at,
            valid_until: issued_at.date_naive(), status: referral, authority: name,
        })?;
    }

    #[test]
    fn no_cell_that_we_write_runs_in_a_spreadsheet(row in any_application()) {
        let mut file = Vec::new();
        write(&mut file, [&row]).unwrap();
        let mut csv = csv::ReaderBuilder::new().has_headers(false).from_reader(file.as_slice());
        for record in csv.records() {
            for cell in &record.unwrap() {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{:?}", cell);
            }
        }
    }

    #[test]
    fn our_cutting_of_a_good_file_is_that_of_the_csv_crate(
        table in prop::collection::vec(prop::collection::vec("[a\",\n\r;а ]{0,4}", 3), 1..5),
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let file = writer.into_inner().unwrap();
        let mut scanner = Scanner::open(file.as_slice()).unwrap();
        let mut record = Record::default();
        let mut found = Vec::new();
        while scanner.next(&mut record).unwrap() {
            prop_assert!(record.broken.is_empty());
            found.push(record.cells().map(|cell| String::from_utf8(cell.to_vec()).unwrap()).collect::<Vec<_>>());
        }
        prop_assert_eq!(found, table);
    }

    #[test]
    fn no_bytes_make_the_readers_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), body in "[,\"\n\rа;:0-9]{0,80}") {
        let _ = read::<ApplicationRow>("file.csv", bytes.as_slice());
        let _ = read::<ApplicationRow>("file.csv", (HEADER.to_owned() + &body).as_bytes());
        let _ = read::<TerritoryRow>("file.csv", ("code,name_kk,name_ru,level\n".to_owned() + &body).as_bytes());
    }
}
