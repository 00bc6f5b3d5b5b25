//! Migrations are appended: what a registry was made by stays as it is, and a registry of an earlier release goes on under
//! this one, with the heads that it had.

use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use kezek::service::journal::chains;
use kezek::store::connection::{AnyConnection, Location};
use kezek::store::copy::TABLES;
use kezek::store::{Store, lodged};
use kezek::trust::seal::sha256_hex;

use super::schema;
use crate::desk::Db;
use crate::desk::database::{Database, keys};
use crate::desk::lived_in::lived_in;

/// The migrations that registries may have been made by, and the hashes of their texts.
const FROZEN: [(&str, &str); 2] = [
    ("migrations/sqlite/0001_registry/up.sql", "192205d4bc9680ac8090c73734036b5da70918580b0d818307faf77908bee90a"),
    ("migrations/postgres/0001_registry/up.sql", "4edcf12ea035294a76d0e8dea8ff7d691c0cf6e91ebb60afbd05d408beddaa09"),
];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Registries of earlier releases, by the last migration that they know.
fn earlier() -> Vec<PathBuf> {
    let folder = repository().join("fixtures/registry");
    let files = fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    let mut databases: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|e| e == "sqlite3")).collect();
    databases.sort();
    databases
}

#[test]
fn a_migration_that_registries_were_made_by_is_never_changed() {
    for (file, hash) in FROZEN {
        let text = fs::read(repository().join(file)).expect("the migration");
        assert_eq!(sha256_hex(&text), hash, "{file} is frozen: append a migration instead");
    }
}

/// Keeps a registry of this release where none is kept for its last migration, so that the next release can be tried on it.
#[test]
fn every_migration_has_a_registry_that_knows_no_later_one() {
    let versions = fs::read_dir(repository().join("migrations/sqlite")).expect("the migrations");
    for version in versions.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")) {
        let file = repository().join(format!("fixtures/registry/{version}.sqlite3"));
        if std::env::var_os("KEZEK_REWRITE_EXPECTED").is_some() && !file.exists() {
            keep(&file);
        }
        assert!(file.exists(), "KEZEK_REWRITE_EXPECTED=1 keeps {}", file.display());
    }
}

fn keep(file: &Path) {
    let desk = lived_in(Db::Sqlite);
    let mut conn = Location::parse(desk.database_url()).expect("a URL").connect().expect("a connection");
    conn.batch_execute(&format!("VACUUM INTO '{}'", file.display())).expect("a copy");
    let head = chains::verify(&desk.registry.office.store).expect("whole");
    fs::write(file.with_extension("head"), head + "\n").expect("its head");
}

#[test]
fn a_registry_of_an_earlier_release_migrates_verifies_and_keeps_its_heads() {
    for file in earlier() {
        let database = Database::empty(Db::Sqlite);
        let target = database.url().strip_prefix("sqlite://").expect("a file");
        fs::copy(&file, target).expect("a copy");
        goes_on(&file, &database);
    }
}

#[test]
fn so_does_one_in_postgres() {
    for file in earlier() {
        let (database, folder) = (Database::empty(Db::Postgres), tempfile::tempdir().expect("a folder"));
        // Opening a file writes into its head.
        let copy = folder.path().join("registry.sqlite3");
        fs::copy(&file, &copy).expect("a copy");
        put_into_postgres(&copy, &database);
        goes_on(&file, &database);
    }
}

/// Opens a registry by this release and holds it against what was kept of it.
#[track_caller]
fn goes_on(file: &Path, database: &Database) {
    let store = Store::open(database.url(), &keys(), 2).expect("opens and migrates");
    let head = fs::read_to_string(file.with_extension("head")).expect("the head");
    assert_eq!(chains::verify(&store).expect("verifies"), head.trim(), "{}", file.display());
    let page = store.read(|conn| lodged::page(conn, store.vault(), "", 1_000)).expect("the keys open what is sealed");
    assert!(page.len() > 5 && page.iter().all(|lodged| !lodged.child.name.is_empty()), "{} applications", page.len());
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    row: String,
}

/// The same rows in PostgreSQL, as the migrations that the registry knows made it.
fn put_into_postgres(file: &Path, database: &Database) {
    let source = Location::parse(&format!("sqlite://{}", file.display())).expect("a URL");
    let mut source = source.connect().expect("a connection");
    let mut target = Location::parse(database.url()).expect("a URL").connect().expect("a connection");
    let AnyConnection::Sqlite(from) = &mut source else { panic!("a file") };
    let known = "SELECT version AS row FROM __diesel_schema_migrations ORDER BY version";
    let known: Vec<Line> = diesel::sql_query(known).load(from).expect("the migrations");
    target
        .batch_execute(
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP NOT NULL DEFAULT now())",
        )
        .expect("the table of migrations");
    let names = fs::read_dir(repository().join("migrations/postgres")).expect("the migrations");
    let names: Vec<PathBuf> = names.map(|entry| entry.expect("an entry").path()).collect();
    for Line { row: version } in known {
        let of =
            |path: &&PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&format!("{version}_")));
        let text = fs::read_to_string(names.iter().find(of).expect("its twin").join("up.sql")).expect("the twin");
        target.batch_execute(&text).expect("the migration");
        let done = format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')");
        target.batch_execute(&done).expect("the version");
    }
    let columns = schema::columns(&mut source);
    target.batch_execute("SET session_replication_role = replica").expect("the server lets us");
    let there = |table: &&&str| columns.keys().any(|(of, _)| of == *table);
    for table in TABLES.iter().filter(there) {
        let of_table = columns.keys().filter(|(of, _)| of == table);
        let cells =
            of_table.map(|(_, c)| format!("'{c}', CASE typeof({c}) WHEN 'blob' THEN '\\x' || hex({c}) ELSE {c} END"));
        let rows = format!("SELECT json_object({}) AS row FROM {table}", cells.collect::<Vec<_>>().join(", "));
        let AnyConnection::Sqlite(from) = &mut source else { panic!("a file") };
        let rows: Vec<Line> = diesel::sql_query(rows).load(from).expect("rows");
        let AnyConnection::Postgres(to) = &mut target else { panic!("a server") };
        for Line { row } in rows {
            let put = format!("INSERT INTO {table} SELECT * FROM json_populate_record(NULL::{table}, $1::json)");
            diesel::sql_query(put).bind::<Text, _>(row).execute(to).expect("a row");
        }
    }
}
