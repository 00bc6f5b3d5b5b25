//! `kezek import` and `kezek export`.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::allocate::unwritable;
use super::exit::failed;
use super::registry::Database;
use crate::clock::Clock;
use crate::exchange::output::Output;
use crate::exchange::{Kind, Rows, read};
use crate::service::files::imports::{self, ImportFault, Source};
use crate::service::files::{calendar, exports, import_applications};
use crate::service::reads::recording;
use crate::store::Store;

/// What `import` and `export` take.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    database: Database,
    /// territories, kindergartens, groups, places, applications, referrals or cases.
    kind: Kind,
    /// The CSV file that is imported, or that the export writes.
    file: PathBuf,
}

/// A bar on stderr that counts rows; nothing where stderr is no terminal.
pub(super) fn counting(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {pos} {msg} ({elapsed})")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::new_spinner().with_style(style).with_message(what)
}

/// Imports a file: exit 2 and every fault where the file is at fault, exit 1 where the registry cannot.
pub(super) fn import(arguments: &Arguments) -> ExitCode {
    let store = match arguments.database.existing() {
        Ok(store) => store,
        Err(why) => return failed(1, why),
    };
    match import_file(&store, arguments.kind, &arguments.file) {
        Ok(count) => {
            eprintln!("kezek: {count} rows imported");
            ExitCode::SUCCESS
        }
        Err(ImportFault::File(faults)) => {
            eprint!("{faults}");
            failed(2, "nothing was imported; mend the file and import it again")
        }
        Err(ImportFault::Registry(problem)) => failed(1, problem),
    }
}

fn import_file(store: &Store, kind: Kind, path: &Path) -> Result<usize, ImportFault> {
    let name = path.display().to_string();
    let input = match File::open(path) {
        Ok(file) => BufReader::with_capacity(1 << 16, file),
        Err(error) => {
            let mut faults = crate::exchange::Faults::default();
            let message = format!("the file cannot be read: {error}");
            faults.push(crate::exchange::Fault { file: name, row: 0, column: None, message });
            return Err(ImportFault::File(faults));
        }
    };
    let now = Clock::System.now();
    match kind {
        Kind::Territories => {
            let all = rows(&name, input)?;
            imports::territories(store, now, source(&name, &all), &all.rows)
        }
        Kind::Kindergartens => {
            let all = rows(&name, input)?;
            imports::kindergartens(store, now, source(&name, &all), &all.rows)
        }
        Kind::Groups => {
            let all = rows(&name, input)?;
            imports::groups(store, now, source(&name, &all), &all.rows)
        }
        Kind::Places => {
            let all = rows(&name, input)?;
            imports::places(store, &calendar::rules(store)?, now, source(&name, &all), &all.rows)
        }
        Kind::Applications => {
            let bar = counting("applications");
            let all = rows(&name, input)?;
            import_applications::applications(
                store,
                &calendar::rules(store)?,
                now,
                source(&name, &all),
                &all.rows,
                |done| {
                    bar.set_position(u64::try_from(done).unwrap_or_default());
                },
            )
        }
        Kind::Referrals | Kind::Cases => {
            let mut faults = crate::exchange::Faults::default();
            let message =
                format!("{} cannot be imported: each is made here, by its own acts; export them only", kind.code());
            faults.push(crate::exchange::Fault { file: name, row: 0, column: None, message });
            Err(ImportFault::File(faults))
        }
    }
}

fn source<'a, R>(file: &'a str, rows: &'a Rows<R>) -> Source<'a> {
    Source { file, lines: &rows.lines }
}

fn rows<R: crate::exchange::csv::table::Row>(name: &str, input: impl std::io::Read) -> Result<Rows<R>, ImportFault> {
    let rows = read(name, input).map_err(ImportFault::File)?;
    eprint!("{}", rows.warnings);
    Ok(rows)
}

/// Exports a kind into a file, which appears whole or not at all.
pub(super) fn export(arguments: &Arguments) -> ExitCode {
    let done = arguments.database.existing().and_then(|store| export_file(&store, arguments.kind, &arguments.file));
    match done {
        Ok(count) => {
            eprintln!("kezek: {count} rows exported");
            ExitCode::SUCCESS
        }
        Err(why) => failed(1, why),
    }
}

fn export_file(store: &Store, kind: Kind, path: &Path) -> Result<u64, String> {
    let unwritable = |error: std::io::Error| unwritable(path, &error);
    // People's data: for the owner's eyes.
    let mut out = BufWriter::with_capacity(1 << 16, Output::private(path).map_err(unwritable)?);
    let count = match kind {
        Kind::Territories => exports::territories(store, &mut out),
        Kind::Kindergartens => exports::kindergartens(store, &mut out),
        Kind::Groups => exports::groups(store, &mut out),
        Kind::Places => exports::places(store, &mut out),
        Kind::Applications => {
            let bar = counting("applications");
            exports::applications(store, &mut out, |n| bar.set_position(n))
        }
        Kind::Referrals => exports::referrals(store, &mut out),
        Kind::Cases => exports::cases(store, &mut out),
    }
    .map_err(|e| e.to_string())?;
    if matches!(kind, Kind::Applications | Kind::Referrals | Kind::Cases) {
        // Before the file can be seen.
        recording::exported(store, Clock::System.now(), kind.code()).map_err(|e| e.to_string())?;
    }
    let out = out.into_inner().map_err(|error| unwritable(error.into_error()))?;
    out.sync().and_then(|()| Output::publish(vec![out])).map_err(unwritable)?;
    Ok(count)
}
