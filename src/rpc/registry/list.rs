//! Lists and counts: a filter, an order, a page; or how many there are of each sort.
//!
//! The index is asked on a thread where it may take its milliseconds; nothing else waits for it but
//! the publishing of new records.

pub(super) mod lookup;
mod token;

use std::sync::Arc;

use jiff::civil::Date;
use parking_lot::RwLockReadGuard;

use crate::domain::nearest::meant;
use crate::domain::world::RecordKind;
use crate::index::{Asking, Counting, Filter, Grouping, Position, Sight, Sorting};
use crate::limits;
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::wire::registry::{RegistryRecord, View};
use crate::wire::{WireError, pb};

pub(super) struct Listed<R> {
    pub(super) records: Vec<R>,
    pub(super) next_page_token: String,
    pub(super) total_size: u64,
}

/// What the requests for lists have in common.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) page_size: u32,
    pub(super) page_token: String,
    pub(super) filter: String,
    pub(super) order_by: String,
    pub(super) as_of: Option<pb::CivilDate>,
    /// A number of [`pb::RecordView`].
    pub(super) view: i32,
}

/// A page of identities.
struct Walked {
    ids: Vec<[u8; 16]>,
    /// Where the next page begins; none on the last.
    position: Option<Position>,
    total_size: u64,
}

macro_rules! list {
    ($call:ident $request:ident $response:ident $field:ident) => {
        pub(super) async fn $call(
            &self,
            request: pb::$request,
            caller: &Caller,
        ) -> Result<pb::$response, RegistryFault> {
            let pb::$request { page_size, page_token, filter, order_by, as_of, view } = request;
            let wanted = Wanted { page_size, page_token, filter, order_by, as_of, view };
            let Listed { records: $field, next_page_token, total_size } =
                self.list(wanted, caller).await?;
            Ok(pb::$response { $field, next_page_token, total_size })
        }
    };
}

impl RegistryParts {
    list!(list_reservists ListReservistsRequest ListReservistsResponse reservists);
    list!(list_equipment ListEquipmentRequest ListEquipmentResponse equipment);

    pub(super) async fn list<R: RegistryRecord>(
        &self,
        wanted: Wanted,
        caller: &Caller,
    ) -> Result<Listed<R>, RegistryFault> {
        let len = match usize::try_from(wanted.page_size).unwrap_or(usize::MAX) {
            0 => limits::LIST_PAGE_LEN,
            asked if asked <= limits::LIST_PAGE_LEN_MAX => asked,
            _too_many => return Err(WireError::new("page_size", "is over 500").into()),
        };
        let view = view(wanted.view, caller)?;
        let filter = self.filter(&wanted.filter, R::KIND, caller)?;
        // A page after the first asks nothing new: its token opens for this very filter only.
        if filter.is_lookup() && wanted.page_token.is_empty() {
            self.look_up(caller)?;
        }
        let sorting = Sorting::parse(&wanted.order_by, R::KIND, caller.sight())
            .map_err(|fault| WireError::new("order_by", fault.to_string()))?;
        let asks = (filter.uses_age(), filter.uses_assigned());
        let as_of = self.as_of(wanted.as_of, asks, caller)?;
        let list = format!("{:?} {as_of} {sorting:?} {}", R::KIND, wanted.filter);
        let after = match wanted.page_token.as_str() {
            "" => None,
            text => Some(token::open(&self.sealer, text, &list)?),
        };
        let walked = self.walk(filter, (sorting, after, len), as_of, caller).await?;
        let next_page_token = match &walked.position {
            Some(position) => token::make(&self.sealer, position, &list)?,
            None => String::new(),
        };
        let records = self.read(walked.ids, view, caller).await?;
        Ok(Listed { records, next_page_token, total_size: walked.total_size })
    }

    /// A filter, its specialties and types taken by code or by name as the lists have them. A code that
    /// a list lost finds the records that have it still.
    fn filter(
        &self,
        text: &str,
        kind: RecordKind,
        caller: &Caller,
    ) -> Result<Filter, RegistryFault> {
        let mut filter = Filter::parse(text, kind, caller.sight())?;
        let (specialties, types) = (self.specialties(), self.equipment_types());
        let listed: Vec<&str> = match kind {
            RecordKind::Reservist => {
                specialties.iter().flat_map(|one| [one.code.as_str(), &one.name]).collect()
            }
            RecordKind::Equipment => {
                let names = types.iter().map(|one| [one.code.as_str(), &one.name]);
                let others = types.iter().flat_map(|one| &one.other_names).map(String::as_str);
                names.flatten().chain(others).collect()
            }
            _no_list => return Ok(filter),
        };
        let find = |text: &str| {
            let listed = match kind {
                RecordKind::Reservist => specialties.find(text).map(|one| &one.code),
                _equipment => types.find(text).map(|one| &one.code),
            };
            let lost = text.to_uppercase();
            let listed = listed.map(ToString::to_string);
            listed.or_else(|| {
                let count = self.engine.registry().table(kind).count_code(&lost);
                (count > 0).then_some(lost)
            })
        };
        let near =
            |text: &str| meant(text, listed.iter().copied(), "give a code or a name of the list");
        filter.resolve(&find, &near)?;
        Ok(filter)
    }

