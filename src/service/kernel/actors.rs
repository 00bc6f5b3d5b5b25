//! Actors of the journal that hold no credential.

/// The actor of these acts.
pub const CLOCK: &str = "clock";

/// The actor of acts done at the machine itself.
pub const OPERATOR: &str = "operator";

/// The actor of what anybody may ask who shows no credential.
pub const ANYBODY: &str = "anybody";

/// The actor of what a server does when it follows the chains.
pub const FOLLOWER: &str = "follower";
