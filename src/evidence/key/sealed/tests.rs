//! Against OpenSSL, against bombs, and against wrong passphrases.

use std::io::Write as _;
use std::process::{Command, Stdio};

use ring::rand::SystemRandom;

use super::*;

const WORDS: &str = "năm từ ngẫu nhiên ghép lại";

fn passphrase(text: &str) -> Passphrase {
    Passphrase::given(text).expect("short")
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32]).expect("a key")
}

fn sealed() -> SealedKey {
    SealedKey::seal(&key(), &passphrase(WORDS), &SystemRandom::new()).expect("random")
}

/// Runs OpenSSL, which the tests need, with a text on its standard input.
fn openssl(words: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new("openssl")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl runs: install it");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let done = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    if done.status.success() { Ok(text(done.stdout)) } else { Err(text(done.stderr)) }
}

#[test]
fn a_key_under_a_passphrase_comes_back_with_it_and_only_with_it() {
    let text = sealed().to_pem();
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), "{text}");
    assert!(SigningKey::from_pem(&text).is_err_and(|fault| fault == KeyError::NeedsPassphrase));
    let StoredKey::Sealed(read) = StoredKey::from_pem(&text).expect("its own form") else {
        panic!("it is sealed");
    };
    assert_eq!(read.open(&passphrase(WORDS)).expect("the right one").public(), key().public());
    assert!(matches!(StoredKey::from_pem(&key().to_pem()), Ok(StoredKey::Open(_))));
    assert_ne!(sealed().to_pem(), text, "salt and vector are fresh each time");
}

#[test]
fn each_of_a_thousand_wrong_passphrases_is_told_for_what_it_is() {
    // With one round each try takes no time; one in 256 leaves a padding that looks right.
    let plain = key().to_pkcs8();
    let scheme = Parameters::generate_pbkdf2_sha256_aes256cbc(1, &[9; 16], [8; 16]);
    let scheme = scheme.expect("good parameters");
    let encrypted = scheme.encrypt("right", &plain).expect("encrypted");
    let sealed = SealedKey { scheme, encrypted };
    assert!(sealed.open(&passphrase("right")).is_ok());
    let mut padded_by_chance = 0;
    for number in 0..1000 {
        let wrong = number.to_string();
        padded_by_chance += u32::from(sealed.scheme.decrypt(&wrong, &sealed.encrypted).is_ok());
        let refused = sealed.open(&passphrase(&wrong)).expect_err("wrong");
        assert_eq!(refused, KeyError::WrongPassphrase, "{number}");
    }
    assert!(padded_by_chance > 0, "the second guard was never needed");
}

#[test]
fn a_passphrase_is_the_same_however_its_marks_are_composed() {
    let decomposed: String = WORDS.nfd().collect();
    assert_ne!(decomposed, WORDS);
    assert!(sealed().open(&passphrase(&decomposed)).is_ok());
}

#[test]
fn openssl_opens_what_is_sealed_here() {
    let shown = openssl(&["pkey", "-passin", &format!("pass:{WORDS}")], &sealed().to_pem());
    assert_eq!(shown.expect("opened"), *key().to_pem());
    openssl(&["pkey", "-passin", "pass:another"], &sealed().to_pem()).expect_err("wrong");
}

#[test]
fn what_openssl_seals_is_opened_here() {
    let plain = key().to_pem();
    let out = format!("pass:{WORDS}");
    let pkcs8 = ["pkcs8", "-topk8", "-passout", &out];
    for way in [
        &["-scrypt"][..],
        &["-scrypt", "-scrypt_N", "32768", "-scrypt_r", "8", "-scrypt_p", "1"],
        &["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256"],
        &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512", "-iter", "100000"],
    ] {
        // OpenSSL itself refuses more than 32 MiB when it reads, not when it writes.
        let Ok(text) = openssl(&[&pkcs8[..], way].concat(), &plain) else {
            assert!(way.contains(&"32768"), "{way:?}");
            continue;
        };
        let sealed = SealedKey::from_pem(&text).unwrap_or_else(|fault| panic!("{way:?}: {fault}"));
        assert_eq!(sealed.open(&passphrase(WORDS)).expect("opened").public(), key().public());
        let wrong = sealed.open(&passphrase("another one")).expect_err("wrong");
        assert_eq!(wrong, KeyError::WrongPassphrase, "{way:?}");
    }
    for weak in [&["-v1", "PBE-SHA1-3DES"][..], &["-v2", "des3"]] {
        let text = openssl(&[&pkcs8[..], weak].concat(), &plain).expect("sealed");
        let refused = SealedKey::from_pem(&text).and_then(|key| key.open(&passphrase(WORDS)));
        let refused = refused.expect_err("too weak");
        assert!(matches!(refused, KeyError::Unsealable { .. }), "{weak:?}: {refused}");
    }
}

