//! CSV in and out: what is accepted, how every fault is named, and that what we wrote reads back the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod faults;
mod round_trip;

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use kezek::domain::application::Document;
use kezek::domain::codes::{Decision, ProofStatus, Status};
use kezek::domain::kato::Kato;
use kezek::domain::territory::Level;
use kezek::exchange::csv::table::Row;
use kezek::exchange::fault::FAULTS_LISTED_MAX;
use kezek::exchange::rows::{ApplicationRow, GroupRow, KindergartenRow, PlaceRow, ReferralRow, TerritoryRow};
use kezek::exchange::{Faults, Kind, Reader, Rows, read, write};
use kezek::sample::kindergartens::{GROUPS, KINDERGARTENS, PLACES, TERRITORIES};

fn faults<R: Row + std::fmt::Debug>(text: impl AsRef<[u8]>) -> Vec<String> {
    listed(&read::<R>("file.csv", text.as_ref()).unwrap_err())
}

fn listed(faults: &Faults) -> Vec<String> {
    faults.listed.iter().map(ToString::to_string).collect()
}

fn rows<R: Row + std::fmt::Debug>(text: impl AsRef<[u8]>) -> Rows<R> {
    read("file.csv", text.as_ref()).unwrap_or_else(|faults| panic!("{faults}"))
}

const HEADER: &str = "number,child_iin,child_name,birth_date,applicant_iin,applicant_name,applicant_kind,contacts,channel,\
                      applied_at,territory,kind,language,preferences,categories,documents,status,decision,ticket,evidence\n";

/// The columns of a good application, by name; tests change some of them. The numbers are invented.
fn application(changes: &[(&str, &str)]) -> String {
    let mut cells: Vec<(&str, &str)> = vec![
        ("number", "391000000-7"),
        ("child_iin", "210305500014"),
        ("child_name", "Ахметов Алихан Серікұлы"),
        ("birth_date", "2021-03-05"),
        ("applicant_iin", "910412400016"),
        ("applicant_name", "Ахметова Дана Ерланқызы"),
        ("applicant_kind", "parent"),
        ("contacts", "+77990000001;dana@example.com"),
        ("channel", "office"),
        ("applied_at", "2021-04-01T10:15:00+06:00"),
        ("territory", "391010000"),
        ("kind", "general"),
        ("language", "kk"),
        ("preferences", "k-001;k-002"),
        ("categories", "large_family:confirmed:КМ-17;teacher"),
        ("documents", "birth_certificate:001122;applicant_id:044556677:2031-01-01"),
        ("status", "in_queue"),
        ("decision", "accepted"),
        ("ticket", "7"),
        ("evidence", "paper journal of 2021, page 4"),
    ];
    for (name, value) in changes {
        cells.iter_mut().find(|(column, _)| column == name).unwrap().1 = value;
    }
    let cells: Vec<String> = cells.iter().map(|(_, value)| format!("\"{}\"", value.replace('"', "\"\""))).collect();
    cells.join(",") + "\n"
}

fn changed(changes: &[(&str, &str)]) -> Vec<String> {
    faults::<ApplicationRow>(HEADER.to_owned() + &application(changes))
}

