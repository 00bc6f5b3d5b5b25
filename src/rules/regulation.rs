//! Regulations: who does which step of a service, in what time, and what comes out.
//!
//! Nothing about one service is written in code. The schema is told in `fixtures/regulations/README.md`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;

use super::hours::{COUNTRY_ZONE, Desk};
use super::provider::ProviderKind;
use super::sourced::{Names, RuleGround, Sourced};
use super::term::Term;
use crate::domain::codes::{ApplicantKind, Basis, Channel, UnknownCode, codes};
use crate::domain::kato::Kato;

codes! {
    /// Who does a step.
    Actor {
        /// The parent or whoever acts for them.
        Applicant = "applicant",
        /// Clerk of the provider's office.
        Clerk = "clerk",
        /// Head of the provider.
        Head = "head",
        /// The executor that the head names.
        Executor = "executor",
        /// Specialist of the provider, where the text names no section.
        Specialist = "specialist",
        /// Head of the section.
        SectionHead = "section_head",
        /// Specialist of the section.
        SectionSpecialist = "section_specialist",
        /// The provider, where the text names no one closer.
        Provider = "provider",
        /// Worker of the State Corporation.
        ScWorker = "sc_worker",
        /// Worker of the public service centre of 2014.
        PscWorker = "psc_worker",
        /// Operator of the public service centre of 2014.
        PscOperator = "psc_operator",
        /// Courier of the public service centre of 2014.
        PscCourier = "psc_courier",
        /// The portal itself, which acts without a person.
        Portal = "portal",
        /// The gateway between the portal and the registers.
        Gateway = "gateway",
    }
}

impl Actor {
    /// Whose hours this actor's minutes and hours run in.
    pub fn desk(self) -> Desk {
        match self {
            Actor::ScWorker | Actor::PscWorker | Actor::PscOperator | Actor::PscCourier => Desk::StateCorporation,
            Actor::Applicant | Actor::Portal | Actor::Gateway => Desk::Portal,
            _ => Desk::Provider,
        }
    }
}

codes! {
    /// In what form something is handed over.
    Medium {
        /// As an electronic document.
        Electronic = "electronic",
        /// As a sheet of paper.
        Paper = "paper",
    }
}

codes! {
    /// How a result reaches the applicant.
    Delivery {
        /// Into the portal's cabinet.
        Cabinet = "cabinet",
        /// Handed over on paper.
        Paper = "paper",
    }
}

codes! {
    /// What a result means for the applicant.
    Meaning {
        /// The service is rendered, for instance the child is placed in the queue.
        Rendered = "rendered",
        /// A place exists and the child is sent to it.
        Place = "place",
        /// The service is refused with grounds.
        Refused = "refused",
        /// The papers were not accepted; no case is opened.
        NotAccepted = "not_accepted",
        /// The papers were received, nothing is decided.
        Received = "received",
        /// The result is ready and waits elsewhere.
        Ready = "ready",
    }
}

codes! {
    /// Where in the course a refusal is made.
    Stage {
        /// Refusal to accept the papers.
        Intake = "intake",
        /// Refusal of the service.
        Service = "service",
        /// Refusal by the portal's own checks.
        Portal = "portal",
    }
}

/// The normative act that a regulation is taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalAct {
    /// How the act is called on a result.
    pub citation: Names,
    /// Its number; `None` where the text bears none.
    pub number: Option<String>,
    /// Its date; `None` where the text bears none.
    pub date: Option<NaiveDate>,
    /// Its number in the state register of acts.
    pub registration_number: Option<String>,
    /// The day of that registration.
    pub registered_on: Option<NaiveDate>,
    /// The act that it amends or that later acts amended.
    pub amends: Option<String>,
    /// The standard that it rests on.
    pub standard: String,
    /// The act that repealed it.
    pub repealed_by: Option<String>,
    /// What the text says about its entry into force.
    pub entry_into_force: Option<String>,
}

