//! The HTTP/2 limits, seen and tried from the wire: frames written by hand.

use std::time::Duration;

use hoatoc::limits;
use hoatoc::rpc::http2::Http2Limits;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::support::{Bench, OFFICER, TERMINAL, call, soon};

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const END_HEADERS: u8 = 4;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

struct Frame {
    kind: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.payload[at..at + 4].try_into().expect("four bytes"))
    }
}

async fn next(from: &mut (impl AsyncRead + Unpin)) -> Option<Frame> {
    let mut head = [0; 9];
    from.read_exact(&mut head).await.ok()?;
    let len = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(len).expect("24 bits")];
    from.read_exact(&mut payload).await.ok()?;
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
    Some(Frame { kind: head[3], stream, payload })
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    let mut bytes = vec![len[1], len[2], len[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

fn opening() -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    bytes
}

/// A call whose message never comes.
fn unfinished_call(stream: u32) -> Vec<u8> {
    let text = |text: &str| {
        let mut bytes = vec![u8::try_from(text.len()).expect("short")];
        bytes.extend(text.as_bytes());
        bytes
    };
    // HPACK: indexed `:method: POST` and `:scheme: https`, the rest literal and not indexed.
    let mut block = vec![0x83, 0x87, 0x04];
    block.extend(text("/grpc.health.v1.Health/Check"));
    block.push(0x01);
    block.extend(text("localhost"));
    for (name, value) in [("content-type", "application/grpc"), ("te", "trailers")] {
        block.push(0x00);
        block.extend(text(name));
        block.extend(text(value));
    }
    frame(HEADERS, END_HEADERS, stream, &block)
}

#[tokio::test]
async fn the_settings_on_the_wire_carry_our_limits() {
    let bench = Bench::start();
    let mut peer = bench.raw(None).await;
    let settings = soon(next(&mut peer)).await.expect("the server speaks first");
    assert_eq!((settings.kind, settings.stream), (SETTINGS, 0));
    let value = |id: u16| {
        let mut entries = settings.payload.chunks_exact(6);
        let entry = entries.find(|entry| entry[..2] == id.to_be_bytes());
        entry.map(|entry| u32::from_be_bytes(entry[2..].try_into().expect("four bytes")))
    };
    assert_eq!(value(3), Some(8), "concurrent streams");
    assert_eq!(value(4), Some(64 * 1024), "stream window");
    assert_eq!(value(5), Some(16 * 1024), "frame size");
    assert_eq!(value(6), Some(8 * 1024), "header list");

    peer.write_all(&opening()).await.expect("the line is open");
    let window = loop {
        let frame = soon(next(&mut peer)).await.expect("the connection is open");
        if frame.kind == WINDOW_UPDATE && frame.stream == 0 {
            break 65_535 + frame.number(0);
        }
    };
    assert_eq!(window, 256 * 1024, "connection window");
}

#[tokio::test]
async fn the_ninth_open_stream_is_refused_and_the_others_stay() {
    let bench = Bench::start();
    let mut peer = bench.raw(Some(&bench.holder(TERMINAL))).await;
    let mut bytes = opening();
    for call in 0..=limits::HTTP2_STREAMS_MAX {
        bytes.extend(unfinished_call(2 * call + 1));
    }
    peer.write_all(&bytes).await.expect("the line is open");
    let reset = loop {
        let frame = soon(next(&mut peer)).await.expect("the connection stays");
        assert_ne!(frame.kind, GOAWAY);
        if frame.kind == RST_STREAM {
            break frame;
        }
    };
    assert_eq!((reset.stream, reset.number(0)), (17, REFUSED_STREAM));
}

#[tokio::test]
async fn headers_beyond_the_limit_are_refused_and_the_connection_goes_on() {
    let bench = Bench::start();
    let channel = bench.connect(Some(&bench.holder(OFFICER))).await.expect("let in");
    let mut client = HealthClient::new(channel.clone());
    let mut with_header = async |len: usize| {
        let mut request = tonic::Request::new(HealthCheckRequest::default());
        let value = "x".repeat(len).parse().expect("ascii");
        request.metadata_mut().insert("x-filler", value);
        soon(client.check(request)).await
    };
    let most = usize::try_from(limits::HTTP2_HEADERS_LEN_MAX).expect("small");
    with_header(most - 1_024).await.expect("below the limit");
    let status = with_header(most).await.expect_err("beyond the limit");
    assert_ne!(status.code(), Code::Ok);
    call(&channel).await.expect("the next call");
    let calls = bench.seen.lock().expect("no panic").len();
    assert_eq!(calls, 2, "the oversized call reached the service");
}

#[tokio::test]
async fn a_rapid_reset_flood_ends_its_connection_and_honest_calls_go_on() {
    let bench = Bench::start();
    let honest = bench.connect(Some(&bench.holder(OFFICER))).await.expect("let in");
    let (mut from, mut to) = tokio::io::split(bench.raw(Some(&bench.holder(TERMINAL))).await);
    let flooding = async {
        if to.write_all(&opening()).await.is_err() {
            return;
        }
        for call in 0..5_000 {
            let mut pair = unfinished_call(2 * call + 1);
            pair.extend(frame(RST_STREAM, 0, 2 * call + 1, &CANCEL.to_be_bytes()));
            // The server hangs up in the midst of it.
            if to.write_all(&pair).await.is_err() {
                return;
            }
        }
    };
    let told = async {
        loop {
            let frame = next(&mut from).await?;
            if frame.kind == GOAWAY {
                return Some(frame.number(4));
            }
        }
    };
    let calling = async {
        for _ in 0..20 {
            call(&honest).await.expect("an honest call");
        }
    };
    let ((), told, ()) = soon(async { tokio::join!(flooding, told, calling) }).await;
    assert_eq!(told, Some(ENHANCE_YOUR_CALM));
    bench.open(1).await;
    call(&honest).await.expect("an honest call");
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_cut() {
    let bench = Bench::with_http2(&Http2Limits {
        ping_every: Duration::from_millis(100),
        ping_patience: Duration::from_millis(100),
        ..Default::default()
    });
    let mut peer = bench.raw(Some(&bench.holder(TERMINAL))).await;
    peer.write_all(&opening()).await.expect("the line is open");
    bench.open(1).await;
    let mut pings = 0;
    while let Some(frame) = soon(next(&mut peer)).await {
        pings += u32::from(frame.kind == PING);
    }
    assert_eq!(pings, 1, "one question and no answer");
    bench.open(0).await;
}

#[tokio::test]
async fn a_revoked_peer_that_reads_nothing_is_cut_all_the_same() {
    let bench = Bench::start();
    let mut peer = bench.raw(Some(&bench.holder(TERMINAL))).await;
    peer.write_all(&opening()).await.expect("the line is open");
    // Each ping asks for an answer; nobody reads them, until the server can write no more.
    let pings = frame(PING, 0, 0, &[0; 8]).repeat(4_096);
    let moment = Duration::from_millis(300);
    while let Ok(written) = tokio::time::timeout(moment, peer.write_all(&pings)).await {
        written.expect("the connection is open");
    }
    bench.open(1).await;
    assert_eq!(bench.listener.connections().close_all(), 1);
    bench.open(0).await;
}

#[test]
fn the_defaults_are_the_documented_limits() {
    let http2 = Http2Limits::default();
    assert_eq!((http2.streams_max, http2.local_resets_max, http2.pending_resets_max), (8, 256, 20));
    assert_eq!((http2.ping_every.as_secs(), http2.ping_patience.as_secs()), (30, 20));
}
