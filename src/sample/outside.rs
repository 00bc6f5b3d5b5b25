//! The invented registers of `fixtures/`, for the demo and for tests.

/// Invented persons, as `fixtures/registers/persons.csv` lists them.
pub const PERSONS: &str = include_str!("../../fixtures/registers/persons.csv");
/// `fixtures/registers/powers.csv`: powers of attorney between them.
pub const POWERS: &str = include_str!("../../fixtures/registers/powers.csv");
