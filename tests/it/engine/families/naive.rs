//! Who is served, chosen or wronged, written from the definitions alone.

use kezek::engine::allocation::Rule;

use super::case::{Case, Got, ways};

/// By group: seats left of each reserve, and at the end those for nobody.
pub type Seats = Vec<Vec<usize>>;

/// Whether the child holds no place there, its tier, whether it has no sibling there, its place in the order.
type Key = (bool, u8, bool, usize);

impl Case {
    pub fn seats(&self) -> Seats {
        let of = |group: &super::case::Group| {
            let kept: Vec<usize> = group.reserves.iter().map(|kept| kept.places).collect();
            let others = group.places - kept.iter().sum::<usize>();
            kept.into_iter().chain([others]).collect()
        };
        self.groups.iter().map(of).collect()
    }

    /// The first way to seat children, each in one of these groups, and the seats that it leaves.
    pub fn first_seats(
        &self,
        unit: &[usize],
        seats: &Seats,
        groups: impl Fn(usize) -> Vec<usize>,
    ) -> Option<(Vec<usize>, Seats)> {
        let kinds = |child: usize| {
            let tier = self.children[child].tier;
            let of = |group: usize| {
                let reserves = &self.groups[group].reserves;
                let fits = move |kind: &usize| reserves.get(*kind).is_none_or(|kept| kept.tiers.contains(&tier));
                (0..=reserves.len()).filter(fits).map(move |kind| (group, kind))
            };
            groups(child).into_iter().flat_map(of).collect::<Vec<_>>()
        };
        ways(unit.iter().map(|&child| kinds(child))).into_iter().find_map(|way| {
            let mut after = seats.clone();
            for &(group, kind) in &way {
                after[group][kind] = after[group][kind].checked_sub(1)?;
            }
            Some((way.into_iter().map(|(group, _)| group).collect(), after))
        })
    }

    fn seats_in(&self, unit: &[usize], seats: &Seats, home: u32) -> Option<(Vec<usize>, Seats)> {
        self.first_seats(unit, seats, |child| self.takes_in(child, home))
    }

    /// Serves everybody where turns decide.
    pub fn served(&self) -> Vec<Got> {
        let (mut seats, mut got) = (self.seats(), vec![None; self.children.len()]);
        for unit in self.units() {
            let found = match unit[..] {
                [child] => self.list(child).into_iter().find_map(|g| self.first_seats(&unit, &seats, |_| vec![g])),
                _ => self.asks(&unit).into_iter().find_map(|home| self.seats_in(&unit, &seats, home)),
            };
            let Some((groups, after)) = found else { continue };
            seats = after;
            unit.iter().zip(groups).for_each(|(&child, group)| got[child] = Some(group));
        }
        got
    }

    /// Those who, with the units behind them gone, find room in what they like better, or have none where they are.
    pub fn blocking_in_line(&self, got: &[Got]) -> Vec<Vec<usize>> {
        let (mut seats, mut blocking) = (self.seats(), vec![]);
        for unit in self.units() {
            let blocks = match unit[..] {
                [child] => {
                    let mut better = self.list(child).into_iter().take_while(|&group| Some(group) != got[child]);
                    better.any(|group| self.first_seats(&unit, &seats, |_| vec![group]).is_some())
                }
                _ => self.better(&unit, got).into_iter().any(|home| self.seats_in(&unit, &seats, home).is_some()),
            };
            let placed: Vec<usize> = unit.iter().copied().filter(|&child| got[child].is_some()).collect();
            let after = self.first_seats(&placed, &seats, |child| got[child].into_iter().collect());
            let seated = after.is_some();
            seats = after.map_or(seats, |(_, after)| after);
            if blocks || !seated {
                blocking.push(unit);
            }
        }
        blocking
    }

    fn key(&self, ranks: &[usize], child: usize, group: usize) -> Key {
        let own = &self.children[child];
        match self.rule {
            Rule::Program => (own.held != Some(group), own.tier, !own.siblings.contains(&group), ranks[child]),
            _ => (own.held != Some(group), 0, false, ranks[child]),
        }
    }

