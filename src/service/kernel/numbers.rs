//! What a number names: the home in it, and the application that must be there.

use super::problem::Problem;
use crate::domain::application::Application;
use crate::domain::kato::Kato;
use crate::domain::queue::{Number, Numbered};
use crate::store::applications;
use crate::store::connection::AnyConnection;

/// Loads an application that must be there.
pub(crate) fn load(conn: &mut AnyConnection, number: &str) -> Result<Application, Problem> {
    applications::find(conn, number)?.ok_or_else(|| Problem::not_found("application"))
}

/// The home in a number.
pub(crate) fn home_of(number: &str, of: Numbered, what: &str) -> Result<Kato, Problem> {
    Number::parse(number, of).map(|n| n.home).ok_or_else(|| Problem::not_found(what))
}
