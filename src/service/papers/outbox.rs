//! The outbox: what heads, departments and families are to be told, in words of each language, until whoever sends it takes it.
//!
//! A message is written once, in the transaction of the act that says so, and taken once, under the lock of its home. A
//! sender that repeats a request under its Idempotency-Key gets the messages that it took the first time.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::codes::{Channel, Notice};
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::queue::{Number, Numbered};
use crate::exchange::rows::MessageRow;
use crate::rules::sourced::Names;
use crate::service::kernel::keys::ONE_TIME_MINUTES;
use crate::service::kernel::notices::{FAMILY, READS_OVER_BUDGET};
use crate::service::kernel::numbers::load;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::kernel::query;
use crate::service::kernel::words::{self, Said, say_each};
use crate::service::office::{Answer, Caller, Office};
use crate::store::connection::AnyConnection;
use crate::store::outbox::{self, Message, MessageFilter};
use crate::store::{Entry, StoreError, Transaction, Written, contacts, one_time_codes, representatives};
use crate::trust::act::{MessagesTaken, PublicAct};

/// Messages of one page.
const PAGE: i64 = 200;
/// Most messages of one CSV answer.
const CSV_MAX: i64 = 100_000;
/// Most messages that are taken at once, and how many where nobody says.
const TAKEN_MAX: i64 = 500;

/// What stands in the place of a one-time code for whoever is not about to send it.
const CODE_UNSEEN: &str = "······";

/// The kind of a message that a place passed a child because it waits together with brothers and sisters.
pub(crate) const PASSED_TOGETHER: &str = "passed_together";

/// What such a message says beside its words.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct PassedPlace {
    pub(crate) place: String,
    /// The kindergarten, by its id and by its names of that day.
    pub(crate) kindergarten: String,
    pub(crate) name_kk: String,
    pub(crate) name_ru: String,
}

/// A place that passed a child because it waits together with brothers and sisters.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PassedTogether {
    /// When it was given to a child behind.
    pub at: String,
    /// The id of the kindergarten.
    pub kindergarten: String,
    /// In words, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub text: Said,
}

/// The places that passed a child because it waits together with others, the first one first.
///
/// # Errors
/// The database is not available.
pub(crate) fn passed_by(
    office: &Office,
    conn: &mut AnyConnection,
    application: &str,
) -> Result<Vec<PassedTogether>, Problem> {
    let all = outbox::about(conn, application)?.into_iter().filter(|message| message.kind == PASSED_TOGETHER);
    Ok(all.map(|message| passed_together(office, &message)).collect())
}

/// What a family was told of its application, the latest first, in words.
///
/// # Errors
/// The database is not available.
pub fn told_to_family(office: &Office, application: &str) -> Result<Vec<Said>, Problem> {
    let all = office.store.read(|conn| outbox::about(conn, application))?;
    let is_own =
        |m: &&Message| m.recipient == FAMILY && m.withdrawn_at.is_none() && Notice::from_code(&m.kind).is_some();
    let own = all.iter().rev().filter(is_own);
    let words = |m: &Message| words_of_message(office, m, &serde_json::from_str(&m.body).unwrap_or_default());
    Ok(own.map(words).collect())
}

fn passed_together(office: &Office, m: &Message) -> PassedTogether {
    let place: PassedPlace = serde_json::from_str(&m.body).unwrap_or_default();
    let PassedPlace { kindergarten, name_kk, name_ru, .. } = place;
    let name = Said { kk: name_kk, en: name_ru.clone(), ru: name_ru };
    let on = words::date(&office.rules, office.day(m.territory, m.created_at));
    let text = say_each(&office.rules, PASSED_TOGETHER, &[("on", &on), ("kindergarten", &name)]);
    PassedTogether { at: instant_text(m.created_at), kindergarten, text }
}

/// Which messages are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct OutboxIn {
    /// A KATO code; messages to this territory and all below.
    #[serde(default)]
    pub territory: String,
    /// `untaken`, `taken`, or both where it is missing.
    pub state: Option<String>,
    /// What the page before gave as `next`.
    pub cursor: Option<String>,
}

/// Which messages are taken to be sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeIn {
    /// A district or city, or a territory in it.
    #[serde(default)]
    #[schema(example = "391000000")]
    pub territory: String,
    /// At most how many, 1 to 500; 500 where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
}