#[test]
fn the_invented_fixtures_are_what_the_readers_accept() {
    let territories = rows::<TerritoryRow>(TERRITORIES);
    let kindergartens = rows::<KindergartenRow>(KINDERGARTENS);
    let groups = rows::<GroupRow>(GROUPS);
    let places = rows::<PlaceRow>(PLACES);
    for warnings in [&territories.warnings, &kindergartens.warnings, &groups.warnings, &places.warnings] {
        assert!(warnings.is_empty(), "{warnings}");
    }
    assert_eq!((kindergartens.rows.len(), groups.rows.len()), (60, 400));

    let known: HashSet<Kato> = territories.rows.iter().map(|row| row.code).collect();
    let levels: HashSet<Level> = territories.rows.iter().map(|row| row.level).collect();
    assert_eq!(levels.len(), 11, "every level of territory is there");
    let ids: HashSet<&str> = kindergartens.rows.iter().map(|row| row.id.as_str()).collect();
    assert!(
        kindergartens.rows.iter().all(|row| known.contains(&row.territory) && known.contains(&row.territory.home()))
    );
    assert!(groups.rows.iter().all(|row| ids.contains(row.kindergarten.as_str()) && row.enrolled <= row.capacity));
    assert!(ids.iter().all(|id| groups.rows.iter().any(|row| row.kindergarten == **id)), "no kindergarten is empty");

    let mut free: HashMap<&str, i32> =
        groups.rows.iter().map(|row| (row.id.as_str(), row.capacity - row.enrolled)).collect();
    for place in &places.rows {
        let left = free.get_mut(place.group.as_str()).expect("a known group");
        *left -= i32::try_from(place.count).unwrap();
        assert!(*left >= 0, "more places than room in group {}", place.group);
    }
}

#[test]
fn the_ancestors_of_every_fixture_territory_are_there() {
    let territories = rows::<TerritoryRow>(TERRITORIES).rows;
    let known: HashSet<Kato> = territories.iter().map(|row| row.code).collect();
    for row in &territories {
        assert!(known.contains(&row.code.region()), "{} has no oblast", row.code);
        assert!(known.contains(&row.code.home()), "{} has no district", row.code);
    }
}

#[test]
fn an_application_is_read_cell_by_cell() {
    let read = rows::<ApplicationRow>(HEADER.to_owned() + &application(&[]));
    assert!(read.warnings.is_empty(), "{}", read.warnings);
    let row = &read.rows[0];
    assert_eq!(row.applied_at.to_rfc3339(), "2021-04-01T04:15:00+00:00");
    assert_eq!(row.contacts, ["+77990000001", "dana@example.com"]);
    assert_eq!(row.preferences, ["k-001", "k-002"]);
    assert_eq!(row.categories[0].proof, Some("КМ-17".to_owned()));
    assert_eq!(row.categories[0].status, ProofStatus::Confirmed);
    assert_eq!((row.categories[1].code.as_str(), row.categories[1].status), ("teacher", ProofStatus::Claimed));
    assert_eq!(row.documents[0].expires_on, None);
    assert_eq!(row.documents[1].expires_on, NaiveDate::from_ymd_opt(2031, 1, 1));
    assert_eq!((row.ticket, row.status, row.decision), (Some(7), Some(Status::InQueue), Some(Decision::Accepted)));
}

#[test]
fn columns_may_stand_in_any_order_after_a_byte_order_mark_with_crlf_and_blank_lines() {
    let text = "\u{feff}\"name_ru\",territory,id,name_kk\r\n\r\nЯсли,391010000,k-001,Бөбекжай\r\n";
    let row = &rows::<KindergartenRow>(text).rows[0];
    assert_eq!((row.id.as_str(), row.name_ru.as_str(), row.name_kk.as_str()), ("k-001", "Ясли", "Бөбекжай"));
    let without_end = rows::<KindergartenRow>("id,territory,name_kk,name_ru\nk-001,391010000,Бөбекжай,Ясли");
    assert_eq!(without_end.rows.len(), 1);
}

#[test]
fn a_number_a_status_a_decision_and_a_ticket_may_be_missing_with_their_columns() {
    let row = application(&[("number", ""), ("status", ""), ("decision", ""), ("ticket", "")]);
    let with_columns = rows::<ApplicationRow>(HEADER.to_owned() + &row).rows;
    let header = HEADER.replace("number,", "").replace("status,decision,ticket,", "");
    let short = row.trim_start_matches("\"\",").replace("\"\",\"\",\"\",", "");
    assert_eq!(rows::<ApplicationRow>(header + &short).rows, with_columns);
    assert_eq!((&with_columns[0].number, with_columns[0].status, with_columns[0].ticket), (&None, None, None));
    let places = rows::<PlaceRow>("group,cohort,count,available_on\n101,2023,2,2026-09-01\n").rows;
    assert_eq!((&places[0].id, places[0].status, places[0].count), (&None, None, 2));
}

