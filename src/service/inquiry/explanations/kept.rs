//! Passes of committed rounds, read back from their files and kept: a round never changes, and all its families ask at once.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::told::{GIVEN, NOT_GIVEN, ResultExplained, TOGETHER};
use super::wishes::Wishes;
use crate::domain::codes::Language;
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{Allocation, CutOff, Instance, NONE, Rule, cut_offs, is_served_in_order};
use crate::exchange::instance::{
    ChoiceExplained, GroupExplained, GroupLookup, WrittenGroup, explain, written_instance,
};
use crate::service::inquiry::corrections::committed;
use crate::service::kernel::problem::Problem;
use crate::service::rounds::fault::internal;
use crate::service::rounds::held::{ServedQueue, Summary};
use crate::store::connection::AnyConnection;
use crate::store::kindergartens;
use crate::store::rounds::{self, RoundBrief};

/// Most children of all kept passes together; the pass asked for last stays whatever its size.
const CHILDREN_MAX: usize = 400_000;
/// The files that an explanation needs.
const FILES: [&str; 5] = ["groups.csv", "children.csv", "allocation.csv", "certificate.json", "facts.csv"];

/// One queue's allocation in one pass of a committed round.
pub(super) struct Pass {
    pub(super) queue: QueueKey,
    /// 2 where the queue was served after others, with what they left; otherwise 1.
    pub(super) number: u64,
    pub(super) rule: Rule,
    instance: Instance,
    allocation: Allocation,
    cut_offs: Vec<CutOff>,
    /// The registry's groups, by position.
    groups: Vec<GroupName>,
    wishes: Wishes,
    /// The kindergartens that had free places for other queues of the round.
    elsewhere: BTreeSet<String>,
    /// Of the children of families over several queues, by ticket: the kindergartens that had a place that suits them.
    suiting: HashMap<u32, Vec<String>>,
}

/// A group as people know it.
#[derive(Clone, Debug)]
pub(super) struct GroupName {
    pub(super) id: String,
    pub(super) kindergarten: String,
    /// The code of its language.
    language: String,
}

impl Pass {
    /// The position of a participant.
    pub(super) fn child(&self, ticket: u32) -> Option<u32> {
        (0..).zip(&self.instance.parts().child_ids).find(|(_, id)| **id == ticket).map(|(child, _)| child)
    }

    /// The ticket of the participant at a position.
    pub(super) fn ticket(&self, child: u32) -> u32 {
        self.instance.parts().child_ids.get(child as usize).copied().unwrap_or_default()
    }

    /// Its number in the merged order; none where each kindergarten ranks for itself.
    pub(super) fn order_of(&self, child: u32) -> Option<i64> {
        self.instance.parts().turns.as_ref()?.get(child as usize).copied()
    }

    /// The number with which its family was served; none where it applies alone, and where no one number decides.
    pub(super) fn served_with(&self, child: u32) -> Option<i64> {
        let together = &self.instance.conditions().together;
        let family = together.get(child as usize).copied().filter(|family| *family > 0)?;
        let turns = self.instance.parts().turns.as_ref()?;
        let own = together.iter().zip(turns).filter(|(of, _)| **of == family);
        own.map(|(_, turn)| *turn).max().filter(|_| is_served_in_order(&self.instance, self.rule))
    }

    /// Its tier and instant.
    pub(super) fn rank_of(&self, child: u32) -> (u8, i64) {
        let parts = self.instance.parts();
        let tier = parts.tiers.get(child as usize).copied().unwrap_or_default();
        (tier, parts.applied_at.get(child as usize).copied().unwrap_or_default())
    }

    /// How many took part.
    pub(super) fn participants(&self) -> usize {
        self.instance.children()
    }

    /// Whether a group of the pass suited it.
    pub(super) fn has_choices(&self, child: u32) -> bool {
        let suits = self.suiting.get(&self.ticket(child)).is_some_and(|suiting| !suiting.is_empty());
        suits || !self.instance.parts().choices.get(child as usize).is_empty()
    }

    /// The place that it got, and which of its choices that was; none where it got none.
    pub(super) fn result(&self, child: u32) -> Option<ResultExplained> {
        let got = *self.allocation.group_of.get(child as usize)?;
        let GroupName { id, kindergarten, .. } = self.group(got)?;
        let choice = self.instance.parts().choices.get(child as usize).iter().position(|choice| *choice == got);
        Some(ResultExplained { choice: choice.map(|n| n + 1), group: id, kindergarten })
    }

    /// The kindergartens that it wished, most wanted first, down to the one that gave it a place, each with what came of it.
    pub(super) fn wishes(&self, child: u32) -> Vec<(&str, &'static str)> {
        let Some((language, wished)) = self.wishes.of(self.ticket(child)) else { return Vec::new() };
        let got = self.result(child).map(|result| result.kindergarten);
        let choices = self.instance.parts().choices.get(child as usize);
        let mut told = Vec::new();
        for kindergarten in wished {
            let given = got.as_deref() == Some(kindergarten);
            let apart = self.suiting.get(&self.ticket(child)).is_some_and(|all| all.iter().any(|k| k == kindergarten));
            told.push((
                kindergarten,
                match (given, apart) {
                    (true, _) => GIVEN,
                    (false, true) => TOGETHER,
                    (false, false) => self.came_of(kindergarten, language, choices),
                },
            ));
            if given {
                break;
            }
        }
        told
    }

