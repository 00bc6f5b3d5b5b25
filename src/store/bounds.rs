//! How far the clock of an act is believed.
//!
//! The instant of an act orders a queue for ten years, so one wrong clock for one minute is not mended by the right one
//! that comes after it. Whoever writes therefore holds the machine's clock against what the registry knows, before anything
//! is written: the last record of the homes that the act touches, the newest record of all homes, and the clock of the
//! database where it has one of its own (a file of SQLite has none).

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;

/// How far a clock may be from what the registry knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockBounds {
    /// How far before the last record of a home that the act touches. Within it the act is dated as that record is.
    pub behind: TimeDelta,
    /// How far ahead of the newest record of all homes.
    pub ahead: TimeDelta,
    /// How far from the database's own clock, either way.
    pub database: TimeDelta,
}

impl ClockBounds {
    /// What every command and every server holds to.
    ///
    /// Five minutes: machines that take their time from a network differ by milliseconds, and a clock that nobody sets drifts
    /// by seconds a day; further apart, one of the two is wrong. Thirty-one days: some home of a registry that is in use
    /// writes on every working day, and no rest of the calendar is half as long. A shorter span would stop offices after
    /// holidays, a longer one would let a year of applications be dated wrongly.
    pub const REAL: ClockBounds =
        ClockBounds { behind: TimeDelta::minutes(5), ahead: TimeDelta::days(31), database: TimeDelta::minutes(5) };

    /// No bounds: for a clock that is moved by hand through a year, as tests and benches do.
    pub const LIFTED: ClockBounds =
        ClockBounds { behind: TimeDelta::MAX, ahead: TimeDelta::MAX, database: TimeDelta::MAX };

    /// Why `now` is not believed beside what was seen, if it is not. `newest` is asked for the newest record of all homes up
    /// to an instant, and only where the homes of the act do not vouch for the clock themselves.
    pub(super) fn doubt<E>(
        &self,
        now: DateTime<Utc>,
        seen: &Seen,
        newest: impl FnOnce(DateTime<Utc>) -> Result<Option<DateTime<Utc>>, E>,
    ) -> Result<Option<ClockDoubt>, E> {
        if let Some(database) = seen.database.filter(|database| (*database - now).abs() > self.database) {
            return Ok(Some(ClockDoubt::Database { now, database }));
        }
        match seen.last {
            Some((home, last)) if last - now > self.behind => return Ok(Some(ClockDoubt::Behind { now, home, last })),
            Some((_, last)) if now - last <= self.ahead => return Ok(None),
            _ if self.ahead == TimeDelta::MAX => return Ok(None),
            _ => {}
        }
        // Records that lie in the future themselves vouch for no clock.
        let until = now.checked_add_signed(self.behind).unwrap_or(now);
        let newest = newest(until)?.filter(|newest| now - *newest > self.ahead);
        Ok(newest.map(|newest| ClockDoubt::Ahead { now, newest }))
    }
}

/// What an act sees of other clocks when its homes are locked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// The database's own clock.
    pub(super) database: Option<DateTime<Utc>>,
    /// The latest last record of the homes, and whose it is. None where none of them has a record.
    pub(super) last: Option<(Kato, DateTime<Utc>)>,
}

impl Seen {
    /// Takes the last record of a home.
    pub(super) fn record(&mut self, home: Kato, at: DateTime<Utc>) {
        if self.last.is_none_or(|(_, last)| last < at) {
            self.last = Some((home, at));
        }
    }
}

/// Why a clock is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockDoubt {
    /// It is before the last record of a home.
    Behind {
        /// What the machine's clock says.
        now: DateTime<Utc>,
        /// The home whose last record is later than the clock.
        home: Kato,
        /// When that record says that it was written.
        last: DateTime<Utc>,
    },
    /// It is far ahead of every record.
    Ahead {
        /// What the machine's clock says.
        now: DateTime<Utc>,
        /// The newest record of all homes.
        newest: DateTime<Utc>,
    },
    /// The database's clock says otherwise.
    Database {
        /// What the machine's clock says.
        now: DateTime<Utc>,
        /// What the database's clock says.
        database: DateTime<Utc>,
    },
}

impl ClockDoubt {
    /// A stable word for machines that read the refusal.
    pub fn code(&self) -> &'static str {
        match self {
            ClockDoubt::Behind { .. } => "behind",
            ClockDoubt::Ahead { .. } => "ahead",
            ClockDoubt::Database { .. } => "database",
        }
    }
}

impl std::fmt::Display for ClockDoubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ClockDoubt::Behind { now, home, last } => write!(
                f,
                "this machine's clock says {}, but the last record of home {home} is of {}: one of the two is wrong, and \
                 nothing was changed. Set the clock right, or, where the record is wrong, let the operator run \
                 `kezek clock mend --home {home}`; then send the same request again",
                instant_text(*now),
                instant_text(*last)
            ),
            ClockDoubt::Ahead { now, newest } => write!(
                f,
                "this machine's clock says {}, but the newest record of the registry is of {}: nothing was changed. Set \
                 the clock right, or, where the registry has rested so long, let the operator run `kezek clock mend`; \
                 then send the same request again",
                instant_text(*now),
                instant_text(*newest)
            ),
            ClockDoubt::Database { now, database } => write!(
                f,
                "this machine's clock says {}, but the database's clock says {}: nothing was changed. Set the wrong one \
                 of the two right, then send the same request again",
                instant_text(*now),
                instant_text(*database)
            ),
        }
    }
}
