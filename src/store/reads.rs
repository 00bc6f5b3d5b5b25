//! The log of reads: lines that are appended in batches, under a lock of the log's end, so that several servers write one chain.
//! No facts of the registry, so no record tells them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

use super::columns::{from_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::schema::{reads, reads_end, referrals, results, scans, takings};
use super::sealing::Sealing;
use super::tables::reads::{Row, put};
use super::{Keeper, Store, StoreError, Transaction, Vault};
use crate::domain::codes::ReadKind;
use crate::domain::instant::instant_text;
use crate::domain::queue::{Number, Numbered};
use crate::trust::end::{GENESIS, Head};
use crate::trust::reads::{BrokenReads, ReadLine, ReadsVerifier};
use crate::trust::seal::mark;

/// What is sealed.
const PURPOSE: &str = "reads.purpose";
/// The one row that says where the log ends.
const END: i32 = 1;
/// Lines that are read at once.
const PAGE: i64 = 1_000;

/// A read that is to be a line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRead {
    /// When it was read.
    pub at: DateTime<Utc>,
    /// The civil day of the account's territory.
    pub on: NaiveDate,
    /// Who read.
    pub account: String,
    /// The mandate by which; none for whoever sits at the machine.
    pub mandate: Option<String>,
    /// The code of the role by which.
    pub role: String,
    /// What was read.
    pub kind: ReadKind,
    /// The number of what was read, or what a list is of.
    pub subject: String,
    /// The sealed purpose.
    pub purpose: Option<Vec<u8>>,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its place in the log.
    pub seq: i64,
    /// What was read, by whom and when.
    pub read: NewRead,
}

/// How many persons' data an account has read on a day in a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayOfReads {
    /// The account.
    pub account: String,
    /// The code of the role.
    pub role: String,
    /// The civil day.
    pub on: NaiveDate,
    /// How many.
    pub reads: i64,
}

fn noun(row: Row) -> Result<Read, StoreError> {
    let kind = super::columns::code(&row.what)?;
    let Row { seq, at, on_day, account, mandate, role, subject, purpose, .. } = row;
    Ok(Read { seq, read: NewRead { at: from_column(at), on: on_day, account, mandate, role, kind, subject, purpose } })
}

fn line(row: &Row) -> ReadLine {
    ReadLine {
        seq: row.seq,
        at: instant_text(from_column(row.at)),
        on: row.on_day,
        account: row.account.clone(),
        mandate: row.mandate.clone(),
        role: row.role.clone(),
        what: row.what.clone(),
        subject: row.subject.clone(),
        purpose: row.purpose.as_ref().map(mark),
        nth: row.nth,
        prev: row.prev.clone(),
        hash: row.hash.clone(),
    }
}

impl Store {
    /// Appends reads, all or none, and gives how many each account has now on its day. A list that stands in the log on that day
    /// already is left out. Nothing to append only asks whether the log could be written.
    ///
    /// # Errors
    /// The database refuses.
    pub fn append_reads(&self, new: &[NewRead]) -> Result<Vec<DayOfReads>, StoreError> {
        self.aside(|conn| append(conn, new))
    }
}

/// As [`Store::append_reads`] in the transaction of an act.
///
/// # Errors
/// The database refuses.
pub fn append_within(tx: &mut Transaction<'_>, new: &NewRead) -> Result<(), StoreError> {
    append(tx.conn(), std::slice::from_ref(new)).map(drop)
}

fn append(conn: &mut AnyConnection, new: &[NewRead]) -> Result<Vec<DayOfReads>, StoreError> {
    let Head { mut seq, hash: mut prev } = locked_end(conn)?;
    let mut days: HashMap<(&str, &str), DayOfReads> = HashMap::new();
    let mut rows: Vec<Row> = Vec::with_capacity(new.len());
    for read in new {
        let holder = (read.account.as_str(), read.role.as_str());
        let day = match days.entry(holder) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(day_of(conn, holder.0, holder.1, read.on)?),
        };
        if day.on != read.on {
            *day = DayOfReads { on: read.on, reads: 0, ..day.clone() };
        }
        if read.kind.is_of_a_person() {
            day.reads += 1;
        } else if read.kind.is_once_a_day() && (is_held(conn, read)? || rows.iter().any(|row| is_same(row, read))) {
            continue;
        }
        seq += 1;
        let mut row = Row {
            seq,
            at: to_column(read.at),
            on_day: read.on,
            account: read.account.clone(),
            mandate: read.mandate.clone(),
            role: read.role.clone(),
            what: read.kind.code().to_owned(),
            subject: read.subject.clone(),
            purpose: read.purpose.clone(),
            nth: day.reads,
            prev,
            hash: String::new(),
        };
        row.hash = line(&row).expected_hash();
        prev = row.hash.clone();
        rows.push(row);
    }
    if !rows.is_empty() {
        put(conn, &rows)?;
        let end = (reads_end::seq.eq(seq), reads_end::hash.eq(prev));
        diesel::update(reads_end::table.find(END)).set(end).execute(conn)?;
    }
    Ok(days.into_values().collect())
}

