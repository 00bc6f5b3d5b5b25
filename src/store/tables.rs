//! The tables as whole rows: what is copied, inserted and told. Every column of a table stands here once, beside the schema.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;

use super::StoreError;
use super::connection::AnyConnection;
use super::schema;
use super::telling::{Cell, Column, Columns};

/// How many values PostgreSQL binds in one statement: half of the most.
const VALUES_MAX: usize = 30_000;

/// Declares whole rows of tables.
macro_rules! rows {
    ($($table:ident { $($column:ident: $kind:ty),+ $(,)? })+) => {
        $(pub(super) mod $table {
            use crate::store::tables::*;
            use schema::$table;

            #[derive(Clone, Debug, Queryable, Insertable, AsChangeset)]
            #[diesel(table_name = $table, treat_none_as_null = true, treat_none_as_default_value = false)]
            pub(in crate::store) struct Row { $(pub(in crate::store) $column: $kind),+ }

            impl Columns for Row {
                fn columns(&self) -> Vec<(&'static str, Cell<'_>)> {
                    vec![$((stringify!($column), self.$column.cell())),+]
                }
            }

            /// Adds rows. For copies, which bring the records along.
            pub(in crate::store) fn put(conn: &mut AnyConnection, rows: &[Row]) -> Result<(), StoreError> {
                const COLUMNS: usize = [$(stringify!($column)),+].len();
                match conn {
                    // A statement of one row is prepared once for all acts, one of several anew each time; and one that may
                    // fail halfway keeps what the pages were before.
                    AnyConnection::Sqlite(c) => {
                        for row in rows {
                            diesel::insert_into($table::table).values(row).execute(c)?;
                        }
                    }
                    // Where a server is asked, a way to it costs more than that.
                    AnyConnection::Postgres(c) => {
                        for batch in rows.chunks(VALUES_MAX / COLUMNS) {
                            diesel::insert_into($table::table).values(batch).execute(c)?;
                        }
                    }
                }
                Ok(())
            }

            /// Hands on every row, in no order.
            pub(in crate::store) fn each<E: From<StoreError>>(
                conn: &mut AnyConnection,
                take: &mut dyn FnMut(Row) -> Result<(), E>,
            ) -> Result<(), E> {
                let mut taken = |row: QueryResult<Row>| take(row.map_err(StoreError::from)?);
                match conn {
                    AnyConnection::Sqlite(c) => {
                        let rows = $table::table.load_iter::<Row, DefaultLoadingMode>(c);
                        rows.map_err(StoreError::from)?.try_for_each(&mut taken)
                    }
                    AnyConnection::Postgres(c) => {
                        let rows = $table::table.load_iter::<Row, PgRowByRowLoadingMode>(c);
                        rows.map_err(StoreError::from)?.try_for_each(&mut taken)
                    }
                }
            }
        })+
    };
}

