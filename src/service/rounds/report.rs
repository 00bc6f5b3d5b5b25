//! The fairness report of a round, of each queue and of the whole: what is said of children is what the registry knew of
//! them when the round was held, and is kept with the round, since applications change afterwards.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::fairness::tables;
use super::fault::internal;
use crate::audit::allocation::fairness::Fairness;
use crate::domain::codes::ProofStatus;
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{self, Child, Instance};
use crate::exchange::certificate::published;
use crate::exchange::csv::table::Writer;
use crate::exchange::instance::{ChildFacts, GroupFacts};
use crate::exchange::report::json;
use crate::exchange::rows::FactsRow;
use crate::service::kernel::ordering;
use crate::service::kernel::problem::Problem;
use crate::service::office::Office;
use crate::store::applications::{self, Reported};
use crate::store::connection::AnyConnection;

/// What stands where a child has no category, or no preferences.
const NONE: &str = "none";
/// What stands where a child chose no kindergarten: it takes any.
pub(crate) const ANY: &str = "any";

/// One queue's part in a round.
pub(crate) struct Part<'a> {
    pub(crate) instance: &'a Instance,
    /// By the instance's groups.
    pub(crate) groups: Vec<GroupFacts>,
    /// By the instance's children.
    pub(crate) children: Vec<ChildFacts>,
    pub(crate) found: Fairness,
}

impl Part<'_> {
    /// The report of the queue.
    pub(crate) fn report(&self, at: DateTime<Utc>) -> String {
        let at = Some(at.timestamp_micros());
        json(&tables(&self.found, &published(self.instance), &self.groups, &self.children, at))
    }

    /// What is kept of the children, by ticket.
    pub(crate) fn facts_csv(&self) -> String {
        let rows = self.instance.parts().child_ids.iter().zip(&self.children);
        let mut text = vec![];
        // Writing to memory does not fail, and gives text.
        let _ = Writer::open(&mut text).and_then(|mut out: Writer<_, FactsRow>| {
            rows.clone().try_for_each(|(&id, facts)| out.write(&FactsRow { id, facts: facts.clone() }))?;
            out.finish()
        });
        String::from_utf8(text).unwrap_or_default()
    }
}

/// What the registry knows of the children of an instance.
pub(crate) fn child_facts(
    office: &Office,
    conn: &mut AnyConnection,
    queue: QueueKey,
    instance: &Instance,
    at: DateTime<Utc>,
) -> Result<Vec<ChildFacts>, Problem> {
    let profile = ordering::profile(&office.rules, queue, at)?;
    let facts = |known: Reported| {
        let counts = known.claims.iter().filter(|(_, status)| *status != ProofStatus::Rejected);
        // A child with several stands by the one that goes first.
        let category = counts.map(|(code, _)| code.as_str()).min_by_key(|code| (profile.tier_of([*code]), *code));
        let facts = ChildFacts {
            channel: Some(known.channel),
            category: Some(category.unwrap_or(NONE).to_owned()),
            language: Some(known.language),
            territory: Some(known.territory.to_string()),
            kind: Some(queue.kind.code().to_owned()),
            kindergartens: if known.preferences.is_empty() { vec![ANY.to_owned()] } else { known.preferences },
        };
        (known.ticket, facts)
    };
    let mut known: HashMap<u32, ChildFacts> = applications::reported(conn, queue)?.into_iter().map(facts).collect();
    Ok(instance.parts().child_ids.iter().map(|id| known.remove(id).unwrap_or_default()).collect())
}

/// The report of a whole round: its queues side by side, groups counted through. Each queue is served once, so every
/// application is counted once; tickets are unique in a home, so children keep theirs.
pub(crate) fn whole(parts: &[Part<'_>], at: DateTime<Utc>) -> Result<String, Problem> {
    let mut builder = Instance::builder();
    let capacities = parts.iter().flat_map(|part| &part.instance.parts().capacities);
    builder.groups((1..).zip(capacities.copied())).map_err(internal)?;
    let mut found = Fairness::default();
    let (mut groups, mut children) = (Vec::new(), Vec::new());
    for part in parts {
        let before = u32::try_from(groups.len()).map_err(internal)?;
        let own = part.instance.parts();
        let counted = |group: u32| if group == allocation::ANY { group } else { group + before };
        let ranks = own.tiers.iter().zip(&own.applied_at);
        for (child, (&id, (&tier, &applied_at))) in own.child_ids.iter().zip(ranks).enumerate() {
            let named: Vec<u32> =
                own.choices.get(child).iter().filter(|c| **c != allocation::ANY).map(|c| c + before + 1).collect();
            let any = own.choices.get(child).contains(&allocation::ANY);
            let child = Child { id, tier, applied_at, turn: None, siblings: &[], choices: &named, any };
            builder.child(child).map_err(internal)?;
        }
        found.envy += part.found.envy;
        let first = part.found.first_envy.and_then(|(child, group)| {
            let at = own.group_ids.iter().position(|id| *id == group)?;
            Some((child, u32::try_from(at).ok()? + before + 1))
        });
        found.first_envy = found.first_envy.or(first);
        found.groups.extend(part.found.groups.iter().map(|group| counted(*group)));
        found.left.extend(part.found.left.iter().map(|left| {
            let mut left = *left;
            left.group += before;
            left
        }));
        found.held_lost += part.found.held_lost;
        found.families_apart += part.found.families_apart;
        found.blocking += part.found.blocking;
        found.first_blocking = found.first_blocking.or(part.found.first_blocking);
        found.not_allowed.extend(part.found.not_allowed.iter().map(|not_allowed| {
            let mut not_allowed = *not_allowed;
            not_allowed.group += before;
            not_allowed
        }));
        groups.extend(part.groups.iter().cloned());
        children.extend(part.children.iter().cloned());
    }
    let instance = builder.build().map_err(internal)?;
    let at = Some(at.timestamp_micros());
    Ok(json(&tables(&found, &published(&instance), &groups, &children, at)))
}
