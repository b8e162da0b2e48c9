//! A witness against an honest ledger, one that forks, one that is rolled back, and hostile text.

use std::sync::Arc;

use ring::rand::SystemRandom;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::door::serve;
use super::home::{HomeError, Refusal, Witness, create, follow, forget};
use super::request::{AddCheckpoint, PROOF_LEN_MAX, REQUEST_LEN_MAX};
use crate::audit::heads::ledger_key;
use crate::clock::ManualClock;
use crate::domain::instant::Instant;
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::key::SigningKey;
use crate::evidence::note::{NoteKey, SignedNote};
use crate::evidence::tree::{Hash, Tree, leaf_hash};

const ORIGIN: &str = "hoatoc/11/a";
const NOW: Instant = Instant::from_millis(1_795_000_000_999);

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).expect("a key")
}

fn tree(size: u64, mark: u8) -> Tree {
    // The first five leaves are shared, so that two ledgers fork after them.
    (0..size)
        .map(|i| leaf_hash(&[u8::try_from(i).expect("small"), if i < 5 { 0 } else { mark }]))
        .collect()
}

fn signed(tree: &Tree, by: &SigningKey) -> SignedNote {
    let origin = ORIGIN.to_owned();
    let head = Checkpoint { origin, size: tree.len(), root: tree.root(), extensions: Vec::new() };
    head.sign(by).expect("signed")
}

fn request(tree: &Tree, old: u64) -> AddCheckpoint {
    let proof = tree.prove_consistency(old, tree.len()).expect("reached").path;
    AddCheckpoint { old, proof, note: signed(tree, &key(1)) }
}

struct Place {
    dir: tempfile::TempDir,
    key: NoteKey,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let home = dir.path().join("witness");
        let own = create(&home, "kv1.example", &SystemRandom::new()).expect("made");
        let log = ledger_key(ORIGIN, key(1).public()).expect("a name");
        follow(&home, &log).expect("followed");
        Self { dir, key: own }
    }

    fn home(&self) -> std::path::PathBuf {
        self.dir.path().join("witness")
    }

    fn open(&self) -> Witness {
        Witness::open(&self.home()).expect("it opens")
    }

    /// Whether the line that the witness gave is its cosignature on this head.
    fn holds(&self, line: &str, tree: &Tree) -> bool {
        let mut note = signed(tree, &key(1));
        note.add_lines(line).expect("a signature line");
        note.verify(&self.key) == Ok(Some(1_795_000_000))
    }
}

#[test]
fn a_ledger_that_grows_is_cosigned_each_time_and_across_restarts() {
    let place = Place::new();
    let mut old = 0;
    for size in [1, 4, 4, 9, 64] {
        // Each time by a witness that has just been started.
        let witness = place.open();
        let line = witness.add(&request(&tree(size, 0), old), NOW).expect("it continues");
        assert!(place.holds(&line, &tree(size, 0)), "{size}");
        assert_eq!(witness.sizes().collect::<Vec<_>>(), [(ORIGIN, size)]);
        old = size;
    }
}

#[test]
fn a_fork_a_rollback_and_a_wrong_size_are_refused_and_change_nothing() {
    let place = Place::new();
    let witness = place.open();
    let honest = tree(9, 0);
    witness.add(&request(&honest, 0), NOW).expect("the first");
    let conflict = |request: &AddCheckpoint| match witness.add(request, NOW) {
        Err(Refusal::Conflict { size, forked }) => (size, forked),
        other => panic!("{other:?}"),
    };
    // Another history of the same size, and the true one shortened: the asker is told what is here.
    assert_eq!(conflict(&request(&tree(9, 7), 9)), (9, true));
    assert_eq!(conflict(&request(&tree(6, 0), 0)), (9, false));
    assert_eq!(conflict(&request(&tree(6, 0), 6)), (9, false));
    assert_eq!(conflict(&request(&tree(12, 0), 6)), (9, false), "stale");
    // A fork that goes on: its own proof leads from its own root.
    let forked = witness.add(&request(&tree(12, 7), 9), NOW);
    assert!(matches!(forked, Err(Refusal::NotProved)), "{forked:?}");
    let mut unproved = request(&tree(12, 0), 9);
    unproved.proof.clear();
    assert!(matches!(witness.add(&unproved, NOW), Err(Refusal::NotProved)));
    let mut longer = request(&honest, 9);
    longer.proof.push(Hash([0; 32]));
    assert!(matches!(witness.add(&longer, NOW), Err(Refusal::NotProved)));
    let mut ahead = request(&honest, 9);
    ahead.old = 10;
    assert!(matches!(witness.add(&ahead, NOW), Err(Refusal::Malformed(_))));
    assert_eq!(witness.sizes().next(), Some((ORIGIN, 9)));
    let line = witness.add(&request(&tree(12, 0), 9), NOW).expect("the true one goes on");
    assert!(place.holds(&line, &tree(12, 0)));
}

