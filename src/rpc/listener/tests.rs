use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsConnector;
use tokio_stream::StreamExt;

use super::*;
use crate::clock::SystemClock;
use crate::pki::authority::Authority;
use crate::pki::config::{ServerTlsParts, Trust, client_config};
use crate::telemetry::Metrics;

/// Fails as scripted, then waits for ever.
struct Script {
    errors: VecDeque<io::Error>,
    exhausted: Arc<AtomicBool>,
}

impl Source for Script {
    async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        match self.errors.pop_front() {
            Some(error) => Err(error),
            None => {
                self.exhausted.store(true, Ordering::SeqCst);
                std::future::pending().await
            }
        }
    }
}

fn server() -> (Authority, Arc<ServerTls>) {
    let now = SystemClock.now();
    let province = "11".parse().expect("a unit code");
    let authority = Authority::create(&province, now).expect("an authority");
    let names = ["localhost".to_owned()];
    let credentials = authority.issue_server(&names, &[], now).expect("a server");
    let authority_pem = authority.certificate_pem().to_owned();
    let parts = ServerTlsParts { province, authority_pem, credentials, revocations_pem: None };
    let tls = ServerTls::new(parts, Arc::new(SystemClock)).expect("good parts");
    (authority, Arc::new(tls))
}

fn door(limits: ListenerLimits) -> (Arc<Door>, Incoming) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (_authority, tls) = server();
    let (queue, incoming) = mpsc::channel(1);
    let connections = Connections::new(limits.clone(), Metrics::noop());
    let counts = watch::Sender::new(Counts::default());
    let handshakes = Arc::new(Semaphore::new(limits.handshakes_max));
    let tasks = Tasks::new();
    let metrics = Metrics::noop();
    let door = Door { limits, tls, clock, connections, handshakes, counts, metrics, queue, tasks };
    (Arc::new(door), ReceiverStream::new(incoming))
}

#[tokio::test(start_paused = true)]
async fn no_error_of_accept_ends_the_loop() {
    // ENFILE, EMFILE, ENOBUFS, ENOMEM, ECONNABORTED, ECONNRESET, EINTR, EPROTO, EPERM
    let errors: VecDeque<_> =
        [23, 24, 105, 12, 103, 104, 4, 71, 1].map(io::Error::from_raw_os_error).into();
    let count = u64::try_from(errors.len()).expect("few");
    let exhausted = Arc::new(AtomicBool::new(false));
    let (door, _incoming) = door(ListenerLimits::default());
    let script = Script { errors, exhausted: Arc::clone(&exhausted) };
    let started = Instant::now();

    let looped = timeout_of_an_hour(accept_all(script, Arc::clone(&door))).await;

    assert!(looped.is_err(), "the loop ended");
    assert!(exhausted.load(Ordering::SeqCst), "the loop got stuck");
    assert_eq!(door.counts.borrow().accept_errors, count);
    assert!(started.elapsed() >= Duration::from_secs(3_600));
}

#[tokio::test(start_paused = true)]
async fn running_out_of_descriptors_pauses_for_a_twentieth_to_a_tenth_of_a_second() {
    let errors: VecDeque<_> = [24, 24, 24].map(io::Error::from_raw_os_error).into();
    let (door, _incoming) = door(ListenerLimits::default());
    let exhausted = Arc::new(AtomicBool::new(false));
    let script = Script { errors, exhausted: Arc::clone(&exhausted) };
    let looping = accept_all(script, Arc::clone(&door));
    tokio::pin!(looping);
    let start = Instant::now();
    for (after_ms, failed) in [(49, 1), (52, 2), (148, 2), (153, 3)] {
        let end = start + Duration::from_millis(after_ms);
        assert!(tokio::time::timeout_at(end, &mut looping).await.is_err(), "the loop ended");
        assert_eq!(door.counts.borrow().accept_errors, failed, "after {after_ms} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn the_loop_ends_when_told_to_stop_or_when_nobody_listens_to_it() {
    let idle = || Script { errors: VecDeque::new(), exhausted: Arc::default() };
    let (stopped, _incoming) = door(ListenerLimits::default());
    stopped.tasks.stopping().cancel();
    timeout_of_an_hour(accept_all(idle(), stopped)).await.expect("it was told to stop");

    let (abandoned, incoming) = door(ListenerLimits::default());
    drop(incoming);
    timeout_of_an_hour(accept_all(idle(), abandoned)).await.expect("nobody listens");
}

#[tokio::test]
async fn a_write_that_waits_for_a_peer_fails_once_the_connection_is_to_end() {
    let (authority, tls) = server();
    let tasks = Tasks::new();
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let limits = ListenerLimits::default();
    let (listener, mut incoming) =
        Listener::start(any_port, limits, tls, Arc::new(SystemClock), &Metrics::noop(), &tasks)
            .expect("a listener");
    let trust = Trust::Authority(authority.certificate_pem().to_owned());
    let config = client_config(&trust, None, Arc::new(SystemClock)).expect("good parts");
    let tcp = TcpStream::connect(listener.local_address()).await.expect("it listens");
    let name = "localhost".try_into().expect("a name");
    let _reads_nothing =
        TlsConnector::from(config).connect(name, tcp).await.expect("the right server");
    let mut connection = incoming.next().await.expect("it came").expect("never an error");

    let block = vec![0; 64 * 1024];
    let moment = Duration::from_millis(300);
    while let Ok(written) = tokio::time::timeout(moment, connection.write_all(&block)).await {
        written.expect("the connection is open");
    }
    let close = async { listener.connections().close_all() };
    let both = async { tokio::join!(connection.write_all(&block), close) };
    let patience = Duration::from_secs(10);
    let (written, closed) = tokio::time::timeout(patience, both).await.expect("it was woken");
    assert_eq!(closed, 1);
    assert_eq!(written.expect_err("it ended").kind(), io::ErrorKind::ConnectionAborted);
}

async fn timeout_of_an_hour<F: Future>(
    future: F,
) -> Result<F::Output, tokio::time::error::Elapsed> {
    tokio::time::timeout(Duration::from_secs(3_600), future).await
}
