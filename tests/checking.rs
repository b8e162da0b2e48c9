//! The whole program checked from outside: an order with its answers, exported, proved and cosigned by
//! files alone; what was touched on the way is found, with the reason.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::Path;

use hoatoc::evidence::envelope::Envelope;
use hoatoc::wire::trust;
use program::{LONG, Place, is_settled};
use serde_json::Value;

/// The report of a check, and whether it was content.
fn checked(place: &Place, words: &[&str]) -> (bool, Value) {
    let done = place.command().args(["--output", "json"]).args(words).output().expect("it runs");
    let said = serde_json::from_slice(&done.stdout);
    let said = said.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&done.stderr)));
    (done.status.success(), said)
}

fn reasons(report: &Value) -> Vec<&str> {
    let faults = report["faults"].as_array().expect("a list");
    faults.iter().filter_map(|fault| fault["reason"].as_str()).collect()
}

fn fingerprint(place: &Place) -> String {
    let text = fs::read_to_string(place.path("admin/trust-bundle.json")).expect("there");
    let bundle = trust::read(&Envelope::from_json(&text).expect("an envelope")).expect("a bundle");
    bundle.roots_fingerprint().to_string()
}

/// Flips one bit of one answer, somewhere in the file.
fn touch(file: &Path) {
    let mut bytes = fs::read(file).expect("there");
    let at = bytes.windows(12).rposition(|window| window == "Trực ban".as_bytes());
    let at = at.unwrap_or(bytes.len() - 40);
    bytes[at] ^= 1;
    fs::write(file, bytes).expect("written");
}

/// A witness on a laptop: it is told the ledger's key, and cosigns what a file brings, up to the size
/// given back; its line is in `line.txt`.
fn witnessed(place: &Place) -> u64 {
    let witness = place.run(&["witness", "init", "--home", "laptop", "--name", "kv1.example"]);
    let key = witness["key"].as_str().expect("a key");
    let ledger = place.run(&["ledger", "key", "--as", "admin"]);
    let ledger = ledger["key"].as_str().expect("a key");
    place.run(&["witness", "follow", "--home", "laptop", ledger]);
    let trust = ["witness", "trust", key, "--threshold", "1", "--root", "root", "--as", "admin"];
    assert_eq!(place.run(&trust)["witness_threshold"], 1);
    let ask = |old: &str, file: &str| {
        place.run(&["ledger", "head", "--for-witness", old, "--out", file, "--as", "admin"])
    };
    let size = ask("0", "request.txt")["size"].as_u64().expect("a size");
    let lines = place.run(&["witness", "cosign", "--home", "laptop", "request.txt"]);
    fs::write(place.path("line.txt"), lines["cosignature"].as_str().expect("a line"))
        .expect("ours");
    ask(&size.to_string(), "same.txt");
    place.run(&["witness", "cosign", "--home", "laptop", "same.txt"]);
    ask("1", "stale.txt");
    let stale = place.try_run(&["witness", "cosign", "--home", "laptop", "stale.txt"]);
    assert!(stale.expect_err("stale").contains(&format!("--for-witness {size}")));
    size
}

#[test]
fn an_order_is_proved_by_files_alone_and_what_was_touched_is_found() {
    let place = Place::found(&[]);
    let server = place.serve();
    place.enter_staff(&["03160/military", "03127/military"]);
    place.enrol("03160/military", "commune", &[]);
    let terminal = place.terminal("commune", "Trực ban", 0);
    let order = place.try_signed_order("Diễn tập", "Báo cáo.").expect("signed");
    place.run(&["order", "issue", &order, "--as", "director"]);
    terminal.until("settled", |lines| is_settled(lines, &order));

    let size = witnessed(&place);
    place.run(&["ledger", "export", "ledger.hoatoc", "--as", "admin"]);
    place.run(&["ledger", "export", "begin.hoatoc", "--to", "5", "--as", "admin"]);
    place.run(&["order", "evidence", &order, "--out", "order.evidence", "--as", "admin"]);
    let (sound, unseen) = checked(&place, &["ledger", "verify", "--as", "admin"]);
    assert!(!sound, "nobody has cosigned what the server shows");
    assert_eq!(reasons(&unseen), ["NOT_WITNESSED"]);
    let unknown = ["order", "evidence", "01936f5e-0000-7000-8000-000000000000", "--out", "no.json"];
    let told = place.try_run(&[&unknown[..], &["--as", "admin"]].concat()).expect_err("unknown");
    assert!(told.contains("there is no order") && !place.path("no.json").exists(), "{told}");
    drop(server);

    let roots = fingerprint(&place);
    let verify =
        ["ledger", "verify", "ledger.hoatoc", "--cosignature", "line.txt", "--roots", &roots];
    let (sound, report) = checked(&place, &verify);
    assert!(sound, "{report}");
    assert_eq!(
        (report["orders"].as_u64(), report["witnessed_size"].as_u64()),
        (Some(1), Some(size))
    );
    assert_eq!((&report["size"], &report["not_cosigned"]), (&Value::from(size), &Value::from(0)));
    assert!(report["answers"].as_u64() >= Some(3), "{report}");
    let begin =
        ["ledger", "verify", "begin.hoatoc", "--cosignature", "line.txt", "--roots", &roots];
    let (sound, report) = checked(&place, &begin);
    assert!(sound && report["size"] == 5, "{report}");
    let (sound, report) =
        checked(&place, &["ledger", "verify", "ledger.hoatoc", "--roots", &roots]);
    assert!(!sound);
    assert_eq!(reasons(&report), ["NOT_WITNESSED"]);
    let strange = "00".repeat(32);
    let (sound, report) = checked(&place, &[&verify[..6], &[strange.as_str()]].concat());
    assert!(!sound);
    assert_eq!(reasons(&report), ["ROOTS_UNKNOWN"]);

    touch(&place.path("ledger.hoatoc"));
    let (sound, report) = checked(&place, &verify);
    assert!(!sound);
    assert!(reasons(&report).contains(&"ROOT_MISMATCH"), "{report}");

    // The evidence, by either command.
    let judge = ["order", "evidence", "verify", "order.evidence", "--roots", &roots];
    let (sound, report) = checked(&place, &judge);
    assert!(!sound);
    assert_eq!(reasons(&report), ["NOT_WITNESSED"]);
    let (sound, report) = checked(&place, &[&judge[..], &["--cosignature", "line.txt"]].concat());
    assert!(sound, "{report}");
    assert_eq!(report["signers"][0]["officer"], "director", "{report}");
    // The second has no terminal, and is seen to have said nothing.
    let endpoints = report["endpoints"].as_array().expect("a list");
    let said = endpoints.iter().map(|one| one["facts"].as_array().map(Vec::len));
    assert_eq!(said.collect::<Vec<_>>(), [Some(4), Some(0)], "{report}");
    let same =
        ["ledger", "verify", "order.evidence", "--cosignature", "line.txt", "--roots", &roots];
    assert_eq!(checked(&place, &same), (true, report));
}

