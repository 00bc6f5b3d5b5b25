//! The next decree of the working calendar, imported into a registry: what changes, what is refused, what is journaled.

use kezek::exchange::Fault;
use kezek::rules::calendar::CalendarWarning;
use kezek::service::files::calendar::{self, Given, Imported};
use kezek::service::files::imports::ImportFault;
use kezek::service::journal::chains;

use crate::desk::database::Database;
use crate::desk::{Db, Desk, on_both};
use crate::program::run;

on_both!(
    a_decree_moves_a_deadline_from_its_import_on,
    files_that_contradict_are_refused_by_row_and_column_and_nothing_is_kept,
    a_decree_that_is_imported_again_changes_nothing_and_another_of_its_name_takes_its_place,
    an_estimate_is_corrected_and_what_was_announced_stays,
    a_file_is_taken_out_again,
);

const SWAPS: &str = "off_on,working_on,source\n2028-06-05,2028-06-03,an invented decree\n";
const YEARS: &str = "year,state,note\n2028,known,an invented decree\n";

fn given(path: &str, text: &str) -> Given {
    Given { path: path.to_owned(), text: text.to_owned() }
}

fn import(desk: &Desk, files: &[Given]) -> Result<Imported, ImportFault> {
    calendar::import(&desk.registry.office.store, desk.clock.now(), files)
}

/// The last day of a term of working days that begins on the day after, by the registry's own calendar.
fn due(desk: &Desk, on: &str, days: u32) -> String {
    let rules = calendar::rules(&desk.registry.office.store).expect("the rules");
    rules.calendar.add_working_days(on.parse().expect("a day"), days).to_string()
}

fn a_decree_moves_a_deadline_from_its_import_on(desk: &Desk) {
    let warned = || {
        let rules = calendar::rules(&desk.registry.office.store).expect("the rules");
        let day = |text: &str| text.parse().expect("a day");
        rules.calendar.warnings(day("2028-06-02"), day("2028-06-30"))
    };
    assert_eq!(
        (due(desk, "2028-06-02", 1).as_str(), due(desk, "2028-06-02", 2).as_str()),
        ("2028-06-05", "2028-06-06")
    );
    assert_eq!(warned(), [CalendarWarning::UnknownYear(2028)]);
    let records = desk.records();
    let imported = import(desk, &[given("decrees/swaps-2028.csv", SWAPS)]).expect("an import");
    assert_eq!(imported.changed, ["swaps-2028.csv"]);
    assert_eq!(imported.unknown_years.into_iter().collect::<Vec<_>>(), [2028], "the year itself is not held yet");
    assert_eq!(
        (due(desk, "2028-06-02", 1).as_str(), due(desk, "2028-06-02", 2).as_str()),
        ("2028-06-03", "2028-06-06")
    );
    assert_eq!(warned(), [CalendarWarning::UnknownYear(2028)]);
    let imported = import(desk, &[given("years-2028.csv", YEARS)]).expect("an import");
    assert!(imported.unknown_years.is_empty());
    assert_eq!(warned(), []);
    assert_eq!(desk.records(), records + 2);
    chains::verify(&desk.registry.office.store).expect("a whole journal");
}

/// Row and column of each fault, with its file.
fn faults(desk: &Desk, files: &[Given]) -> Vec<(String, u64, String)> {
    match import(desk, files) {
        Err(ImportFault::File(faults)) => faults
            .listed
            .into_iter()
            .map(|Fault { file, row, column, .. }| (file, row, column.unwrap_or_default()))
            .collect(),
        other => panic!("not refused: {other:?}"),
    }
}

fn files_that_contradict_are_refused_by_row_and_column_and_nothing_is_kept(desk: &Desk) {
    let records = desk.records();
    let refused = |name: &str, text: &str, row: u64, column: &str| {
        let path = format!("in/{name}");
        let found = faults(desk, &[given("years-2028.csv", YEARS), given(&path, text)]);
        assert_eq!(found, [(path, row, column.to_owned())], "{text}");
    };
    let swap = |row: &str| format!("off_on,working_on,source\n2028-06-05,2028-06-03,x\n{row}\n");
    for (row, column) in [
        ("2028-06-05,2028-06-04,x", "off_on"),
        ("2028-06-06,2028-06-03,x", "working_on"),
        ("2028-06-03,2028-06-10,x", "off_on"),
        ("2028-06-10,2028-06-17,x", "off_on"),
        ("2028-06-06,2028-06-07,x", "working_on"),
        ("2028-07-07,2028-07-06,x", "working_on"),
        ("2028-06-06,2027-06-05,x", "working_on"),
        ("2028-06-06,2028-06-06,x", "working_on"),
        ("2028-06-31,2028-06-24,x", "off_on"),
        ("2128-06-04,2028-06-03,x", "off_on"),
        ("2028-06-06,2028-06-10,", "source"),
        ("2028-06-06,2028-06-10", ""),
        // The program holds 8 May 2024 for the Saturday before; here it takes the Sunday.
        ("2024-05-08,2024-05-05,x", "off_on"),
    ] {
        refused("swaps-2028.csv", &swap(row), 3, column);
    }
    refused("years-2028-2.csv", "year,state,note\n2024,provisional,\n", 2, "state");
    refused("years-2028-2.csv", "year,state,note\n2029,known,\n2029,known,\n", 3, "year");
    refused("years-2028-2.csv", "year,state,note\n28,known,\n", 2, "year");
    refused("kurban-ait-2028.csv", "on,certainty\n2025-06-07,known\n", 2, "on");
    refused("kurban-ait-2028.csv", "on,certainty\n2028-05-05,known\n2028-05-06,known\n", 3, "on");
    refused("kurban-ait-2028.csv", "on,certainty\n2028-05-05,perhaps\n", 2, "certainty");
    let header = "month,day,from_year,until_year,carried,name_kk,name_ru,name_en\n";
    refused("holidays-2028.csv", &format!("{header}5,9,2028,,yes,a,b,c\n"), 2, "day");
    for name in ["swaps.csv", "hours-2028.csv", "swaps-next.csv", "swaps-2028.txt", "decree-2028.csv", "swaps-.csv"] {
        refused(name, SWAPS, 0, "");
    }
    assert_eq!(
        faults(desk, &[given("a/years-2028.csv", YEARS), given("years-2028.csv", YEARS)])[0].0,
        "years-2028.csv"
    );
    assert_eq!(desk.records(), records);
    assert_eq!(desk.registry.office.store.read(kezek::store::calendar::all).expect("files"), []);
}

