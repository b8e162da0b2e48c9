use std::sync::Arc;

use super::*;
use crate::clock::ManualClock;
use crate::domain::authority::{Role, default_rules};
use crate::domain::order::audience::{Audience, AudienceSelector};
use crate::domain::order::delivery::{DeclineReason, Fact, Strength};
use crate::domain::order::handling::Handling;
use crate::domain::order::{LegalGround, Order, OrderKind, Reference, ReferenceKind, Urgency};
use crate::domain::world::OrderFile;
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::evidence::key::KeyUse;
use crate::evidence::trust::{OfficerKey, TrustedOfficer};
use crate::store::memory::{Fault, MemoryStore};
use crate::wire::{self, pb};

pub(crate) const NOW: Instant = Instant::from_millis(1_795_000_000_000);
pub(crate) const ME: EndpointNo = EndpointNo::new(2);
pub(crate) const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

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
        ledger_key: key(200).public(),
        roots: vec![key(201).public()],
        root_threshold: 1,
        authority_cert_pem: "certificate".to_owned(),
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
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) inbox: Inbox,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(NOW)));
        let inbox = Self::inbox(&store, &clock);
        inbox.install_bundle(&bundle_envelope(&bundle(1))).expect("a good bundle");
        Self { store, clock, inbox }
    }

    fn inbox(store: &Arc<MemoryStore>, clock: &Arc<ManualClock>) -> Inbox {
        let store: Arc<dyn Store> = store.clone();
        Inbox::open(store, ME, key(50), clock.clone()).expect("it opens")
    }

    /// As after a restart of the process.
    fn reopened(mut self) -> Self {
        self.store.restart();
        self.inbox = Self::inbox(&self.store, &self.clock);
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

#[test]
fn an_order_and_its_receipt_are_one_batch() {
    let bench = Bench::new();
    let order = envelope(&order(1, Handling::Actual));
    bench.store.inject(Fault::FailedNotStored);
    let failed = bench.inbox.receive(&delivery(7, &order), NOW).expect_err("injected");
    assert!(failed.is_fatal());
    let bench = bench.reopened();
    assert_eq!((bench.inbox.cursor(), bench.pending()), (0, vec![]));
    bench.store.inject(Fault::FailedYetStored);
    bench.inbox.receive(&delivery(7, &order), NOW).expect_err("injected");
    let bench = bench.reopened();
    assert_eq!((bench.inbox.cursor(), bench.state(1)), (7, DeliveryState::Delivered));
    assert_eq!(bench.pending(), [(id(1), 1, Fact::Delivered)]);
}

#[test]
fn a_repeat_gives_no_second_receipt_even_after_a_restart_between_store_and_send() {
    let bench = Bench::new();
    let order = envelope(&order(1, Handling::Actual));
    assert_eq!(bench.receive(7, &order), Received::New(id(1)));
    let bench = bench.reopened();
    let receipt = [(id(1), 1, Fact::Delivered)];
    assert_eq!(bench.pending(), receipt, "it is sent again");
    assert_eq!(bench.receive(7, &order), Received::Repeat);
    assert_eq!(bench.pending(), receipt);
    bench.inbox.recorded(id(1), 1, 40).expect("the store works");
    assert_eq!(bench.receive(7, &order), Received::Repeat);
    let bench = bench.reopened();
    assert_eq!(bench.pending(), []);
    assert_eq!(bench.statuses(1), [(1, AnswerStatus::Recorded(40))]);
}

#[test]
fn the_ladder_is_climbed_step_by_step_and_each_step_is_kept() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Exercise)));
    let early = bench.inbox.accept(id(1), "Nguyễn Văn An");
    assert!(matches!(early, Err(InboxError::OutOfPlace(_))));
    bench.inbox.open_order(id(1)).expect("it is delivered");
    bench.inbox.open_order(id(1)).expect("once more changes nothing");
    assert!(matches!(bench.inbox.acknowledge(id(1), " "), Err(InboxError::Text { .. })));
    bench.inbox.acknowledge(id(1), "Nguyễn Văn An").expect("opened before");
    let unsaid = bench.inbox.decline(id(1), "An", DeclineReason::Other, "");
    assert!(matches!(unsaid, Err(InboxError::Text { field: "note", .. })));
    bench.inbox.decline(id(1), "An", DeclineReason::RoadCut, "").expect("acknowledged before");
    bench.inbox.accept(id(1), "An").expect("the road is open again");
    let strength = Strength { called: 10, arrived: 9, ..Strength::default() };
    bench.inbox.report_strength(id(1), "An", strength).expect("accepted before");
    bench.inbox.complete(id(1), "An", "").expect("accepted before");
    let bench = bench.reopened();
    assert_eq!(bench.state(1), DeliveryState::Completed);
    let facts: Vec<_> =
        bench.pending().iter().map(|(_, number, fact)| (*number, fact.as_str())).collect();
    let expected =
        ["delivered", "opened", "acknowledged", "declined", "accepted", "strength", "completed"];
    assert_eq!(facts, (1..).zip(expected).collect::<Vec<_>>());
}

