use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::evidence::key::SigningKey;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).expect("a key")
}

fn order(handling: Handling, payload: &[u8]) -> Envelope {
    Envelope::new(PayloadType::Order(handling), payload).expect("within bounds")
}

#[test]
fn the_encoding_is_that_of_the_dsse_specification() {
    assert_eq!(
        pae("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
    assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    assert_eq!(pae("\u{1ec7}", b"\n"), "DSSEv1 3 \u{1ec7} 1 \n".as_bytes(), "lengths are bytes");
}

/// `tests/vectors/envelopes.txt`: made with another implementation (OpenSSL), one case a block.
#[test]
fn envelopes_signed_by_another_implementation_verify_and_are_reproduced() {
    let mut cases = 0;
    for block in include_str!("../../../tests/vectors/envelopes.txt").split("\n\n") {
        let fields: BTreeMap<&str, &str> = block
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(": "))
            .collect();
        let Some(payload_type) = fields.get("type") else { continue };
        let bytes = |name: &str| hex::decode(fields[name]).expect("hex");
        let seed: [u8; 32] = bytes("seed").try_into().expect("a seed");
        let signer = SigningKey::from_seed(&seed).expect("a key");
        let payload_type: PayloadType = payload_type.parse().expect("a known type");
        let mut made = Envelope::new(payload_type, bytes("payload")).expect("within bounds");
        assert_eq!(hex::encode(made.signed_bytes()), fields["signed-bytes"]);
        made.sign(&signer).expect("room");
        assert_eq!(signer.id().to_string(), fields["key-id"]);
        assert_eq!(hex::encode(made.signatures()[0].bytes), fields["signature"]);
        let read = Envelope::from_json(fields["json"]).expect("a DSSE file");
        assert_eq!(read, made);
        assert_eq!(read.verify_with(&signer.public()), Ok(()));
        cases += 1;
    }
    assert_eq!(cases, PayloadType::ALL.len());
}

#[test]
fn every_type_has_its_own_text_and_is_read_back_from_it() {
    let texts: BTreeSet<_> = PayloadType::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(texts.len(), PayloadType::ALL.len());
    for kind in PayloadType::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        if let Some(handling) = kind.handling() {
            assert!(kind.as_str().contains(&format!(".{handling}.v1+")));
        }
    }
    let refused = "application/vnd.hoatoc.order.v1+protobuf".parse::<PayloadType>();
    assert!(matches!(refused, Err(EnvelopeError::UnknownType { .. })));
}

#[test]
fn a_signed_exercise_never_verifies_as_actual_nor_as_anything_else() {
    let signer = key(1);
    for signed_as in PayloadType::ALL {
        let mut envelope = Envelope::new(signed_as, &b"call the reserve"[..]).expect("bounds");
        envelope.sign(&signer).expect("room");
        for shown_as in PayloadType::ALL {
            let parts = (envelope.payload().clone(), envelope.signatures().to_vec());
            let shown = Envelope::from_parts(shown_as, parts.0, parts.1).expect("bounds");
            assert_eq!(shown.verify_with(&signer.public()).is_ok(), shown_as == signed_as);
        }
    }
}

#[test]
fn only_true_signatures_count_whatever_their_hints_say() {
    let (first, second, stranger) = (key(1), key(2), key(3));
    let known: BTreeMap<KeyId, PublicKey> =
        [&first, &second].map(|key| (key.id(), key.public())).into();
    let find = |id: KeyId| known.get(&id).copied();
    let mut envelope = order(Handling::Actual, b"x");
    envelope.sign(&first).expect("room");
    envelope.sign(&first).expect("nothing added");
    assert_eq!(envelope.signatures().len(), 1);
    let by_stranger = stranger.sign(&envelope.signed_bytes());
    envelope.add(Signature { key_id: second.id(), bytes: by_stranger }).expect("room");
    envelope.sign(&stranger).expect("room");
    assert_eq!(envelope.verified_signers(find), BTreeSet::from([first.id()]));
    assert!(envelope.verify_with(&second.public()).is_err());

    // A finder that answers with another key than it was asked for is credited to the true key.
    let mut lying = order(Handling::Actual, b"x");
    let by_first = first.sign(&lying.signed_bytes());
    lying.add(Signature { key_id: second.id(), bytes: by_first }).expect("room");
    let misled = lying.verified_signers(|_any| Some(first.public()));
    assert_eq!(misled, BTreeSet::from([first.id()]));

    // A false signature under a true hint does not hide the true one behind it.
    let mut hidden = order(Handling::Actual, b"x");
    hidden.add(Signature { key_id: first.id(), bytes: [0; 64] }).expect("room");
    hidden.sign(&first).expect("room");
    assert_eq!(hidden.verify_with(&first.public()), Ok(()));
}

