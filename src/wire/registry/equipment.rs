//! Equipment.

use crate::domain::registry::{
    CapacityUnit, Driver, Equipment, EquipmentInput, EquipmentStatus, Lists, OwnerKind, Period,
    Plate,
};
use crate::domain::text::fold;
use crate::domain::unit::Units;
use crate::domain::world::RecordKind;
use crate::wire::registry::changes::stamp::{made, stamped};
use crate::wire::registry::plan::date;
use crate::wire::registry::{
    Facet, Facets, FieldProblem, Found, Numbers, RegistryRecord, Returning, Terms, View, civil,
    day_text, digit, e164, hide, initials, keep_unit, period, proto_field, said, small, term,
    text_of,
};
use crate::wire::{WireError, parse, pb};

impl RegistryRecord for pb::Equipment {
    const KIND: RecordKind = RecordKind::Equipment;

    fn checked(&self, lists: &Lists<'_>) -> Result<Self, Vec<FieldProblem>> {
        match EquipmentInput::from(self).check(lists) {
            Ok(checked) => Ok(Self::from(&checked.record)),
            Err(problems) => Err(problems.iter().map(proto_field).collect()),
        }
    }

    fn identity(&self) -> (&str, u64) {
        (&self.equipment_id, self.version)
    }

    fn identify(&mut self, id: String, version: u64) {
        self.created_time = made(&id);
        self.equipment_id = id;
        self.version = version;
    }

    stamped!(29, 30, 31);

    fn show(&mut self, view: View) {
        if view == View::Whole {
            return;
        }
        self.owner_phones.iter_mut().for_each(hide);
        self.owner_address.clear();
        self.owner_contact.clear();
        self.status_certificate.clear();
        self.note.clear();
        self.drivers.iter_mut().for_each(|driver| hide(&mut driver.citizen_id));
        if view == View::Masked {
            [&mut self.plate, &mut self.chassis_number, &mut self.engine_number]
                .into_iter()
                .for_each(hide);
            if self.owner_kind() != pb::OwnerKind::Organisation {
                initials(&mut self.owner_name);
            }
        }
    }

    fn facets(&self) -> Result<Facets, WireError> {
        let unit = CapacityUnit::ALL.iter().find(|unit| unit.vietnamese() == self.capacity_unit);
        let facets = Facets::of(parse("location_unit_code", &self.location_unit_code)?)
            .code(Facet::Code, &self.type_code)
            .number(Facet::EquipmentClass, small("equipment_class", self.equipment_class)?)
            .number(Facet::Status, small("status", self.status)?)
            .number(Facet::Grade, small("technical_grade", self.technical_grade)?)
            .number(Facet::CapacityUnit, unit.map_or(0, |unit| unit.number().into()))
            .number(Facet::OwnerKind, small("owner_kind", self.owner_kind)?)
            .answer(Facet::HasDrivers, Some(!self.drivers.is_empty()))
            .number(Facet::Year, small("year", self.year)?)
            .day(Facet::Rechecked, date("last_recheck_date", self.last_recheck_date.as_ref())?);
        let passes = self.status() != pb::EquipmentStatus::Available;
        let status = if passes {
            period(&self.status_start_date, &self.status_end_date)?
        } else {
            Period::default()
        };
        let facets = facets.turning(Terms { status, ..Terms::default() });
        Ok(Facets { capacity: self.capacity_thousandths, ..facets })
    }

    /// What was sold may be there again as somebody else's.
    fn returning(&self, stored: &Self) -> Returning {
        use pb::EquipmentStatus::{Scrapped, Sold};
        let has_ended = |status| matches!(status, Scrapped | Sold);
        let is_sold = stored.status() == Sold && fold(&self.owner_name) != fold(&stored.owner_name);
        match (has_ended(stored.status()), has_ended(self.status())) {
            (true, false) if is_sold => Returning::Explained,
            (true, false) => Returning::Unexplained,
            _ => Returning::No,
        }
    }

    fn keep_from(&mut self, stored: &Self, units: &Units) -> Option<&'static str> {
        keep_unit(&mut self.location_unit_code, &stored.location_unit_code, units);
        None
    }

    fn numbers(&self) -> Numbers<'_> {
        let [chassis, plate, engine] = [
            ("chassis_number", &self.chassis_number),
            ("plate", &self.plate),
            ("engine_number", &self.engine_number),
        ]
        .map(|(kind, number)| (!number.is_empty()).then(|| (kind, number.as_str().into())));
        // Engines are moved from one chassis to another: their number tells only where no other does.
        if chassis.is_none() && plate.is_none() { [engine, None] } else { [chassis, plate] }
    }

    fn found(&self) -> Found<'_> {
        Found { name: "", phones: &self.owner_phones }
    }
}

