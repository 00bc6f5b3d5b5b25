//! The rows of the files that a registry takes and gives: the stable columns and the checks that one row can stand.
//!
//! Whether a kindergarten exists, a category is in the profile or a child already has an application is the registry's
//! to say.

mod applications;
mod cases;
mod facts;
mod messages;
mod people;
mod places;
mod referrals;
mod territories;

pub use applications::ApplicationRow;
pub use cases::CaseRow;
pub use facts::FactsRow;
pub use messages::MessageRow;
pub use places::{GroupRow, KindergartenRow, PlaceRow};
pub use referrals::ReferralRow;
pub use territories::TerritoryRow;
