use ring::rand::SystemRandom;

use super::*;

const CANARY: &[u8] = b"CANARY 011099000001 Synthetic Person";

fn sealer(fill: u8) -> Sealer {
    Sealer::new(&[fill; MASTER_KEY_LEN])
}

const fn of(record_id: &[u8; 16], version: u64) -> Belongs<'_> {
    Belongs { record_id, kind: "reservist", version }
}

fn sealed(to: &Belongs<'_>) -> Vec<u8> {
    sealer(1).seal(to, CANARY, &SystemRandom::new()).expect("within bounds")
}

#[test]
fn what_is_sealed_opens_where_it_belongs_and_shows_nothing() {
    let to = of(&[7; 16], 3);
    let bytes = sealed(&to);
    assert_eq!(bytes.len(), CANARY.len() + OVERHEAD_LEN);
    for part in CANARY.windows(4) {
        assert!(!bytes.windows(4).any(|window| window == part));
    }
    assert_eq!(sealer(1).open(&to, &bytes).expect("its own")[..], *CANARY);
    assert_ne!(bytes, sealed(&to), "fresh keys and nonces each time");
    assert_eq!(format!("{:?}", sealer(1)), "Sealer(..)");
}

#[test]
fn swapped_records_kinds_and_versions_never_open() {
    let records: Vec<[u8; 16]> = (0..12).map(|fill| [fill; 16]).collect();
    let kinds = ["reservist", "reservist2", "equipment"];
    let mut places = Vec::new();
    for record_id in &records {
        for kind in kinds {
            for version in [0, 1, u64::MAX] {
                places.push(Belongs { record_id, kind, version });
            }
        }
    }
    for (home, place) in places.iter().enumerate() {
        let bytes = sealed(place);
        for (other, tried) in places.iter().enumerate() {
            let opened = sealer(1).open(tried, &bytes);
            assert_eq!(opened.is_ok(), home == other, "{place:?} as {tried:?}");
        }
    }
}

#[test]
fn keys_and_bodies_of_two_records_cannot_be_mixed() {
    let (first, second) = (of(&[1; 16], 1), of(&[1; 16], 2));
    let (older, newer) = (sealed(&first), sealed(&second));
    let mixed = [&older[..BODY_NONCE_AT], &newer[BODY_NONCE_AT..]].concat();
    for place in [first, second] {
        assert_eq!(sealer(1).open(&place, &mixed), Err(SealError::NotAuthentic));
    }
}

