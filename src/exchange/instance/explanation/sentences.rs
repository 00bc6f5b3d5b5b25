#![allow(clippy::indexing_slicing, reason = "groups are positions below their count")]
//! The groups of an explanation, and its sentences in Kazakh, Russian and English.

use std::io::{self, Write};

use super::{Explanation, REASONS, code, push_number, write_pieces};
use crate::domain::instant::micros_text;
use crate::engine::allocation::{CutOff, Instance, Last, Rule};
use crate::rules::messages::{Messages, Template, Tongue};

/// Header of the groups.
const GROUPS: &str = "group_id,places,ahead_by_tier,last_tier,last_sibling,last_applied_at,last_ticket,kk,ru,en\n";
/// Header of the reasons.
const REASON_SENTENCES: &str = "reason,kk,ru,en\n";
/// The reason of a row with `*`.
const ANY_FULL: &str = "any_full";
const GROUPS_TOGETHER: usize = 1 << 11;

/// The templates of one language.
struct Said {
    full: Template,
    full_sibling: Template,
    full_turn: Template,
    held: Template,
    open: Template,
    closed: Template,
}

impl Said {
    fn new(words: &Messages, tongue: Tongue) -> io::Result<Self> {
        let template = |code: &str| {
            let missing = || io::Error::other(format!("there is no message `{code}`"));
            words.template(tongue, code).ok_or_else(missing)
        };
        Ok(Self {
            full: template("explain_full")?,
            full_sibling: template("explain_full_sibling")?,
            full_turn: template("explain_full_turn")?,
            held: template("explain_held")?,
            open: template("explain_open")?,
            closed: template("explain_closed")?,
        })
    }

    fn of(&self, cut_off: &CutOff, by_turn: bool) -> &Template {
        match cut_off.last {
            _ if cut_off.places == 0 => &self.closed,
            _ if !cut_off.is_full() => &self.open,
            None => &self.held,
            Some(_) if by_turn => &self.full_turn,
            Some(last) if last.sibling => &self.full_sibling,
            Some(_) => &self.full,
        }
    }
}

/// Writes a row per group.
pub(super) fn write_groups(
    explanation: &Explanation<'_>,
    words: &Messages,
    out: &mut (impl Write + Send),
) -> io::Result<()> {
    let Explanation { instance, rule, cut_offs, .. } = *explanation;
    let by_turn = matches!(rule, Rule::QueueByTurn | Rule::Queue { mix: Some(_) });
    let said = [Tongue::Kk, Tongue::Ru, Tongue::En].map(|tongue| Said::new(words, tongue));
    let [kk, ru, en] = said;
    let said = [kk?, ru?, en?];
    let (starts, tiers) = tiers_by_group(explanation);
    let make = |piece: usize, text: &mut Vec<u8>| {
        let from = piece * GROUPS_TOGETHER;
        let mut own: Vec<u8> = vec![];
        for (group, cut_off) in cut_offs.iter().enumerate().skip(from).take(GROUPS_TOGETHER) {
            own.clear();
            own.extend_from_slice(&tiers[starts[group] as usize..starts[group + 1] as usize]);
            own.sort_unstable();
            push_group(text, instance, group, cut_off, &own);
            for said in &said {
                text.extend_from_slice(b",\"");
                push_said(text, said.of(cut_off, by_turn), instance, group, cut_off);
                text.push(b'"');
            }
            text.push(b'\n');
        }
    };
    out.write_all(GROUPS.as_bytes())?;
    write_pieces(cut_offs.len().div_ceil(GROUPS_TOGETHER), make, |piece| out.write_all(piece))
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

/// The sentence, its values filled in.
fn push_said(text: &mut Vec<u8>, template: &Template, instance: &Instance, group: usize, cut_off: &CutOff) {
    let last = |value: fn(Last) -> u32| cut_off.last.map_or(0, value);
    for (before, value) in template.parts() {
        text.extend_from_slice(before.as_bytes());
        match value {
            Some("group") => push_number(text, instance.parts().group_ids[group]),
            Some("places") => push_number(text, cut_off.places),
            Some("placed") => push_number(text, cut_off.placed),
            Some("tier") => push_number(text, last(|last| u32::from(last.tier))),
            Some("order") => push_number(text, last(|last| last.rank + 1)),
            Some("at") => push_instant(text, cut_off.last.map_or(0, |last| last.applied_at)),
            // A test compares the placeholders of all languages, and renders each.
            _ => {}
        }
    }
}

/// Writes a row per reason.
pub(super) fn write_reasons(words: &Messages, out: &mut impl Write) -> io::Result<()> {
    let mut text = REASON_SENTENCES.to_owned();
    for code in REASONS.map(code).into_iter().chain([ANY_FULL]) {
        let [kk, ru, en] =
            [Tongue::Kk, Tongue::Ru, Tongue::En].map(|tongue| words.label_or_code(tongue, "explanation", code));
        text.push_str(&format!("{code},\"{kk}\",\"{ru}\",\"{en}\"\n"));
    }
    out.write_all(text.as_bytes())
}

/// Appends the instant without decimals that are all zero.
fn push_instant(text: &mut Vec<u8>, micros: i64) {
    let instant = micros_text(micros);
    let whole = instant.strip_suffix(".000000Z");
    text.extend_from_slice(whole.unwrap_or(&instant).as_bytes());
    if whole.is_some() {
        text.push(b'Z');
    }
}
