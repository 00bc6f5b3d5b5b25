//! The journal: what it tells, what it keeps sealed, and who follows it.

mod back;
mod following;
mod past;
mod sealed;
