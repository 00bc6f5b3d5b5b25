//! People instead of tokens: accounts, what each may act as, how their holders sign in, and the credentials by which they are
//! used.

mod appointing;
pub mod attempts;
pub mod clients;
pub mod credentials;
pub mod family;
mod hashing;
pub(in crate::service) mod holder;
pub mod official;
pub mod one_time;
pub mod opening;
pub mod passwords;
pub mod principal;
pub mod provider_sign_in;
pub mod reset;
pub mod second_factor;
pub mod sign_ins;
mod taking;
mod term;
pub mod view;
