//! The commands of the contract, as the built program answers them.

pub mod allocate;
mod copy;
mod interrupted;
mod reasons;
mod reports;
mod simulate;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::desk::database::{Database, keys};
use crate::desk::{Db, Desk};
use crate::program::{self, Serving, finished, handed_in, import_fixtures, kezek, mode, run};

fn sqlite(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("kezek.sqlite3").display())
}

fn open(url: &str) -> SqliteConnection {
    SqliteConnection::establish(url.strip_prefix("sqlite://").expect("a file")).expect("the file")
}

#[test]
fn an_unknown_database_url_says_what_to_type() {
    for url in ["mysql://localhost/kezek", "kezek.sqlite3", "", "sqlite://", "sqlite://:memory:"] {
        for command in [vec!["journal", "verify"], vec!["serve", "--listen", "127.0.0.1:0"], vec!["token", "list"]] {
            let refused = finished(kezek().args(command).args(["--database-url", url])).must(1);
            assert!(refused.err.contains("write sqlite://PATH"), "{url}: {}", refused.err);
            assert!(refused.out.is_empty());
        }
    }
}

#[test]
fn a_command_that_reads_makes_no_registry_where_a_name_is_mistyped() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = sqlite(&folder.path().join("none"));
    for command in [
        &["journal", "verify"][..],
        &["journal", "export"],
        &["token", "list"],
        &["token", "revoke", "x"],
        &["export", "places", "x.csv"],
        &["tick"],
    ] {
        let refused = finished(kezek().args(command).args(["--database-url", &url]).current_dir(folder.path())).must(1);
        assert!(refused.err.contains("there is no registry here"), "{command:?}: {}", refused.err);
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0, "nothing was made");
    let empty = Database::empty(Db::Postgres);
    let refused = run(&["journal", "verify", "--database-url", empty.url()]).must(1);
    assert!(refused.err.contains("there is no registry here"), "{}", refused.err);
}

#[test]
fn a_credential_is_issued_listed_and_revoked_and_its_secret_is_not_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = sqlite(folder.path());
    program::init(&url);
    import_fixtures(folder.path(), &url);
    assert_eq!(mode(&folder.path().join("kezek.sqlite3")), 0o600, "personal data is its owner's only");
    let issued = run(&["token", "issue", "--role", "akim", "--territory", "393243000", "--database-url", &url]).must(0);
    let secret = issued.last_line().to_owned();
    assert_eq!(issued.out.trim_end(), secret, "the secret alone");
    let list = || run(&["token", "list", "--database-url", &url]).must(0).out;
    let listed = list();
    let line = listed.lines().find(|l| l.contains(",akim,393243000,,")).expect("the credential in the list");
    assert_eq!(line.split(',').nth(6), Some(""), "not revoked: {line}");
    let id = line.split(',').next().expect("an id").to_owned();
    assert!(!list().contains(&secret));
    let serving = Serving::start(&url);
    let next = "/api/v1/referrals/next?territory=393243000";
    assert_eq!(serving.get(next, &secret).0, 200);
    run(&["token", "revoke", &id, "--database-url", &url]).must(0);
    assert_eq!(serving.get(next, &secret).0, 401, "it stops at the next request");
    let again = run(&["token", "revoke", &id, "--database-url", &url]).must(1);
    assert!(again.err.contains("revoked before"), "{}", again.err);
    assert!(run(&["token", "revoke", "nobody", "--database-url", &url]).must(1).err.contains("no such token"));
    for wrong in [
        &["--role", "king", "--territory", "393243000"][..],
        &["--role", "akim", "--territory", "39"],
        &["--role", "akim"],
    ] {
        finished(kezek().args(["token", "issue", "--database-url", &url]).args(wrong)).must(2);
    }
    for (wrong, said) in [
        (
            &["--role", "kindergarten", "--territory", "391000000", "--kindergarten", "k-999"][..],
            "no kindergarten k-999",
        ),
        (&["--role", "kindergarten", "--territory", "430000000", "--kindergarten", "k-001"], "which is not in"),
        (&["--role", "akim", "--territory", "391000000", "--kindergarten", "k-001"], "speaks for no kindergarten"),
    ] {
        let refused = finished(kezek().args(["token", "issue", "--database-url", &url]).args(wrong)).must(1);
        assert!(refused.err.contains(said), "{}", refused.err);
    }
    run(&["token", "issue", "--role", "auditor", "--territory", "390000000", "--database-url", &url]).must(0);
    let homes: BTreeSet<String> =
        records(&url).iter().map(|r| r["home"].as_str().expect("a home").to_owned()).collect();
    assert!(!homes.contains("390000000"), "an oblast is no home: {homes:?}");
    let file = std::fs::read(folder.path().join("kezek.sqlite3")).expect("the file");
    assert!(!file.windows(secret.len()).any(|w| w == secret.as_bytes()), "the secret is kept nowhere");
}

