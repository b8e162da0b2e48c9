//! An order's file: its bytes, its signatures, where it stands, and how each endpoint answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::authority::OrderAct;
use crate::domain::ids::{EndpointNo, OfficerId, OrderId};
use crate::domain::instant::Instant;
use crate::domain::order::delivery::Delivery;
use crate::domain::order::response::{Counts, Response};
use crate::domain::order::{Order, ReferenceKind};
use crate::domain::world::Signing;
use crate::evidence::authority::Counted;
use crate::evidence::envelope::{Envelope, PayloadType, Signature};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderState {
    /// Waits for signatures.
    Drafted,
    /// Has every signature it needs.
    Signed,
    /// Issued.
    Issued,
    /// Replaced by an issued update.
    Superseded,
    /// Cancelled by an issued cancel.
    Cancelled,
    /// Past its end.
    Expired,
}

impl OrderState {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Signed => "signed",
            Self::Issued => "issued",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// How an order was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its place in the stream of issued orders, from 1.
    pub sequence: u64,
    /// When.
    pub at: Instant,
    /// Trace context.
    pub traceparent: String,
}

/// An order's file.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderFile {
    /// What it says.
    pub order: Arc<Order>,
    /// Its bytes with the signatures so far.
    pub envelope: Envelope,
    /// Digest of the envelope's signed bytes.
    pub digest: [u8; 32],
    /// Trace context of its drafting; may be empty.
    pub traceparent: String,
    /// Officers whose signatures count.
    pub signed_by: Vec<OfficerId>,
    /// Whether every signature it needs is there.
    pub complete: bool,
    /// Who fills which place of the rule, once it is complete.
    pub counted: Vec<Counted>,
    /// When each signature came that was handed in by itself; the last time for each key.
    pub signings: Vec<Signing>,
    /// Drafts of cancels that were laid down before this was issued: forms for the worst case.
    pub cancel_forms: Vec<OrderId>,
    /// How it was issued; none before.
    pub issue: Option<Issue>,
    /// The issued order that updated or cancelled this one.
    pub replaced_by: Option<(OrderId, ReferenceKind)>,
    /// How each endpoint answered; a row exists from its first fact on.
    pub deliveries: BTreeMap<EndpointNo, Delivery>,
    /// Who stands where, kept with each answer.
    pub counts: Counts,
}

impl OrderFile {
    pub(crate) fn new(order: Arc<Order>, envelope: Envelope, traceparent: String) -> Self {
        let endpoints = u32::try_from(order.audience.count()).unwrap_or(u32::MAX);
        Self {
            digest: envelope.digest(),
            order,
            envelope,
            traceparent,
            signed_by: Vec::new(),
            complete: false,
            counted: Vec::new(),
            signings: Vec::new(),
            cancel_forms: Vec::new(),
            issue: None,
            replaced_by: None,
            deliveries: BTreeMap::new(),
            counts: Counts { endpoints, ..Counts::default() },
        }
    }

    /// When a signature came; none for one that came together with its order.
    pub fn signing(&self, signature: &Signature) -> Option<&Signing> {
        self.signings.iter().find(|signing| signing.key_id == signature.key_id)
    }

    /// Where it stands at a time.
    pub fn state(&self, now: Instant) -> OrderState {
        match (&self.issue, self.replaced_by) {
            (Some(_), Some((_by, ReferenceKind::Cancel))) => OrderState::Cancelled,
            (Some(_), Some((_by, ReferenceKind::Update))) => OrderState::Superseded,
            _unreplaced if now > self.order.not_after => OrderState::Expired,
            (Some(_), None) => OrderState::Issued,
            _draft if self.complete => OrderState::Signed,
            _draft => OrderState::Drafted,
        }
    }

    /// Whether a terminal that does not have it should get it: it was issued, it is not void, and
    /// nothing newer stands in its place.
    pub fn is_current(&self, now: Instant) -> bool {
        self.state(now) == OrderState::Issued
    }

    /// The act that signatures under an order stand for.
    pub fn act_of(order: &Order) -> OrderAct {
        if order.is_cancel() { OrderAct::Cancel } else { OrderAct::Issue }
    }

    /// The payload type its contents demand.
    pub fn payload_type(order: &Order) -> PayloadType {
        if order.is_cancel() {
            PayloadType::Cancel(order.handling)
        } else {
            PayloadType::Order(order.handling)
        }
    }

    /// How the endpoints of a group answered; none before issue.
    pub fn response(&self, group: impl Iterator<Item = EndpointNo>) -> Option<Response> {
        let issue = self.issue.as_ref()?;
        let deliveries = group.map(|no| self.deliveries.get(&no));
        Some(Response::fold(issue.at, self.order.answer_by, deliveries))
    }
}