#[test]
fn a_file_that_asks_for_gigabytes_or_hours_is_refused_before_any_work() {
    let with = |kdf| SealedKey { scheme: Parameters { kdf, ..sealed().scheme }, ..sealed() };
    let scrypt = |n, r, p| {
        let salt = pbes2::Salt::new([1; 16]).expect("short");
        with(Kdf::Scrypt(ScryptParams {
            salt,
            cost_parameter: n,
            block_size: r,
            parallelization: p,
            key_length: None,
        }))
    };
    for (n, r, p) in [
        (1 << 24, 8, 1),
        (1 << 62, 8, 1),
        (u64::MAX, 8, 1),
        (1 << 14, 8, 1000),
        (1 << 10, u16::MAX, u16::MAX),
        (0, 8, 1),
        (1, 8, 1),
        (12_345, 8, 1),
        (1 << 14, 0, 1),
        (1 << 14, 8, 0),
    ] {
        let refused = SealedKey::from_pem(&scrypt(n, r, p).to_pem()).expect_err("a bomb");
        assert!(matches!(refused, KeyError::Unsealable { .. }), "{n} {r} {p}: {refused}");
    }
    SealedKey::from_pem(&scrypt(1 << 17, 8, 1).to_pem()).expect("what others recommend");
    let rounds = |rounds| {
        let of = pbes2::Pbkdf2Params::hmac_sha256(rounds, &[1; 16]).expect("parameters");
        SealedKey::from_pem(&with(Kdf::Pbkdf2(of)).to_pem())
    };
    rounds(ROUNDS_MAX).expect("slow, but it ends");
    for count in [0, ROUNDS_MAX + 1] {
        let refused = rounds(count).expect_err("a bomb");
        assert!(matches!(refused, KeyError::Unsealable { .. }), "{count}: {refused}");
    }
}

#[test]
fn bent_bytes_never_panic_and_never_pass_for_the_same_key() {
    let scheme = Parameters::generate_pbkdf2_sha256_aes256cbc(1, &[9; 16], [8; 16]);
    let scheme = scheme.expect("good parameters");
    let encrypted = scheme.encrypt(WORDS, &key().to_pkcs8()).expect("encrypted");
    let text = SealedKey { scheme, encrypted }.to_pem();
    let der = pem_decode(SEALED_LABEL, &text).expect("a block");
    for at in 0..der.len() {
        for bit in 0..8 {
            let mut bent = der.clone();
            bent[at] ^= 1 << bit;
            let bent = pem_encode(SEALED_LABEL, &bent);
            let Ok(sealed) = SealedKey::from_pem(&bent) else { continue };
            // Bits of rounds and lengths may ask for work within the bounds; that is not this test's.
            if matches!(&sealed.scheme.kdf, Kdf::Pbkdf2(kdf) if kdf.iteration_count > 1000) {
                continue;
            }
            if let Ok(opened) = sealed.open(&passphrase(WORDS)) {
                // CBC bends the seed itself without a sound: the bundle then does not know the key.
                assert!(opened.public() != key().public() || at < der.len() - 64);
            }
        }
    }
}

#[test]
fn a_new_passphrase_is_long_and_varied_enough() {
    for good in ["correct horse battery", "Mường Lay 1958!", "abcdef123456"] {
        assert!(Passphrase::chosen(good).is_ok(), "{good}");
    }
    for (weak, why) in [
        ("", WeakPassphrase::Guessable),
        ("short", WeakPassphrase::Guessable),
        ("elevenchars", WeakPassphrase::Guessable),
        ("aaaaaaaaaaaaaaaa", WeakPassphrase::Guessable),
        ("1212121212121212", WeakPassphrase::Guessable),
        ("ééééééé", WeakPassphrase::Guessable),
        ("with a\ttab inside", WeakPassphrase::Control),
    ] {
        assert_eq!(Passphrase::chosen(weak).expect_err(weak), why);
    }
    let long = "abcdefgh".repeat(200);
    assert_eq!(Passphrase::chosen(&long).expect_err("long"), WeakPassphrase::TooLong);
    assert_eq!(format!("{:?}", passphrase(WORDS)), "Passphrase");
}
