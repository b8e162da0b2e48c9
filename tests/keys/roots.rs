//! Root holders: the ceremony, signing by file, and how a root is exchanged.

use std::fs;

use serde_json::Value;

use super::program::{Place, Process};
use super::{ask, join, refused};

/// A province of three root holders, two of whom sign.
fn ceremony(place: &Place) -> Value {
    let listen = format!("127.0.0.1:{}", place.port);
    for number in 1..=3 {
        place.write_private(&format!("p{number}"), &format!("the passphrase of holder {number}\n"));
    }
    place.write_private("pa", "the passphrase of the admin\n");
    let founding =
        ["init", "--data-dir", "founded", "--admin", "founded-admin", "--listen", &listen];
    let holders = [
        "--metrics",
        "127.0.0.1:0",
        "--ceremony",
        "--roots",
        "3",
        "--threshold",
        "2",
        "--root",
        "r1",
        "--root",
        "r2",
        "--root",
        "r3",
        "--holder",
        "Đại tá Một",
        "--holder",
        "Đại tá Hai",
        "--holder",
        "Đại tá Ba",
    ];
    let secrets = ["p1", "p2", "p3", "pa"].map(|file| ["--new-passphrase-file", file]).concat();
    place.run(&[&founding[..], &holders, &secrets].concat())
}

#[test]
fn a_ceremony_is_of_different_persons_with_a_passphrase_each() {
    let place = Place::found(&[]);
    for (file, text) in [("p1", "words of the first holder\n"), ("p2", "words of the second\n")] {
        place.write_private(file, text);
    }
    let founding =
        ["init", "--data-dir", "founded", "--admin", "a", "--ceremony", "--threshold", "2"];
    let roots = ["--root", "r1", "--root", "r2", "--holder", "Đại tá Một", "--holder"];
    let told = |name: &str, files: [&str; 3]| {
        let secrets = files.map(|file| ["--new-passphrase-file", file]).concat();
        refused(&place, &[&founding[..], &roots, &[name], &secrets].concat())
    };
    let same_name = told("đại tá một", ["p1", "p2", "passphrase"]);
    assert!(same_name.contains("named for two root holders"), "{same_name}");
    let same_words = told("Đại tá Hai", ["p1", "p1", "passphrase"]);
    assert!(same_words.contains("another root holder's as well"), "{same_words}");
    for left in ["founded", "r1", "r2", "a"] {
        assert!(!place.path(left).exists(), "{left} was begun");
    }
}

fn serve_founded(place: &Place) -> Process {
    fs::rename(place.path("server"), place.path("unused")).expect("ours");
    fs::rename(place.path("founded"), place.path("server")).expect("ours");
    place.serve()
}

fn has_a_record(place: &Place, made: &Value) {
    let record = fs::read_to_string(place.path("founded/ceremony.txt")).expect("a record");
    for said in [
        "BIÊN BẢN LỄ TẠO KHÓA GỐC",
        "cần 2 trong 3",
        "Đại tá Ba",
        made["roots_fingerprint"].as_str().expect("one"),
        made["authority_fingerprint"].as_str().expect("one"),
    ] {
        assert!(record.contains(said), "{said}: {record}");
    }
}

#[test]
fn a_ceremony_makes_root_holders_and_a_record_and_two_of_three_sign_by_file() {
    let place = Place::found(&[]);
    let made = ceremony(&place);
    assert_eq!((&made["root_threshold"], &made["roots"][2]), (&2.into(), &"r3".into()));
    has_a_record(&place, &made);
    let _server = serve_founded(&place);
    let admin = ["--as", "founded-admin"];
    let pass = |number: u8| ["--passphrase-file".to_owned(), format!("p{number}")];
    let online = ["officer", "retire", "admin", "--root", "r1", "--passphrase-file", "p1"];
    let told = refused(&place, &[&online[..], &admin].concat());
    assert!(told.contains("2 root holders must sign, 1 are at hand"), "{told}");

    place.run(&ask("an", "signer", "an", "an.json"));
    let draft = ["trust", "draft", "--add-request", "an.json", "--out", "draft.json"];
    let drafted = place.run(&[&draft[..], &admin].concat());
    let changes = drafted["changes"].to_string();
    assert!(changes.contains("officer added: an (Đồng chí), unit 11: signer"), "{changes}");
    let sign = |number: u8| {
        let root = format!("r{number}");
        let [flag, file] = pass(number);
        place.try_run(&["trust", "sign", "draft.json", "--root", &root, &flag, &file, "--yes"])
    };
    let first = sign(1).expect("signed");
    assert_eq!(first["missing"], "1 more root holders must sign");
    let publish = [&["trust", "publish", "draft.json"], &admin[..]].concat();
    assert!(refused(&place, &publish).contains("1 more root holders must sign"));
    assert_eq!(sign(1).expect("again")["missing"], "1 more root holders must sign");
    assert_eq!(sign(3).expect("signed")["missing"], Value::Null);
    let published = place.run(&publish);
    assert_eq!(published["trust_bundle_version"], 2);
    join(&place, "an.grant.json", "an", &published["roots_fingerprint"]);
    let again = place.run(&publish);
    assert_eq!(again["ledger_index"], Value::Null, "the same again changes nothing");

    // The first root holder is asked to start from before what they know.
    place.run(&[
        "trust",
        "draft",
        "--current",
        "an/trust-bundle.json",
        "--retire",
        "an",
        "--out",
        "d3.json",
    ]);
    let at = |root: &str, file: &str, draft: &str, more: &[&str]| {
        let words = ["trust", "sign", draft, "--root", root, "--passphrase-file", file, "--yes"];
        place.try_run(&[&words[..], more].concat())
    };
    at("r1", "p1", "d3.json", &[]).expect("signed");
    place.run(&[
        "trust",
        "draft",
        "--current",
        "an/trust-bundle.json",
        "--threshold",
        "1",
        "--out",
        "e3.json",
    ]);
    let told = at("r1", "p1", "e3.json", &[]).expect_err("a second one of version 3");
    assert!(told.contains("another trust bundle of version 3"), "{told}");
    at("r1", "p1", "e3.json", &["--instead"]).expect("the first was given up");
    let told = at("r1", "p1", "draft.json", &[]).expect_err("it starts from version 1");
    assert!(told.contains("does not follow version 2"), "{told}");
    let told = at("r2", "p1", "e3.json", &[]).expect_err("another's passphrase");
    assert!(told.contains("does not open r2/root.key"), "{told}");
}