    /// The day that ages are counted on. Who sees only years of birth may not choose it: asking day by
    /// day would show the birthday.
    fn as_of(
        &self,
        asked: Option<pb::CivilDate>,
        (uses_age, uses_assigned): (bool, bool),
        caller: &Caller,
    ) -> Result<Date, RegistryFault> {
        let Some(asked) = asked else { return Ok(self.engine.now().date_in_vietnam()) };
        if uses_age && !caller.sees_all {
            let fault = "with an age is for those who may see whole records: leave it out";
            return Err(WireError::new("as_of", fault).into());
        }
        let part = |part: u32| i8::try_from(part).ok();
        let year = i16::try_from(asked.year).ok().filter(|year| (1900..=2100).contains(year));
        let parts = year.zip(part(asked.month)).zip(part(asked.day));
        let date = parts.and_then(|((year, month), day)| Date::new(year, month, day).ok());
        let fault = || WireError::new("as_of", "is not a day between 1900 and 2100");
        let date = date.ok_or_else(fault)?;
        if uses_assigned && date != self.engine.now().date_in_vietnam() {
            let fault = "is no day for `assigned`, which is known as of today only: leave one of them \
                         out; `plan assignments` and `plan fill --on` know other days";
            return Err(WireError::new("as_of", fault).into());
        }
        Ok(date)
    }

    async fn walk(
        &self,
        filter: Filter,
        (sorting, after, len): (Sorting, Option<Position>, usize),
        as_of: Date,
        caller: &Caller,
    ) -> Result<Walked, RegistryFault> {
        let (engine, sealer) = (self.engine.clone(), Arc::clone(&self.sealer));
        let (units, within) = (self.units(), caller.within.clone());
        let walking = tokio::task::spawn_blocking(move || {
            let asking = Asking { units: &units, within: within.as_ref(), as_of, sealer: &sealer };
            let registry = engine.registry();
            let table = registry.table(filter.kind());
            let matches = table.select(&filter, &asking)?;
            let mut ids = table.page(&matches, sorting, after.as_ref(), len + 1);
            let has_more = ids.len() > len;
            ids.truncate(len);
            let last = ids.last().filter(|_id| has_more);
            let position = last.and_then(|id| table.position(id));
            Ok(Walked { ids, position, total_size: matches.len() })
        });
        walking.await.unwrap_or(Err(RegistryFault::Unreadable))
    }

    pub(super) async fn count_records(
        &self,
        request: pb::CountRecordsRequest,
        caller: &Caller,
    ) -> Result<pb::CountRecordsResponse, RegistryFault> {
        let kind = record_kind(request.kind)?;
        let filter = self.filter(&request.filter, kind, caller)?;
        if filter.is_lookup() {
            self.look_up(caller)?;
        }
        let field = |fault: String| RegistryFault::from(WireError::new("group_by", fault));
        let grouping = Grouping::parse(&request.group_by, kind, caller.sight());
        let grouping = grouping.map_err(|fault| field(fault.to_string()))?;
        let asks = (
            filter.uses_age() || grouping.uses_age(),
            filter.uses_assigned() || grouping.uses_assigned(),
        );
        let as_of = self.as_of(request.as_of, asks, caller)?;
        let (engine, sealer) = (self.engine.clone(), Arc::clone(&self.sealer));
        let (units, within) = (self.units(), caller.within.clone());
        let counting = tokio::task::spawn_blocking(move || {
            let asking = Asking { units: &units, within: within.as_ref(), as_of, sealer: &sealer };
            let mut registry = engine.registry();
            let table = registry.table(kind);
            let matches = table.select(&filter, &asking)?;
            let mut counting = Counting::new(table, &matches, grouping, as_of);
            while counting.step(registry.table(kind)) {
                // Writers come in here: an import and the orders behind it do not wait for a count.
                RwLockReadGuard::bump(&mut registry);
            }
            let total = counting.total();
            let groups = counting.finish(registry.table(kind), &units);
            Ok((groups.map_err(|fault| field(fault.to_string()))?, total))
        });
        let counted = counting.await.unwrap_or(Err(RegistryFault::Unreadable));
        let (groups, total) = counted?;
        let rows = groups
            .into_iter()
            .map(|group| pb::CountedRecords { values: group.values, count: group.count });
        Ok(pb::CountRecordsResponse { rows: rows.collect(), total })
    }
}

impl Caller {
    const fn sight(&self) -> Sight {
        if self.sees_all { Sight::Whole } else { Sight::Masked }
    }
}

/// How much is shown of each record.
pub(super) fn view(asked: i32, caller: &Caller) -> Result<View, RegistryFault> {
    match pb::RecordView::try_from(asked) {
        Ok(pb::RecordView::Unspecified) if caller.sees_all => Ok(View::Named),
        Ok(pb::RecordView::Unspecified | pb::RecordView::Masked) => Ok(View::Masked),
        Ok(pb::RecordView::Whole) if caller.sees_all => Ok(View::Whole),
        Ok(pb::RecordView::Whole) => Err(RegistryFault::ViewDenied),
        Err(_unknown) => Err(WireError::new("view", "is none that there is").into()),
    }
}

fn record_kind(kind: i32) -> Result<RecordKind, WireError> {
    let is_it = |one: &&RecordKind| i32::from(pb::RecordKind::from(**one)) == kind;
    let found = RecordKind::ALL.iter().find(is_it).copied();
    found.ok_or_else(|| WireError::new("kind", "is no kind of record"))
}
