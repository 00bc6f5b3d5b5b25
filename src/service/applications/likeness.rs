//! Probable duplicates, found when an application is taken in: the same child under another number, another spelling, another parent.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::domain::duplicate::{Duplicate, DuplicateStatus, Likeness};
use crate::domain::iin::Iin;
use crate::domain::text::{likened, nearly};
use crate::service::kernel::problem::Problem;
use crate::store::applications::Lodged;
use crate::store::duplicates::{self, Marked};
use crate::store::marks::Marks;
use crate::store::{Transaction, children};

/// Most pairs that one application is named in.
const PAIRS_MAX: usize = 5;

/// How two applications of one child became one, to be undone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MergeTaken {
    /// The id of the pair.
    pub(crate) duplicate: String,
    /// The number of the application that stayed.
    pub(crate) into: String,
    /// The number by which its child was known, where it got the other's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) renumbered_from: Option<Iin>,
}

/// Keeps the pairs in which applications that were just taken in are probably of one child with others, and gives them.
///
/// # Errors
/// The database refuses.
pub(crate) fn note(tx: &mut Transaction<'_>, taken_in: &[Lodged]) -> Result<Vec<Duplicate>, Problem> {
    let keys: Vec<&str> = taken_in.iter().map(|lodged| lodged.child.key.as_str()).collect();
    let marks = duplicates::marks_of(tx.conn(), &keys)?;
    let all: Vec<Marks> = marks.values().copied().collect();
    let alike = duplicates::alike(tx.conn(), &all)?;
    let by = by_mark(&alike);
    let (mut found, mut met): (Vec<Duplicate>, BTreeSet<[&str; 2]>) = (Vec::new(), BTreeSet::new());
    for lodged in taken_in {
        let Some(own) = marks.get(&lodged.child.key) else { continue };
        let number = lodged.application.number.as_str();
        let iin = tx.look_up()?.blind(lodged.child.iin);
        let mut of_this = 0;
        for other in by.of(own) {
            let pair = if number < other.application.as_str() {
                [number, other.application.as_str()]
            } else {
                [other.application.as_str(), number]
            };
            if other.application == number || other.iin == iin || of_this == PAIRS_MAX || !met.insert(pair) {
                continue;
            }
            let grounds = grounds(tx, lodged, own, other)?;
            if !grounds.is_empty() {
                of_this += 1;
                found.push(pair_of(tx, lodged, other, of_this, grounds));
            }
        }
    }
    duplicates::insert(tx, &found)?;
    Ok(found)
}

/// Marked children by each of their marks.
struct ByMark<'a>(HashMap<(u8, i64), Vec<&'a Marked>>);

/// The marks of a child, told apart by a number.
fn each(marks: &Marks) -> impl Iterator<Item = (u8, i64)> {
    let all = [(0, marks.likeness), (1, marks.certificate), (2, marks.kin)];
    all.into_iter().filter_map(|(sort, mark)| Some((sort, mark?)))
}

fn by_mark(alike: &[Marked]) -> ByMark<'_> {
    let mut by: HashMap<(u8, i64), Vec<&Marked>> = HashMap::new();
    for marked in alike {
        each(&marked.marks).for_each(|mark| by.entry(mark).or_default().push(marked));
    }
    ByMark(by)
}

impl<'a> ByMark<'a> {
    fn of(&self, own: &Marks) -> Vec<&'a Marked> {
        let mut all: Vec<&Marked> = each(own).filter_map(|mark| self.0.get(&mark)).flatten().copied().collect();
        all.sort_by(|a, b| a.application.cmp(&b.application));
        all.dedup_by(|a, b| a.application == b.application);
        all
    }
}

/// Why two children are probably one.
fn grounds(tx: &mut Transaction<'_>, lodged: &Lodged, own: &Marks, other: &Marked) -> Result<Vec<Likeness>, Problem> {
    let same = |one: Option<i64>, two: Option<i64>| one.is_some() && one == two;
    let mut grounds = Vec::new();
    if same(own.likeness, other.marks.likeness) {
        grounds.push(Likeness::NameAndBirth);
    }
    if same(own.certificate, other.marks.certificate) {
        grounds.push(Likeness::Certificate);
    }
    // Brothers and sisters of one day have names of their own: only there a name is opened.
    if grounds.is_empty() && same(own.kin, other.marks.kin) {
        let vault = tx.vault();
        let name = children::find(tx.conn(), vault, &other.child)?.name;
        if nearly(&likened(&name), &likened(&lodged.child.name)) {
            grounds.push(Likeness::Applicant);
        }
    }
    Ok(grounds)
}

fn pair_of(tx: &Transaction<'_>, lodged: &Lodged, other: &Marked, nth: usize, grounds: Vec<Likeness>) -> Duplicate {
    let application = &lodged.application;
    Duplicate {
        id: format!("{}-D{nth}", application.number),
        home: application.home,
        application: application.number.clone(),
        territory: application.territory,
        other: other.application.clone(),
        other_territory: other.territory,
        grounds,
        found_at: tx.at(),
        found_by: None,
        status: DuplicateStatus::Open,
        decided_by: None,
        decided_at: None,
        facts: None,
    }
}
