//! The commands: outside words in, acts or files out.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod allocate;
mod generate;
mod journal;
mod registry;
mod serve;
mod token;
mod verify;

/// The registry of kindergarten queues and referrals.
#[derive(Parser)]
#[command(name = "kezek", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API and the pages.
    Serve(serve::Arguments),
    /// Issue, revoke and list credentials.
    Token(token::Arguments),
    /// Verify or export the journal.
    Journal(journal::Arguments),
    Allocate(allocate::AllocateArgs),
    Verify(verify::VerifyArgs),
    Generate(generate::GenerateArgs),
}

/// Runs the command that the arguments name. 0: done; 1: the answer is no; 2: the input is at fault.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("KEZEK_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .with_writer(std::io::stderr)
        .init();
    match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
        Command::Journal(arguments) => journal::run(&arguments),
        Command::Allocate(args) => allocate::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Generate(args) => generate::run(args),
    }
}

/// Says on stderr why a command failed, and gives its exit code.
fn failed(code: u8, why: impl std::fmt::Display) -> ExitCode {
    eprintln!("kezek: {why}");
    ExitCode::from(code)
}
