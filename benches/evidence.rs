//! What proofs cost: signatures, envelopes, encoding, one order verified offline from its file, from
//! its printed codes and with its call-up sheet, the Merkle tree at a million leaves, sealing, and a
//! list of ten thousand revoked certificates.
//!
//! `cargo bench --bench evidence`

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use hoatoc::clock::ManualClock;
use hoatoc::domain::ids::{EndpointNo, OrderId, UnitCode};
use hoatoc::domain::instant::Instant;
use hoatoc::domain::order::delivery::Fact;
use hoatoc::domain::order::handling::Handling;
use hoatoc::domain::world::{Actor, Decision, Entry, Event, World};
use hoatoc::evidence::envelope::{Envelope, PayloadType, pae};
use hoatoc::evidence::key::SigningKey;
use hoatoc::evidence::seal::{Belongs, Sealer};
use hoatoc::evidence::tree::{Tree, leaf_hash};
use hoatoc::paper::code;
use hoatoc::pki::authority::{Authority, Revoked};
use hoatoc::pki::config::{ServerTls, ServerTlsParts};
use hoatoc::sim::cast::{APPROVER, Cast, SIGNER};
use hoatoc::terminal::verify::examine::{Grounds, examine};
use hoatoc::wire::order::call_up::pages::{Frozen, Row, UnitRows, freeze};
use hoatoc::wire::order::call_up::proven_sheet;
use hoatoc::wire::order::printed::{Printed, PrintedSheet};
use hoatoc::wire::{answer, entry, pb};
use prost::Message as _;
use ring::rand::SystemRandom;

const LEAVES: u64 = 1_000_000;
/// An order with its text, a little larger than usual.
const ORDER_LEN: usize = 4096;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).expect("a key")
}

fn signatures(c: &mut Criterion) {
    let own = key(1);
    let message = vec![7; ORDER_LEN];
    let signature = own.sign(&message);
    let mut group = c.benchmark_group("ed25519");
    group.bench_function("sign_4k", |b| b.iter(|| own.sign(black_box(&message))));
    group.bench_function("verify_4k", |b| {
        b.iter(|| own.public().verify(black_box(&message), &signature).expect("its own"));
    });
    group.finish();
}

fn envelopes(c: &mut Criterion) {
    let (first, second) = (key(1), key(2));
    let kind = PayloadType::Order(Handling::Actual);
    let mut envelope = Envelope::new(kind, vec![7; ORDER_LEN]).expect("within bounds");
    envelope.sign(&first).expect("room");
    envelope.sign(&second).expect("room");
    let known = [(first.id(), first.public()), (second.id(), second.public())];
    let mut group = c.benchmark_group("envelope");
    group
        .bench_function("pae_4k", |b| b.iter(|| pae(kind.as_str(), black_box(envelope.payload()))));
    group.bench_function("verify_two_signers_4k", |b| {
        b.iter(|| {
            let find = |id| known.iter().find(|(own, _key)| *own == id).map(|(_id, key)| *key);
            assert_eq!(black_box(&envelope).verified_signers(find).len(), 2);
        });
    });
    group.finish();
}

/// What an answer and an order's delivery take on the wire and in the ledger.
fn encoding(c: &mut Criterion) {
    let at = Instant::from_millis(1_795_000_000_000);
    let order = OrderId::from_bytes([1; 16]);
    let (answer, envelope) = Cast::answer((order, [2; 32]), 7, 1, Fact::Opened, at);
    let event = Event::AnswerTaken {
        answer: answer.clone(),
        envelope: envelope.clone(),
        clock_offset_ms: 12,
    };
    let actor = Actor::Endpoint(EndpointNo::new(7));
    let entry = Entry { at, actor, request: None, event };
    let leaf = entry::encode(&entry);
    let kind = PayloadType::Order(Handling::Actual);
    let mut sent = Envelope::new(kind, vec![7; ORDER_LEN]).expect("within bounds");
    sent.sign(&key(1)).expect("room");
    sent.sign(&key(2)).expect("room");
    let mut group = c.benchmark_group("encoding");
    group.bench_function("answer", |b| b.iter(|| answer::encode(black_box(&answer))));
    group.bench_function("answer_read", |b| {
        b.iter(|| answer::read(black_box(&envelope)).expect("its own"));
    });
    group.bench_function("entry_of_answer", |b| b.iter(|| entry::encode(black_box(&entry))));
    group.bench_function("entry_of_answer_read", |b| {
        b.iter(|| entry::decode(black_box(&leaf)).expect("its own"));
    });
    group.bench_function("delivery_4k", |b| {
        b.iter(|| {
            let envelope = Some(pb::Envelope::from(black_box(&sent)));
            pb::OrderDelivery { sequence: 9, envelope, ..Default::default() }.encode_to_vec()
        });
    });
    group.finish();
}

