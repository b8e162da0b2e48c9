//! Keys of persons, with the real program: made under a passphrase or on a token, asked for and granted
//! by file, signed by root holders one after another, changed, and refused for the right reason.

#[expect(dead_code, reason = "no terminal is needed here")]
#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use program::{Place, Process};
use serde_json::Value;

/// Where Debian and others put SoftHSM's module.
const MODULES: &[&str] = &[
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

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

/// A token in a directory of the test's own.
struct Hsm {
    module: PathBuf,
    config: PathBuf,
}

impl Hsm {
    fn new(place: &Place, label: &str) -> Self {
        let module = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
        let module = module.expect("SoftHSM's module: run tests/run.sh, which installs softhsm2");
        fs::create_dir(place.path("tokens")).expect("ours");
        let config = place.path("softhsm2.conf");
        let dir = place.path("tokens");
        fs::write(&config, format!("directories.tokendir = {}\n", dir.display())).expect("ours");
        let hsm = Self { module, config };
        hsm.init(label);
        hsm
    }

    fn init(&self, label: &str) {
        let done = Command::new("softhsm2-util")
            .env("SOFTHSM2_CONF", &self.config)
            .args([
                "--init-token",
                "--free",
                "--label",
                label,
                "--pin",
                "123456",
                "--so-pin",
                "87654321",
            ])
            .output()
            .expect("softhsm2-util runs: tests/run.sh installs it");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn run(&self, place: &Place, pin: &Path, words: &[&str]) -> Result<Value, String> {
        let done = place
            .command()
            .env("SOFTHSM2_CONF", &self.config)
            .env("HOATOC_PASSPHRASE_FILE", pin)
            .args(["--output", "json"])
            .args(words)
            .output()
            .expect("it runs");
        if !done.status.success() {
            return Err(String::from_utf8_lossy(&done.stderr).into_owned());
        }
        Ok(serde_json::from_slice(&done.stdout).unwrap_or(Value::Null))
    }
}

#[test]
fn an_officer_signs_with_a_token_that_never_gives_its_keys_out() {
    let (place, _server) = served();
    place.enter_staff(&["03160/military"]);
    let hsm = Hsm::new(&place, "officer");
    place.write_private("pin", "123456\n");
    place.write_private("wrong", "654321\n");
    let (pin, wrong) = (place.path("pin"), place.path("wrong"));
    let module = hsm.module.display().to_string();
    let on = |token: &'static str| {
        ["--pkcs11".to_owned(), module.clone(), "--token".to_owned(), token.to_owned()]
    };
    let asks = |home: &str, out: &str, on: &[String], pin: &Path| {
        let mut words: Vec<String> =
            ask("an", "signer", home, out).iter().map(ToString::to_string).collect();
        words.extend_from_slice(on);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        hsm.run(&place, pin, &words)
    };
    let nowhere = ["--pkcs11", "/nowhere.so", "--token", "officer"].map(str::to_owned);
    for (index, (on, pin, said)) in [
        (&nowhere, &pin, "/nowhere.so is no PKCS#11 module"),
        (&on("another"), &pin, "there is no token `another`, but `officer`"),
        (&on("officer"), &wrong, "the PIN of token `officer` is wrong"),
    ]
    .into_iter()
    .enumerate()
    {
        let told = asks(&format!("bad{index}"), &format!("bad{index}.json"), on, pin);
        let told = told.expect_err(said);
        assert!(told.contains(said), "{told}");
    }
    asks("an", "an.json", &on("officer"), &pin).expect("keys on the token");
    assert!(!place.path("an/sign-actual.key").exists());
    let roots = grant(&place, "an.json", "an.grant")["roots_fingerprint"].clone();
    join(&place, "an.grant", "an", &roots);

    let words = ["order", "draft", "--handling", "exercise", "--kind", "directive", "--title"];
    let rest = ["Diễn tập", "--body", "Diễn tập", "--to", "11", "--as", "clerk"];
    let order = place.run(&[&words[..], &rest].concat());
    let order = order["order_id"].as_str().expect("an id");
    let sign = ["order", "sign", order, "--yes", "--as", "an"];
    let told = hsm.run(&place, &wrong, &sign).expect_err("a wrong PIN");
    assert!(told.contains("the PIN of token `officer` is wrong"), "{told}");
    hsm.run(&place, &pin, &sign).expect("signed on the token");

    // Other keys on the same token do not get in the way of the ones before.
    asks("an2", "an2.json", &on("officer"), &pin).expect("further keys");
    let told = hsm.run(&place, &pin, &sign).expect_err("once is enough");
    assert!(told.contains("SAME_PERSON_TWICE"), "the server knows the key of before: {told}");
    // The token is exchanged for one of the same label.
    fs::remove_dir_all(place.path("tokens")).expect("ours");
    fs::create_dir(place.path("tokens")).expect("ours");
    let told = hsm.run(&place, &pin, &sign).expect_err("it is gone");
    assert!(told.contains("there is no token `officer`, but none at all"), "{told}");
    hsm.init("officer");
    let told = hsm.run(&place, &pin, &sign).expect_err("another one");
    assert!(told.contains("has no Ed25519 key `hoatoc an exercise"), "{told}");
}

#[test]
fn a_root_key_may_lie_on_a_token_too() {
    let (place, _server) = served();
    let hsm = Hsm::new(&place, "root");
    place.write_private("pin", "123456\n");
    let (pin, module) = (place.path("pin"), hsm.module.display().to_string());
    let new = ["trust", "new-root", "--home", "hsm-root", "--holder", "Đại tá Năm"];
    let on = ["--pkcs11", &module, "--token", "root"];
    hsm.run(&place, &pin, &[&new[..], &on].concat()).expect("a key on the token");
    let draft = ["trust", "draft", "--add-root", "hsm-root/root.pub", "--threshold", "2"];
    place.run(&[&draft[..], &["--out", "d.json", "--as", "admin"]].concat());
    let sign = ["trust", "sign", "d.json", "--yes", "--root"];
    place.run(&[&sign[..], &["root"]].concat());
    let signed = hsm.run(&place, &pin, &[&sign[..], &["hsm-root"]].concat()).expect("signed");
    assert_eq!(signed["missing"], Value::Null);
    place.run(&["trust", "publish", "d.json", "--as", "admin"]);
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