#[test]
fn every_flipped_bit_and_every_other_length_is_noticed() {
    let to = of(&[7; 16], 3);
    let bytes = sealed(&to);
    let own = sealer(1);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(own.open(&to, &flipped).is_err(), "bit {bit}");
    }
    for len in 0..bytes.len() {
        assert!(own.open(&to, &bytes[..len]).is_err(), "cut to {len}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(own.open(&to, &longer), Err(SealError::NotAuthentic));
}

#[test]
fn another_master_key_is_told_apart_from_damage() {
    let to = of(&[7; 16], 3);
    let bytes = sealed(&to);
    assert!(sealer(1).names_this_key(&bytes) && !sealer(2).names_this_key(&bytes));
    assert_eq!(sealer(2).open(&to, &bytes), Err(SealError::OtherMasterKey));
    let mut claimed = bytes.clone();
    claimed[HINT_AT..KEY_NONCE_AT].copy_from_slice(&sealer(2).hint);
    assert_eq!(sealer(2).open(&to, &claimed), Err(SealError::NotAuthentic));
    let mut later = bytes;
    later[0] = 2;
    assert_eq!(sealer(1).open(&to, &later), Err(SealError::Format { format: 2 }));
}

#[test]
fn a_new_master_key_takes_over_without_touching_the_body() {
    let to = of(&[7; 16], 3);
    let (old, next, rng) = (sealer(1), sealer(2), SystemRandom::new());
    let bytes = sealed(&to);
    let moved = old.rewrap(&to, &bytes, &next, &rng).expect("its own");
    assert_eq!(moved[BODY_NONCE_AT..], bytes[BODY_NONCE_AT..]);
    assert_eq!(next.open(&to, &moved).expect("moved")[..], *CANARY);
    assert_eq!(old.open(&to, &moved), Err(SealError::OtherMasterKey));
    assert!(old.rewrap(&of(&[7; 16], 4), &bytes, &next, &rng).is_err(), "another version");
    let mut damaged = bytes;
    *damaged.last_mut().expect("not empty") ^= 1;
    assert_eq!(old.rewrap(&to, &damaged, &next, &rng), Err(SealError::NotAuthentic));
}

#[test]
fn bounds_hold() {
    let (own, rng) = (sealer(1), SystemRandom::new());
    let largest = vec![7; PLAINTEXT_LEN_MAX];
    let to = of(&[7; 16], 3);
    let bytes = own.seal(&to, &largest, &rng).expect("at the bound");
    assert_eq!(own.open(&to, &bytes).expect("its own")[..], largest);
    let len = PLAINTEXT_LEN_MAX + 1;
    assert_eq!(own.seal(&to, &vec![7; len], &rng), Err(SealError::TooLong { len }));
    let empty = own.seal(&to, b"", &rng).expect("nothing can be sealed too");
    assert_eq!(own.open(&to, &empty).expect("its own").len(), 0);
    for kind in ["", "k".repeat(NAME_LEN_MAX + 1).as_str()] {
        let refused = own.seal(&Belongs { kind, ..to }, b"x", &rng);
        assert_eq!(refused, Err(SealError::Kind { len: kind.len() }));
    }
}

#[test]
fn indexes_digests_and_commitments_tell_apart_what_they_must() {
    let own = sealer(1);
    let index = own.blind_index("citizen_id", "011099000001");
    assert_eq!(index, sealer(1).blind_index("citizen_id", "011099000001"));
    assert_ne!(index, own.blind_index("citizen_id", "011099000002"));
    assert_ne!(index, own.blind_index("phone", "011099000001"));
    assert_ne!(index, sealer(2).blind_index("citizen_id", "011099000001"));
    assert_ne!(own.blind_index("ab", "c"), own.blind_index("a", "bc"));

    assert_eq!(own.digest(CANARY), sealer(1).digest(CANARY));
    assert_ne!(own.digest(CANARY), own.digest(&CANARY[1..]));
    assert_ne!(own.digest(CANARY), sealer(2).digest(CANARY));

    let commitment = own.commitment(&[7; 16], 3, CANARY);
    assert_eq!(commitment, sealer(1).commitment(&[7; 16], 3, CANARY));
    assert_ne!(commitment, own.commitment(&[8; 16], 3, CANARY));
    assert_ne!(commitment, own.commitment(&[7; 16], 4, CANARY));
    assert_ne!(commitment, own.commitment(&[7; 16], 3, b"other"));
    assert_ne!(commitment, sealer(2).commitment(&[7; 16], 3, CANARY));
    assert_ne!(commitment[..16], own.digest(CANARY)[..]);
}

/// `tests/vectors/sealed.txt`: made with another implementation (OpenSSL).
#[test]
fn what_another_implementation_sealed_and_derived_is_understood() {
    let text = include_str!("../../../tests/vectors/sealed.txt");
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        hex::decode(line.expect("in the file")).expect("hex")
    };
    let own = Sealer::new(&field("master").try_into().expect("32"));
    let record_id: [u8; 16] = field("record-id").try_into().expect("16");
    let plaintext = field("plaintext");
    assert_eq!(own.open(&of(&record_id, 3), &field("sealed")).expect("sound")[..], plaintext);
    assert_eq!(own.blind_index("citizen_id", "011099000001")[..], field("blind-index"));
    assert_eq!(own.digest(&plaintext)[..], field("digest"));
    assert_eq!(own.commitment(&record_id, 3, &plaintext)[..], field("commitment"));
}
