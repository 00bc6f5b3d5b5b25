//! `kezek account`.

use std::process::ExitCode;

use chrono::NaiveDate;

use super::exit::failed;
use super::registry::Database;
use crate::clock::Clock;
use crate::domain::codes::Role;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::rules::regulation::Actor;
use crate::service::accounts::opening::{self, AccountIn, MandateIn, OfficialIn, OrderIn};
use crate::store::accounts;

/// What `account` takes: `add`, `appoint`, `list`, `disable` or `reset`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Open an account for a person; its id is printed alone.
    Add {
        #[command(flatten)]
        database: Database,
        /// The whole name of the person.
        #[arg(long)]
        name: String,
        /// The IIN of the person.
        #[arg(long)]
        iin: String,
        /// A telephone or e-mail; several where given several times.
        #[arg(long)]
        contact: Vec<String>,
        #[command(flatten)]
        mandate: MandateArguments,
    },
    /// Give an account a further mandate.
    Appoint {
        #[command(flatten)]
        database: Database,
        /// The id of the account.
        id: String,
        #[command(flatten)]
        mandate: MandateArguments,
    },
    /// List the accounts with their mandates.
    List {
        #[command(flatten)]
        database: Database,
        /// The KATO code of a territory: those with a mandate there or below; the country where missing.
        #[arg(long, value_parser = Kato::parse, default_value = "000000000")]
        territory: Kato,
    },
    /// Close an account for good, and revoke its credentials.
    Disable {
        #[command(flatten)]
        database: Database,
        /// The id of the account.
        id: String,
    },
    /// Revoke all credentials of an account, which stays open.
    Reset {
        #[command(flatten)]
        database: Database,
        /// The id of the account.
        id: String,
    },
}

#[derive(clap::Args, Debug)]
struct MandateArguments {
    /// office, state_corporation, portal, department, akim, kindergarten or auditor.
    #[arg(long)]
    role: Role,
    /// The KATO code of the territory, which the mandate covers with all below; 000000000 is the country.
    #[arg(long, value_parser = Kato::parse)]
    territory: Kato,
    /// For the role kindergarten: the one that it speaks for.
    #[arg(long)]
    kindergarten: Option<String>,
    /// The regulations' actors that it is limited to, such as clerk,executor; all that the role may be where missing.
    #[arg(long, value_delimiter = ',')]
    acts_as: Vec<Actor>,
    /// The post, as papers name it.
    #[arg(long)]
    post: Option<String>,
    /// The number of the order that appoints; of an auditor or prosecutor the document's.
    #[arg(long, requires = "order_on")]
    order: Option<String>,
    /// The day of the order.
    #[arg(long, requires = "order")]
    order_on: Option<NaiveDate>,
    /// The id of the account in whose stead its holder acts.
    #[arg(long)]
    deputy_for: Option<String>,
    /// The first day; today where missing.
    #[arg(long)]
    from: Option<NaiveDate>,
    /// The last day; an auditor's and a deputy's mandate needs one.
    #[arg(long)]
    until: Option<NaiveDate>,
}

impl MandateArguments {
    fn read(&self) -> MandateIn {
        let order = self.order.clone().zip(self.order_on).map(|(number, on)| OrderIn { number, on });
        MandateIn {
            role: self.role,
            territory: self.territory,
            kindergarten: self.kindergarten.clone(),
            acts_as: self.acts_as.clone(),
            post: self.post.clone(),
            order,
            deputy_for: self.deputy_for.clone(),
            from_on: self.from,
            until_on: self.until,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match done(&arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => failed(1, why),
    }
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
fn done(command: &Command) -> Result<(), String> {
    let now = Clock::System.now();
    match command {
        Command::Add { database, name, iin, contact, mandate } => {
            let official = OfficialIn { iin: iin.clone(), name: name.clone(), contacts: contact.clone() };
            let sent = AccountIn { official, mandate: mandate.read() };
            let made = opening::open_here(&database.existing()?, now, &sent).map_err(|p| p.to_string())?;
            println!("{}", made.account);
        }
        Command::Appoint { database, id, mandate } => {
            let given = opening::appoint_here(&database.existing()?, now, id, &mandate.read());
            println!("{}", given.map_err(|p| p.to_string())?.mandate);
        }
        Command::List { database, territory } => list(database, *territory)?,
        Command::Disable { database, id } => {
            let closed = opening::close_here(&database.existing()?, now, id).map_err(|p| p.to_string())?;
            eprintln!("kezek: account {id} is closed; {} credentials are revoked", closed.revoked);
        }
        Command::Reset { database, id } => {
            let reset = opening::reset_here(&database.existing()?, now, id).map_err(|p| p.to_string())?;
            eprintln!("kezek: {} credentials of account {id} are revoked", reset.revoked);
        }
    }
    Ok(())
}

/// A text that somebody wrote, as a cell.
fn quoted(text: Option<String>) -> String {
    text.map(|text| format!("\"{}\"", text.replace('"', "\"\""))).unwrap_or_default()
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
fn list(database: &Database, territory: Kato) -> Result<(), String> {
    let store = database.existing()?;
    let all = store.read(|conn| accounts::within(conn, store.vault(), territory)).map_err(|e| e.to_string())?;
    println!("account,role,territory,kindergarten,from_on,until_on,ended_at,closed_at,post,name");
    for (account, mandates) in all {
        let name = quoted(account.official.map(|official| official.name));
        let closed = account.closed_at.map(instant_text).unwrap_or_default();
        for own in mandates {
            let (from, until) = (
                own.from_on.map(|on| on.to_string()).unwrap_or_default(),
                own.until_on.map(|on| on.to_string()).unwrap_or_default(),
            );
            let (territory, ended) = (own.territory.to_string(), own.ended_at.map(instant_text).unwrap_or_default());
            let (kindergarten, post) = (own.kindergarten.unwrap_or_default(), quoted(own.post));
            let role = own.role.code();
            println!("{},{role},{territory},{kindergarten},{from},{until},{ended},{closed},{post},{name}", account.id);
        }
    }
    Ok(())
}
