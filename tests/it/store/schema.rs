//! The twins: both migrations make the same tables, those that `src/store/schema.rs` describes, and take them back.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use kezek::store::connection::{AnyConnection, Location};
use kezek::store::{ClockBounds, Store};

use crate::desk::database::{Database, keys};
use crate::desk::{Db, HOME, load_fixtures};

/// A column: its type and whether it may be null.
type Column = (String, bool);
/// Columns by table and name.
type Tables = BTreeMap<(String, String), Column>;

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    tab: String,
    #[diesel(sql_type = Text)]
    col: String,
    #[diesel(sql_type = Text)]
    typ: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

const IN_SQLITE: &str = "SELECT m.name AS tab, c.name AS col, c.type AS typ, c.\"notnull\" = 0 AS nullable \
     FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
const IN_POSTGRES: &str = "SELECT table_name::text AS tab, column_name::text AS col, data_type::text AS typ, \
     is_nullable = 'YES' AS nullable FROM information_schema.columns WHERE table_schema = 'public'";

const SQLITE_INDEXES: &str = "SELECT tbl_name AS tab, name AS col, '' AS typ, false AS nullable FROM sqlite_master \
     WHERE type = 'index' AND name NOT LIKE 'sqlite_%'";
const POSTGRES_INDEXES: &str = "SELECT tablename::text AS tab, indexname::text AS col, '' AS typ, false AS nullable \
     FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'";

fn connect(database: &Database) -> AnyConnection {
    Location::parse(database.url()).expect("a URL").connect().expect("a connection")
}

/// The columns of a registry by table and name, each with its type.
pub(super) fn columns(conn: &mut AnyConnection) -> BTreeMap<(String, String), String> {
    ask(conn, IN_SQLITE, IN_POSTGRES).into_iter().map(|(column, (kind, _))| (column, kind)).collect()
}

/// The columns of a SQLite table's primary key, with a comma between them.
pub(super) fn key(conn: &mut AnyConnection, table: &str) -> String {
    let columns = format!(
        "SELECT '{table}' AS tab, name AS col, type AS typ, false AS nullable FROM pragma_table_info('{table}') \
         WHERE pk > 0 ORDER BY pk"
    );
    let AnyConnection::Sqlite(c) = conn else { panic!("the catalogue of SQLite") };
    let found: Vec<Found> = diesel::sql_query(columns).load(c).expect("columns");
    found.into_iter().map(|found| found.col).collect::<Vec<_>>().join(", ")
}

fn ask(conn: &mut AnyConnection, sqlite: &str, postgres: &str) -> Tables {
    let found: Vec<Found> = match conn {
        AnyConnection::Sqlite(c) => diesel::sql_query(sqlite).load(c).expect("columns"),
        AnyConnection::Postgres(c) => diesel::sql_query(postgres).load(c).expect("columns"),
    };
    found
        .into_iter()
        .filter(|f| f.tab != "__diesel_schema_migrations")
        .map(|f| ((f.tab, f.col), (f.typ.to_lowercase(), f.nullable)))
        .collect()
}

fn migrated(db: Db) -> (Database, Store) {
    let database = Database::empty(db);
    let store = Store::create(database.url(), &keys(), 2).expect("is made").believing(ClockBounds::LIFTED);
    (database, store)
}

/// What a type of `schema.rs` is on each database.
fn types(diesel: &str) -> (&str, &str) {
    match diesel {
        "Integer" => ("integer", "integer"),
        "BigInt" => ("integer", "bigint"),
        "SmallInt" => ("integer", "smallint"),
        "Bool" => ("integer", "boolean"),
        "Text" => ("text", "text"),
        "Binary" => ("blob", "bytea"),
        "Timestamp" => ("text", "timestamp without time zone"),
        "Date" => ("text", "date"),
        other => panic!("schema.rs has the type {other}, which this test does not know"),
    }
}

/// `src/store/schema.rs`, read as text: table, column, type, nullable.
fn described() -> BTreeMap<(String, String), Column> {
    let mut found = BTreeMap::new();
    let source = concat!(
        include_str!("../../../src/store/schema.rs"),
        include_str!("../../../src/store/schema/people.rs"),
        include_str!("../../../src/store/schema/signing_in.rs")
    );
    for table in source.split("diesel::table! {").skip(1) {
        let name = table.trim_start().split(' ').next().expect("a name").to_owned();
        for line in table.lines().filter_map(|l| l.trim().strip_suffix(',')) {
            let Some((column, kind)) = line.split_once(" -> ") else { continue };
            let nullable = kind.starts_with("Nullable<");
            let kind = kind.trim_start_matches("Nullable<").trim_end_matches('>');
            found.insert((name.clone(), column.to_owned()), (kind.to_owned(), nullable));
        }
    }
    assert!(found.len() > 100, "schema.rs was not understood");
    found
}

#[test]
fn both_migrations_make_the_tables_that_the_schema_describes() {
    let described = described();
    for db in Db::BOTH {
        let (database, _store) = migrated(db);
        let made = ask(&mut connect(&database), IN_SQLITE, IN_POSTGRES);
        let expected: Tables = described
            .iter()
            .map(|(place, (kind, nullable))| {
                let (sqlite, postgres) = types(kind);
                let kind = if db == Db::Sqlite { sqlite } else { postgres };
                (place.clone(), (kind.to_owned(), *nullable))
            })
            .collect();
        for (place, column) in &expected {
            assert_eq!(made.get(place), Some(column), "{db:?}: {place:?} as schema.rs has it");
        }
        assert_eq!(made.len(), expected.len(), "{db:?} has columns that schema.rs leaves out");
    }
}

#[test]
fn both_migrations_make_the_same_indexes() {
    let names = |db| {
        let (database, _store) = migrated(db);
        let found = ask(&mut connect(&database), SQLITE_INDEXES, POSTGRES_INDEXES);
        found.into_keys().collect::<BTreeSet<(String, String)>>()
    };
    let (sqlite, postgres) = (names(Db::Sqlite), names(Db::Postgres));
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, postgres);
}

#[test]
fn the_way_back_leaves_an_empty_database_that_can_be_filled_again() {
    for db in Db::BOTH {
        let (database, store) = migrated(db);
        let now = crate::desk::instant(crate::desk::TODAY);
        load_fixtures(&store, now);
        store.destroy_everything().expect("goes back");
        let mut conn = connect(&database);
        assert_eq!(ask(&mut conn, IN_SQLITE, IN_POSTGRES), Tables::new(), "{db:?}");
        store.migrate().expect("and forth again");
        load_fixtures(&store, now);
        let reach = store.read(kezek::store::homes::ends).expect("chains");
        assert!(reach.keys().any(|home| home.to_string() == HOME));
    }
}
