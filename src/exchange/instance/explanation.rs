//! Why each choice above the result came to nothing: a row per child and choice, and the sentences to it.
//!
//! A row says which choice and why; the rest does not depend on the child. The group's cut-off, its places and who stands
//! ahead by tier are found by `group_id` in a second file, the sentences (what happened, and what would have changed it) by
//! `group_id,reason` in a third: a country has millions of rows, but some ten thousand groups.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU8, Ordering};

use rayon::prelude::*;

use super::result::push_number;
use crate::domain::instant::micros_text;
use crate::engine::allocation::{
    ANY, Allocation, CutOff, Instance, NONE, NoTurns, Reason, Rule, Special, SpecialReasons, reason,
};

/// Header of the rows.
const ROWS: &str = "child_id,choice,group_id,reason\n";
/// Header of the groups.
const GROUPS: &str = "group_id,places,ahead_by_tier,last_tier,last_sibling,last_applied_at,last_ticket\n";
/// Header of the sentences.
const SENTENCES: &str = "group_id,reason,kk,ru,en\n";

const CHILDREN_TOGETHER: usize = 1 << 13;
const REASONS: [Reason; 8] = [
    Reason::NoPlaces,
    Reason::Tier,
    Reason::Sibling,
    Reason::Instant,
    Reason::Ticket,
    Reason::Turn,
    Reason::Reserved,
    Reason::Together,
];

/// A run, ready to be explained.
pub struct Explanation<'a> {
    instance: &'a Instance,
    rule: Rule,
    allocation: &'a Allocation,
    cut_offs: &'a [CutOff],
    /// `GROUP,` of each group, end to end, and where each starts: numbers are written once, not once a row.
    names: (Vec<u8>, Vec<u32>),
    special: Option<SpecialReasons<'a>>,
    /// Which reasons occurred, by group: a bit each.
    used: Vec<AtomicU8>,
    any_used: AtomicU8,
}

/// Prepares the explanation of a run.
pub fn explain<'a>(
    instance: &'a Instance,
    rule: Rule,
    allocation: &'a Allocation,
    cut_offs: &'a [CutOff],
) -> Explanation<'a> {
    let used = cut_offs.iter().map(|_| AtomicU8::new(0)).collect();
    let (mut text, mut starts) = (vec![], vec![0]);
    for &id in &instance.parts().group_ids {
        push_number(&mut text, id);
        text.push(b',');
        starts.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
    }
    let names = (text, starts);
    Explanation { instance, rule, allocation, cut_offs, names, special: None, used, any_used: AtomicU8::new(0) }
}

impl<'a> Explanation<'a> {
    /// With what was held, reserved and asked for together.
    ///
    /// # Errors
    /// The rule asks for turns that the children do not have.
    pub fn with_special(mut self, special: Option<&'a Special>) -> Result<Self, NoTurns> {
        let reasons = special.map(|special| SpecialReasons::new(self.instance, special, self.rule));
        self.special = reasons.transpose()?;
        Ok(self)
    }

    /// Writes the rows by ascending child id. For `*` there is one row with group `*`: every group that it stands for and
    /// that comes before the result was full.
    pub fn write_rows(&self, out: &mut (impl Write + Send)) -> io::Result<()> {
        out.write_all(ROWS.as_bytes())?;
        let mut chunks = (0..self.instance.children()).step_by(CHILDREN_TOGETHER);
        // A few chunks at a time, so that a country's rows are never all in memory; some are made while others are
        // written, always in the same buffers.
        let together = 2 * rayon::current_num_threads();
        let (mut made, mut written) = (vec![vec![]; together], vec![vec![]; together]);
        loop {
            let next: Vec<usize> = chunks.by_ref().take(together).collect();
            let make = |text: &mut Vec<u8>, at: usize| {
                text.clear();
                if let Some(&from) = next.get(at) {
                    self.rows(from, text);
                }
            };
            let ((), result) = rayon::join(
                || made.par_iter_mut().enumerate().for_each(|(at, text)| make(text, at)),
                || written.iter().try_for_each(|piece| out.write_all(piece)),
            );
            result?;
            std::mem::swap(&mut made, &mut written);
            if next.is_empty() {
                return Ok(());
            }
        }
    }

    fn rows(&self, from: usize, text: &mut Vec<u8>) {
        let parts = self.instance.parts();
        let mut name: Vec<u8> = vec![];
        for i in from..(from + CHILDREN_TOGETHER).min(self.instance.children()) {
            let child = self.instance.by_id().map_or(i, |by_id| by_id.get(i).copied().unwrap_or_default() as usize);
            let group = self.allocation.group_of.get(child).copied().unwrap_or(NONE);
            let id = parts.child_ids.get(child).copied().unwrap_or_default();
            name.clear();
            push_number(&mut name, id);
            name.push(b',');
            for (&choice, number) in parts.choices.get(child).iter().zip(1..) {
                // A child without a place has no group, which must not be taken for `*`.
                let reached = choice == group && choice != ANY;
                if reached || (choice == ANY && group == 0) {
                    break;
                }
                text.extend_from_slice(&name);
                push_number(text, number);
                text.push(b',');
                self.push_reason(text, choice, child, group);
            }
        }
    }

