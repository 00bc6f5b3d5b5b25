//! The hours of the desks and the zones of the regions, as their files say.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;

use super::fault::Reading;
use crate::domain::codes::{UnknownCode, codes};
use crate::domain::kato::Kato;
use std::fmt;

use serde::{Deserialize, Serialize};

codes! {
    /// Whose hours a term in minutes or hours runs in.
    Desk {
        /// Akimats, departments, schools and kindergartens.
        Provider = "provider",
        /// The State Corporation; in 2014 the public service centre.
        StateCorporation = "state_corporation",
        /// The portal, which never closes.
        Portal = "portal",
    }
}

/// The opening hours of each desk, in seconds of the day.
#[derive(Clone, Debug, Default)]
pub struct Hours {
    pub(super) weekdays: BTreeMap<Desk, Vec<(i64, i64)>>,
    pub(super) saturdays: BTreeMap<Desk, Vec<(i64, i64)>>,
    pub(super) always: Vec<Desk>,
}

/// The zone of each region.
#[derive(Clone, Debug, Default)]
pub struct Zones(BTreeMap<Kato, Tz>);

/// A zone of the tz database.
pub type Zone = Tz;

/// The zone where a regulation or a territory names no region.
pub const COUNTRY_ZONE: Tz = Tz::Asia__Almaty;

impl Zones {
    /// The zone of the region that `territory` lies in.
    pub fn zone(&self, territory: Kato) -> Tz {
        self.0.get(&territory.region()).copied().unwrap_or(COUNTRY_ZONE)
    }

    pub(super) fn read(&mut self, reading: &mut Reading<'_>) {
        for (line, [region, zone]) in reading.rows::<2>("region,zone") {
            match (Kato::parse(region), zone.parse::<Tz>()) {
                (Ok(region), Ok(zone)) if region.region() == region => {
                    self.0.insert(region, zone);
                }
                _ => reading.at_line(line, "region must be a KATO code RR0000000 and zone a zone of Kazakhstan in the tz database, as Asia/Almaty"),
            }
        }
    }
}

impl Hours {
    pub(super) fn read(&mut self, reading: &mut Reading<'_>) {
        for (line, [desk, days, opens, closes]) in reading.rows::<4>("desk,days,opens,closes") {
            let span = seconds(opens).zip(seconds(closes)).filter(|(a, b)| a < b);
            let (Some(span), Ok(desk)) = (span, desk.parse::<Desk>()) else {
                reading.at_line(
                    line,
                    "desk must be provider, state_corporation or portal, and opens before closes, HH:MM",
                );
                continue;
            };
            let spans = match days {
                "weekdays" => self.weekdays.entry(desk).or_default(),
                "saturday" => self.saturdays.entry(desk).or_default(),
                "always" if span == (0, 86_400) => {
                    self.always.push(desk);
                    continue;
                }
                _ => {
                    reading.at_line(line, "days must be weekdays, saturday, or always with 00:00 and 24:00");
                    continue;
                }
            };
            if spans.last().is_some_and(|last| last.1 > span.0) {
                reading.at_line(line, "these hours overlap the ones before; list them in order");
                continue;
            }
            spans.push(span);
        }
    }
}

/// `HH:MM` in seconds of the day; `24:00` is its end.
fn seconds(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let second = hours * 3600 + minutes * 60;
    ((0..=23).contains(&hours) && (0..=59).contains(&minutes) || second == 86_400).then_some(second)
}

/// The instant of a second of a civil day. Where clocks were set back the later of the two is meant: a day ends only
/// when it has really ended.
pub fn instant_of(zone: Tz, on: NaiveDate, second: i64) -> Option<DateTime<Utc>> {
    let local = on.and_hms_opt(0, 0, 0)? + Duration::seconds(second);
    let found = zone.from_local_datetime(&local).latest();
    // A local time that was skipped does not exist: an hour later it does.
    let found = found.or_else(|| zone.from_local_datetime(&(local + Duration::hours(1))).earliest());
    found.map(|at| at.with_timezone(&Utc))
}