    /// Why a kindergarten that gave the child no place gave it none.
    fn came_of(&self, kindergarten: &str, language: Language, choices: &[u32]) -> &'static str {
        let own = || (0..).zip(&self.groups).filter(|(_, group)| group.kindergarten == kindergarten);
        let speaks = |group: &GroupName| [language, Language::Mixed].iter().any(|known| known.code() == group.language);
        if own().any(|(at, _)| choices.contains(&at)) {
            NOT_GIVEN
        } else if own().any(|(_, group)| speaks(group)) {
            "other_age"
        } else if own().next().is_some() {
            "other_language"
        } else if self.elsewhere.contains(kindergarten) {
            "other_queue"
        } else {
            "no_free_place"
        }
    }

    /// The group at a position.
    pub(super) fn group(&self, group: u32) -> Option<GroupName> {
        self.groups.get(group as usize).cloned()
    }

    /// The choices above its result, each with its group, where it is one.
    pub(super) fn above(&self, child: u32) -> Result<Vec<(ChoiceExplained, Option<GroupExplained>)>, Problem> {
        let explanation = explain(&self.instance, self.rule, &self.allocation, &self.cut_offs).map_err(internal)?;
        let above = explanation.of_child(child).into_iter();
        Ok(above.map(|refused| (refused, refused.group.and_then(|group| explanation.of_group(group)))).collect())
    }
}

/// A round, and how the files of one of its passes are called.
type Key = (String, String);

/// The passes that were asked for last, the latest at the end.
#[derive(Default)]
pub struct KeptPasses(Mutex<Vec<(Key, Arc<Pass>)>>);

impl KeptPasses {
    /// The pass of a queue, one of those that a round served.
    pub(super) fn pass(
        &self,
        conn: &mut AnyConnection,
        round: &RoundBrief,
        summary: &Summary,
        served: &ServedQueue,
    ) -> Result<Arc<Pass>, Problem> {
        let key = (round.id.clone(), served.files());
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let names = FILES.map(|file| format!("{}-{file}", key.1));
        let files = rounds::named_files(conn, &round.id, &names)?;
        let unreadable = || internal(format!("round {} cannot be read back", round.id));
        let read = committed::pass(served, &files).ok_or_else(unreadable)?;
        let facts = files.iter().find(|file| file.name.ends_with("facts.csv"));
        let mut pass = settled(read, served.part.pass)?;
        pass.wishes = facts.map(|facts| Wishes::read(&facts.body)).unwrap_or_default();
        pass.elsewhere = elsewhere(conn, round, &summary.queues, served)?;
        let children = summary.families.iter().flat_map(|family| &family.members);
        pass.suiting = children.map(|child| (child.ticket, child.kindergartens.clone())).collect();
        let pass = Arc::new(pass);
        self.keep(key, &pass);
        Ok(pass)
    }

    fn known(&self, key: &Key) -> Option<Arc<Pass>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == key)?;
        let found = kept.remove(at);
        let pass = Arc::clone(&found.1);
        kept.push(found);
        Some(pass)
    }

    fn keep(&self, key: Key, pass: &Arc<Pass>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != key);
        kept.push((key, Arc::clone(pass)));
        while kept.len() > 1 && kept.iter().map(|(_, p)| p.participants()).sum::<usize>() > CHILDREN_MAX {
            kept.remove(0);
        }
    }
}

/// The kindergartens that had free places for other queues of a round than this. A group stays in its kindergarten.
fn elsewhere(
    conn: &mut AnyConnection,
    round: &RoundBrief,
    queues: &[ServedQueue],
    served: &ServedQueue,
) -> Result<BTreeSet<String>, Problem> {
    let others = queues.iter().filter(|other| other.part.queue != served.part.queue);
    let groups: BTreeSet<&str> = others.flat_map(|other| &other.groups).map(|named| named.group.as_str()).collect();
    if groups.is_empty() {
        return Ok(BTreeSet::new());
    }
    let all = kindergartens::all_groups(conn, Some(round.home))?.into_iter();
    Ok(all.filter(|group| groups.contains(group.id.as_str())).map(|group| group.kindergarten).collect())
}

/// The pass with the cut-offs of its allocation.
fn settled(read: committed::CommittedPass, number: u64) -> Result<Pass, Problem> {
    let instance = written_instance(&read.groups, &read.children, read.rule).map_err(internal)?;
    let rule = read.rule;
    let lookup = GroupLookup::new(&instance.parts().group_ids);
    let given: HashMap<u32, u32> = read.allocation.iter().copied().collect();
    let group_of = instance.parts().child_ids.iter();
    let group_of = group_of.map(|child| given.get(child).and_then(|group| lookup.find(*group)).unwrap_or(NONE));
    let allocation = Allocation { group_of: group_of.collect(), gave_up: Vec::new() };
    let cut_offs = cut_offs(&instance, rule, &allocation).map_err(internal)?;
    let ids = instance.parts().group_ids.iter();
    let name = |id: &u32| {
        let facts = read.groups.iter().find(|g| g.id == *id).map(|WrittenGroup { facts, .. }| facts);
        let kindergarten = facts.and_then(|facts| facts.kindergarten.clone()).unwrap_or_default();
        let language = facts.and_then(|facts| facts.language.clone()).unwrap_or_default();
        let id = read.registry_groups.get(id).cloned().unwrap_or_else(|| id.to_string());
        GroupName { id, kindergarten, language }
    };
    let groups = ids.map(name).collect();
    let (wishes, elsewhere, suiting) = (Wishes::default(), BTreeSet::new(), HashMap::new());
    let queue = read.queue;
    Ok(Pass { queue, number, rule, instance, allocation, cut_offs, groups, wishes, elsewhere, suiting })
}