    /// `GROUP,REASON` and LF.
    fn push_reason(&self, text: &mut Vec<u8>, choice: u32, child: usize, got: u32) {
        let group = choice as usize;
        let (Some(cut_off), Some(used), Some(&[from, to])) =
            (self.cut_offs.get(group), self.used.get(group), self.names.1.get(group..group + 2))
        else {
            self.any_used.store(1, Ordering::Relaxed);
            text.extend_from_slice(b"*,any_full\n");
            return;
        };
        let child = u32::try_from(child).unwrap_or(NONE);
        let reason = match &self.special {
            None => reason(self.instance, self.rule, choice, cut_off, child),
            Some(special) => special.reason(self.instance, choice, cut_off, child, got),
        };
        let bit = 1 << (reason as u8);
        if used.load(Ordering::Relaxed) & bit == 0 {
            used.fetch_or(bit, Ordering::Relaxed);
        }
        text.extend_from_slice(self.names.0.get(from as usize..to as usize).unwrap_or_default());
        text.extend_from_slice(code(reason).as_bytes());
        text.push(b'\n');
    }

    /// Writes the groups: cut-off, places, and how many are ahead by tier.
    pub fn write_groups(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(GROUPS.as_bytes())?;
        out.write_all(&groups(self.instance, self.allocation, self.cut_offs))
    }

    /// Writes the sentences of all groups and reasons that occurred in the rows; call it after [`Self::write_rows`].
    pub fn write_sentences(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(SENTENCES.as_bytes())?;
        let groups: Vec<usize> = (0..self.cut_offs.len()).collect();
        for groups in groups.chunks(1 << 13) {
            let pieces: Vec<String> = groups.par_iter().map(|&group| self.sentences(group)).collect();
            for piece in pieces {
                out.write_all(piece.as_bytes())?;
            }
        }
        if self.any_used.load(Ordering::Relaxed) == 1 {
            out.write_all(ANY_SENTENCE.as_bytes())?;
        }
        Ok(())
    }

    fn sentences(&self, group: usize) -> String {
        let mut text = String::new();
        let used = self.used.get(group).map_or(0, |used| used.load(Ordering::Relaxed));
        let Some(cut_off) = self.cut_offs.get(group).filter(|_| used != 0) else { return text };
        let id = self.instance.group_id(u32::try_from(group).unwrap_or(NONE)).unwrap_or_default();
        let last = self.last(cut_off);
        for reason in REASONS.into_iter().filter(|&reason| used & (1 << (reason as u8)) != 0) {
            let [kk, ru, en] = said(reason, id, cut_off, &last);
            text.push_str(&format!("{id},{},\"{kk}\",\"{ru}\",\"{en}\"\n", code(reason)));
        }
        text
    }

    fn last(&self, cut_off: &CutOff) -> LastSaid {
        let Some(last) = cut_off.last else { return LastSaid::default() };
        LastSaid {
            tier: last.tier,
            sibling: last.sibling,
            at: short(last.applied_at),
            ticket: self.instance.parts().child_ids.get(last.child as usize).copied().unwrap_or_default(),
            order: last.rank + 1,
        }
    }
}

/// The instant without decimals that are all zero.
fn short(micros: i64) -> String {
    let text = micros_text(micros);
    text.strip_suffix(".000000Z").map_or_else(|| text.clone(), |whole| format!("{whole}Z"))
}

#[derive(Default)]
struct LastSaid {
    tier: u8,
    sibling: bool,
    at: String,
    ticket: u32,
    order: u32,
}

fn code(reason: Reason) -> &'static str {
    match reason {
        Reason::NoPlaces => "no_places",
        Reason::Tier => "tier",
        Reason::Sibling => "sibling",
        Reason::Instant => "instant",
        Reason::Ticket => "ticket",
        Reason::Turn => "turn",
        Reason::Reserved => "reserved",
        Reason::Together => "together",
    }
}

