//! What is told of a live entry: its position and who stands ahead.

/// Where a live entry stands, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// `1 + live entries ahead`.
    pub position: u64,
    /// How many live entries there are, this one included.
    pub of: u64,
    /// The entry's turn in the merging of first priority and general. Out of turn it is -1: before every turn. In a
    /// queue without mixing it is the number of live entries ahead.
    pub turn: i64,
    /// Live entries ahead: out of turn, first priority, general.
    pub ahead: [u64; 3],
}
