//! Ctrl-C, and the system's wish that a command end: nothing half written stays.

use std::process::ExitCode;

/// Runs a command that writes files. SIGINT and SIGTERM remove what is in the making and end the process with 130 and 143,
/// as a shell reports them. Files that are just taking their names take them first, all together.
pub(super) fn watched(run: impl FnOnce() -> ExitCode) -> ExitCode {
    #[cfg(unix)]
    watch();
    run()
}

/// Waits on a thread of its own; returns when signals are heard. Where they cannot be, they end the process as ever.
///
/// The server's runtime hears signals in safe code, so no other crate is needed for it.
#[cfg(unix)]
fn watch() {
    use crate::exchange::instance::abandon;
    use actix_web::rt::Runtime;
    use actix_web::rt::signal::unix::{SignalKind, signal};
    use std::task::Poll;

    let (heard, hearing) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = Runtime::new() else { return };
        let ended = runtime.block_on(async {
            let (mut interrupt, mut terminate) =
                (signal(SignalKind::interrupt()).ok()?, signal(SignalKind::terminate()).ok()?);
            heard.send(()).ok()?;
            let next = std::future::poll_fn(|context| match interrupt.poll_recv(context) {
                Poll::Ready(_) => Poll::Ready(("SIGINT", 130)),
                Poll::Pending => terminate.poll_recv(context).map(|_| ("SIGTERM", 143)),
            });
            Some(next.await)
        });
        let Some((name, code)) = ended else { return };
        let _nothing_more = abandon();
        eprintln!("kezek: ended by {name}; files that were not finished are removed");
        std::process::exit(code);
    });
    // Where the thread gave up, this ends at once.
    let _ = hearing.recv();
}
