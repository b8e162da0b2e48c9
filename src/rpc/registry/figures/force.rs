//! Militia and self-defense bases.

use std::collections::BTreeMap;

use super::place::Place;
use super::{Adder, Sum};
use crate::domain::ids::UnitCode;
use crate::domain::unit::{Echelon, Unit, Units};
use crate::wire::pb;

pub(super) fn add(adder: &mut Adder<'_>, bases: &[pb::MilitiaBase]) {
    for base in bases {
        if base.status() != pb::MilitiaBaseStatus::Active {
            continue;
        }
        let Ok(unit) = base.unit_code.parse::<UnitCode>() else { continue };
        let kind = base.kind().as_str_name().trim_start_matches("MILITIA_BASE_KIND_");
        adder.count(&unit, "bases", &[kind], 1);
        let Some(present) = base.present_count.map(u64::from) else { continue };
        adder.count(&unit, "population", &[], present);
        if let Some(authorised) = base.authorised_count {
            adder.part(&unit, "present", &[], present, authorised.into());
        }
        if let Some(party) = base.party_member_count {
            adder.part(&unit, "party", &[], party.into(), present);
        }
        for strength in &base.by_type {
            adder.count(&unit, "type", &[&strength.force_type], strength.count.into());
        }
    }
    adder.out_of("bases", "bases", 0);
    adder.out_of("type", "population", 0);
    inhabitants(adder);
}

/// The denominators of "population": what is known of each place's inhabitants.
fn inhabitants(adder: &mut Adder<'_>) {
    let (units, top) = (&adder.scope.units, &adder.scope.top);
    let known: BTreeMap<_, _> = adder
        .sums
        .keys()
        .filter(|(_, name, _)| *name == "population")
        .map(|(place, ..)| {
            let whole = place.unit().or(top.as_ref());
            let whole = whole.or_else(|| units.province().map(|province| &province.code));
            (place.clone(), whole.and_then(|unit| population(units, unit)))
        })
        .collect();
    for ((place, name, _), sum) in &mut adder.sums {
        if *name == "population" {
            *sum = Sum { of: sum.of, total: known.get(place).copied().flatten() };
        }
    }
    let lacking: Vec<Place> =
        known.into_iter().filter(|(_at, people)| people.is_none()).map(|(at, _none)| at).collect();
    for place in lacking {
        let whole = place.unit().or(top.as_ref());
        let Some(whole) = whole.or_else(|| units.province().map(|province| &province.code)) else {
            continue;
        };
        let communes: Vec<_> = communes(units, whole).collect();
        let unknown = communes.iter().filter(|commune| commune.population.is_none());
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let sum = Sum { of: count(unknown.count()), total: Some(count(communes.len())) };
        adder.add_at(vec![place], "population_unknown", &[], sum);
    }
}

/// The communes and wards of today that a unit is or has.
fn communes<'a>(units: &'a Units, unit: &'a UnitCode) -> impl Iterator<Item = &'a Unit> {
    let living = units.subtree(unit).filter(|unit| unit.valid_to.is_none());
    living.filter(|unit| unit.echelon() == Echelon::Commune)
}

/// A unit's inhabitants: its own number, or the sum of its communes if all of them are known.
fn population(units: &Units, unit: &UnitCode) -> Option<u64> {
    let own = units.get(unit)?;
    if let Some(people) = own.population {
        return Some(people.into());
    }
    if own.echelon() >= Echelon::Commune {
        return None;
    }
    let mut sum = None;
    for commune in communes(units, unit) {
        sum = Some(sum.unwrap_or(0) + u64::from(commune.population?));
    }
    sum
}