/// A document that a service yields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultRule {
    /// The code by which steps and papers name it.
    pub code: String,
    /// What it means for the applicant: this decides, not the code.
    pub meaning: Meaning,
    /// What is printed at its head.
    pub names: Names,
    /// Its form: `free`, `message`, or the annex that prescribes it.
    pub form: String,
    /// Electronic, paper or both.
    pub media: Vec<Medium>,
    /// The code of whoever signs it, an actor or `authorised_signer`.
    pub signer: String,
    /// How it reaches the applicant.
    pub delivery: Vec<Delivery>,
    /// The channels that yield it.
    pub channels: Vec<Channel>,
    /// The clause of the act that knows it.
    pub clause: String,
}

/// A ground of refusal, with where in the course it applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalRule {
    /// Where in the course.
    pub stage: Stage,
    /// The channels that it applies to.
    pub channels: Vec<Channel>,
    /// The ground with its words and its clause.
    pub ground: RuleGround,
}

/// A document that makes a package complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentRule {
    /// The code of the kind of document.
    pub kind: String,
    /// What lists and receipts call it.
    pub names: Names,
    /// Only for applicants of this kind; `None`: for all.
    pub only_for: Option<ApplicantKind>,
    /// Act, practice or project. The standards' lists are not held, so none is `act`.
    pub basis: Basis,
    /// Where it was read.
    pub source: String,
}

/// The consent to use data protected by law in information systems, taken as a fact of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentRule {
    /// What the applicant agrees to.
    pub text: Names,
    /// The actor before whom it is given.
    pub taken_by: Actor,
    /// The id of the step in which it is taken.
    pub step: String,
    /// When it is not needed.
    pub exemption: Names,
    /// The clause that asks for it.
    pub clause: String,
}

/// One step of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its id, unique in the channel.
    pub id: String,
    /// The code of its label; the id where it is left out.
    #[serde(default)]
    pub action: Option<String>,
    /// Further actions of the same step, by the codes of their labels.
    #[serde(default)]
    pub also: Vec<String>,
    /// Its own label, where the catalogue has none.
    #[serde(default)]
    pub names: Option<Names>,
    /// Who does it, and so whose hours its limit runs in.
    pub actor: Actor,
    /// In what time; `None`: the text states no limit.
    #[serde(default)]
    pub limit: Option<Term>,
    /// Whether a calendar-day limit that ends on a day off moves to the next working day.
    #[serde(default)]
    pub moves_off_day: bool,
    /// Whether a day-unit limit ends at the desk's closing time.
    #[serde(default)]
    pub at_closing: bool,
    /// What the step leaves behind.
    #[serde(default)]
    pub outcome: Option<String>,
    /// The next step of the straight path; `None` at its end.
    #[serde(default)]
    pub next: Option<String>,
    /// Steps that may follow instead.
    #[serde(default)]
    pub branches: Vec<String>,
    /// What is looked at, in this order, by the codes of the grounds.
    #[serde(default)]
    pub checks: Vec<String>,
    /// Whether the course ends here with a message that is no result: sign-in refused, data not to be had.
    #[serde(default)]
    pub message: bool,
    /// The results that the step hands over, by their codes.
    #[serde(default)]
    pub yields: Vec<String>,
    /// The clause of the act that states the step.
    pub clause: String,
}

impl Step {
    /// The codes of the step's labels, the main one first.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        let main = self.action.as_deref().unwrap_or(&self.id);
        std::iter::once(main).chain(self.also.iter().map(String::as_str))
    }
}

/// A limit that the act states for the whole course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// The term, counted from the start of the course.
    pub term: Term,
    /// What the total is for, where it is not for the whole service: the code of a result.
    pub only_for: Option<String>,
    /// Whether a calendar-day total that ends on a day off moves to the next working day.
    #[serde(default)]
    pub moves_off_day: bool,
    /// The clause of the act that states the total.
    pub clause: String,
}

/// A limit on several steps together, where the text sets none on each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The term, counted from the start of the course.
    pub term: Term,
    /// The id of the last step that it covers.
    pub through: String,
    /// The clause of the act that states the limit.
    pub clause: String,
}