#[test]
fn a_root_holder_is_exchanged_with_the_signatures_of_old_and_new() {
    let place = Place::found(&[]);
    ceremony(&place);
    let _server = serve_founded(&place);
    place.write_private("p4", "the passphrase of holder 4\n");
    let new = ["trust", "new-root", "--home", "r4", "--holder", "Đại tá Bốn"];
    let made = place.run(&[&new[..], &["--new-passphrase-file", "p4"]].concat());
    let dropped = place.run(&["trust", "show", "--as", "founded-admin"])["roots"][0].clone();
    let dropped = dropped.as_str().expect("a key id");
    let draft = ["trust", "draft", "--add-root", "r4/root.pub", "--drop-root", &dropped[..8]];
    let draft = [&draft[..], &["--threshold", "3", "--out", "d.json", "--as", "founded-admin"]];
    place.run(&draft.concat());
    let sign = |root: &str, file: &str| {
        let words = ["trust", "sign", "d.json", "--root", root, "--passphrase-file", file, "--yes"];
        place.run(&words)["missing"].clone()
    };
    sign("r4", "p4");
    let missing = sign("r2", "p2");
    assert_eq!(missing, "1 more of the root holders so far and 1 more of the new ones must sign");
    // The one who goes counts for the old threshold only.
    let missing = sign("r1", "p1");
    assert_eq!(missing, "0 more of the root holders so far and 1 more of the new ones must sign");
    let publish = ["trust", "publish", "d.json", "--as", "founded-admin"];
    assert!(refused(&place, &publish).contains("1 more of the new ones"));
    assert_eq!(sign("r3", "p3"), Value::Null);
    place.run(&publish);
    let shown = place.run(&["trust", "show", "--as", "founded-admin"]);
    let roots = shown["roots"].to_string();
    assert!(roots.contains(made["key_id"].as_str().expect("one")) && !roots.contains(dropped));
    assert_eq!(shown["root_threshold"], 3);
    let told = refused(
        &place,
        &["officer", "reissue", "--root", "r1", "--passphrase-file", "p1", "--as", "founded-admin"],
    );
    assert!(told.contains("is not one of this province's"), "{told}");
}

#[test]
fn a_delegation_is_drafted_for_root_holders_elsewhere_and_signed_by_file() {
    let place = Place::found(&[]);
    ceremony(&place);
    let _server = serve_founded(&place);
    let admin = ["--as", "founded-admin", "--passphrase-file", "pa"];
    let units = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sim/data/units.csv");
    place.run(&[&["unit", "import", units][..], &admin].concat());
    place.run(&ask("an", "signer", "an", "an.json"));
    let draft = ["trust", "draft", "--out", "first.draft", "--add-request", "an.json"];
    place.run(&[&draft[..], &admin].concat());
    let by_roots = |file: &str| {
        for (root, secret) in [("r1", "p1"), ("r3", "p3")] {
            let sign = ["trust", "sign", file, "--root", root, "--yes"];
            place.run(&[&sign[..], &["--passphrase-file", secret]].concat());
        }
        place.run(&[&["trust", "publish", file][..], &admin].concat());
    };
    by_roots("first.draft");
    let founder = place.run(&[&["officer", "list"][..], &admin].concat())["officers"][0].clone();
    let founder = founder["officer"].as_str().expect("an id").to_owned();
    let lend = ["delegation", "add", "--from", "an", "--to", &founder, "--role", "signer"];
    let terms = ["--document", "12/QĐ-BCH", "--until", "2027-01-31", "--draft", "lent.draft"];
    let made = place.run(&[&lend[..], &terms, &admin].concat());
    let changes = made["changes"].to_string();
    assert!(changes.contains("12/QĐ-BCH"), "{changes}");
    by_roots("lent.draft");
    let listed = place.run(&[&["delegation", "list"][..], &admin].concat()).to_string();
    assert!(listed.contains("12/QĐ-BCH"), "{listed}");
}
