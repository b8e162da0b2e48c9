//! Call-up lists behind `OrderService`: choosing, freezing with a draft, checking before a signature
//! and at issue, showing.
//!
//! Nobody's name leaves here but on sheets, which the sessions send. Between choosing and drafting the
//! lists are held in memory ([`hold`]); from the draft on they lie sealed beside the ledger. Each
//! later step reads them from there anew and compares their root with the one that is signed.

mod candidates;
mod choose;
mod hold;
mod needs;
mod plan;
mod rows;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use prost::Message as _;
use ring::rand::SystemRandom;
use tonic::Status;

use self::candidates::Field;
use self::choose::{Choice, Made};
use self::hold::{Held, Hold};
use self::needs::{Holder, Line};
use crate::domain::callup::standing::Judge;
use crate::domain::callup::{Barred, RESERVE_MAX};
use crate::domain::code::Code;
use crate::domain::ids::{OrderId, ReserveUnitCode};
use crate::domain::order::call_up::CallUp;
use crate::domain::order::handling::Handling;
use crate::domain::order::{Order, Requirement};
use crate::domain::world::{Command, RecordKind, Refusal};
use crate::fanout::sheets::{Lists, SheetsError};
use crate::limits;
use crate::rpc::auth::Principal;
use crate::rpc::request::{ask, blocking};
use crate::rpc::services::Doors;
use crate::rpc::services::codes::Codes;
use crate::rpc::status::Reject;
use crate::store::Pair;
use crate::wire::order::call_up::pages::{FreezeError, freeze};
use crate::wire::order::{self, call_up};
use crate::wire::unit::optional;
use crate::wire::{WireError, parse, pb};

/// The call-up part of the order service.
#[derive(Debug)]
pub(super) struct CallUps {
    doors: Doors,
    hold: Hold,
}

impl CallUps {
    pub(super) fn new(doors: Doors) -> Self {
        Self { doors, hold: Hold::default() }
    }

    /// Chooses, records that the chosen are read, freezes, and holds the lists for the draft.
    pub(super) async fn select(
        &self,
        caller: &Principal,
        message: pb::SelectCallUpRequest,
        known: impl Fn(&Requirement) -> Result<(), Reject>,
    ) -> Result<pb::SelectCallUpResponse, Status> {
        let order: OrderId = parse("order_id", &message.order_id)?;
        let wanted = message.selector.as_ref().ok_or_else(|| WireError::missing("selector"))?;
        let selector = order::selector_from_message(wanted)?;
        crate::rpc::reach::must_reach_selected(&self.doors.engine.world(), caller, &selector)?;
        let specialties = Codes::in_force(&self.doors.engine.world()).specialties;
        let mut lines = needs::lines(&message.needs, &specialties)?;
        for line in &lines {
            for code in line.near.iter().chain([&line.code]) {
                known(&Requirement { code: code.clone(), kind: line.kind, count: line.count })?;
            }
        }
        if message.reserve_percent > 100 {
            let fault = WireError::new("reserve_percent", "is over 100");
            return Err(Reject::field("CALL_UP_INVALID", &fault).into());
        }
        let now = self.doors.engine.now();
        let day = match message.as_of_date.as_str() {
            "" => now.date_in_vietnam(),
            date => call_up::date("as_of_date", date)?,
        };
        let code: Option<ReserveUnitCode> = optional("plan_code", &message.plan_code)?;
        let (mut plan, mut posts) = (None, HashMap::new());
        if let Some(code) = &code {
            if !lines.is_empty() {
                let fault = WireError::new("needs", "are given with a plan: choose one of them");
                return Err(Reject::field("CALL_UP_INVALID", &fault).into());
            }
            let called = plan::called(&self.doors.engine.registry().plan, code, day)?;
            (lines, posts, plan) = (called.lines, called.posts, Some(called.unit));
        }
        if lines.is_empty() {
            let fault = WireError::new("needs", "are missing: say how many of which specialty");
            return Err(Reject::field("CALL_UP_INVALID", &fault).into());
        }
        let handling = order::handling(message.handling)?;
        let field = Field {
            called: self.called(handling).await?,
            ..Field::of(&self.doors.engine, &selector)?
        };
        let reserve_percent = message.reserve_percent;
        let limits = Arc::clone(&self.doors.law.age_limits);
        let choice = Choice { lines, day, handling, reserve_percent, plan, posts, limits };
        let engine = self.doors.engine.clone();
        let chosen = blocking(move || Ok::<_, Reject>(choice.make(&engine, field))).await?;
        if message.preview {
            let summary = chosen.summary().encode_to_vec().into();
            let reserve = chosen.reserve();
            return Ok(pb::SelectCallUpResponse { summary, reserve, ..Default::default() });
        }
        if chosen.ids().next().is_none() {
            let text = chosen.empty_text();
            return Err(Reject::new(Code::Precondition, "CALL_UP_EMPTY", text).into());
        }
        self.record_reading(caller, &chosen).await?;
        let (engine, sealer) = (self.doors.engine.clone(), self.doors.sheets.sealer().clone());
        let lists = blocking(move || -> Result<Lists, Reject> {
            let (summary, reserve) = (chosen.summary(), chosen.reserve());
            let units = chosen.rows(&engine, &sealer)?;
            let frozen = freeze(order, summary, units, &SystemRandom::new()).map_err(unfrozen)?;
            Ok(Lists { frozen, reserve })
        });
        self.held(caller, order, lists.await?)
    }

