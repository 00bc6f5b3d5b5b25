//! Cases: every service of the regulations runs its course here, and nothing about one service is written in code.
//!
//! Handing an application in opens its case in the same transaction, presenting a referral opens the case of the
//! admission, `POST /api/v1/cases` opens those of all other services. An import of applications opens none: what was
//! decided before has run its course elsewhere.

mod asking;
pub(crate) mod case;
pub mod decide;
pub(crate) mod ends;
pub mod gateway;
pub(crate) mod intake;
pub(crate) mod opening;
pub mod oversight;
mod papers;
pub mod request;
pub mod settling;
pub mod steps;
pub(crate) mod travel;
pub mod view;
