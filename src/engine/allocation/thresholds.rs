#![allow(clippy::indexing_slicing, reason = "the tree's indexes stay below its length by construction; hot loop")]
//! The first group, by ascending id, that would still take a key: what `*` asks for, without writing `*` out.

/// A tournament tree over the groups' thresholds: every node holds the largest threshold below it.
#[derive(Clone, Debug, Default)]
pub(super) struct Thresholds {
    leaves: usize,
    tree: Vec<u32>,
}

impl Thresholds {
    /// Takes the thresholds of all groups.
    pub(super) fn reset(&mut self, thresholds: &[u32]) {
        self.leaves = thresholds.len().next_power_of_two();
        self.tree.clear();
        self.tree.resize(2 * self.leaves, 0);
        self.tree[self.leaves..self.leaves + thresholds.len()].copy_from_slice(thresholds);
        for node in (1..self.leaves).rev() {
            self.tree[node] = self.tree[2 * node].max(self.tree[2 * node + 1]);
        }
    }

    /// Lowers the threshold of a group.
    pub(super) fn set(&mut self, group: u32, threshold: u32) {
        let mut node = self.leaves + group as usize;
        self.tree[node] = threshold;
        while node > 1 {
            node /= 2;
            let largest = self.tree[2 * node].max(self.tree[2 * node + 1]);
            if self.tree[node] == largest {
                return;
            }
            self.tree[node] = largest;
        }
    }

    /// The largest threshold among the groups before this one; 0 where there is none.
    pub(super) fn largest_before(&self, group: usize) -> u32 {
        let (mut largest, mut node) = (0, self.leaves + group);
        while node > 1 {
            if node % 2 == 1 {
                largest = largest.max(self.tree[node - 1]);
            }
            node /= 2;
        }
        largest
    }

    /// The first group whose threshold is above the key.
    pub(super) fn first_above(&self, key: u32) -> Option<u32> {
        if self.tree.get(1).is_none_or(|&largest| largest <= key) {
            return None;
        }
        let mut node = 1;
        while node < self.leaves {
            node *= 2;
            if self.tree[node] <= key {
                node += 1;
            }
        }
        u32::try_from(node - self.leaves).ok()
    }
}