/// The message as text, for the check.
impl From<&pb::Equipment> for EquipmentInput {
    fn from(message: &pb::Equipment) -> Self {
        EquipmentInput {
            kind: message.type_code.clone(),
            make_model: message.make_model.clone(),
            plate: message.plate.clone(),
            chassis_no: message.chassis_number.clone(),
            engine_no: message.engine_number.clone(),
            capacity_value: match message.capacity_thousandths {
                0 => String::new(),
                thousandths => format!("{}.{:03}", thousandths / 1000, thousandths % 1000),
            },
            capacity_unit: message.capacity_unit.clone(),
            year: digit(message.year),
            technical_grade: digit(message.technical_grade),
            owner_name: message.owner_name.clone(),
            owner_kind: term(message.owner_kind, OwnerKind::from_number, OwnerKind::code),
            owner_phones: message.owner_phones.join(";"),
            owner_address: message.owner_address.clone(),
            owner_contact: message.owner_contact.clone(),
            status_from: day_text(message.status_start_date.as_ref()),
            status_to: day_text(message.status_end_date.as_ref()),
            status_certificate: message.status_certificate.clone(),
            registered_on: day_text(message.registered_date.as_ref()),
            last_recheck_on: day_text(message.last_recheck_date.as_ref()),
            drivers: message.drivers.iter().map(driver_text).collect::<Vec<_>>().join(";"),
            location_unit: message.location_unit_code.clone(),
            hamlet: message.hamlet.clone(),
            status: said(message.status, EquipmentStatus::from_number, EquipmentStatus::code),
            note: message.note.clone(),
        }
    }
}

fn driver_text(driver: &pb::Driver) -> String {
    match driver.licence_class.as_str() {
        "" => driver.citizen_id.clone(),
        class => format!("{} ({class})", driver.citizen_id),
    }
}

impl From<&Driver> for pb::Driver {
    fn from(driver: &Driver) -> Self {
        Self {
            citizen_id: driver.citizen_id.digits(),
            licence_class: text_of(driver.licence_class.as_ref()),
        }
    }
}

impl From<&Equipment> for pb::Equipment {
    fn from(item: &Equipment) -> Self {
        let unit_of_capacity = item.capacity.map(|capacity| capacity.unit.vietnamese().to_owned());
        Self {
            equipment_id: String::new(),
            version: 0,
            created_time: None,
            updated_time: None,
            source: 0,
            known_date: None,
            type_code: item.kind.to_string(),
            make_model: text_of(item.make_model.as_ref()),
            plate: item.plate.as_ref().map(Plate::as_str).unwrap_or_default().to_owned(),
            chassis_number: text_of(item.chassis_no.as_ref()),
            engine_number: text_of(item.engine_no.as_ref()),
            capacity_thousandths: item.capacity.map_or(0, |capacity| capacity.thousandths),
            capacity_unit: unit_of_capacity.unwrap_or_default(),
            year: item.year.and_then(|year| u32::try_from(year).ok()).unwrap_or_default(),
            technical_grade: item.technical_grade.map_or(0, |grade| grade.number().into()),
            owner_name: item.owner.name.clone(),
            owner_phones: e164(&item.owner.phones),
            owner_address: text_of(item.owner.address.as_ref()),
            location_unit_code: item.location_unit.to_string(),
            status: item.status.number().into(),
            note: text_of(item.note.as_ref()),
            equipment_class: item.class.number().into(),
            owner_kind: item.owner.kind.number().into(),
            drivers: item.drivers.iter().map(pb::Driver::from).collect(),
            hamlet: text_of(item.hamlet.as_ref()),
            owner_contact: text_of(item.owner.contact.as_ref()),
            status_start_date: item.status_period.from.map(civil),
            status_end_date: item.status_period.to.map(civil),
            status_certificate: text_of(item.status_certificate.as_ref()),
            registered_date: item.registered_on.map(civil),
            last_recheck_date: item.last_recheck_on.map(civil),
        }
    }
}
