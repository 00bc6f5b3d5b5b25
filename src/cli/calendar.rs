//! `kezek calendar`: the decrees that came after the program.

use std::path::PathBuf;
use std::process::ExitCode;

use super::exit::failed;
use super::registry::Database;
use crate::clock::Clock;
use crate::domain::instant::instant_text;
use crate::service::files::calendar::{self, Given};
use crate::service::files::imports::ImportFault;

/// No decree is longer, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What `calendar` takes: `import`, `list` or `remove`.
#[derive(clap::Args, Debug)]
pub(super) struct CalendarArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Import files laid out as in fixtures/calendar, all or none: swaps-2028.csv, years-2028.csv, kurban-ait-2028.csv.
    Import {
        #[command(flatten)]
        database: Database,
        /// The files, each named after its kind and year, such as swaps-2028.csv.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// List the imported files.
    List {
        #[command(flatten)]
        database: Database,
    },
    /// Take an imported file out again.
    Remove {
        #[command(flatten)]
        database: Database,
        /// Its name, as `list` shows it.
        name: String,
    },
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
pub(super) fn run(arguments: &CalendarArgs) -> ExitCode {
    match &arguments.command {
        Command::Import { database, files } => import(database, files),
        Command::List { database } => match database
            .existing()
            .and_then(|store| store.read(crate::store::calendar::all).map_err(|e| e.to_string()))
        {
            Ok(files) => {
                for file in files {
                    println!("{} imported {}", file.name, instant_text(file.imported_at));
                }
                ExitCode::SUCCESS
            }
            Err(why) => failed(1, why),
        },
        Command::Remove { database, name } => {
            let removed = database
                .existing()
                .and_then(|store| calendar::remove(&store, Clock::System.now(), name).map_err(|e| e.to_string()));
            match removed {
                Ok(true) => {
                    eprintln!(
                        "kezek: {name} is taken out; a server that runs does without it from its next act on, open cases \
                         after `kezek cases recompute`"
                    );
                    ExitCode::SUCCESS
                }
                Ok(false) => failed(1, format!("there is no imported file {name}; see `kezek calendar list`")),
                Err(why) => failed(1, why),
            }
        }
    }
}

fn import(database: &Database, paths: &[PathBuf]) -> ExitCode {
    let mut given = Vec::with_capacity(paths.len());
    for path in paths {
        match read(path) {
            Ok(text) => given.push(Given { path: path.display().to_string(), text }),
            Err(why) => return failed(2, format!("{}: {why}", path.display())),
        }
    }
    let store = match database.existing() {
        Ok(store) => store,
        Err(why) => return failed(1, why),
    };
    match calendar::import(&store, Clock::System.now(), &given) {
        Ok(imported) => {
            eprintln!("kezek: {} of {} files changed the calendar", imported.changed.len(), given.len());
            for year in imported.unknown_years {
                eprintln!(
                    "kezek: {year} is not held as a year yet; import years-{year}.csv too, or its dates stay unsure"
                );
            }
            if !imported.changed.is_empty() {
                eprintln!("kezek: a server that runs takes it up at its next act; open cases: `kezek cases recompute`");
            }
            ExitCode::SUCCESS
        }
        Err(ImportFault::File(faults)) => {
            eprint!("{faults}");
            failed(2, "nothing was imported; mend the files and import them again")
        }
        Err(ImportFault::Registry(problem)) => failed(1, problem),
    }
}

fn read(path: &PathBuf) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    let size = std::fs::metadata(path).map_err(cannot)?.len();
    if size > FILE_BYTES_MAX {
        return Err("is larger than 1 MiB; no decree is".to_owned());
    }
    String::from_utf8(std::fs::read(path).map_err(cannot)?)
        .map_err(|_| "is not UTF-8; save the file as CSV in UTF-8".to_owned())
}
