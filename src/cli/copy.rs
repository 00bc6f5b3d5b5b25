//! `kezek copy`.

use std::path::PathBuf;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::exit::failed;
use super::registry::Database;
use crate::service::journal::copies::{self, Copied};
use crate::store::Store;
use crate::trust::keyring::KeyRing;

/// What `copy` takes: the registry that is moved, and where to.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The registry to move: `sqlite://PATH` or `postgres://…`.
    #[arg(long, value_name = "URL")]
    from: String,
    /// Where to: an empty registry or database, or a file that is made.
    #[arg(long, value_name = "URL")]
    to: String,
    /// The file with the registry's master keys, the same for both; without it that of the source is copied beside a file.
    #[arg(long, value_name = "FILE", env = "KEZEK_KEYS")]
    keys: Option<PathBuf>,
}

#[allow(clippy::print_stdout, reason = "the answer of a command")]
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match copy(arguments) {
        Ok(Copied { rows, head }) => {
            eprintln!("kezek: {rows} rows copied, the journal verified");
            println!("{head}");
            ExitCode::SUCCESS
        }
        Err(why) => failed(1, why),
    }
}

/// What was sealed stays as it is, so the copy is read by the same keys.
fn bring_keys(from: &Store, to: &Database) -> Result<(), String> {
    let (from, to) = (from.vault().file().map_err(|e| e.to_string())?, to.key_path().map_err(|e| e.to_string())?);
    if to.exists() || !from.exists() {
        return Ok(());
    }
    let ring = KeyRing::read(from).map_err(|e| e.to_string())?;
    ring.replace(&to).map_err(|e| e.to_string())?;
    eprintln!("kezek: the copy is read by the same keys, which were copied to {}", to.display());
    Ok(())
}

fn copy(arguments: &Arguments) -> Result<Copied, String> {
    let at = |url: &String| Database { database_url: url.clone(), keys: arguments.keys.clone() };
    let from = at(&arguments.from).existing().map_err(|e| format!("--from: {e}"))?;
    let to = at(&arguments.to);
    bring_keys(&from, &to)?;
    let to = to.any().map_err(|e| format!("--to: {e}"))?;
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
