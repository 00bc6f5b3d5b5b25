//! Seats of queues, read in bulk: for the live index, for rounds and for the oracle of tests.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::StoreError;
use super::columns::{code, from_column, ids, kato_from_column, kato_to_column, list, ticket_of};
use super::connection::{AnyConnection, on_backend};
use super::schema::{applicants, applications, children, referrals};
use crate::domain::codes::{Decision, Language, ReferralStatus, Status, Stream, Turn};
use crate::domain::kato::Kato;
use crate::domain::queue::{Number, Numbered, QueueKey};
use crate::trust::cipher::BlindIin;

/// An application's seat with what allocation and positions need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seated {
    /// The number of the application.
    pub number: String,
    /// By what the application's child is looked up.
    pub iin: BlindIin,
    /// When the child was born, by the birth certificate.
    pub birth_on: NaiveDate,
    /// The queue in which the seat is.
    pub queue: QueueKey,
    /// Precedence class in the profile; within a stream the smaller stands first.
    pub tier: u8,
    /// The stream to which the profile assigned the tier.
    pub stream: Stream,
    /// The instant that orders the queue.
    pub applied_at: DateTime<Utc>,
    /// Unique in the home; it decides between entries of one tier and instant.
    pub ticket: u32,
    /// What became of the turn.
    pub turn: Turn,
    /// Where the application stands.
    pub status: Status,
    /// What was decided; only an accepted one may be given a place.
    pub decision: Decision,
    /// The language of the group that is asked for.
    pub language: Language,
    /// Kindergartens, most wanted first; none means any.
    pub preferences: Vec<String>,
}

/// Territory, cohort and kind of a queue.
pub(super) type QueueColumns = (i32, i32, String);
pub(super) const QUEUE: (applications::queue_territory, applications::cohort, applications::kind) =
    (applications::queue_territory, applications::cohort, applications::kind);

pub(super) fn queue_of(columns: QueueColumns) -> Result<QueueKey, StoreError> {
    let (territory, cohort, kind) = columns;
    Ok(QueueKey { territory: kato_from_column(territory)?, cohort, kind: code(&kind)? })
}

/// What decides the place in a queue: tier, stream, instant and ticket.
type RankColumns = (i16, String, NaiveDateTime, i64);
const RANK: (applications::tier, applications::stream, applications::applied_at, applications::ticket) =
    (applications::tier, applications::stream, applications::applied_at, applications::ticket);

fn rank_of(columns: RankColumns) -> Result<(u8, Stream, DateTime<Utc>, u32), StoreError> {
    let (tier, stream, applied_at, ticket) = columns;
    let tier = u8::try_from(tier).map_err(|_| StoreError::Damaged(format!("tier {tier}")))?;
    Ok((tier, code(&stream)?, from_column(applied_at), ticket_of(ticket)?))
}

type Row = ((String, i64, NaiveDate), QueueColumns, RankColumns, (String, String, String, String, String));

macro_rules! seats {
    () => {
        applications::table.inner_join(children::table.on(children::key.eq(applications::child))).select((
            (applications::number, children::iin, children::birth_on),
            QUEUE,
            RANK,
            (
                applications::turn,
                applications::status,
                applications::decision,
                applications::language,
                applications::preferences,
            ),
        ))
    };
}

fn seated(row: Row) -> Result<Seated, StoreError> {
    let ((number, child, birth_on), queue, rank, (turn, status, decision, language, preferences)) = row;
    let (tier, stream, applied_at, ticket) = rank_of(rank)?;
    Ok(Seated {
        number,
        iin: BlindIin(child),
        birth_on,
        queue: queue_of(queue)?,
        tier,
        stream,
        applied_at,
        ticket,
        turn: code(&turn)?,
        status: code(&status)?,
        decision: code(&decision)?,
        language: code(&language)?,
        preferences: list(&preferences),
    })
}

