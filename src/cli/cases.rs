//! `kezek cases`.

use std::process::ExitCode;

use super::exit::failed;
use super::registry::Database;
use crate::clock::Clock;
use crate::service::cases::oversight;

/// What `cases` takes: so far `recompute` alone.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Reckon the deadlines of all open cases anew, after the calendar changed.
    Recompute {
        #[command(flatten)]
        database: Database,
    },
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let Command::Recompute { database } = &arguments.command;
    let done = database.existing().and_then(|store| {
        let rules = crate::service::files::calendar::rules(&store).map_err(|e| e.to_string())?;
        oversight::recompute(&store, &rules, Clock::System.now()).map_err(|e| e.to_string())
    });
    match done {
        Ok((moved, open)) => {
            println!("{moved} of {open} open cases have other deadlines now");
            ExitCode::SUCCESS
        }
        Err(why) => failed(1, why),
    }
}
