//! The acceptor: slow, silent, rude and too many peers.

use std::time::Duration;

use hoatoc::rpc::channel::{ConnectError, client_channel};
use hoatoc::rpc::listener::ListenerLimits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Bench, OFFICER, TERMINAL, call, soon, watch};

async fn silent(bench: &Bench) -> TcpStream {
    TcpStream::connect(bench.address()).await.expect("the listener listens")
}

/// The other side closes, in whatever manner.
async fn closed(mut peer: TcpStream) {
    let mut byte = [0; 1];
    let read = soon(peer.read(&mut byte)).await;
    assert!(matches!(read, Ok(0) | Err(_)), "the server said something");
}

#[tokio::test]
async fn a_silent_peer_is_cut_at_the_timeout_and_blocks_nobody() {
    let patience = Duration::from_secs(2);
    let bench = Bench::with(ListenerLimits { handshake_patience: patience, ..Default::default() });
    let (mute, mut half) = (silent(&bench).await, silent(&bench).await);
    half.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00]).await.expect("half a hello");
    bench.counted(|counts| counts.accepted == 2).await;

    let channel = bench.connect(Some(&bench.holder(OFFICER))).await.expect("not blocked");
    call(&channel).await.expect("an answer");
    assert_eq!(bench.listener.counts().borrow().refused("handshake_too_slow"), 0);
    assert_eq!(bench.listener.connections().arriving(), 2);

    closed(mute).await;
    closed(half).await;
    let counts = bench.counted(|counts| counts.refused("handshake_too_slow") == 2).await;
    assert_eq!(counts.served, 1);
    call(&channel).await.expect("served connections have no such timeout");
}

#[tokio::test]
async fn only_so_many_handshakes_run_at_once_and_the_next_waits_its_turn() {
    let bench = Bench::with(ListenerLimits {
        handshakes_max: 2,
        handshake_patience: Duration::from_millis(500),
        ..Default::default()
    });
    let _silent = [silent(&bench).await, silent(&bench).await, silent(&bench).await];
    bench.counted(|counts| counts.accepted == 3).await;
    let channel = bench.connect(None).await.expect("its turn came");
    let counts = bench.listener.counts().borrow().clone();
    assert!(counts.refused("handshake_too_slow") >= 1, "it did not wait");
    call(&channel).await.expect("an answer");
}

#[tokio::test]
async fn silent_peers_of_one_address_delay_only_that_address() {
    let bench = Bench::with(ListenerLimits {
        handshakes_max: 3,
        handshakes_per_ip_max: 2,
        handshake_patience: Duration::from_millis(1_500),
        ..Default::default()
    });
    let mut crowd = Vec::new();
    for _ in 0..8 {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.2:0".parse().expect("an address")).expect("all of 127/8 is ours");
        crowd.push(socket.connect(bench.listener.local_address()).await.expect("it listens"));
    }
    bench.counted(|counts| counts.accepted == 8).await;
    let channel = bench.connect(None).await.expect("another address");
    call(&channel).await.expect("an answer");
    assert!(bench.listener.counts().borrow().refused.is_empty(), "it had to wait");
    let counts = bench.counted(|counts| counts.refused.values().sum::<u64>() == 8).await;
    assert!(counts.refused("handshake_too_slow") >= 2, "{counts:?}");
    assert!(counts.refused("handshake_no_turn") >= 1, "{counts:?}");
}

#[tokio::test]
async fn one_address_cannot_take_all_connections() {
    let limits = ListenerLimits { connections_per_ip_max: 2, ..Default::default() };
    let bench = Bench::with(limits);
    let one = bench.connect(None).await.expect("the first");
    let _two = bench.connect(None).await.expect("the second");
    assert!(bench.connect(None).await.is_err());
    bench.counted(|counts| counts.refused("full_address") == 1).await;
    drop(one);
    bench.open(1).await;
    bench.connect(None).await.expect("the place was given back");
}