/// A seat with what decides its place: what the live index keeps, and what the journal tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NarrowSeat {
    /// The number of the application, read into its parts.
    pub number: Number,
    /// The child, by key: see [`iins`].
    pub child: String,
    /// The queue in which the seat is.
    pub queue: QueueKey,
    /// Precedence class in the profile; within a stream the smaller stands first.
    pub tier: u8,
    /// The stream to which the profile assigned the tier.
    pub stream: Stream,
    /// The instant that orders the queue.
    pub applied_at: DateTime<Utc>,
    /// Unique in the home; it decides between entries of one tier and instant.
    pub ticket: u32,
    /// What became of the turn.
    pub turn: Turn,
    /// Where the application stands.
    pub status: Status,
    preferences: String,
}

impl NarrowSeat {
    /// Kindergartens, most wanted first; none means any.
    pub fn preferences(&self) -> impl Iterator<Item = &str> {
        ids(&self.preferences)
    }
}

type SeatColumns = ((String, String), QueueColumns, RankColumns, (String, String, String));

/// A seat as its row was read: whoever takes it reads it on a thread of their own.
pub struct SeatRow(SeatColumns);

impl SeatRow {
    /// What the row says.
    ///
    /// # Errors
    /// The row holds what this program never writes.
    pub fn read(self) -> Result<NarrowSeat, StoreError> {
        let ((number, child), queue, rank, (turn, status, preferences)) = self.0;
        let (tier, stream, applied_at, ticket) = rank_of(rank)?;
        Ok(NarrowSeat {
            child,
            queue: queue_of(queue)?,
            tier,
            stream,
            applied_at,
            ticket,
            turn: code(&turn)?,
            status: code(&status)?,
            preferences,
            number: Number::parse(&number, Numbered::Application)
                .ok_or_else(|| StoreError::Damaged(format!("{number} is not an application's number")))?,
        })
    }
}

/// By what every child is looked up, by its key. A child that an application names keeps both until it is erased.
///
/// # Errors
/// The database is not available.
pub fn iins(conn: &mut AnyConnection) -> Result<HashMap<String, BlindIin>, StoreError> {
    let rows = children::table
        .select((children::key, children::iin))
        .load_iter::<(String, i64), diesel::connection::DefaultLoadingMode>(conn)?;
    rows.map(|row| row.map(|(key, iin)| (key, BlindIin(iin))).map_err(StoreError::from)).collect()
}

/// Which seats are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seats {
    /// Those that hold their child's claim: with a position, and those that a parent who asks must still find (enrolled,
    /// stop-listed, inactive). Besides, every spent turn, which its queue still counts from.
    Claimed,
    /// Those of every application, ended ones too.
    All,
}

/// Hands seats on, in batches and in no order.
///
/// A country is read at the start of a server, so children are looked up in memory ([`iins`]): joining a million random keys
/// costs the database more than reading two tables.
///
/// # Errors
/// The database is not available, or those of `take`.
pub fn in_batches<E: From<StoreError>>(
    conn: &mut AnyConnection,
    which: Seats,
    mut take: impl FnMut(Vec<SeatRow>) -> Result<(), E>,
) -> Result<(), E> {
    const BATCH: usize = 4_096;
    let mut rows = applications::table
        .select((
            (applications::number, applications::child),
            QUEUE,
            RANK,
            (applications::turn, applications::status, applications::preferences),
        ))
        .into_boxed();
    if which == Seats::Claimed {
        let gone = [Status::Withdrawn, Status::Refused, Status::Closed].map(Status::code);
        rows = rows.filter(applications::status.ne_all(gone).or(applications::turn.eq(Turn::Spent.code())));
    }
    let rows = rows.load_iter::<SeatColumns, diesel::connection::DefaultLoadingMode>(conn).map_err(StoreError::from)?;
    let mut batch = Vec::with_capacity(BATCH);
    for row in rows {
        batch.push(SeatRow(row.map_err(StoreError::from)?));
        if batch.len() == BATCH {
            take(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)))?;
        }
    }
    take(batch)
}

