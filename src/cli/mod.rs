//! The commands: outside words in, acts or files out.

mod allocate;
mod generate;
mod verify;

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
    Allocate(allocate::AllocateArgs),
    Verify(verify::VerifyArgs),
    Generate(generate::GenerateArgs),
}

/// Runs the command that the arguments name. 0: done; 1: the answer is no; 2: the input is at fault.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Allocate(args) => allocate::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Generate(args) => generate::run(args),
    }
}
