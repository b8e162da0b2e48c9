use proptest::prelude::*;

use super::*;
use crate::evidence::tree::{Tree, tests::vector_leaves};

const VECTOR: &str = include_str!("../../../tests/vectors/checkpoint.txt");
const COSIGNED: &str = include_str!("../../../tests/vectors/cosigned.txt");
/// The keys of the vectors, from another implementation.
const LEDGER: &str = "hoatoc.example/11+6fc260fe+ARl/ayPhbIUyxqvIOPrNXqeJvgx2spIDNAOb+os9No1h";
const WITNESS: &str = "kv1.example+047e3160+BEUIoHqpQXB/PrLblMiJeoCywRl0drbeITrCc999hsT/";

fn ledger_key() -> SigningKey {
    SigningKey::from_seed(&[42; 32]).expect("a key")
}

fn head() -> Checkpoint {
    let tree: Tree = vector_leaves().0.into_iter().collect();
    Checkpoint {
        origin: "hoatoc.example/11".to_owned(),
        size: tree.len(),
        root: tree.root(),
        extensions: vec!["time 1767225600000".to_owned()],
    }
}

#[test]
fn a_checkpoint_made_elsewhere_is_opened_and_reproduced() {
    let ledger: NoteKey = LEDGER.parse().expect("a key");
    let note = SignedNote::parse(VECTOR).expect("a note");
    assert_eq!(Checkpoint::open(&note, &ledger), Ok(head()));
    assert_eq!(head().sign(&ledger_key()).expect("sound").to_string(), VECTOR);
}

#[test]
fn a_witness_adds_its_line_and_the_ledger_s_stays_good() {
    let (ledger, witness): (NoteKey, NoteKey) =
        (LEDGER.parse().expect("a key"), WITNESS.parse().expect("a key"));
    assert_eq!(witness.to_string(), WITNESS);
    let note = SignedNote::parse(COSIGNED).expect("a note");
    assert_eq!(note.verify(&witness), Ok(Some(1_767_225_601)));
    assert_eq!(Checkpoint::open(&note, &ledger), Ok(head()));
    let mut made = SignedNote::parse(VECTOR).expect("a note");
    let key = SigningKey::from_seed(&[43; 32]).expect("a key");
    made.cosign("kv1.example", &key, 1_767_225_601).expect("room");
    assert_eq!(made.to_string(), COSIGNED);
    let refused = Checkpoint::open(&note, &witness);
    assert!(matches!(refused, Err(CheckpointError::WitnessKey { .. })));
}

#[test]
fn a_head_of_another_ledger_is_refused_even_under_the_same_key() {
    let mut other =
        SignedNote::new(&head().text().expect("sound").replace("/11", "/12")).expect("a text");
    other.sign("hoatoc.example/11", &ledger_key()).expect("room");
    let refused = Checkpoint::open(&other, &LEDGER.parse().expect("a key"));
    assert!(matches!(refused, Err(CheckpointError::OtherOrigin { .. })), "{refused:?}");
}

#[test]
fn fields_that_would_not_read_back_are_never_signed() {
    let bend = |change: &dyn Fn(&mut Checkpoint)| {
        let mut bent = head();
        change(&mut bent);
        bent.sign(&ledger_key()).expect_err("bent")
    };
    bend(&|head| head.origin.clear());
    bend(&|head| head.origin.push_str("\n9"));
    bend(&|head| head.origin.push_str(" 9"));
    bend(&|head| head.extensions[0].push_str("\nx"));
    bend(&|head| head.extensions[0].push('\r'));
    bend(&|head| head.extensions.push(String::new()));
    bend(&|head| head.extensions = vec!["x".to_owned(); EXTENSIONS_MAX + 1]);
    bend(&|head| head.extensions[0] = "x".repeat(EXTENSION_LEN_MAX + 1));
}

#[test]
fn texts_that_are_not_laid_out_as_checkpoints_are_refused() {
    let text = head().text().expect("sound");
    for (from, to) in [
        ("\n8\n", "\n08\n"),
        ("\n8\n", "\n+8\n"),
        ("\n8\n", "\n-8\n"),
        ("\n8\n", "\n8 \n"),
        ("\n8\n", "\n18446744073709551616\n"),
        ("\n8\n", "\n\n"),
        ("Xcna", "Xcn"),
        ("Xcna", "AAAAXcna"),
        ("Qyg=", "Qyh="),
        ("Qyg=\n", "Qyg=\n\n"),
        ("0000\n", "0000"),
        ("hoatoc.example/11", ""),
    ] {
        let odd = text.replacen(from, to, 1);
        assert_ne!(odd, text, "{from:?}");
        assert!(Checkpoint::parse_text(&odd).is_err(), "{odd:?}");
    }
}

proptest! {
    #[test]
    fn no_changed_note_yields_another_head(at in 0..COSIGNED.len(), to in any::<u8>()) {
        let mut bytes = COSIGNED.as_bytes().to_vec();
        bytes[at] = to;
        let ledger: NoteKey = LEDGER.parse().expect("a key");
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(note) = SignedNote::parse(&text)
            && let Ok(opened) = Checkpoint::open(&note, &ledger)
        {
            prop_assert_eq!(opened, head());
        }
    }
}
