//! `kezek tick`: the clock's acts.

use std::process::ExitCode;

use chrono::{DateTime, TimeDelta, Utc};

use super::exit::failed;
use super::registry::Database;
use crate::clock::Clock;
use crate::domain::instant::{instant_text, read_instant};
use crate::service::counter::tick::{self, Ticked};

/// What `tick` takes: the registry, and the instant for which things are due.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    database: Database,
    /// The instant to act for, such as 2026-09-01T07:00:00+05:00; now where missing.
    #[arg(long, value_name = "INSTANT", value_parser = read_instant)]
    at: Option<DateTime<Utc>>,
    /// Do it also where the instant is further than a day from now; without this it is then only told.
    #[arg(long)]
    yes: bool,
}

/// How far from now an instant is taken at its word. Whoever does the clock's acts for yesterday or tonight means it; an
/// instant beyond is more likely mistyped, and would end in one act what is still good for weeks.
const FAR: TimeDelta = TimeDelta::days(1);

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let now = Clock::System.now();
    let at = arguments.at.unwrap_or(now);
    let far = (at - now).abs() > FAR;
    let only_told = far && !arguments.yes;
    if at > now && !only_told {
        eprintln!("kezek: the instant lies in the future: what is still good today ends now");
    }
    let done = arguments.database.existing().and_then(|store| {
        let rules = crate::service::files::calendar::rules(&store).map_err(|e| e.to_string())?;
        let act = if only_told { tick::foresee } else { tick::tick };
        act(&store, &rules, now, at).map_err(|e| e.to_string())
    });
    match done {
        Ok(ticked) if only_told => {
            tell(&ticked, "it would be: ");
            let (now, at) = (instant_text(now), instant_text(at));
            failed(2, format!("{at} is further than a day from now ({now}); nothing was changed, do it with --yes"))
        }
        Ok(ticked) => {
            tell(&ticked, "");
            ExitCode::SUCCESS
        }
        Err(why) => failed(1, why),
    }
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
fn tell(ticked: &Ticked, before: &str) {
    let Ticked { published, expired, left, lapsed, unconfirmed, escalated, forgotten, counted } = *ticked;
    println!("{before}{published} places published, {expired} referrals expired");
    if lapsed > 0 {
        eprintln!(
            "kezek: {before}proofs of {lapsed} applications were not confirmed in their term and no longer count"
        );
    }
    if unconfirmed > 0 {
        eprintln!("kezek: {before}{unconfirmed} acts that nobody confirmed in time have lapsed: nothing was taken");
    }
    if escalated > 0 {
        eprintln!("kezek: {before}heads and departments are told of overdue cases: {escalated} messages");
    }
    if forgotten > 0 {
        eprintln!("kezek: {before}{forgotten} kept answers to repeated requests are forgotten");
    }
    if counted > 0 {
        eprintln!("kezek: {before}the acts of {counted} days are counted");
    }
    if left > 0 {
        eprintln!(
            "kezek: {before}{left} referrals have ended whose profile stop-lists or closes; they were left alone"
        );
    }
}
