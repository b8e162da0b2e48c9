//! A terminal's inbox over a store in memory. The parts: answers, changes of orders, doubt, time.

mod answering;
pub(crate) mod calling;
mod changing;
mod doubting;
mod heads;
mod keeping;

use std::sync::Arc;

use super::*;
use crate::clock::ManualClock;
use crate::domain::authority::{Role, default_rules};
use crate::domain::order::audience::{Audience, AudienceSelector};
use crate::domain::order::delivery::{DeclineReason, Fact, Strength};
use crate::domain::order::handling::Handling;
use crate::domain::order::{LegalGround, Order, OrderKind, Reference, ReferenceKind, Urgency};
use crate::domain::world::OrderFile;
use crate::evidence::checkpoint::witness::Witnesses;
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::evidence::key::KeyUse;
use crate::evidence::trust::{OfficerKey, TrustedOfficer};
use crate::store::memory::{Fault, MemoryStore};
use crate::terminal::sheet_keys::MemorySheetKeys;
use crate::wire::{self, pb};

pub(crate) const NOW: Instant = Instant::from_millis(1_795_000_000_000);
pub(crate) const ME: EndpointNo = EndpointNo::new(2);
pub(crate) const HOUR_MS: i64 = 3_600_000;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).expect("a key")
}

fn officer(id: &str, seed: u8, role: Role) -> TrustedOfficer {
    let own = |seed, key_use| OfficerKey {
        key: key(seed).public(),
        key_use,
        valid_from: NOW.offset_by(-800 * DAY_MS),
        valid_to: NOW.offset_by(2_000 * DAY_MS),
    };
    TrustedOfficer {
        id: id.parse().expect("an id"),
        name: format!("Đại tá {id}"),
        unit: "11".parse().expect("a code"),
        roles: [role].into(),
        keys: vec![own(seed, KeyUse::Actual), own(seed + 100, KeyUse::Exercise)],
        retired_at: None,
    }
}

/// Officers a (signer, keys 1 and 101), b (approver, 2 and 102) and c (drafter, 3 and 103); epoch 2;
/// root 201.
pub(crate) fn bundle(version: u64) -> TrustBundle {
    TrustBundle {
        version,
        epoch: 2,
        province: "11".parse().expect("a code"),
        issued_at: NOW.offset_by(-DAY_MS),
        expires_at: NOW.offset_by(2_000 * DAY_MS),
        officers: vec![
            officer("a", 1, Role::Signer),
            officer("b", 2, Role::Approver),
            officer("c", 3, Role::Drafter),
        ],
        rules: default_rules(Instant::EPOCH, "Law 53/2019/QH14, article 25"),
        delegations: Vec::new(),
        ledger_key: key(200).public(),
        roots: vec![key(201).public()],
        root_threshold: 1,
        authority_cert_pem: "certificate".to_owned(),
        witnesses: Witnesses::default(),
    }
}

pub(crate) fn bundle_envelope(bundle: &TrustBundle) -> Envelope {
    let bytes = wire::trust::encode(bundle);
    let mut envelope = Envelope::new(PayloadType::TrustBundle, bytes).expect("within bounds");
    envelope.sign(&key(201)).expect("room");
    envelope
}

pub(crate) fn id(number: u8) -> OrderId {
    OrderId::from_bytes([number; 16])
}

pub(crate) fn order(number: u8, handling: Handling) -> Order {
    let drill = handling != Handling::Actual;
    Order {
        id: id(number),
        handling,
        kind: OrderKind::PersonnelCallUp,
        urgency: Urgency::Flash,
        ground: if drill { LegalGround::Drill } else { LegalGround::Mobilization },
        province: "11".parse().expect("a code"),
        epoch: 2,
        series_year: 2026,
        number: u32::from(number),
        drafted_by: "c".parse().expect("an id"),
        drafted_at: NOW.offset_by(-60_000),
        title: format!("Gọi quân nhân dự bị {number}"),
        body: "body".to_owned(),
        station: None,
        requirements: Vec::new(),
        answer_by: NOW.offset_by(15 * 60_000),
        report_by: None,
        not_after: NOW.offset_by(2 * DAY_MS),
        audience: Audience {
            endpoints: [1, 2, 3].into_iter().collect(),
            digest: [9; 32],
            selector: AudienceSelector::default(),
        },
        reference: None,
        call_up: None,
    }
}