    /// Says in the ledger that the chosen are read, before they are.
    async fn record_reading(&self, caller: &Principal, chosen: &Made) -> Result<(), Status> {
        for kind in [RecordKind::Reservist, RecordKind::Equipment] {
            let ids: Vec<[u8; 16]> =
                chosen.ids().filter(|(own, _id)| *own == kind).map(|(_kind, id)| id).collect();
            // One sync carries many of them.
            let mut waiting = Vec::new();
            for records in ids.chunks(limits::LIST_PAGE_LEN_MAX) {
                let command = Command::ReadRecords { kind, records: records.to_vec() };
                waiting.push(self.doors.engine.enqueue(ask(caller, None, command)?).await?);
            }
            for reply in waiting {
                reply.await.map_err(|_owner_left| unknown())??;
            }
        }
        Ok(())
    }

    fn held(
        &self,
        caller: &Principal,
        order: OrderId,
        lists: Lists,
    ) -> Result<pb::SelectCallUpResponse, Status> {
        let signed = lists.frozen.signed()?;
        if !signed.is_possible() {
            return Err(unfrozen(FreezeError::TooLarge { what: "the number called" }).into());
        }
        let proven = lists.frozen.summary();
        let (summary, proof) =
            proven.map_err(|fault| Reject::internal("CALL_UP_UNPROVEN", &fault))?;
        let reserve = lists.reserve.clone();
        let held = Held { order, by: caller.actor()?, lists: Arc::new(lists) };
        let call_up_id = self.hold.put(held, self.doors.engine.now());
        let call_up = Some(call_up::to_message(&signed));
        Ok(pb::SelectCallUpResponse { call_up_id, call_up, summary, proof: Some(proof), reserve })
    }

    /// What is to be written with a draft; nothing when it calls nobody, or by an earlier order's lists.
    pub(super) async fn beside(
        &self,
        caller: &Principal,
        call_up_id: &str,
        order: &Order,
    ) -> Result<Vec<Pair>, Status> {
        let own = order.call_up.as_ref().filter(|own| own.frozen_by == order.id);
        let Some(own) = own else {
            if !call_up_id.is_empty() {
                let fault =
                    WireError::new("call_up_id", "is given, but the payload has no such lists");
                return Err(Reject::field("PAYLOAD_INVALID", &fault).into());
            }
            self.check(order.call_up.as_ref()).await?;
            return Ok(Vec::new());
        };
        let (actor, now) = (caller.actor()?, self.doors.engine.now());
        let Some(held) = self.hold.get(call_up_id, &actor, now) else {
            // A repeat of a draft that was laid down finds them there.
            if self.doors.engine.world().order(&order.id).is_some() {
                return Ok(Vec::new());
            }
            return Err(unknown().into());
        };
        if held.order != order.id || held.lists.frozen.signed()? != *own {
            return Err(changed("the payload's root is not that of the selection").into());
        }
        if held.lists.frozen.endpoints() != order.audience.endpoints.iter().collect() {
            return Err(changed("the recipients are not those that the sheets are for").into());
        }
        let is_there = {
            let registry = self.doors.engine.registry();
            let known = |id: &[u8; 16]| {
                [RecordKind::Reservist, RecordKind::Equipment]
                    .iter()
                    .any(|kind| registry.table(*kind).contains(id))
            };
            held.lists.frozen.leaves().iter().flat_map(|leaf| &leaf.records).all(known)
        };
        if !is_there {
            return Err(changed("a chosen record was removed meanwhile").into());
        }
        let (sheets, id) = (self.doors.sheets.clone(), order.id);
        blocking(move || sheets.seal(&id, &held.lists, &SystemRandom::new()).map_err(unreadable))
            .await
    }

    /// Whether the lists in the store are those that are signed, and nobody on them was erased.
    pub(super) async fn check(&self, call_up: Option<&CallUp>) -> Result<(), Status> {
        let Some(call_up) = call_up else { return Ok(()) };
        let lists = self.doors.sheets.read(call_up.frozen_by).await.map_err(unreadable)?;
        if lists.frozen.signed()? != *call_up {
            return Err(changed("the frozen lists are not those under the signed root").into());
        }
        // Of an order that ended, whose lists an update takes up again.
        let world = self.doors.engine.world();
        let mut named = lists.frozen.leaves().iter().flat_map(|leaf| &leaf.records);
        let is_gone = named.any(|id| world.erased().contains_key(id));
        if is_gone { Err(changed("a record on the lists was erased since").into()) } else { Ok(()) }
    }

