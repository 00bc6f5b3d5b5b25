//! What the codes of families' papers are compared with, in memory, and the numbers that lead to a child: a look-up with a code asks
//! no row.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::store::connection::AnyConnection;
use crate::store::paper_codes::{self, ChildKey, ChildNumbers, Issued, PaperCode, newest};
use crate::store::{Store, StoreError};
use crate::trust::cipher::BlindIin;

/// The good codes by the number of the child. Trees and not tables that double: they stay dense at any size.
#[derive(Default)]
pub(super) struct PaperCodes {
    good: BTreeSet<(BlindIin, i64)>,
    /// Those of `good` from whose side the child is shielded; few.
    shielded: BTreeSet<(BlindIin, i64)>,
    /// By what each child is known whose codes were read: a record tells the key of its row alone, and a number that it had
    /// must not go on opening.
    known: BTreeMap<ChildKey, BlindIin>,
    former: FormerNumbers,
}

/// The numbers that children had; few.
#[derive(Default)]
struct FormerNumbers {
    of_child: HashMap<ChildKey, ChildNumbers>,
    /// Whose a number was, and by what that child is found now.
    now: HashMap<BlindIin, (ChildKey, BlindIin)>,
    /// Now and then.
    had: BTreeSet<(BlindIin, BlindIin, ChildKey)>,
}

impl FormerNumbers {
    fn take(&mut self, child: &ChildNumbers) {
        if let Some(before) = self.of_child.remove(&child.key) {
            for had in before.had {
                self.had.remove(&(before.now, had, child.key));
                // It may have gone to another child since.
                if self.now.get(&had).is_some_and(|(key, _)| *key == child.key) {
                    self.now.remove(&had);
                }
            }
        }
        if child.had.is_empty() {
            return;
        }
        for had in &child.had {
            self.now.insert(*had, (child.key, child.now));
            self.had.insert((child.now, *had, child.key));
        }
        self.of_child.insert(child.key, child.clone());
    }
}

/// What the rows say of the children of whom records tell.
#[derive(Default)]
pub(super) struct ReadAnew {
    children: Vec<ChildNumbers>,
    /// The numbers that are concerned, with the codes that are good for each.
    codes: Vec<(BlindIin, Vec<PaperCode>)>,
}

impl ReadAnew {
    /// Reads the rows of these children, and of whoever shares a number with them or shared one of those by which they were `known`.
    pub(super) fn read(
        conn: &mut AnyConnection,
        keys: &[String],
        mut known: HashSet<BlindIin>,
    ) -> Result<Self, StoreError> {
        let children = paper_codes::numbers_of(conn, keys)?;
        known.extend(children.iter().map(|child| child.now));
        let numbers: Vec<BlindIin> = known.into_iter().collect();
        let mut codes = paper_codes::of_numbers(conn, &numbers)?;
        let codes = numbers.into_iter().map(|number| (number, codes.remove(&number).unwrap_or_default())).collect();
        Ok(ReadAnew { children, codes })
    }
}

/// What is read in bulk where the index is built.
pub(super) struct ReadCodes {
    issued: Vec<Issued>,
    renumbered: Vec<ChildNumbers>,
}

impl ReadCodes {
    /// Reads them beside the connection of whoever builds the index. They come from a later moment than its seats: what a record tells
    /// since then is read anew.
    pub(super) fn read(store: &Store) -> Result<Self, StoreError> {
        store.read_beside(|conn| {
            Ok(ReadCodes { issued: paper_codes::all_issued(conn)?, renumbered: paper_codes::renumbered(conn)? })
        })
    }
}

impl PaperCodes {
    /// The codes as they were read in bulk; `iins` says by what each child is found.
    pub(super) fn of(read: ReadCodes, iins: &HashMap<String, BlindIin>) -> Result<Self, StoreError> {
        let mut numbered: Vec<(BlindIin, Issued)> = Vec::with_capacity(read.issued.len());
        let mut known: Vec<(ChildKey, BlindIin)> = Vec::with_capacity(read.issued.len());
        // A child that came between the two readings is brought by its record.
        for issued in read.issued {
            if let Some(number) = iins.get(&issued.child) {
                known.push((ChildKey::read(&issued.child)?, *number));
                numbered.push((*number, issued));
            }
        }
        numbered.sort_unstable_by_key(|(number, _)| *number);
        let (mut good, mut shielded) = (Vec::with_capacity(numbered.len()), BTreeSet::new());
        let mut rest = numbered.into_iter().peekable();
        let mut of_number = Vec::new();
        while let Some((number, issued)) = rest.next() {
            of_number.push(issued);
            while let Some((_, issued)) = rest.next_if(|(next, _)| *next == number) {
                of_number.push(issued);
            }
            for PaperCode { code, is_shielded } in newest(&of_number) {
                good.push((number, code));
                if is_shielded {
                    shielded.insert((number, code));
                }
            }
            of_number.clear();
        }
        let mut former = FormerNumbers::default();
        read.renumbered.iter().for_each(|child| former.take(child));
        // Trees of what is sorted are full to the brim.
        Ok(PaperCodes { good: good.into_iter().collect(), shielded, known: known.into_iter().collect(), former })
    }

    /// The numbers by which these children were known.
    pub(super) fn known_by(&self, keys: &[String]) -> Result<HashSet<BlindIin>, StoreError> {
        let mut numbers = HashSet::new();
        for key in keys {
            numbers.extend(self.known.get(&ChildKey::read(key)?));
        }
        Ok(numbers)
    }

    /// The child's number now, by one that it has or had.
    pub(super) fn now_of(&self, number: BlindIin) -> BlindIin {
        self.former.now.get(&number).map_or(number, |(_, now)| *now)
    }

    /// What a code opens for the child of this number. Of two applications that were merged each family goes on with the code of its
    /// own paper.
    pub(super) fn opened_by(&self, now: BlindIin, code: i64) -> Option<PaperCode> {
        let least = (now, BlindIin(i64::MIN), ChildKey::LEAST);
        let had = self.former.had.range(least..).take_while(|(of, ..)| *of == now).map(|(_, had, _)| *had);
        let number = std::iter::once(now).chain(had).find(|number| self.good.contains(&(*number, code)))?;
        Some(PaperCode { code, is_shielded: self.shielded.contains(&(number, code)) })
    }

    /// All good codes by the child's number, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = (BlindIin, PaperCode)> {
        self.good.iter().map(|good| {
            let (number, code) = *good;
            (number, PaperCode { code, is_shielded: self.shielded.contains(good) })
        })
    }

    /// All numbers that children had, each with the one by which its child is found now.
    pub(super) fn former(&self) -> impl Iterator<Item = (BlindIin, BlindIin)> {
        self.former.now.iter().map(|(had, (_, now))| (*had, *now))
    }

    /// Takes what the rows say.
    pub(super) fn take(&mut self, anew: ReadAnew) {
        for child in &anew.children {
            self.known.insert(child.key, child.now);
            self.former.take(child);
        }
        for (number, codes) in anew.codes {
            let before: Vec<_> = self.good.range((number, i64::MIN)..=(number, i64::MAX)).copied().collect();
            for good in before {
                self.good.remove(&good);
                self.shielded.remove(&good);
            }
            for PaperCode { code, is_shielded } in codes {
                self.good.insert((number, code));
                if is_shielded {
                    self.shielded.insert((number, code));
                }
            }
        }
    }
}
