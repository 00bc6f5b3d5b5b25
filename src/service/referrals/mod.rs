//! A place given to a child: issued, presented, answered, ended.

pub mod departures;
pub mod issuing;
pub mod life;
pub mod past;
pub(crate) mod places;
pub mod row;
