//! `kezek tick`: the clock's acts.

use std::process::ExitCode;

use chrono::{DateTime, Utc};

use super::exit::failed;
use super::registry::Database;
use crate::clock::Clock;
use crate::domain::instant::read_instant;
use crate::service::counter::tick::{self, Ticked};

/// What `tick` takes.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    database: Database,
    /// The instant to act for, such as 2026-09-01T07:00:00+05:00; now where missing.
    #[arg(long, value_name = "INSTANT", value_parser = read_instant)]
    at: Option<DateTime<Utc>>,
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let now = Clock::System.now();
    let at = arguments.at.unwrap_or(now);
    if at > now {
        eprintln!("kezek: the instant lies in the future: what is still good today ends now");
    }
    let done = arguments.database.existing().and_then(|store| {
        let rules = crate::service::files::calendar::rules(&store).map_err(|e| e.to_string())?;
        tick::tick(&store, &rules, now, at).map_err(|e| e.to_string())
    });
    match done {
        Ok(Ticked { published, expired, left, lapsed, escalated, forgotten }) => {
            println!("{published} places published, {expired} referrals expired");
            if lapsed > 0 {
                eprintln!(
                    "kezek: proofs of {lapsed} applications were not confirmed in their term and no longer count"
                );
            }
            if escalated > 0 {
                eprintln!("kezek: heads and departments are told of overdue cases: {escalated} messages");
            }
            if forgotten > 0 {
                eprintln!("kezek: {forgotten} kept answers to repeated requests are forgotten");
            }
            if left > 0 {
                eprintln!(
                    "kezek: {left} referrals have ended whose profile stop-lists or closes; they were left alone"
                );
            }
            ExitCode::SUCCESS
        }
        Err(why) => failed(1, why),
    }
}