#[test]
fn a_cancel_counts_whether_it_comes_before_or_after_its_order() {
    for cancel_first in [true, false] {
        let bench = Bench::new();
        let order = envelope(&order(1, Handling::Actual));
        let cancel = envelope(&cancel_of(2, &order, Handling::Actual));
        let mut coming = [(5, &order), (6, &cancel)];
        if cancel_first {
            coming.reverse();
        }
        for (sequence, envelope) in coming {
            assert!(matches!(bench.receive(sequence, envelope), Received::New(_)));
        }
        let bench = bench.reopened();
        assert_eq!(bench.standing(1), Standing::Cancelled(id(2)), "{cancel_first}");
        assert_eq!(bench.standing(2), Standing::Live);
        bench.inbox.open_order(id(1)).expect("reading is always possible");
        bench.inbox.acknowledge(id(1), "An").expect("so is answering for it");
        let accepted = bench.inbox.accept(id(1), "An");
        assert!(matches!(accepted, Err(InboxError::NotInForce { .. })));
        bench.inbox.open_order(id(2)).expect("the cancel is answered too");
        bench.inbox.acknowledge(id(2), "An").expect("the cancel is answered too");
    }
}

#[test]
fn a_cancel_that_overtook_does_not_move_the_cursor_past_what_it_overtook() {
    let bench = Bench::new();
    let first = envelope(&order(1, Handling::Actual));
    let cancel = envelope(&cancel_of(9, &first, Handling::Actual));
    bench.receive(8, &cancel);
    assert_eq!(bench.inbox.cursor(), 0, "orders 1 to 7 may still come");
    bench.receive(5, &first);
    assert_eq!(bench.inbox.cursor(), 5);
}

#[test]
fn a_drill_cannot_cancel_the_real_thing() {
    let order = envelope(&order(1, Handling::Actual));
    let cancel = envelope(&cancel_of(2, &order, Handling::Exercise));
    let bench = Bench::new();
    bench.receive(1, &order);
    assert_eq!(bench.receive(2, &cancel), Received::Refused("REFERENCE_MISMATCH"));
    assert_eq!(bench.standing(1), Standing::Live);
    let bench = Bench::new();
    bench.receive(2, &cancel);
    bench.receive(1, &order);
    assert_eq!(bench.standing(1), Standing::Live);
}

#[test]
fn an_update_takes_the_place_of_its_order_and_a_cancel_that_of_both() {
    let bench = Bench::new();
    let order = envelope(&order(1, Handling::Actual));
    let update = changing(2, &order, Handling::Actual, ReferenceKind::Update);
    bench.receive(1, &order);
    bench.receive(2, &envelope(&update));
    assert_eq!(bench.standing(1), Standing::Superseded(id(2)));
    bench.receive(3, &envelope(&cancel_of(3, &order, Handling::Actual)));
    assert_eq!(bench.standing(1), Standing::Cancelled(id(3)));
    assert_eq!(bench.standing(2), Standing::Live);
}

#[test]
fn what_is_not_believed_is_kept_apart_with_its_reason_and_stops_nothing() {
    let bench = Bench::new();
    let forged = resigned(&envelope(&order(1, Handling::Actual)), &[77]);
    assert_eq!(bench.receive(1, &forged), Received::Refused("SIGNATURE_INVALID"));
    assert_eq!(bench.receive(1, &forged), Received::Repeat);
    let broken = pb::OrderDelivery { sequence: 2, ..pb::OrderDelivery::default() };
    let refused = bench.inbox.receive(&broken, NOW).expect("no error");
    assert_eq!(refused, Received::Refused("ENVELOPE_INVALID"));
    assert!(matches!(bench.receive(3, &envelope(&order(3, Handling::Actual))), Received::New(_)));
    let bench = bench.reopened();
    assert_eq!(bench.inbox.cursor(), 3);
    assert_eq!(bench.inbox.list(NOW).len(), 1);
    let reasons: Vec<_> = bench.inbox.refused_orders().into_iter().map(|r| r.reason).collect();
    assert_eq!(reasons, ["ENVELOPE_INVALID", "SIGNATURE_INVALID"]);
    assert_eq!(bench.pending(), [(id(3), 1, Fact::Delivered)], "no receipt for the others");
}

