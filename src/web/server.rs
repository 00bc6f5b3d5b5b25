//! Starting the server: what is wrapped around the routes, and the threads that follow other processes and verify the journal.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use actix_governor::GovernorConfigBuilder;
use actix_web::dev::{Server, Service};
use actix_web::{App, HttpServer, web};

use super::limits::{BODY_MAX, ByAddress, LOOKUP_EVERY_MS, LOOKUPS_AT_ONCE, LookUpLimit};
use super::metrics::Metrics;
use super::proxies::Proxies;
use super::{answer, docs, refusals, routes, wording};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::registry::Registry;
use crate::service::running::Running;

/// How often the chains of other processes are looked at.
const FOLLOW_EVERY: Duration = Duration::from_millis(500);

/// How long a line of the log of reads waits at most, while the database answers.
const WRITE_READS_EVERY: Duration = Duration::from_millis(250);

/// How long the verifier rests at least.
const VERIFY_EVERY: Duration = Duration::from_secs(60);

/// How the server is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether public look-ups are limited.
    pub rate_limit: bool,
    /// The proxies whose word for the client's address is taken.
    pub proxies: Proxies,
    /// How many threads answer requests.
    pub workers: usize,
    /// Whether Ctrl-C stops it.
    pub signals: bool,
}

/// A server that is listening.
pub struct Listening {
    /// The address that it got.
    pub address: SocketAddr,
    /// The future to drive.
    pub server: Server,
    /// Dropping it stops what follows the journal, verifies it and writes the log of reads.
    pub background: Background,
}

/// What goes on beside the answers. Dropped when the server has ended, it writes what waits for the log of reads.
pub struct Background {
    running: web::Data<Running>,
    /// Each thread ends when its sender is dropped.
    _threads: [Sender<()>; 3],
}

impl Drop for Background {
    fn drop(&mut self) {
        write_reads(&self.running);
    }
}

/// Binds and prepares the server; driving [`Listening::server`] answers requests.
///
/// # Errors
/// The address is taken or not ours.
pub fn start(registry: Arc<Registry>, options: &Options) -> std::io::Result<Listening> {
    registry.office.verify_ends();
    let metrics = Metrics::new().map_err(std::io::Error::other)?;
    let by_address = ByAddress::behind(options.proxies.clone());
    let addresses = web::Data::new(by_address.clone());
    let look_ups = web::Data::new(LookUpLimit::new(options.rate_limit));
    let limit = GovernorConfigBuilder::default()
        .milliseconds_per_request(LOOKUP_EVERY_MS)
        .burst_size(LOOKUPS_AT_ONCE)
        .key_extractor(by_address)
        .finish()
        .ok_or_else(|| std::io::Error::other("the rate limit is zero"))?;
    let running = web::Data::new(Running::new(registry));
    let threads = [
        again("follower", running.clone(), follow)?,
        again("verifier", running.clone(), verify)?,
        again("reads", running.clone(), write_reads)?,
    ];
    let background = Background { running: running.clone(), _threads: threads };
    let rate_limit = options.rate_limit;
    let http = HttpServer::new(move || {
        let (counted, said_with) = (metrics.clone(), running.clone());
        let limit = limit.clone();
        App::new()
            .app_data(running.clone())
            .app_data(web::Data::new(metrics.clone()))
            .app_data(addresses.clone())
            .app_data(look_ups.clone())
            .app_data(web::PayloadConfig::new(BODY_MAX))
            .app_data(
                web::FormConfig::default()
                    .limit(4 * 1024)
                    .error_handler(|error, _| malformed("malformed_form", "the form cannot be read", &error)),
            )
            .app_data(
                web::QueryConfig::default()
                    .error_handler(|error, _| malformed("malformed_query", "the query cannot be read", &error)),
            )
            .app_data(
                web::PathConfig::default()
                    .error_handler(|error, _| malformed("malformed_path", "the path cannot be read", &error)),
            )
            .wrap_fn(move |request, service| {
                let (counted, running) = (counted.clone(), said_with.clone());
                let answered = service.call(request);
                async move {
                    let response = wording::say(answered.await?, &running);
                    counted.answers.with_label_values(&[response.status().as_str()]).inc();
                    refusals::note(&response, &counted.refusals);
                    Ok(response)
                }
            })
            .configure(|config| routes::mount(config, &limit, rate_limit))
            .configure(docs::mount)
    })
    .workers(options.workers)
    .shutdown_timeout(5);
    let http = if options.signals { http } else { http.disable_signals() };
    let http = http.bind(options.listen)?;
    let address = http.addrs().first().copied().unwrap_or(options.listen);
    Ok(Listening { address, server: http.run(), background })
}

fn malformed(code: &'static str, what: &str, error: &dyn std::fmt::Display) -> actix_web::Error {
    let message = format!("{what}: {error}; see /docs");
    answer::Failure(Problem::new(Kind::Malformed, code, message)).into()
}

/// Follows what other processes write.
fn follow(running: &Running) -> Duration {
    if let Err(problem) = running.follow() {
        tracing::warn!(%problem, "the journal cannot be followed now");
    }
    FOLLOW_EVERY
}

/// Writes what waits for the log of reads.
fn write_reads(running: &Running) -> Duration {
    let registry = running.now();
    if let Err(error) = registry.memory.reads.flush(&registry.office.store) {
        tracing::error!(%error, "the log of reads cannot be written now");
    }
    WRITE_READS_EVERY
}

/// Holds rows and journal against each other, at most a tenth of the time.
fn verify(running: &Running) -> Duration {
    (running.now().office.verify() * 9).max(VERIFY_EVERY)
}

/// Does something again and again on a thread of its own, resting as long as it says, until the sender is dropped.
fn again(
    name: &'static str,
    running: web::Data<Running>,
    work: fn(&Running) -> Duration,
) -> std::io::Result<Sender<()>> {
    let (stop, stopped) = channel::<()>();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || while stopped.recv_timeout(work(&running)) == Err(RecvTimeoutError::Timeout) {})?;
    Ok(stop)
}
