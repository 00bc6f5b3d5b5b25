//! What a standing queue is asked for, and the allocation that it was answered with.

use chrono::NaiveDate;

use crate::domain::kindergarten::Group;
use crate::engine::allocation::standing::{ServedTurns, StandingAllocation, Taken};
use crate::rules::profile::{Profile, RoundRule};
use crate::service::rounds::compute::offer::{Offered, takes_part};
use crate::store::seats::Seated;

/// What a queue is served by: its law, its day and the places that are offered to it.
pub(crate) struct Terms<'a> {
    pub(crate) profile: &'a Profile,
    /// Today, where the queue is.
    pub(crate) day: NaiveDate,
    pub(crate) offered: &'a [Offered],
}

/// What the children's lists depend on: where it changes they are all written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Basis {
    profile: String,
    day: NaiveDate,
    groups: Vec<(Group, NaiveDate)>,
}

#[derive(Debug)]
pub(super) enum Engine {
    Queue(ServedTurns),
    Program(Box<StandingAllocation>),
}

/// An allocation that stands.
pub(crate) struct Allocation {
    pub(super) basis: Basis,
    pub(super) places: Vec<u32>,
    pub(super) engine: Engine,
    pub(super) taken: Vec<Taken>,
    pub(super) participants: usize,
}

impl Terms<'_> {
    pub(super) fn basis(&self) -> Basis {
        Basis {
            profile: self.profile.code.clone(),
            day: self.day,
            groups: self.offered.iter().map(|o| (o.group.clone(), o.available_on)).collect(),
        }
    }

    pub(super) fn places(&self) -> Vec<u32> {
        self.offered.iter().map(|o| u32::try_from(o.places.len()).unwrap_or(u32::MAX)).collect()
    }

    pub(super) fn takes_part(&self, seated: &Seated) -> bool {
        takes_part(self.profile, self.day, seated)
    }

    pub(super) fn by_program(&self) -> bool {
        self.profile.round_rule.value == RoundRule::Program
    }
}
