//! Nothing that names a person stands in the database in clear: names, IINs, contacts and papers are sealed under the key of their
//! child, which is wrapped by a master key outside the database. Destroying the child's key erases it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use kezek::store::StoreError;
use serde_json::{Value, json};

use crate::desk::database::Database;
use crate::desk::{Db, Desk, HOME, on_both};
use crate::program::{Serving, finished, handed_in, import_fixtures, kezek, mode, rows, run, write_rows};

on_both!(
    a_child_is_erased_its_spent_turn_stands_and_nobody_moves,
    only_the_department_erases_and_only_what_has_ended,
    an_erased_child_may_come_again_as_a_new_one,
    a_key_that_is_gone_is_named_and_a_key_of_another_opens_nothing,
);

const GROUND: &str = "ҚР дербес деректер туралы заңы, 25-бап; ата-ананың өтініші";

/// When the family may undo nothing any more.
fn erase(desk: &Desk, number: &str) -> crate::desk::Reply {
    desk.set_clock("2026-10-08T04:00:00Z");
    desk.post(&format!("/api/v1/applications/{number}/erase"), &desk.department(), &json!({"ground": GROUND}))
}

fn entries(desk: &Desk, as_of: &str) -> Value {
    let path = format!("/api/v1/queues/{HOME}-2022-general/entries?as_of={as_of}");
    desk.get(&path, &desk.department()).must(200).json["entries"].clone()
}

fn a_child_is_erased_its_spent_turn_stands_and_nobody_moves(desk: &Desk) {
    let gone = desk.another_child();
    let (number, referral) = desk.enrolled(&gone);
    let waiting = [(); 5].map(|()| desk.another_child());
    waiting.iter().for_each(|child| drop(desk.waiting(child)));
    desk.accept(&desk.register_with(&desk.another_child(), "large_family"));
    desk.on_referral(&referral, "depart", &json!({"last_day": "2026-09-30", "reason": "көшті"})).must(200);
    let paper =
        desk.get(&format!("/api/v1/applications/{number}/documents"), &desk.department()).must(200).json["results"][0]
            ["id"]
            .as_str()
            .map(str::to_owned);
    let at = "2026-09-10T23:00:00Z";
    desk.set_clock("2026-09-11T04:00:00Z");
    let before: Vec<Option<u64>> = waiting.iter().map(|child| desk.position(child)).collect();
    let past = entries(desk, at);
    let case = desk.application(&number)["case"].clone();
    assert!(case.is_string(), "{case}");
    let told = erase(desk, &number).must(200).json;
    assert_eq!(told, json!({"applications": [number]}));

    let numbers = || -> Vec<Option<u64>> { waiting.iter().map(|child| desk.position(child)).collect() };
    assert_eq!(numbers(), before, "nobody moves");
    assert_eq!(entries(desk, at), past, "the past is as it was");
    let office = &desk.registry.office;
    office.index.rebuild(&office.store, &office.rules, office.clock.now()).expect("the index");
    assert_eq!(numbers(), before, "by the rows too");

    desk.get(&format!("/api/v1/applications/{number}"), &desk.department()).refused(410, "erased");
    desk.get(&format!("/api/v1/applications/{number}/documents"), &desk.department()).refused(410, "erased");
    if let Some(paper) = paper {
        desk.get(&format!("/api/v1/documents/{paper}"), &desk.department()).refused(410, "erased");
    }
    desk.get(&format!("/api/v1/referrals/{referral}"), &desk.department()).refused(410, "erased");
    erase(desk, &number).refused(410, "erased");
    assert_eq!(desk.look_up_without_code(&gone.iin).must(200).json, json!({"entries": []}));
    let asked = json!({"case": case, "iin": gone.parent_iin});
    let status =
        desk.send("POST", "/api/v1/cases/status", None, &[], Some(asked.to_string().as_bytes())).must(200).json;
    assert_eq!(status, json!({"cases": []}), "nobody hears who was erased");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("applications.csv");
    let path = file.to_str().expect("a path");
    run(&["export", "applications", path, "--database-url", desk.database_url()]).must(0);
    let exported = std::fs::read_to_string(&file).expect("an export");
    assert!(!exported.contains(&number) && exported.contains(&waiting[0].iin), "{exported}");
    run(&["journal", "verify", "--database-url", desk.database_url()]).must(0);
}

