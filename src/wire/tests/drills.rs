//! A drill can never show as the real thing, whatever is done to its bytes on the way.

use prost::Message;
use prost::bytes::Bytes;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::domain::authority::Matter;
use crate::domain::order::handling::Handling;
use crate::domain::order::{Order, ReferenceKind};
use crate::domain::world::tests::support::{Province, START, bundle, key, signed_draft};
use crate::evidence::authority::check_signatures;
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::evidence::trust::TrustBundle;
use crate::paper::code;
use crate::wire::order::printed::Printed;
use crate::wire::{order, pb};

/// Variants tried in every run; `HOATOC_DRILL_VARIANTS=100000` tries more.
const VARIANTS: usize = 5_000;

fn variants() -> usize {
    let asked = std::env::var("HOATOC_DRILL_VARIANTS").ok();
    asked.map_or(VARIANTS, |count| count.parse().expect("HOATOC_DRILL_VARIANTS is a number"))
}

/// What a terminal does with bytes that come in: the order, if its signatures hold.
fn shown(bundle: &TrustBundle, bytes: &[u8]) -> Option<Order> {
    let envelope = Envelope::try_from(&pb::Envelope::decode(bytes).ok()?).ok()?;
    let order = order::read(&envelope).ok()?;
    check_signatures(bundle, &envelope, &Matter::from(&order), START).ok()?;
    Some(order)
}

fn sealed(order: &Order, seeds: [u8; 2]) -> Vec<u8> {
    let draft = signed_draft(order, &seeds.map(key));
    pb::Envelope::from(&draft.envelope).encode_to_vec()
}

/// One edit by somebody who knows the format: of the type, the contents, or whose key is named.
fn edit(message: &mut pb::Envelope, actual: &pb::Envelope, random: &mut ChaCha8Rng) {
    let handling = i32::from(pb::Handling::Actual);
    match random.random_range(0..7) {
        0 => {
            let types = [Handling::Actual].map(PayloadType::Order);
            let any = PayloadType::ALL.choose(random).expect("there are some");
            let chosen = if random.random() { types[0] } else { *any };
            message.payload_type = chosen.as_str().to_owned();
        }
        1 => {
            if let Ok(mut payload) = pb::OrderPayload::decode(&message.payload[..]) {
                payload.handling = handling;
                payload.ground = pb::LegalGround::Disaster.into();
                message.payload = payload.encode_to_vec().into();
            }
        }
        2 => {
            // The last value of a field wins: a second handling after the first.
            message.payload = [&message.payload[..], &[0x18, 0x01]].concat().into();
        }
        3 => {
            for (signature, seed) in message.signatures.iter_mut().zip([2, 3]) {
                signature.key_id = Bytes::copy_from_slice(&key(seed).id().0);
            }
        }
        4 => message.payload = actual.payload.clone(),
        5 => message.signatures.reverse(),
        _other => message.signatures[0] = actual.signatures[0].clone(),
    }
}

#[test]
fn no_edit_of_a_drill_ever_shows_as_the_real_thing() {
    let mut p = Province::new();
    let (real, drill) = (p.order(Handling::Actual), p.order(Handling::Exercise));
    let target = p.issued(Handling::Exercise);
    let cancel = p.follow_up(&target, ReferenceKind::Cancel);
    let trusted = bundle();
    let actual = sealed(&real, [2, 3]);
    assert_eq!(shown(&trusted, &actual).as_ref(), Some(&real), "the real thing itself is shown");
    let drills = [drill, cancel].map(|own| (sealed(&own, [102, 103]), own));
    for (bytes, own) in &drills {
        assert_eq!(shown(&trusted, bytes).as_ref(), Some(own));
    }
    let actual = pb::Envelope::decode(&actual[..]).expect("our own");
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut harmless = 0;
    let variants = variants();
    for round in 0..variants {
        let (bytes, own) = &drills[round % 2];
        let mut message = pb::Envelope::decode(&bytes[..]).expect("our own");
        for _edit in 0..random.random_range(0..4) {
            edit(&mut message, &actual, &mut random);
        }
        let mut bytes = message.encode_to_vec();
        for _flip in 0..random.random_range(0..3) {
            let place = random.random_range(0..bytes.len());
            bytes[place] ^= 1 << random.random_range(0..8);
        }
        if let Some(order) = shown(&trusted, &bytes) {
            assert_eq!(&order, own, "round {round}: shown, and not as it was signed");
            harmless += 1;
        }
    }
    assert!(
        (variants / 10..variants - variants / 10).contains(&harmless),
        "{harmless} edits did nothing"
    );
}

