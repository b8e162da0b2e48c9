//! Endpoints that come and go with units: nobody who is called may be out of reach because their unit
//! was reorganized.
//!
//! Whatever takes the place of a unit gets the lines which that one had and it has not. Numbers are
//! never used twice.

use std::collections::BTreeSet;

use super::check_document;
use crate::domain::endpoint::{Address, ENDPOINTS_MAX, EndpointError, Line};
use crate::domain::ids::{EndpointNo, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::order::delivery::DeliveryState;
use crate::domain::unit::{Change, Echelon, Unit};
use crate::domain::world::{Event, OrderFile, Refusal, World};

/// An endpoint that a reorganization made or took out of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its number.
    pub no: EndpointNo,
    /// Where it is.
    pub address: Address,
}

impl World {
    /// The endpoints that a change makes; `units` is what it makes of units.
    ///
    /// # Errors
    /// [`EndpointError::TooMany`].
    pub fn plan_endpoints(
        &self,
        change: &Change,
        units: &[Unit],
    ) -> Result<Vec<Placed>, EndpointError> {
        let echelon = |code: &UnitCode| {
            let after = units.iter().find(|unit| unit.code == *code);
            after.or_else(|| self.units.get(code)).map(Unit::echelon)
        };
        let mut lacking: BTreeSet<Address> = BTreeSet::new();
        for (from, to) in heirs(change) {
            for endpoint in self.endpoints.in_use().filter(|own| own.address.unit == *from) {
                let address = Address { unit: to.clone(), line: endpoint.address.line };
                let has_line =
                    address.line == Line::Military || echelon(to) == Some(Echelon::Commune);
                if has_line && self.endpoints.at(&address).is_none() {
                    lacking.insert(address);
                }
            }
        }
        let numbered = (self.endpoints.len() + 1..).zip(lacking).map(|(number, address)| {
            let no = u32::try_from(number).ok().filter(|_no| number <= ENDPOINTS_MAX);
            let no = no.map(EndpointNo::new).ok_or(EndpointError::TooMany)?;
            Ok(Placed { no, address })
        });
        numbered.collect()
    }

    /// The endpoints in use that the change of an entry made: those that taking it back retires.
    pub fn placed_by(&self, entry: u64) -> Vec<Placed> {
        let made = self.reorganizations.get(&entry).map(|own| own.done.endpoints.as_slice());
        let in_use = |placed: &&Placed| {
            self.endpoints.get(placed.no).is_some_and(|endpoint| !endpoint.is_retired)
        };
        made.unwrap_or_default().iter().filter(in_use).cloned().collect()
    }

    pub(in crate::domain::world) fn retire_endpoint(
        &self,
        address: &Address,
        document: &str,
        force: bool,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        check_document(document)?;
        let unknown = || Refusal::EndpointUnknown { address: address.clone() };
        let no = self.endpoints.at(address).ok_or_else(unknown)?.no;
        if let Some(file) = self.awaiting(no, now).filter(|_file| !force) {
            let (address, order) = (address.clone(), file.order.number_text());
            return Err(Refusal::EndpointAwaited { address, order });
        }
        Ok(vec![Event::EndpointRetired { no, document: document.to_owned() }])
    }

    /// An order in force that an endpoint has neither completed nor declined.
    fn awaiting(&self, no: EndpointNo, now: Instant) -> Option<&OrderFile> {
        self.current(now).find(|file| {
            let state = file.deliveries.get(&no).map(|delivery| delivery.state);
            let is_done = matches!(state, Some(DeliveryState::Completed | DeliveryState::Declined));
            file.order.audience.contains(no) && !is_done
        })
    }
}

/// Which unit ends or gives a part, and what takes its place there.
fn heirs(change: &Change) -> Vec<(&UnitCode, &UnitCode)> {
    match change {
        Change::Merge { units, into, .. } => {
            units.iter().filter(|unit| *unit != into).map(|unit| (unit, into)).collect()
        }
        Change::Split { unit, parts, .. } => parts.iter().map(|part| (unit, &part.code)).collect(),
        Change::Close { unit, successors } => successors.iter().map(|own| (unit, own)).collect(),
        Change::Rename { .. } | Change::Move { .. } => Vec::new(),
    }
}
