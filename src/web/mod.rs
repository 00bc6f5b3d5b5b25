//! HTTP: the JSON API and the pages.
//!
//! `routes` is the whole route table on one screen; `api` and `pages` hold a handler per route, which says method, path
//! and contract; `answer` turns acts and problems into responses, `wording` says a problem in three languages. What only
//! this room uses is private, so that the compiler finds a handler that no route reaches.

mod answer;
mod api;
mod asked;
mod cookie;
mod docs;
pub mod limits;
mod metrics;
pub mod openapi;
mod pages;
pub mod proxies;
mod refusals;
pub mod route;
pub mod routes;
pub mod server;
mod wording;
