//! The columns of `children.csv`.

use super::super::reserves::is_category;

/// `channel` and `category` inform reports and change nothing.
pub(in crate::exchange) const KNOWN: [&str; 14] = [
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
    "excluded",
    "tied",
    "channel",
    "category",
];
/// So many of them must be there: the first ones.
pub(in crate::exchange) const REQUIRED: usize = 6;
pub(super) const TURN: usize = 6;
pub(super) const HOLDS: usize = 7;
pub(super) const TOGETHER: usize = 8;
/// The columns of text that say conditions: from the first up to those that inform.
pub(in crate::exchange::instance) const CATEGORIES: usize = 9;
pub(in crate::exchange::instance) const EXCLUDED: usize = 10;
pub(in crate::exchange::instance) const TIED: usize = 11;
/// This and the later ones inform.
pub(super) const INFORMS: usize = 12;
/// How many columns of text there are.
pub(in crate::exchange::instance) const TEXTS: usize = INFORMS - CATEGORIES;

/// What the column `tied` says of those whose brothers and sisters stand in other queues.
pub(in crate::exchange::instance) const YES: &str = "yes";

/// Whether a column of text can hold this: of categories their codes, whatever else is looked at when groups are known.
pub(super) fn is_plain(column: usize, field: &str) -> bool {
    match column {
        _ if field.is_empty() => true,
        CATEGORIES => field.split(';').all(is_category),
        TIED => field == YES,
        _ => true,
    }
}
