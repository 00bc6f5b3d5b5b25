//! `kezek clock`: the clocks side by side, and the remedy where a record lies in the future.

use std::process::ExitCode;

use super::exit::failed;
use super::registry::Database;
use crate::clock::Clock;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::service::counter::clock::{self, Mended, Mending};
use crate::store::Resolve;

/// What `clock` takes: `show`, or `mend` for the remedy.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// The last record of each home beside this machine's clock and the database's: exit 0 where an act would be believed
    /// now in every home, else exit 1 and why not.
    Show {
        #[command(flatten)]
        database: Database,
    },
    /// Set back the homes whose last record lies in the future, and date by now whom it registered there; confirm the clock
    /// where the whole registry has rested for longer than a clock is believed.
    Mend {
        #[command(flatten)]
        database: Database,
        /// The KATO code of the one home to mend; all where missing.
        #[arg(long, value_name = "KATO", value_parser = Kato::parse)]
        home: Option<Kato>,
        /// Do it; without this it is only told.
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let done = match &arguments.command {
        Command::Show { database } => show(database),
        Command::Mend { database, home, yes } => mend(database, *home, *yes),
    };
    done.unwrap_or_else(|why| failed(1, why))
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
fn show(database: &Database) -> Result<ExitCode, String> {
    let store = database.existing()?;
    let now = Clock::System.now();
    let clocks = clock::clocks(&store, now).map_err(|p| p.to_string())?;
    let (said, of_database) = (instant_text(now), clocks.database.map(instant_text).unwrap_or_default());
    println!("home,records,last_record_at,machine_clock,database_clock,in_the_future");
    for record in clocks.homes {
        let ahead = if clock::lies_ahead(&store, now, record.at) { "yes" } else { "no" };
        let last = instant_text(record.at);
        println!("{},{},{last},{said},{of_database},{ahead}", record.home, record.seq);
    }
    Ok(match clocks.doubt {
        None => ExitCode::SUCCESS,
        Some(doubt) => failed(1, doubt),
    })
}

fn mend(database: &Database, home: Option<Kato>, yes: bool) -> Result<ExitCode, String> {
    let store = database.existing()?;
    let rules = crate::service::files::calendar::rules(&store).map_err(|p| p.to_string())?;
    let now = Clock::System.now();
    let resolve = if yes { Resolve::Do } else { Resolve::Tell };
    let mending = clock::mend(&store, &rules, now, home, resolve).map_err(|p| p.to_string())?;
    tell(&mending, &instant_text(now), resolve);
    if !yes && !mending.is_empty() {
        return Ok(failed(2, "nothing was changed; compare the clock above with a right one, then do it with --yes"));
    }
    Ok(ExitCode::SUCCESS)
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
fn tell(mending: &Mending, now: &str, resolve: Resolve) {
    println!("this machine's clock says {now}");
    if mending.is_empty() {
        println!("no record lies in the future, and the registry has not rested long: there is nothing to mend");
    }
    let done = match resolve {
        Resolve::Tell => "would be",
        Resolve::Do => "is",
    };
    for Mended { home, last, applications, left } in &mending.homes {
        println!("home {home}: the last record is of {}; its clock {done} set back", instant_text(*last));
        println!("home {home}: applications of the future, dated by now in the order of their tickets: {applications}");
        println!(
            "home {home}: dated later and left so: {} applications that have ended, {} referrals, {} places, {} open cases",
            left.applications, left.referrals, left.places, left.cases
        );
    }
    if let Some((home, newest)) = mending.confirmed {
        println!(
            "nothing was written since {}; a record in home {home} {done} made to confirm the clock",
            instant_text(newest)
        );
    }
}
