//! Counts of acts by civil day: when a day is over in a home, the clock publishes how often each act was done.

use chrono::{DateTime, Utc};

use crate::domain::instant::ToldInstant;
use crate::domain::kato::Kato;
use crate::rules::Rules;
use crate::service::kernel::actors::CLOCK;
use crate::service::kernel::problem::Problem;
use crate::store::connection::AnyConnection;
use crate::store::{Entry, StoreError, Transaction, journal, openings};
use crate::trust::act::{ActsCounted, PublicAct};
use crate::trust::counts::{ActCounts, Counted};

/// Records read at once.
const BATCH: i64 = 1_000;

/// Publishes the counts of the days that are over; gives how many. By the real instant of the act: a day that an operator
/// says is over still goes on.
///
/// # Errors
/// The database is not available, or a record cannot be read.
pub(super) fn count(tx: &mut Transaction<'_>, rules: &Rules, home: Kato) -> Result<usize, Problem> {
    let (calendar, now) = (&rules.calendar, tx.at());
    let today = calendar.civil_day(now, home);
    let yesterday = today.pred_opt().unwrap_or(today);
    let over = Over { began_at: calendar.day_ends(yesterday, home), now };
    let mut counts = over.counts(tx.conn(), home)?;
    let mut days = 0;
    while let Some(day) = counts.first().map(|at| calendar.civil_day(at, home)).filter(|day| *day < today) {
        let ended_at = calendar.day_ends(day, home);
        let Some(Counted { until, acts }) = counts.before(ended_at) else { break };
        let act = PublicAct::CountActs(ActsCounted { day, ended_at: ToldInstant(ended_at), until, acts }).into();
        tx.append(&[Entry { home, act, actor: CLOCK.to_owned(), territory: home }])?;
        days += 1;
    }
    Ok(days)
}

/// Which records are of days that are over.
struct Over {
    /// When today began.
    began_at: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl Over {
    /// What was done since the last record that counts, up to today.
    fn counts(&self, conn: &mut AnyConnection, home: Kato) -> Result<ActCounts, StoreError> {
        let mut seq = match journal::last_count(conn, home)? {
            None => 0,
            Some(record) => match record.public_act().map_err(|broken| StoreError::Damaged(broken.to_string()))? {
                Some(PublicAct::CountActs(counted)) => counted.until,
                _ => 0,
            },
        };
        let mut counts = ActCounts::default();
        // With most ticks nothing is over: that is seen by one record.
        let mut limit = 1;
        loop {
            let done = openings::acts_after(conn, home, seq, limit)?;
            let Some(last) = done.last() else { return Ok(counts) };
            seq = last.seq;
            for done in done {
                // What a clock had dated into the future is before the record that mended it.
                if (self.began_at..=self.now).contains(&done.at) {
                    return Ok(counts);
                }
                counts.take(done.seq, done.at, done.act);
            }
            limit = BATCH;
        }
    }
}
