//! Which applications wait together, in memory: a look-up says so.

use std::collections::HashMap;

use crate::domain::queue::{Number, Numbered};
use crate::service::journal::reading::Belongs;

/// Families by their members.
#[derive(Default)]
pub(super) struct Families {
    of: HashMap<Number, String>,
    members: HashMap<String, Vec<Number>>,
}

impl Families {
    /// Follows a change of who belongs to which family. What is no number of an application is nobody's.
    pub(super) fn follow(&mut self, change: Belongs) {
        let Some(number) = Number::parse(&change.application, Numbered::Application) else { return };
        if let Some(left) = self.of.remove(&number).and_then(|family| self.members.get_mut(&family)) {
            left.retain(|member| *member != number);
        }
        if let Some(family) = change.family {
            self.members.entry(family.clone()).or_default().push(number);
            self.of.insert(number, family);
        }
    }

    /// The others of an application's family.
    pub(super) fn beside(&self, number: Number) -> impl Iterator<Item = Number> {
        let members = self.of.get(&number).and_then(|family| self.members.get(family));
        members.into_iter().flatten().copied().filter(move |member| *member != number)
    }
}