fn is_same(row: &Row, read: &NewRead) -> bool {
    row.account == read.account && row.on_day == read.on && row.what == read.kind.code() && row.subject == read.subject
}

/// Whether a list stands in the log on its day.
fn is_held(conn: &mut AnyConnection, read: &NewRead) -> Result<bool, StoreError> {
    let same = reads::table
        .filter(reads::subject.eq(&read.subject))
        .filter(reads::account.eq(&read.account))
        .filter(reads::on_day.eq(read.on))
        .filter(reads::what.eq(read.kind.code()));
    let found: Option<i64> = same.select(reads::seq).first(conn).optional()?;
    Ok(found.is_some())
}

/// Where the log ends; no other transaction appends to it before this one is over.
fn locked_end(conn: &mut AnyConnection) -> Result<Head, StoreError> {
    let fresh = (reads_end::id.eq(END), reads_end::seq.eq(0), reads_end::hash.eq(GENESIS));
    on_backend!(conn, c => diesel::insert_into(reads_end::table).values(fresh).on_conflict_do_nothing().execute(c))?;
    let columns = (reads_end::seq, reads_end::hash);
    let (seq, hash): (i64, String) = match conn {
        AnyConnection::Sqlite(c) => reads_end::table.find(END).select(columns).get_result(c)?,
        AnyConnection::Postgres(c) => reads_end::table.find(END).select(columns).for_update().get_result(c)?,
    };
    Ok(Head { seq, hash })
}

/// How many persons' data an account has read on a day in a role, as far as the log says.
///
/// # Errors
/// The database is not available.
pub fn day_of(conn: &mut AnyConnection, account: &str, role: &str, on: NaiveDate) -> Result<DayOfReads, StoreError> {
    let own = reads::table.filter(reads::account.eq(account)).filter(reads::role.eq(role));
    // A lift counts the day of whoever it is for.
    let own = own.filter(reads::what.ne(ReadKind::Lift.code()));
    let last: Option<(NaiveDate, i64)> =
        own.order(reads::seq.desc()).select((reads::on_day, reads::nth)).first(conn).optional()?;
    let reads = last.filter(|(day, _)| *day == on).map_or(0, |(_, nth)| nth);
    Ok(DayOfReads { account: account.to_owned(), role: role.to_owned(), on, reads })
}

/// How often the budget of an account was lifted on a day.
///
/// # Errors
/// The database is not available.
pub fn lifts(conn: &mut AnyConnection, account: &str, on: NaiveDate) -> Result<i64, StoreError> {
    let lifted = reads::table.filter(reads::subject.eq(account)).filter(reads::on_day.eq(on));
    Ok(lifted.filter(reads::what.eq(ReadKind::Lift.code())).count().get_result(conn)?)
}

/// What of an application stands in the log: its own number and those of its papers, referrals and cases.
///
/// # Errors
/// The database is not available.
pub fn subjects_of(conn: &mut AnyConnection, application: &str) -> Result<Vec<String>, StoreError> {
    use super::schema::cases;
    let cases: Vec<String> =
        cases::table.filter(cases::application.eq(application)).select(cases::number).load(conn)?;
    let referrals: Vec<String> =
        referrals::table.filter(referrals::application.eq(application)).select(referrals::number).load(conn)?;
    let of_both = results::application.eq(application).or(results::case_number.eq_any(cases.clone()));
    let papers: Vec<String> = on_backend!(conn, c => results::table.filter(of_both).select(results::id).load(c))?;
    let scans: Vec<String> = scans::table.filter(scans::application.eq(application)).select(scans::id).load(conn)?;
    let takings: Vec<String> =
        takings::table.filter(takings::application.eq(application)).select(takings::id).load(conn)?;
    Ok([vec![application.to_owned()], cases, referrals, papers, scans, takings].concat())
}

/// Which lines a page of the log holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadFilter<'f> {
    /// What was read.
    pub subjects: &'f [String],
    /// Mandates whose reads are left out.
    pub hidden: &'f [String],
}

/// The mandates by which something was read.
///
/// # Errors
/// The database is not available.
pub fn mandates(conn: &mut AnyConnection, subjects: &[String]) -> Result<Vec<String>, StoreError> {
    let of = reads::table.filter(reads::subject.eq_any(subjects.to_vec()));
    let found: Vec<Option<String>> = on_backend!(conn, c => of.select(reads::mandate).distinct().load(c))?;
    Ok(found.into_iter().flatten().collect())
}

