//! From a group's id to its position, ten million times.

use std::collections::HashMap;

/// Ids up to this are found in a plain table; only stray larger ones need hashing.
const TABLE_MAX: u32 = 1 << 22;

const UNKNOWN: u32 = u32::MAX;

/// Finds groups by id.
#[derive(Clone, Debug, Default)]
pub struct GroupLookup {
    groups: usize,
    table: Vec<u32>,
    others: HashMap<u32, u32>,
}

impl GroupLookup {
    /// Takes the ids in their order.
    pub fn new(ids: &[u32]) -> Self {
        let largest = ids.iter().copied().filter(|&id| id < TABLE_MAX).max();
        let mut table = vec![UNKNOWN; largest.map_or(0, |id| id as usize + 1)];
        let mut others = HashMap::new();
        for (&id, position) in ids.iter().zip(0..) {
            match table.get_mut(id as usize) {
                Some(entry) => *entry = position,
                None => {
                    others.insert(id, position);
                }
            }
        }
        Self { groups: ids.len(), table, others }
    }

    /// The position of the group with this id.
    #[inline]
    pub fn find(&self, id: u32) -> Option<u32> {
        match self.table.get(id as usize) {
            Some(&UNKNOWN) => None,
            Some(&position) => Some(position),
            None => self.others.get(&id).copied(),
        }
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.groups
    }

    /// Whether there is no group.
    pub fn is_empty(&self) -> bool {
        self.groups == 0
    }
}