/// Lists that call so many people of one unit, as one page.
fn lists(order: OrderId, people: u32) -> Frozen {
    let person = |n: u32| {
        let full_name = format!("Lò Văn {n}");
        let hamlet = format!("Bản {}", n % 40);
        let row = pb::CalledPerson { full_name, hamlet, birth_year: 1996, ..Default::default() };
        ([0; 16], Row::Person(Box::new(row)))
    };
    let unit = UnitRows {
        unit: "X0001".parse().expect("a code"),
        endpoints: vec![1],
        rows: (0..people).map(person).collect(),
    };
    let share = pb::CallUpShare { unit_code: "X0001".into(), people, equipment: 0 };
    let summary = pb::CallUpSummary {
        as_of_date: "2026-12-01".to_owned(),
        shares: vec![share],
        ..pb::CallUpSummary::default()
    };
    freeze(order, summary, vec![unit], &SystemRandom::new()).expect("it fits")
}

/// One actual order with two signatures, from what is at hand to the verdict, with no server: what a
/// commune waits for. The budget is 50 ms.
fn offline(c: &mut Criterion) {
    let now = Instant::from_millis(1_795_000_000_000);
    let bundle = &Cast::trust(1, 1, now).bundle;
    let mut world = World::default();
    for request in Cast::new(94).founding(now) {
        let decision = world.decide(&request, now).expect("the cast founds itself");
        let Decision::Happens(events) = decision else { panic!("{request:?} changes nothing") };
        for event in events {
            let entry = Entry { at: now, actor: request.actor.clone(), request: None, event };
            world.apply(&entry);
        }
    }
    let mut order = Cast::order(&world, 1, now);
    order.body = "Các đơn vị tập trung quân nhân dự bị đúng thời gian.\n".repeat(40);
    let lists = lists(order.id, 100);
    order.call_up = Some(lists.signed().expect("its own"));
    let id = order.id;
    let signed = Cast::draft(order, &[SIGNER, APPROVER]).envelope;
    let file = signed.to_json();
    let page = lists.page_for(1, 1, &id).expect("the unit has a page");
    let sheet = PrintedSheet::new(&page, false);
    let codes = code::texts(&Printed { envelope: signed.clone(), sheet: Some(sheet.clone()) });
    let codes = codes.expect("it fits");
    let judge = |envelope: &Envelope, sheet: Option<&PrintedSheet>| {
        let endpoint = Some(EndpointNo::new(1));
        let (day, others, remembered) = (None, &[][..], None);
        let grounds = Grounds { bundle, day, endpoint, now, others, remembered, sheet };
        assert_eq!(examine(envelope, &grounds).failure(), None);
    };
    let own = key(1);
    let bytes = signed.signed_bytes();
    let mut group = c.benchmark_group("order_offline");
    group.throughput(Throughput::Elements(1));
    group.bench_function("sign", |b| b.iter(|| own.sign(black_box(&bytes))));
    group.bench_function("verify_file_two_signatures", |b| {
        b.iter(|| judge(&Envelope::from_json(black_box(&file)).expect("its own"), None));
    });
    group.bench_function("verify_codes_with_sheet_of_100", |b| {
        b.iter(|| {
            let read = code::from_texts(black_box(&codes)).expect("its own");
            judge(&read.envelope, read.sheet.as_ref());
        });
    });
    group.bench_function("verify_with_sheet_of_100", |b| {
        b.iter(|| judge(black_box(&signed), Some(&sheet)));
    });
    group.bench_function("prove_sheet_of_100", |b| {
        let call_up = lists.signed().expect("its own");
        b.iter(|| proven_sheet(black_box(&page), Some(&call_up), EndpointNo::new(1)).expect("it"));
    });
    group.finish();
}

