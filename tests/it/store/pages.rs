//! A page of a SQLite file that a failing disk has changed is named.

use std::io::{Read, Seek, SeekFrom, Write};

use diesel::prelude::*;
use diesel::sql_types::Integer;
use kezek::service::journal::copies;
use kezek::store::Store;

use crate::desk::Db;
use crate::desk::database::{Database, keys};
use crate::desk::lived_in::lived_in;
use crate::program::run;

#[derive(QueryableByName)]
struct Root {
    #[diesel(sql_type = Integer)]
    page: i32,
}

/// A registry that nobody has open, and the page at which something in it begins.
fn resting(of: &str) -> (Database, String, u64) {
    let desk = lived_in(Db::Sqlite);
    let database = Database::empty(Db::Sqlite);
    let store = Store::create(database.url(), &keys(), 1).expect("is made");
    copies::copy(&desk.registry.office.store, &store, &mut |_, _| {}).expect("a copy");
    drop(store);
    let path = database.url().strip_prefix("sqlite://").expect("a file").to_owned();
    let mut conn = SqliteConnection::establish(&path).expect("the file");
    diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).expect("one file");
    let sql = format!("SELECT rootpage AS page FROM sqlite_schema WHERE name = '{of}'");
    let root: Root = diesel::sql_query(sql).get_result(&mut conn).expect("a root");
    (database, path, u64::try_from(root.page - 1).expect("from 1") * 4096)
}

/// Changes the last byte of a page.
fn flip(path: &str, page: u64) {
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(path).expect("the file");
    let mut byte = [0];
    file.seek(SeekFrom::Start(page + 4095)).expect("a place");
    file.read_exact(&mut byte).expect("a byte");
    file.seek(SeekFrom::Start(page + 4095)).expect("a place");
    file.write_all(&[byte[0] ^ 1]).expect("another byte");
}

#[test]
fn an_index_that_is_not_its_table_is_named() {
    let (database, path, page) = resting("families_home");
    run(&["journal", "verify", "--pages", "--database-url", database.url()]).must(0);
    flip(&path, page);
    let done = run(&["journal", "verify", "--pages", "--database-url", database.url()]).must(1);
    assert!(done.err.contains("a page of the database is damaged"), "{}", done.err);
}

#[test]
fn a_page_that_is_none_any_more_is_named_or_its_row_is() {
    let (database, path, page) = resting("places");
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).expect("the file");
    file.seek(SeekFrom::Start(page)).expect("a place");
    file.write_all(&[0xff; 16]).expect("what is no page");
    drop(file);
    let done = run(&["journal", "verify", "--database-url", database.url()]).must(1);
    assert!(done.err.contains("a page of the database is damaged"), "{}", done.err);
}