#[test]
fn a_first_head_comes_without_a_proof() {
    let place = Place::new();
    let witness = place.open();
    let mut first = request(&tree(9, 0), 0);
    first.proof.push(Hash([1; 32]));
    assert!(matches!(witness.add(&first, NOW), Err(Refusal::NotProved)));
}

#[test]
fn a_stranger_or_a_log_that_is_not_watched_gets_nothing() {
    let place = Place::new();
    let witness = place.open();
    let strange = AddCheckpoint { note: signed(&tree(3, 0), &key(2)), ..request(&tree(3, 0), 0) };
    assert!(matches!(witness.add(&strange, NOW), Err(Refusal::NotSigned)));
    let head = Checkpoint {
        origin: "hoatoc/12/b".to_owned(),
        size: 0,
        root: Hash::of_nothing(),
        extensions: Vec::new(),
    };
    let other = AddCheckpoint { old: 0, proof: vec![], note: head.sign(&key(1)).expect("signed") };
    assert!(matches!(witness.add(&other, NOW), Err(Refusal::UnknownLog { .. })));
}

#[test]
fn a_newer_key_of_a_log_is_taken_beside_the_old_one() {
    let place = Place::new();
    let newer = ledger_key(ORIGIN, key(3).public()).expect("a name");
    let refused = Witness::open(&place.home()).expect("it opens");
    let note = signed(&tree(3, 0), &key(3));
    let shown = AddCheckpoint { note, ..request(&tree(3, 0), 0) };
    assert!(matches!(refused.add(&shown, NOW), Err(Refusal::NotSigned)));
    drop(refused);
    follow(&place.home(), &newer).expect("followed");
    let witness = place.open();
    witness.add(&shown, NOW).expect("by its new key");
    witness.add(&request(&tree(4, 0), 3), NOW).expect("and by its old one");
}

#[test]
fn what_was_seen_is_on_disk_before_it_is_told_and_no_old_copy_of_another_is_taken() {
    let place = Place::new();
    let witness = place.open();
    witness.add(&request(&tree(9, 0), 0), NOW).expect("the first");
    let second = Witness::open(&place.home());
    assert!(matches!(second, Err(HomeError::Locked { .. })), "two would cosign two histories");
    drop(witness);
    let heads = place.home().join("heads");
    let file = std::fs::read_dir(&heads).expect("there").next().expect("one").expect("read").path();
    let kept = std::fs::read_to_string(&file).expect("there");
    // A head that this witness never cosigned.
    let forged = signed(&tree(3, 0), &key(1)).to_string();
    std::fs::write(&file, forged).expect("written");
    assert!(matches!(Witness::open(&place.home()), Err(HomeError::Invalid { .. })));
    std::fs::write(&file, &kept[..kept.len() / 2]).expect("written");
    assert!(matches!(Witness::open(&place.home()), Err(HomeError::Invalid { .. })));
    std::fs::write(&file, &kept).expect("written");
    // If it cannot be kept, nobody hears of it, and the same may be asked again.
    let witness = place.open();
    std::fs::rename(&heads, place.home().join("away")).expect("moved");
    let unkept = witness.add(&request(&tree(12, 0), 9), NOW);
    assert!(matches!(unkept, Err(Refusal::NotKept(_))), "{unkept:?}");
    std::fs::rename(place.home().join("away"), &heads).expect("moved back");
    witness.add(&request(&tree(12, 0), 9), NOW).expect("it can be kept again");
    drop(witness);
    assert_eq!(forget(&place.home(), ORIGIN).expect("forgotten"), 12);
    place.open().add(&request(&tree(9, 7), 0), NOW).expect("it begins anew");
}

