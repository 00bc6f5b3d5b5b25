//! The import of applications from another register, with their original instants and the evidence for them.
//!
//! All or nothing: one transaction over all homes of the file, so a killed import leaves nothing. The applications were
//! decided where they come from, so they wait as accepted ones.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::mpsc::sync_channel;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use super::imports::{Complaints, ImportFault, Source, queue_territories};
use crate::domain::application::{Applicant, CategoryClaim, Child, Document};
use crate::domain::codes::{Decision, Status};
use crate::domain::contact::Contact;
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::domain::kindergarten::Kindergarten;
use crate::domain::queue::{Number, Numbered, QueueKey};
use crate::domain::text::{self, TextFault};
use crate::exchange::rows::ApplicationRow;
use crate::rules::{Bound, Rules};
use crate::service::applications::applicant::unfit;
use crate::service::applications::entry::{self, Turned};
use crate::service::applications::handed_in::{Checked, TEXT_MAX};
use crate::service::applications::likeness;
use crate::service::counter::register::{Seat, assemble};
use crate::service::kernel::actors::OPERATOR;
use crate::service::kernel::keys;
use crate::service::office::bound;
use crate::store::applications::{self, Lodged};
use crate::store::{Entry, Store, Transaction, Written, child_claims, children, facts, kindergartens};
use crate::trust::act::{ApplicationsImported, PublicAct};
use crate::trust::cipher::{BlindIin, LookUpKey};
use crate::trust::signature::SignatureVerdict;

/// Applications in one journal record.
const RECORD: usize = 500;

/// A row that fits the law and the registry, and the territory whose queue it joins.
struct Fitting<'r> {
    row: &'r ApplicationRow,
    queue_territory: Kato,
}

/// Takes applications in. `told` hears how many are saved, for a progress bar.
///
/// # Errors
/// Faults of the file against the registry, or the database is not available.
pub fn applications<'a>(
    store: &Store,
    rules: &Rules,
    now: DateTime<Utc>,
    file: impl Into<Source<'a>>,
    rows: &[ApplicationRow],
    told: impl Fn(usize),
) -> Result<usize, ImportFault> {
    let source: Source<'_> = file.into();
    let mut by_home = fitting(store, rules, now, source, rows)?;
    for fitting in by_home.values_mut() {
        // Tickets break ties of the instant, so they are given in the order of the instants.
        fitting.sort_by_key(|f| f.row.applied_at);
    }
    let homes: Vec<Kato> = by_home.keys().copied().collect();
    store.write(&homes, now, |tx| -> Result<_, ImportFault> {
        let mut last = Vec::new();
        let mut done = 0;
        for (home, fitting) in &by_home {
            let mut queues: HashSet<QueueKey> = HashSet::new();
            let assembling = Assembling::start(tx, rules, *home, fitting)?;
            // Rows are put together on another thread while those of the batch before are saved.
            std::thread::scope(|scope| -> Result<(), ImportFault> {
                let (ready, batches) = sync_channel(2);
                scope.spawn(move || {
                    for (n, batch) in fitting.chunks(RECORD).enumerate() {
                        // Nobody listens any more: saving failed, and the act with it.
                        if ready.send(assembling.batch(n, batch)).is_err() {
                            break;
                        }
                    }
                });
                for batch in batches {
                    let batch = batch?;
                    done += batch.lodged.len();
                    queues.extend(batch.lodged.iter().map(|l| l.application.queue));
                    // Each record tells the rows of its own batch; the last of a home waits, and tells the counters besides.
                    tx.append(&last)?;
                    last = vec![save(tx, *home, source.name(), batch)?];
                    told(done);
                }
                Ok(())
            })?;
            for queue in queues {
                entry::settle(tx, rules, queue, Turned::Moved)?;
            }
        }
        Ok(Written { value: done, entries: last })
    })
}

/// The rows of a home as they become applications: numbers, tickets and children's keys are taken before.
struct Assembling<'a> {
    rules: &'a Rules,
    at: DateTime<Utc>,
    first_number: Number,
    first_ticket: u32,
    known: HashMap<BlindIin, String>,
    look_up: LookUpKey,
}

/// Applications that are saved together, with one journal record.
struct Batch {
    lodged: Vec<Lodged>,
    new: Vec<Child>,
    facts: Vec<facts::Facts>,
}

