//! `kezek token`.

use std::process::ExitCode;

use chrono::NaiveDate;

use super::exit::failed;
use super::registry::Database;
use crate::clock::Clock;
use crate::domain::codes::Role;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::rules::hours::{COUNTRY_ZONE, instant_of};
use crate::rules::regulation::Actor;
use crate::service::accounts::credentials::{self, Scope};
use crate::store;

/// The seconds of a day.
const DAY_SECONDS: i64 = 86_400;

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
        /// For the role kindergarten: the one that it speaks for.
        #[arg(long)]
        kindergarten: Option<String>,
        /// The regulations' actors that it acts as in cases, such as clerk,executor; all that the role may be where
        /// missing.
        #[arg(long, value_delimiter = ',')]
        acts_as: Vec<Actor>,
        /// The id of the account that it belongs to (`kezek account add`); one without a person is opened where missing.
        #[arg(long)]
        account: Option<String>,
        /// The last day on which it opens anything; 90 days from now where missing.
        #[arg(long)]
        expires: Option<NaiveDate>,
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
        Command::Issue { database, role, territory, kindergarten, acts_as, account, expires } => {
            let kindergarten = kindergarten.as_deref();
            let scope = Scope { role: *role, territory: *territory, kindergarten, acts_as };
            issue(database, scope, account.as_deref(), *expires)
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
fn issue(database: &Database, scope: Scope<'_>, account: Option<&str>, last: Option<NaiveDate>) -> Result<(), String> {
    let store = database.existing()?;
    let now = Clock::System.now();
    let expires_at = last.and_then(|last| instant_of(COUNTRY_ZONE, last, DAY_SECONDS));
    let new = credentials::issue(&store, now, scope, account, expires_at).map_err(|p| p.to_string())?;
    if account.is_none() {
        eprintln!("kezek: nobody is named who holds it; open an account for its person with `kezek account add`");
    }
    eprintln!("kezek: credential {} of account {} is issued; its secret is shown here only", new.id, new.account);
    println!("{}", new.token);
    Ok(())
}

fn revoke(database: &Database, id: &str) -> Result<(), String> {
    let store = database.existing()?;
    credentials::revoke(&store, Clock::System.now(), id).map_err(|p| p.to_string())
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
fn list(database: &Database) -> Result<(), String> {
    let store = database.existing()?;
    let all = store.read(store::tokens::all).map_err(|e| e.to_string())?;
    println!("id,role,territory,kindergarten,acts_as,issued_at,revoked_at,account,expires_at");
    for t in all {
        let revoked = t.revoked_at.map(instant_text).unwrap_or_default();
        let (acts_as, issued) = (t.acts_as.join(";"), instant_text(t.issued_at));
        let kindergarten = t.kindergarten.unwrap_or_default();
        let (account, expires) = (t.account.unwrap_or_default(), t.expires_at.map(instant_text).unwrap_or_default());
        println!("{},{},{},{kindergarten},{acts_as},{issued},{revoked},{account},{expires}", t.id, t.role, t.territory);
    }
    Ok(())
}