fn records(url: &str) -> Vec<Value> {
    let exported = run(&["journal", "export", "--database-url", url]).must(0).out;
    exported.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[test]
fn the_exported_journal_can_be_checked_without_this_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = demo(folder.path(), "100");
    let verified = run(&["journal", "verify", "--database-url", &url]).must(0);
    let mut heads: BTreeMap<String, String> = BTreeMap::new();
    let mut next: BTreeMap<String, i64> = BTreeMap::new();
    for record in records(&url) {
        let fields: BTreeSet<&str> = record.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(
            fields,
            ["home", "seq", "at", "act", "actor", "territory", "payload", "seals", "prev", "hash"]
                .into_iter()
                .collect()
        );
        let home = record["home"].as_str().expect("a home").to_owned();
        let at = record["at"].as_str().expect("an instant");
        assert!(at.len() == 27 && at.ends_with('Z') && at.as_bytes()[19] == b'.', "{at}");
        let seq = next.entry(home.clone()).or_insert(1);
        assert_eq!(record["seq"], *seq, "without gaps");
        *seq += 1;
        let zeros = "0".repeat(64);
        assert_eq!(record["prev"], *heads.get(&home).unwrap_or(&zeros));
        let mut hashed: BTreeMap<String, Value> = serde_json::from_value(record.clone()).expect("an object");
        let hash = hashed.remove("hash").expect("a hash");
        assert_eq!(hash, sha256(&canonical(&json!(hashed))), "record {seq} of {home}");
        heads.insert(home, hash.as_str().expect("text").to_owned());
    }
    assert!(heads.len() > 5, "the demo lives in many homes");
    assert_eq!(verified.last_line(), sha256(&canonical(&json!(heads))), "the head alone on the last line");
    assert_eq!(verified.out.trim_end(), verified.last_line());
}

/// RFC 8785 for what the journal holds: objects by sorted ASCII names, integers, strings, no spaces.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&str, &Value> = fields.iter().map(|(k, v)| (k.as_str(), v)).collect();
            let all: Vec<String> = sorted.iter().map(|(k, v)| format!("{}:{}", json!(k), canonical(v))).collect();
            format!("{{{}}}", all.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Number(n) => {
            assert!(n.is_i64() || n.is_u64(), "{n} is no integer");
            n.to_string()
        }
        plain => plain.to_string(),
    }
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn a_journal_that_was_tampered_with_is_refused_with_the_record() {
    let desk = Desk::open(Db::Sqlite);
    desk.damaged();
    for _ in 0..3 {
        desk.waiting(&desk.another_child());
    }
    let url = desk.database_url();
    let home = crate::desk::HOME;
    let mut conn = open(url);
    for (damage, said) in [
        ("UPDATE journal SET seals = seals + 1 WHERE seq = 4", "record 4: its content"),
        ("UPDATE journal SET at = '2020-01-01 00:00:00' WHERE seq = 3", "record 3: its instant"),
        ("UPDATE journal SET actor = 'x' WHERE seq = 2", "record 2: its content"),
        ("UPDATE journal SET payload = 'x' WHERE seq = 5", "record 5: its payload"),
        ("UPDATE journal SET hash = prev WHERE seq = 4", "record 4: its content"),
        ("DELETE FROM journal WHERE seq = 3", "goes from 2 to 4"),
        ("DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal WHERE home = 391000000)", "does not end where"),
        ("UPDATE homes SET seq = seq - 1 WHERE code = 391000000", "does not end where"),
        ("UPDATE homes SET seq = 0, head = '0' WHERE code = 391000000", "does not end where"),
        ("UPDATE homes SET head = 'x' WHERE code = 391000000", "does not end where"),
        (
            "INSERT INTO journal SELECT 430000000, 1, at, act, actor, territory, payload, seals, root, prev, hash FROM journal \
             WHERE home = 391000000 AND seq = 1",
            "430000000",
        ),
    ] {
        run(&["journal", "verify", "--database-url", url]).must(0);
        conn.batch_execute(
            "PRAGMA foreign_keys = OFF; DROP TABLE IF EXISTS kept_journal; DROP TABLE IF EXISTS kept_homes",
        )
        .expect("room");
        conn.batch_execute(
            "CREATE TABLE kept_journal AS SELECT * FROM journal; CREATE TABLE kept_homes AS SELECT * FROM homes",
        )
        .expect("what is kept");
        let only_home =
            if damage.contains("391000000") { damage.to_owned() } else { format!("{damage} AND home = {home}") };
        conn.batch_execute(&only_home).expect("the damage");
        let refused = run(&["journal", "verify", "--database-url", url]).must(1);
        assert!(refused.err.contains(said), "{damage}: {}", refused.err);
        assert!(refused.err.contains("391000000") || refused.err.contains("430000000"), "{}", refused.err);
        assert!(refused.out.is_empty(), "no head is shown: {}", refused.out);
        conn.batch_execute("DELETE FROM journal; DELETE FROM homes; INSERT INTO homes SELECT * FROM kept_homes")
            .expect("back");
        conn.batch_execute("INSERT INTO journal SELECT * FROM kept_journal").expect("back");
    }
}

