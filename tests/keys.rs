//! Keys of persons, with the real program: made under a passphrase or on a token, asked for and granted
//! by file, signed by root holders one after another, changed, and refused for the right reason.

#[expect(dead_code, reason = "no terminal is needed here")]
#[path = "support/program.rs"]
mod program;
#[path = "keys/roots.rs"]
mod roots;
#[path = "keys/token.rs"]
mod token;

use std::fs;
use std::process::{Command, Output};

use program::{Place, Process};
use serde_json::Value;

/// A province whose server serves.
fn served() -> (Place, Process) {
    let place = Place::found(&[]);
    let server = place.serve();
    (place, server)
}

/// What a command says of its failure.
fn refused(place: &Place, words: &[&str]) -> String {
    place.try_run(words).expect_err(&words.join(" "))
}

/// The words of a request for an officer.
fn ask<'a>(id: &'a str, role: &'a str, home: &'a str, out: &'a str) -> Vec<&'a str> {
    let name = ["--name", "Đồng chí", "--unit", "11", "--role", role];
    [&["officer", "request", id][..], &name, &["--home", home, "--out", out]].concat()
}

const ROOT: [&str; 4] = ["--as", "admin", "--root", "root"];

fn grant(place: &Place, request: &str, out: &str) -> Value {
    place.run(
        &[&["officer", "add", "--request", request, "--out", out, "--yes"], &ROOT[..]].concat(),
    )
}

fn join(place: &Place, grant: &str, home: &str, roots: &Value) {
    let roots = roots.as_str().expect("a fingerprint");
    place.run(&["officer", "join", grant, "--home", home, "--roots-fingerprint", roots]);
}

/// Drafts an exercise, which the officer of `signer` then signs.
fn signs(place: &Place, signer: &str) -> Result<Value, String> {
    let words = ["order", "draft", "--handling", "exercise", "--kind", "directive", "--title"];
    let rest = ["Diễn tập", "--body", "Diễn tập", "--to", "11", "--as", "clerk"];
    let order = place.run(&[&words[..], &rest].concat());
    let order = order["order_id"].as_str().expect("an id").to_owned();
    place.try_run(&["order", "sign", &order, "--yes", "--as", signer])
}

#[test]
fn an_officer_asks_is_granted_and_signs_and_no_home_was_handed_around() {
    let (place, _server) = served();
    place.enter_staff(&["03160/military"]);
    let asked = place.run(&ask("an", "signer", "an-home", "an.json"));
    let print = asked["fingerprint"].as_str().expect("one");
    assert_eq!(print.len(), 29, "24 digits in groups of four: {print}");
    let key = fs::read_to_string(place.path("an-home/sign-actual.key")).expect("made");
    assert!(key.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), "{key}");
    let tls = fs::read_to_string(place.path("an-home/tls.key")).expect("made");
    assert!(tls.starts_with("-----BEGIN PRIVATE KEY-----"), "TLS keys identify, they do not sign");
    let early = refused(&place, &["order", "list", "--as", "an-home"]);
    assert!(early.contains("officer join"), "{early}");

    let unconfirmed = ["officer", "add", "--request", "an.json", "--out", "an.grant"];
    let told = refused(&place, &[&unconfirmed[..], &ROOT].concat());
    assert!(told.contains("was not confirmed") && told.contains(print), "{told}");
    let granted = grant(&place, "an.json", "an.grant");
    let roots = &granted["roots_fingerprint"];

    let wrong = "0".repeat(64);
    let take = ["officer", "join", "an.grant", "--home"];
    let told = refused(&place, &[&take[..], &["an-home", "--roots-fingerprint", &wrong]].concat());
    assert!(told.contains("not the one given"), "{told}");
    let told = refused(&place, &[&take[..], &["an-home"]].concat());
    assert!(told.contains("was not confirmed"), "{told}");
    place.run(&ask("binh", "signer", "binh-home", "binh.json"));
    let of_another = [&take[..], &["binh-home", "--roots-fingerprint", &wrong]].concat();
    assert!(refused(&place, &of_another).contains("it is for officer an"));
    // Another who calls himself so has other keys.
    place.run(&ask("an", "signer", "false-home", "false.json"));
    let told =
        refused(&place, &[&take[..], &["false-home", "--roots-fingerprint", &wrong]].concat());
    assert!(told.contains("does not have the actual key"), "{told}");
    join(&place, "an.grant", "an-home", roots);
    signs(&place, "an-home").expect("signed");
}