impl<'a> Assembling<'a> {
    fn start(
        tx: &mut Transaction<'_>,
        rules: &'a Rules,
        home: Kato,
        fitting: &[Fitting<'_>],
    ) -> Result<Self, ImportFault> {
        let count = u32::try_from(fitting.len()).unwrap_or(u32::MAX);
        let iins: Vec<Iin> = fitting.iter().map(|f| f.row.child_iin).collect();
        let look_up = tx.look_up()?;
        Ok(Assembling {
            rules,
            at: tx.at(),
            first_number: tx.numbers(home, Numbered::Application, count)?,
            first_ticket: tx.tickets(home, count)?,
            known: children::child_keys(tx.conn(), &look_up, home, &iins)?,
            look_up,
        })
    }

    fn batch(&self, n: usize, rows: &[Fitting<'_>]) -> Result<Batch, ImportFault> {
        let mut batch =
            Batch { lodged: Vec::with_capacity(rows.len()), new: Vec::new(), facts: Vec::with_capacity(rows.len()) };
        let first = u32::try_from(n * RECORD).unwrap_or(u32::MAX);
        for (n, fitting) in (first..).zip(rows) {
            let bound = bound(self.rules, fitting.row.territory, self.at)?;
            let checked = checked(fitting.row, fitting.queue_territory);
            let seat = Seat {
                number: Number { serial: self.first_number.serial + n, ..self.first_number }.to_string(),
                ticket: self.first_ticket + n,
                applied_at: fitting.row.applied_at,
                registered_at: self.at,
                channel: fitting.row.channel,
                decision: Decision::Accepted,
                from: Some(json!({"evidence": kept(&fitting.row.evidence), "number": fitting.row.number})),
            };
            let key = self.known.get(&self.look_up.blind(fitting.row.child_iin)).cloned();
            let new = key.is_none();
            let verdict = SignatureVerdict::NotApplicable.code();
            let (one, fact) = assemble(&checked, &bound, seat, key, verdict);
            batch.facts.push(fact);
            batch.new.extend(new.then(|| one.child.clone()));
            batch.lodged.push(one);
        }
        Ok(batch)
    }
}

fn save(tx: &mut Transaction<'_>, home: Kato, file: &str, batch: Batch) -> Result<Entry, ImportFault> {
    let Batch { lodged, new, facts } = batch;
    let claims: Vec<(Iin, Kato, &str)> =
        lodged.iter().map(|l| (l.child.iin, home, l.application.number.as_str())).collect();
    if child_claims::take_all(tx, &claims)? != claims.len() {
        let message = "a child of the file was registered elsewhere while it was read; import it again";
        return Err(crate::service::kernel::problem::Problem::conflict("duplicate", message).into());
    }
    facts::insert(tx, home, &facts)?;
    applications::insert(tx, &lodged, &new)?;
    likeness::note(tx, &lodged)?;
    let imported = ApplicationsImported { file: file.to_owned(), applications: lodged.len() as u64 };
    let act = PublicAct::ImportApplications(imported).into();
    Ok(Entry { home, act, actor: OPERATOR.to_owned(), territory: home })
}

/// Reads every row against the law and the registry.
fn fitting<'r>(
    store: &Store,
    rules: &Rules,
    now: DateTime<Utc>,
    source: Source<'_>,
    rows: &'r [ApplicationRow],
) -> Result<BTreeMap<Kato, Vec<Fitting<'r>>>, ImportFault> {
    let territories = queue_territories(store)?;
    let all: HashMap<String, Kindergarten> =
        store.read(|c| kindergartens::all(c, None))?.into_iter().map(|k| (k.id.clone(), k)).collect();
    let iins: Vec<Iin> = rows.iter().map(|r| r.child_iin).collect();
    let look_up = store.look_up()?;
    let claimed = store.read(|c| child_claims::holders(c, &look_up, &iins))?;
    let mut complaints = Complaints::new(source);
    let mut seen: HashMap<u64, usize> = HashMap::with_capacity(rows.len());
    let mut fitting: BTreeMap<Kato, Vec<Fitting<'r>>> = BTreeMap::new();
    for (n, row) in rows.iter().enumerate() {
        if let Some(first) = seen.insert(row.child_iin.number(), n) {
            let line = source.line(first);
            complaints.add(n, "child_iin", format!("the child stands in row {line} too; keep the earliest"));
        }
        if let Some(application) = claimed.get(&look_up.blind(row.child_iin)) {
            complaints.add(n, "child_iin", format!("the child has the active application {application}"));
        }
        let queue_territory = match territories.get(&row.territory) {
            Some(Some(queue_territory)) => *queue_territory,
            Some(None) => {
                complaints.add(n, "territory", "an oblast has no queue; name a district, city or village");
                continue;
            }
            None => {
                complaints.add(n, "territory", "not in the classifier of this registry; import territories first");
                continue;
            }
        };
        let bound = bound(rules, row.territory, now)?;
        let today = rules.calendar.civil_day(now, row.territory);
        complain(&mut complaints, n, row, &bound, now, today);
        prefer(&mut complaints, n, row, &all, queue_territory, usize::from(bound.profile.preferences_max.value));
        fitting.entry(queue_territory.home()).or_default().push(Fitting { row, queue_territory });
    }
    complaints.check()?;
    Ok(fitting)
}

