//! Technical means: by type, class, status and grade, and what was rechecked. Out of the index alone.

use jiff::civil::Date;

use super::Adder;
use crate::domain::registry::lateness::is_fresh;
use crate::domain::registry::{EquipmentClass, EquipmentStatus};
use crate::index::{Table, Tally};
use crate::wire::registry::{Facet, Value, numbered_day};

pub(super) fn add(adder: &mut Adder<'_>, table: &Table, today: Date) {
    let scope = adder.scope;
    let tally = Tally::new(table, false, |unit, former| scope.places(unit, former));
    let all = tally.all();
    for (value, part) in tally.by_value(Facet::Status) {
        let name = status(value).map_or("?", EquipmentStatus::code).to_ascii_uppercase();
        adder.take(&tally, "equipment", &[&name], (&part, Some(&all)));
    }
    let gone = tally.with(Facet::Status, |value| {
        matches!(status(value), Some(EquipmentStatus::Sold | EquipmentStatus::Scrapped))
    });
    let registered = all.less(&gone);
    adder.take(&tally, "registered", &[], (&registered, Some(&all)));
    let groups = [("type", Facet::Code), ("class", Facet::EquipmentClass), ("grade", Facet::Grade)];
    for (name, facet) in groups {
        for (value, part) in tally.by_value(facet) {
            let group = match value {
                Value::Code(code) => code.to_string(),
                Value::Number(number) if facet == Facet::EquipmentClass => class(*number),
                Value::Number(number) => number.to_string(),
            };
            adder.take(&tally, name, &[&group], (&part.and(&registered), Some(&registered)));
        }
    }
    let fresh = tally.with(
        Facet::Rechecked,
        |value| matches!(value, Value::Number(number) if is_fresh(numbered_day(*number), today)),
    );
    adder.take(&tally, "recheck", &[], (&fresh.and(&registered), Some(&registered)));
    let driven = tally.with(Facet::HasDrivers, |value| *value == Value::Number(1));
    adder.take(&tally, "driver", &[], (&driven.and(&registered), Some(&registered)));
}

fn status(value: &Value) -> Option<EquipmentStatus> {
    let Value::Number(number) = value else { return None };
    u8::try_from(*number).ok().and_then(EquipmentStatus::from_number)
}

fn class(number: u16) -> String {
    let class = u8::try_from(number).ok().and_then(EquipmentClass::from_number);
    class.map_or("?", EquipmentClass::code).to_ascii_uppercase()
}