fn merkle(c: &mut Criterion) {
    let tree: Tree = (0..LEAVES).map(|index| leaf_hash(&index.to_be_bytes())).collect();
    let odd = LEAVES - 1;
    let root = tree.root_at(odd).expect("reached");
    let proof = tree.prove_inclusion(LEAVES / 3, odd).expect("in the tree");
    let leaf = tree.leaf(LEAVES / 3).expect("in the tree");
    let mut group = c.benchmark_group("merkle_1m");
    group.bench_function("push_1000", |b| {
        let leaves: Vec<_> = (0..1000_u64).map(|index| leaf_hash(&index.to_be_bytes())).collect();
        b.iter_batched_ref(
            || leaves.iter().copied().collect::<Tree>(),
            |tree| tree.extend(leaves.iter().copied()),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("root", |b| b.iter(|| tree.root_at(black_box(odd)).expect("reached")));
    group.bench_function("prove_inclusion", |b| {
        b.iter(|| tree.prove_inclusion(black_box(LEAVES / 3), odd).expect("in the tree"));
    });
    group.bench_function("prove_consistency", |b| {
        b.iter(|| tree.prove_consistency(black_box(LEAVES / 3), odd).expect("reached"));
    });
    group.bench_function("verify_inclusion", |b| {
        b.iter(|| proof.verify(black_box(&leaf), &root).expect("sound"));
    });
    group.finish();
}

fn sealing(c: &mut Criterion) {
    let rng = SystemRandom::new();
    let sealer = Sealer::new(&[9; 32]);
    let place = Belongs { record_id: &[1; 16], kind: "reservist", version: 1 };
    let record = vec![7; 512];
    let sealed = sealer.seal(&place, &record, &rng).expect("within bounds").bytes;
    let mut group = c.benchmark_group("seal");
    group.throughput(Throughput::Elements(1));
    group.bench_function("seal_512", |b| {
        b.iter(|| sealer.seal(&place, black_box(&record), &rng).expect("within bounds"));
    });
    group.bench_function("open_512", |b| {
        b.iter(|| sealer.open(&place, black_box(&sealed)).expect("its own"));
    });
    group.bench_function("blind_index", |b| {
        b.iter(|| sealer.blind_index("citizen_id", black_box("011099000001")));
    });
    group.finish();
}

/// A list of 10,000 certificates that count no more: made by the authority, and taken by the door for
/// every handshake from then on. The budget for taking it is 1 s.
fn revocations(c: &mut Criterion) {
    let now = Instant::from_millis(1_795_000_000_000);
    let province: UnitCode = "11".parse().expect("a code");
    let authority = Authority::create(&province, now).expect("an authority");
    let validity = Duration::from_secs(86_400);
    let credentials = authority.issue_server(&["localhost".to_owned()], &[], now);
    let parts = ServerTlsParts {
        province,
        authority_pem: authority.certificate_pem().to_owned(),
        credentials: credentials.expect("a certificate"),
        revocations_pem: None,
    };
    let tls = ServerTls::new(parts, Arc::new(ManualClock::at(now))).expect("good parts");
    let serial = |n: u32| Revoked { serial: format!("01{n:030x}"), at: now };
    let gone: Vec<Revoked> = (0..10_000).map(serial).collect();
    let sign = || authority.sign_revocations(&gone, 1, now, now + validity).expect("signed");
    let list = sign();
    let mut group = c.benchmark_group("revocations_10k");
    group.bench_function("sign", |b| b.iter(sign));
    group.bench_function("take", |b| {
        b.iter(|| tls.replace_revocations(black_box(&list).clone()).expect("readable"));
    });
    group.finish();
}

fn main() {
    let mut c = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .configure_from_args();
    signatures(&mut c);
    envelopes(&mut c);
    encoding(&mut c);
    offline(&mut c);
    merkle(&mut c);
    sealing(&mut c);
    revocations(&mut c);
    c.final_summary();
}
