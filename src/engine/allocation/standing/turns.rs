//! A queue served in an order that is given, no further than its places reach.
//!
//! Whoever comes first chooses first, which is the allocation under `queue`. The order itself is kept elsewhere, by the index
//! of the queue; a child's list is asked for when its turn comes. After an act the turns before the first one that changed
//! keep what they got.

use std::collections::{BTreeMap, BTreeSet};

/// A participant as it was served: its list of groups, and which of them it got.
#[derive(Clone, Debug)]
struct Turn {
    child: u32,
    list: Vec<u32>,
    given: Option<u32>,
}

/// A child and the group that it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The id of the child, its ticket.
    pub child: u32,
    /// Its position in the order that was given.
    pub position: u64,
    /// The id of the group that it took.
    pub group: u32,
}

/// A queue, served turn by turn.
#[derive(Clone, Debug, Default)]
pub struct ServedTurns {
    places: BTreeMap<u32, u32>,
    turns: Vec<Turn>,
    taken: Vec<Taken>,
}

impl ServedTurns {
    /// Who took what, in the order of the turns.
    pub fn taken(&self) -> &[Taken] {
        &self.taken
    }

    /// Serves the queue with these places by group and in this order of participants and their positions; gives how many turns
    /// were served anew. `changed` are the children whose list may be another one than at the last time; `list` gives the
    /// groups that a child may have, most wanted first.
    ///
    /// A turn keeps what it got while it and all before it are the same as at the last time and none of their groups has
    /// other places. When no place is left nobody further is asked.
    pub fn serve(
        &mut self,
        places: BTreeMap<u32, u32>,
        order: impl IntoIterator<Item = (u32, u64)>,
        changed: &BTreeSet<u32>,
        list: impl Fn(u32) -> Vec<u32>,
    ) -> u64 {
        let before = std::mem::take(self);
        let same_places = |group: &u32| before.places.get(group) == places.get(group);
        let keeps = |turn: &Turn| !changed.contains(&turn.child) && turn.list.iter().all(same_places);
        let mut left: BTreeMap<u32, u32> = places.iter().map(|(g, n)| (*g, *n)).filter(|(_, n)| *n > 0).collect();
        let mut turns = before.turns.into_iter();
        let (mut stands, mut anew) = (true, 0);
        for (child, position) in order {
            if left.is_empty() {
                break;
            }
            let same = if stands { turns.next().filter(|turn| turn.child == child && keeps(turn)) } else { None };
            let turn = same.unwrap_or_else(|| {
                (stands, anew) = (false, anew + 1);
                let list = list(child);
                let given = list.iter().copied().find(|group| left.contains_key(group));
                Turn { child, list, given }
            });
            if let Some(group) = turn.given {
                self.taken.push(Taken { child, position, group });
                take_one(&mut left, group);
            }
            self.turns.push(turn);
        }
        self.places = places;
        anew
    }
}

/// One place less in a group that has some left.
fn take_one(left: &mut BTreeMap<u32, u32>, group: u32) {
    if let Some(places) = left.get_mut(&group) {
        *places -= 1;
        if *places == 0 {
            left.remove(&group);
        }
    }
}
