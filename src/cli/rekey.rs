//! `kezek rekey`: the master key is changed.

use std::process::ExitCode;

use super::exit::failed;
use super::registry::Database;

/// What `rekey` takes: whose keys.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    database: Database,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let done = arguments.database.existing().and_then(|store| {
        let keys = store.rekey().map_err(|error| error.to_string())?;
        let file = store.vault().file().map_err(|error| error.to_string())?.display().to_string();
        Ok((keys, file))
    });
    match done {
        Ok((keys, file)) => {
            eprintln!(
                "kezek: {keys} keys are wrapped by a new master key, which is in {file}; the old one is gone from there. \
                 Keep a copy of the file; backups of before are read with the copy of before, and by nothing once it is destroyed"
            );
            ExitCode::SUCCESS
        }
        Err(why) => failed(1, why),
    }
}
