//! What the registry adds up to: bases, enterprises, training, exercises, disasters.
//!
//! Bases, enterprises and activities are few (hundreds, thousands), so each report opens them all and
//! adds them up as they are now; nothing is kept that could disagree. Sums only leave this module,
//! nothing of a person, so that the reading is no entry of the ledger. A figure is a numerator and a
//! denominator; a share is for whoever shows it.

mod force;
mod held;
mod industry;

use std::collections::BTreeMap;
use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::domain::ids::UnitCode;
use crate::domain::unit::Units;
use crate::index::open_value;
use crate::limits;
use crate::rpc::registry::{Caller, Gate, RegistryDoor, RegistryFault, RegistryParts};
use crate::store::keys;
use crate::wire::pb::figure_service_server::FigureService;
use crate::wire::registry::{RegistryRecord, decode};
use crate::wire::{WireError, parse, pb};
use pb::{FigureGrouping, FigureTopic};

/// A sum under way, in the order in which it is shown.
type Key = (Option<UnitCode>, &'static str, Vec<String>);

/// Numerator, and denominator where there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    of: u64,
    total: Option<u64>,
}

/// Which records count, and under which units.
struct Scope {
    units: Units,
    /// Only what lies under it.
    top: Option<UnitCode>,
    by: FigureGrouping,
    /// Years of what was held, both ends included.
    years: (u32, u32),
}

impl Scope {
    /// The groups that a record of a unit counts in: the total and its own; none if it is outside.
    fn places(&self, unit: &UnitCode) -> Vec<Option<UnitCode>> {
        let unit = self.units.current(unit);
        if self.top.as_ref().is_some_and(|top| !self.units.is_within(unit, top)) {
            return Vec::new();
        }
        let province = self.units.province().map(|province| &province.code);
        let own = match self.by {
            FigureGrouping::Unspecified => None,
            FigureGrouping::Area => self.units.area_of(unit).map(|area| &area.code).or(province),
            FigureGrouping::Unit => Some(unit),
        };
        std::iter::once(None).chain(own.map(|own| Some(own.clone()))).collect()
    }

    fn takes_year(&self, year: u32) -> bool {
        (self.years.0..=self.years.1).contains(&year)
    }
}

/// Figures being added up.
struct Adder<'a> {
    scope: &'a Scope,
    sums: BTreeMap<Key, Sum>,
}

impl<'a> Adder<'a> {
    const fn new(scope: &'a Scope) -> Self {
        Self { scope, sums: BTreeMap::new() }
    }

    /// Adds to a numerator, and to the denominator where there is one, wherever the unit counts.
    fn add(&mut self, unit: &UnitCode, name: &'static str, group: &[&str], sum: Sum) {
        for place in self.scope.places(unit) {
            let group = group.iter().map(|part| (*part).to_owned()).collect();
            let held = self.sums.entry((place, name, group)).or_default();
            held.of = held.of.saturating_add(sum.of);
            if let Some(total) = sum.total {
                held.total = Some(held.total.unwrap_or(0).saturating_add(total));
            }
        }
    }

    fn count(&mut self, unit: &UnitCode, name: &'static str, group: &[&str], of: u64) {
        self.add(unit, name, group, Sum { of, total: None });
    }

    fn part(&mut self, unit: &UnitCode, name: &'static str, group: &[&str], of: u64, total: u64) {
        self.add(unit, name, group, Sum { of, total: Some(total) });
    }

    /// Gives every figure of one name, group by group, the sum of another as its denominator.
    fn out_of(&mut self, name: &'static str, whole: &'static str, shared: usize) {
        let totals: BTreeMap<Key, u64> = self
            .sums
            .iter()
            .filter(|((_, found, _), _)| *found == whole)
            .fold(BTreeMap::new(), |mut totals, ((place, _, group), sum)| {
                let head = group.iter().take(shared).cloned().collect();
                *totals.entry((place.clone(), whole, head)).or_default() += sum.of;
                totals
            });
        for ((place, found, group), sum) in &mut self.sums {
            if *found == name {
                let head = group.iter().take(shared).cloned().collect();
                sum.total = totals.get(&(place.clone(), whole, head)).copied();
            }
        }
    }

