//! Somebody with the database in hand changes one value, takes one row away or adds one: whatever it is, verification names
//! the table and, where the row is still known by its key, the column.

use diesel::connection::SimpleConnection;
use kezek::service::journal::chains::{self, ChainFault};
use kezek::service::journal::copies;
use kezek::store::Store;
use kezek::store::connection::Location;
use kezek::store::rows::TOLD;

use super::schema;
use crate::desk::database::{Database, keys};
use crate::desk::lived_in::live_in;
use crate::desk::{Db, Desk, on_both};

on_both!(
    every_value_that_is_edited_past_the_registry_is_named,
    every_row_that_is_deleted_or_added_past_the_registry_is_named,
    every_value_of_a_home_a_record_or_an_opening_is_proved,
);

/// The tables that are kept by operations and not by acts, as the page of the journal gives them.
#[test]
fn every_table_is_told_or_says_why_it_is_not() {
    let page = include_str!("../../../fixtures/journal/README.md");
    let (_, operational) = page.split_once("## Operational tables").expect("the heading");
    let operational = operational.split("\n## ").next().expect("a section");
    for table in kezek::store::copy::TABLES {
        let named = operational.contains(&format!("`{table}`"));
        let record = ["homes", "journal", "openings"].contains(table);
        assert_eq!(u8::from(named) + u8::from(record) + u8::from(TOLD.contains(table)), 1, "{table}");
        assert!(page.contains(&format!("`{table}`")), "the page does not speak of {table}");
    }
}

/// A registry with one table of which rows are changed and brought back.
struct Edited {
    _database: Database,
    store: Store,
    location: Location,
    postgres: bool,
}

impl Edited {
    /// A copy that no server follows: what is changed here for a moment is not to be noticed by anyone else.
    fn of(desk: &Desk) -> Edited {
        live_in(desk);
        let postgres = desk.database_url().starts_with("postgres");
        let database = Database::empty(if postgres { Db::Postgres } else { Db::Sqlite });
        let store = Store::create(database.url(), &keys(), 2).expect("is made");
        copies::copy(&desk.registry.office.store, &store, &mut |_, _| {}).expect("a copy");
        let location = Location::parse(database.url()).expect("a URL");
        Edited { _database: database, store, location, postgres }
    }

    fn whole(&self) {
        chains::verify(&self.store).expect("whole again");
    }

    fn columns(&self) -> Vec<(String, String, String)> {
        let mut conn = self.location.connect().expect("a connection");
        schema::columns(&mut conn).into_iter().map(|((table, column), kind)| (table, column, kind)).collect()
    }

    /// Runs SQL that no key of another table stops.
    fn run(&self, sql: &str) {
        let free = if self.postgres { "SET session_replication_role = replica" } else { "PRAGMA foreign_keys = OFF" };
        let mut conn = self.location.connect().expect("a connection");
        conn.batch_execute(&format!("{free}; {sql}")).expect("the tampering itself");
    }

    /// The condition of one row, with a value in this column if there is such a row.
    fn one_row(&self, table: &str, column: &str) -> String {
        let key = match self.postgres {
            true => "ctid".to_owned(),
            false => schema::key(&mut self.location.connect().expect("a connection"), table),
        };
        format!("({key}) = (SELECT {key} FROM {table} ORDER BY ({column}) IS NULL, {key} LIMIT 1)")
    }

    /// Another value for a column.
    fn other(&self, column: &str, kind: &str) -> String {
        let day = column.ends_with("_on") || column == "power_until";
        let instant = column.ends_with("_at") || column == "at";
        match kind {
            "boolean" => format!("NOT {column}"),
            "date" => "DATE '2001-01-01'".to_owned(),
            "timestamp without time zone" => "TIMESTAMP '2001-01-01 00:00:00'".to_owned(),
            "bytea" => "decode(repeat('00', 32), 'hex')".to_owned(),
            "blob" => "zeroblob(32)".to_owned(),
            "integer" if ["extended", "chosen", "decided"].contains(&column) => format!("1 - {column}"),
            // So far that no other row has it.
            "integer" | "bigint" | "smallint" => format!("{column} + 9000"),
            "text" if day && !self.postgres => "'2001-01-01'".to_owned(),
            "text" if instant && !self.postgres => "'2001-01-01 00:00:00'".to_owned(),
            _ => format!("coalesce({column}, '') || 'x'"),
        }
    }