#[test]
fn an_order_of_before_a_retirement_is_judged_by_the_bundle_of_its_day_where_that_day_is_known() {
    let place = Place::found(&[]);
    let server = place.serve();
    place.enter_staff(&["03160/military"]);
    place.enrol("03160/military", "commune", &[]);
    let mut terminal = place.terminal("commune", "Trực ban", 0);
    let order = place.try_signed_order("Diễn tập", "Báo cáo.").expect("signed");
    place.run(&["order", "issue", &order, "--as", "director"]);
    terminal.until("settled", |lines| is_settled(lines, &order));
    place.run(&["order", "show", &order, "--file", "order.json", "--as", "admin"]);
    let file = ["order", "verify", "order.json", "--as", "admin"];
    assert_eq!(checked(&place, &file).1["valid"], true);
    let retired = place.run(&["officer", "retire", "director", "--as", "admin", "--root", "root"]);
    let newest = retired["trust_bundle_version"].as_u64().expect("a version");
    // Somebody new signs: once that is believed, the terminal has the newest bundle.
    let add = ["officer", "add", "next", "--name", "next", "--unit", "11", "--home", "next"];
    let roles = ["--role", "exercise-director", "--as", "admin", "--root", "root"];
    place.run(&[&add[..], &roles].concat());
    let draft =
        ["order", "draft", "--handling", "exercise", "--kind", "directive", "--title", "Hai"];
    let drafted =
        place.run(&[&draft[..], &["--body", "Hai.", "--to", "11", "--as", "clerk"]].concat());
    let second = drafted["order_id"].as_str().expect("an id");
    place.run(&["order", "sign", second, "--yes", "--as", "next"]);
    place.run(&["order", "issue", second, "--as", "next"]);
    terminal.until("settled", |lines| is_settled(lines, second));
    terminal.terminate();
    assert!(terminal.ended(LONG).success());
    drop(server);

    // The paper alone: its own word for its day is not enough unless that is asked for.
    let (valid, report) = checked(&place, &file);
    assert!(!valid);
    assert_eq!(report["reason"], "SIGNATURES_MISSING");
    assert!(
        report["verdict"].as_str().is_some_and(|said| said.contains("--on-its-day")),
        "{report}"
    );
    let (valid, report) = checked(&place, &[&file[..], &["--on-its-day"]].concat());
    assert!(valid && report["day_claimed"] == true, "{report}");
    assert_eq!(report["trust_bundle_version"], newest - 1);
    // The commune knows when it came.
    let own = ["terminal", "verify", &order, "--data-dir", "commune"];
    let (valid, report) = checked(&place, &own);
    assert!(valid && report["day_claimed"] == false, "{report}");
    assert_eq!(report["trust_bundle_version"], newest - 1);
    // Whoever has left since did sign: both have it on paper.
    place.run(&["terminal", "print", &order, "--out", "own.pdf", "--data-dir", "commune"]);
    place.run(&["order", "print", "--file", "order.json", "--out", "file.pdf", "--as", "admin"]);
    // What was judged is not asked for a time before it was.
    let early = [&file[..], &["--at", "2016-11-25T00:00:00Z"]].concat();
    assert!(place.try_run(&early).expect_err("early").contains("was drafted at"));
}
