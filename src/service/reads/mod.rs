//! Every read of personal data by an official is recorded: which acts read (`sights`), how much a role reads in a day
//! (`budgets`), the lines on their way (`log`), how a read is recorded before its answer goes out (`recording`), lifting a budget
//! (`lifting`), and who reads the log (`view`).

mod budgets;
pub mod lifting;
pub mod log;
pub mod recording;
pub mod sights;
pub mod view;
