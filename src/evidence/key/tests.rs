use ring::rand::SystemRandom;

use super::*;

fn unhex<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).expect("hex").try_into().expect("length")
}

/// RFC 8032 section 7.1, test 2.
const RFC_SEED: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const RFC_PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
const RFC_SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

#[test]
fn the_vector_of_rfc_8032_is_signed_and_verified() {
    let key = SigningKey::from_seed(&unhex(RFC_SEED)).expect("a key");
    assert_eq!(key.public().to_string(), RFC_PUBLIC);
    let signature = key.sign(&[0x72]);
    assert_eq!(hex::encode(signature), RFC_SIGNATURE);
    assert_eq!(key.public().verify(&[0x72], &signature), Ok(()));
    assert_eq!(key.public().verify(&[0x73], &signature), Err(KeyError::BadSignature));
    assert_eq!(key.public().verify(&[0x72], &signature[..63]), Err(KeyError::BadSignature));
}

#[test]
fn a_signature_with_the_group_order_added_to_s_is_refused() {
    let order: [u8; 32] = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut signature: [u8; 64] = unhex(RFC_SIGNATURE);
    let mut carry = 0_u16;
    for (byte, add) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = u8::try_from(sum & 0xff).expect("masked");
        carry = sum >> 8;
    }
    assert_eq!(carry, 0, "still fits 256 bits, so it is another encoding of the same number");
    let key = PublicKey::parse(&unhex::<32>(RFC_PUBLIC)).expect("a key");
    assert_eq!(key.verify(&[0x72], &signature), Err(KeyError::BadSignature));
}

#[test]
fn keys_of_small_order_and_other_encodings_are_refused() {
    for y in SMALL_ORDER_Y {
        for sign in [0, 0x80] {
            let mut raw = y;
            raw[31] |= sign;
            assert_eq!(PublicKey::parse(&raw), Err(KeyError::SmallOrder), "{}", hex::encode(raw));
        }
    }
    for low in 0xed..=0xff {
        for high in [0x7f, 0xff] {
            let mut raw = [0xff; 32];
            raw[0] = low;
            raw[31] = high;
            assert_eq!(PublicKey::parse(&raw), Err(KeyError::NotCanonical));
        }
    }
    for len in [0, 31, 33, 64] {
        assert_eq!(PublicKey::parse(&vec![9; len]), Err(KeyError::WrongLength { len }));
    }
}

#[test]
fn a_small_order_key_would_have_verified_a_forged_signature() {
    let identity = SMALL_ORDER_Y[1];
    let mut forged = [0; 64];
    forged[0] = 1;
    let raw = UnparsedPublicKey::new(&ED25519, identity);
    assert!(raw.verify(b"any order at all", &forged).is_ok(), "this is why parse refuses it");
}

#[test]
fn a_new_key_survives_its_file_and_differs_from_the_next() {
    let rng = SystemRandom::new();
    let key = SigningKey::generate(&rng).expect("a key");
    let next = SigningKey::generate(&rng).expect("another key");
    assert_ne!(key.id(), next.id());
    let pem = key.to_pem();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let read = SigningKey::from_pem(&pem.replace('\n', "\r\n")).expect("its own file");
    assert_eq!(read.public(), key.public());
    assert_eq!(read.sign(b"x"), key.sign(b"x"));
    assert_eq!(SigningKey::from_pkcs8(&key.to_pkcs8()).expect("its own DER").id(), key.id());
    assert_eq!(PublicKey::from_pem(&key.public().to_pem()), Ok(key.public()));
}

#[test]
fn the_key_files_of_rfc_8410_are_read() {
    let private = "-----BEGIN PRIVATE KEY-----\n\
                   MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                   -----END PRIVATE KEY-----\n";
    let public = "-----BEGIN PUBLIC KEY-----\n\
                  MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
                  -----END PUBLIC KEY-----\n";
    let key = SigningKey::from_pem(private).expect("RFC 8410 section 10.3");
    assert_eq!(*key.to_pem(), private);
    assert_eq!(PublicKey::from_pem(public), Ok(key.public()));
    assert_eq!(key.public().to_pem(), public);
}

#[test]
fn a_file_that_is_not_exactly_one_key_is_refused() {
    let pem = SigningKey::from_seed(&[7; 32]).expect("a key").to_pem();
    let twice = format!("{}{}", *pem, *pem);
    let bad_body = pem.replace("MC4C", "M*4C");
    let long = format!("{}{}", *pem, " ".repeat(PEM_LEN_MAX));
    let other = pem.replace("PRIVATE", "EC PRIVATE");
    for text in ["", "-----BEGIN PRIVATE KEY-----", &twice, &bad_body, &long, &other] {
        let refused = SigningKey::from_pem(text).expect_err("not one key");
        assert!(matches!(refused, KeyError::NotPem { label: "PRIVATE KEY", .. }), "{refused}");
    }
    let public = SigningKey::from_seed(&[7; 32]).expect("a key").public().to_pem();
    assert!(matches!(SigningKey::from_pem(&public), Err(KeyError::NotPem { .. })));
    let empty = "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n";
    assert_eq!(SigningKey::from_pem(empty).expect_err("no key"), KeyError::NotPkcs8);
}

#[test]
fn a_public_half_of_another_secret_is_refused() {
    let rng = SystemRandom::new();
    let with_public = Ed25519KeyPair::generate_pkcs8(&rng).expect("random bytes");
    let mut der = with_public.as_ref().to_vec();
    assert!(SigningKey::from_pkcs8(&der).is_ok());
    *der.last_mut().expect("not empty") ^= 1;
    assert_eq!(SigningKey::from_pkcs8(&der).expect_err("mixed halves"), KeyError::NotPkcs8);
}

#[test]
fn debug_shows_no_secret() {
    let seed = [0xa5; 32];
    let key = SigningKey::from_seed(&seed).expect("a key");
    let shown = format!("{key:?}");
    assert!(shown.contains(&key.public().to_string()));
    assert!(!shown.contains("a5a5a5a5") && !shown.contains("165, 165"), "{shown}");
}

#[test]
fn every_use_is_read_back_from_its_word() {
    for key_use in KeyUse::ALL {
        assert_eq!(key_use.as_str().parse(), Ok(key_use));
    }
    assert!("Actual".parse::<KeyUse>().is_err());
}
