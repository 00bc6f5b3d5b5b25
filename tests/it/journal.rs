//! The journal: what it tells, what it keeps sealed, and who follows it.

mod acts;
mod auditor;
mod back;
mod following;
mod past;
mod sealed;
mod since;
mod sold;
