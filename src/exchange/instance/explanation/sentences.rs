#![allow(clippy::indexing_slicing, reason = "groups are positions below their count")]
//! The groups of an explanation, and its sentences in Kazakh, Russian and English.

use std::io::{self, Write};

use super::child::GroupExplained;
use super::reason::{ANY_BEFORE, ANY_FULL, REASONS, code};
use super::rows::Explanation;
use crate::domain::instant::micros_text;
use crate::engine::allocation::{CutOff, Instance, Last, Rule};
use crate::exchange::csv::fields::push_number;
use crate::exchange::csv::pieces::write_pieces;
use crate::rules::messages::{Messages, Template, Tongue};

/// Header of the groups.
const GROUPS: &str = "group_id,places,ahead_by_tier,last_tier,last_sibling,last_applied_at,last_ticket,kk,ru,en\n";
/// Header of the reasons.
const REASON_SENTENCES: &str = "reason,kk,ru,en\n";
const GROUPS_TOGETHER: usize = 1 << 11;

/// The templates of one language.
#[derive(Debug)]
struct Said {
    full: Template,
    full_sibling: Template,
    full_turn: Template,
    full_set_apart: Template,
    held: Template,
    open: Template,
    closed: Template,
}

/// To whom a group's sentence is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// To those who may read the round's files.
    Official,
    /// To a family: where turns decide, the last child is known by its number alone.
    Family,
}

/// The sentences of groups in one language.
#[derive(Debug)]
pub struct Sentences(Said);

impl Sentences {
    /// Cuts the sentences.
    ///
    /// # Errors
    /// A message is missing.
    pub fn new(words: &Messages, tongue: Tongue, voice: Voice) -> io::Result<Self> {
        Said::new(words, tongue, voice).map(Sentences)
    }

    /// The sentence of a group under the name that readers know, with the last child's number in the order (`order`) and its
    /// instant in words (`at`).
    pub fn of(&self, rule: Rule, explained: &GroupExplained, group: &str, order: i64, at: &str) -> String {
        let mut text = vec![];
        let GroupExplained { cut_off, set_apart, .. } = explained;
        let template = self.0.of(cut_off, by_turn(rule), *set_apart);
        push_said(&mut text, template, cut_off, |name, text| match name {
            "group" => text.extend_from_slice(group.as_bytes()),
            "order" => text.extend_from_slice(order.to_string().as_bytes()),
            "at" => text.extend_from_slice(at.as_bytes()),
            _ => {}
        });
        // Made of texts and digits only.
        String::from_utf8(text).unwrap_or_default()
    }
}

/// Whether the last child is known by its turn.
fn by_turn(rule: Rule) -> bool {
    matches!(rule, Rule::QueueByTurn | Rule::Queue { mix: Some(_) })
}

impl Said {
    fn new(words: &Messages, tongue: Tongue, voice: Voice) -> io::Result<Self> {
        let template = |code: &str| {
            let missing = || io::Error::other(format!("there is no message `{code}`"));
            words.template(tongue, code).ok_or_else(missing)
        };
        Ok(Self {
            full: template("explain_full")?,
            full_sibling: template("explain_full_sibling")?,
            full_turn: template(match voice {
                Voice::Official => "explain_full_turn",
                Voice::Family => "explain_full_number",
            })?,
            full_set_apart: template("explain_full_set_apart")?,
            held: template("explain_held")?,
            open: template("explain_open")?,
            closed: template("explain_closed")?,
        })
    }

    fn of(&self, cut_off: &CutOff, by_turn: bool, set_apart: bool) -> &Template {
        match cut_off.last {
            _ if cut_off.places == 0 => &self.closed,
            _ if !cut_off.is_full() => &self.open,
            None => &self.held,
            Some(_) if set_apart => &self.full_set_apart,
            Some(_) if by_turn => &self.full_turn,
            Some(last) if last.sibling => &self.full_sibling,
            Some(_) => &self.full,
        }
    }
}

