//! Where a record counts: by the map of today, or by that of before the mergers.

use crate::domain::ids::UnitCode;
use crate::domain::unit::{UnitKind, Units};
use crate::wire::pb::FigureGrouping;

/// One place of a report, the whole first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// All that was asked for.
    Whole,
    /// A unit.
    Unit(UnitCode),
    /// A former unit that no list knows, as a file named it.
    Named(String),
}

impl Place {
    pub(super) const fn unit(&self) -> Option<&UnitCode> {
        match self {
            Self::Unit(code) => Some(code),
            Self::Whole | Self::Named(_) => None,
        }
    }

    pub(super) fn name(&self, scope: &Scope) -> String {
        match self {
            Self::Whole => String::new(),
            Self::Unit(code) => {
                scope.units.get(code).map(|unit| unit.name.clone()).unwrap_or_default()
            }
            Self::Named(name) => name.clone(),
        }
    }
}

/// Which records count, and under which units.
pub(super) struct Scope {
    pub(super) units: Units,
    /// Only what lies under it.
    pub(super) top: Option<UnitCode>,
    pub(super) by: FigureGrouping,
    /// Years of what was held, both ends included.
    pub(super) years: (u32, u32),
    /// By the map of before mergers.
    pub(super) is_former: bool,
}

impl Scope {
    /// The places that a record of a unit counts in: the whole and its own; none if it is outside.
    /// `former` is the former unit that its file named.
    pub(super) fn places(&self, unit: &UnitCode, former: Option<&str>) -> Vec<Place> {
        let now = if self.is_former { unit } else { self.units.current(unit) };
        if self.top.as_ref().is_some_and(|top| !self.units.is_within(now, top)) {
            return Vec::new();
        }
        let own = match (self.by, self.is_former) {
            (FigureGrouping::Unspecified, _) => None,
            (FigureGrouping::Unit, false) => Some(Place::Unit(now.clone())),
            (FigureGrouping::Area, false) => self.area(now),
            (FigureGrouping::Unit, true) => Some(self.before(unit, former)),
            (FigureGrouping::Area, true) => match self.before(unit, former) {
                Place::Unit(before) => self.district(&before).or_else(|| self.area(&before)),
                Place::Whole | Place::Named(_) => self.area(unit),
            },
        };
        std::iter::once(Place::Whole).chain(own).collect()
    }

    fn area(&self, unit: &UnitCode) -> Option<Place> {
        let area = self.units.area_of(unit).or_else(|| self.units.province());
        area.map(|area| Place::Unit(area.code.clone()))
    }

    /// The unit of before: the one that was named, if it is one of those that the unit followed.
    fn before(&self, unit: &UnitCode, former: Option<&str>) -> Place {
        let Some(former) = former else { return Place::Unit(unit.clone()) };
        let is_it = |before: &str| before == former || before.ends_with(&format!(" {former}"));
        let now = self.units.current(unit);
        let mut found = self.units.predecessors(now).filter(|before| is_it(&before.name));
        let found = found.next().map(|before| Place::Unit(before.code.clone()));
        found.unwrap_or_else(|| Place::Named(former.to_owned()))
    }

    /// The district command that a former unit was under.
    fn district(&self, unit: &UnitCode) -> Option<Place> {
        let parent = |code: &UnitCode| self.units.get(code)?.parent.as_ref();
        let mut above = std::iter::successors(Some(unit), |code| parent(code));
        let found = above.find(|code| {
            self.units.get(code).is_some_and(|unit| unit.kind == UnitKind::DistrictCommand)
        });
        found.map(|code| Place::Unit(code.clone()))
    }

    pub(super) fn takes_year(&self, year: u32) -> bool {
        (self.years.0..=self.years.1).contains(&year)
    }
}
