//! The commands: outside words in, acts or files out.

pub mod deadline;
pub mod regulations;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The registry of kindergarten queues and referrals.
#[derive(Parser)]
#[command(name = "kezek", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// When each step of a service is due.
    Deadline(deadline::DeadlineArgs),
    /// The regulations as tables.
    Regulations(regulations::RegulationsArgs),
}

/// Runs the command that the arguments name. 0: done; 1: the answer is no; 2: the input is at fault.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Deadline(args) => deadline::run(args),
        Command::Regulations(args) => regulations::run(args),
    }
}
