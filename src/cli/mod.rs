//! The commands: outside words in, acts or files out.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod account;
mod allocate;
mod calendar;
mod cases;
mod clock;
mod copy;
mod correct;
mod deadline;
mod demo;
mod exchange;
mod exit;
mod fairness;
mod generate;
mod incident;
mod init;
mod interrupt;
mod journal;
mod private;
mod provider;
mod reads;
mod registers;
mod registry;
mod regulations;
mod rekey;
mod report;
mod serve;
mod simulate;
mod tick;
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
    /// Do the main job on invented fixtures, then serve it.
    Demo(demo::Arguments),
    /// Make a new registry.
    Init(init::Arguments),
    /// Serve the API and the pages.
    Serve(serve::Arguments),
    /// Open accounts for persons, say what each may act as, close them.
    Account(account::Arguments),
    /// Issue, revoke and list credentials.
    Token(token::Arguments),
    /// Import a CSV file, all or nothing.
    Import(exchange::Arguments),
    /// Export a CSV file.
    Export(exchange::Arguments),
    /// Verify or export the journal.
    Journal(journal::Arguments),
    /// List who read what of whom.
    Reads(reads::Arguments),
    /// Stop an account that somebody misused, give back what it took, and tell the families.
    Incident(incident::Arguments),
    /// Change the master key under which persons are kept.
    Rekey(rekey::Arguments),
    /// Move a registry to another database with its journal intact.
    Copy(copy::Arguments),
    /// Reckon the deadlines of open cases anew after a change of the calendar.
    Cases(cases::Arguments),
    /// The decrees of the working calendar that came after the program.
    Calendar(calendar::CalendarArgs),
    /// Do the clock's acts: publish places at their hour, expire referrals.
    Tick(tick::Arguments),
    /// Hold the clocks side by side; mend a home whose last record lies in the future.
    Clock(clock::Arguments),
    Allocate(allocate::AllocateArgs),
    Verify(verify::VerifyArgs),
    Generate(generate::GenerateArgs),
    Simulate(simulate::SimulateArgs),
    Correct(correct::CorrectArgs),
    Fairness(fairness::FairnessArgs),
    /// When each step of a service is due.
    Deadline(deadline::DeadlineArgs),
    /// The regulations as tables.
    Regulations(regulations::RegulationsArgs),
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
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Account(arguments) => account::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
        Command::Import(arguments) => exchange::import(&arguments),
        Command::Export(arguments) => interrupt::watched(|| exchange::export(&arguments)),
        Command::Journal(arguments) => journal::run(&arguments),
        Command::Reads(arguments) => reads::run(&arguments),
        Command::Incident(arguments) => incident::run(&arguments),
        Command::Rekey(arguments) => rekey::run(&arguments),
        Command::Copy(arguments) => copy::run(&arguments),
        Command::Cases(arguments) => cases::run(&arguments),
        Command::Calendar(arguments) => calendar::run(&arguments),
        Command::Tick(arguments) => tick::run(&arguments),
        Command::Clock(arguments) => clock::run(&arguments),
        Command::Allocate(args) => interrupt::watched(|| allocate::run(args)),
        Command::Verify(args) => verify::run(args),
        Command::Generate(args) => interrupt::watched(|| generate::run(args)),
        Command::Simulate(args) => interrupt::watched(|| simulate::run(args)),
        Command::Correct(args) => interrupt::watched(|| correct::run(args)),
        Command::Fairness(args) => interrupt::watched(|| fairness::run(args)),
        Command::Deadline(args) => deadline::run(args),
        Command::Regulations(args) => regulations::run(args),
    }
}
