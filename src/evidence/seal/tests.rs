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
    sealer(1).seal(to, CANARY, &SystemRandom::new()).expect("within bounds").bytes
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
fn a_thousand_swaps_of_records_kinds_versions_and_generations_never_open() {
    let rng = SystemRandom::new();
    let own = sealer(1);
    let mut both = (*own.keyring()).clone();
    let records: Vec<[u8; 16]> = (0..6).map(|fill| [fill; 16]).collect();
    let mut places = Vec::new();
    for record_id in &records {
        for kind in ["reservist", "reservist2", "equipment"] {
            for version in [0, 1, u64::MAX] {
                places.push(Belongs { record_id, kind, version });
            }
        }
    }
    let seal = |place: &Belongs<'_>| own.seal(place, CANARY, &rng).expect("sealed").bytes;
    let older: Vec<Vec<u8>> = places.iter().map(seal).collect();
    both.begin(&rng, Instant::from_millis(0)).expect("random");
    own.replace(both);
    let newer: Vec<Vec<u8>> = places.iter().map(seal).collect();
    let mut swaps = 0;
    for (home, (older, newer)) in older.iter().zip(&newer).enumerate() {
        let relabelled =
            [&older[..GENERATION_AT], &newer[GENERATION_AT..NONCE_AT], &older[NONCE_AT..]];
        assert!(own.open(&places[home], &relabelled.concat()).is_err(), "another generation");
        for (other, tried) in places.iter().enumerate() {
            for bytes in [older, newer] {
                let opened = own.open(tried, bytes);
                assert_eq!(opened.is_ok(), home == other, "{:?} as {tried:?}", places[home]);
            }
            swaps += 2;
        }
    }
    assert!(swaps > 1_000, "{swaps}");
}

