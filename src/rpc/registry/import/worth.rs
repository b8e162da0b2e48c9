//! What is worth a look in the rows of a batch beside what each says itself: holders of the plan who do
//! not fit any more, people who may have a record, a second base in a commune.
//!
//! Called by the import before a batch goes to the engine. Nothing of it changes or refuses a row.

use crate::domain::ids::UnitCode;
use crate::domain::registry::commune_of_base_code;
use crate::domain::unit::Units;
use crate::domain::world::RecordKind;
use crate::engine::records::NewRecord;
use crate::index::assignments::subject_of;
use crate::rpc::registry::changes::Changing;
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::wire::pb;
use crate::wire::registry::{Facet, RegistryRecord, Value, View};

/// A row, the code of the warning and what it is about.
pub(super) type Told = (u32, &'static str, String);

fn is_commune_base() -> [(Facet, Value); 2] {
    let number = |number: i32| Value::Number(u16::try_from(number).unwrap_or(0));
    [
        (Facet::Sort, number(pb::MilitiaBaseKind::CommuneMilitia.into())),
        (Facet::Status, number(pb::MilitiaBaseStatus::Active.into())),
    ]
}

impl RegistryParts {
    /// All of it.
    pub(super) async fn worth<R: RegistryRecord>(
        &self,
        good: &[(NewRecord, R)],
        changing: &[Changing<R>],
        caller: &Caller,
        units: &Units,
    ) -> Result<Vec<Told>, RegistryFault> {
        let doubles = self.doubles(good, caller, units).await?;
        let doubles = doubles.into_iter().map(|(row, id)| (row, "LIKELY_DOUBLE", id));
        let unfit = self.unfit_by(good, changing).into_iter();
        let unfit = unfit.map(|(row, lost)| (row, "HOLDER_UNFIT", lost));
        let bases = good.iter().filter_map(|(new, _base)| {
            let id = self.second_base::<R>(new)?;
            Some((new.row, "SECOND_MILITIA_BASE", uuid::Uuid::from_bytes(id).to_string()))
        });
        Ok(doubles.chain(unfit).chain(bases).collect())
    }

    /// The rows that take the fitness from whoever holds a place of the plan, each with place and reason.
    fn unfit_by<R: RegistryRecord>(
        &self,
        good: &[(NewRecord, R)],
        changing: &[Changing<R>],
    ) -> Vec<(u32, String)> {
        let today = self.engine.now().date_in_vietnam();
        let is_assigned = |id: &[u8; 16]| self.engine.registry().table(R::KIND).is_assigned(id);
        let holders = changing.iter().filter(|one| is_assigned(&one.id));
        let lost = holders.filter_map(|one| {
            let (row, _record) = good.iter().find(|(new, _record)| new.row == one.row)?;
            let (place, reason) =
                self.would_lose(subject_of(R::KIND, one.id)?, &row.index, today)?;
            Some((one.row, format!("{place}: {reason}")))
        });
        lost.collect()
    }

    /// The base that a commune has already, where a row brings another.
    fn second_base<R: RegistryRecord>(&self, new: &NewRecord) -> Option<[u8; 16]> {
        if R::KIND != RecordKind::MilitiaBase {
            return None;
        }
        let facets = &new.index.facets;
        let is_one = is_commune_base().iter().all(|(facet, own)| facets.get(*facet) == Some(own));
        let registry = self.engine.registry();
        let table = registry.table(R::KIND);
        let is_new = new.index.keys.iter().all(|key| table.find(key).is_none());
        (is_one && is_new).then(|| table.first_of(&facets.unit, &is_commune_base())).flatten()
    }

    /// A record that names the one base of a commune by the commune, with that base's own code.
    pub(super) async fn at_its_base<R: RegistryRecord>(
        &self,
        mut record: R,
    ) -> Result<R, RegistryFault> {
        let Some(code) = record.base_code() else { return Ok(record) };
        let Some(commune) = commune_of_base_code(code) else { return Ok(record) };
        if let Some(own) = self.commune_base(code, &commune).await? {
            *code = own;
        }
        Ok(record)
    }

    /// The code of a commune's base, where no base has this one.
    async fn commune_base(
        &self,
        code: &str,
        commune: &UnitCode,
    ) -> Result<Option<String>, RegistryFault> {
        let id = {
            let registry = self.engine.registry();
            let table = registry.table(RecordKind::MilitiaBase);
            let key = self.sealer.blind_index("militia_base", code);
            match table.find(&key) {
                Some(_itself) => None,
                None => table.first_of(commune, &is_commune_base()),
            }
        };
        let Some(id) = id else { return Ok(None) };
        let base = self.open::<pb::MilitiaBase>(vec![id], View::Whole).await?.pop();
        Ok(base.map(|base| base.code))
    }
}