#[test]
fn a_request_reads_back_as_it_was_written_and_hostile_text_is_refused() {
    let sound = request(&tree(9, 0), 6);
    let text = sound.text();
    assert_eq!(AddCheckpoint::parse(&text), Ok(sound));
    for end in 0..text.len() {
        if text.is_char_boundary(end) {
            assert!(AddCheckpoint::parse(&text[..end]).is_err(), "{end}");
        }
    }
    let hash = format!("{}\n", "A".repeat(43) + "=");
    let many = text.replacen("\n", &format!("\n{}", hash.repeat(PROOF_LEN_MAX)), 1);
    assert!(AddCheckpoint::parse(&many).is_err());
    for bad in
        ["", "old 1", "old 01\n\n", "new 1\n\n", "old -1\n\n", "old 1\nAAAA\n\n", "old 1\n \n"]
    {
        assert!(AddCheckpoint::parse(bad).is_err(), "{bad:?}");
    }
    assert!(AddCheckpoint::parse(&"A".repeat(1 << 20)).is_err());
}

async fn ask(address: std::net::SocketAddr, text: &str) -> String {
    let head = format!(
        "POST /add-checkpoint HTTP/1.1\r\nhost: w\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        text.len()
    );
    raw(address, &[head.as_bytes(), text.as_bytes()].concat()).await
}

async fn raw(address: std::net::SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(bytes).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test]
async fn the_door_answers_as_the_protocol_says() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    let clock = Arc::new(ManualClock::at(NOW));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let door = serve(listener, Arc::new(place.open()), clock, async move {
        drop(stopped.await);
    });
    let talk = async {
        let answer = ask(address, &request(&tree(9, 0), 0).text()).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let (_head, line) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(place.holds(line, &tree(9, 0)), "{line}");
        let answer = ask(address, &request(&tree(12, 0), 3).text()).await;
        assert!(answer.starts_with("HTTP/1.1 409"), "{answer}");
        assert!(answer.contains("content-type: text/x.tlog.size"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n9\n"), "{answer}");
        let answer = ask(address, &request(&tree(12, 7), 9).text()).await;
        assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
        let strange =
            AddCheckpoint { note: signed(&tree(12, 0), &key(2)), ..request(&tree(12, 0), 9) };
        assert!(ask(address, &strange.text()).await.starts_with("HTTP/1.1 403"));
        let other = request(&tree(12, 0), 9).text().replacen("hoatoc/11/a", "hoatoc/12/b", 1);
        assert!(ask(address, &other).await.starts_with("HTTP/1.1 404"));
        assert!(ask(address, "old 1\n").await.starts_with("HTTP/1.1 400"));
        let long = "x".repeat(REQUEST_LEN_MAX + 10);
        assert!(ask(address, &long).await.starts_with("HTTP/1.1 413"));
        let get =
            raw(address, b"GET /add-checkpoint HTTP/1.1\r\nhost: w\r\nconnection: close\r\n\r\n");
        assert!(get.await.starts_with("HTTP/1.1 405"));
        let lost = raw(address, b"GET / HTTP/1.1\r\nhost: w\r\nconnection: close\r\n\r\n");
        assert!(lost.await.starts_with("HTTP/1.1 404"));
        // Many at once about one log: one of them is first, the others are told what is here now.
        let text = request(&tree(12, 0), 9).text();
        let asked = (0..8).map(|_| ask(address, &text));
        let answers = futures_util::future::join_all(asked).await;
        let count = |status: &str| answers.iter().filter(|a| a.contains(status)).count();
        assert_eq!((count("HTTP/1.1 200"), count("HTTP/1.1 409")), (1, 7));
        stop.send(()).expect("it runs");
    };
    tokio::join!(door, talk);
}
