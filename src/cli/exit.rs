//! How a command ends that could not do its work.

use std::process::ExitCode;

/// Says on stderr why a command failed, and gives its exit code.
pub(super) fn failed(code: u8, why: impl std::fmt::Display) -> ExitCode {
    eprintln!("kezek: {why}");
    ExitCode::from(code)
}
