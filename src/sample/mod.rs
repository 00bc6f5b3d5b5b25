//! Invented people, kindergartens and instances for demo and generate.

pub mod instance;