#[test]
fn a_grant_is_taken_only_with_its_own_certificate_from_its_own_authority() {
    let (place, _server) = served();
    for id in ["an", "binh"] {
        place.run(&ask(id, "signer", id, &format!("{id}.json")));
        grant(&place, &format!("{id}.json"), &format!("{id}.grant"));
    }
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(place.path(name)).expect("there")).expect("JSON")
    };
    let roots = place.run(&["trust", "show", "--as", "admin"])["roots_fingerprint"].clone();
    let take = |file: &str| {
        let roots = roots.as_str().expect("one");
        refused(&place, &["officer", "join", file, "--home", "an", "--roots-fingerprint", roots])
    };
    // Somebody else's certificate, and one of another province's authority.
    let mut mixed = read("an.grant");
    mixed["trust_bundle"] = read("binh.grant")["trust_bundle"].clone();
    mixed["certificate_pem"] = read("binh.grant")["certificate_pem"].clone();
    fs::write(place.path("mixed.grant"), mixed.to_string()).expect("ours");
    let told = take("mixed.grant");
    assert!(told.contains("another key"), "{told}");
    let other = Place::found(&[]);
    let mut foreign = read("an.grant");
    let certificate = fs::read_to_string(other.path("admin/tls.crt")).expect("made");
    foreign["certificate_pem"] = certificate.into();
    fs::write(place.path("foreign.grant"), foreign.to_string()).expect("ours");
    let told = take("foreign.grant");
    assert!(told.contains("not from the province's enrolment authority"), "{told}");
    // A bundle that the roots did not sign.
    let mut unsigned = read("an.grant");
    unsigned["trust_bundle"]["signatures"] = serde_json::json!([]);
    fs::write(place.path("unsigned.grant"), unsigned.to_string()).expect("ours");
    let told = take("unsigned.grant");
    assert!(told.contains("0 of the 1 root signatures"), "{told}");
}

#[test]
fn a_request_whose_maker_does_not_hold_the_keys_is_refused() {
    let (place, _server) = served();
    place.run(&ask("an", "signer", "an", "an.json"));
    let mut file: Value =
        serde_json::from_str(&fs::read_to_string(place.path("an.json")).expect("there"))
            .expect("JSON");
    let first = file["signatures"][0].clone();
    file["signatures"][1] = first;
    fs::write(place.path("bent.json"), file.to_string()).expect("ours");
    let told = refused(
        &place,
        &[&["officer", "add", "--request", "bent.json", "--out", "g", "--yes"], &ROOT[..]].concat(),
    );
    assert!(told.contains("not signed by its exercise key"), "{told}");
    let told = refused(
        &place,
        &["trust", "draft", "--add-request", "bent.json", "--out", "d", "--as", "admin"],
    );
    assert!(told.contains("not signed by its exercise key"), "{told}");
}

#[test]
fn who_serves_changes_keys_and_the_old_ones_end() {
    let (place, _server) = served();
    place.enter_staff(&["03160/military"]);
    place.run(&ask("an", "signer", "one", "one.json"));
    let roots = grant(&place, "one.json", "one.grant")["roots_fingerprint"].clone();
    join(&place, "one.grant", "one", &roots);
    signs(&place, "one").expect("signed");
    place.run(&ask("an", "signer", "two", "two.json"));
    grant(&place, "two.json", "two.grant");
    join(&place, "two.grant", "two", &roots);
    signs(&place, "two").expect("with the new keys");
    let told = signs(&place, "one").expect_err("the old keys have ended");
    assert!(told.contains("key") || told.contains("certificate"), "{told}");
    place.run(&[&["officer", "change", "an", "--role", "auditor"], &ROOT[..]].concat());
    let officers = place.run(&["officer", "list", "--as", "admin"])["officers"].clone();
    let an = officers.as_array().expect("a list").iter().find(|one| one["officer"] == "an");
    assert_eq!(an.expect("there")["roles"], serde_json::json!(["auditor"]));
    let again = [&["officer", "change", "an", "--role", "auditor"], &ROOT[..]].concat();
    assert!(refused(&place, &again).contains("so already"));
}

/// The serial numbers on the revocation list that a server publishes, as OpenSSL reads them.
fn revoked(place: &Place) -> Vec<String> {
    let list = place.path("server/revocations.pem");
    let read = Command::new("openssl").args(["crl", "-noout", "-text", "-in"]).arg(list).output();
    let read = read.expect("openssl runs");
    assert!(read.status.success(), "{read:?}");
    let text = String::from_utf8_lossy(&read.stdout).into_owned();
    assert!(text.contains("Next Update:"), "a list without an end is believed for ever: {text}");
    let serials = text.lines().filter_map(|line| line.trim().strip_prefix("Serial Number:"));
    serials.map(|serial| serial.trim().to_owned()).collect()
}

