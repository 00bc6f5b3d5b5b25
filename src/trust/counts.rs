//! How often each act was done in a home on a civil day. What is done to a child stands in openings; from these counts
//! anybody sees how many were registered, withdrawn or passed over, and an auditor who holds the openings checks them.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use super::act::ActCode;

/// Below so many acts on children a day, which acts they were is not told: in a village one act is a name.
pub const FEWEST_TOLD: u64 = 5;

/// Acts that no record counts yet, in the order of their records.
#[derive(Debug, Default)]
pub struct ActCounts {
    runs: VecDeque<Run>,
}

/// Records of one minute that follow each other: no civil day of any zone ends within a minute.
#[derive(Debug)]
struct Run {
    minute: i64,
    until: i64,
    acts: BTreeMap<ActCode, u64>,
}

/// The acts of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The last record that is counted.
    pub until: i64,
    /// How often each act was done, by its code; acts on children together under [`ActCode::Child`] where they are fewer than
    /// [`FEWEST_TOLD`].
    pub acts: BTreeMap<String, u64>,
}

fn minute(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(60)
}

impl ActCounts {
    /// Takes the next record: its place, its instant and what was done. A record that counts is not counted, or a home where
    /// nothing happens would count its counts for ever.
    pub fn take(&mut self, seq: i64, at: DateTime<Utc>, act: ActCode) {
        let minute = minute(at);
        match act {
            ActCode::CountActs => return,
            // What the clock had dated later than this was done before it.
            ActCode::MendClock => self.runs.iter_mut().for_each(|run| run.minute = run.minute.min(minute)),
            _ => {}
        }
        match self.runs.back_mut() {
            Some(run) if run.minute == minute => {
                run.until = seq;
                *run.acts.entry(act).or_default() += 1;
            }
            _ => self.runs.push_back(Run { minute, until: seq, acts: BTreeMap::from([(act, 1)]) }),
        }
    }

    /// When the first act was done that is not counted yet, to the minute.
    pub fn first(&self) -> Option<DateTime<Utc>> {
        self.runs.front().map(|run| DateTime::UNIX_EPOCH + TimeDelta::minutes(run.minute))
    }

    /// Takes out and counts what was done before an instant; none where nothing was.
    pub fn before(&mut self, ended_at: DateTime<Utc>) -> Option<Counted> {
        let (mut acts, mut until) = (BTreeMap::<ActCode, u64>::new(), None);
        while let Some(run) = self.runs.pop_front_if(|run| run.minute < minute(ended_at)) {
            until = Some(run.until);
            run.acts.into_iter().for_each(|(act, times)| *acts.entry(act).or_default() += times);
        }
        until.map(|until| Counted { until, acts: told(acts) })
    }
}

fn told(mut acts: BTreeMap<ActCode, u64>) -> BTreeMap<String, u64> {
    let of_children: u64 = acts.iter().filter(|(act, _)| !act.is_public()).map(|(_, times)| times).sum();
    if of_children < FEWEST_TOLD {
        acts.retain(|act, _| act.is_public());
        if of_children > 0 {
            acts.insert(ActCode::Child, of_children);
        }
    }
    acts.into_iter().map(|(act, times)| (act.to_string(), times)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn counts(done: &[(i64, ActCode)]) -> ActCounts {
        let mut counts = ActCounts::default();
        (1..).zip(done).for_each(|(seq, (minutes, act))| counts.take(seq, at(*minutes), *act));
        counts
    }

    fn told_as(acts: &[(ActCode, u64)]) -> BTreeMap<String, u64> {
        acts.iter().map(|(act, times)| (act.to_string(), *times)).collect()
    }

    #[test]
    fn a_day_is_counted_up_to_the_minute_in_which_it_ended() {
        let mut counts = counts(&[(1, ActCode::ReportPlaces), (1, ActCode::ReportPlaces), (9, ActCode::HoldRound)]);
        let first = counts.before(at(9));
        assert_eq!(first, Some(Counted { until: 2, acts: told_as(&[(ActCode::ReportPlaces, 2)]) }));
        assert_eq!(counts.first(), Some(at(9)));
        assert_eq!(counts.before(at(9)), None);
        assert_eq!(counts.before(at(10)), Some(Counted { until: 3, acts: told_as(&[(ActCode::HoldRound, 1)]) }));
    }

    #[test]
    fn which_acts_on_few_children_they_were_is_not_told() {
        let few = [(1, ActCode::Register), (2, ActCode::Withdraw), (3, ActCode::Register), (4, ActCode::Depart)];
        let acts = |done: &[(i64, ActCode)]| counts(done).before(at(60)).expect("acts").acts;
        assert_eq!(acts(&few), told_as(&[(ActCode::Child, 4)]));
        let enough = [few.as_slice(), &[(5, ActCode::Withdraw)]].concat();
        let told = [(ActCode::Register, 2), (ActCode::Withdraw, 2), (ActCode::Depart, 1)];
        assert_eq!(acts(&enough), told_as(&told));
    }

    #[test]
    fn a_record_that_counts_is_not_counted() {
        assert_eq!(counts(&[(1, ActCode::CountActs)]).before(at(60)), None);
    }

    #[test]
    fn what_a_clock_had_dated_into_the_future_counts_on_the_day_when_it_was_mended() {
        let mut counts = counts(&[(9_000, ActCode::Register), (5, ActCode::MendClock), (6, ActCode::Register)]);
        let acts = told_as(&[(ActCode::MendClock, 1), (ActCode::Child, 2)]);
        assert_eq!(counts.before(at(60)), Some(Counted { until: 3, acts }));
    }
}
