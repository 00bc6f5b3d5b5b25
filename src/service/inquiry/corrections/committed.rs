//! A committed round, read back from its own files.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::queue::QueueKey;
use crate::engine::allocation::Rule;
use crate::exchange::instance::{WrittenChild, WrittenGroup, written_allocation, written_children, written_groups};
use crate::service::kernel::problem::Problem;
use crate::service::rounds::fault::internal;
use crate::service::rounds::held::ServedQueue;
use crate::store::rounds::{Round, RoundFile};

/// One queue and pass of a round.
pub(crate) struct CommittedPass {
    /// How its files are called.
    pub(crate) name: String,
    pub(crate) queue: QueueKey,
    pub(crate) rule: Rule,
    pub(crate) groups: Vec<WrittenGroup>,
    pub(crate) children: Vec<WrittenChild>,
    /// (child id, group id) of those who got a place.
    pub(crate) allocation: Vec<(u32, u32)>,
    /// The registry's group by the id in the files.
    pub(crate) registry_groups: BTreeMap<u32, String>,
}

/// A committed round as its files say it, a pass for each queue.
pub(crate) struct Committed {
    pub(crate) passes: Vec<CommittedPass>,
}

impl Committed {
    /// Reads a round back.
    ///
    /// # Errors
    /// A file is not as the round wrote it.
    pub(crate) fn read(round: &Round, files: &[RoundFile]) -> Result<Self, Problem> {
        let Body { queues } = serde_json::from_str(&round.body).map_err(internal)?;
        let passes = queues.iter().map(|served| pass(served, files)).collect::<Option<Vec<_>>>();
        passes
            .map(|passes| Committed { passes })
            .ok_or_else(|| internal(format!("round {} cannot be read back", round.id)))
    }
}

/// What is read of a round's body.
#[derive(Deserialize)]
struct Body {
    queues: Vec<ServedQueue>,
}

/// One queue and pass of a round, as the round names it; `None` where a file is not as the round wrote it.
pub(crate) fn pass(served: &ServedQueue, files: &[RoundFile]) -> Option<CommittedPass> {
    let name = served.files();
    let file = |end: &str| {
        let name = format!("{name}-{end}");
        files.iter().find(|f| f.name == name).map(|f| f.body.as_str())
    };
    let certificate: Value = serde_json::from_str(file("certificate.json")?).ok()?;
    let rule = match certificate.get("rule")?.as_str()? {
        "program" => Rule::Program,
        _ => Rule::QueueByTurn,
    };
    Some(CommittedPass {
        queue: served.part.queue,
        rule,
        groups: written_groups(file("groups.csv")?)?,
        children: written_children(file("children.csv")?)?,
        allocation: written_allocation(file("allocation.csv")?)?,
        registry_groups: served.groups.iter().map(|g| (g.id, g.group.clone())).collect(),
        name,
    })
}
