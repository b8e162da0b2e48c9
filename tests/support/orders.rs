//! Drafting as an author does: on the own machine, over what the server resolved.

use hoatoc::domain::ids::OrderId;
use hoatoc::domain::order::handling::Handling;
use hoatoc::domain::order::{LegalGround, Order, OrderKind, Reference, Urgency};
use hoatoc::domain::world::OrderFile;
use hoatoc::evidence::envelope::Envelope;
use hoatoc::evidence::key::SigningKey;
use hoatoc::wire::{order as wire_order, pb};
use pb::order_service_client::OrderServiceClient;
use tonic::transport::Channel;
use uuid::Uuid;

use super::calls::soon;
use super::province::{NOW, Province};

const HOUR_MS: i64 = 3_600_000;

/// An order as its author made it.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) order: Order,
    pub(crate) envelope: Envelope,
}

impl Draft {
    /// After a change of mind, before anybody signed.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Order)) -> Self {
        change(&mut self.order);
        let payload = wire_order::encode(&self.order);
        let payload_type = OrderFile::payload_type(&self.order);
        self.envelope = Envelope::new(payload_type, payload).expect("within the bound");
        self
    }

    pub(crate) fn referring(self, reference: Reference) -> Self {
        self.with(|order| order.reference = Some(reference))
    }

    pub(crate) fn id(&self) -> String {
        self.order.id.to_string()
    }

    pub(crate) fn request(&self, request_id: &str) -> pb::DraftOrderRequest {
        pb::DraftOrderRequest {
            request_id: request_id.into(),
            payload_type: self.envelope.payload_type().as_str().into(),
            payload: self.envelope.payload().to_vec().into(),
            call_up_id: String::new(),
        }
    }
}

/// A draft for everybody in the province by this officer, over what the server resolves.
pub(crate) async fn draft_of(province: &Province, author: &str, handling: Handling) -> Draft {
    let mut client = OrderServiceClient::new(province.officer("everything").await);
    let selector = pb::AudienceSelector { unit_codes: vec!["11".into()], ..Default::default() };
    let request = pb::ResolveAudienceRequest {
        selector: Some(selector),
        handling: pb::Handling::from(handling).into(),
    };
    let resolved = soon(client.resolve_audience(request)).await.expect("resolved").into_inner();
    let audience = resolved.audience.expect("an audience");
    let ground = match handling {
        Handling::Actual => LegalGround::Mobilization,
        Handling::Exercise | Handling::Test => LegalGround::Drill,
    };
    let order = Order {
        id: OrderId::new(Uuid::now_v7()),
        handling,
        kind: OrderKind::PersonnelCallUp,
        urgency: Urgency::Flash,
        ground,
        province: resolved.province_code.parse().expect("a code"),
        epoch: resolved.epoch,
        series_year: resolved.series_year,
        number: resolved.next_number,
        drafted_by: author.parse().expect("an officer"),
        drafted_at: NOW,
        title: "Lệnh gọi quân nhân dự bị".into(),
        body: "Tập trung tại trạm lúc 06:00.".into(),
        station: None,
        requirements: Vec::new(),
        answer_by: NOW.offset_by(HOUR_MS),
        report_by: None,
        not_after: NOW.offset_by(24 * HOUR_MS),
        audience: wire_order::audience_from_message(&audience).expect("an audience"),
        reference: None,
        call_up: None,
    };
    let payload = wire_order::encode(&order);
    let envelope = Envelope::new(OrderFile::payload_type(&order), payload);
    Draft { order, envelope: envelope.expect("within the bound") }
}

/// A signature over a draft, as a request.
pub(crate) fn signature_of(
    draft: &Draft,
    key: &SigningKey,
    request_id: &str,
) -> pb::SubmitSignatureRequest {
    let mut envelope = draft.envelope.clone();
    envelope.sign(key).expect("room for a signature");
    pb::SubmitSignatureRequest {
        request_id: request_id.into(),
        order_id: draft.id(),
        signature: envelope.signatures().last().map(Into::into),
    }
}

impl Province {
    pub(crate) async fn orders(&self, who: &str) -> OrderServiceClient<Channel> {
        OrderServiceClient::new(self.officer(who).await)
    }
}
