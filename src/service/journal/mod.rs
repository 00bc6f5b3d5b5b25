//! What the acts have done: the effects that records tell, the index that follows them, the past, and the proof that all is whole.

pub mod chains;
pub mod copies;
pub mod damage;
pub mod effects;
pub(crate) mod families;
pub mod index;
pub(crate) mod past;
pub(crate) mod reading;
pub(crate) mod told;