#[test]
fn every_single_bit_of_a_signed_payload_counts() {
    let drill = Province::new().order(Handling::Exercise);
    let draft = signed_draft(&drill, &[key(102)]);
    let (trusted, message) = (bundle(), pb::Envelope::from(&draft.envelope));
    for place in 0..message.payload.len() {
        for bit in 0..8 {
            let mut payload = message.payload.to_vec();
            payload[place] ^= 1 << bit;
            let bent = pb::Envelope { payload: payload.into(), ..message.clone() };
            assert_eq!(shown(&trusted, &bent.encode_to_vec()), None, "byte {place} bit {bit}");
        }
    }
}

/// What `order verify` does with a file: the order, if it is believed.
fn shown_of_json(bundle: &TrustBundle, text: &str) -> Option<Order> {
    let envelope = Envelope::from_json(text).ok()?;
    shown(bundle, &pb::Envelope::from(&envelope).encode_to_vec())
}

/// What `order verify --qr` does with the texts of codes.
fn shown_of_codes(bundle: &TrustBundle, texts: &[String]) -> Option<Order> {
    let printed = code::from_texts(texts).ok()?;
    shown(bundle, &pb::Envelope::from(&printed.envelope).encode_to_vec())
}

#[test]
fn no_edit_of_a_drills_file_or_of_its_printed_codes_ever_shows_as_the_real_thing() {
    let mut p = Province::new();
    let (real, drill) = (p.order(Handling::Actual), p.order(Handling::Exercise));
    let trusted = bundle();
    let envelope = |order: &Order, seeds: [u8; 2]| signed_draft(order, &seeds.map(key)).envelope;
    let (drilled, actual) = (envelope(&drill, [102, 103]), envelope(&real, [2, 3]));
    let codes = |envelope: &Envelope| {
        code::texts(&Printed { envelope: envelope.clone(), sheet: None }).expect("it fits")
    };
    assert_eq!(shown_of_json(&trusted, &actual.to_json()).as_ref(), Some(&real));
    assert_eq!(shown_of_codes(&trusted, &codes(&actual)).as_ref(), Some(&real));
    let whole = pb::Envelope::from(&actual);
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let variants = variants();
    let mut harmless = 0;
    for round in 0..variants {
        let mut message = pb::Envelope::from(&drilled);
        for _edit in 0..random.random_range(0..4) {
            edit(&mut message, &whole, &mut random);
        }
        let Ok(edited) = Envelope::try_from(&message) else { continue };
        let flips = random.random_range(0..3);
        let found = if round % 2 == 0 {
            let mut bytes = edited.to_json().into_bytes();
            flip(&mut bytes, flips, &mut random);
            String::from_utf8(bytes).ok().and_then(|text| shown_of_json(&trusted, &text))
        } else {
            let mut texts = codes(&edited);
            let chosen = random.random_range(0..texts.len());
            let mut bytes = texts[chosen].clone().into_bytes();
            flip(&mut bytes, flips, &mut random);
            let Ok(bent) = String::from_utf8(bytes) else { continue };
            texts[chosen] = bent;
            shown_of_codes(&trusted, &texts)
        };
        if let Some(order) = found {
            assert_eq!(order, drill, "round {round}: shown, and not as it was signed");
            harmless += 1;
        }
    }
    assert!((variants / 20..variants).contains(&harmless), "{harmless} edits did nothing");
}

fn flip(bytes: &mut [u8], flips: usize, random: &mut ChaCha8Rng) {
    for _flip in 0..flips {
        let place = random.random_range(0..bytes.len());
        bytes[place] ^= 1 << random.random_range(0..8);
    }
}

#[test]
fn every_single_bit_of_a_drills_printed_code_counts() {
    let drill = Province::new().order(Handling::Exercise);
    let envelope = signed_draft(&drill, &[key(102)]).envelope;
    let texts = code::texts(&Printed { envelope, sheet: None }).expect("it fits");
    let trusted = bundle();
    assert_eq!(shown_of_codes(&trusted, &texts).as_ref(), Some(&drill));
    for (at, text) in texts.iter().enumerate() {
        for place in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                let Ok(bent) = String::from_utf8(bytes) else { continue };
                let mut bent_texts = texts.clone();
                bent_texts[at] = bent;
                let found = shown_of_codes(&trusted, &bent_texts);
                assert_eq!(found, None, "code {at} place {place} bit {bit}");
            }
        }
    }
}
