//! What the registry adds up to: bases, enterprises, training, exercises, disasters.
//!
//! Bases, enterprises and activities are few (hundreds, thousands), so each report opens them all and
//! adds them up as they are now; nothing is kept that could disagree. Reservists and equipment are
//! counted out of the index; opened are those only whose dates decide. Sums only leave this module,
//! nothing of a person, so that the reading is no entry of the ledger. A figure is a numerator and a
//! denominator; a share is for whoever shows it.

mod equipment;
mod force;
mod held;
mod industry;
mod place;
mod reserve;

use std::collections::BTreeMap;
use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::domain::ids::UnitCode;
use crate::domain::world::RecordKind;
use crate::evidence::seal::SealError;
use crate::index::{StoredError, open_value};
use crate::limits;
use crate::rpc::registry::{Caller, Gate, RegistryDoor, RegistryFault, RegistryParts};
use crate::store::keys;
use crate::wire::pb::figure_service_server::FigureService;
use crate::wire::registry::{RegistryRecord, decode};
use crate::wire::{WireError, parse, pb};
use pb::{FigureMap, FigureTopic};
use place::{Place, Scope};

/// A sum under way, in the order in which it is shown.
type Key = (Place, &'static str, Vec<String>);

/// Numerator, and denominator where there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    of: u64,
    total: Option<u64>,
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
        self.add_at(self.scope.places(unit, None), name, group, sum);
    }

    /// As [`Self::add`], at places that were told apart before.
    fn add_at(&mut self, places: Vec<Place>, name: &'static str, group: &[&str], sum: Sum) {
        for place in places {
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
        let scope = self.scope;
        let figure = |((place, name, group), sum): (Key, Sum)| pb::Figure {
            name: name.to_owned(),
            unit_name: place.name(scope),
            unit_code: place.unit().map(ToString::to_string).unwrap_or_default(),
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
        let (topic, by, map) = (request.topic(), request.by(), request.map());
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
        let top = asked.or_else(|| caller.within.clone());
        let scope = Scope { units, top, by, years, is_former: map == FigureMap::Former };
        let (parts, sees_all) = (Arc::clone(self), caller.sees_all);
        let adding = tokio::task::spawn_blocking(move || {
            let mut adder = Adder::new(&scope);
            match topic {
                FigureTopic::Force => force::add(&mut adder, &parts.all()?),
                FigureTopic::Industry => industry::add(&mut adder, &parts.all()?),
                FigureTopic::Training => held::training(&mut adder, &parts.all()?),
                FigureTopic::Exercises => held::exercises(&mut adder, &parts.all()?),
                FigureTopic::Disasters => held::disasters(&mut adder, &parts.all()?),
                FigureTopic::Reserve => parts.reserve(&mut adder, sees_all)?,
                FigureTopic::Equipment => {
                    let today = parts.engine.now().date_in_vietnam();
                    let registry = parts.engine.registry();
                    equipment::add(&mut adder, registry.table(RecordKind::Equipment), today);
                }
                FigureTopic::Unspecified => {
                    return Err(WireError::new("topic", "is none that is added up").into());
                }
            }
            Ok(pb::GetFiguresResponse { figures: adder.figures() })
        });
        adding.await.unwrap_or(Err(RegistryFault::Unreadable))
    }

    /// Reservists: counted, and those opened whose dates decide. Blocks.
    fn reserve(&self, adder: &mut Adder<'_>, sees_all: bool) -> Result<(), RegistryFault> {
        let today = self.engine.now().date_in_vietnam();
        let dated = {
            let registry = self.engine.registry();
            reserve::count(adder, registry.table(RecordKind::Reservist), today)
        };
        for id in dated {
            if let Some(record) = self.opened::<pb::Reservist>(id)? {
                reserve::look(adder, &record, (today, &self.law.holidays))
                    .or(Err(RegistryFault::Unreadable))?;
            }
        }
        reserve::finish(adder, sees_all);
        Ok(())
    }

    /// A record; none if it was erased meanwhile. Blocks.
    fn opened<R: RegistryRecord>(&self, id: [u8; 16]) -> Result<Option<R>, RegistryFault> {
        let open = || {
            let Some(value) = self.engine.store().get(&keys::record(R::KIND, &id))? else {
                return Ok(None);
            };
            Ok(Some(open_value(&self.sealer, R::KIND, &id, &value)?))
        };
        let opened = match open() {
            Err(RegistryFault::Stored(StoredError::Sealed(SealError::Erased))) => Ok(None),
            // Its keys were rotated between the reading and the opening.
            Err(RegistryFault::Stored(StoredError::Sealed(SealError::OtherGeneration {
                ..
            }))) => open(),
            opened => opened,
        };
        let record = opened?.map(|(version, content)| decode(&content, id, version));
        record.transpose().or(Err(RegistryFault::Unreadable))
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
