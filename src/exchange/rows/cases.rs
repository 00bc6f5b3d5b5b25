//! Cases: what is due, with whom, and how it ended. Nobody's name.

use chrono::{DateTime, Utc};

use crate::domain::case::CaseState;
use crate::domain::codes::{Channel, Decision};
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::exchange::csv::cell;
use crate::exchange::csv::table::{Cells, Column, Key, KeyValue, Row, optional, required};

/// A case as `kezek export cases` gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// The number that people know it by.
    pub number: String,
    /// The code of the service.
    pub service: String,
    /// The id of the regulation that governs it.
    pub regulation: String,
    /// Where the service is rendered.
    pub territory: Kato,
    /// The way the request came.
    pub channel: Channel,
    /// The number of the application; none where the service has none.
    pub application: Option<String>,
    /// The number of the referral; none where no referral opened it.
    pub referral: Option<String>,
    /// The id of the kindergarten that renders the service; none where an authority does.
    pub kindergarten: Option<String>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// Whether it goes on, and if not how it ended.
    pub state: CaseState,
    /// The id of the step that is awaited; none once it has ended.
    pub step: Option<String>,
    /// The first instant at which something is overdue.
    pub due_at: Option<DateTime<Utc>>,
    /// When the whole is due.
    pub total_due_at: Option<DateTime<Utc>>,
    /// The executor's credential; none where nobody was named.
    pub executor: Option<String>,
    /// How far it was escalated.
    pub escalation: i16,
    /// What was decided; pending until somebody decides.
    pub decision: Decision,
    /// When it ended; none while it goes on.
    pub ended_at: Option<DateTime<Utc>>,
}

const COLUMNS: [&str; 17] = [
    "number",
    "service",
    "regulation",
    "territory",
    "channel",
    "application",
    "referral",
    "kindergarten",
    "opened_at",
    "state",
    "step",
    "due_at",
    "total_due_at",
    "executor",
    "escalation",
    "decision",
    "ended_at",
];

const LAYOUT: [Column; 17] = [
    required("number"),
    required("service"),
    required("regulation"),
    required("territory"),
    required("channel"),
    optional("application"),
    optional("referral"),
    optional("kindergarten"),
    required("opened_at"),
    required("state"),
    optional("step"),
    optional("due_at"),
    optional("total_due_at"),
    optional("executor"),
    required("escalation"),
    required("decision"),
    optional("ended_at"),
];

impl Row for CaseRow {
    const WRITTEN: &'static [&'static str] = &COLUMNS;
    const LAYOUTS: &'static [&'static [Column]] = &[&LAYOUT];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let mut text = |name: &'static str| cells.read_optional(name, cell::text);
        let application = text("application");
        let referral = text("referral");
        let kindergarten = text("kindergarten");
        let step = text("step");
        let executor = text("executor");
        let number = cells.read("number", cell::number);
        let service = cells.read("service", cell::text);
        let regulation = cells.read("regulation", cell::text);
        let territory = cells.read("territory", cell::kato);
        let channel = cells.read("channel", cell::code);
        let opened_at = cells.read("opened_at", cell::instant);
        let state = cells.read("state", cell::code);
        let due_at = cells.read_optional("due_at", cell::instant);
        let total_due_at = cells.read_optional("total_due_at", cell::instant);
        let escalation = cells.read("escalation", |text| cell::integer(text, 0..=2));
        let decision = cells.read("decision", cell::code);
        let ended_at = cells.read_optional("ended_at", cell::instant);
        Some(CaseRow {
            number: number?,
            service: service?,
            regulation: regulation?,
            territory: territory?,
            channel: channel?,
            application: application?,
            referral: referral?,
            kindergarten: kindergarten?,
            opened_at: opened_at?,
            state: state?,
            step: step?,
            due_at: due_at?,
            total_due_at: total_due_at?,
            executor: executor?,
            escalation: i16::try_from(escalation?).unwrap_or_default(),
            decision: decision?,
            ended_at: ended_at?,
        })
    }

    fn write(&self, cell: &mut dyn FnMut(&str)) {
        let instant = |at: Option<DateTime<Utc>>| at.map(instant_text).unwrap_or_default();
        cell(&self.number);
        cell(&cell::guard(&self.service));
        cell(&cell::guard(&self.regulation));
        cell(&self.territory.to_string());
        cell(self.channel.code());
        cell(self.application.as_deref().unwrap_or_default());
        cell(self.referral.as_deref().unwrap_or_default());
        cell(self.kindergarten.as_deref().unwrap_or_default());
        cell(&instant_text(self.opened_at));
        cell(self.state.code());
        cell(&cell::guard(self.step.as_deref().unwrap_or_default()));
        cell(&instant(self.due_at));
        cell(&instant(self.total_due_at));
        cell(self.executor.as_deref().unwrap_or_default());
        cell(&self.escalation.to_string());
        cell(self.decision.code());
        cell(&instant(self.ended_at));
    }

    fn keys(&self, key: &mut dyn FnMut(Key<'_>)) {
        key(Key { column: "number", scope: 0, value: KeyValue::Text(&self.number) });
    }
}