/// A page of the log, the newest first, before a place in it; and how many lines there are in all.
///
/// # Errors
/// The database is not available.
pub fn page(
    conn: &mut AnyConnection,
    filter: ReadFilter<'_>,
    before: Option<i64>,
    limit: i64,
) -> Result<(Vec<Read>, i64), StoreError> {
    let of = reads::table
        .filter(reads::subject.eq_any(filter.subjects.to_vec()))
        .filter(reads::mandate.is_null().or(reads::mandate.ne_all(filter.hidden.to_vec())));
    let (rows, total): (Vec<Row>, i64) = on_backend!(conn, c => {
        let page = of.clone().filter(reads::seq.lt(before.unwrap_or(i64::MAX))).order(reads::seq.desc()).limit(limit);
        (page.load(c)?, of.count().get_result(c)?)
    });
    Ok((rows.into_iter().map(noun).collect::<Result<_, _>>()?, total))
}

/// Hands on every line of the log in order: those of one account alone, and since an instant, where they are named.
///
/// # Errors
/// Those of `take`, or the database is not available.
pub fn each<E: From<StoreError>>(
    conn: &mut AnyConnection,
    account: Option<&str>,
    since: Option<DateTime<Utc>>,
    mut take: impl FnMut(&mut AnyConnection, Read) -> Result<(), E>,
) -> Result<(), E> {
    let wanted = |read: &NewRead| account.is_none_or(|own| own == read.account) && since.is_none_or(|at| at <= read.at);
    each_row(conn, |conn, row| {
        let read = noun(row)?;
        if wanted(&read.read) { take(conn, read) } else { Ok(()) }
    })
}

fn each_row<E: From<StoreError>>(
    conn: &mut AnyConnection,
    mut take: impl FnMut(&mut AnyConnection, Row) -> Result<(), E>,
) -> Result<(), E> {
    let mut seq = i64::MIN;
    loop {
        let behind = reads::table.filter(reads::seq.gt(seq)).order(reads::seq).limit(PAGE);
        let rows: Vec<Row> = behind.load(conn).map_err(StoreError::from)?;
        let Some(last) = rows.last() else { return Ok(()) };
        seq = last.seq;
        for row in rows {
            take(conn, row)?;
        }
    }
}

/// What is wrong with the log, if anything is: every line is hashed again.
///
/// # Errors
/// The database is not available.
pub fn fault(conn: &mut AnyConnection) -> Result<Option<BrokenReads>, StoreError> {
    enum Stopped {
        Broken(BrokenReads),
        Store(StoreError),
    }
    impl From<StoreError> for Stopped {
        fn from(error: StoreError) -> Self {
            Stopped::Store(error)
        }
    }
    let said: Option<(i64, String)> =
        reads_end::table.find(END).select((reads_end::seq, reads_end::hash)).get_result(conn).optional()?;
    let said = said.map_or_else(Head::default, |(seq, hash)| Head { seq, hash });
    let mut verifier = ReadsVerifier::default();
    let read = each_row(conn, |_, row| verifier.take(&line(&row)).map_err(Stopped::Broken));
    match read {
        Ok(()) => Ok(verifier.end(&said).err()),
        Err(Stopped::Broken(broken)) => Ok(Some(broken)),
        Err(Stopped::Store(error)) => Err(error),
    }
}

/// Seals a purpose so that it can be read as long as what it is about: under the key of the child, or the registry's where it is
/// about none. Nothing where the child was erased.
///
/// # Errors
/// The database is not available.
pub fn sealed_purpose(
    conn: &mut AnyConnection,
    vault: &Vault,
    subject: &str,
    purpose: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let keeper = keeper(conn, subject)?;
    let id = Sealing::new(vault).key_of(conn, &keeper)?;
    vault.seal_under_kept(conn, id, PURPOSE, purpose)
}

/// Whose key a purpose is sealed under.
fn keeper(conn: &mut AnyConnection, subject: &str) -> Result<Keeper, StoreError> {
    let is = |of| Number::parse(subject, of).is_some();
    if is(Numbered::Application) {
        return Ok(Keeper::Application(subject.to_owned()));
    }
    if is(Numbered::Case) {
        return Ok(Keeper::Case(subject.to_owned()));
    }
    let of: Option<String> = if is(Numbered::Referral) {
        referrals::table.find(subject).select(referrals::application).get_result(conn).optional()?
    } else if is(Numbered::Result) {
        let of: Option<(Option<String>, Option<String>)> = results::table
            .find(subject)
            .select((results::application, results::case_number))
            .get_result(conn)
            .optional()?;
        match of {
            Some((None, Some(case))) => return Ok(Keeper::Case(case)),
            of => of.and_then(|(application, _)| application),
        }
    } else {
        None
    };
    Ok(of.map_or(Keeper::Registry, Keeper::Application))
}

/// The purpose of a read; nothing where none was said, or its child was erased.
///
/// # Errors
/// It is not what was sealed, or the database is not available.
pub fn purpose(conn: &mut AnyConnection, vault: &Vault, read: &NewRead) -> Result<Option<String>, StoreError> {
    let Some(sealed) = &read.purpose else { return Ok(None) };
    match vault.open(conn, PURPOSE, sealed) {
        Ok(purpose) => Ok(Some(purpose)),
        Err(StoreError::Erased(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