fn a_decree_that_is_imported_again_changes_nothing_and_another_of_its_name_takes_its_place(desk: &Desk) {
    import(desk, &[given("swaps-2028.csv", SWAPS)]).expect("an import");
    let records = desk.records();
    assert_eq!(import(desk, &[given("swaps-2028.csv", SWAPS)]).expect("an import").changed, Vec::<String>::new());
    assert_eq!(desk.records(), records, "what changes nothing is no act");
    // What the program ships one day, or another file repeats, is the same swap and no contradiction.
    import(desk, &[given("swaps-2028-2.csv", SWAPS)]).expect("an import");
    assert_eq!(due(desk, "2028-06-02", 1), "2028-06-03");
    let other = "off_on,working_on,source\n2028-06-06,2028-06-10,an invented correction\n";
    let both = [given("swaps-2028.csv", other), given("swaps-2028-2.csv", other)];
    assert_eq!(import(desk, &both).expect("an import").changed.len(), 2);
    assert_eq!(
        (due(desk, "2028-06-02", 1).as_str(), due(desk, "2028-06-05", 1).as_str()),
        ("2028-06-05", "2028-06-07")
    );
}

fn an_estimate_is_corrected_and_what_was_announced_stays(desk: &Desk) {
    let worked = |day: &str| {
        let rules = calendar::rules(&desk.registry.office.store).expect("the rules");
        rules.calendar.is_working_day(day.parse().expect("a day"))
    };
    assert!(!worked("2027-05-16") && worked("2027-05-17"), "a Sunday, by the program's estimate");
    let files = [
        given("kurban-ait-2027.csv", "on,certainty\n2027-05-17,known\n"),
        given("years-2027.csv", "year,state,note\n2027,known,\n"),
    ];
    import(desk, &files).expect("an import");
    assert!(!worked("2027-05-17"), "the announced day takes the place of the estimate");
    let found = faults(desk, &[given("kurban-ait-2027-2.csv", "on,certainty\n2027-05-18,known\n")]);
    assert_eq!(found, [("kurban-ait-2027-2.csv".to_owned(), 2, "on".to_owned())]);
}

fn a_file_is_taken_out_again(desk: &Desk) {
    import(desk, &[given("swaps-2028.csv", SWAPS)]).expect("an import");
    let records = desk.records();
    let remove = |name: &str| calendar::remove(&desk.registry.office.store, desk.clock.now(), name).expect("an answer");
    assert!(!remove("swaps-2029.csv"));
    assert_eq!(desk.records(), records);
    assert!(remove("swaps-2028.csv") && !remove("swaps-2028.csv"));
    assert_eq!(desk.records(), records + 1);
    assert_eq!(due(desk, "2028-06-02", 1), "2028-06-05");
}

#[test]
fn the_commands_do_it() {
    Db::BOTH.into_iter().for_each(the_commands_do_it_on);
}

fn the_commands_do_it_on(db: Db) {
    let database = Database::with_fixtures_of_now(db);
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let url = database.url();
    let deadline = || {
        let from = "2028-06-04T10:00:00+05:00";
        let asked =
            ["deadline", "--regulation", "externat-east-kazakhstan-2014", "--channel", "office", "--from", from];
        run(&[&asked[..], &["--database-url", url]].concat()).must(0)
    };
    let before = deadline();
    let broken = write("swaps-2028.csv", "off_on,working_on,source\n2028-06-05,2028-06-07,x\n");
    let refused = run(&["calendar", "import", "--database-url", url, &broken]).must(2);
    assert!(refused.err.contains(&format!("{broken}, row 2, column working_on: ")), "{}", refused.err);
    assert_eq!(deadline().out, before.out);
    let files = [write("swaps-2028.csv", SWAPS), write("years-2028.csv", YEARS)];
    run(&["calendar", "import", "--database-url", url, &files[0], &files[1]]).must(0);
    let listed = run(&["calendar", "list", "--database-url", url]).must(0).out;
    assert_eq!(
        listed.lines().map(|l| l.split(' ').next().unwrap()).collect::<Vec<_>>(),
        ["swaps-2028.csv", "years-2028.csv"]
    );
    let after = deadline();
    assert_ne!(after.out, before.out, "the swap moves a deadline");
    assert!(before.err.contains("2028 is not held") && !after.err.contains("2028"), "{} {}", before.err, after.err);
    run(&["calendar", "remove", "--database-url", url, "swaps-2028.csv"]).must(0);
    assert_eq!(deadline().out, before.out);
    run(&["calendar", "remove", "--database-url", url, "swaps-2028.csv"]).must(1);
}
