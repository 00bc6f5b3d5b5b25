//! `kezek import` and `kezek export`: every kind, all or nothing, every fault where it stands.

use kezek::service::positions::view;
use std::path::Path;

use kezek::clock::Clock;
use kezek::domain::codes::Decision;
use kezek::rules::Rules;
use kezek::service::registry::Registry;
use kezek::store::Store;
use kezek::trust::signature::NoVerifier;

use crate::desk::Db;
use crate::desk::database::{Database, keys};
use crate::program::{self, import_fixtures, run};

const KINDS: [&str; 6] = ["territories", "kindergartens", "groups", "places", "applications", "referrals"];

fn import(url: &str, kind: &str, file: &Path) -> program::Done {
    run(&["import", kind, file.to_str().expect("a path"), "--database-url", url])
}

fn export(url: &str, kind: &str, folder: &Path) -> std::path::PathBuf {
    let file = folder.join(format!("{kind}-out.csv"));
    run(&["export", kind, file.to_str().expect("a path"), "--database-url", url]).must(0);
    file
}

#[test]
fn what_is_exported_is_imported_into_an_empty_registry_with_the_same_positions() {
    for (from, to) in [(Db::Sqlite, Db::Postgres), (Db::Postgres, Db::Sqlite)] {
        let (from, to) = (Database::empty(from), Database::empty(to));
        let folder = tempfile::tempdir().expect("a folder");
        program::init(from.url());
        program::init(to.url());
        import_fixtures(folder.path(), from.url());
        let file = folder.path().join("applications.csv");
        program::write_rows(&file, &program::rows(400, 51));
        import(from.url(), "applications", &file).must(0);
        let places = folder.path().join("places.csv");
        std::fs::write(&places, kezek::sample::kindergartens::PLACES).expect("a file");
        import(from.url(), "places", &places).must(0);
        for kind in KINDS {
            let out = export(from.url(), kind, folder.path());
            assert_eq!(program::mode(&out), 0o600, "a file of children is its owner's only");
            if kind == "referrals" {
                let refused = import(to.url(), kind, &out).must(2);
                assert!(refused.err.contains("export them only"), "{}", refused.err);
            } else {
                import(to.url(), kind, &out).must(0);
            }
        }
        let header = std::fs::read_to_string(folder.path().join("applications-out.csv")).expect("the export");
        let columns: Vec<&str> = header.lines().next().expect("a header").split(',').collect();
        for needed in ["number", "child_iin", "channel", "applied_at", "territory", "status"] {
            assert!(columns.contains(&needed), "no {needed} in {columns:?}");
        }
        let (mine, theirs) = (positions(from.url()), positions(to.url()));
        assert_eq!(mine.len(), 400);
        assert_eq!(mine, theirs);
    }
}

/// Child, queue, position, of how many, and the positions under each choice.
type Place = (String, String, u64, u64, Vec<(String, u64, u64)>);

