//! The journal: what it tells, what it keeps sealed, and who follows it.

mod following;
mod past;
mod sealed;
