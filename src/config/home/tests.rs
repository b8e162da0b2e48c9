use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use ring::rand::SystemRandom;

use super::*;

const NOW: Instant = Instant::from_millis(1_795_000_000_000);

fn home() -> (tempfile::TempDir, ServerHome) {
    let dir = tempfile::tempdir().expect("a directory");
    let province = "11".parse().expect("a unit code");
    let home = ServerHome::create(&dir.path().join("data"), &province, NOW, &SystemRandom::new());
    (dir, home.expect("a new home"))
}

#[test]
fn what_was_made_is_loaded_and_only_its_owner_may_read_the_keys() {
    let (_dir, made) = home();
    let loaded = ServerHome::load(&made.dir, NOW).expect("sound");
    assert_eq!(loaded.authority.fingerprint(), made.authority.fingerprint());
    assert_eq!(loaded.ledger_key.id(), made.ledger_key.id());
    assert_eq!(loaded.master_key, made.master_key);
    assert_eq!(loaded.server.certificate_pem, made.server.certificate_pem);
    for name in ["authority.key", "ledger.key", "master.key", "server.key"] {
        let path = made.dir.join("keys").join(name);
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert!(!format!("{loaded:?}").contains("PRIVATE"));
}

#[test]
fn a_key_that_others_may_read_is_refused_by_name() {
    let (_dir, made) = home();
    for name in ["authority.key", "ledger.key", "master.key", "server.key"] {
        let path = made.dir.join("keys").join(name);
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("ours");
            let refused = ServerHome::load(&made.dir, NOW).expect_err("others may read it");
            assert!(matches!(refused, HomeError::Exposed { .. }), "{refused}");
            assert!(refused.to_string().contains(name), "{refused}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
    }
    ServerHome::load(&made.dir, NOW).expect("sound again");
}

#[test]
fn a_home_is_never_made_over_another() {
    let (_dir, made) = home();
    let province = "11".parse().expect("a unit code");
    let again = ServerHome::create(&made.dir, &province, NOW, &SystemRandom::new());
    assert!(matches!(again, Err(HomeError::Exists { .. })));
    let loaded = ServerHome::load(&made.dir, NOW).expect("untouched");
    assert_eq!(loaded.authority.fingerprint(), made.authority.fingerprint());
}

#[test]
fn the_server_s_certificate_follows_the_configured_names_and_never_runs_out() {
    let (_dir, made) = home();
    let text = "[server]\nnames = [\"hoatoc.example\", \"10.0.0.7\"]\n";
    fs::write(made.dir.join(SERVER_FILE), text).expect("ours");
    let renamed = ServerHome::load(&made.dir, NOW).expect("sound");
    assert_ne!(renamed.server.certificate_pem, made.server.certificate_pem);
    let path = made.dir.join("keys/server.crt");
    let shown = shown_by(&renamed.server, &path).expect("a certificate");
    let wanted: BTreeSet<String> = ["hoatoc.example", "10.0.0.7"].map(str::to_owned).into();
    assert_eq!(shown.names, wanted);
    let day = Duration::from_secs(86_400);
    let early = NOW + limits::SERVER_VALIDITY - limits::SERVER_RENEWAL - day;
    let same = ServerHome::load(&made.dir, early).expect("sound");
    assert_eq!(same.server.certificate_pem, renamed.server.certificate_pem);
    let late = ServerHome::load(&made.dir, early + day * 2).expect("sound");
    assert_ne!(late.server.certificate_pem, renamed.server.certificate_pem);
}

#[test]
fn a_file_that_is_missing_or_bent_is_named() {
    let (_dir, made) = home();
    let master = made.dir.join("keys/master.key");
    fs::write(&master, "zz").expect("ours");
    let refused = ServerHome::load(&made.dir, NOW).expect_err("no hex");
    assert!(refused.to_string().contains("master.key"), "{refused}");
    fs::remove_file(&master).expect("ours");
    let refused = ServerHome::load(&made.dir, NOW).expect_err("gone");
    assert!(matches!(refused, HomeError::File { action: "read", .. }), "{refused}");
}

#[test]
fn a_crash_while_the_server_s_certificate_is_replaced_is_mended() {
    let (_dir, made) = home();
    let foreign = KeyPair::generate().expect("a key").serialize_pem();
    write_secret(&made.dir.join("keys/server.key"), foreign.as_bytes()).expect("ours");
    let mended = ServerHome::load(&made.dir, NOW).expect("sound");
    assert_ne!(mended.server.certificate_pem, made.server.certificate_pem);
    let again = ServerHome::load(&made.dir, NOW).expect("sound");
    assert_eq!(again.server.certificate_pem, mended.server.certificate_pem);
}
