//! The round that stands of a queue.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::service::rounds::compute::offer::{Allocated, Offered};

/// What a queue is served by, beside its entries: where something of it is other, it is served anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The code of its law.
    pub(crate) profile: String,
    /// Today, where the queue is.
    pub(crate) day: NaiveDate,
    pub(crate) offered: Vec<Offered>,
    /// The families of its entries, by application.
    pub(crate) families: BTreeMap<String, String>,
    /// Applications that are passed over with a ground.
    pub(crate) passed_over: Vec<String>,
}

/// What a queue was given in some terms.
pub(super) struct StandingRound {
    pub(super) terms: Terms,
    pub(super) allocated: Allocated,
}

impl StandingRound {
    /// The instance is not kept: only a committed round is certified.
    pub(super) fn new(terms: Terms, given: &Allocated) -> Self {
        let Allocated { given, participants, waiting_together, kept, run: _ } = given;
        let (given, waiting_together, kept) = (given.clone(), waiting_together.clone(), kept.clone());
        let allocated = Allocated { given, participants: *participants, waiting_together, kept, run: None };
        StandingRound { terms, allocated }
    }
}