fn complain(
    complaints: &mut Complaints<'_>,
    n: usize,
    row: &ApplicationRow,
    bound: &Bound<'_>,
    now: DateTime<Utc>,
    today: NaiveDate,
) {
    if row.status.is_some_and(|s| s != Status::InQueue) {
        complaints.add(n, "status", "only waiting applications can be imported (in_queue); leave out the others");
    }
    if row.decision.is_some_and(|d| d != Decision::Accepted) {
        let message = "only decided applications can be imported (accepted): decide it where it was handed in, or \
                       register it here";
        complaints.add(n, "decision", message);
    }
    if row.contacts.len() > 2 || row.contacts.iter().any(|c| c.contains(';')) {
        complaints.add(n, "contacts", "keep at most two contacts, without a semicolon in one of them");
    }
    typed(complaints, n, row);
    if let Some((_, why)) = unfit(row.applicant_iin, row.applicant_kind, today) {
        complaints.add(n, "applicant_iin", why);
    }
    if row.applied_at > now {
        complaints.add(n, "applied_at", "the instant lies in the future");
    }
    if row.birth_date > today {
        complaints.add(n, "birth_date", "the birth date lies in the future");
    } else if bound.profile.too_old(row.birth_date, today) {
        complaints.add(
            n,
            "birth_date",
            format!("the queue is for children under {} years", bound.profile.age_limit.value.years),
        );
    }
    for category in &row.categories {
        if bound.profile.category(&category.code).is_none() {
            complaints.add(n, "categories", format!("{} is not a category of {}", category.code, bound.profile.code));
        }
    }
}

/// Every text passes the door that all text passes.
fn typed(complaints: &mut Complaints<'_>, n: usize, row: &ApplicationRow) {
    for (column, name) in [("child_name", &row.child_name), ("applicant_name", &row.applicant_name)] {
        match text::name(name) {
            Ok(name) if name.chars().count() > TEXT_MAX => {
                complaints.add(n, column, format!("write the name on one line, in at most {TEXT_MAX} characters"));
            }
            Ok(_) => {}
            Err(TextFault::Control) => {
                complaints.add(n, column, format!("write the name on one line, in at most {TEXT_MAX} characters"));
            }
            Err(fault) => complaints.add(n, column, fault.to_string()),
        }
    }
    let contacts = row.contacts.iter().map(|contact| ("contacts", contact));
    let proofs = row.categories.iter().filter_map(|claim| Some(("categories", claim.proof.as_ref()?)));
    let numbers = row.documents.iter().filter_map(|document| Some(("documents", document.number.as_ref()?)));
    for (column, given) in contacts.chain(proofs).chain(numbers) {
        if let Err(fault) = text::clean(given) {
            complaints.add(n, column, fault.to_string());
        }
    }
    match text::clean(&row.evidence) {
        Err(TextFault::Empty) => {
            complaints.add(n, "evidence", "an instant from outside needs its evidence: name the register or the paper");
        }
        Err(fault) => complaints.add(n, "evidence", fault.to_string()),
        Ok(_) => {}
    }
}

/// A text that passed the door, as it is kept.
fn kept(given: &str) -> String {
    text::clean(given).map_or_else(|_| given.to_owned(), Cow::into_owned)
}

fn prefer(
    complaints: &mut Complaints<'_>,
    n: usize,
    row: &ApplicationRow,
    all: &HashMap<String, Kindergarten>,
    queue_territory: Kato,
    most: usize,
) {
    if row.preferences.len() > most {
        complaints.add(n, "preferences", format!("the profile allows {most}"));
    }
    for (place, id) in row.preferences.iter().enumerate() {
        match all.get(id) {
            None => complaints.add(n, "preferences", format!("there is no kindergarten {id}")),
            Some(k) if !k.queue_territory.within(queue_territory) => {
                complaints.add(n, "preferences", format!("kindergarten {id} is outside {queue_territory}"));
            }
            Some(_) if row.preferences.iter().take(place).any(|earlier| earlier == id) => {
                complaints.add(n, "preferences", format!("kindergarten {id} is named twice"));
            }
            Some(_) => {}
        }
    }
}

fn checked(row: &ApplicationRow, queue_territory: Kato) -> Checked {
    Checked {
        child: Child {
            key: keys::random_key(),
            iin: row.child_iin,
            name: kept(&row.child_name),
            birth_on: row.birth_date,
        },
        applicant: Applicant {
            iin: row.applicant_iin,
            name: kept(&row.applicant_name),
            kind: row.applicant_kind,
            contacts: row.contacts.iter().map(|contact| Contact::read(&kept(contact)).into_text()).collect(),
            power: None,
        },
        territory: row.territory,
        queue_territory,
        preferences: row.preferences.clone(),
        language: row.language,
        kind: row.kind,
        claims: row
            .categories
            .iter()
            .map(|c| CategoryClaim { code: c.code.clone(), proof: c.proof.as_deref().map(kept), status: c.status })
            .collect(),
        documents: row
            .documents
            .iter()
            .map(|d| Document { number: d.number.as_deref().map(kept), ..d.clone() })
            .collect(),
        transfer: false,
        together_with: None,
        exemption: None,
        warnings: Vec::new(),
    }
}
