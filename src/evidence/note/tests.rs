use super::*;

/// From the documentation of Go's `golang.org/x/mod/sumdb/note`.
const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).expect("a key")
}

fn note_key(name: &str, seed: u8) -> NoteKey {
    NoteKey::new(name, NoteAlgorithm::Ed25519, key(seed).public()).expect("a name")
}

#[test]
fn the_published_note_of_go_verifies_and_is_written_back() {
    let signer: NoteKey = GO_KEY.parse().expect("published");
    assert_eq!(signer.to_string(), GO_KEY);
    let note = SignedNote::parse(GO_NOTE).expect("published");
    assert_eq!(note.verify(&signer), Ok(None));
    assert_eq!(note.to_string(), GO_NOTE);
    let changed = SignedNote::parse(&GO_NOTE.replace("problem is", "answer is")).expect("a note");
    let name = "PeterNeumann".to_owned();
    assert_eq!(changed.verify(&signer), Err(NoteError::BadSignature { name }));
}

#[test]
fn a_note_key_with_anything_wrong_in_it_is_refused() {
    for (from, to) in [
        ("c74f20a3", "c74f20a4"),
        ("c74f20a3", "C74F20A3"),
        ("PeterNeumann", "Peter Neumann"),
        ("PeterNeumann", ""),
        ("PeterNeumann+c74f20a3", "PeterNeumann"),
        ("ARpc", "Ahpc"),
        ("10TW", "10T"),
        ("ARpc2QcU", "2QcU"),
    ] {
        let odd = GO_KEY.replacen(from, to, 1);
        assert_ne!(odd, GO_KEY);
        assert!(odd.parse::<NoteKey>().is_err(), "{odd}");
    }
}

#[test]
fn a_signature_of_another_name_or_key_is_not_taken_for_it() {
    let mut note = SignedNote::new("text\n").expect("a text");
    note.sign("a", &key(1)).expect("room");
    note.sign("a", &key(1)).expect("nothing added");
    assert_eq!(note.to_string().lines().count(), 3);
    assert_eq!(note.verify(&note_key("a", 1)), Ok(None));
    for other in [note_key("b", 1), note_key("a", 2)] {
        let name = other.name().to_owned();
        assert_eq!(note.verify(&other), Err(NoteError::NotSigned { name }));
    }
}

#[test]
fn one_false_line_under_a_known_key_spoils_the_note() {
    let mut note = SignedNote::new("text\n").expect("a text");
    note.sign("a", &key(1)).expect("room");
    let mut false_line = note.lines[0].clone();
    false_line.bytes[0] ^= 1;
    for at in [0, 1] {
        let mut spoiled = note.clone();
        spoiled.lines.insert(at, false_line.clone());
        let read = SignedNote::parse(&spoiled.to_string()).expect("well-formed");
        let name = "a".to_owned();
        assert_eq!(read.verify(&note_key("a", 1)), Err(NoteError::BadSignature { name }));
    }
}

#[test]
fn texts_that_are_not_laid_out_as_notes_are_refused() {
    for (from, to) in [
        ("\n\n", "\n"),
        ("\u{2014} ", "- "),
        ("\u{2014} ", "\u{2014}"),
        ("PeterNeumann ", "PeterNeumann"),
        ("PeterNeumann", "Peter+Neumann"),
        ("problem is.", "problem\u{0} is."),
        ("problem is.", "problem is.\r"),
        ("JnAM=\n", "JnAM="),
        ("JnAM=\n", "JnAM=\n\n"),
        ("JnAM=\n", "JnAM\n"),
        ("JnAM=\n", "JnAM= x\n"),
    ] {
        let odd = GO_NOTE.replacen(from, to, 1);
        assert_ne!(odd, GO_NOTE);
        assert!(SignedNote::parse(&odd).is_err(), "{odd:?}");
    }
    let short = "text\n\n\u{2014} a AAAAAA==\n";
    assert!(SignedNote::parse(short).is_err(), "a key hash and nothing");
    assert!(SignedNote::new("no line feed").is_err());
    let len = NOTE_LEN_MAX + 1;
    assert_eq!(SignedNote::parse(&"\n".repeat(len)), Err(NoteError::TooLong { len }));
    let mut full = SignedNote::new("text\n").expect("a text");
    for seed in 0..16 {
        full.sign("a", &key(seed)).expect("room");
    }
    let refused = full.sign("a", &key(16));
    assert_eq!(refused, Err(NoteError::TooManySignatures { count: 17 }));
}

#[test]
fn a_witness_signs_a_time_and_is_not_the_log() {
    let mut note = SignedNote::new("text\n").expect("a text");
    note.cosign("w", &key(1), 1_767_225_601).expect("room");
    let witness = NoteKey::new("w", NoteAlgorithm::Cosignature, key(1).public()).expect("a name");
    assert_eq!(note.verify(&witness), Ok(Some(1_767_225_601)));
    let name = "w".to_owned();
    assert_eq!(note.verify(&note_key("w", 1)), Err(NoteError::NotSigned { name: name.clone() }));
    note.lines[0].bytes[7] ^= 1;
    assert_eq!(note.verify(&witness), Err(NoteError::BadSignature { name }));
}
