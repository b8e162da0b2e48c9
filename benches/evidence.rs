//! What proofs cost: signatures, envelopes, encoding, the Merkle tree at a million leaves, sealing.
//!
//! `cargo bench --bench evidence`

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use hoatoc::domain::ids::{EndpointNo, OrderId};
use hoatoc::domain::instant::Instant;
use hoatoc::domain::order::delivery::Fact;
use hoatoc::domain::order::handling::Handling;
use hoatoc::domain::world::{Actor, Entry, Event};
use hoatoc::evidence::envelope::{Envelope, PayloadType, pae};
use hoatoc::evidence::key::SigningKey;
use hoatoc::evidence::seal::{Belongs, Sealer};
use hoatoc::evidence::tree::{Tree, leaf_hash};
use hoatoc::sim::cast::Cast;
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

fn main() {
    let mut c = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .configure_from_args();
    signatures(&mut c);
    envelopes(&mut c);
    encoding(&mut c);
    merkle(&mut c);
    sealing(&mut c);
    c.final_summary();
}
