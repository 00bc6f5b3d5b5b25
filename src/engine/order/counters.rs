//! How far each stream has been served: the turns that are no longer kept.

/// How many spent turns have been dropped from the front of each stream; its numbering starts from here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counters {
    /// The counter of the first-priority stream.
    pub first_priority: u64,
    /// The counter of the general stream.
    pub general: u64,
}

impl Counters {
    /// The counters after an act that dropped so many spent turns from the front of each stream and left so many
    /// live entries in each. Without mixing (`mixed` false) there are no turns and both are 0.
    #[must_use]
    pub fn settled(self, mixed: bool, dropped: Counters, live: Counters) -> Self {
        if !mixed || live.first_priority == 0 || live.general == 0 {
            return Self::default();
        }
        Self {
            first_priority: self.first_priority.saturating_add(dropped.first_priority),
            general: self.general.saturating_add(dropped.general),
        }
    }
}
