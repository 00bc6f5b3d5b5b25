//! `kezek account`.

use std::process::ExitCode;

use chrono::NaiveDate;

use super::exit::failed;
use super::reads::quoted;
use super::registry::Database;
use crate::clock::Clock;
use crate::domain::codes::Role;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::rules::regulation::Actor;
use crate::service::accounts::opening::{self, AccountIn, MandateIn, OfficialIn, OrderIn, SystemIn};
use crate::service::accounts::reset::{self, Begun, ResetIn};
use crate::service::reads::lifting;
use crate::store::accounts;

/// What `account` takes: `add`, `appoint`, `list`, `disable`, `reset` or `lift`.
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
        #[arg(long, requires = "iin", required_unless_present = "system")]
        name: Option<String>,
        /// The IIN of the person.
        #[arg(long, requires = "name", conflicts_with = "system")]
        iin: Option<String>,
        /// What the system is called, where no person holds the account; its order says who answers for it.
        #[arg(long, conflicts_with = "name")]
        system: Option<String>,
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
    /// Take everything from an account by which it was used, and let it begin anew. For a person with a login an invitation to set
    /// a password is printed alone, for a system its secret; neither is kept.
    Reset {
        #[command(flatten)]
        database: Database,
        /// The id of the account.
        #[arg(required_unless_present = "account", conflicts_with = "account")]
        id: Option<String>,
        /// The same.
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// The name by which its holder signs in from now on.
        #[arg(long)]
        login: Option<String>,
    },
    /// Let an account read on that has read ten times its role's budget today.
    Lift {
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
        Command::Add { database, name, iin, system, contact, mandate } => {
            let official = name.clone().zip(iin.clone());
            let official = official.map(|(name, iin)| OfficialIn { iin, name, contacts: contact.clone() });
            let system = system.clone().map(|name| SystemIn { name, contacts: contact.clone() });
            let sent = AccountIn { official, system, mandate: mandate.read() };
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
        Command::Reset { database, id, account, login } => {
            let id = id.as_deref().or(account.as_deref()).unwrap_or_default();
            let begun = reset::reset_here(&database.existing()?, now, id, &ResetIn { login: login.clone() });
            begin(&begun.map_err(|p| p.to_string())?);
        }
        Command::Lift { database, id } => {
            let store = database.existing()?;
            let rules = crate::service::files::calendar::rules(&store).map_err(|e| e.to_string())?;
            let lifted = lifting::lift_here(&store, &rules, now, id).map_err(|p| p.to_string())?;
            eprintln!("kezek: account {id} may read on today, to {} in all", lifted.stops_at);
        }
    }
    Ok(())
}

/// Says how an account goes on.
#[allow(clippy::print_stdout, reason = "the answer of a command")]
fn begin(begun: &Begun) {
    let Begun { account, revoked, ended, login, invitation, ends_at, client_id, client_secret } = begun;
    eprintln!("kezek: {revoked} credentials of account {account} are revoked, {ended} sessions ended");
    if let (Some(login), Some(invitation), Some(ends_at)) = (login, invitation, ends_at) {
        eprintln!("kezek: {login} sets a password with this invitation until {ends_at}: POST /api/v1/passwords");
        println!("{invitation}");
    } else if let (Some(id), Some(secret)) = (client_id, client_secret) {
        eprintln!("kezek: the system asks for tokens as client_id {id} with this secret: POST /api/v1/tokens");
        println!("{secret}");
    } else {
        eprintln!("kezek: nobody signs in to it; give its person a login with --login NAME");
    }
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
fn list(database: &Database, territory: Kato) -> Result<(), String> {
    let store = database.existing()?;
    let all = store.read(|conn| accounts::within(conn, store.vault(), territory)).map_err(|e| e.to_string())?;
    println!("account,role,territory,kindergarten,from_on,until_on,ended_at,closed_at,post,login,name");
    for (account, mandates) in all {
        let official = account.official.map(|official| official.name);
        let name = quoted(official.or(account.system.map(|system| system.name)));
        let login = account.login.unwrap_or_default();
        let closed = account.closed_at.map(instant_text).unwrap_or_default();
        for own in mandates {
            let (from, until) = (
                own.from_on.map(|on| on.to_string()).unwrap_or_default(),
                own.until_on.map(|on| on.to_string()).unwrap_or_default(),
            );
            let (territory, ended) = (own.territory.to_string(), own.ended_at.map(instant_text).unwrap_or_default());
            let (kindergarten, post) = (own.kindergarten.unwrap_or_default(), quoted(own.post));
            let role = own.role.code();
            println!(
                "{},{role},{territory},{kindergarten},{from},{until},{ended},{closed},{post},{login},{name}",
                account.id
            );
        }
    }
    Ok(())
}