fn only_the_department_erases_and_only_what_has_ended(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let path = format!("/api/v1/applications/{number}/erase");
    for token in [desk.office(), desk.akim(), desk.portal(), desk.auditor()] {
        desk.post(&path, &token, &json!({"ground": GROUND})).refused(403, "role_too_far");
    }
    let refused = erase(desk, &number).refused(409, "not_ended");
    assert_eq!(refused.json["application"], json!(number));
    desk.post(&path, &desk.department(), &json!({"ground": " "})).must(422);
    desk.post(&path, &desk.department(), &json!({})).must(422);
    desk.withdraw(&number).must(200);
    desk.set_clock("2026-11-02T04:00:00Z");
    let key = "erase-once";
    let first = desk.post_once(&path, &desk.department(), key, &json!({"ground": GROUND})).must(200);
    assert_eq!(desk.post_once(&path, &desk.department(), key, &json!({"ground": GROUND})).must(200).json, first.json);
}

fn an_erased_child_may_come_again_as_a_new_one(desk: &Desk) {
    let child = desk.another_child();
    let first = desk.waiting(&child);
    desk.withdraw(&first).must(200);
    erase(desk, &first).must(200);
    let second = desk.waiting(&child);
    assert_eq!(desk.application(&second)["child"]["iin"], json!(child.iin));
    desk.get(&format!("/api/v1/applications/{first}"), &desk.department()).refused(410, "erased");
    assert_eq!(desk.position(&child), Some(1));
}

fn a_key_that_is_gone_is_named_and_a_key_of_another_opens_nothing(desk: &Desk) {
    let (one, two) = (desk.waiting(&desk.another_child()), desk.waiting(&desk.another_child()));
    let store = &desk.registry.office.store;
    let keys: Vec<String> = [&one, &two]
        .map(|number| {
            store
                .read(|conn| kezek::store::applications::find(conn, number))
                .expect("a row")
                .expect("an application")
                .child
        })
        .to_vec();
    let literal = |key: &str| match desk.database_url().starts_with("postgres") {
        true => format!("'\\x{key}'::bytea"),
        false => format!("x'{key}'"),
    };
    let (first, second) = (literal(&keys[0]), literal(&keys[1]));
    super::tampering::tamper(
        desk,
        &format!(
            "CREATE TABLE kept AS SELECT * FROM keys; UPDATE keys SET wrapped = (SELECT wrapped FROM kept WHERE id = {second}) WHERE id = {first}"
        ),
    );
    let read = || store.read(|conn| kezek::store::applications::child(conn, store.vault(), &keys[0]));
    assert!(matches!(read(), Err(StoreError::Damaged(_))), "the key of another child opens nothing");
    super::tampering::tamper(desk, &format!("DELETE FROM keys WHERE id = {first}"));
    assert!(matches!(read(), Err(StoreError::Damaged(_))), "a key that is gone is no erasure");
    let named = kezek::service::journal::chains::verify(store).expect_err("a key is gone").to_string();
    assert!(named.contains("table keys") && named.contains(&keys[0]), "{named}");
    super::tampering::tamper(desk, "DELETE FROM keys; INSERT INTO keys SELECT * FROM kept; DROP TABLE kept");
    read().expect("as it was");
}

/// A registry of the program with a thousand children, beside whose file stands its key file.
struct City {
    folder: tempfile::TempDir,
    url: String,
    secrets: Vec<String>,
}