#[test]
fn a_wrong_header_is_told_column_by_column() {
    let found = faults::<KindergartenRow>("id,territory,name_kk,name_kk,Name\n");
    assert_eq!(
        found,
        [
            "file.csv, row 1, column name_kk: this column stands twice; keep one",
            "file.csv, row 1, column Name: unknown column; known are id, territory, name_kk, name_ru",
            "file.csv, row 1, column name_ru: this column is missing; add it to the header and to every row",
        ]
    );
    assert!(faults::<KindergartenRow>("")[0].contains("the file is empty; its first line must be id,territory"));
    assert!(faults::<KindergartenRow>("id;territory;name_kk;name_ru\n")[0].contains("not separated by commas"));
    assert!(faults::<KindergartenRow>(b"\xff\xfei\0d\0")[0].contains("UTF-16"));
}

#[test]
fn every_fault_of_a_row_is_told_with_its_row_and_column() {
    let text = "id,kindergarten,name,age_from_months,age_to_months,language,kind,capacity,enrolled\n\
                0101,k 1,,36,24,fr,normal,-3,many\n\
                102,k-001,Бота,24,36,kk,general,20,18\n\
                102,k-001,Аққу,24,36,kk,general,20,18,9\n";
    let found = faults::<GroupRow>(text);
    let about = |row: u64, column: &str, words: &str| {
        let start = format!("file.csv, row {row}, column {column}: ");
        assert!(found.iter().any(|f| f.starts_with(&start) && f.contains(words)), "{start}…{words}… in {found:#?}");
    };
    about(2, "id", "out of range");
    about(2, "kindergarten", "not a number of this registry");
    about(2, "name", "must not be empty");
    about(2, "age_to_months", "must be more than age_from_months");
    about(2, "language", "use one of: kk, ru");
    about(2, "kind", "use one of: general, special, sanatorium");
    about(2, "capacity", "whole number from 0");
    about(2, "enrolled", "whole number from 0");
    assert!(found.contains(
        &"file.csv, row 4: has 10 cells where the header has 9; look for a missing or an unquoted comma".to_owned()
    ));
    assert_eq!(found.len(), 9);
}

#[test]
fn a_bad_application_says_what_to_do() {
    for (column, value, words) in [
        ("child_iin", "210305500015", "check digit"),
        ("child_iin", "21030550001", "exactly 12 digits"),
        ("child_iin", "700140000019", "business number"),
        ("applicant_iin", "210305500014", "is the child's number"),
        ("child_name", "  ", "must not be blank"),
        ("child_name", "A\0B", "zero byte"),
        ("birth_date", "05.03.2021", "use YYYY-MM-DD"),
        ("birth_date", "2021-02-29", "use YYYY-MM-DD"),
        ("birth_date", "2021-3-5", "use YYYY-MM-DD"),
        ("applied_at", "2021-04-01T10:15:00", "not an instant"),
        ("applied_at", "2021-04-01 10:15:00+06:00", "not an instant"),
        ("applied_at", "2021-04-01T10:15:00.1234567Z", "finer than microseconds"),
        ("applied_at", "2021-04-01T10:15:60Z", "leap second"),
        ("applied_at", "2021-03-03T10:15:00Z", "before the child's birth"),
        ("territory", "39101000", "exactly 9 digits"),
        ("territory", "000000000", "whole country"),
        ("applicant_kind", "mother", "use one of: parent"),
        ("channel", "fax", "use one of: office"),
        ("preferences", "k-001;k-001", "stands twice"),
        ("preferences", "k-001;", "item 2"),
        ("preferences", "4294967296", "out of range"),
        ("categories", "Large family", "not a code"),
        ("categories", "large_family:maybe:1", "use one of: claimed"),
        ("categories", "large_family:claimed:1:2", "too many parts"),
        ("categories", "teacher;teacher:claimed", "stands twice"),
        ("documents", "applicant_id:1:tomorrow", "use YYYY-MM-DD"),
        ("status", "waiting", "use one of: in_queue"),
        ("decision", "yes", "use one of: pending"),
        ("ticket", "0", "whole number from 1"),
        ("ticket", "4294967296", "whole number from 1"),
        ("evidence", "", "must not be empty"),
        ("number", "№ 7", "not a number of this registry"),
    ] {
        let found = changed(&[(column, value)]);
        let start = format!("file.csv, row 2, column {column}: ");
        assert!(
            found.len() == 1 && found[0].starts_with(&start) && found[0].contains(words),
            "{column} {value}: {found:?}"
        );
    }
}