    /// Changes a table, hears what verification says, and brings the table back.
    #[track_caller]
    fn fault(&self, table: &str, edit: &str) -> ChainFault {
        self.run(&format!("CREATE TABLE kept AS SELECT * FROM {table}"));
        self.run(edit);
        let fault = chains::verify(&self.store).err();
        self.run(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept"));
        fault.unwrap_or_else(|| panic!("nobody noticed: {edit}"))
    }

    /// As [`Edited::fault`], where it is a row that differs.
    #[track_caller]
    fn named(&self, table: &str, edit: &str) -> String {
        match self.fault(table, edit) {
            ChainFault::RowDiffers { what, .. } => what,
            // A text that is no code or no instant cannot even be read.
            other => panic!("{edit}: {other}"),
        }
    }
}

fn every_value_that_is_edited_past_the_registry_is_named(desk: &Desk) {
    let edited = Edited::of(desk);
    let mut edits = 0;
    for (table, column, kind) in edited.columns() {
        if !TOLD.contains(&table.as_str()) {
            continue;
        }
        edits += 1;
        let (row, other) = (edited.one_row(&table, &column), edited.other(&column, &kind));
        let edit = format!("UPDATE {table} SET {column} = {other} WHERE {row}");
        let said = edited.named(&table, &edit);
        assert!(said.contains(&format!("table {table}, key ")), "{edit}: {said}");
        let by_column = said.contains(&format!("column {column} is not what the journal tells"));
        assert!(by_column || said.contains("the row is in no record"), "{edit}: {said}");
    }
    assert!(edits > 150, "only {edits} columns");
    edited.whole();
}

fn every_row_that_is_deleted_or_added_past_the_registry_is_named(desk: &Desk) {
    let edited = Edited::of(desk);
    let columns = edited.columns();
    for table in TOLD {
        let of_table: Vec<&(String, String, String)> = columns.iter().filter(|(of, ..)| of == table).collect();
        let (_, first, _) = of_table.first().expect("columns");
        let row = edited.one_row(table, first);
        let said = edited.named(table, &format!("DELETE FROM {table} WHERE {row}"));
        assert!(said.contains(&format!("table {table}, key ")) && said.contains("the row is gone"), "{said}");
        let key = match *table {
            "applicants" | "category_claims" | "documents" | "families" | "transfers" => "application",
            "applications" | "cases" | "referrals" => "number",
            "calendar_files" => "name",
            "case_steps" => "case_number",
            "child_claims" | "former_numbers" => "iin",
            "children" | "facts" => "key",
            "logins" => "account",
            "place_history" | "proposals" => "place",
            "debts" => "taking",
            "skips" => "confirmation",
            "queue_counters" => "cohort",
            "round_files" => "round",
            "territories" => "code",
            _ => "id",
        };
        let (.., kind) = of_table.iter().find(|(_, column, _)| column == key).expect("the key");
        let names: Vec<&str> = of_table.iter().map(|(_, column, _)| column.as_str()).collect();
        let values: Vec<String> = names
            .iter()
            .map(|name| match *name {
                name if name == key => edited.other(name, kind),
                // What must be unique beside the key.
                "ticket" => "ticket + 9000".to_owned(),
                "hash" => format!("{name} || 'y'"),
                "iin" | "login" => format!("{name} + 9000"),
                name => name.to_owned(),
            })
            .collect();
        let added =
            format!("INSERT INTO {table} ({}) SELECT {} FROM {table} WHERE {row}", names.join(", "), values.join(", "));
        let said = edited.named(table, &added);
        assert!(said.contains(&format!("table {table}, key ")) && said.contains("in no record"), "{added}: {said}");
    }
    edited.whole();
}

fn every_value_of_a_home_a_record_or_an_opening_is_proved(desk: &Desk) {
    let edited = Edited::of(desk);
    for (table, column, kind) in edited.columns() {
        if !["homes", "journal", "openings"].contains(&table.as_str()) {
            continue;
        }
        let (row, other) = (edited.one_row(&table, &column), edited.other(&column, &kind));
        edited.fault(&table, &format!("UPDATE {table} SET {column} = {other} WHERE {row}"));
    }
    for table in ["homes", "journal", "openings"] {
        let row = edited.one_row(table, if table == "homes" { "code" } else { "home" });
        edited.fault(table, &format!("DELETE FROM {table} WHERE {row}"));
    }
    edited.whole();
}
