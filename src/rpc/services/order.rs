//! `OrderService`: drafting, signing, issuing and following orders.

mod shown;

use std::sync::Arc;

use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use tracing::{Instrument as _, Span};

use crate::domain::authority::Role;
use crate::domain::ids::{EndpointNo, OrderId, RequestId};
use crate::domain::order::Requirement;
use crate::domain::order::handling::Handling;
use crate::domain::order::response::Counts;
use crate::domain::world::{Command, NewDraft, OrderFile, OrderState, Refusal};
use crate::evidence::envelope::Envelope;
use crate::limits;
use crate::rpc::auth::{Principal, caller};
use crate::rpc::reach::{Part, must_reach, must_reach_order, reaches};
use crate::rpc::request::{ask, identified, page_after, page_size};
use crate::rpc::services::call_up::CallUps;
use crate::rpc::services::codes::Codes;
use crate::rpc::services::organization::endpoint_message;
use crate::rpc::services::{Doors, step, watch};
use crate::rpc::status::Reject;
use crate::store::Pair;
use crate::telemetry::propagation;
use crate::wire::{WireError, envelope, order, parse, pb, timestamp};
use pb::order_service_server::OrderService;
use prost::Message as _;

const PAGE_USUAL: usize = 50;
const PAGE_MAX: usize = 200;
/// Roles that issue whatever the handling; an exercise director issues drills only.
const ISSUES_ACTUAL: &[Role] =
    &[Role::Signer, Role::PoliticalCommissar, Role::Approver, Role::DutyOfficer];

/// The service.
#[derive(Debug, Clone)]
pub struct Orders(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    doors: Doors,
    call_ups: CallUps,
    watchers: watch::Watchers,
}

impl Orders {
    /// The service over what all services share.
    pub fn new(doors: Doors) -> Self {
        let watchers = watch::Watchers::new(&doors);
        let call_ups = CallUps::new(doors.clone());
        Self(Arc::new(Shared { doors, call_ups, watchers }))
    }

    /// Submits, and shows the order as it is then.
    async fn carry_out(
        &self,
        caller: &Principal,
        id: (RequestId, [u8; 32]),
        (order, span): (OrderId, Span),
        (command, beside): (Command, Vec<Pair>),
    ) -> Result<(pb::Order, u64), Status> {
        let engine = &self.0.doors.engine;
        let request = ask(caller, Some(id), command)?;
        let committed = engine.submit_with(request, beside).instrument(span).await?;
        Ok((self.show(&order)?, committed.ledger_index))
    }

    fn show(&self, id: &OrderId) -> Result<pb::Order, Refusal> {
        let now = self.0.doors.engine.now();
        let world = self.0.doors.engine.world();
        let file = world.order(id).ok_or(Refusal::OrderUnknown { order: *id })?;
        Ok(shown::order_message(&world, file, now))
    }

    /// Update and cancel differ in what the payload says, and that the caller says which is meant.
    async fn issue_signed(
        &self,
        caller: &Principal,
        id: (RequestId, [u8; 32]),
        wire: Option<&pb::Envelope>,
        cancels: bool,
    ) -> Result<(pb::Order, u64), Status> {
        let envelope = envelope::required("envelope", wire)?;
        let mut draft = self.0.draft(envelope)?;
        let (order, handling) = (draft.order.id, draft.order.handling);
        let audience = &draft.order.audience;
        must_reach(&self.0.doors.engine.world(), caller, audience, Part::All)?;
        if draft.order.is_cancel() != cancels {
            let fault = WireError::new("envelope", "update by UpdateOrder, cancel by CancelOrder");
            return Err(Reject::field("PAYLOAD_INVALID", &fault).into());
        }
        may_issue(caller, handling)?;
        self.0.call_ups.check_update(&draft.order).await?;
        let span = step::changing(&self.0.doors.engine.world(), &draft.order);
        draft.traceparent = propagation::place(&span).unwrap_or_default();
        let command = (Command::IssueSigned(draft), Vec::new());
        self.carry_out(caller, id, (order, span), command).await
    }
}

fn may_issue(caller: &Principal, handling: Handling) -> Result<(), Reject> {
    match handling {
        Handling::Actual => caller.require(ISSUES_ACTUAL),
        // The table has asked for one of the issuing roles already.
        Handling::Exercise | Handling::Test => Ok(()),
    }
}

impl Shared {
    /// An order that asks for what there is: a code that no list has would find nobody.
    fn draft(&self, envelope: Envelope) -> Result<NewDraft, Reject> {
        let order =
            order::read(&envelope).map_err(|fault| Reject::field("PAYLOAD_INVALID", &fault))?;
        let codes = Codes::in_force(&self.doors.engine.world());
        for line in &order.requirements {
            codes.check(line)?;
        }
        // Before it is looked whether those on the lists are there: who goes later is seen.
        let erased_then = Some(self.doors.engine.world().erased().len());
        let (order, traceparent) = (Arc::new(order), String::new());
        Ok(NewDraft { order, envelope, traceparent, erased_then })
    }
}