/// A demo in a folder; its URL.
fn demo(folder: &Path, children: &str) -> String {
    let data = folder.join("data");
    run(&["demo", "--once", "--children", children, "--data-dir", data.to_str().expect("a path")]).must(0);
    sqlite(&data)
}

#[test]
fn the_demo_can_be_run_again_and_keeps_its_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = demo(folder.path(), "200");
    let tokens = folder.path().join("data/demo-tokens.json");
    assert_eq!(mode(&tokens), 0o600);
    let text = std::fs::read_to_string(&tokens).expect("the tokens");
    let all: BTreeMap<String, String> = serde_json::from_str(&text).expect("role to token");
    let roles: Vec<&str> = all.keys().map(String::as_str).collect();
    assert_eq!(roles, ["akim", "auditor", "department", "kindergarten", "office", "portal", "state_corporation"]);
    let count = |table: &str| {
        let sql = format!("SELECT count(*) AS n FROM {table}");
        diesel::sql_query(sql).get_result::<Count>(&mut open(&url)).expect("a count").n
    };
    assert!(count("applications") >= 194, "at least 97 of 100");
    let before = count("applications");
    std::fs::set_permissions(&tokens, PermissionsExt::from_mode(0o644)).expect("rights");
    assert_eq!(demo(folder.path(), "200"), url);
    assert_eq!((count("applications"), mode(&tokens)), (before, 0o600), "nothing twice, and private again");
    let serving = Serving::start(&url);
    for text in [text, std::fs::read_to_string(&tokens).expect("the tokens")] {
        let all: BTreeMap<String, String> = serde_json::from_str(&text).expect("role to token");
        assert_eq!(serving.get("/api/v1/queues?territory=391000000", &all["auditor"]).0, 200);
    }
    let accounts = folder.path().join("data/demo-accounts.json");
    assert_eq!(mode(&accounts), 0o600);
    let accounts = std::fs::read_to_string(&accounts).expect("the accounts");
    let accounts: BTreeMap<String, Value> = serde_json::from_str(&accounts).expect("login and password by role");
    assert_eq!(accounts.keys().collect::<Vec<_>>(), all.keys().collect::<Vec<_>>());
    for account in accounts.values() {
        assert_eq!(serving.post("/api/v1/sessions", "", account).0, 201, "{account}");
    }
    let families = folder.path().join("data/demo-families.json");
    assert_eq!(mode(&families), 0o600);
    let families = std::fs::read_to_string(&families).expect("the families");
    let families: Vec<Value> = serde_json::from_str(&families).expect("IIN and code of each");
    assert!(families.len() >= 30, "{families:?}");
    for family in &families[..3] {
        assert_eq!(serving.post("/api/v1/sessions", "", family).0, 201, "{family}");
    }
    assert!(serving.stop().success());
    // A demo that was stopped half-way is no demo.
    std::fs::remove_file(&tokens).expect("the tokens");
    let data = folder.path().join("data");
    let stopped = run(&["demo", "--once", "--data-dir", data.to_str().expect("a path")]).must(1);
    assert!(stopped.err.contains("did not finish"), "{}", stopped.err);
}

