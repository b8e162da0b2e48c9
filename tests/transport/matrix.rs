//! The certificate matrix: every way in which a certificate can be wrong, for officers and for
//! terminals, each refused in the handshake and counted under its own reason.
//!
//! The certificates are made here with the authority's own key, as its holder gone mad or a thief
//! could, and shown by a client that checks nothing of its own.

use std::sync::Arc;
use std::time::Duration;

use hoatoc::domain::instant::Instant;
use hoatoc::pki::authority::Authority;
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, SignatureScheme};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use crate::support::{Bench, NOW, OFFICER, TERMINAL, soon};

const HOUR: Duration = Duration::from_secs(3_600);
const YEARS_10: Duration = Duration::from_secs(3_653 * 86_400);

/// What a client shows: a chain, and the key it signs the handshake with.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesClientCert for Shown {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn shown(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Shown {
    let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Shown(Arc::new(CertifiedKey::new(chain, any_supported_type(&der).expect("a key"))))
}

/// The authority's key as a signer, as whoever stole it could use it.
fn issuer(authority: &Authority) -> Issuer<'static, KeyPair> {
    let key = KeyPair::from_pem(&authority.key_pem()).expect("a key");
    Issuer::from_ca_cert_pem(authority.certificate_pem(), key).expect("an issuer")
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn uri(text: &str) -> SanType {
    SanType::URI(Ia5String::try_from(text).expect("ascii"))
}

/// What the authority writes into a holder's certificate.
fn good(holder: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![uri(holder)];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.is_ca = IsCa::ExplicitNoCa;
    lasting(&mut params, NOW - HOUR, NOW + HOUR);
    params
}

fn lasting(params: &mut CertificateParams, from: Instant, to: Instant) {
    let epoch = date_time_ymd(1970, 1, 1);
    let since = |at: Instant| Duration::from_millis(u64::try_from(at.millis()).expect("later"));
    (params.not_before, params.not_after) = (epoch + since(from), epoch + since(to));
}

/// A certificate of our authority with one thing changed.
fn changed(bench: &Bench, holder: &str, change: impl FnOnce(&mut CertificateParams)) -> Shown {
    let mut params = good(holder);
    change(&mut params);
    let key = key();
    let certificate = params.signed_by(&key, &issuer(&bench.authority)).expect("a certificate");
    shown(vec![certificate.der().clone()], &key)
}

/// A good certificate whose bytes were touched afterwards.
fn touched(bench: &Bench, holder: &str, touch: impl FnOnce(&mut Vec<u8>)) -> Shown {
    let key = key();
    let made = good(holder).signed_by(&key, &issuer(&bench.authority)).expect("a certificate");
    let mut der = made.der().to_vec();
    touch(&mut der);
    shown(vec![der.into()], &key)
}

/// Shows it, and gives the reasons that the listener counted; the connection must end unserved.
async fn refused(bench: &Bench, case: &str, client: Shown) -> Vec<&'static str> {
    let before = bench.listener.counts().borrow().clone();
    let mut config = ClientConfig::clone(&bench.client_config(None));
    config.client_auth_cert_resolver = Arc::new(client);
    let mut peer = bench.raw_with(Arc::new(config)).await;
    let mut said = Vec::new();
    let end = timeout(Duration::from_secs(10), peer.read_to_end(&mut said)).await;
    assert!(matches!(end, Ok(Err(ref _alert))), "{case}: it is let in: {end:?}");
    // The server waits a moment for whoever it refused to hang up.
    drop(peer);
    let after = bench.counted(|counts| counts.refused != before.refused).await;
    assert_eq!(after.served, before.served, "{case}: it was served");
    let newly =
        |(label, count): (&&'static str, &u64)| (*count > before.refused(label)).then_some(*label);
    after.refused.iter().filter_map(newly).collect()
}

/// What is wrong, what is shown, and the reason that is counted.
type Fault = (&'static str, Shown, &'static str);