#[test]
fn a_complaint_never_repeats_a_persons_number() {
    let found = changed(&[("child_iin", "210305500015")]);
    assert!(!found[0].contains("210305500015"), "{found:?}");
}

#[test]
fn digits_that_name_another_birth_date_are_a_warning() {
    let read = rows::<ApplicationRow>(HEADER.to_owned() + &application(&[("birth_date", "2021-03-06")]));
    assert_eq!(read.rows.len(), 1);
    assert_eq!(
        listed(&read.warnings),
        ["file.csv, row 2, column child_iin: its digits name another birth date; compare the birth certificate"]
    );
}

#[test]
fn the_same_child_twice_is_a_fault_unless_the_first_application_has_ended() {
    let second = application(&[("number", "391000000-8"), ("ticket", "8")]);
    let held = faults::<ApplicationRow>(HEADER.to_owned() + &application(&[]) + &second);
    assert_eq!(held, ["file.csv, row 3, column child_iin: the same as in row 2; keep one of the two"]);
    for ended in ["withdrawn", "refused", "closed"] {
        let free = rows::<ApplicationRow>(HEADER.to_owned() + &application(&[("status", ended)]) + &second);
        assert_eq!(free.rows.len(), 2, "{ended}");
    }
}

#[test]
fn a_number_may_come_once_and_a_ticket_once_in_a_home() {
    let other = [("child_iin", "210305500024"), ("applicant_iin", "910412400026")];
    let with = |changes: &[(&str, &str)]| {
        let all: Vec<_> = other.iter().chain(changes).copied().collect();
        HEADER.to_owned() + &application(&[]) + &application(&all)
    };
    assert_eq!(
        faults::<ApplicationRow>(with(&[])),
        [
            "file.csv, row 3, column number: the same as in row 2; keep one of the two",
            "file.csv, row 3, column ticket: the same as in row 2; keep one of the two",
        ]
    );
    let elsewhere = with(&[("number", "431000000-7"), ("territory", "431010000")]);
    assert_eq!(rows::<ApplicationRow>(elsewhere).rows.len(), 2, "another home counts its own tickets");
}

#[test]
fn rows_are_counted_as_the_author_sees_them() {
    // A blank line, a line break inside a cell and CRLF all come before the row at fault.
    let text = "id,territory,name_kk,name_ru\r\n\r\nk-001,391010000,\"Екі\r\nжол\",Две строки\r\nk-002,1,А,Б\r\n";
    let found = faults::<KindergartenRow>(text);
    assert!(found[0].starts_with("file.csv, row 5, column territory: "), "{found:?}");
}

#[test]
fn broken_quotes_are_faults_and_not_guesses() {
    let head = "id,territory,name_kk,name_ru\n";
    let stray = faults::<KindergartenRow>(format!("{head}k-001,391010000,Бөбекжай \"Бота\",Ясли\n"));
    assert!(stray[0].starts_with("file.csv, row 2, column name_kk: a quote stands inside"), "{stray:?}");
    let after = faults::<KindergartenRow>(format!("{head}k-001,391010000,\"Бота\" бөбекжайы,Ясли\n"));
    assert!(after[0].starts_with("file.csv, row 2, column name_kk: text follows a closing quote"), "{after:?}");
    let open = faults::<KindergartenRow>(format!("{head}k-001,391010000,\"Бота,Ясли\nk-002,391010000,А,Б\n"));
    assert!(open[0].starts_with("file.csv, row 2: a quote opened in this row is never closed"), "{open:?}");
    let endless = format!("{head}k-001,391010000,\"{}", "а".repeat(1 << 20));
    assert!(faults::<KindergartenRow>(endless)[0].contains("longer than 1 MiB"));
}

