//! HTTP: the JSON API and the pages.
//!
//! `routes` is the whole route table on one screen; `api` and `pages` hold a handler per route, which says method, path
//! and contract; `answer` turns acts and problems into responses.

pub mod answer;
pub mod api;
pub mod limits;
pub mod metrics;
pub mod openapi;
pub mod pages;
pub mod proxies;
pub mod route;
pub mod routes;
pub mod server;
