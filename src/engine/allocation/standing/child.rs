//! A child that takes part, as the registry knows it.

/// A child of a standing market, by ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingChild {
    /// Id and ticket.
    pub id: u32,
    /// Priority tier, 0 first.
    pub tier: u8,
    /// Instant of application, microseconds since 1970 UTC.
    pub applied_at: i64,
    /// The given turn; only [`super::super::Rule::QueueByTurn`] asks for it.
    pub turn: i64,
    /// Ids of the groups where a sibling already is; only [`super::super::Rule::Program`] asks.
    pub siblings: Vec<u32>,
    /// Ids of the chosen groups, most preferred first.
    pub choices: Vec<u32>,
    /// Whether every other group follows, by ascending id.
    pub any: bool,
}
