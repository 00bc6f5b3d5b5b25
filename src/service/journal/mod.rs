//! What the acts have done: what records tell, the index that follows them, the past, and the proof that all is whole.

pub mod chains;
pub mod copies;
pub mod damage;
pub mod fault;
pub(crate) mod fold;
pub mod index;
pub(crate) mod past;
pub(crate) mod proof;
pub(crate) mod reading;
pub(crate) mod turns;
