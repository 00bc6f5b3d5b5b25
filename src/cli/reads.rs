//! `kezek reads`.

use std::io::Write;
use std::process::ExitCode;

use chrono::{DateTime, Utc};

use super::exit::failed;
use super::registry::Database;
use crate::domain::instant::{instant_text, read_instant};
use crate::store::connection::AnyConnection;
use crate::store::reads::{self, Read};
use crate::store::{StoreError, Vault, accounts};

/// What `reads` takes: `list`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// List the log of reads as CSV, the oldest first: who read what, of whom, when and what for.
    List {
        #[command(flatten)]
        database: Database,
        /// The id of an account: its reads alone.
        #[arg(long)]
        account: Option<String>,
        /// Since this instant, RFC 3339 with its offset.
        #[arg(long, value_name = "INSTANT", value_parser = read_instant)]
        since: Option<DateTime<Utc>>,
    },
}

/// Why the list stopped.
enum Stopped {
    Output(std::io::Error),
    Store(StoreError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Stopped::Store(error)
    }
}

impl From<std::io::Error> for Stopped {
    fn from(error: std::io::Error) -> Self {
        Stopped::Output(error)
    }
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let Command::List { database, account, since } = &arguments.command;
    match list(database, account.as_deref(), *since) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => failed(1, why),
    }
}

fn list(database: &Database, account: Option<&str>, since: Option<DateTime<Utc>>) -> Result<(), String> {
    let store = database.existing()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let listed = store.read_snapshot(|conn| -> Result<(), Stopped> {
        writeln!(out, "seq,at,account,role,what,subject,territory,post,name,purpose")?;
        reads::each(conn, account, since, |conn, read| Ok(writeln!(out, "{}", row(conn, store.vault(), &read)?)?))
    });
    listed.and_then(|()| Ok(out.flush()?)).map_err(|stopped| match stopped {
        Stopped::Output(error) => format!("the list cannot be written: {error}"),
        Stopped::Store(error) => error.to_string(),
    })
}

fn row(conn: &mut AnyConnection, vault: &Vault, Read { seq, read }: &Read) -> Result<String, StoreError> {
    let mandate = read.mandate.as_ref().map(|id| accounts::mandate_of(conn, id)).transpose()?.flatten();
    let official = accounts::find(conn, vault, &read.account)?.and_then(|account| account.official);
    let purpose = reads::purpose(conn, vault, read)?;
    let (territory, post) = mandate.map(|own| (own.territory.to_string(), own.post)).unwrap_or_default();
    let (at, what, name) = (instant_text(read.at), read.kind, official.map(|official| official.name));
    let (account, role, subject) = (&read.account, &read.role, &read.subject);
    let [post, name, purpose] = [post, name, purpose].map(quoted);
    Ok(format!("{seq},{at},{account},{role},{what},{subject},{territory},{post},{name},{purpose}"))
}

/// A text that somebody wrote, as a cell.
pub(super) fn quoted(text: Option<String>) -> String {
    text.map(|text| format!("\"{}\"", text.replace('"', "\"\""))).unwrap_or_default()
}