/// Messages, the oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Messages {
    /// Those of the page, or those that were taken now.
    pub messages: Vec<MessageView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Something that the head of a provider, a department or a family is to be told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageView {
    /// A random key, always the same for this message.
    pub id: String,
    /// What is told: `overdue`; `passed_together` where a place passed a child because it waits together with brothers and
    /// sisters; `reads_over_budget` where an account reads more than its role's budget of a day; or what was done: `family_code`, `one_time_code`, `representative_added`,
    /// `representative_replaced`, `representative_ended`, `court_act`, `closed_on_document`, `amended`, `withdrawn`, `moved`, `enrolled`, `departed`,
    /// `annulled`; `taking_asked`, `taking_lapsed`, `taking_undone`, `place_owed` of what officials want to take from a family;
    /// `paper_takings` where one official brings many signed requests in a day.
    pub kind: String,
    /// Who is told: `head`, `department` or `family`.
    pub recipient: String,
    /// The KATO code of the territory whose head or department is told, or in whose queue the family waits.
    pub territory: String,
    /// The kindergarten whose head is told, or whose place it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kindergarten: Option<String>,
    /// What it is about: the number of a case or of an application, or the key of an account.
    pub subject: String,
    /// The words, in each language.
    #[schema(value_type = Object)]
    pub text: Said,
    /// How its receiver is reached, where it is a family's and is taken now. A one-time code is one representative's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// When it was written, in the region's zone.
    pub created_at: String,
    /// When it was taken to be sent, in the region's zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// The credential that took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<String>,
    /// When it was withdrawn before anybody took it, in the region's zone: nobody will.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<String>,
}

fn territory(principal: &Principal, act: Act, text: &str) -> Result<Kato, Problem> {
    principal.role_may(act)?;
    let territory = query::territory(text)?;
    principal.may(act, territory)?;
    Ok(territory)
}

fn filter(asked: &OutboxIn, territory: Kato) -> Result<MessageFilter, Problem> {
    let taken = match asked.state.as_deref() {
        None => None,
        Some("untaken") => Some(false),
        Some("taken") => Some(true),
        Some(_) => {
            return Err(Problem::invalid("state", "wrong_state", "write untaken or taken, or leave it out"));
        }
    };
    Ok(MessageFilter { territory, taken })
}

/// The messages to a territory.
///
/// # Errors
/// 403, 422.
pub fn messages(office: &Office, principal: &Principal, asked: &OutboxIn) -> Result<Messages, Problem> {
    let filter = filter(asked, territory(principal, Act::ReadOutbox, &asked.territory)?)?;
    let after = query::after(asked.cursor.as_deref())?;
    let found = office.store.read(|conn| outbox::page(conn, filter, after, PAGE))?;
    let next = query::last_of_full(&found, PAGE).map(|m| query::cursor(m.created_at, &m.id));
    Ok(Messages { messages: found.iter().map(|m| message(office, m)).collect(), next })
}

/// The same as CSV.
///
/// # Errors
/// 403, 422.
pub fn messages_csv(office: &Office, principal: &Principal, asked: &OutboxIn) -> Result<String, Problem> {
    let filter = filter(asked, territory(principal, Act::ReadOutbox, &asked.territory)?)?;
    let found = office.store.read(|conn| outbox::page(conn, filter, None, CSV_MAX))?;
    let rows: Vec<MessageRow> = found.into_iter().map(|m| row(office, m)).collect();
    let mut text = Vec::new();
    let internal = |e: &dyn std::fmt::Display| Problem::new(Kind::Internal, "internal", e.to_string());
    crate::exchange::write(&mut text, &rows).map_err(|e| internal(&e))?;
    String::from_utf8(text).map_err(|e| internal(&e))
}

