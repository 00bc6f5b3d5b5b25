//! What a round decides.

use super::across::FamilyTold;
use super::offer::{KeptPlace, Run, WaitsTogether};
use crate::domain::kindergarten::Group;
use crate::domain::queue::QueueKey;
use crate::service::referrals::row::RoundRow;

/// What a round decides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// The placed children, by pass, queue and position.
    pub(crate) rows: Vec<RoundRow>,
    /// Places that nobody in the scope can use.
    pub(crate) left: Vec<String>,
    /// Places that wait for families.
    pub(crate) kept: Vec<KeptPlace>,
    /// One instance per queue, for the certificate.
    pub(crate) passes: Vec<Pass>,
    /// What came of families over several queues.
    pub(crate) families: Vec<FamilyTold>,
}

/// The allocation of one queue: each is served in one pass of a round.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) queue: QueueKey,
    /// 2 where other queues were served first and their spilled places are among its groups, otherwise 1.
    pub(crate) pass: u8,
    /// The registry's groups, by their engine ids from 1.
    pub(crate) groups: Vec<Group>,
    /// How many entries took part.
    pub(crate) participants: usize,
    pub(crate) placed: usize,
    /// Those who got nothing and wait together with others.
    pub(crate) waiting_together: Vec<WaitsTogether>,
    /// The instance of a full run.
    pub(crate) run: Option<Run>,
}

impl Outcome {
    /// All that is answered of a round, for a comparison.
    pub(crate) fn answered(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let pass = |p: &Pass| (p.queue, p.pass, p.participants, p.placed, p.groups.clone(), p.waiting_together.clone());
        (
            self.rows.clone(),
            self.left.clone(),
            self.kept.clone(),
            self.passes.iter().map(pass).collect::<Vec<_>>(),
            self.families.clone(),
        )
    }
}