#[test]
fn bounds_hold_on_every_way_in() {
    let kind = PayloadType::Receipt;
    assert_eq!(Envelope::new(kind, &b""[..]), Err(EnvelopeError::EmptyPayload));
    let largest = Envelope::new(kind, vec![0xff; PAYLOAD_LEN_MAX]).expect("at the bound");
    let len = PAYLOAD_LEN_MAX + 1;
    assert_eq!(Envelope::new(kind, vec![0; len]), Err(EnvelopeError::PayloadTooLong { len }));
    let mut full = largest;
    for seed in 0..8 {
        full.sign(&key(seed)).expect("room");
    }
    assert_eq!(full.sign(&key(9)), Err(EnvelopeError::TooManySignatures { count: 9 }));
    assert_eq!(full.sign(&key(7)), Ok(()), "already there");
    let json = full.to_json();
    assert_eq!(Envelope::from_json(&json).expect("the largest envelope fits"), full);
    let long = " ".repeat(JSON_LEN_MAX + 1);
    assert!(matches!(Envelope::from_json(&long), Err(EnvelopeError::JsonTooLong { .. })));
    let refused = Signature::new(key(1).id(), &[0; 63]);
    assert_eq!(refused, Err(EnvelopeError::SignatureLength { len: 63 }));
}

#[test]
fn json_with_anything_odd_in_it_is_refused() {
    let mut envelope = order(Handling::Test, &[0xfb, 0xff, 0xfe, 1]);
    envelope.sign(&key(1)).expect("room");
    let json = envelope.to_json();
    let url_safe = json.replace("+//+AQ==", "-__-AQ==");
    assert_ne!(url_safe, json);
    assert_eq!(Envelope::from_json(&url_safe), Ok(envelope));
    for (from, to) in [
        ("\"payload\":", "\"note\": 1, \"payload\":"),
        ("\"payload\":", "\"payload\": \"AA==\", \"payload\":"),
        ("\"keyid\":", "\"cert\": \"\", \"keyid\":"),
        ("\"keyid\":", "\"key\":"),
        ("+//+AQ==", "+//+AQ"),
        ("+//+AQ==", "+//+AR=="),
        ("+//+AQ==", "-/_+AQ=="),
        ("\"payload\":", "\"payload\""),
        ("order.test", "order.real"),
    ] {
        let odd = json.replacen(from, to, 1);
        assert_ne!(odd, json, "{from}");
        assert!(Envelope::from_json(&odd).is_err(), "{to}");
    }
    assert!(Envelope::from_json(&format!("{json}{json}")).is_err(), "two in one file");
}

#[test]
fn debug_shows_no_payload() {
    let envelope = order(Handling::Actual, b"CANARY-0110123456789");
    let shown = format!("{envelope:?}");
    assert!(!shown.contains("CANARY") && !shown.contains("67, 65"), "{shown}");
}

proptest! {
    #[test]
    fn no_changed_exercise_is_ever_accepted_as_actual(
        payload in proptest::collection::vec(any::<u8>(), 1..200),
        flips in proptest::collection::vec(any::<(u16, u8)>(), 0..4),
        target in 0..PayloadType::ALL.len(),
    ) {
        let signer = key(4);
        let mut drill = order(Handling::Exercise, &payload);
        drill.sign(&signer).expect("room");
        let mut changed = payload.clone();
        let mut signature = drill.signatures()[0];
        for (at, bit) in flips {
            let at = usize::from(at) % (changed.len() + signature.bytes.len());
            let spot = match at.checked_sub(changed.len()) {
                Some(in_signature) => &mut signature.bytes[in_signature],
                None => &mut changed[at],
            };
            *spot ^= 1 << (bit % 8);
        }
        let kind = PayloadType::ALL[target];
        let intact = changed == payload
            && signature == drill.signatures()[0]
            && kind == PayloadType::Order(Handling::Exercise);
        let shown = Envelope::from_parts(kind, changed, vec![signature]).expect("bounds");
        prop_assert_eq!(shown.verify_with(&signer.public()).is_ok(), intact);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,300}") {
        prop_assert!(Envelope::from_json(&text).is_err());
    }
}