/// Takes the oldest messages that nobody took yet, to be sent by whoever asks. Each is given out once, the code of one that brings a
/// one-time code never again; one whose code is over is withdrawn.
///
/// # Errors
/// 403, 422.
pub fn take_messages(office: &Office, caller: &Caller, sent: &TakeIn) -> Result<Answer, Problem> {
    let territory = territory(&caller.principal, Act::TakeMessages, &sent.territory)?;
    let home = territory.home();
    if !home.is_home() || home == Kato::COUNTRY {
        let message = "messages are taken district by district, city by city: name one";
        return Err(Problem::invalid("territory", "territory_without_queue", message));
    }
    let limit = sent.limit.unwrap_or(TAKEN_MAX);
    if !(1..=TAKEN_MAX).contains(&limit) {
        let message = format!("take 1 to {TAKEN_MAX} messages at once");
        return Err(Problem::invalid("limit", "wrong_limit", message));
    }
    office.perform(caller, &[home], 200, |tx| {
        let by = caller.principal.id.as_str();
        let found = outbox::page(tx.conn(), MessageFilter { territory, taken: Some(false) }, None, limit)?;
        let (mut ids, mut over, mut messages) = (Vec::new(), Vec::new(), Vec::new());
        for m in &found {
            let taken = Message { taken_at: Some(tx.at()), taken_by: Some(by.to_owned()), ..m.clone() };
            match filled(tx, taken)? {
                Some(whole) => {
                    ids.push(m.id.as_str());
                    let to = receivers(tx, &whole)?;
                    messages.push(MessageView { to, ..message(office, &whole) });
                }
                None => over.push(m.id.as_str()),
            }
        }
        outbox::take(tx, &ids, by)?;
        outbox::withdraw(tx, &over)?;
        let taken = MessagesTaken { messages: ids.len() as u64, role: caller.principal.role };
        let entry = Entry { home, act: PublicAct::TakeMessages(taken).into(), actor: by.to_owned(), territory };
        let entries = if found.is_empty() { Vec::new() } else { vec![entry] };
        Ok(Written { value: Messages { messages, next: None }, entries })
    })
}

/// A message as it is sent: one that brings a one-time code with the code, which is kept no longer; nothing where that is over.
fn filled(tx: &mut Transaction<'_>, m: Message) -> Result<Option<Message>, Problem> {
    if m.kind != Notice::OneTimeCode.code() {
        return Ok(Some(m));
    }
    let since = tx.at() - TimeDelta::minutes(ONE_TIME_MINUTES);
    let code = one_time_codes::take(tx, &m.id, since)?;
    // Only in memory: what is kept of the message never had it.
    let with = |code: String| Message {
        body: json!({"code": code, "representative": representative_in(&m)}).to_string(),
        ..m
    };
    Ok(code.map(with))
}

/// The one representative whom a message is for, where it is for one.
fn representative_in(m: &Message) -> Option<String> {
    let body: Value = serde_json::from_str(&m.body).ok()?;
    body.get("representative").and_then(Value::as_str).map(str::to_owned)
}

/// How the receivers of a family's message are reached: of one that is for one representative, that one alone.
fn receivers(tx: &mut Transaction<'_>, m: &Message) -> Result<Vec<String>, Problem> {
    if m.recipient != FAMILY || Number::parse(&m.subject, Numbered::Application).is_none() {
        return Ok(Vec::new());
    }
    let (vault, application) = (tx.vault(), load(tx.conn(), &m.subject)?);
    let body: Value = serde_json::from_str(&m.body).unwrap_or_default();
    let found = match representative_in(m) {
        Some(id) => match representatives::find(tx.conn(), &id)? {
            Some((known, _)) => contacts::of_representative(tx.conn(), vault, &application, &known),
            None => Ok(Vec::new()),
        },
        None => contacts::of_family(tx.conn(), vault, &application, body.get("also").and_then(Value::as_str)),
    };
    match found {
        // Whoever was erased meanwhile is reached by nothing.
        Err(StoreError::Erased(_)) => Ok(Vec::new()),
        found => Ok(found?),
    }
}

fn message(office: &Office, m: &Message) -> MessageView {
    let body: Value = serde_json::from_str(&m.body).unwrap_or_default();
    let zone = office.rules.calendar.zone(m.territory);
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false);
    let kindergarten = body.get("kindergarten").and_then(Value::as_str);
    MessageView {
        id: m.id.clone(),
        kind: m.kind.clone(),
        recipient: m.recipient.clone(),
        territory: m.territory.to_string(),
        kindergarten: kindergarten.map(str::to_owned),
        subject: m.subject.clone(),
        text: words_of_message(office, m, &body),
        created_at: local(m.created_at),
        to: Vec::new(),
        taken_at: m.taken_at.map(local),
        taken_by: m.taken_by.clone(),
        withdrawn_at: m.withdrawn_at.map(local),
    }
}