impl City {
    fn of(children: usize) -> City {
        let city = City::of_nobody();
        // The fixtures name nobody: no key is asked for.
        import_fixtures(city.folder.path(), &city.url);
        let rows = rows(children, 7);
        let file = city.folder.path().join("applications.csv");
        write_rows(&file, &rows);
        city.run(&["import", "applications", file.to_str().expect("a path")]).must(0);
        let secrets = rows
            .iter()
            .flat_map(|row| {
                let iins = [row.child_iin.to_string(), row.applicant_iin.to_string()];
                let names = [row.child_name.clone(), row.applicant_name.clone()];
                iins.into_iter().chain(names).chain(row.contacts.iter().cloned())
            })
            .collect();
        City { secrets, ..city }
    }

    fn of_nobody() -> City {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("kezek.sqlite3").display());
        let city = City { folder, url, secrets: Vec::new() };
        city.run(&["init"]).must(0);
        city
    }

    /// A command on this registry, with the key file beside it.
    fn run(&self, arguments: &[&str]) -> crate::program::Done {
        finished(kezek().env_remove("KEZEK_KEYS").args(arguments).args(["--database-url", &self.url]))
    }

    fn key_file(&self) -> PathBuf {
        self.folder.path().join("kezek.sqlite3.keys")
    }

    fn serve(&self) -> Serving {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--rate-limit", "off", "--database-url", &self.url];
        Serving::of(kezek().env_remove("KEZEK_KEYS").args(serve))
    }

    fn token(&self, role: &str) -> String {
        self.run(&["token", "issue", "--role", role, "--territory", "000000000"]).must(0).last_line().to_owned()
    }
}

/// Which of the secrets stand in these bytes; each has eight bytes at least.
fn found_in<'s>(bytes: &[u8], secrets: &'s [String]) -> HashSet<&'s str> {
    let mut beginning: HashMap<&[u8], Vec<&str>> = HashMap::new();
    for secret in secrets {
        beginning.entry(&secret.as_bytes()[..8]).or_default().push(secret);
    }
    let mut found = HashSet::new();
    for (at, window) in bytes.windows(8).enumerate() {
        let stands = |secret: &&&str| bytes[at..].starts_with(secret.as_bytes());
        found.extend(beginning.get(window).into_iter().flatten().filter(stands).copied());
    }
    found
}

#[test]
fn a_database_file_is_searched_for_a_thousand_families_in_vain() {
    let city = City::of(1_000);
    let serving = city.serve();
    let office = city.token("office");
    let fresh = &rows(1_010, 7)[1_000..];
    for row in fresh {
        let (status, answer) = serving.post("/api/v1/applications", &office, &handed_in(row));
        assert_eq!(status, 201, "{answer}");
    }
    let mut secrets = city.secrets.clone();
    secrets.extend(fresh.iter().flat_map(|row| [row.child_iin.to_string(), row.child_name.clone()]));
    let copy = city.folder.path().join("copy.sqlite3");
    finished(kezek().env_remove("KEZEK_KEYS").args([
        "copy",
        "--from",
        &city.url,
        "--to",
        &format!("sqlite://{}", copy.display()),
    ]))
    .must(0);
    serving.stop();
    let files: Vec<PathBuf> = std::fs::read_dir(city.folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_none_or(|ending| ending != "csv"))
        .collect();
    assert!(files.iter().any(|file| file.ends_with("copy.sqlite3")) && files.len() >= 4, "{files:?}");
    for file in files {
        let found = found_in(&std::fs::read(&file).expect("a file"), &secrets);
        assert!(found.is_empty(), "in {}: {found:?}", file.display());
    }
    let out = city.folder.path().join("out.csv");
    city.run(&["export", "applications", out.to_str().expect("a path")]).must(0);
    let read = found_in(&std::fs::read(&out).expect("an export"), &secrets);
    let all: HashSet<&str> = secrets.iter().map(String::as_str).collect();
    assert!(all.len() > 3_000 && read == all, "whoever holds the keys reads everybody");
}

