//! The rows of the sheets: the one place where names are taken out of their records.

use std::collections::BTreeMap;

use crate::domain::ids::UnitCode;
use crate::domain::text::sort_key;
use crate::domain::world::RecordKind;
use crate::engine::Engine;
use crate::evidence::seal::Sealer;
use crate::rpc::services::call_up::candidates::record;
use crate::rpc::services::call_up::choose::{Made, reason};
use crate::rpc::status::Reject;
use crate::wire::order::call_up::pages::{Row, UnitRows};
use crate::wire::pb;

/// A row with what it is listed by: people before means, line by line, then by name.
type Listed = ((bool, u32, String), [u8; 16], Row);

impl Made {
    /// Every asked unit with its rows; units that give nobody too. Blocks on opening the records,
    /// whose reading must be in the ledger.
    pub(super) fn rows(&self, engine: &Engine, sealer: &Sealer) -> Result<Vec<UnitRows>, Reject> {
        let mut of_unit: BTreeMap<&UnitCode, Vec<Listed>> = BTreeMap::new();
        for one in self.chosen() {
            let (Some((kind, id)), Some(unit)) = (
                self.record(one),
                usize::try_from(one.unit).ok().and_then(|place| self.units.get(place)),
            ) else {
                continue;
            };
            let line = usize::try_from(one.line).ok().and_then(|line| self.lines.get(line));
            let line_code = line.map(|line| line.code.to_string()).unwrap_or_default();
            let why = reason(one.reason).into();
            let post = self.posts.get(&id).cloned().unwrap_or_default();
            let (name, row) = match kind {
                RecordKind::Equipment => {
                    let own = record(engine, sealer, &id)?.ok_or_else(gone)?;
                    (String::new(), equipment(own, line_code, post, why))
                }
                _person => {
                    let own: pb::Reservist = record(engine, sealer, &id)?.ok_or_else(gone)?;
                    (sort_key(&own.full_name), person(own, line_code, post, why))
                }
            };
            let by = (matches!(row, Row::Equipment(_)), one.line, name);
            of_unit.entry(unit).or_default().push((by, id, row));
        }
        let units = self.field.asked.iter().map(|(unit, endpoints)| {
            let mut rows = of_unit.remove(unit).unwrap_or_default();
            rows.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
            UnitRows {
                unit: unit.clone(),
                endpoints: endpoints.clone(),
                rows: rows.into_iter().map(|(_by, id, row)| (id, row)).collect(),
            }
        });
        Ok(units.collect())
    }
}

fn gone() -> Reject {
    Reject::new(
        crate::domain::code::Code::Aborted,
        "CALL_UP_CHANGED",
        "a chosen record was removed meanwhile: select anew",
    )
}

fn person(own: pb::Reservist, line_code: String, post: String, why: i32) -> Row {
    Row::Person(Box::new(pb::CalledPerson {
        number: 0,
        full_name: own.full_name,
        birth_year: own.birth_date.map_or(0, |date| date.year),
        hamlet: own.hamlet,
        phone: own.phones.into_iter().next().unwrap_or_default(),
        contact_via: own.contact_via,
        specialty_code: own.specialty_code,
        line_code,
        post,
        station: String::new(),
        reason: why,
    }))
}

fn equipment(own: pb::Equipment, line_code: String, post: String, why: i32) -> Row {
    let known_by = [own.plate, own.chassis_number, own.engine_number];
    Row::Equipment(Box::new(pb::CalledEquipment {
        number: 0,
        type_code: own.type_code,
        line_code,
        make_model: own.make_model,
        plate: known_by.into_iter().find(|number| !number.is_empty()).unwrap_or_default(),
        owner_name: own.owner_name,
        owner_phone: own.owner_phones.into_iter().next().unwrap_or_default(),
        hamlet: own.hamlet,
        post,
        station: String::new(),
        reason: why,
    }))
}
