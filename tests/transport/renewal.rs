//! The server's own certificate, renewed while it serves.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hoatoc::config::home::{Due, ServerCertificate};
use hoatoc::limits;
use hoatoc::pki::authority::Authority;
use hoatoc::rpc::certificate::{Keeper, end_of_pem};
use hoatoc::tasks::Tasks;
use rustls::pki_types::CertificateDer;

use crate::support::{Bench, NOW, TERMINAL, call, parts, province, soon};

/// A day after two thirds of its life.
fn late() -> hoatoc::domain::instant::Instant {
    NOW + limits::SERVER_VALIDITY * 2 / 3 + Duration::from_secs(86_400)
}

/// A server, and the keeper of its certificate with its files in `keys`.
fn kept(keys: &Path) -> (Bench, Keeper) {
    let authority = Authority::create(&province(), NOW).expect("an authority");
    let (pem, key) = (authority.certificate_pem().to_owned(), authority.key_pem());
    let parts = parts(&authority);
    let held = parts.credentials.clone();
    let bench = Bench::presenting(authority, parts);
    let again = Authority::load(&province(), &pem, &key).expect("the same");
    let keeper = Keeper {
        certificate: ServerCertificate::new(keys.to_owned(), ["127.0.0.1", "localhost"]),
        held,
        authority: Arc::new(again),
        tls: bench.tls.clone(),
        clock: bench.clock.clone(),
    };
    (bench, keeper)
}

/// What the server shows in a handshake.
async fn shown(bench: &Bench) -> CertificateDer<'static> {
    let peer = bench.raw(None).await;
    let chain = peer.get_ref().1.peer_certificates().expect("a server shows one");
    chain[0].clone().into_owned()
}

#[tokio::test]
async fn new_handshakes_see_the_renewed_certificate_and_open_connections_stay() {
    let keys = tempfile::tempdir().expect("a directory");
    let (bench, keeper) = kept(keys.path());
    let channel = bench.connect(Some(&bench.holder(TERMINAL))).await.expect("a connection");
    call(&channel).await.expect("an answer");
    let before = shown(&bench).await;
    let served = bench.counted(|counts| counts.served >= 2).await.served;
    let tasks = Tasks::new();
    let mut ends = keeper.keep(Duration::from_millis(5), &tasks);
    assert_eq!(*ends.borrow_and_update(), NOW + limits::SERVER_VALIDITY);

    bench.clock.set(late());
    soon(ends.changed()).await.expect("it is kept");
    assert_eq!(*ends.borrow(), late() + limits::SERVER_VALIDITY);
    let after = shown(&bench).await;
    assert_ne!(after, before);
    call(&channel).await.expect("an answer");
    let now_served = bench.counted(|counts| counts.served > served).await.served;
    assert_eq!(now_served, served + 1, "the one handshake after; the channel stayed open");
    tasks.stop(Duration::from_secs(10)).await.expect("it ends with the others");
    let written = std::fs::read_to_string(keys.path().join("server.crt")).expect("written");
    assert_eq!(end_of_pem(&written), late() + limits::SERVER_VALIDITY);
}

#[tokio::test]
async fn a_renewal_that_cannot_be_written_leaves_the_certificate_and_is_made_up_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let keys = dir.path().join("keys");
    let (bench, mut keeper) = kept(&keys);
    assert_eq!(keeper.look().expect("readable"), None);
    let before = shown(&bench).await;
    bench.clock.set(late());
    keeper.look().expect_err("there is no such directory");
    assert_eq!(shown(&bench).await, before);
    std::fs::create_dir(&keys).expect("ours");
    assert_eq!(keeper.look().expect("written"), Some(Due::Dates));
    assert_ne!(shown(&bench).await, before);
    assert_eq!(keeper.look().expect("readable"), None);
}