#[test]
fn a_cell_that_is_not_utf_8_is_told_with_its_place() {
    let mut text = b"id,territory,name_kk,name_ru\nk-001,391010000,".to_vec();
    text.extend([0xcd, 0xf3, 0xf0]);
    text.extend(b",x\n");
    let found = faults::<KindergartenRow>(text);
    assert_eq!(found, ["file.csv, row 2, column name_kk: is not UTF-8; save the file as CSV in UTF-8"]);
}

#[test]
fn faults_beyond_the_limit_are_counted() {
    let mut text = "id,territory,name_kk,name_ru\n".to_owned();
    for index in 0..FAULTS_LISTED_MAX + 50 {
        text += &format!("k-{index},1,А,Б\n");
    }
    let faults = read::<KindergartenRow>("file.csv", text.as_bytes()).unwrap_err();
    assert_eq!((faults.listed.len(), faults.unlisted), (FAULTS_LISTED_MAX, 50));
    assert!(faults.to_string().ends_with("and 50 more\n"));
}

#[test]
fn a_stream_gives_rows_one_by_one_and_nothing_after_a_fault() {
    let text = "id,territory,name_kk,name_ru\nk-1,391010000,А,Б\nk-2,1,А,Б\nk-3,391010000,А,Б\n";
    let mut reader = Reader::<_, KindergartenRow>::open("file.csv", text.as_bytes()).unwrap();
    assert_eq!(reader.next().map(|row| row.id), Some("k-1".to_owned()));
    assert_eq!(reader.next(), None);
    assert_eq!(reader.finish().unwrap_err().listed.len(), 1);
    let left = Reader::<_, KindergartenRow>::open("file.csv", text.as_bytes()).unwrap();
    assert!(left.finish().is_err(), "what was not read yet is checked too");
}

#[test]
fn a_file_that_cannot_be_read_on_is_a_fault_of_the_file() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let head: &[u8] = b"id,territory,name_kk,name_ru\nk-1,391010000,\xd0\x90,x\n";
    let input = std::io::Read::chain(head, Broken);
    let faults = read::<KindergartenRow>("file.csv", input).unwrap_err();
    assert_eq!(listed(&faults), ["file.csv: cannot be read: the disk is gone"]);
}

#[test]
fn the_official_classifier_is_read_by_its_own_columns() {
    let text = "te,ab,cd,ef,hij,k,name_kaz,name_rus,nn\n\
                390000000,39,00,00,000,0,Қостанай облысы,Костанайская область,1\n\
                391000000,39,10,00,000,0,Қостанай Қ.Ә.,Костанай Г.А.,2\n\
                391010000,39,10,10,000,0,Қостанай қ.,г.Костанай,3\n\
                391653000,39,16,53,000,0,Қайыңды а.о,Кайындинский с.о.,4\n\
                391653100,39,16,53,100,0,Қайыңды а.,с.Кайынды,5\n\
                391010000,39,10,10,000,0,Қостанай қ.,г.Костанай,6\n\
                711110000,71,11,10,000,0,Алматы ауданы,район Алматы,7\n";
    let read = rows::<TerritoryRow>(text);
    let levels: Vec<_> = read.rows.iter().map(|row| row.level.code()).collect();
    let expected =
        ["oblast", "city_administration", "city", "rural_district", "settlement", "city_district"].as_slice();
    assert_eq!(levels, expected);
    assert_eq!(
        listed(&read.warnings),
        ["file.csv, row 7, column te: the same as in row 2, which is kept; this row is passed over"
            .replace("row 2", "row 4")]
    );
}