/// Where an order stands, as the wire has it.
pub(super) const fn state_message(state: OrderState) -> pb::OrderState {
    match state {
        OrderState::Drafted => pb::OrderState::Drafted,
        OrderState::Signed => pb::OrderState::Signed,
        OrderState::Issued => pb::OrderState::Issued,
        OrderState::Superseded => pb::OrderState::Superseded,
        OrderState::Cancelled => pb::OrderState::Cancelled,
        OrderState::Expired => pb::OrderState::Expired,
    }
}

/// Counts, as the wire has them.
pub(super) const fn counts_message(counts: &Counts) -> pb::DeliveryCounts {
    pb::DeliveryCounts {
        endpoints: counts.endpoints,
        delivered: counts.delivered,
        opened: counts.opened,
        acknowledged: counts.acknowledged,
        accepted: counts.accepted,
        declined: counts.declined,
        silent: counts.silent(),
        unreached: counts.unreached(),
        completed: counts.completed,
    }
}

#[tonic::async_trait]
impl OrderService for Orders {
    async fn resolve_audience(
        &self,
        request: Request<pb::ResolveAudienceRequest>,
    ) -> Result<Response<pb::ResolveAudienceResponse>, Status> {
        let message = request.into_inner();
        let wanted = message.selector.as_ref().ok_or_else(|| WireError::missing("selector"))?;
        let (selector, handling) =
            (order::selector_from_message(wanted)?, order::handling(message.handling)?);
        let now = self.0.doors.engine.now();
        let world = self.0.doors.engine.world();
        let province = world.province().ok_or(Refusal::NoTrust)?.to_string();
        let audience = selector.resolve(world.units(), world.endpoints())?;
        let numbers = audience.endpoints.iter().map(EndpointNo::new);
        let endpoints = numbers.filter_map(|no| world.endpoints().get(no));
        let series_year = now.year_in_vietnam();
        Ok(Response::new(pb::ResolveAudienceResponse {
            audience: Some(order::audience_to_message(&audience)),
            endpoints: endpoints.map(|e| endpoint_message(e, &*self.0.doors.presence)).collect(),
            next_number: world.next_number(handling, series_year),
            series_year,
            epoch: world.epoch(),
            province_code: province,
            server_time: Some(timestamp(now)),
        }))
    }

    async fn select_call_up(
        &self,
        request: Request<pb::SelectCallUpRequest>,
    ) -> Result<Response<pb::SelectCallUpResponse>, Status> {
        let caller = caller(&request)?;
        let codes = Codes::in_force(&self.0.doors.engine.world());
        let known = |line: &Requirement| codes.check(line);
        let selected = Box::pin(self.0.call_ups.select(&caller, request.into_inner(), known));
        Ok(Response::new(selected.await?))
    }

    async fn get_call_up(
        &self,
        request: Request<pb::GetCallUpRequest>,
    ) -> Result<Response<pb::GetCallUpResponse>, Status> {
        let caller = caller(&request)?;
        let id: OrderId = parse("order_id", &request.into_inner().order_id)?;
        must_reach_order(&self.0.doors.engine.world(), &caller, &id, Part::Any)?;
        Ok(Response::new(self.0.call_ups.show(&id).await?))
    }

