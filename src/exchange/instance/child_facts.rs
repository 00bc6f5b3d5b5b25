//! What `children.csv` says for reports only: the columns `channel` and `category`.

use std::path::Path;

use super::children::{KNOWN, REQUIRED};
use crate::exchange::csv::blocks::{Blocks, trim_end};
use crate::exchange::csv::fields::split;
use crate::exchange::csv::header::{find_columns, read_header};
use crate::exchange::fault::{Fault, Faults};

/// What is said about a child; none of what nothing is known of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChildFacts {
    /// The channel of its application.
    pub channel: Option<String>,
    /// The category that its tier came from.
    pub category: Option<String>,
    /// The language that it wants.
    pub language: Option<String>,
    /// The territory that it applied in.
    pub territory: Option<String>,
    /// The kind of group that it wants.
    pub kind: Option<String>,
    /// The kindergartens that it named, most wanted first; empty where nothing is known of them.
    pub kindergartens: Vec<String>,
}

impl ChildFacts {
    /// The kindergarten that it named first.
    pub fn kindergarten(&self) -> Option<&str> {
        self.kindergartens.first().map(String::as_str)
    }
}

/// Reads the facts in the order of the rows; nothing where the file has neither column. The file must have been read
/// without a fault before.
pub fn read_child_facts(path: &Path) -> Result<Vec<ChildFacts>, Faults> {
    let file = path.display().to_string();
    let mut faults = Faults::default();
    let fault = |row: u64, message: String| Fault { file: file.clone(), row, column: None, message };
    let mut facts = vec![];
    match Blocks::open(path) {
        Err(unread) => faults.push(fault(0, unread.message())),
        Ok(blocks) => {
            let header = read_header(&blocks).unwrap_or_default();
            let columns = find_columns(&file, &header, &KNOWN, REQUIRED, &mut faults).unwrap_or_default();
            let place = |name: &str| columns.iter().position(|&column| KNOWN.get(column) == Some(&name));
            let places = [place("channel"), place("category")];
            let (mut block, mut row) = (vec![], 1);
            while places.iter().any(Option::is_some) && blocks.next(&mut block).is_some() {
                for line in block.split_inclusive(|&b| b == b'\n') {
                    row += 1;
                    let line = trim_end(line);
                    if line.is_empty() {
                        continue;
                    }
                    match split(line) {
                        Ok(fields) => {
                            let [channel, category] = places.map(|place| {
                                place.and_then(|at| fields.get(at)).filter(|field| !field.is_empty()).cloned()
                            });
                            facts.push(ChildFacts { channel, category, ..ChildFacts::default() });
                        }
                        Err(line) => faults.push(fault(row, line.message().to_owned())),
                    }
                }
            }
            if let Some(unread) = blocks.into_fault() {
                faults.push(fault(0, unread.message()));
            }
        }
    }
    if faults.is_empty() { Ok(facts) } else { Err(faults) }
}