impl Explanation<'_> {
    /// Writes the groups: cut-off, places, how many are ahead by tier, and this as a sentence in each language.
    pub fn write_groups(&self, words: &Messages, out: &mut (impl Write + Send)) -> io::Result<()> {
        let Explanation { instance, rule, cut_offs, .. } = *self;
        let by_turn = by_turn(rule);
        let said = [Tongue::Kk, Tongue::Ru, Tongue::En].map(|tongue| Said::new(words, tongue, Voice::Official));
        let [kk, ru, en] = said;
        let said = [kk?, ru?, en?];
        let (starts, tiers) = tiers_by_group(self);
        let make = |piece: usize, text: &mut Vec<u8>| {
            let from = piece * GROUPS_TOGETHER;
            let (mut own, mut at): (Vec<u8>, Vec<u8>) = (vec![], vec![]);
            for (group, cut_off) in cut_offs.iter().enumerate().skip(from).take(GROUPS_TOGETHER) {
                own.clear();
                own.extend_from_slice(&tiers[starts[group] as usize..starts[group + 1] as usize]);
                own.sort_unstable();
                push_group(text, instance, group, cut_off, &own);
                at.clear();
                push_local(&mut at, cut_off.last.map_or(0, |last| last.applied_at));
                for said in &said {
                    text.extend_from_slice(b",\"");
                    let set_apart = self.set_apart.get(group).is_some_and(|&apart| apart);
                    push_said(text, said.of(cut_off, by_turn, set_apart), cut_off, |name, text| match name {
                        "group" => push_number(text, instance.parts().group_ids[group]),
                        "order" => push_number(text, cut_off.last.map_or(0, |last| last.rank + 1)),
                        "at" => text.extend_from_slice(&at),
                        _ => {}
                    });
                    text.push(b'"');
                }
                text.push(b'\n');
            }
        };
        out.write_all(GROUPS.as_bytes())?;
        write_pieces(cut_offs.len().div_ceil(GROUPS_TOGETHER), make, |piece| out.write_all(piece))
    }

    /// Writes who would have gone before the last child, by reason, in each language.
    pub fn write_reasons(&self, words: &Messages, out: &mut impl Write) -> io::Result<()> {
        let mut text = REASON_SENTENCES.to_owned();
        for code in REASONS.map(code).into_iter().chain([ANY_FULL, ANY_BEFORE]) {
            let [kk, ru, en] =
                [Tongue::Kk, Tongue::Ru, Tongue::En].map(|tongue| words.label_or_code(tongue, "explanation", code));
            text.push_str(&format!("{code},\"{kk}\",\"{ru}\",\"{en}\"\n"));
        }
        out.write_all(text.as_bytes())
    }
}

/// The tiers of the groups' children, group by group, and where each group's start.
fn tiers_by_group(explanation: &Explanation<'_>) -> (Vec<u32>, Vec<u8>) {
    let Explanation { instance, allocation, cut_offs, .. } = *explanation;
    let mut starts = vec![0];
    let mut end = 0;
    for cut_off in cut_offs {
        end += cut_off.placed;
        starts.push(end);
    }
    let mut next = starts.clone();
    let mut tiers = vec![0; end as usize];
    for (&group, &tier) in allocation.group_of.iter().zip(&instance.parts().tiers) {
        if (group as usize) < cut_offs.len() {
            tiers[next[group as usize] as usize] = tier;
            next[group as usize] += 1;
        }
    }
    (starts, tiers)
}

/// The numbers of a group's row; `tiers` are those of its children, ascending.
fn push_group(text: &mut Vec<u8>, instance: &Instance, group: usize, cut_off: &CutOff, tiers: &[u8]) {
    push_number(text, instance.parts().group_ids[group]);
    text.push(b',');
    push_number(text, cut_off.places);
    text.push(b',');
    let mut separator = None;
    for same in tiers.chunk_by(|a, b| a == b) {
        text.extend(separator.replace(b';'));
        push_number(text, same.first().map_or(0, |&tier| u32::from(tier)));
        text.push(b':');
        // A group holds fewer than 2^32 children.
        push_number(text, same.len() as u32);
    }
    match cut_off.last {
        None => text.extend_from_slice(b",,,,"),
        Some(last) => {
            text.push(b',');
            push_number(text, u32::from(last.tier));
            text.extend_from_slice(if last.sibling { b",yes," } else { b",no," });
            push_instant(text, last.applied_at);
            text.push(b',');
            push_number(text, instance.parts().child_ids[last.child as usize]);
        }
    }
}

/// The sentence, its values filled in: the group's own here, how its name, an order and an instant are written by `told`.
fn push_said(text: &mut Vec<u8>, template: &Template, cut_off: &CutOff, told: impl Fn(&str, &mut Vec<u8>)) {
    let last = |value: fn(Last) -> u32| cut_off.last.map_or(0, value);
    for (before, value) in template.parts() {
        text.extend_from_slice(before.as_bytes());
        match value {
            Some("places") => push_number(text, cut_off.places),
            Some("placed") => push_number(text, cut_off.placed),
            Some("tier") => push_number(text, last(|last| u32::from(last.tier))),
            // A test compares the placeholders of all languages, and renders each.
            Some(name) => told(name, text),
            None => {}
        }
    }
}

/// The country's clock: UTC+5 everywhere since 1 March 2024 (decree of the Government No. 20 of 19 January 2024).
const COUNTRY: (i64, &[u8]) = (5 * 3_600_000_000, b"+05:00");

/// Appends the instant without decimals that are all zero.
fn push_instant(text: &mut Vec<u8>, micros: i64) {
    push_at(text, micros, b"Z");
}

/// The same as the country's clock shows it, for sentences.
fn push_local(text: &mut Vec<u8>, micros: i64) {
    push_at(text, micros.saturating_add(COUNTRY.0), COUNTRY.1);
}

fn push_at(text: &mut Vec<u8>, micros: i64, offset: &[u8]) {
    let instant = micros_text(micros);
    let digits = instant.strip_suffix('Z').unwrap_or(&instant);
    text.extend_from_slice(digits.strip_suffix(".000000").unwrap_or(digits).as_bytes());
    text.extend_from_slice(offset);
}