#[test]
fn a_parent_or_a_level_that_the_code_does_not_bear_out_is_a_warning() {
    let text = "code,name_kk,name_ru,level,parent\n\
                391653100,Қайыңды а.,с.Кайынды,settlement,391653000\n\
                394420100,Жітіқара қ.,г.Житикара,city,394400000\n\
                391659100,Молодежный а.,с.Молодежное,settlement,391653000\n\
                390000000,Қостанай облысы,Костанайская область,district,\n";
    let read = rows::<TerritoryRow>(text);
    assert_eq!(read.rows.len(), 4);
    assert_eq!(read.rows[3].level, Level::District, "the author's word is kept");
    let warnings = listed(&read.warnings);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].starts_with("file.csv, row 4, column parent: 391653000 does not hold 391659100"));
    assert!(warnings[1].starts_with("file.csv, row 5, column level: district is kept"));
}

#[test]
fn a_place_with_an_id_is_one_place() {
    let text =
        "id,group,cohort,count,available_on,status\np-1,101,2023,2,2026-09-01,free\np-1,101,2027,1,2026-09-01,\n";
    let found = faults::<PlaceRow>(text);
    assert!(
        found.iter().any(|f| f.contains("row 2, column count") && f.contains("an id names one place")),
        "{found:?}"
    );
    assert!(found.iter().any(|f| f.contains("row 2, column status") && f.contains("use one of: reported")));
    assert!(found.iter().any(|f| f.contains("row 3, column cohort") && f.contains("not there yet")));
}

#[test]
fn a_referral_cannot_end_before_it_begins() {
    let text = "number,application,kindergarten,group,issued_at,valid_until,status,authority\n\
                r-1,a-1,k-001,101,2026-09-02T05:00:00Z,2026-09-01,issued,akim 391653000\n";
    let found = faults::<ReferralRow>(text);
    assert_eq!(found, ["file.csv, row 2, column valid_until: 2026-09-01 is before the day of issue"]);
}

#[test]
fn what_a_spreadsheet_would_run_is_written_so_that_it_does_not() {
    let row = KindergartenRow {
        id: "k-001".to_owned(),
        territory: Kato::parse("391010000").unwrap(),
        name_kk: "=HYPERLINK(\"http://example.com\")".to_owned(),
        name_ru: "\t@SUM(A1)".to_owned(),
    };
    let mut file = Vec::new();
    assert_eq!(write(&mut file, [&row]).unwrap(), 1);
    let text = String::from_utf8(file).unwrap();
    assert_eq!(
        text,
        "id,territory,name_kk,name_ru\nk-001,391010000,\"'=HYPERLINK(\"\"http://example.com\"\")\",'\t@SUM(A1)\n"
    );
    assert_eq!(rows::<KindergartenRow>(text).rows, [row]);
}

#[test]
fn every_item_of_a_list_is_guarded_and_colons_and_semicolons_survive() {
    let mut row = rows::<ApplicationRow>(HEADER.to_owned() + &application(&[])).rows.remove(0);
    row.contacts = vec!["+77990000001".to_owned(), "=1;2".to_owned(), "'-x\\".to_owned()];
    row.documents =
        vec![Document { kind: "applicant_id".to_owned(), number: Some("a:b;c\\".to_owned()), expires_on: None }];
    let mut file = Vec::new();
    write(&mut file, [&row]).unwrap();
    let text = String::from_utf8(file).unwrap();
    assert!(text.contains(",'+77990000001;'=1\\;2;''-x\\\\,"), "{text}");
    assert_eq!(rows::<ApplicationRow>(text).rows, [row]);
}

#[test]
fn the_command_lines_words_are_the_kinds() {
    for kind in Kind::ALL {
        assert_eq!(kind.code().parse::<Kind>().unwrap(), kind);
    }
    assert!("children".parse::<Kind>().unwrap_err().to_string().contains("territories, kindergartens, groups"));
}

#[test]
fn a_disk_that_is_full_is_an_error_of_the_writer() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    assert!(write::<KindergartenRow>(Full, &rows::<KindergartenRow>(KINDERGARTENS).rows).is_err());
}
