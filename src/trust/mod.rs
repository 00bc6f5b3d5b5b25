//! The journal chain, what its records seal, and signature verdicts: what lets anyone check the registry; and the keys under
//! which it keeps persons.

pub mod act;
pub mod cipher;
pub mod counts;
pub mod end;
pub mod journal;
pub mod keyring;
pub mod one_time;
pub mod opening;
pub mod password;
pub mod reads;
pub mod seal;
pub mod signature;
pub mod subject;
