#![allow(clippy::indexing_slicing, reason = "children are positions below their count")]
//! The explanation of one child: its rows and the groups that they name.

use super::reason::code;
use super::rows::Explanation;
use crate::engine::allocation::CutOff;

/// Why a choice above the child's result came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChoiceExplained {
    /// Which choice, from 1.
    pub choice: u32,
    /// The group's position; none for every other group together.
    pub group: Option<u32>,
    /// The code of the reason, as the rows have it.
    pub reason: &'static str,
}

/// A group as its row tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupExplained {
    /// Places and the last child.
    pub cut_off: CutOff,
    /// Whether places of it are held or reserved: its last child is then not the measure for all.
    pub set_apart: bool,
    /// How many of its children have each tier, by tier.
    pub ahead: Vec<(u8, u32)>,
}

impl Explanation<'_> {
    /// The rows of the child at this position; nothing where there is no such child.
    pub fn of_child(&self, child: u32) -> Vec<ChoiceExplained> {
        let mut rows = vec![];
        if (child as usize) < self.instance.children() {
            self.above(child as usize, |choice, refused| {
                let (group, reason) = match refused {
                    Ok((group, reason)) => (Some(group), code(reason)),
                    Err(told) => (None, told),
                };
                rows.push(ChoiceExplained { choice, group, reason });
            });
        }
        rows
    }

    /// The row of the group at this position.
    pub fn of_group(&self, group: u32) -> Option<GroupExplained> {
        let cut_off = *self.cut_offs.get(group as usize)?;
        let tiers = self.allocation.group_of.iter().zip(&self.instance.parts().tiers);
        let mut own: Vec<u8> = tiers.filter(|(got, _)| **got == group).map(|(_, &tier)| tier).collect();
        own.sort_unstable();
        let same = own.chunk_by(|a, b| a == b);
        // A group holds fewer than 2^32 children.
        let ahead = same.filter_map(|same| Some((*same.first()?, same.len() as u32))).collect();
        let set_apart = self.set_apart.get(group as usize).is_some_and(|&apart| apart);
        Some(GroupExplained { cut_off, set_apart, ahead })
    }
}
