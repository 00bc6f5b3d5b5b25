//! `kezek token`.

use std::process::ExitCode;

use super::exit::failed;
use super::registry::Database;
use crate::clock::Clock;
use crate::domain::codes::Role;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::rules::regulation::Actor;
use crate::service::kernel::tokens;
use crate::store;

/// What `token` takes: `issue`, `revoke` or `list`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Issue a credential; the secret is printed alone and is not kept.
    Issue {
        #[command(flatten)]
        database: Database,
        /// office, state_corporation, portal, department, akim, kindergarten or auditor.
        #[arg(long)]
        role: Role,
        /// The KATO code of the territory, which the credential covers with all below; 000000000 is the country.
        #[arg(long, value_parser = Kato::parse)]
        territory: Kato,
        /// For the role kindergarten: the one that it speaks for; all of the territory where missing.
        #[arg(long)]
        kindergarten: Option<String>,
        /// The regulations' actors that it acts as in cases, such as clerk,executor; all that the role may be where
        /// missing.
        #[arg(long, value_delimiter = ',')]
        acts_as: Vec<Actor>,
    },
    /// Revoke a credential by its id.
    Revoke {
        #[command(flatten)]
        database: Database,
        /// The id, as `list` shows it.
        id: String,
    },
    /// List the credentials, without their secrets.
    List {
        #[command(flatten)]
        database: Database,
    },
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let done = match &arguments.command {
        Command::Issue { database, role, territory, kindergarten, acts_as } => {
            issue(database, *role, *territory, kindergarten.as_deref(), acts_as)
        }
        Command::Revoke { database, id } => revoke(database, id),
        Command::List { database } => list(database),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => failed(1, why),
    }
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
fn issue(
    database: &Database,
    role: Role,
    territory: Kato,
    kindergarten: Option<&str>,
    acts_as: &[Actor],
) -> Result<(), String> {
    let store = database.existing()?;
    let now = Clock::System.now();
    let new = tokens::issue_limited(&store, now, role, territory, kindergarten, acts_as).map_err(|p| p.to_string())?;
    eprintln!("kezek: credential {} is issued; its secret is shown here only", new.id);
    println!("{}", new.token);
    Ok(())
}

fn revoke(database: &Database, id: &str) -> Result<(), String> {
    let store = database.existing()?;
    tokens::revoke(&store, Clock::System.now(), id).map_err(|p| p.to_string())
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
fn list(database: &Database) -> Result<(), String> {
    let store = database.existing()?;
    let all = store.read(store::tokens::all).map_err(|e| e.to_string())?;
    println!("id,role,territory,kindergarten,acts_as,issued_at,revoked_at");
    for t in all {
        let revoked = t.revoked_at.map(instant_text).unwrap_or_default();
        let (acts_as, issued) = (t.acts_as.join(";"), instant_text(t.issued_at));
        let kindergarten = t.kindergarten.unwrap_or_default();
        println!("{},{},{},{kindergarten},{acts_as},{issued},{revoked}", t.id, t.role, t.territory);
    }
    Ok(())
}