/// Of dates, makers and bytes.
fn faults_of_making(bench: &Bench, holder: &str) -> Vec<Fault> {
    let second = Duration::from_secs(1);
    let dated = |from, to| changed(bench, holder, |params| lasting(params, from, to));
    let unknown = "certificate_unknown_authority";
    vec![
        ("over for a second", dated(NOW - HOUR, NOW - second), "certificate_expired"),
        ("over for years", dated(NOW - YEARS_10, NOW - HOUR), "certificate_expired"),
        ("begins in a second", dated(NOW + second, NOW + HOUR), "certificate_not_yet_valid"),
        (
            "begins in ten years",
            dated(NOW + YEARS_10, NOW + YEARS_10 + HOUR),
            "certificate_not_yet_valid",
        ),
        ("ends before it begins", dated(NOW + HOUR, NOW - HOUR), "certificate_expired"),
        ("another province's authority", foreign("27", holder), unknown),
        ("another authority of this name", foreign("11", holder), unknown),
        ("vouches for itself", itself(holder), unknown),
        ("a holder vouches", by_holder(bench, holder), unknown),
        ("an authority under ours vouches", by_lower_authority(bench, holder), unknown),
        ("a bit of the signature flipped", touched(bench, holder, |der| flip(der, -1)), unknown),
        ("a bit of the serial flipped", touched(bench, holder, |der| flip(der, 18)), unknown),
        ("cut short", touched(bench, holder, |der| der.truncate(der.len() - 1)), "certificate_bad"),
        ("with bytes behind it", touched(bench, holder, |der| der.push(0)), "certificate_bad"),
        ("no certificate at all", touched(bench, holder, |der| der.fill(0x30)), "certificate_bad"),
        ("shown with another key", with_another_key(bench, holder), unknown),
        ("behind the authority's own", behind_its_authority(bench, holder), "certificate_bad"),
    ]
}

/// Of uses.
fn faults_of_use(bench: &Bench, holder: &str) -> Vec<Fault> {
    let purposes = |uses: Vec<ExtendedKeyUsagePurpose>| {
        changed(bench, holder, |params| params.extended_key_usages = uses)
    };
    vec![
        (
            "a server's use",
            purposes(vec![ExtendedKeyUsagePurpose::ServerAuth]),
            "certificate_wrong_purpose",
        ),
        (
            "a use for code",
            purposes(vec![ExtendedKeyUsagePurpose::CodeSigning]),
            "certificate_wrong_purpose",
        ),
        (
            "an authority's certificate",
            changed(bench, holder, |params| {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            }),
            "certificate_bad",
        ),
        (
            "a critical extension nobody knows",
            changed(bench, holder, |params| {
                let mut unknown =
                    CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999], vec![5, 0]);
                unknown.set_criticality(true);
                params.custom_extensions = vec![unknown];
            }),
            "certificate_bad",
        ),
    ]
}

/// Of names.
fn faults_of_name(bench: &Bench, holder: &str) -> Vec<Fault> {
    let names =
        |names: Vec<SanType>| changed(bench, holder, |params| params.subject_alt_names = names);
    let named = |text: &str| names(vec![uri(text)]);
    let malformed = "identity_malformed";
    vec![
        ("no name", names(Vec::new()), "identity_missing"),
        (
            "a name as common name only",
            changed(bench, holder, |params| {
                params.subject_alt_names.clear();
                params.distinguished_name.push(DnType::CommonName, holder);
            }),
            "identity_missing",
        ),
        (
            "a name as DNS name only",
            names(vec![SanType::DnsName(Ia5String::try_from("tran.van.a").expect("ascii"))]),
            "identity_missing",
        ),
        ("two names", names(vec![uri(OFFICER), uri(TERMINAL)]), "identity_several"),
        ("one name twice", names(vec![uri(holder), uri(holder)]), "identity_several"),
        (
            "a web page beside the name",
            names(vec![uri(holder), uri("https://example.org/")]),
            "identity_several",
        ),
        ("a web page", named("https://example.org/"), malformed),
        ("a slash behind the name", named(&format!("{holder}/")), malformed),
        ("capitals in the scheme", named(&holder.replacen("hoatoc", "HOATOC", 1)), malformed),
        ("a question behind the name", named(&format!("{holder}?role=signer")), malformed),
        ("a province written in escapes", named(&holder.replacen("11", "%31%31", 1)), malformed),
        (
            "another province's name",
            named(&holder.replacen("//11/", "//27/", 1)),
            "identity_other_province",
        ),
        ("a server's name", named("hoatoc://11/server"), "identity_not_a_client"),
    ]
}