    /// Whom a group chooses: who holds a place keeps it; each reserve takes its best; the best of the rest.
    fn chosen(&self, ranks: &[usize], group: usize, among: &[usize]) -> Vec<usize> {
        let holds = |child: usize| self.children[child].held == Some(group);
        let places = self.groups[group].places + (0..self.children.len()).filter(|&child| holds(child)).count();
        let mut rest = among.to_vec();
        rest.sort_by_key(|&child| self.key(ranks, child, group));
        let (mut chosen, mut rest): (Vec<usize>, Vec<usize>) = rest.into_iter().partition(|&child| holds(child));
        let mut gone = chosen.len();
        for kept in &self.groups[group].reserves {
            let fits = |child: &usize| kept.tiers.contains(&self.children[*child].tier);
            let best: Vec<usize> = rest.iter().copied().filter(fits).take(kept.places).collect();
            gone += if kept.open { best.len() } else { kept.places };
            rest.retain(|child| !best.contains(child));
            chosen.extend(best);
        }
        chosen.extend(rest.into_iter().take(places.saturating_sub(gone)));
        chosen
    }

    fn there(&self, got: &[Got], group: usize) -> Vec<usize> {
        (0..got.len()).filter(|&child| got[child] == Some(group)).collect()
    }

    /// Whether every group chooses just whom it has.
    pub fn is_kept(&self, got: &[Got]) -> bool {
        let ranks = self.ranks();
        (0..self.groups.len()).all(|group| {
            let there = self.there(got, group);
            self.chosen(&ranks, group, &there).len() == there.len()
        })
    }

    /// Whether a group would choose a child alone that likes it better.
    pub fn envies(&self, got: &[Got], child: usize) -> bool {
        let ranks = self.ranks();
        self.list(child).into_iter().take_while(|&group| Some(group) != got[child]).any(|group| {
            let with: Vec<usize> = self.there(got, group).into_iter().chain([child]).collect();
            self.chosen(&ranks, group, &with).contains(&child)
        })
    }

    /// The kindergartens that a family likes better and that would choose all of it.
    pub fn blocks_at(&self, got: &[Got], unit: &[usize]) -> Vec<u32> {
        let ranks = self.ranks();
        let would = |way: &Vec<usize>| {
            (0..self.groups.len()).all(|group| {
                let coming: Vec<usize> =
                    unit.iter().zip(way).filter(|(_, to)| **to == group).map(|(&child, _)| child).collect();
                let mut with = self.there(got, group);
                with.retain(|child| !unit.contains(child));
                with.extend(&coming);
                let chosen = self.chosen(&ranks, group, &with);
                coming.iter().all(|child| chosen.contains(child))
            })
        };
        let ways_in = |home: u32| ways(unit.iter().map(|&child| self.takes_in(child, home)));
        self.better(unit, got).into_iter().filter(|&home| ways_in(home).iter().any(would)).collect()
    }

    /// Whether some allocation leaves nobody wronged, looking at all.
    pub fn has_solution(&self) -> bool {
        self.try_rest(&self.units(), &mut vec![None; self.children.len()])
    }

    fn try_rest(&self, units: &[Vec<usize>], got: &mut Vec<Got>) -> bool {
        let Some((unit, rest)) = units.split_first() else { return self.is_solution(got) };
        let held: Vec<Got> = unit.iter().map(|&child| self.children[child].held).collect();
        let options: Vec<Vec<Got>> = match unit[..] {
            [child] => self.list(child).into_iter().map(|group| vec![Some(group)]).collect(),
            _ => {
                let ways_in = |home: u32| ways(unit.iter().map(|&child| self.takes_in(child, home)));
                let all = self.asks(unit).into_iter().flat_map(ways_in);
                all.map(|way| way.into_iter().map(Some).collect()).collect()
            }
        };
        let found = options.into_iter().chain([held]).any(|option| {
            unit.iter().zip(option).for_each(|(&child, group)| got[child] = group);
            self.is_kept(got) && self.try_rest(rest, got)
        });
        unit.iter().for_each(|&child| got[child] = None);
        found
    }

    fn is_solution(&self, got: &[Got]) -> bool {
        self.units().iter().all(|unit| match unit[..] {
            [child] => !self.envies(got, child),
            _ => self.blocks_at(got, unit).is_empty(),
        })
    }
}
