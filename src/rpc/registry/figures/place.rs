//! Where a record counts: by the map of today, or by that of before the mergers.

use std::sync::Arc;

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
    /// What has no place on the old map: entered with a unit of today that followed several, and no
    /// word of which.
    Unplaced,
}

/// The row of what has no place on the old map.
const UNPLACED: &str = "(no place on the old map)";

impl Place {
    pub(super) const fn unit(&self) -> Option<&UnitCode> {
        match self {
            Self::Unit(code) => Some(code),
            Self::Whole | Self::Named(_) | Self::Unplaced => None,
        }
    }

    pub(super) fn name(&self, scope: &Scope) -> String {
        match self {
            Self::Whole => String::new(),
            Self::Unit(code) => {
                scope.units.get(code).map(|unit| unit.name.clone()).unwrap_or_default()
            }
            Self::Named(name) => name.clone(),
            Self::Unplaced => UNPLACED.to_owned(),
        }
    }
}

/// Which records count, and under which units.
pub(super) struct Scope {
    pub(super) units: Arc<Units>,
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
        let before = self.is_former.then(|| self.before(unit, former));
        let is_within = |top: &UnitCode| {
            let was = before.as_ref().and_then(Place::unit);
            self.units.is_within(now, top) || was.is_some_and(|was| self.units.is_within(was, top))
        };
        if self.top.as_ref().is_some_and(|top| !is_within(top)) {
            return Vec::new();
        }
        let own = match (self.by, before) {
            (FigureGrouping::Unspecified, _) => None,
            (FigureGrouping::Unit, None) => Some(Place::Unit(now.clone())),
            (FigureGrouping::Area, None) => self.area(now),
            (FigureGrouping::Unit, Some(before)) => Some(before),
            (FigureGrouping::Area, Some(Place::Unit(before))) => Some(self.district(&before)),
            (FigureGrouping::Area, Some(_unknown)) => Some(self.common_district(unit)),
        };
        std::iter::once(Place::Whole).chain(own).collect()
    }

    fn area(&self, unit: &UnitCode) -> Option<Place> {
        let area = self.units.area_of(unit).or_else(|| self.units.province());
        area.map(|area| Place::Unit(area.code.clone()))
    }

    /// The unit of before: the one that was named, if it is one of those that the unit followed; the
    /// one itself, if it was there then or followed one only.
    fn before(&self, unit: &UnitCode, former: Option<&str>) -> Place {
        let now = self.units.current(unit);
        let mut follows = self.units.predecessors(now);
        if let Some(former) = former {
            let is_it = |before: &str| before == former || before.ends_with(&format!(" {former}"));
            let found = follows.find(|before| is_it(&before.name));
            return found.map_or_else(
                || Place::Named(former.to_owned()),
                |one| Place::Unit(one.code.clone()),
            );
        }
        if unit != now {
            return Place::Unit(unit.clone());
        }
        match (follows.next(), follows.next()) {
            (None, _) => Place::Unit(unit.clone()),
            (Some(only), None) => Place::Unit(only.code.clone()),
            (Some(_one), Some(_of_several)) => Place::Unplaced,
        }
    }

    /// The district command that all units were under which a unit of today followed.
    fn common_district(&self, unit: &UnitCode) -> Place {
        let now = self.units.current(unit);
        let mut districts = self.units.predecessors(now).map(|before| self.district(&before.code));
        let Some(first) = districts.next() else { return Place::Unplaced };
        if districts.all(|next| next == first) { first } else { Place::Unplaced }
    }

    /// The district command that a former unit was or was under; the province is itself.
    fn district(&self, unit: &UnitCode) -> Place {
        let parent = |code: &UnitCode| self.units.get(code)?.parent.as_ref();
        let mut above = std::iter::successors(Some(unit), |code| parent(code));
        let found = above.find(|code| {
            let kind = self.units.get(code).map(|unit| unit.kind);
            let is_whole = *code == unit && kind == Some(UnitKind::ProvincialCommand);
            is_whole || kind == Some(UnitKind::DistrictCommand)
        });
        found.map_or(Place::Unplaced, |code| Place::Unit(code.clone()))
    }

    pub(super) fn takes_year(&self, year: u32) -> bool {
        (self.years.0..=self.years.1).contains(&year)
    }
}