fn flip(der: &mut [u8], at: isize) {
    let at = if at < 0 { der.len().checked_add_signed(at) } else { usize::try_from(at).ok() };
    der[at.expect("inside")] ^= 1;
}

fn foreign(code: &str, holder: &str) -> Shown {
    let other = Authority::create(&code.parse().expect("a code"), NOW).expect("an authority");
    let key = key();
    let made = good(holder).signed_by(&key, &issuer(&other)).expect("a certificate");
    shown(vec![made.der().clone(), other.certificate_der().clone()], &key)
}

fn itself(holder: &str) -> Shown {
    let key = key();
    let made = good(holder).self_signed(&key).expect("a certificate");
    shown(vec![made.der().clone()], &key)
}

/// Signed with the key of a good certificate that is itself no authority's.
fn by_holder(bench: &Bench, holder: &str) -> Shown {
    let (own, key) = (key(), key());
    let params = good(TERMINAL);
    let between = params.signed_by(&own, &issuer(&bench.authority)).expect("a certificate");
    let made = good(holder).signed_by(&key, &Issuer::new(params, own)).expect("a certificate");
    shown(vec![made.der().clone(), between.der().clone()], &key)
}

/// Our authority may not make further authorities.
fn by_lower_authority(bench: &Bench, holder: &str) -> Shown {
    let (own, key) = (key(), key());
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, "lower");
    lasting(&mut params, NOW - HOUR, NOW + HOUR);
    let lower = params.signed_by(&own, &issuer(&bench.authority)).expect("a certificate");
    let made = good(holder).signed_by(&key, &Issuer::new(params, own)).expect("a certificate");
    shown(vec![made.der().clone(), lower.der().clone()], &key)
}

fn with_another_key(bench: &Bench, holder: &str) -> Shown {
    let made = good(holder).signed_by(&key(), &issuer(&bench.authority)).expect("a certificate");
    shown(vec![made.der().clone()], &key())
}

fn behind_its_authority(bench: &Bench, holder: &str) -> Shown {
    let key = key();
    let made = good(holder).signed_by(&key, &issuer(&bench.authority)).expect("a certificate");
    shown(vec![bench.authority.certificate_der().clone(), made.der().clone()], &key)
}

#[tokio::test]
async fn every_wrong_certificate_is_refused_under_its_own_reason() {
    let bench = Bench::start();
    let (mut cases, mut wrong) = (0, Vec::new());
    for holder in [OFFICER, TERMINAL] {
        let mut faults = faults_of_making(&bench, holder);
        faults.extend(faults_of_use(&bench, holder));
        faults.extend(faults_of_name(&bench, holder));
        for (case, client, label) in faults {
            let case = format!("{holder}: {case}");
            let told = refused(&bench, &case, client).await;
            if told != [label] {
                wrong.push(format!("{case}: {told:?}, not {label}"));
            }
            cases += 1;
        }
        let same = changed(&bench, holder, |_as_it_is| ());
        let mut config = ClientConfig::clone(&bench.client_config(None));
        config.client_auth_cert_resolver = Arc::new(same);
        let mut peer = bench.raw_with(Arc::new(config)).await;
        soon(peer.read_u8()).await.expect("unchanged it is let in");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(cases >= 60, "{cases}");
}
