//! Choosing people and means for an order: the law's order among those who may be called.
//!
//! [`select`] fills each line of required strength, or a reserve unit's plan, from candidates that
//! the index supplies: exact specialty before near, class 1 before class 2, within a rank each unit in
//! proportion to what it has, and there the younger first. It says why each was chosen, counts by
//! reason who could not be, and what units that were not asked could give. The same candidates give
//! the same selection, whatever their order.
//!
//! Who may be called at all is judged for the order's day, by [`standing`]. Pure; knows nothing of
//! names, sheets and orders.

mod fill;
pub mod standing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::domain::callup::fill::Pool;
pub use crate::domain::callup::standing::Barred;

/// Most lines of one selection.
pub const LINES_MAX: usize = 100;
/// Most substitutes that one selection names.
pub const RESERVE_MAX: u32 = 1_000;
/// Most units that are named as able to give what a line lacks.
pub const ELSEWHERE_MAX: usize = 50;

/// Why somebody or something was chosen, the first to be called first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// An active assignment in the plan, and the post's very specialty or type.
    Assigned,
    /// An active assignment in the plan, and a near specialty or type.
    AssignedNear,
    /// The very specialty; class 1, or a professional.
    ExactClass1,
    /// The very specialty, class 2.
    ExactClass2,
    /// The very specialty, class not known.
    ExactUnclassed,
    /// A near specialty; class 1, or a professional.
    NearClass1,
    /// A near specialty, class 2.
    NearClass2,
    /// A near specialty, class not known.
    NearUnclassed,
    /// The very type of equipment.
    TypeExact,
    /// A near type of equipment.
    TypeNear,
    /// On the waiting list of a post of the plan: not called, and the first substitute.
    Waiting,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Assigned,
        Self::AssignedNear,
        Self::ExactClass1,
        Self::ExactClass2,
        Self::ExactUnclassed,
        Self::NearClass1,
        Self::NearClass2,
        Self::NearUnclassed,
        Self::TypeExact,
        Self::TypeNear,
        Self::Waiting,
    ];

    /// Whether it fills the line with another specialty or type than was asked for.
    pub const fn is_near(self) -> bool {
        matches!(
            self,
            Self::AssignedNear
                | Self::NearClass1
                | Self::NearClass2
                | Self::NearUnclassed
                | Self::TypeNear
        )
    }

    /// In Vietnamese, for whoever is called and whoever calls.
    pub const fn vietnamese(self) -> &'static str {
        match self {
            Self::Assigned => "Đã biên chế",
            Self::AssignedNear => "Đã biên chế, gần đúng",
            Self::ExactClass1 => "Đúng chuyên nghiệp, hạng một",
            Self::ExactClass2 => "Đúng chuyên nghiệp, hạng hai",
            Self::ExactUnclassed => "Đúng chuyên nghiệp",
            Self::NearClass1 => "Gần chuyên nghiệp, hạng một",
            Self::NearClass2 => "Gần chuyên nghiệp, hạng hai",
            Self::NearUnclassed => "Gần chuyên nghiệp",
            Self::TypeExact => "Đúng loại",
            Self::TypeNear => "Gần loại",
            Self::Waiting => "Trong danh sách chờ",
        }
    }
}

/// How far a unit is from those that are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// It is asked: people and means are called from it.
    Asked,
    /// It is not, but lies in the area of one that is.
    SameArea,
    /// It lies elsewhere.
    Elsewhere,
}

/// One who could be called, as the index knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The supplier's number for the record; one record has one number.
    pub row: u32,
    /// The place of their unit among [`Demand::units`].
    pub unit: u32,
    /// The place they would have, or why they have none.
    pub standing: Result<Place, Barred>,
}

/// A place in the law's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The rank they are called in.
    pub reason: Reason,
    /// Within unit and rank, the lower first: the younger of people, the technical grade of means. Of
    /// those who wait: the place on the list, whatever the unit.
    pub rank: u32,
}

/// How well candidates fit a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nearness {
    /// The very specialty or type, or a place in the plan.
    Exact,
    /// A near one.
    Near,
}

