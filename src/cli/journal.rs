//! `kezek journal`.

use std::io::Write;
use std::process::ExitCode;

use chrono::{DateTime, Utc};

use super::exit::failed;
use super::registry::Database;
use crate::domain::instant::read_instant;
use crate::service::journal::chains::{self, ChainFault, VerifiedSince};
use crate::store::pages::Pages;
use crate::trust::seal::canonical;

/// What `journal` takes: `verify` or `export`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Check every chain, and the rows and files that it tells of: exit 0 and the registry's head as the last line, or exit 1
    /// and the first broken record, row or file.
    Verify {
        #[command(flatten)]
        database: Database,
        /// Also every index of a SQLite file against its table; the structure of its pages is checked in any case.
        #[arg(long)]
        pages: bool,
        /// Only what the records since this instant tell, RFC 3339 with its offset; of those before only the hashes. Says what
        /// was not looked at.
        #[arg(long, value_name = "INSTANT", value_parser = read_instant, conflicts_with = "pages")]
        since: Option<DateTime<Utc>>,
    },
    /// Write every record as a line of JSON.
    Export {
        #[command(flatten)]
        database: Database,
        /// With the openings, from which every row and every position can be replayed: for auditors.
        #[arg(long)]
        openings: bool,
    },
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match &arguments.command {
        Command::Verify { database, since: Some(since), .. } => match verified_since(database, *since) {
            Ok(head) => {
                println!("{head}");
                ExitCode::SUCCESS
            }
            Err(why) => failed(1, why),
        },
        Command::Verify { database, pages, since: None } => match database.existing() {
            Err(why) => failed(1, why),
            Ok(store) => match chains::verify_with(&store, if *pages { Pages::Indexes } else { Pages::Structure }) {
                Ok(head) => {
                    println!("{head}");
                    ExitCode::SUCCESS
                }
                Err(fault) => failed(1, format!("the journal is broken: {fault}")),
            },
        },
        Command::Export { database, openings } => match export(database, *openings) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => failed(1, why),
        },
    }
}

fn verified_since(database: &Database, since: DateTime<Utc>) -> Result<String, String> {
    let store = database.existing()?;
    let verified = chains::verify_since(&store, since).map_err(|fault| format!("the journal is broken: {fault}"))?;
    let VerifiedSince { head, records_before, rows_before } = verified;
    eprintln!(
        "kezek: not looked at: what {records_before} records before seal, {rows_before} rows that no record since tells, and the pages \
         of the file; run it without --since for all"
    );
    Ok(head)
}

fn export(database: &Database, openings: bool) -> Result<(), String> {
    let store = database.existing()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    chains::each(&store, |opened| {
        let line = if openings { opened.with_openings() } else { canonical(&opened.record) };
        writeln!(out, "{line}").map_err(|e| ChainFault::Store(crate::store::StoreError::Other(e.to_string())))
    })
    .map_err(|e: ChainFault| e.to_string())?;
    out.flush().map_err(|e| e.to_string())
}