#[test]
fn the_demo_gives_twins_places_by_one_act_and_frees_the_place_of_the_one_that_leaves() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let data = data.to_str().expect("a path");
    let told = run(&["demo", "--once", "--children", "100", "--data-dir", data]).must(0).out;
    let line =
        |what: &str| told.lines().find(|line| line.starts_with(what)).unwrap_or_else(|| panic!("{what}: {told}"));
    let numbers = |text: &str| text.split([' ', ',', ':']).filter(|w| w.contains("-R-")).map(str::to_owned).collect();
    let (twins, left): (Vec<String>, Vec<String>) = (numbers(line("twins")), numbers(line("departure")));
    assert_eq!((twins.len(), &left[..]), (2, &twins[..1]), "{told}");
    assert!(line("transfer").contains("keeps its place until then"));
    let sql = "SELECT count(*) AS n FROM referrals WHERE status = 'departed'";
    let departed = diesel::sql_query(sql).get_result::<Count>(&mut open(&sqlite(Path::new(data)))).expect("a count");
    assert_eq!(departed.n, 1);
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}
/// Everything that was lodged by which somebody could be known, opened with the registry's keys.
fn personal(url: &str) -> BTreeSet<String> {
    let store = kezek::store::Store::open(url, &keys(), 1).expect("the registry");
    let all = store.read(|conn| kezek::store::applications::page(conn, store.vault(), "", 10_000)).expect("the rows");
    let mut found = BTreeSet::new();
    for lodged in all {
        let (child, applicant) = (lodged.child, lodged.applicant);
        let names = [child.name, applicant.name];
        found.extend(names.iter().flat_map(|name| name.split(' ').chain([name.as_str()]).map(str::to_owned)));
        found.extend([child.iin.to_string(), applicant.iin.to_string()]);
        found.extend(applicant.contacts);
        found.extend(lodged.documents.into_iter().filter_map(|document| document.number));
        found.extend(lodged.claims.into_iter().filter_map(|claim| claim.proof));
        // A day alone: the instants of the journal may fall on the day of somebody's birth.
        found.insert(format!("\"{}\"", child.birth_on));
    }
    found.into_iter().filter(|part| part.chars().count() > 3).collect()
}

#[test]
fn the_journal_of_a_demo_names_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = demo(folder.path(), "120");
    let public = run(&["journal", "export", "--database-url", &url]).must(0).out;
    assert!(public.is_ascii(), "no name of this country is written in ASCII, and no text of people belongs here");
    let all = run(&["journal", "export", "--openings", "--database-url", &url]).must(0).out;
    // Streets and kindergartens are named after people; what an import brings names nobody who waits.
    let all: String = all.lines().filter(|line| !line.contains("\"act\":\"import_")).collect();
    for secret in personal(&url) {
        assert!(!all.contains(&secret), "the journal holds {secret}");
    }
    let of_twelve = all
        .split(|c: char| !c.is_ascii_alphanumeric())
        .find(|word| word.len() == 12 && word.bytes().all(|b| b.is_ascii_digit()));
    assert_eq!(of_twelve, None, "twelve digits in a row");
}

#[test]
fn logs_hold_no_iin_at_any_level() {
    let database = Database::with_fixtures_of_now(Db::Sqlite);
    let office = program::token(database.url(), "office");
    let serving = Serving::of(kezek().env("KEZEK_LOG", "trace").args([
        "serve",
        "--database-url",
        database.url(),
        "--listen",
        "127.0.0.1:0",
    ]));
    let rows = program::rows(3, 41);
    let mut wrong = handed_in(&rows[1]);
    wrong["child"]["birth_date"] = json!("1950-01-01");
    assert_eq!(serving.post("/api/v1/applications", &office, &handed_in(&rows[0])).0, 201);
    assert_eq!(serving.post("/api/v1/applications", &office, &handed_in(&rows[0])).0, 409);
    assert_eq!(serving.post("/api/v1/applications", &office, &wrong).0, 422);
    assert!(serving.entry(&rows[0].child_iin.to_string()).is_some());
    assert_eq!(serving.entry(&rows[2].child_iin.to_string()), None);
    let mut other = open(database.url());
    other.batch_execute("BEGIN IMMEDIATE").expect("the lock");
    assert_eq!(serving.post("/api/v1/applications", &office, &handed_in(&rows[2])).0, 503);
    other.batch_execute("ROLLBACK").expect("the lock is given back");
    let log = serving.log();
    assert!(log.contains("TRACE"), "everything is logged: {log}");
    for row in &rows {
        for iin in [row.child_iin.to_string(), row.applicant_iin.to_string()] {
            assert!(!log.contains(&iin), "the log holds an IIN");
        }
        assert!(!log.contains(&row.child_name), "the log holds a name");
    }
    assert!(!log.contains(&office), "the log holds a credential");
}