#[test]
fn a_lost_key_file_is_said_at_start_and_nothing_is_damaged() {
    let city = City::of(20);
    let head = city.run(&["journal", "verify"]).must(0).last_line().to_owned();
    let aside = city.folder.path().join("aside");
    std::fs::rename(city.key_file(), &aside).expect("the key file");
    let refused = city.run(&["serve", "--listen", "127.0.0.1:0"]).must(1);
    assert!(
        refused.err.contains("kezek.sqlite3.keys") && refused.err.contains("nothing is damaged"),
        "{}",
        refused.err
    );
    assert_eq!(city.run(&["journal", "verify"]).must(0).last_line(), head, "the journal needs no keys");
    // The key file of another registry opens nothing, and is named.
    let other = City::of(0);
    std::fs::copy(other.key_file(), city.key_file()).expect("a copy");
    let foreign = city.run(&["serve", "--listen", "127.0.0.1:0"]).must(1);
    assert!(foreign.err.contains("another registry"), "{}", foreign.err);
    std::fs::write(city.key_file(), "no keys\n").expect("a file");
    let broken = city.run(&["serve", "--listen", "127.0.0.1:0"]).must(1);
    assert!(broken.err.contains("holds no keys"), "{}", broken.err);
    std::fs::rename(aside, city.key_file()).expect("the key file");
    city.serve().stop();
    assert_eq!(city.run(&["journal", "verify"]).must(0).last_line(), head);
}

#[test]
fn the_master_key_is_changed_under_a_running_server() {
    let city = City::of(50);
    let head = city.run(&["journal", "verify"]).must(0).last_line().to_owned();
    let (serving, office) = (city.serve(), city.token("office"));
    let number = |n: usize| format!("/api/v1/applications/391000000-{n:06}");
    let some = (1..=50).find_map(|n| Some(number(n)).filter(|path| serving.get(path, &office).0 == 200)).expect("one");
    let people = |serving: &Serving| -> [Value; 2] {
        let read = serving.get(&some, &office).1;
        ["child", "applicant"].map(|field| read[field].clone())
    };
    let read = people(&serving);
    assert!(read.iter().all(Value::is_object), "{read:?}");
    assert_eq!(mode(&city.key_file()), 0o600);
    let before = std::fs::read_to_string(city.key_file()).expect("the key file");
    let told = city.run(&["rekey"]).must(0).err;
    assert!(told.contains("51 keys"), "{told}");
    let after = std::fs::read_to_string(city.key_file()).expect("the key file");
    let keys =
        |text: &str| -> Vec<String> { text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect() };
    assert!(keys(&before).len() == 1 && keys(&after).len() == 1 && keys(&before) != keys(&after));
    assert_eq!(mode(&city.key_file()), 0o600);
    assert_eq!(people(&serving), read, "a running server reads on");
    let row = rows(51, 7).pop().expect("a row");
    let (status, answer) = serving.post("/api/v1/applications", &office, &handed_in(&row));
    assert_eq!(status, 201, "{answer}");
    assert_eq!(serving.entry(&row.child_iin.to_string()).expect("an entry")["status"], "in_queue");
    serving.stop();
    assert_ne!(city.run(&["journal", "verify"]).must(0).last_line(), head);
    // What was wrapped before is opened by no file of before.
    std::fs::write(city.key_file(), before).expect("the old file");
    let foreign = city.run(&["serve", "--listen", "127.0.0.1:0"]).must(1);
    assert!(foreign.err.contains("another registry"), "{}", foreign.err);
    std::fs::write(city.key_file(), after).expect("the new file");
    let serving = city.serve();
    assert_eq!(people(&serving), read);
    serving.stop();
}