#[test]
fn whoever_leaves_is_on_the_revocation_list_and_gets_no_handshake() {
    let (place, server) = served();
    place.enter_staff(&["03160/military"]);
    assert_eq!(revoked(&place), Vec::<String>::new(), "there from the first moment on");
    let list = ["order", "list", "--as", "director"];
    place.run(&list);
    place.run(&[&["officer", "retire", "director"], &ROOT[..]].concat());
    server.until("cut off", |lines| lines.iter().any(|line| line.contains("revoked")));
    assert_eq!(revoked(&place).len(), 1);
    let told = refused(&place, &list);
    assert!(told.contains("certificate was revoked"), "{told}");
    place.run(&["order", "list", "--as", "clerk"]);
}

#[test]
fn a_key_under_a_passphrase_opens_with_it_alone() {
    let (place, _server) = served();
    place.enter_staff(&["03160/military"]);
    signs(&place, "director").expect("with the passphrase of the environment");
    place.write_private("wrong", "another passphrase of the same length\n");
    place.write_private("next", "the passphrase of next year\n");
    let run = |file: Option<&str>, words: &[&str]| -> Output {
        let mut command = place.command();
        command.env_remove("HOATOC_PASSPHRASE_FILE");
        if let Some(file) = file {
            command.env("HOATOC_PASSPHRASE_FILE", place.path(file));
        }
        command.args(words).output().expect("it runs")
    };
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let words = ["order", "draft", "--handling", "exercise", "--kind", "directive", "--title"];
    let rest = ["Diễn tập", "--body", "Diễn tập", "--to", "11", "--as", "clerk"];
    let order = place.run(&[&words[..], &rest].concat());
    let sign =
        ["order", "sign", order["order_id"].as_str().expect("an id"), "--yes", "--as", "director"];
    let told = said(&run(Some("wrong"), &sign));
    assert!(told.contains("does not open director/sign-exercise.key"), "{told}");
    let told = said(&run(None, &sign));
    assert!(told.contains("--passphrase-file FILE"), "{told}");
    let change = ["officer", "passphrase", "--home", "director", "--new-passphrase-file", "next"];
    assert!(!run(Some("wrong"), &change).status.success());
    let done = run(Some("passphrase"), &change);
    assert!(done.status.success(), "{}", said(&done));
    assert!(!run(Some("passphrase"), &sign).status.success(), "the old one opens nothing any more");
    let done = run(Some("next"), &sign);
    assert!(done.status.success(), "{}", said(&done));
    let weak = ["officer", "passphrase", "--home", "root", "--new-passphrase-file", "weak"];
    place.write_private("weak", "short\n");
    let told = said(&run(Some("passphrase"), &weak));
    assert!(told.contains("too easy to guess"), "{told}");
    fs::remove_file(place.path("weak")).expect("ours");
    fs::write(place.path("weak"), "long enough but open to all\n").expect("ours");
    let told = said(&run(Some("passphrase"), &weak));
    assert!(told.contains("chmod 600"), "{told}");
}

#[test]
fn a_signer_with_no_server_in_reach_signs_a_file_that_another_carries() {
    let (place, server) = served();
    place.enter_staff(&["03160/military"]);
    for (id, role) in [("commander", "signer"), ("commissar", "political-commissar")] {
        let add =
            ["officer", "add", id, "--name", id, "--unit", "11", "--home", id, "--role", role];
        place.run(&[&add[..], &ROOT].concat());
    }
    let words = ["order", "draft", "--handling", "actual", "--ground", "disaster", "--kind"];
    let rest = ["directive", "--title", "Lũ", "--body", "Lũ.", "--to", "11", "--as", "clerk"];
    let order = place.run(&[&words[..], &rest].concat());
    let order = order["order_id"].as_str().expect("an id").to_owned();
    place.run(&["order", "show", &order, "--file", "order.json", "--as", "commander"]);
    // The homes know the newest trust bundle once they have asked for it; then the server is away.
    place.run(&["order", "show", &order, "--as", "commissar"]);
    drop(server);
    let alone = |by: &str| {
        place.try_run(&["order", "sign", "--file", "order.json", "--offline", "--yes", "--as", by])
    };
    let told = alone("clerk").expect_err("the author");
    assert!(told.contains("clerk"), "{told}");
    alone("commander").expect("signed");
    let both = alone("commissar").expect("signed");
    assert_eq!(both["missing"], Value::Null, "{both}");
    // What two have signed is an order by right; that it went out nobody has said.
    let judged = place.run(&["order", "verify", "order.json", "--as", "commissar"]);
    let verdict = judged["verdict"].as_str().expect("a sentence").to_owned();
    assert!(verdict.contains("whether it was issued or cancelled was not asked"), "{verdict}");
    let _server = place.serve();
    let submit = ["order", "submit", "order.json", "--as", "commissar"];
    let held = place.run(&submit);
    assert_eq!(held["missing"], "", "{held}");
    assert!(refused(&place, &submit).contains("already"), "nothing is new");
    place.run(&["order", "issue", &order, "--as", "commander"]);
}
