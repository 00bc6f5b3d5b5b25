//! Budgets: how many persons' data a role reads in a day of ordinary work. Beyond it each read says its purpose and the
//! department is told; at ten times as much reading stops until the department lifts it.

use crate::domain::codes::Role;

/// Reads of persons in a day, by role. A family at a counter takes ten minutes and some four reads (application, papers, case,
/// referral): fifty families a day are two hundred reads.
const BUDGETS: &[(Role, u32)] = &[
    (Role::Office, 200),
    (Role::StateCorporation, 200),
    // One account of a system for the whole country, which reads for the parents who are signed in there.
    (Role::Portal, 20_000),
    // Decides what several counters take in.
    (Role::Department, 500),
    // A rural district has some hundred children of that age.
    (Role::Akim, 100),
    (Role::Kindergarten, 100),
    // Says its purpose each time; beyond this the department is told too.
    (Role::Auditor, 500),
];

/// At so many budgets reading stops.
const STOPS_AT: i64 = 10;

/// The budget of a role; none for a family, whose own reads are not counted.
pub(super) fn budget(role: Role) -> u32 {
    BUDGETS.iter().find(|(listed, _)| *listed == role).map_or(0, |(_, budget)| *budget)
}

/// Whether a role says the purpose of every read of a person: it answers to nobody here, and reads by a document.
pub(super) fn always_says_purpose(role: Role) -> bool {
    role == Role::Auditor
}

/// At how many reads of a day an account is stopped that was lifted so often on that day: each time as much again.
pub(super) fn stop(role: Role, lifts: i64) -> i64 {
    i64::from(budget(role)) * STOPS_AT * (1 + lifts)
}