/// One way into a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelRule {
    /// Which way it is; a regulation has each at most once.
    pub code: Channel,
    /// Electronic, paper or both.
    pub media: Vec<Medium>,
    /// In what right somebody may apply here.
    pub applicants: Vec<Sourced<ApplicantKind>>,
    /// The consent that is taken; `None`: the text asks for none.
    pub consent: Option<ConsentRule>,
    /// The stated total; `None`: the act states none.
    pub total: Option<Total>,
    /// Limits on several steps together.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// The clause that opens the channel.
    pub clause: String,
    /// The steps; the first one begins the straight path.
    pub steps: Vec<Step>,
}

impl ChannelRule {
    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|s| s.id == id)
    }

    /// The steps from the first one along `next`.
    pub fn straight_path(&self) -> impl Iterator<Item = &Step> {
        let next = |s: &&Step| s.next.as_deref().and_then(|id| self.step(id));
        std::iter::successors(self.steps.first(), next).take(self.steps.len())
    }

    /// Whether somebody may apply here in this right.
    pub fn admits(&self, kind: ApplicantKind) -> bool {
        self.applicants.iter().any(|a| a.value == kind)
    }
}

/// A regulation of one service in one region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regulation {
    /// Its id, the name of its file.
    pub id: String,
    /// The code of the service.
    pub service: String,
    /// The service's title at the head of a result.
    pub names: Names,
    /// The region; `None` where the text names none.
    pub region: Option<Kato>,
    /// First day of its force; `None` where it is not known.
    pub legal_from: Option<NaiveDate>,
    /// The day of the act that repealed it; `None`: not known to be repealed.
    pub legal_until: Option<NaiveDate>,
    /// The file of the seeds that it was read from.
    pub seed: String,
    /// The kinds of authorities and organisations that render it.
    pub provider_kinds: Vec<ProviderKind>,
    /// Where the text is wrong or silent; none of it is a rule.
    #[serde(default)]
    pub defects: Vec<String>,
    /// The act that states it.
    pub act: LegalAct,
    /// What the applicant can get, refusals and receipts too.
    pub results: Vec<ResultRule>,
    /// On what it is refused.
    #[serde(default)]
    pub refusals: Vec<RefusalRule>,
    /// What makes a package complete.
    #[serde(default)]
    pub documents: Vec<DocumentRule>,
    /// The ways into it.
    pub channels: Vec<ChannelRule>,
}

impl Regulation {
    /// The rule of a channel, if the service can be had through it.
    pub fn channel(&self, channel: Channel) -> Option<&ChannelRule> {
        self.channels.iter().find(|c| c.code == channel)
    }

    /// The result with this code.
    pub fn result(&self, code: &str) -> Option<&ResultRule> {
        self.results.iter().find(|r| r.code == code)
    }

    /// The result of a channel with this meaning.
    pub fn result_meaning(&self, meaning: Meaning, channel: Channel) -> Option<&ResultRule> {
        self.results.iter().find(|r| r.meaning == meaning && r.channels.contains(&channel))
    }

    /// The grounds on which a stage of a channel may be refused.
    pub fn refusals(&self, stage: Stage, channel: Channel) -> impl Iterator<Item = &RuleGround> {
        let fits = move |r: &&RefusalRule| r.stage == stage && r.channels.contains(&channel);
        self.refusals.iter().filter(fits).map(|r| &r.ground)
    }

    /// The ground with this code at a stage of a channel.
    pub fn refusal(&self, stage: Stage, channel: Channel, code: &str) -> Option<&RuleGround> {
        self.refusals(stage, channel).find(|g| g.code == code)
    }

    /// The documents that an applicant of this kind must hand in.
    pub fn documents(&self, kind: ApplicantKind) -> impl Iterator<Item = &DocumentRule> {
        self.documents.iter().filter(move |d| d.only_for.is_none_or(|only| only == kind))
    }

    /// Whether an authority of this kind renders the service.
    pub fn provides(&self, kind: ProviderKind) -> bool {
        self.provider_kinds.contains(&kind)
    }

    /// The zone that its terms run in.
    pub fn zone(&self, calendar: &super::calendar::Calendar) -> chrono_tz::Tz {
        self.region.map_or(COUNTRY_ZONE, |region| calendar.zone(region))
    }
}