    async fn draft_order(
        &self,
        request: Request<pb::DraftOrderRequest>,
    ) -> Result<Response<pb::DraftOrderResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("DraftOrder", &message.request_id, &message)?;
        let payload_type = envelope::payload_type(&message.payload_type)?;
        let envelope = Envelope::new(payload_type, &message.payload[..])
            .map_err(|fault| WireError::new("payload", fault))?;
        let mut draft = self.0.draft(envelope)?;
        let order = draft.order.id;
        let audience = &draft.order.audience;
        must_reach(&self.0.doors.engine.world(), &caller, audience, Part::All)?;
        let call_ups = &self.0.call_ups;
        let beside = call_ups.beside(&caller, &message.call_up_id, &draft.order).await?;
        let span = step::drafting(&order);
        draft.traceparent = propagation::place(&span).unwrap_or_default();
        let (order, ledger_index) =
            self.carry_out(&caller, id, (order, span), (Command::Draft(draft), beside)).await?;
        Ok(Response::new(pb::DraftOrderResponse { order: Some(order), ledger_index }))
    }

    async fn submit_signature(
        &self,
        request: Request<pb::SubmitSignatureRequest>,
    ) -> Result<Response<pb::SubmitSignatureResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("SubmitSignature", &message.request_id, &message)?;
        let order: OrderId = parse("order_id", &message.order_id)?;
        let signature = message.signature.as_ref();
        let signature = signature.ok_or_else(|| WireError::missing("signature"))?.try_into()?;
        must_reach_order(&self.0.doors.engine.world(), &caller, &order, Part::All)?;
        self.0.call_ups.check_order(&order).await?;
        let command = (Command::AddSignature { order, signature }, Vec::new());
        let span = step::signing(&self.0.doors.engine.world(), &order);
        let (order, ledger_index) = self.carry_out(&caller, id, (order, span), command).await?;
        Ok(Response::new(pb::SubmitSignatureResponse { order: Some(order), ledger_index }))
    }

    async fn issue_order(
        &self,
        request: Request<pb::IssueOrderRequest>,
    ) -> Result<Response<pb::IssueOrderResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("IssueOrder", &message.request_id, &message)?;
        let order: OrderId = parse("order_id", &message.order_id)?;
        let handling = self.0.doors.engine.world().order(&order).map(|file| file.order.handling);
        may_issue(&caller, handling.ok_or(Refusal::OrderUnknown { order })?)?;
        must_reach_order(&self.0.doors.engine.world(), &caller, &order, Part::All)?;
        self.0.call_ups.check_order(&order).await?;
        let span = step::issuing(&self.0.doors.engine.world(), &order);
        let traceparent = propagation::place(&span).unwrap_or_default();
        let command = (Command::Issue { order, traceparent }, Vec::new());
        let (order, ledger_index) = self.carry_out(&caller, id, (order, span), command).await?;
        Ok(Response::new(pb::IssueOrderResponse { order: Some(order), ledger_index }))
    }

    async fn update_order(
        &self,
        request: Request<pb::UpdateOrderRequest>,
    ) -> Result<Response<pb::UpdateOrderResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("UpdateOrder", &message.request_id, &message)?;
        let (order, ledger_index) =
            self.issue_signed(&caller, id, message.envelope.as_ref(), false).await?;
        Ok(Response::new(pb::UpdateOrderResponse { order: Some(order), ledger_index }))
    }

    async fn cancel_order(
        &self,
        request: Request<pb::CancelOrderRequest>,
    ) -> Result<Response<pb::CancelOrderResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("CancelOrder", &message.request_id, &message)?;
        let (order, ledger_index) =
            self.issue_signed(&caller, id, message.envelope.as_ref(), true).await?;
        Ok(Response::new(pb::CancelOrderResponse { order: Some(order), ledger_index }))
    }

    async fn get_order(
        &self,
        request: Request<pb::GetOrderRequest>,
    ) -> Result<Response<pb::GetOrderResponse>, Status> {
        let caller = caller(&request)?;
        let id: OrderId = parse("order_id", &request.into_inner().order_id)?;
        must_reach_order(&self.0.doors.engine.world(), &caller, &id, Part::Any)?;
        Ok(Response::new(pb::GetOrderResponse { order: Some(self.show(&id)?) }))
    }

    async fn list_orders(
        &self,
        request: Request<pb::ListOrdersRequest>,
    ) -> Result<Response<pb::ListOrdersResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let size = page_size(message.page_size, PAGE_USUAL, PAGE_MAX)?;
        let after: Option<OrderId> = page_after(&message.page_token)?;
        let now = self.0.doors.engine.now();
        let world = self.0.doors.engine.world();
        let older = |file: &&OrderFile| after.is_none_or(|after| file.order.id < after);
        let seen = |file: &&OrderFile| {
            reaches(&world, &caller, &file.order.audience, Part::Any).is_ok_and(|seen| seen)
        };
        let mut rest = world.orders().rev().filter(older).filter(seen).peekable();
        let (mut orders, mut len) = (Vec::new(), 0);
        while orders.len() < size && len < limits::PAGE_LEN_MAX {
            let Some(file) = rest.next() else { break };
            let order = shown::order_message(&world, file, now);
            len += order.encoded_len();
            orders.push(order);
        }
        let last = orders.last().filter(|_page| rest.peek().is_some());
        let next_page_token = last.map(|order| order.order_id.clone()).unwrap_or_default();
        Ok(Response::new(pb::ListOrdersResponse { orders, next_page_token }))
    }

    type WatchOrderStream = ReceiverStream<Result<pb::WatchOrderResponse, Status>>;

    async fn watch_order(
        &self,
        request: Request<pb::WatchOrderRequest>,
    ) -> Result<Response<Self::WatchOrderStream>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let order: OrderId = parse("order_id", &message.order_id)?;
        must_reach_order(&self.0.doors.engine.world(), &caller, &order, Part::Any)?;
        Ok(Response::new(self.0.watchers.watch(order, message.interval_ms)?))
    }
}
