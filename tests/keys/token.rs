//! Keys on a token, which never gives them out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::program::Place;
use super::{ask, grant, join, served};

/// Where Debian and others put SoftHSM's module.
const MODULES: &[&str] = &[
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

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