fn changing(number: u8, earlier: &Envelope, handling: Handling, kind: ReferenceKind) -> Order {
    let order_id = wire::order::read(earlier).expect("an order").id;
    let reference = Reference { kind, order: order_id, digest: earlier.digest() };
    Order { reference: Some(reference), ..order(number, handling) }
}

pub(crate) fn cancel_of(number: u8, earlier: &Envelope, handling: Handling) -> Order {
    changing(number, earlier, handling, ReferenceKind::Cancel)
}

pub(crate) fn envelope_of_type(order: &Order, kind: PayloadType) -> Envelope {
    Envelope::new(kind, wire::order::encode(order)).expect("within bounds")
}

/// The same bytes, signed by the keys of these seeds and nobody else.
pub(crate) fn resigned(envelope: &Envelope, seeds: &[u8]) -> Envelope {
    let kind = envelope.payload_type();
    let mut fresh = Envelope::new(kind, envelope.payload().clone()).expect("within bounds");
    seeds.iter().for_each(|seed| fresh.sign(&key(*seed)).expect("room"));
    fresh
}

/// Signed by a and b.
pub(crate) fn envelope(order: &Order) -> Envelope {
    let seeds = if order.handling == Handling::Actual { [1, 2] } else { [101, 102] };
    resigned(&envelope_of_type(order, OrderFile::payload_type(order)), &seeds)
}

pub(crate) fn delivery(sequence: u64, envelope: &Envelope) -> pb::OrderDelivery {
    pb::OrderDelivery {
        sequence,
        envelope: Some(envelope.into()),
        traceparent: String::new(),
        answers_recorded: 0,
        state: "queued".to_owned(),
    }
}

pub(crate) struct Bench {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) sheet_keys: Arc<MemorySheetKeys>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) inbox: Inbox,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(NOW)));
        let sheet_keys = Arc::new(MemorySheetKeys::default());
        let inbox = Self::inbox(&store, &sheet_keys, &clock);
        inbox.install_bundle(&bundle_envelope(&bundle(1))).expect("a good bundle");
        Self { store, sheet_keys, clock, inbox }
    }

    fn inbox(
        store: &Arc<MemoryStore>,
        sheet_keys: &Arc<MemorySheetKeys>,
        clock: &Arc<ManualClock>,
    ) -> Inbox {
        Inbox::open(store.clone(), sheet_keys.clone(), ME, key(50), clock.clone())
            .expect("it opens")
    }

    /// As after a restart of the process.
    fn reopened(mut self) -> Self {
        self.store.restart();
        self.inbox = Self::inbox(&self.store, &self.sheet_keys, &self.clock);
        self
    }

    pub(crate) fn receive(&self, sequence: u64, envelope: &Envelope) -> Received {
        let now = self.clock.now();
        self.inbox.receive(&delivery(sequence, envelope), now).expect("the store works")
    }

    fn standing(&self, number: u8) -> Standing {
        let now = self.clock.now();
        self.inbox.summary(id(number), now).expect("it is here").standing
    }

    fn state(&self, number: u8) -> DeliveryState {
        self.inbox.summary(id(number), self.clock.now()).expect("it is here").state
    }

    /// What would be sent, in order: order, number, fact.
    fn pending(&self) -> Vec<(OrderId, u32, Fact)> {
        let mut seen: Vec<(u64, OrderId, u32, Fact)> = Vec::new();
        while let Some(next) = self
            .inbox
            .outgoing(|_order, place| !seen.iter().any(|(known, ..)| *known == place))
            .expect("the store works")
        {
            let envelope = Envelope::try_from(&next.envelope).expect("an envelope");
            let answer = wire::answer::verify(&envelope, &key(50).public()).expect("our own");
            assert_eq!((answer.order, answer.number), (next.order, next.number));
            seen.push((next.place, next.order, next.number, answer.fact));
        }
        seen.into_iter().map(|(_place, order, number, fact)| (order, number, fact)).collect()
    }

    fn statuses(&self, number: u8) -> Vec<(u32, AnswerStatus)> {
        let detail = self.inbox.detail(id(number), self.clock.now()).expect("it is here");
        detail.answers.into_iter().map(|record| (record.answer.number, record.status)).collect()
    }
}
