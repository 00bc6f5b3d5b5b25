//! The columns of `children.csv`.

/// `channel` and `category` inform reports and change nothing.
pub(in crate::exchange) const KNOWN: [&str; 12] = [
    "id",
    "priority_tier",
    "applied_at",
    "birth_date",
    "siblings_at",
    "choices",
    "turn",
    "holds",
    "together",
    "categories",
    "channel",
    "category",
];
/// So many of them must be there: the first ones.
pub(in crate::exchange) const REQUIRED: usize = 6;
pub(super) const TURN: usize = 6;
pub(super) const HOLDS: usize = 7;
pub(super) const TOGETHER: usize = 8;
pub(super) const CATEGORIES: usize = 9;
/// This and the later ones inform.
pub(super) const INFORMS: usize = 10;

/// Which of the further columns may be there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowed {
    /// Whether `turn` may be there.
    pub turn: bool,
    /// `holds`, `together` and `categories`, and `reserved` of the groups.
    pub special: bool,
}
