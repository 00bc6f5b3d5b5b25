//! The acts: one act is one write transaction (load, decide, save, journal).

pub mod accounts;
pub mod applications;
pub mod cases;
pub mod counter;
pub mod files;
pub mod inquiry;
pub mod journal;
pub mod kernel;
pub mod office;
pub mod papers;
pub mod positions;
pub mod reads;
pub mod referrals;
pub mod registry;
pub mod rounds;
pub mod running;