#[test]
fn nonces_and_bodies_of_two_sealings_cannot_be_mixed() {
    let to = of(&[1; 16], 1);
    let (one, other) = (sealed(&to), sealed(&to));
    let mixed = [&one[..BODY_AT], &other[BODY_AT..]].concat();
    assert_eq!(sealer(1).open(&to, &mixed), Err(SealError::NotAuthentic));
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
fn other_keys_formats_and_generations_are_told_apart() {
    let to = of(&[7; 16], 3);
    let bytes = sealed(&to);
    assert_eq!(sealer(2).open(&to, &bytes), Err(SealError::NotAuthentic));
    let mut older = bytes.clone();
    older[0] = 1;
    assert_eq!(sealer(1).open(&to, &older), Err(SealError::Format { format: 1 }));
    let mut later = bytes;
    later[NONCE_AT - 1] = 9;
    assert_eq!(sealer(1).open(&to, &later), Err(SealError::OtherGeneration { generation: 9 }));
}

#[test]
fn an_erased_record_opens_nowhere_and_its_commitment_cannot_be_made_again() {
    let (own, rng) = (sealer(1), SystemRandom::new());
    let (gone, left) = (of(&[7; 16], 3), of(&[8; 16], 3));
    let seal = |to: &Belongs<'_>| own.seal(to, CANARY, &rng);
    let (erased, kept) = (seal(&gone).expect("sealed"), seal(&left).expect("sealed"));
    let mut next = (*own.keyring()).clone();
    assert!(next.puncture(gone.record_id, 1).expect("room"));
    own.replace(next);
    assert_eq!(own.open_committed(&gone, &erased.bytes), Err(SealError::Erased));
    assert_eq!(seal(&gone), Err(SealError::Erased));
    let opened = own.open_committed(&left, &kept.bytes).expect("its own");
    assert_eq!((&opened.body[..], opened.commitment), (CANARY, kept.commitment));
    assert_eq!(format!("{opened:?}"), "Opened(..)");
}

#[test]
fn both_generations_open_until_the_older_one_is_dropped() {
    let (own, rng, now) = (sealer(1), SystemRandom::new(), Instant::from_millis(0));
    let to = of(&[7; 16], 3);
    let older = own.seal(&to, CANARY, &rng).expect("sealed");
    let index = own.blind_index("citizen_id", "011099000001");
    let mut next = (*own.keyring()).clone();
    next.begin(&rng, now).expect("random");
    own.replace(next.clone());
    let newer = own.seal(&to, CANARY, &rng).expect("sealed");
    assert_eq!((generation_of(&older.bytes), generation_of(&newer.bytes)), (Ok(1), Ok(2)));
    assert_ne!(older.commitment, newer.commitment);
    assert!(own.open(&to, &older.bytes).is_ok() && own.open(&to, &newer.bytes).is_ok());
    assert!(next.finish(&rng).expect("random"));
    own.replace(next.clone());
    assert_eq!(own.open(&to, &older.bytes), Err(SealError::OtherGeneration { generation: 1 }));
    assert!(own.open(&to, &newer.bytes).is_ok());
    assert_eq!(own.blind_index("citizen_id", "011099000001"), index, "while it runs");
    assert_ne!(Sealer::of(next).blind_index("citizen_id", "011099000001"), index, "from then on");
}

#[test]
fn bounds_hold() {
    let (own, rng) = (sealer(1), SystemRandom::new());
    let largest = vec![7; PLAINTEXT_LEN_MAX];
    let to = of(&[7; 16], 3);
    let bytes = own.seal(&to, &largest, &rng).expect("at the bound").bytes;
    assert_eq!(own.open(&to, &bytes).expect("its own")[..], largest);
    let len = PLAINTEXT_LEN_MAX + 1;
    assert_eq!(own.seal(&to, &vec![7; len], &rng), Err(SealError::TooLong { len }));
    let empty = own.seal(&to, b"", &rng).expect("nothing can be sealed too").bytes;
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

    assert_eq!(own.digest(&[CANARY]), sealer(1).digest(&[&CANARY[..1], &CANARY[1..]]));
    assert_ne!(own.digest(&[CANARY]), own.digest(&[&CANARY[1..]]));
    assert_ne!(own.digest(&[CANARY]), sealer(2).digest(&[CANARY]));

    let commitment = |sealer: &Sealer, to: &Belongs<'_>, body: &[u8]| {
        sealer.seal(to, body, &SystemRandom::new()).expect("sealed").commitment
    };
    let to = of(&[7; 16], 3);
    let first = commitment(&own, &to, CANARY);
    assert_eq!(first, commitment(&own, &to, CANARY));
    assert_ne!(first, commitment(&own, &of(&[8; 16], 3), CANARY));
    assert_ne!(first, commitment(&own, &of(&[7; 16], 4), CANARY));
    assert_ne!(first, commitment(&own, &Belongs { kind: "equipment", ..to }, CANARY));
    assert_ne!(first, commitment(&own, &to, b"other"));
    assert_ne!(first, commitment(&sealer(2), &to, CANARY));
    assert_ne!(first[..16], own.digest(&[CANARY])[..]);
}

/// `tests/vectors/sealed.txt`: made with another implementation (OpenSSL).
#[test]
fn what_another_implementation_sealed_and_derived_is_understood() {
    let text = include_str!("../../../tests/vectors/sealed.txt");
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        hex::decode(line.expect("in the file")).expect("hex")
    };
    let secret = field("secret").try_into().expect("32");
    let own = Sealer::new(&secret);
    let record_id: [u8; 16] = field("record-id").try_into().expect("16");
    let plaintext = field("plaintext");
    let opened = own.open_committed(&of(&record_id, 3), &field("sealed")).expect("sound");
    assert_eq!(opened.body[..], plaintext);
    assert_eq!(opened.commitment[..], field("commitment"));
    assert_eq!(own.blind_index("citizen_id", "011099000001")[..], field("blind-index"));
    assert_eq!(own.digest(&[&plaintext])[..], field("digest"));
}
