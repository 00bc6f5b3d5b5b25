//! The invented registers of `fixtures/`, for the demo and for tests.

/// `fixtures/registers/persons.csv`: invented persons.
pub const PERSONS: &str = include_str!("../../fixtures/registers/persons.csv");
/// `fixtures/registers/powers.csv`: powers of attorney between them.
pub const POWERS: &str = include_str!("../../fixtures/registers/powers.csv");