/// A row per group.
fn groups(instance: &Instance, allocation: &Allocation, cut_offs: &[CutOff]) -> Vec<u8> {
    let parts = instance.parts();
    // The members' tiers, group by group.
    let mut next: Vec<usize> = vec![];
    let mut end = 0;
    for cut_off in cut_offs {
        next.push(end);
        end += cut_off.placed as usize;
    }
    let mut members = vec![0_u8; end];
    for (&group, &tier) in allocation.group_of.iter().zip(&parts.tiers) {
        if let Some(next) = next.get_mut(group as usize)
            && let Some(member) = members.get_mut(*next)
        {
            (*member, *next) = (tier, *next + 1);
        }
    }
    let mut rest = members.as_mut_slice();
    let mut text = vec![];
    for (cut_off, &id) in cut_offs.iter().zip(&parts.group_ids) {
        let Some((own, others)) = std::mem::take(&mut rest).split_at_mut_checked(cut_off.placed as usize) else {
            break;
        };
        rest = others;
        own.sort_unstable();
        push_number(&mut text, id);
        text.push(b',');
        push_number(&mut text, cut_off.places);
        text.push(b',');
        let mut separator = None;
        for same in own.chunk_by(|a, b| a == b) {
            text.extend(separator.replace(b';'));
            push_number(&mut text, same.first().map_or(0, |&tier| u32::from(tier)));
            text.push(b':');
            // A group holds fewer than 2^32 children.
            push_number(&mut text, same.len() as u32);
        }
        match cut_off.last {
            None => text.extend_from_slice(b",,,,\n"),
            Some(last) => {
                let ticket = parts.child_ids.get(last.child as usize).copied().unwrap_or_default();
                let sibling = if last.sibling { "yes" } else { "no" };
                let line = format!(",{},{sibling},{},{ticket}\n", last.tier, short(last.applied_at));
                text.extend_from_slice(line.as_bytes());
            }
        }
    }
    text
}

const ANY_SENTENCE: &str = "*,any_full,\
    \"Басқа топтардың бәрі алда тұрған балалармен толды.\",\
    \"Все остальные группы заняты детьми, которые стоят раньше.\",\
    \"Every other group was filled by children ahead.\"\n";

/// The sentence in Kazakh, Russian and English: the cut-off, and what would have changed the result.
fn said(reason: Reason, group: u32, cut_off: &CutOff, last: &LastSaid) -> [String; 3] {
    let LastSaid { tier, sibling, at, ticket, order } = last;
    let places = cut_off.places;
    if reason == Reason::Reserved {
        return [
            format!("{group}-топ: қалған орындар басқа басымдық деңгейлеріне бөлінген."),
            format!("Группа {group}: оставшиеся места выделены другим уровням приоритета."),
            format!("Group {group}: the places that were left are reserved for other tiers."),
        ];
    }
    if reason == Reason::Together {
        return [
            format!("{group}-топ: балабақшада бірге берілген балалардың бәріне орын жетпеді."),
            format!("Группа {group}: в детском саду не хватило мест для всех детей, которых подали вместе."),
            format!("Group {group}: the kindergarten had no places for all children who apply together."),
        ];
    }
    if reason == Reason::NoPlaces {
        return [
            format!("{group}-топта бос орын болған жоқ."),
            format!("В группе {group} свободных мест не было."),
            format!("Group {group} had no free place."),
        ];
    }
    let (kk_sibling, ru_sibling, en_sibling) = match sibling {
        true => (", осы топта бауыры бар", ", в группе есть брат или сестра", ", with a sibling there"),
        false => ("", "", ""),
    };
    let [kk, ru, en] = match reason {
        Reason::Tier => [
            format!("басымдық деңгейі {tier} не одан жоғары болса, орын берілер еді"),
            format!("место дал бы уровень приоритета {tier} с более ранним заявлением или уровень выше"),
            format!("tier {tier} with an earlier application, or an earlier tier, would have brought a place"),
        ],
        Reason::Sibling => [
            "осы топта бауыры болып, өтініш ертерек берілсе, орын берілер еді".to_owned(),
            "место дали бы брат или сестра в этой группе и более раннее заявление".to_owned(),
            "a sibling there and an earlier application would have brought a place".to_owned(),
        ],
        Reason::Instant => [
            "өтініш осы уақыттан бұрын берілсе, орын берілер еді".to_owned(),
            "место дало бы заявление, поданное раньше этого времени".to_owned(),
            "an application before that instant would have brought a place".to_owned(),
        ],
        Reason::Ticket => [
            format!("уақыты бірдей, тіркеу нөмірі {ticket} кіші болғандықтан алда тұр"),
            format!("время то же, но раньше стоит меньший номер регистрации, {ticket}"),
            format!("the instant is the same, and the smaller ticket, {ticket}, goes first"),
        ],
        Reason::NoPlaces | Reason::Reserved | Reason::Together | Reason::Turn => [
            format!("кезектегі нөмірі {order} болған бала соңғы орынды алды, нөмірі одан кіші болса, орын берілер еді"),
            format!("последнее место получил номер {order} в общем порядке, место дал бы меньший номер"),
            format!(
                "the last place went to number {order} in the order of the queue, a smaller number would have brought one"
            ),
        ],
    };
    [
        format!(
            "{group}-топ: барлық бос орын ({places}) алда тұрған балаларға берілді. Соңғысы: басымдық деңгейі {tier}{kk_sibling}, өтініш уақыты {at}; {kk}."
        ),
        format!(
            "Группа {group}: все свободные места ({places}) получили дети, которые стоят раньше. Последний: уровень приоритета {tier}{ru_sibling}, заявление подано {at}; {ru}."
        ),
        format!(
            "Group {group}: all free places ({places}) went to children ahead. The last one: tier {tier}{en_sibling}, applied at {at}; {en}."
        ),
    ]
}
