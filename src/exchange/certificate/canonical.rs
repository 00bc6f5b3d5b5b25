//! SHA-256 over bytes that depend on what a file means, not on how it is written.
//!
//! The bytes are a contract with whoever checks a certificate without this program: `fixtures/certificate/README.md` writes them
//! out, with an example by hand that a test compares.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::engine::allocation::{ANY, Conditions, Exclusion, Instance, Reserve, Rule, Whom};

/// Bytes are hashed in pieces of about this size.
const PIECE_BYTES: usize = 1 << 16;

/// The hash of groups and children, with what is held, reserved and asked for together.
pub fn input_sha256(instance: &Instance) -> String {
    let mut hash = input_hash(instance);
    let Conditions { holds, together, reserves, exclusions, tied, .. } = instance.conditions();
    if !holds.is_empty() || !together.is_empty() || !reserves.is_empty() {
        hash.update(conditions_piece(instance, instance.conditions()));
    }
    if !exclusions.is_empty() {
        hash.update(exclusions_piece(instance, exclusions));
    }
    if !tied.is_empty() {
        hash.update(tied_piece(instance, tied));
    }
    hex(hash)
}

/// The bytes that say which groups do not take which children.
fn exclusions_piece(instance: &Instance, exclusions: &[Exclusion]) -> Vec<u8> {
    let id = |out: &Exclusion| instance.parts().child_ids.get(out.child as usize).copied().unwrap_or_default();
    let mut by_id: Vec<(u32, u32, Option<i64>)> =
        exclusions.iter().map(|out| (id(out), instance.group_id(out.group).unwrap_or_default(), out.until)).collect();
    by_id.sort_unstable();
    let mut piece = b"excluded-1\n".to_vec();
    push(&mut piece, by_id.len());
    for (child, group, until) in by_id {
        piece.extend(child.to_le_bytes());
        piece.extend(group.to_le_bytes());
        piece.push(u8::from(until.is_some()));
        piece.extend(until.unwrap_or_default().to_le_bytes());
    }
    piece
}

/// The bytes that say whose brothers and sisters stand in other queues.
fn tied_piece(instance: &Instance, tied: &[u32]) -> Vec<u8> {
    let id = |child: &u32| instance.parts().child_ids.get(*child as usize).copied().unwrap_or_default();
    let mut ids: Vec<u32> = tied.iter().map(id).collect();
    ids.sort_unstable();
    let mut piece = b"tied-1\n".to_vec();
    push(&mut piece, ids.len());
    ids.into_iter().for_each(|id| piece.extend(id.to_le_bytes()));
    piece
}

/// The bytes that say what is held, reserved and asked for together.
fn conditions_piece(instance: &Instance, conditions: &Conditions) -> Vec<u8> {
    let by_category = conditions.reserves.iter().flatten().any(|reserve| matches!(reserve.whom, Whom::Category(_)));
    let mut piece = if by_category { b"special-2\n".to_vec() } else { b"special-1\n".to_vec() };
    let has = [!conditions.holds.is_empty(), !conditions.together.is_empty(), !conditions.reserves.is_empty()];
    piece.extend(has.map(u8::from));
    let id = |group: u32| instance.group_id(group).unwrap_or_default().to_le_bytes();
    let by_id = |i: usize| instance.by_id().map_or(i, |by_id| by_id.get(i).copied().unwrap_or_default() as usize);
    let children = || (0..instance.children()).map(by_id);
    for group in children().filter_map(|child| conditions.holds.get(child)) {
        piece.extend(id(*group));
    }
    for family in children().filter_map(|child| conditions.together.get(child)) {
        piece.extend(family.to_le_bytes());
    }
    if !conditions.together.is_empty() {
        conditions.kindergartens.iter().for_each(|&first| piece.extend(id(first)));
    }
    for child in children().filter(|_| by_category) {
        let own: BTreeSet<&String> = conditions.categories.get(child).into_iter().flatten().collect();
        push(&mut piece, own.len());
        own.into_iter().for_each(|code| push_code(&mut piece, code));
    }
    for reserves in &conditions.reserves {
        push(&mut piece, reserves.len());
        for Reserve { whom, places, open } in reserves {
            if by_category {
                piece.push(u8::from(matches!(whom, Whom::Category(_))));
            }
            match whom {
                Whom::Tiers(from, to) => piece.extend([*from, *to]),
                Whom::Category(code) => push_code(&mut piece, code),
            }
            piece.push(u8::from(*open));
            piece.extend(places.to_le_bytes());
        }
    }
    piece
}

fn push_code(piece: &mut Vec<u8>, code: &str) {
    push(piece, code.len());
    piece.extend(code.as_bytes());
}

fn input_hash(instance: &Instance) -> Sha256 {
    let parts = instance.parts();
    let mut hash = Sha256::new_with_prefix(b"kezek-input-1\n");
    let mut piece = Vec::with_capacity(PIECE_BYTES * 2);
    push(&mut piece, instance.groups());
    for (id, capacity) in parts.group_ids.iter().zip(&parts.capacities) {
        piece.extend_from_slice(&id.to_le_bytes());
        piece.extend_from_slice(&capacity.to_le_bytes());
    }
    push(&mut piece, instance.children());
    piece.push(u8::from(parts.turns.is_some()));
    let mut siblings = vec![];
    for i in 0..instance.children() {
        let child = instance.by_id().map_or(i, |by_id| by_id.get(i).copied().unwrap_or_default() as usize);
        push_child(&mut piece, instance, child, &mut siblings);
        if piece.len() >= PIECE_BYTES {
            hash.update(&piece);
            piece.clear();
        }
    }
    hash.update(&piece);
    hash
}

fn push_child(piece: &mut Vec<u8>, instance: &Instance, child: usize, siblings: &mut Vec<u32>) {
    let parts = instance.parts();
    piece.extend_from_slice(&parts.child_ids.get(child).copied().unwrap_or_default().to_le_bytes());
    piece.push(parts.tiers.get(child).copied().unwrap_or_default());
    piece.extend_from_slice(&parts.applied_at.get(child).copied().unwrap_or_default().to_le_bytes());
    if let Some(turn) = parts.turns.as_ref().and_then(|turns| turns.get(child)) {
        piece.extend_from_slice(&turn.to_le_bytes());
    }
    siblings.clear();
    siblings.extend_from_slice(parts.siblings.get(child));
    siblings.sort_unstable();
    siblings.dedup();
    for list in [siblings.as_slice(), parts.choices.get(child)] {
        push(piece, list.len());
        for &group in list {
            let id = if group == ANY { 0 } else { parts.group_ids.get(group as usize).copied().unwrap_or_default() };
            piece.extend_from_slice(&id.to_le_bytes());
        }
    }
}

/// Counts stay below 2^32 in a checked instance.
fn push(piece: &mut Vec<u8>, count: usize) {
    piece.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

/// The hash of the rule.
pub fn rules_sha256(rule: Rule) -> String {
    let text = match rule {
        Rule::Program => "rule=program".to_owned(),
        Rule::Queue { mix: None } => "rule=queue".to_owned(),
        Rule::Queue { mix: Some(mix) } => format!("rule=queue mix={mix}"),
        Rule::QueueByTurn => "rule=queue turn=given".to_owned(),
    };
    hex(Sha256::new_with_prefix(format!("kezek-rules-1\n{text}\n")))
}

/// The hash of an allocation's file.
pub fn result_sha256(pieces: &[Vec<u8>]) -> String {
    let mut hash = Sha256::new();
    pieces.iter().for_each(|piece| hash.update(piece));
    hex(hash)
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