    /// As [`Self::check`], for an update: it brings no lists of its own.
    pub(super) async fn check_update(&self, order: &Order) -> Result<(), Status> {
        // The world refuses lists of its own, which no draft froze.
        let others = order.call_up.as_ref().filter(|own| own.frozen_by != order.id);
        let known = others.filter(|own| self.doors.engine.world().order(&own.frozen_by).is_some());
        self.check(known).await
    }

    /// As [`Self::check`], for an order that is there.
    pub(super) async fn check_order(&self, order: &OrderId) -> Result<(), Status> {
        let call_up = {
            let world = self.doors.engine.world();
            world.order(order).and_then(|file| file.order.call_up.clone())
        };
        self.check(call_up.as_ref()).await
    }

    /// The summary of an order's lists, and who could not be called any more.
    pub(super) async fn show(&self, id: &OrderId) -> Result<pb::GetCallUpResponse, Status> {
        let order = {
            let world = self.doors.engine.world();
            let file = world.order(id).ok_or(Refusal::OrderUnknown { order: *id })?;
            file.order.clone()
        };
        let Some(call_up) = order.call_up.clone() else {
            let text = format!("order {id} calls nobody by name");
            return Err(Reject::new(Code::NotFound, "CALL_UP_UNKNOWN", text).into());
        };
        let now = self.doors.engine.now();
        if now.millis_since(order.not_after) > limits::SHEETS_KEPT_MS {
            let text = format!(
                "order {id} ended over 30 days ago and its sheets were removed: its root is in the ledger"
            );
            return Err(Reject::new(Code::NotFound, "CALL_UP_REMOVED", text).into());
        }
        self.check(Some(&call_up)).await?;
        let lists = self.doors.sheets.of(call_up.frozen_by).await.map_err(unreadable)?;
        let (summary, proof) =
            lists.frozen.summary().map_err(|fault| Reject::internal("CALL_UP_UNPROVEN", &fault))?;
        let (reserve, handling) = (lists.reserve.clone(), order.handling);
        let engine = self.doors.engine.clone();
        let limits = Arc::clone(&self.doors.law.age_limits);
        let drift = blocking(move || -> Result<_, Reject> {
            let judge = Judge::on(call_up.as_of, handling, (false, true), &limits);
            let ids = lists.frozen.leaves().iter().flat_map(|leaf| leaf.records.iter().copied());
            let ids: Vec<[u8; 16]> = ids.collect();
            let mut counts: BTreeMap<Barred, u32> = BTreeMap::new();
            for why in candidates::barred_today(&engine.registry(), &ids, &judge) {
                *counts.entry(why).or_default() += 1;
            }
            Ok(counts)
        });
        let drift = drift.await?.into_iter().map(choose::refusal).collect();
        Ok(pb::GetCallUpResponse { summary, proof: Some(proof), drift, reserve })
    }

    /// The records that open orders of this handling call by name, by the order's number: a drill ties
    /// nobody for the real thing.
    async fn called(
        &self,
        handling: Handling,
    ) -> Result<BTreeMap<String, HashSet<[u8; 16]>>, Status> {
        let by: Vec<(String, OrderId)> = {
            let (world, now) = (self.doors.engine.world(), self.doors.engine.now());
            let open = world.current(now);
            let open = open.filter(|file| file.order.handling == handling);
            let by = |own: &CallUp, file: &Order| (file.number_text(), own.frozen_by);
            open.filter_map(|file| Some(by(file.order.call_up.as_ref()?, &file.order))).collect()
        };
        let mut called: BTreeMap<String, HashSet<[u8; 16]>> = BTreeMap::new();
        for (number, order) in by {
            let lists = self.doors.sheets.of(order).await.map_err(unreadable)?;
            let own = lists.frozen.leaves().iter().flat_map(|leaf| leaf.records.iter().copied());
            called.entry(number).or_default().extend(own);
        }
        Ok(called)
    }
}

fn unknown() -> Reject {
    let text = "the selection is not held any more: select anew, then draft within 15 minutes";
    Reject::new(Code::NotFound, "CALL_UP_UNKNOWN", text)
}

fn changed(what: &str) -> Reject {
    let text = format!("{what}: select, draft and sign again");
    Reject::new(Code::Precondition, "CALL_UP_CHANGED", text)
}

fn unfrozen(fault: FreezeError) -> Reject {
    match fault {
        FreezeError::TooLarge { .. } => {
            Reject::new(Code::Exhausted, "CALL_UP_TOO_LARGE", fault.to_string())
        }
        FreezeError::Randomness => Reject::internal("RANDOMNESS_FAILED", &fault),
    }
}

fn unreadable(fault: SheetsError) -> Reject {
    match fault {
        SheetsError::Missing { .. } | SheetsError::Unreadable { .. } => {
            let text = format!("{fault}, or select, draft and sign again");
            Reject::new(Code::Precondition, "CALL_UP_CHANGED", text)
        }
        SheetsError::Store(_) | SheetsError::Seal(_) => {
            Reject::internal("CALL_UP_UNREADABLE", &fault)
        }
    }
}

const _: () = assert!(RESERVE_MAX <= 1_000, "the substitutes fit one sealed value");
