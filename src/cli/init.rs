//! `kezek init`: a registry is made on purpose.

use std::process::ExitCode;

use super::exit::failed;
use super::registry::Database;

/// What `init` takes: where the new registry is made.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    database: Database,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match arguments.database.new_one() {
        Ok(_) => {
            eprintln!(
                "kezek: a new registry is made; it knows no territories yet: `kezek import territories FILE`, then \
                 kindergartens and groups"
            );
            ExitCode::SUCCESS
        }
        Err(why) => failed(1, why),
    }
}