    fn figures(self) -> Vec<pb::Figure> {
        let units = &self.scope.units;
        let named = |code: &Option<UnitCode>| {
            let unit = code.as_ref().and_then(|code| units.get(code));
            unit.map(|unit| unit.name.clone()).unwrap_or_default()
        };
        let figure = |((place, name, group), sum): (Key, Sum)| pb::Figure {
            name: name.to_owned(),
            unit_name: named(&place),
            unit_code: place.map(|code| code.to_string()).unwrap_or_default(),
            group,
            numerator: sum.of,
            denominator: sum.total,
        };
        self.sums.into_iter().map(figure).collect()
    }
}

impl RegistryParts {
    async fn figures(
        self: &Arc<Self>,
        request: pb::GetFiguresRequest,
        caller: &Caller,
    ) -> Result<pb::GetFiguresResponse, RegistryFault> {
        let (topic, by) = (request.topic(), request.by());
        let units = self.units();
        let asked = match request.unit_code.as_str() {
            "" => None,
            code => Some(parse::<UnitCode>("unit_code", code)?),
        };
        if let Some(unit) = &asked {
            let known = units.get(unit).is_some();
            if !known || !caller.reaches(unit, &units) {
                return Err(WireError::new("unit_code", "is no unit under yours").into());
            }
        }
        let open_end = |year| if year == 0 { u32::MAX } else { year };
        let years = (request.from_year, open_end(request.to_year));
        if years.0 > years.1 {
            return Err(WireError::new("to_year", "is before from_year").into());
        }
        let scope = Scope { units, top: asked.or_else(|| caller.within.clone()), by, years };
        let parts = Arc::clone(self);
        let adding = tokio::task::spawn_blocking(move || {
            let mut adder = Adder::new(&scope);
            match topic {
                FigureTopic::Force => force::add(&mut adder, &parts.all()?),
                FigureTopic::Industry => industry::add(&mut adder, &parts.all()?),
                FigureTopic::Training => held::training(&mut adder, &parts.all()?),
                FigureTopic::Exercises => held::exercises(&mut adder, &parts.all()?),
                FigureTopic::Disasters => held::disasters(&mut adder, &parts.all()?),
                FigureTopic::Reserve | FigureTopic::Unspecified => {
                    return Err(WireError::new("topic", "is none that is added up").into());
                }
            }
            Ok(pb::GetFiguresResponse { figures: adder.figures() })
        });
        adding.await.unwrap_or(Err(RegistryFault::Unreadable))
    }

    /// Every record of a kind that has few. Blocks.
    fn all<R: RegistryRecord>(&self) -> Result<Vec<R>, RegistryFault> {
        let store = self.engine.store();
        let (mut after, mut records) = (Vec::new(), Vec::new());
        loop {
            let page = store.scan(keys::records(R::KIND), &after, limits::SCAN_PAGE_LEN)?;
            let Some((last, _value)) = page.last() else { return Ok(records) };
            after.clone_from(last);
            for (key, value) in page {
                let id = keys::record_id(R::KIND, &key).ok_or(RegistryFault::Unreadable)?;
                let (version, content) = open_value(&self.sealer, R::KIND, &id, &value)?;
                records.push(decode(&content, id, version).or(Err(RegistryFault::Unreadable))?);
            }
        }
    }
}

#[tonic::async_trait]
impl<G: Gate> FigureService for RegistryDoor<G> {
    async fn get_figures(
        &self,
        request: Request<pb::GetFiguresRequest>,
    ) -> Result<Response<pb::GetFiguresResponse>, Status> {
        let caller = self.enter(&request, "GetFigures")?;
        let figures = self.parts.figures(request.into_inner(), &caller).await;
        self.answer(figures)
    }
}

#[cfg(test)]
mod tests;