/// What is to be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The number wanted by each line, at most [`LINES_MAX`] lines.
    pub wanted: Vec<u32>,
    /// Every unit that a candidate may be in, by place.
    pub units: Vec<Reach>,
    /// Whether candidates are those whom a plan has: whoever of them cannot be called is missed, from
    /// wherever.
    pub by_plan: bool,
    /// Substitutes wanted, in percent of each line, rounded up.
    pub reserve_percent: u32,
}

/// One who was chosen, or stands by as a substitute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    /// The record.
    pub row: u32,
    /// Its unit, by place.
    pub unit: u32,
    /// Which line it fills, by place.
    pub line: u32,
    /// Why.
    pub reason: Reason,
}

/// How one line was filled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineFill {
    /// How many were wanted.
    pub wanted: u32,
    /// Called with the very specialty, type or assignment.
    pub exact: u32,
    /// Called with a near one.
    pub near: u32,
    /// Those of the asked units who were looked at and could not be called; of whom a plan has, wherever
    /// they are.
    pub refused: BTreeMap<Barred, u32>,
    /// When the line falls short: units that are not asked and what they could give, the nearest and
    /// largest first.
    pub elsewhere: Vec<(u32, u32)>,
    /// Substitutes, in the order in which they are to be called.
    pub reserve: Vec<Chosen>,
}

impl LineFill {
    /// How many are lacking.
    pub const fn shortfall(&self) -> u32 {
        self.wanted.saturating_sub(self.exact + self.near)
    }
}

/// A selection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Everybody and everything that is called: line by line, and there by rank and unit.
    pub chosen: Vec<Chosen>,
    /// How each line was filled.
    pub lines: Vec<LineFill>,
}

/// Rows that fill a line. Plain bits: every candidate of every later line is looked up.
#[derive(Debug, Default)]
struct Taken(Vec<u64>);

impl Taken {
    const BITS: u32 = u64::BITS;

    fn place(row: u32) -> (usize, u64) {
        let word = usize::try_from(row / Self::BITS).expect("an address has 32 bits and more");
        (word, 1 << (row % Self::BITS))
    }

    fn insert(&mut self, row: u32) {
        let (word, bit) = Self::place(row);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= bit;
    }

    fn contains(&self, row: u32) -> bool {
        let (word, bit) = Self::place(row);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}

/// Fills each line in turn. `candidates` gives those of a line, once each, in any order: first those
/// that fit it exactly and whom a plan has, then, only where those are too few for the line and its
/// substitutes, the near ones. Whoever fills an earlier line is passed over in a later one.
pub fn select<I>(demand: &Demand, mut candidates: impl FnMut(u32, Nearness) -> I) -> Selection
where
    I: Iterator<Item = Candidate>,
{
    let mut taken = Taken::default();
    let mut selection = Selection::default();
    let mut reserve_left = RESERVE_MAX;
    for (line, wanted) in (0_u32..).zip(demand.wanted.iter().take(LINES_MAX)) {
        let hundredths = u64::from(*wanted) * u64::from(demand.reserve_percent.min(100));
        // A small line has a substitute too.
        let reserve = hundredths.div_ceil(100);
        let reserve = u32::try_from(reserve).unwrap_or(u32::MAX).min(reserve_left);
        let enough = wanted.saturating_add(reserve);
        let of_line = |nearness| candidates(line, nearness);
        let mut pool = Pool::gather(demand, of_line, enough, &taken);
        let chosen = pool.take(*wanted, line);
        // Who waits for a post comes before all others who could take it.
        let mut substitutes = pool.take_waiting(reserve, line);
        let waiting = u32::try_from(substitutes.len()).unwrap_or(reserve);
        substitutes.extend(pool.take(reserve.saturating_sub(waiting), line));
        let reserve = substitutes;
        reserve_left -= u32::try_from(reserve.len()).unwrap_or(reserve_left);
        chosen.iter().for_each(|one| taken.insert(one.row));
        let near = chosen.iter().filter(|one| one.reason.is_near()).count();
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let mut fill = LineFill {
            wanted: *wanted,
            exact: count(chosen.len() - near),
            near: count(near),
            refused: pool.refused(),
            elsewhere: Vec::new(),
            reserve,
        };
        if fill.shortfall() > 0 {
            fill.elsewhere = pool.elsewhere(demand);
        }
        selection.chosen.extend(chosen);
        selection.lines.push(fill);
    }
    selection
}
