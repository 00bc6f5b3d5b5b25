//! `kezek deadline`: when each step of a service is due.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;

use super::registry::Database;
use super::regulations::load;
use crate::domain::codes::Channel;
use crate::domain::instant::read_instant;
use crate::rules::schedule::Schedule;

/// Prints when each step of a service is due, as CSV: `step,actor,due_at`.
#[derive(Args)]
pub(super) struct DeadlineArgs {
    /// The regulation's id; `kezek regulations` lists them.
    #[arg(long)]
    regulation: String,
    /// office, state_corporation or portal.
    #[arg(long)]
    channel: Channel,
    /// The instant at which the course begins, RFC 3339 with its offset, for instance 2025-03-20T18:20:00+05:00.
    #[arg(long, value_parser = read_instant)]
    from: DateTime<Utc>,
    /// A folder laid out like fixtures/, whose rule files replace or add to those that ship.
    #[arg(long)]
    rules: Option<PathBuf>,
    /// A registry, whose imported decrees are counted by.
    #[arg(long, value_name = "URL", conflicts_with = "rules")]
    database_url: Option<String>,
}

/// Exit 0 with the table, 2 where the regulation or the channel is not there.
pub(super) fn run(args: DeadlineArgs) -> ExitCode {
    let loaded = match &args.database_url {
        None => load(args.rules.as_deref()),
        Some(url) => Database { database_url: url.clone(), keys: None, scans: None }
            .existing()
            .and_then(|store| crate::service::files::calendar::rules(&store).map_err(|problem| problem.to_string())),
    };
    let rules = match loaded {
        Ok(rules) => rules,
        Err(message) => return fail(&message),
    };
    let Some(regulation) = rules.regulations.get(&args.regulation) else {
        let ids: Vec<&str> = rules.regulations.keys().map(String::as_str).collect();
        return fail(&format!("there is no regulation `{}`; use one of: {}", args.regulation, ids.join(", ")));
    };
    let zone = regulation.zone(&rules.calendar);
    let Some(schedule) = regulation.schedule(args.channel, args.from, zone, &rules.calendar) else {
        let codes: Vec<&str> = regulation.channels.iter().map(|c| c.code.code()).collect();
        let (id, channel) = (&regulation.id, args.channel);
        return fail(&format!("`{id}` cannot be had through {channel}; use one of: {}", codes.join(", ")));
    };
    for warning in &schedule.warnings {
        let _ = writeln!(std::io::stderr(), "warning: {warning}");
    }
    match std::io::stdout().write_all(csv(&schedule).as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("cannot write the table: {error}")),
    }
}

fn fail(message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{}", message.trim_end());
    ExitCode::from(2)
}

/// The table as the command prints it: a row per step of the straight path, then `total` where the act states one.
fn csv(schedule: &Schedule<'_>) -> String {
    let rfc3339 = |at: &DateTime<chrono_tz::Tz>| at.to_rfc3339_opts(SecondsFormat::AutoSi, false);
    let mut text = "step,actor,due_at\n".to_owned();
    for row in &schedule.steps {
        let due_at = row.due_at.as_ref().map(rfc3339).unwrap_or_default();
        text.push_str(&format!("{},{},{due_at}\n", row.step.id, row.step.actor));
    }
    if let Some((_, due)) = &schedule.total {
        text.push_str(&format!("total,,{}\n", rfc3339(due)));
    }
    text
}
