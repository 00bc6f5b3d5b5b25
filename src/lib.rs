//! Kezek (кезек, "queue"): the registry that decides which child gets the next kindergarten place.
//!
//! This page is the map. Arrows point down; `tests/it/tidy.rs` holds them.
//!
//! ```text
//!    web (api + pages)        cli                  outside words <-> acts
//!         \                   /
//!          ------ service ------                   one act = one write transaction
//!         /    |     |     |    \
//!    store  outside  documents  exchange  sample
//!       \      |       |        /        /
//!      audit   engine   trust                      pure and deterministic
//!         \      |      /
//!           rules                                  law as dated data
//!             |
//!           domain                                 nouns and their invariants
//! ```

pub mod audit;
pub mod cli;
pub mod clock;
pub mod documents;
pub mod domain;
pub mod engine;
pub mod exchange;
pub mod outside;
pub mod rules;
pub mod sample;
pub mod service;
pub mod store;
pub mod trust;
pub mod web;