/// What a message says. A step whose regulation is not held any more is called by its id.
fn words_of_message(office: &Office, m: &Message, body: &Value) -> Said {
    let field = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    if m.kind == PASSED_TOGETHER {
        return passed_together(office, m).text;
    }
    if m.kind == READS_OVER_BUDGET {
        let on = words::date(&office.rules, office.day(m.territory, m.created_at));
        let (role, account) = (words::label(&office.rules, "role", field("role")), Said::same(&m.subject));
        let budget = Said::same(body.get("budget").and_then(Value::as_u64).unwrap_or_default().to_string());
        let values = [("on", &on), ("account", &account), ("role", &role), ("budget", &budget)];
        return say_each(&office.rules, READS_OVER_BUDGET, &values);
    }
    if let Some(notice) = Notice::from_code(&m.kind) {
        let on = words::date(&office.rules, office.day(m.territory, m.created_at));
        let until = field("until").parse().map(|day| words::date(&office.rules, day)).unwrap_or_default();
        let since = field("since").parse().map(|day| words::date(&office.rules, day)).unwrap_or_default();
        let ground: Names =
            body.get("ground").and_then(|names| serde_json::from_value(names.clone()).ok()).unwrap_or_default();
        let ground = Said { kk: ground.kk, ru: ground.ru, en: ground.en };
        let what = match field("act") {
            "" => changed(office, body),
            act => say_each(&office.rules, &format!("takes_{act}"), &[]),
        };
        let values = [
            ("on", &on),
            ("application", &Said::same(&m.subject)),
            ("until", &until),
            ("since", &since),
            ("what", &what),
            ("ground", &ground),
            ("code", &Said::same(body.get("code").and_then(Value::as_str).unwrap_or(CODE_UNSEEN))),
            ("minutes", &Said::same(ONE_TIME_MINUTES.to_string())),
        ];
        // What takes something says until when the family may object; what adds does not.
        let takes = matches!(notice, Notice::Amended | Notice::Annulled) && !field("until").is_empty();
        let code = if takes { format!("told_{notice}_until") } else { format!("told_{notice}") };
        return say_each(&office.rules, &code, &values);
    }
    let course = field("channel").parse::<Channel>().ok().and_then(|channel| {
        office.rules.regulations.get(field("regulation")).and_then(|regulation| regulation.course(channel))
    });
    let step = course.and_then(|course| course.step(field("step")));
    let step = step.map_or_else(|| Said::same(field("step")), |step| words::step_label(&office.rules, step));
    let zone = office.rules.calendar.zone(m.territory);
    let due = DateTime::parse_from_rfc3339(field("due_at")).map(|at| at.with_timezone(&zone));
    let due = Said::same(due.map(|at| at.format("%d.%m.%Y %H:%M").to_string()).unwrap_or_default());
    let code = if m.recipient == "head" { "overdue_head" } else { "overdue_department" };
    say_each(&office.rules, code, &[("case", &Said::same(&m.subject)), ("step", &step), ("due", &due)])
}

/// What was changed, in words.
fn changed(office: &Office, body: &Value) -> Said {
    let fields = body.get("changed").and_then(Value::as_array).cloned().unwrap_or_default();
    let labels: Vec<Said> =
        fields.iter().filter_map(Value::as_str).map(|code| words::label(&office.rules, "changed", code)).collect();
    Said::each(|tongue| labels.iter().map(|label| label.get(tongue)).collect::<Vec<_>>().join(", "))
}

fn row(office: &Office, m: Message) -> MessageRow {
    let body: Value = serde_json::from_str(&m.body).unwrap_or_default();
    let text = words_of_message(office, &m, &body);
    let kindergarten = body.get("kindergarten").and_then(Value::as_str).map(str::to_owned);
    MessageRow {
        id: m.id,
        kind: m.kind,
        recipient: m.recipient,
        territory: m.territory,
        kindergarten,
        subject: m.subject,
        text_kk: text.kk,
        text_ru: text.ru,
        created_at: m.created_at,
        taken_at: m.taken_at,
        taken_by: m.taken_by,
    }
}
