//! The API and the pages as their users meet them.

mod bad_input;
pub mod cookies;
pub mod every_route;
mod idempotency;
mod openapi;
mod pages;
mod permissions;
mod proxies;
mod racing;
mod wording;
