//! Numbers for the operator, in the Prometheus text format.

use actix_web::HttpResponse;
use actix_web::web::{self, Data};
use prometheus::{Encoder, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};

use super::answer::Shared;
use crate::service::counter::clock;
use crate::service::journal::damage::Wrong;
use crate::service::kernel::problem::CLOCK_NOT_BELIEVED;

/// The counters and gauges of one server.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    /// How many answers were given since the start, by their HTTP status.
    pub answers: IntCounterVec,
    /// How many requests were refused since the start, by the code of the problem.
    pub refusals: IntCounterVec,
    entries: IntGauge,
    registers: IntGaugeVec,
    clock_believed: IntGauge,
    clock_refused: IntCounter,
    unreadable: IntGauge,
    damaged: IntGauge,
    went_back: IntCounter,
}

impl Metrics {
    /// Fresh counters.
    ///
    /// # Errors
    /// A name is used twice, which a test would show.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let answers = IntCounterVec::new(Opts::new("kezek_answers_total", "HTTP answers by status"), &["status"])?;
        let help = "Requests refused for their credential, their reach or their number";
        let refusals = IntCounterVec::new(Opts::new("kezek_refusals_total", help), &["code"])?;
        let entries = IntGauge::new("kezek_live_entries", "Applications in the live index")?;
        let help = "How a register outside stands: 1 beside its state";
        let registers = IntGaugeVec::new(Opts::new("kezek_register_state", help), &["register", "state"])?;
        let clock_believed =
            IntGauge::new("kezek_clock_believed", "Whether an act would be believed now in every home")?;
        let help = "Acts that were refused because their clock was not believed";
        let clock_refused = IntCounter::new("kezek_clock_refused_total", help)?;
        let unreadable = IntGauge::new("kezek_journal_unreadable", "Homes with a record that could not be read")?;
        let damaged = IntGauge::new("kezek_homes_damaged", "Homes that do not verify and give out nothing")?;
        let help = "Chains that were found behind records that this server had seen";
        let went_back = IntCounter::new("kezek_chain_went_back_total", help)?;
        // Nothing says otherwise until the first question.
        clock_believed.set(1);
        registry.register(Box::new(answers.clone()))?;
        registry.register(Box::new(refusals.clone()))?;
        registry.register(Box::new(entries.clone()))?;
        registry.register(Box::new(registers.clone()))?;
        registry.register(Box::new(clock_believed.clone()))?;
        registry.register(Box::new(clock_refused.clone()))?;
        registry.register(Box::new(unreadable.clone()))?;
        registry.register(Box::new(damaged.clone()))?;
        registry.register(Box::new(went_back.clone()))?;
        Ok(Metrics {
            registry,
            answers,
            refusals,
            entries,
            registers,
            clock_believed,
            clock_refused,
            unreadable,
            damaged,
            went_back,
        })
    }
}

/// Answers, live entries, registers and the clock, as numbers for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = 200, content_type = "text/plain", body = String)))]
pub async fn metrics(shared: Shared, metrics: Data<Metrics>) -> HttpResponse {
    let registry = shared.now();
    metrics.entries.set(i64::try_from(registry.office.index.read().len()).unwrap_or(i64::MAX));
    metrics.registers.reset();
    for (register, state) in registry.office.registers.states(registry.office.clock.now()) {
        metrics.registers.with_label_values(&[register, state.code()]).set(1);
    }
    metrics.clock_refused.reset();
    metrics.clock_refused.inc_by(registry.office.store.refused_for_the_clock());
    let damage = registry.office.damage.all();
    let unread = damage.values().filter(|wrong| matches!(wrong, Wrong::Unread(_))).count();
    metrics.unreadable.set(i64::try_from(unread).unwrap_or(i64::MAX));
    metrics.damaged.set(i64::try_from(damage.len()).unwrap_or(i64::MAX));
    metrics.went_back.reset();
    metrics.went_back.inc_by(registry.office.index.times_went_back());
    // The other numbers must come while the database is away; this one then stays as it was.
    match web::block(move || clock::believed(&registry.office)).await {
        Ok(Ok(())) => metrics.clock_believed.set(1),
        Ok(Err(problem)) if problem.code == CLOCK_NOT_BELIEVED => metrics.clock_believed.set(0),
        _ => {}
    }
    let mut text = Vec::new();
    match TextEncoder::new().encode(&metrics.registry.gather(), &mut text) {
        Ok(()) => HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
