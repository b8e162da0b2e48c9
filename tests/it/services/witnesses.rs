//! A server that has its heads cosigned by real witnesses over HTTP, and a terminal that looks at them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hoatoc::audit::heads::ledger_key;
use hoatoc::config::{ServerConfig, WitnessSection};
use hoatoc::domain::world::{Actor, Command, Request, Trust};
use hoatoc::evidence::checkpoint::witness::Witnesses;
use hoatoc::evidence::envelope::{Envelope, PayloadType};
use hoatoc::evidence::note::{NoteKey, SignedNote};
use hoatoc::terminal::heads::look;
use hoatoc::terminal::home::{Enrolment, Home, enrol};
use hoatoc::wire::pb;
use hoatoc::wire::trust as wire_trust;
use hoatoc::witness::collect;
use hoatoc::witness::door;
use hoatoc::witness::home::{Witness, create, follow};
use pb::ledger_service_client::LedgerServiceClient;
use ring::rand::SystemRandom;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::identity::code_for;
use super::terminals::LINK;
use crate::support::{Province, soon};

const ORIGIN: &str = "hoatoc.example/11";

/// A witness of this province that serves: its key, and where it listens.
async fn witness(province: &Province, home: &Path, name: &str) -> (NoteKey, SocketAddr) {
    let own = create(home, name, &SystemRandom::new()).expect("made");
    follow(home, &ledger_key(ORIGIN, province.ledger_key).expect("a name")).expect("followed");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let (witness, clock) =
        (Arc::new(Witness::open(home).expect("it opens")), province.clock.clone());
    let stopping = province.tasks.stopping().clone().cancelled_owned();
    province.tasks.spawn("witness", door::serve(listener, witness, clock, stopping));
    (own, address)
}

fn sections(list: &[(&str, SocketAddr)]) -> Vec<WitnessSection> {
    let each =
        list.iter().map(|(name, at)| format!("{{ name = \"{name}\", url = \"http://{at}\" }}"));
    let text = format!("witnesses = [{}]", each.collect::<Vec<_>>().join(", "));
    ServerConfig::parse(&text, Path::new("server.toml")).expect("a right file").witnesses
}

/// Publishes a bundle that asks for so many of these witnesses.
async fn watch(province: &Province, version: u64, keys: Vec<NoteKey>, threshold: u32) {
    let mut bundle = province.bundle(version, &[]).bundle;
    bundle.witnesses = Witnesses { keys, threshold };
    let payload = wire_trust::encode(&bundle);
    let mut envelope = Envelope::new(PayloadType::TrustBundle, payload).expect("within the bound");
    envelope.sign(&province.root).expect("room");
    let command = Command::PublishTrust(Arc::new(Trust { bundle, envelope }));
    let request = Request { actor: Actor::Server, id: None, command };
    soon(province.engine.submit(request)).await.expect("by the root");
}

