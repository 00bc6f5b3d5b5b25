//! Building the index from the registry: rows are read on one thread, children and codes on others, the index grows on a fourth.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{Receiver, sync_channel};

use chrono::{DateTime, Utc};

use super::codes::{PaperCodes, ReadCodes};
use super::seats::{Index, IndexSeat};
use crate::domain::codes::Turn;
use crate::domain::queue::{Number, Numbered, QueueKey};
use crate::engine::order::{Counters, QueueOrder, Seat, TurnState, Unbuilt};
use crate::rules::Rules;
use crate::service::journal::reading::Belongs;
use crate::store::connection::AnyConnection;
use crate::store::seats::{self, SeatRow, Seats};
use crate::store::{Store, StoreError, families, homes, queues, transfers};
use crate::trust::cipher::BlindIin;

/// How many batches of applications wait for the children at most.
const BATCHES_AHEAD: usize = 64;

/// A turn as a queue is built from it: the seat, whether it counts, and the chosen kindergartens.
type TurnRow = (Seat, TurnState, Box<[u32]>);
type TurnRows = HashMap<QueueKey, Vec<TurnRow>>;

/// Takes the seats of the registry into an index that has no queues yet, and gives the turns that they are built from.
fn grow(
    read: Receiver<Vec<SeatRow>>,
    iins: &HashMap<String, BlindIin>,
    transfers: &HashSet<Number>,
    families: Vec<(String, String)>,
) -> Result<(Index, TurnRows), StoreError> {
    let mut index = Index::default();
    let mut rows = TurnRows::new();
    for row in read.into_iter().flatten() {
        let claimed = row.read()?;
        let unknown = || StoreError::Damaged(format!("application {} has no child", claimed.number));
        let held = IndexSeat {
            iin: *iins.get(&claimed.child).ok_or_else(unknown)?,
            queue: claimed.queue,
            seat: Seat {
                tier: claimed.tier,
                applied_at: claimed.applied_at.timestamp_micros(),
                ticket: claimed.ticket,
                stream: claimed.stream,
            },
            turn: claimed.turn,
            status: claimed.status,
            choices: claimed.preferences().map(|id| index.kindergartens.number(id)).collect(),
        };
        match claimed.turn {
            Turn::Live => {
                rows.entry(held.queue).or_default().push((held.seat, TurnState::Live, held.choices.clone()));
            }
            Turn::Spent => {
                rows.entry(held.queue).or_default().push((held.seat, TurnState::Spent, Box::default()));
            }
            Turn::Dropped | Turn::None => {}
        }
        if transfers.contains(&claimed.number) {
            index.transfers.insert(held.iin, claimed.number);
        }
        index.hold(claimed.number, held);
    }
    for (application, family) in families {
        index.families.follow(Belongs { application, family: Some(family) });
    }
    Ok((index, rows))
}

/// Reads applications on this thread and children on another, while the index grows on a third. The children come from a
/// later moment than the applications: more of them, and none changed.
fn read_and_grow(store: &Store, conn: &mut AnyConnection) -> Result<(Index, TurnRows), StoreError> {
    let transfers: HashSet<Number> = transfers::beside_enrolments(conn)?
        .iter()
        .filter_map(|number| Number::parse(number, Numbered::Application))
        .collect();
    let families = families::all(conn)?;
    let died = |_| StoreError::Damaged("the index cannot be built".to_owned());
    std::thread::scope(|scope| {
        let children = scope.spawn(|| store.read_beside(seats::iins));
        let codes = scope.spawn(|| ReadCodes::read(store));
        let (rows, read) = sync_channel::<Vec<SeatRow>>(BATCHES_AHEAD);
        let grown = scope.spawn(move || {
            let iins = children.join().map_err(died)??;
            let (mut index, rows) = grow(read, &iins, &transfers, families)?;
            index.codes = PaperCodes::of(codes.join().map_err(died)??, &iins)?;
            Ok::<_, StoreError>((index, rows))
        });
        let given = seats::in_batches(conn, Seats::Claimed, |batch| {
            rows.send(batch).map_err(|_| StoreError::Damaged("the index stopped growing".to_owned()))
        });
        drop(rows);
        // Where the index stopped growing, its reason is the one to hear.
        let grown = grown.join().map_err(died)??;
        given.map(|()| grown)
    })
}

/// Builds the index from the registry as it stands at one moment: that of the first look through `conn`.
pub(super) fn load(
    store: &Store,
    conn: &mut AnyConnection,
    rules: &Rules,
    now: DateTime<Utc>,
) -> Result<Index, StoreError> {
    let seen = homes::ends(conn)?;
    let counters: HashMap<QueueKey, Counters> = queues::all_counters(conn)?.into_iter().collect();
    let (mut index, rows) = read_and_grow(store, conn)?;
    let unbuilt = rows.into_iter().map(|(key, rows)| {
        let counters = counters.get(&key).copied().unwrap_or_default();
        Unbuilt { key, counters, rows }
    });
    let queues = QueueOrder::build_all(unbuilt.collect())
        .map_err(|(key, fault)| StoreError::Damaged(format!("queue {key}: {fault}")))?;
    (index.seen, index.queues) = (seen, queues);
    index.order_as_of(rules, now);
    Ok(index)
}
