//! `kezek copy`.

use std::path::PathBuf;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::exit::failed;
use super::registry::Database;
use crate::service::journal::copies::{self, Copied};

/// What `copy` takes: the registry that is moved, and where to.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The registry to move: `sqlite://PATH` or `postgres://…`.
    #[arg(long, value_name = "URL")]
    from: String,
    /// Where to: an empty registry or database, or a file that is made.
    #[arg(long, value_name = "URL")]
    to: String,
    /// The file with the master keys of the copy; beside a SQLite file it is PATH.keys. It takes up those of the source, which
    /// stand beside it, or in this file too.
    #[arg(long, value_name = "FILE", env = "KEZEK_KEYS")]
    keys: Option<PathBuf>,
    /// The folder of the copy's scans; beside a SQLite file it is PATH.scans.
    #[arg(long, value_name = "FOLDER", env = "KEZEK_SCANS")]
    scans: Option<PathBuf>,
    /// The folder of the source's scans; beside a SQLite file it is PATH.scans.
    #[arg(long, value_name = "FOLDER")]
    from_scans: Option<PathBuf>,
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match copy(arguments) {
        Ok(Copied { rows, head, scans_left }) => {
            if scans_left > 0 {
                eprintln!(
                    "kezek: {scans_left} scans stay in the folder of the source; bring it along and name it: KEZEK_SCANS=FOLDER"
                );
            }
            eprintln!("kezek: {rows} rows copied, the journal verified");
            println!("{head}");
            ExitCode::SUCCESS
        }
        Err(why) => failed(1, why),
    }
}

fn copy(arguments: &Arguments) -> Result<Copied, String> {
    let at = |url: &String, keys: Option<PathBuf>, scans: Option<PathBuf>| Database {
        database_url: url.clone(),
        keys,
        scans,
    };
    // A pilot in a file has its keys beside it, whatever file the registry has that it becomes.
    let beside = at(&arguments.from, None, None).key_path().ok().filter(|path| path.exists());
    let from = at(&arguments.from, beside.or_else(|| arguments.keys.clone()), arguments.from_scans.clone());
    let from = from.existing().map_err(|e| format!("--from: {e}"))?;
    let to =
        at(&arguments.to, arguments.keys.clone(), arguments.scans.clone()).any().map_err(|e| format!("--to: {e}"))?;
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} rows ({eta})")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(0).with_style(style);
    let copied = copies::copy(&from, &to, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    copied.map_err(|e| e.to_string())
}
