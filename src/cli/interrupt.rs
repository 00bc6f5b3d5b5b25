//! Ctrl-C, and the system's wish that a command end: nothing half written stays.

use std::process::ExitCode;

/// Runs a command that reads files and writes files. SIGINT and SIGTERM remove what is in the making and end the process
/// with 130 and 143, as a shell reports them. Files that are just taking their names take them first, all together.
pub(super) fn watched(run: impl FnOnce() -> ExitCode) -> ExitCode {
    // The command's own thread is one of the pool: it would only wait for the others. Where a pool is there already, it stays.
    let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
    #[cfg(unix)]
    watch();
    run()
}

/// Waits on a thread of its own. Where signals cannot be heard, they end the process as ever.
#[cfg(unix)]
fn watch() {
    use crate::exchange::output::abandon;
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        let Some(signal) = signals.forever().next() else { return };
        let (name, code) = if signal == SIGINT { ("SIGINT", 130) } else { ("SIGTERM", 143) };
        let _nothing_more = abandon();
        eprintln!("kezek: ended by {name}; files that were not finished are removed");
        std::process::exit(code);
    });
}