#[test]
fn a_flood_of_forgeries_fills_no_disk() {
    let bench = Bench::new();
    let (full, seeds) = (u64::try_from(REFUSED_ORDERS_MAX).expect("small"), [77]);
    for sequence in 1..=full + 20 {
        let number = u8::try_from(sequence % 251 + 1).expect("a byte");
        bench.clock.advance(std::time::Duration::from_millis(1));
        bench.receive(sequence, &resigned(&envelope(&order(number, Handling::Test)), &seeds));
    }
    let bench = bench.reopened();
    let kept = bench.inbox.refused_orders();
    assert_eq!((kept.len(), kept[0].sequence), (REFUSED_ORDERS_MAX, full + 20));
}

#[test]
fn an_order_by_a_new_officer_is_believed_once_the_newer_bundle_is_here() {
    let bench = Bench::new();
    let mut newer = bundle(2);
    newer.officers.push(officer("d", 4, Role::Signer));
    let order = resigned(&envelope(&order(1, Handling::Actual)), &[4, 2]);
    assert_eq!(bench.receive(1, &order), Received::Refused("SIGNATURES_MISSING"));
    let take = |bundle: &TrustBundle, root: u8| {
        let unsigned = resigned(&bundle_envelope(bundle), &[root]);
        bench.inbox.take_bundle(&(&unsigned).into(), NOW)
    };
    assert!(matches!(take(&newer, 77), Err(InboxError::Bundle(BundleError::OldRoots { .. }))));
    take(&newer, 201).expect("the root signed it");
    assert!(matches!(take(&bundle(1), 201), Err(InboxError::Bundle(BundleError::NotNewer { .. }))));
    let bench = bench.reopened();
    assert_eq!(bench.inbox.bundle_version(), 2);
    assert_eq!((bench.standing(1), bench.inbox.refused_orders().len()), (Standing::Live, 0));
    assert_eq!(bench.pending(), [(id(1), 1, Fact::Delivered)]);
}

#[test]
fn the_epoch_never_goes_back() {
    let bench = Bench::new();
    let restored = Order { epoch: 5, ..order(1, Handling::Actual) };
    bench.receive(1, &envelope(&restored));
    let bench = bench.reopened();
    let old = envelope(&order(2, Handling::Actual));
    assert_eq!(bench.receive(2, &old), Received::Refused("OLD_EPOCH"));
}

#[test]
fn one_id_has_one_order() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Actual)));
    let other = Order { title: "Khác".to_owned(), ..order(1, Handling::Actual) };
    assert_eq!(bench.receive(2, &envelope(&other)), Received::Refused("ORDER_ID_REUSED"));
}

#[test]
fn a_refused_answer_stays_visible_and_those_after_it_are_numbered_anew() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Exercise)));
    bench.inbox.recorded(id(1), 1, 9).expect("the store works");
    bench.inbox.open_order(id(1)).expect("delivered");
    bench.inbox.acknowledge(id(1), "An").expect("opened");
    bench.inbox.accept(id(1), "An").expect("acknowledged");
    bench.inbox.decline(id(1), "An", DeclineReason::RoadCut, "").expect("acknowledged");
    bench.inbox.refused(id(1), 4, "TEXT", "the name is too long").expect("the store works");
    let bench = bench.reopened();
    let facts = [Fact::Opened, Fact::Acknowledged, Fact::Declined(DeclineReason::RoadCut)];
    let expected: Vec<_> = (2..).zip(facts).map(|(number, fact)| (id(1), number, fact)).collect();
    assert_eq!(bench.pending(), expected);
    assert_eq!(bench.state(1), DeliveryState::Declined);
    let refused =
        AnswerStatus::Refused { reason: "TEXT".into(), text: "the name is too long".into() };
    assert!(bench.statuses(1).contains(&(4, refused)));
    bench.inbox.refused(id(1), 3, "TEXT", "").expect("the store works");
    assert_eq!(bench.pending(), [(id(1), 2, Fact::Opened)], "it cannot stand without the third");
    let follows = bench.statuses(1).into_iter().filter(|(_, status)| {
        matches!(status, AnswerStatus::Refused { reason, .. } if reason == "FOLLOWS_REFUSED")
    });
    assert_eq!(follows.count(), 1);
    assert_eq!(bench.inbox.acknowledge(id(1), "An").expect("opened"), 3);
}

