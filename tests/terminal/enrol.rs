//! From a code to a home, and its certificate's renewal.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use hoatoc::clock::Clock as _;
use hoatoc::limits;
use hoatoc::pki::authority::Authority;
use hoatoc::pki::code::EnrolmentCode;
use hoatoc::terminal::home::{EnrolError, Enrolled, Enrolment, Home, enrol};
use hoatoc::terminal::link::Dialer as _;
use hoatoc::wire::pb;
use tempfile::TempDir;

use crate::support::{Bench, ME, NOW, OPTIONS, bundle, delivery, id, soon};

async fn enrolled(
    bench: &Bench,
    code: &EnrolmentCode,
    keys: &Path,
) -> Result<Enrolled, EnrolError> {
    let servers = bench.servers();
    let clock = bench.clock.clone();
    soon(enrol(Enrolment { servers: &servers, code, keys, clock })).await
}

#[tokio::test]
async fn a_code_becomes_a_home_that_connects_and_keeps_orders_on_disk() {
    let mut bench = Bench::start();
    let dir = TempDir::new().expect("a directory");
    let keys = dir.path().join("keys");
    let typed: EnrolmentCode = bench.code.to_string().to_lowercase().parse().expect("a code");
    let enrolled_as = enrolled(&bench, &typed, &keys).await.expect("all is right");
    assert_eq!(enrolled_as.place.endpoint, ME);
    assert_eq!(enrolled_as.place.address.as_str(), "03160/military");
    for file in std::fs::read_dir(&keys).expect("a directory") {
        let mode = file.expect("a file").metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = enrolled(&bench, &typed, &keys).await;
    assert!(matches!(again, Err(EnrolError::NotEmpty { .. })));

    let store = dir.path().join("store");
    let home = Home::open(&keys).expect("whole");
    let dialer = home.dialer(&[], bench.clock.clone()).expect("whole");
    let terminal = home.terminal(&store, bench.clock.clone(), OPTIONS).expect("a store");
    let stop = bench.tasks.stopping().child_token();
    let (own, token) = (terminal.clone(), stop.clone());
    let link = bench.tasks.spawn("link", async move { own.run(dialer, token).await });
    let stream = bench.welcomed().await;
    let mut revision = terminal.inbox().revision();
    stream.order(1).await;
    soon(revision.changed()).await.expect("the terminal lives");
    stop.cancel();
    soon(link).await.expect("no panic").expect("it was told to end");
    drop(terminal);
    let home = Home::open(&keys).expect("whole");
    let terminal = home.terminal(&store, bench.clock.clone(), OPTIONS).expect("a store");
    assert_eq!(terminal.inbox().cursor(), 1);
    assert!(terminal.inbox().detail(id(1), NOW).is_ok());
    assert_eq!(delivery(1).sequence, 1);
}

#[tokio::test]
async fn a_code_of_another_authority_or_with_another_secret_enrols_nobody() {
    let bench = Bench::start();
    let dir = TempDir::new().expect("a directory");
    let keys = dir.path().join("keys");
    let other = Authority::create(&"11".parse().expect("a code"), NOW).expect("an authority");
    let foreign = EnrolmentCode::new([7; 16], &other.fingerprint());
    let refused = enrolled(&bench, &foreign, &keys).await;
    assert!(matches!(refused, Err(EnrolError::Server(_))), "{refused:?}");
    let guessed = EnrolmentCode::new([8; 16], &bench.authority.fingerprint());
    let refused = enrolled(&bench, &guessed, &keys).await;
    assert!(matches!(refused, Err(EnrolError::Server(_))), "{refused:?}");
    assert!(!keys.exists());
}

#[tokio::test]
async fn a_server_that_gives_something_else_than_was_asked_is_not_believed() {
    let bench = Bench::start();
    let dir = TempDir::new().expect("a directory");
    let keys = dir.path().join("keys");
    let other = Authority::create(&"11".parse().expect("a code"), NOW).expect("an authority");
    let foreign_pem = other.certificate_pem().to_owned();
    let foreign_bundle = pb::Envelope::from(&bundle(&other, 1));
    type Lie = Box<dyn Fn(&mut pb::EnrolResponse) + Send>;
    let lies: [(&str, Lie); 5] = [
        ("certificate", Box::new(|given| given.endpoint_number = 18)),
        ("certificate", Box::new(|given| given.address = "03163/military".into())),
        (
            "certificate",
            Box::new(|given| given.certificate_pem = given.authority_certificate_pem.clone()),
        ),
        (
            "authority's certificate",
            Box::new(move |given| {
                given.authority_certificate_pem = foreign_pem.clone();
            }),
        ),
        ("trust bundle", Box::new(move |given| given.trust_bundle = Some(foreign_bundle.clone()))),
    ];
    for (expected, lie) in lies {
        *bench.twist.lock().expect("no panic") = lie;
        match enrolled(&bench, &bench.code, &keys).await {
            Err(EnrolError::Wrong { what, .. }) => assert_eq!(what, expected),
            other => panic!("{expected}: {other:?}"),
        }
        assert!(!keys.exists(), "nothing was written");
    }
}

#[tokio::test]
async fn the_certificate_is_renewed_at_half_its_life_and_the_link_uses_the_new_one() {
    let mut bench = Bench::start();
    let dir = TempDir::new().expect("a directory");
    let keys = dir.path().join("keys");
    enrolled(&bench, &bench.code, &keys).await.expect("all is right");
    let home = Home::open(&keys).expect("whole");
    let dialer = home.dialer(&[], bench.clock.clone()).expect("whole");
    let before = dialer.renew_at().expect("a certificate ends");
    let store = dir.path().join("store");
    let terminal = home.terminal(&store, bench.clock.clone(), OPTIONS).expect("a store");
    bench.clock.set(before);
    let stop = bench.tasks.stopping().child_token();
    let (own, token, used) = (terminal.clone(), stop.clone(), dialer.clone());
    let link = bench.tasks.spawn("link", async move { own.run(used, token).await });
    let stream = bench.stream().await;
    stream.welcome(20_000, bench.clock.now()).await;
    bench.stream().await.welcome(20_000, bench.clock.now()).await;
    assert!(dialer.renew_at().expect("a certificate ends") > before);
    stop.cancel();
    soon(link).await.expect("no panic").expect("it was told to end");
    let reread = Home::open(&keys).expect("whole").dialer(&[], bench.clock.clone()).expect("whole");
    assert_eq!(reread.renew_at(), dialer.renew_at());
    assert!(reread.renew_at() > Some(NOW + limits::HOLDER_VALIDITY / 2));
}