fn positions(url: &str) -> Vec<Place> {
    let rules = std::sync::Arc::new(Rules::shipped().expect("the rules"));
    let store = Store::open(url, &keys(), 2).expect("the registry");
    let registry = Registry::open(store, rules, Clock::System, Box::new(NoVerifier)).expect("the index");
    let now = registry.office.clock.now();
    let rows = registry
        .office
        .store
        .read(|conn| kezek::store::applications::page(conn, registry.office.store.vault(), "", 10_000))
        .expect("the rows");
    let mut all: Vec<Place> = rows
        .into_iter()
        .map(|lodged| {
            let entry = view::positions(&registry.office, lodged.child.iin, now).entries.remove(0);
            let choices = entry.choices.into_iter().map(|c| (c.kindergarten, c.position, c.of)).collect();
            let (position, of) = (entry.position.expect("a position"), entry.of.expect("a length"));
            (lodged.child.iin.to_string(), entry.queue.key.to_string(), position, of, choices)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn faults_of_a_file_are_said_by_file_row_and_column_and_nothing_is_written() {
    for db in Db::BOTH {
        let database = Database::with_fixtures_of_now(db);
        let url = database.url();
        let head = || run(&["journal", "verify", "--database-url", url]).must(0).last_line().to_owned();
        let before = head();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("wrong.csv");
        let mut rows = program::rows(6, 52);
        rows[1].evidence = "a page\nand the next".to_owned();
        rows[2].decision = Some(Decision::Pending);
        rows[3].preferences = vec!["k-999".to_owned()];
        rows[4].contacts = vec!["1;2".to_owned()];
        rows[5].child_iin = rows[0].child_iin;
        program::write_rows(&file, &rows);
        // A blank line and a line break inside a cell: rows are counted as an editor counts lines.
        let text = std::fs::read_to_string(&file).expect("the file");
        std::fs::write(&file, text.replacen('\n', "\n\n", 1)).expect("the file");
        let refused = import(url, "applications", &file).must(2);
        let name = file.to_str().expect("a path");
        assert!(
            refused.err.contains(&format!("{name}, row 9, column child_iin: the same as in row 3")),
            "{}",
            refused.err
        );
        rows[5] = program::rows(7, 52).pop().expect("a family");
        program::write_rows(&file, &rows);
        let text = std::fs::read_to_string(&file).expect("the file");
        std::fs::write(&file, text.replacen('\n', "\n\n", 1)).expect("the file");
        let refused = import(url, "applications", &file).must(2);
        for said in [
            format!("{name}, row 7, column preferences: there is no kindergarten k-999"),
            format!("{name}, row 8, column contacts: keep at most two contacts"),
            format!("{name}, row 6, column decision: only decided applications can be imported"),
        ] {
            assert!(refused.err.contains(&said), "{said}\nin {}", refused.err);
        }
        assert!(refused.err.contains("nothing was imported"), "{}", refused.err);
        for (kind, text) in [
            ("territories", "code,name_kk,name_ru,level\n39,a,b,oblast\n"),
            ("kindergartens", "id,territory,name_kk,name_ru\nk-1,999999999,a,b\n"),
            ("kindergartens", "id,territory,name_kk,name_ru\nk-001,430000000,a,b\n"),
            (
                "groups",
                "id,kindergarten,name,age_from_months,age_to_months,language,kind,capacity,enrolled\n107,k-002,a,48,60,ru,general,25,0\n",
            ),
            ("places", "group,cohort,count,available_on\nx-1,2022,1,2026-09-01\n"),
            ("places", "group,cohort,count,available_on\n107,2022,0,2026-09-01\n"),
            ("places", "group,cohort\n"),
            ("referrals", "number\n"),
            ("applications", ""),
        ] {
            std::fs::write(&file, text).expect("the file");
            let refused = import(url, kind, &file).must(2);
            assert!(refused.err.starts_with(name), "{kind}: {}", refused.err);
        }
        let missing = import(url, "places", &folder.path().join("none.csv")).must(2);
        assert!(missing.err.contains("cannot be read"), "{}", missing.err);
        assert!(run(&["import", "children", name, "--database-url", url]).must(2).err.contains("territories"));
        assert_eq!(head(), before, "nothing was written");
    }
}

#[test]
fn a_group_that_would_change_its_nature_is_refused_and_the_same_file_is_taken_again() {
    let database = Database::empty(Db::Sqlite);
    let folder = tempfile::tempdir().expect("a folder");
    program::init(database.url());
    import_fixtures(folder.path(), database.url());
    import_fixtures(folder.path(), database.url());
    let file = folder.path().join("groups.csv");
    let text = std::fs::read_to_string(&file).expect("the groups");
    let line = text.lines().find(|l| l.starts_with("107,")).expect("group 107");
    let head = text.lines().next().expect("a header");
    std::fs::write(&file, format!("{head}\n{}\n", line.replace(",kk,", ",ru,"))).expect("the file");
    let refused = import(database.url(), "groups", &file).must(2);
    assert!(refused.err.contains("row 2, column language: group 107 has another one"), "{}", refused.err);
}

#[test]
fn an_export_that_cannot_be_written_leaves_nothing() {
    let database = Database::with_fixtures_of_now(Db::Sqlite);
    let folder = tempfile::tempdir().expect("a folder");
    let there = folder.path().join("none").join("x.csv");
    let refused = run(&["export", "groups", there.to_str().expect("a path"), "--database-url", database.url()]).must(1);
    assert!(refused.err.contains("x.csv"), "{}", refused.err);
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}