#[tokio::test]
async fn beyond_the_cap_in_all_connections_are_closed_at_once() {
    let bench = Bench::with(ListenerLimits { connections_max: 2, ..Default::default() });
    let channels = [
        bench.connect(None).await.expect("the first"),
        bench.connect(None).await.expect("the second"),
    ];
    assert!(bench.connect(None).await.is_err());
    bench.counted(|counts| counts.refused("full_connections") == 1).await;
    for channel in &channels {
        call(channel).await.expect("the others go on");
    }
}

#[tokio::test]
async fn those_without_a_certificate_do_not_crowd_out_those_with_one() {
    let bench = Bench::with(ListenerLimits {
        connections_anonymous_max: 1,
        anonymous_age_max: Duration::from_secs(2),
        ..Default::default()
    });
    let anonymous = bench.connect(None).await.expect("the first");
    let mut stream = watch(&anonymous).await;
    let error = bench.connect(None).await.expect_err("one too many");
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error:?}");
    bench.counted(|counts| counts.refused("full_anonymous") == 1).await;
    bench.connect(Some(&bench.holder(TERMINAL))).await.expect("has a certificate");
    soon(stream.message()).await.expect_err("its time is over");
}

#[tokio::test]
async fn one_holder_has_four_places_and_the_fifth_connection_ends_the_oldest() {
    let bench = Bench::start();
    let (old, renewed) = (bench.holder(TERMINAL), bench.holder(TERMINAL));
    let other = bench.connect(Some(&bench.holder(OFFICER))).await.expect("another holder");
    let _other_stream = watch(&other).await;
    let mut streams = Vec::new();
    for holder in [&old, &old, &renewed, &renewed] {
        streams.push(watch(&bench.connect(Some(holder)).await.expect("a place")).await);
    }
    bench.open(5).await;

    let fifth = bench.connect(Some(&renewed)).await.expect("it takes the oldest's place");
    soon(streams[0].message()).await.expect_err("the oldest ends");
    bench.open(5).await;
    for stream in &mut streams[1..] {
        let next = tokio::time::timeout(Duration::ZERO, stream.message()).await;
        assert!(next.is_err(), "a younger one ended: {next:?}");
    }
    call(&fifth).await.expect("an answer");
    call(&other).await.expect("an answer");
}

#[tokio::test]
async fn resets_during_accept_and_handshake_do_not_end_the_loop() {
    let bench = Bench::start();
    for round in 0_u8..200 {
        let mut peer = silent(&bench).await;
        if round % 2 == 0 {
            peer.write_all(&[0x16, 0x03, 0x01, 0x02]).await.expect("a piece of a hello");
        }
        peer.set_zero_linger().expect("a socket option");
        drop(peer);
    }
    let channel = bench.connect(Some(&bench.holder(TERMINAL))).await.expect("let in");
    call(&channel).await.expect("an answer");
    bench.counted(|counts| counts.refused("peer_gone") >= 100).await;
    assert_eq!(bench.listener.connections().arriving(), 0);
}

#[tokio::test]
async fn what_is_not_tls_is_refused_as_such() {
    let bench = Bench::start();
    let mut peer = silent(&bench).await;
    peer.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("the line is open");
    bench.counted(|counts| counts.refused("protocol") == 1).await;
}

#[tokio::test]
async fn all_terminals_of_a_province_may_come_back_at_once() {
    let bench = Bench::start();
    let configs: Vec<_> = (1..=300)
        .map(|number| format!("hoatoc://11/endpoint/03160/military/{number}"))
        .map(|uri| bench.client_config(Some(&bench.holder(&uri))))
        .collect();
    let mut coming = tokio::task::JoinSet::new();
    for config in configs {
        let address = bench.address();
        coming.spawn(async move { client_channel(&address, "localhost", config).await });
    }
    let channels = soon(coming.join_all()).await;
    let channels: Vec<_> = channels.into_iter().map(|channel| channel.expect("let in")).collect();
    bench.open(300).await;
    let counts = bench.listener.counts().borrow().clone();
    assert_eq!((counts.served, counts.refused.len()), (300, 0));
    drop(channels);
    bench.open(0).await;
}
