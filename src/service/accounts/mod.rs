//! People instead of tokens: accounts, what each may act as, and the credentials by which they are used.

pub mod attempts;
pub mod credentials;
pub mod family;
mod holder;
pub mod opening;
pub mod principal;
pub mod view;