async fn cosigned(province: &Province, at_least: u64) -> String {
    soon(async {
        loop {
            if let Some((_size, text)) =
                province.engine.ledger().cosigned().filter(|(size, _text)| *size >= at_least)
            {
                return text;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_are_cosigned_published_kept_and_seen_by_terminals() {
    let province = Province::start().await;
    let dir = tempfile::tempdir().expect("a directory");
    let (one, first) = witness(&province, &dir.path().join("w1"), "kv1.example").await;
    let (two, second) = witness(&province, &dir.path().join("w2"), "kv2.example").await;
    watch(&province, 2, vec![one.clone(), two.clone()], 2).await;
    let data: PathBuf = dir.path().join("data");
    std::fs::create_dir(&data).expect("made");
    // The third one is away, and holds up nobody.
    let away = SocketAddr::from(([127, 0, 0, 1], 1));
    let asked = sections(&[("kv1.example", first), ("kv3.example", away), ("kv2.example", second)]);
    let start =
        || collect::start(&province.engine, &asked, &data, &province.metrics, &province.tasks);
    start().expect("nothing was cosigned before");
    let size = province.ledger_size();
    let text = cosigned(&province, size).await;
    let note = SignedNote::parse(&text).expect("a note");
    assert!(note.verify(&one).is_ok() && note.verify(&two).is_ok());
    assert_eq!(std::fs::read_to_string(data.join("cosigned")).expect("kept"), text);
    let mut ledger = LedgerServiceClient::new(province.officer("auditor").await);
    let head = soon(ledger.get_head(pb::GetHeadRequest {})).await.expect("a head").into_inner();
    assert_eq!(head.cosigned_checkpoint, text);
    let page = province.metrics.page_text().expect("a page");
    assert!(page.contains("hoatoc_ledger_unwitnessed_leaves 0"), "{page}");

    let code = code_for(&province, "03160/military", "c1").await;
    let keys = dir.path().join("keys");
    let servers = [format!("localhost:{}", province.server.local_address().port())];
    let clock = province.clock.clone();
    let enrolment = Enrolment { servers: &servers, code: &code, keys: &keys, clock };
    soon(enrol(enrolment)).await.expect("enrolled");
    let home = Home::open(&keys).expect("whole");
    let dialer = home.dialer(&[], province.clock.clone()).expect("whole");
    let store = dir.path().join("store");
    let terminal = home.terminal(&store, province.clock.clone(), LINK).expect("a store");
    let channel = soon(hoatoc::terminal::link::Dialer::dial(&*dialer, 0)).await.expect("a channel");
    let status = soon(look(&terminal, channel.clone())).await.expect("an answer");
    assert_eq!((status.size, status.alarm), (province.ledger_size(), None));
    assert_eq!((status.witnessed_size, status.witnesses_needed), (size, 2));
    code_for(&province, "03160/civil", "c2").await;
    let status = soon(look(&terminal, channel)).await.expect("an answer");
    assert_eq!((status.size, status.alarm), (province.ledger_size(), None), "it goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cosigned_head_is_taken_up_after_a_restart_and_one_that_nobody_signed_is_left_aside() {
    let province = Province::start().await;
    let dir = tempfile::tempdir().expect("a directory");
    let (own, address) = witness(&province, &dir.path().join("w1"), "kv1.example").await;
    watch(&province, 2, vec![own], 1).await;
    let asked = sections(&[("kv1.example", address)]);
    let start = |at: &Path| {
        collect::start(&province.engine, &asked, at, &province.metrics, &province.tasks)
    };
    start(dir.path()).expect("nothing was cosigned before");
    let text = cosigned(&province, province.ledger_size()).await;
    start(dir.path()).expect("it is the same ledger");
    let cut = text.lines().nth(1).expect("a size").to_owned();
    let more = text.replacen(&cut, "999", 1);
    std::fs::write(dir.path().join("cosigned"), more).expect("written");
    // Nobody signed that: it is left aside, and the next one is kept.
    start(dir.path()).expect("a file of no use is no reason to stand still");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_has_seen_a_longer_history_is_counted_and_told() {
    let province = Province::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    province.tasks.spawn("witness", async move {
        while let Ok((mut stream, _peer)) = listener.accept().await {
            let mut seen = [0; 4_096];
            let read = stream.read(&mut seen).await.expect("a request");
            assert!(read > 0);
            let body = "1000000\n";
            let head = "HTTP/1.1 409 Conflict\r\ncontent-type: text/x.tlog.size\r\n";
            let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.expect("sent");
        }
    });
    let dir = tempfile::tempdir().expect("a directory");
    let asked = sections(&[("kv1.example", address)]);
    collect::start(&province.engine, &asked, dir.path(), &province.metrics, &province.tasks)
        .expect("nothing was cosigned before");
    let line = "hoatoc_ledger_witness_answers_total{outcome=\"other_history\"} 1";
    soon(async {
        loop {
            if province.metrics.page_text().expect("a page").contains(line) {
                break;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(province.engine.ledger().cosigned_size(), 0);
}
