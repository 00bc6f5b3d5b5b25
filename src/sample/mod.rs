//! Invented people, kindergartens and instances for demo and generate. Nobody here is real.

pub mod iins;
pub mod instance;
pub mod kindergartens;
pub mod names;
pub mod outside;
pub mod people;
pub mod register;