/// The seats of one queue that matter for its order: live and spent turns, unordered.
///
/// # Errors
/// The database is not available.
pub fn of_queue(conn: &mut AnyConnection, key: QueueKey) -> Result<Vec<Seated>, StoreError> {
    let rows: Vec<Row> = on_backend!(conn, c => seats!()
        .filter(applications::home.eq(kato_to_column(key.home())))
        .filter(applications::queue_territory.eq(kato_to_column(key.territory)))
        .filter(applications::cohort.eq(key.cohort))
        .filter(applications::kind.eq(key.kind.code()))
        .filter(applications::turn.eq_any([Turn::Live, Turn::Spent].map(Turn::code)))
        .load(c))?;
    rows.into_iter().map(seated).collect()
}

/// The seats of these applications.
///
/// # Errors
/// The database is not available.
pub fn of_applications(conn: &mut AnyConnection, numbers: &[String]) -> Result<Vec<Seated>, StoreError> {
    let mut all = Vec::with_capacity(numbers.len());
    for batch in numbers.chunks(10_000) {
        let rows: Vec<Row> = match batch {
            // Nearly every act leaves one; the statement for one is prepared once for all acts.
            [one] => seats!().filter(applications::number.eq(one)).load(conn)?,
            many => seats!().filter(applications::number.eq_any(many)).load(conn)?,
        };
        for row in rows {
            all.push(seated(row)?);
        }
    }
    Ok(all)
}

/// The queues of a home that have a live entry.
///
/// # Errors
/// The database is not available.
pub fn queues(conn: &mut AnyConnection, home: Kato) -> Result<Vec<QueueKey>, StoreError> {
    let rows: Vec<QueueColumns> = applications::table
        .filter(applications::home.eq(kato_to_column(home)))
        .filter(applications::turn.eq(Turn::Live.code()))
        .select(QUEUE)
        .distinct()
        .load(conn)?;
    let mut keys = rows.into_iter().map(queue_of).collect::<Result<Vec<_>, _>>()?;
    keys.sort_unstable();
    Ok(keys)
}

/// The kindergartens where a brother or sister of an application's child is enrolled, for the waiting applications of a
/// queue where there are any; of the families of these applications alone, where they are named, for all of them. Brothers
/// and sisters are children of one applicant in the same home: the registry knows no other kinship.
///
/// # Errors
/// The database is not available.
pub fn siblings(
    conn: &mut AnyConnection,
    key: QueueKey,
    of: Option<&[String]>,
) -> Result<HashMap<String, Vec<String>>, StoreError> {
    let families: Option<Vec<i64>> = match of {
        Some(numbers) => {
            let named = applicants::table.filter(applicants::application.eq_any(numbers));
            Some(named.select(applicants::iin).distinct().load(conn)?)
        }
        None => None,
    };
    let home = kato_to_column(key.home());
    let mut enrolled = referrals::table
        .inner_join(applicants::table.on(applicants::application.eq(referrals::application)))
        .filter(referrals::home.eq(home))
        .filter(referrals::status.eq(ReferralStatus::Enrolled.code()))
        .select((applicants::iin, referrals::kindergarten))
        .into_boxed();
    let mut waiting = applications::table
        .inner_join(applicants::table.on(applicants::application.eq(applications::number)))
        .filter(applications::home.eq(home))
        .filter(applications::queue_territory.eq(kato_to_column(key.territory)))
        .filter(applications::cohort.eq(key.cohort))
        .filter(applications::kind.eq(key.kind.code()))
        .filter(applications::status.eq(Status::InQueue.code()))
        .select((applications::number, applicants::iin))
        .into_boxed();
    if let Some(iins) = &families {
        enrolled = enrolled.filter(applicants::iin.eq_any(iins));
        waiting = waiting.filter(applicants::iin.eq_any(iins));
    }
    let mut of_applicant: HashMap<i64, Vec<String>> = HashMap::new();
    for (iin, kindergarten) in enrolled.load::<(i64, String)>(conn)? {
        of_applicant.entry(iin).or_default().push(kindergarten);
    }
    let waiting: Vec<(String, i64)> = waiting.load(conn)?;
    let there = |iin| of_applicant.get(&iin).cloned().unwrap_or_default();
    let all = waiting.into_iter().map(|(number, iin)| (number, there(iin)));
    Ok(all.filter(|(_, there)| of.is_some() || !there.is_empty()).collect())
}