#[test]
fn a_terminal_that_lost_its_disk_goes_on_where_the_server_says() {
    let bench = Bench::new();
    let order = envelope(&order(1, Handling::Actual));
    let mut told = delivery(4, &order);
    (told.answers_recorded, told.state) = (3, "acknowledged".to_owned());
    bench.inbox.receive(&told, NOW).expect("the store works");
    assert_eq!((bench.state(1), bench.pending()), (DeliveryState::Acknowledged, vec![]));
    assert_eq!(bench.inbox.accept(id(1), "An").expect("acknowledged before"), 4);
    let bench = bench.reopened();
    assert_eq!(bench.state(1), DeliveryState::Accepted);
}

#[test]
fn a_disk_put_back_from_a_copy_believes_the_server() {
    let bench = Bench::new();
    let order = envelope(&order(1, Handling::Actual));
    bench.receive(4, &order);
    let mut told = delivery(4, &order);
    (told.answers_recorded, told.state) = (3, "acknowledged".to_owned());
    bench.inbox.receive(&told, NOW).expect("the store works");
    let bench = bench.reopened();
    assert_eq!((bench.state(1), bench.pending()), (DeliveryState::Acknowledged, vec![]));
    assert_eq!(bench.inbox.accept(id(1), "An").expect("acknowledged before"), 4);
}

#[test]
fn a_terminal_that_was_dark_for_thirty_days_shows_nothing_as_live_that_is_over() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Actual)));
    bench.clock.advance(std::time::Duration::from_secs(30 * 24 * 3_600));
    assert_eq!(bench.standing(1), Standing::Expired);
    let late = envelope(&order(2, Handling::Actual));
    assert_eq!(bench.receive(2, &late), Received::Refused("EXPIRED"));
    let now = bench.clock.now();
    let fresh = Order {
        drafted_at: now.offset_by(-1),
        answer_by: now.offset_by(HOUR_MS),
        not_after: now.offset_by(DAY_MS),
        ..order(3, Handling::Actual)
    };
    assert_eq!(bench.receive(3, &envelope(&fresh)), Received::New(id(3)));
    assert_eq!(bench.standing(3), Standing::Live);
    assert_eq!(
        bench.inbox.acknowledge(id(1), "An").map_err(|e| e.to_string()),
        Err("`acknowledged` cannot follow `delivered`".to_owned())
    );
}

#[test]
fn what_is_long_over_is_forgotten_and_cannot_come_back() {
    let bench = Bench::new();
    let old = envelope(&order(1, Handling::Actual));
    bench.receive(1, &old);
    bench.inbox.recorded(id(1), 1, 9).expect("the store works");
    bench.receive(2, &envelope(&order(2, Handling::Actual)));
    bench.clock.advance(std::time::Duration::from_secs(401 * 24 * 3_600));
    let bench = bench.reopened();
    assert_eq!(bench.inbox.list(NOW).len(), 2, "no newer signed time proves that they are over");
    let now = bench.clock.now();
    let fresh = Order {
        drafted_at: now,
        answer_by: now.offset_by(HOUR_MS),
        not_after: now.offset_by(DAY_MS),
        ..order(3, Handling::Actual)
    };
    bench.receive(3, &envelope(&fresh));
    let bench = bench.reopened();
    let left: Vec<_> = bench.inbox.list(now).into_iter().map(|order| order.id).collect();
    assert_eq!(left, [id(3), id(2)], "the second has a receipt to send still");
    bench.clock.set(NOW);
    assert_eq!(bench.receive(1, &old), Received::Refused("EXPIRED"), "whatever the clock says");
}

#[test]
fn a_full_disk_refuses_and_nothing_is_half_done() {
    let bench = Bench::new();
    bench.store.inject(Fault::Full);
    let order = envelope(&order(1, Handling::Actual));
    let failed = bench.inbox.receive(&delivery(1, &order), NOW).expect_err("full");
    assert!(!failed.is_fatal());
    assert_eq!((bench.inbox.cursor(), bench.inbox.list(NOW).len()), (0, 0));
    assert_eq!(bench.receive(1, &order), Received::New(id(1)));
}