#[test]
fn a_registry_in_postgres_is_not_made_without_a_key_file_of_its_own() {
    let database = Database::empty(Db::Postgres);
    let init = |keys: Option<&Path>| {
        let mut command = kezek();
        command.env_remove("KEZEK_KEYS").args(["init", "--database-url", database.url()]);
        keys.map(|path| command.env("KEZEK_KEYS", path));
        finished(&mut command)
    };
    let refused = init(None).must(1);
    assert!(refused.err.contains("KEZEK_KEYS"), "{}", refused.err);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("registry.keys");
    init(Some(&file)).must(0);
    assert_eq!(mode(&file), 0o600);
    let serve = ["serve", "--listen", "127.0.0.1:0", "--database-url", database.url()];
    let unnamed = finished(kezek().env_remove("KEZEK_KEYS").args(serve)).must(1);
    assert!(unnamed.err.contains("KEZEK_KEYS"), "{}", unnamed.err);
    Serving::of(kezek().env("KEZEK_KEYS", &file).args(serve)).stop();
}

#[test]
fn a_registry_whose_making_was_stopped_before_it_had_a_key_is_made_whole_at_its_opening() {
    use diesel::Connection;
    use diesel::connection::SimpleConnection;
    let city = City::of(0);
    let path = city.folder.path().join("kezek.sqlite3");
    let mut conn = diesel::SqliteConnection::establish(path.to_str().expect("a path")).expect("the file");
    conn.batch_execute("DELETE FROM keys").expect("the key is gone");
    let (serving, office) = (city.serve(), city.token("office"));
    let row = rows(1, 7).pop().expect("a row");
    assert_eq!(serving.post("/api/v1/applications", &office, &handed_in(&row)).0, 201);
    serving.stop();
    // With a child in it a registry that has lost its own key is damaged, and gets no other.
    conn.batch_execute("DELETE FROM keys WHERE id = zeroblob(16)").expect("the key is gone");
    let refused = city.run(&["serve", "--listen", "127.0.0.1:0"]).must(1);
    assert!(refused.err.contains("own key is gone"), "{}", refused.err);
}

#[test]
fn a_copy_is_read_by_the_keys_of_its_source_wherever_it_goes() {
    let city = City::of(20);
    let url = |path: PathBuf| format!("sqlite://{}", path.display());
    let copy = |to: &str, keys: Option<&Path>| {
        let mut command = kezek();
        command.env_remove("KEZEK_KEYS").args(["copy", "--from", &city.url, "--to", to]);
        keys.map(|path| command.env("KEZEK_KEYS", path));
        finished(&mut command).must(0);
    };
    let reads = |at: &str, keys: Option<&Path>| {
        let out = city.folder.path().join("out.csv");
        let mut command = kezek();
        command.env_remove("KEZEK_KEYS").args([
            "export",
            "applications",
            out.to_str().expect("a path"),
            "--database-url",
            at,
        ]);
        keys.map(|path| command.env("KEZEK_KEYS", path));
        finished(&mut command).must(0);
        let exported = std::fs::read(&out).expect("an export");
        assert!(
            city.secrets.iter().all(|secret| !found_in(&exported, std::slice::from_ref(secret)).is_empty()),
            "{at}"
        );
        std::fs::remove_file(out).expect("the export");
    };
    let fresh = url(city.folder.path().join("a folder/that is not there/kezek.sqlite3"));
    copy(&fresh, None);
    reads(&fresh, None);
    let made = City::of_nobody();
    copy(&made.url, None);
    reads(&made.url, None);
    made.run(&["rekey"]).must(0);
    reads(&made.url, None);
    // A pilot in a file becomes a registry in PostgreSQL, which was made with a key file of its own.
    let database = Database::empty(Db::Postgres);
    let keys = made.folder.path().join("postgres.keys");
    finished(kezek().env("KEZEK_KEYS", &keys).args(["init", "--database-url", database.url()])).must(0);
    copy(database.url(), Some(&keys));
    reads(database.url(), Some(&keys));
}

#[test]
fn two_who_change_the_master_key_at_once_lose_none() {
    let city = City::of(20);
    std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| city.run(&["rekey"]).must(0)));
        both.into_iter().for_each(|done| drop(done.join().expect("a rotation")));
    });
    let text = std::fs::read_to_string(city.key_file()).expect("the key file");
    assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), 1, "{text}");
    city.serve().stop();
}