rows! {
    territories {
        code: i32, name_kk: String, name_ru: String, level: String
    }
    homes {
        code: i32, seq: i64, head: String, at: NaiveDateTime, applications: i64, tickets: i64, places: i64,
        referrals: i64, rounds: i64, results: i64, cases: i64
    }
    journal {
        home: i32, seq: i64, at: NaiveDateTime, act: String, actor: String, territory: i32, payload: String, seals:
        i32, root: String, prev: String, hash: String
    }
    openings {
        home: i32, seq: i64, place_no: i32, subject: String, salt: Vec<u8>, body: String
    }
    keys {
        id: Vec<u8>, wrapped: Vec<u8>
    }
    facts {
        key: String, home: i32, body: Vec<u8>
    }
    kindergartens {
        id: String, home: i32, territory: i32, queue_territory: i32, name_kk: String, name_ru: String
    }
    groups {
        id: String, home: i32, kindergarten: String, name: String, age_from_months: i32, age_to_months: i32,
        language: String, kind: String, capacity: i32, enrolled: i32
    }
    places {
        id: String, home: i32, group_id: String, queue_territory: i32, cohort: i32, kind: String, available_on:
        NaiveDate, status: String, status_at: NaiveDateTime, reported_at: NaiveDateTime, published_at:
        Option<NaiveDateTime>, reason: Option<String>, reserved: Option<String>
    }
    place_history {
        place: String, home: i32, status: String, at: NaiveDateTime, seq: i64
    }
    children {
        key: String, home: i32, iin: i64, person: Option<Vec<u8>>, birth_on: NaiveDate, likeness: Option<i64>,
        certificate: Option<i64>, kin: Option<i64>
    }
    applications {
        number: String, home: i32, child: String, channel: String, territory: i32, queue_territory: i32, cohort:
        i32, kind: String, language: String, ticket: i64, applied_at: NaiveDateTime, registered_at: NaiveDateTime,
        tier: i16, stream: String, turn: String, status: String, decision: String, preferences: String, regulation:
        String, profile: String, signature: String, consent_at: NaiveDateTime, facts: String
    }
    applicants {
        application: String, home: i32, iin: i64, kind: String, person: Vec<u8>
    }
    category_claims {
        application: String, code: String, home: i32, proof: Option<Vec<u8>>, status: String, status_at:
        NaiveDateTime
    }
    documents {
        application: String, place_no: i32, home: i32, kind: String, number: Option<Vec<u8>>, expires_on:
        Option<NaiveDate>
    }
    child_claims {
        iin: i64, home: i32, application: String
    }
    transfers {
        application: String, home: i32, enrolment: String
    }
    families {
        application: String, home: i32, family: String
    }
    queue_counters {
        home: i32, queue_territory: i32, cohort: i32, kind: String, first_priority: i64, general: i64
    }
    referrals {
        number: String, home: i32, application: String, place: String, kindergarten: String, group_id: String,
        authority_role: String, authority_territory: i32, issued_at: NaiveDateTime, valid_until_on: NaiveDate,
        extended: bool, check_code: String, status: String, status_at: NaiveDateTime, ground: Option<String>,
        reasons: String
    }
    results {
        id: String, home: i32, territory: i32, application: Option<String>, case_number: Option<String>, kind:
        String, issued_at: NaiveDateTime, signer: String, delivery: String, handed_at: Option<NaiveDateTime>, body:
        Vec<u8>
    }
    cases {
        number: String, home: i32, service: String, regulation: String, territory: i32, channel: String,
        application: Option<String>, referral: Option<String>, kindergarten: Option<String>, facts: String,
        opened_at: NaiveDateTime, state: String, step: Option<String>, chosen: bool, entered_at: NaiveDateTime,
        step_due_at: Option<NaiveDateTime>, total_due_at: Option<NaiveDateTime>, due_at: Option<NaiveDateTime>,
        alert_at: Option<NaiveDateTime>, escalation: i16, executor: Option<String>, decision: String, decided: bool,
        grounds: String, steps: i32, ended_at: Option<NaiveDateTime>
    }
    case_steps {
        case_number: String, serial: i32, home: i32, step: String, actor: String, principal: String, passage:
        String, entered_at: NaiveDateTime, due_at: Option<NaiveDateTime>, done_at: NaiveDateTime, outcome:
        Option<String>, facts: Option<String>
    }
    outbox {
        id: String, home: i32, subject: String, kind: String, recipient: String, territory: i32, body: String,
        created_at: NaiveDateTime, taken_at: Option<NaiveDateTime>, taken_by: Option<String>,
        withdrawn_at: Option<NaiveDateTime>
    }
    rounds {
        id: String, home: i32, territory: i32, held_at: NaiveDateTime, summary: String, body: String
    }
    round_files {
        round: String, name: String, body: String
    }
    confirmations {
        id: String, home: i32, principal: String, place: String, application: String, ground: String, given_at: NaiveDateTime,
        used_at: Option<NaiveDateTime>, facts: Option<String>
    }
    representatives {
        id: String, home: i32, child: String, iin: i64, person: Option<Vec<u8>>, code: Option<i64>,
        code_at: Option<NaiveDateTime>, code_by: Option<String>, document: Option<String>,
        contacts_at: Option<NaiveDateTime>, contacts_by: Option<String>, court: Option<String>, court_act: Option<String>,
        court_at: Option<NaiveDateTime>, added_at: NaiveDateTime, ended_at: Option<NaiveDateTime>
    }
    one_time_codes {
        message: String, representative: String, code: i64, sealed: Option<Vec<u8>>, contact_at: Option<NaiveDateTime>,
        made_at: NaiveDateTime
    }
    sessions {
        hash: String, representative: String, way: String, contact_at: Option<NaiveDateTime>, opened_at: NaiveDateTime, used_at: NaiveDateTime,
        ended_at: Option<NaiveDateTime>
    }
    reads {
        seq: i64, at: NaiveDateTime, on_day: NaiveDate, account: String, mandate: Option<String>, role: String, what: String,
        subject: String, purpose: Option<Vec<u8>>, nth: i64, prev: String, hash: String
    }
    reads_end {
        id: i32, seq: i64, hash: String
    }
    accounts {
        id: String, home: i32, iin: i64, person: Option<Vec<u8>>, opened_at: NaiveDateTime, closed_at: Option<NaiveDateTime>
    }
    mandates {
        id: String, home: i32, account: String, role: String, territory: i32, kindergarten: Option<String>, acts_as: String,
        post: Option<String>, appointed_by: String, order_number: Option<String>, order_on: Option<NaiveDate>,
        deputy_for: Option<String>, from_on: Option<NaiveDate>, until_on: Option<NaiveDate>, given_at: NaiveDateTime, ended_at: Option<NaiveDateTime>
    }
    takings {
        id: String, home: i32, application: String, territory: i32, act: String, rests_on: String, asked_by: String, role: String,
        asked_at: NaiveDateTime, asked: String, scan: Option<String>, from_on: Option<NaiveDate>, until_on: NaiveDate, status: String,
        decided_by: Option<String>, decided_at: Option<NaiveDateTime>, taken: Option<String>
    }
    debts {
        taking: String, home: i32, application: String, territory: i32, kindergarten: String, group_id: String, owed_at: NaiveDateTime
    }
    scans {
        id: String, home: i32, application: String, media: String, bytes: i32, hash: String, uploaded_by: String,
        uploaded_at: NaiveDateTime, erased_at: Option<NaiveDateTime>
    }
    uploads {
        id: String, media: String, bytes: i32, hash: String, uploaded_by: String, uploaded_at: NaiveDateTime
    }
    skips {
        confirmation: String, home: i32, application: String, territory: i32, place: String, ground: String, evidence: String,
        issued_by: String, confirmed_by: String, skipped_at: NaiveDateTime
    }
    duplicates {
        id: String, home: i32, application: String, territory: i32, other: String, other_territory: i32, grounds: String,
        found_at: NaiveDateTime, found_by: Option<String>, status: String, decided_by: Option<String>,
        decided_at: Option<NaiveDateTime>, facts: Option<String>
    }
    former_numbers {
        iin: i64, home: i32, child: String
    }
    proposals {
        place: String, home: i32, reserved: String, proposed_by: String, proposed_at: NaiveDateTime, decided_by: Option<String>,
        decided_at: Option<NaiveDateTime>
    }
    tokens {
        id: String, hash: String, role: String, territory: i32, kindergarten: Option<String>, acts_as: String,
        issued_at: NaiveDateTime, revoked_at: Option<NaiveDateTime>, account: Option<String>, mandate: Option<String>,
        expires_at: Option<NaiveDateTime>
    }
    logins {
        account: String, home: i32, login: i64, name: Vec<u8>, set_at: NaiveDateTime
    }
    passwords {
        account: String, hash: String, set_at: NaiveDateTime
    }
    invitations {
        account: String, hash: String, ends_at: NaiveDateTime
    }
    second_factors {
        account: String, secret: Vec<u8>, confirmed_at: Option<NaiveDateTime>, last_step: Option<i64>
    }
    client_secrets {
        account: String, hash: String, made_at: NaiveDateTime
    }
    official_sessions {
        hash: String, account: String, mandate: String, way: String, opened_at: NaiveDateTime, used_at: NaiveDateTime, ended_at: Option<NaiveDateTime>
    }
    provider_requests {
        state: String, browser: String, nonce: String, verifier: String, tongue: String, made_at: NaiveDateTime
    }
    calendar_files {
        name: String, home: i32, body: String, imported_at: NaiveDateTime
    }
    idempotency {
        home: i32, principal: String, key: String, body_hash: String, status: i32, answer: Vec<u8>, at: NaiveDateTime
    }
}
