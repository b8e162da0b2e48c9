//! In temporary directories, with a time of the test's own.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use ring::rand::SystemRandom;

use super::*;
use crate::evidence::seal::keyring::KeepKeys as _;
use crate::limits;

const NOW: Instant = Instant::from_millis(1_790_000_000_000);

fn new() -> NewHome {
    NewHome {
        province: "11".parse().expect("a code"),
        listen: "127.0.0.1:7555".parse().expect("an address"),
        names: vec!["hoatoc.example".to_owned(), "10.0.0.7".to_owned()],
        metrics: Some("127.0.0.1:9555".parse().expect("an address")),
    }
}

#[test]
fn a_home_comes_back_as_it_was_made_and_its_keys_are_closed_to_others() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path().join("home");
    let made = create(&home, &new(), NOW, &SystemRandom::new()).expect("made");
    let loaded = ServerHome::load(&home).expect("loaded");
    assert_eq!(loaded.province().as_str(), "11");
    assert_eq!(loaded.config, made.config);
    assert_eq!(loaded.config.server.listen, new().listen);
    assert_eq!(loaded.config.server.names.as_slice().len(), 2);
    assert_eq!(loaded.config.metrics.listen.0, new().metrics);
    assert_eq!(loaded.ledger_key.public(), made.ledger_key.public());
    let index = |home: &ServerHome| home.keys.sealer().blind_index("citizen_id", "011099000001");
    assert_eq!(index(&loaded), index(&made));
    assert_eq!(loaded.authority.fingerprint(), made.authority.fingerprint());
    for name in [AUTHORITY_KEY, LEDGER_KEY, "master.key", "keyring", SERVER_KEY] {
        let mode = fs::metadata(home.join("keys").join(name)).expect("there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
    }
    let mode = fs::metadata(&home).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_directory_with_something_in_it_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("mine"), "x").expect("written");
    let refused = create(dir.path(), &new(), NOW, &SystemRandom::new());
    assert!(matches!(refused, Err(HomeError::NotEmpty { .. })));
    assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 1);
}

#[test]
fn a_damaged_key_is_named_and_not_shown() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path().join("home");
    create(&home, &new(), NOW, &SystemRandom::new()).expect("made");
    let path = home.join("keys").join("master.key");
    fs::write(&path, "secret-looking rubbish").expect("written");
    let refused = ServerHome::load(&home).expect_err("not hex").to_string();
    assert!(refused.contains("master.key") && !refused.contains("rubbish"), "{refused}");
}

#[test]
fn a_key_that_others_may_read_is_refused_by_name() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path().join("home");
    create(&home, &new(), NOW, &SystemRandom::new()).expect("made");
    let path = home.join("keys").join(LEDGER_KEY);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
    let refused = ServerHome::load(&home).expect_err("open to the group").to_string();
    assert!(refused.contains("ledger.key") && refused.contains("others"), "{refused}");
    assert!(refused.contains("may read it (mode 0640)"), "{refused}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o611)).expect("set");
    let refused = ServerHome::load(&home).expect_err("open in another way").to_string();
    assert!(refused.contains("mode 0611") && !refused.contains("read it"), "{refused}");
}

#[test]
fn a_name_that_is_none_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path().join("home");
    let bad = NewHome { names: vec!["xã Tân".to_owned()], ..new() };
    assert!(create(&home, &bad, NOW, &SystemRandom::new()).is_err());
    assert!(!home.exists());
}

fn made() -> (tempfile::TempDir, ServerHome) {
    let dir = tempfile::tempdir().expect("a directory");
    let home = create(&dir.path().join("home"), &new(), NOW, &SystemRandom::new());
    (dir, home.expect("made"))
}

fn due(home: &ServerHome, now: Instant) -> Option<Due> {
    home.certificate().due(&home.credentials, now).expect("readable")
}

#[test]
fn the_servers_certificate_is_issued_anew_when_a_third_of_its_life_is_left() {
    let (_dir, mut home) = made();
    let before = home.credentials.certificate_pem.clone();
    let life = limits::SERVER_VALIDITY + limits::NOT_BEFORE_SLACK;
    let third = NOW + limits::SERVER_VALIDITY - life / 3;
    let second = Duration::from_secs(1);
    assert_eq!(home.renew_certificate(third - second).expect("readable"), None);
    assert_eq!(home.credentials.certificate_pem, before);
    assert_eq!(home.renew_certificate(third).expect("written"), Some(Due::Dates));
    assert_ne!(home.credentials.certificate_pem, before);
    let loaded = ServerHome::load(&home.dir).expect("loaded");
    assert_eq!(loaded.credentials.certificate_pem, home.credentials.certificate_pem);
    assert_eq!(*loaded.credentials.key_pem, *home.credentials.key_pem);
    assert_eq!(due(&loaded, third), None);
    let key = home.dir.join("keys").join(SERVER_KEY);
    let mode = fs::metadata(key).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        fs::read_dir(home.dir.join("keys")).expect("listed").count(),
        7,
        "nothing is left over"
    );
    assert_eq!(due(&loaded, NOW), Some(Due::Dates), "it was made by a clock that was ahead");
}

#[test]
fn the_servers_certificate_follows_the_configured_names_in_whatever_spelling() {
    let (_dir, home) = made();
    let configure = |names: &str| {
        let text = format!("[server]\nnames = [{names}]\n");
        fs::write(home.dir.join(SERVER_FILE), text).expect("ours");
        ServerHome::load(&home.dir).expect("loaded")
    };
    let same = configure(r#""10.0.0.7", "Hoatoc.Example""#);
    assert_eq!(due(&same, NOW), None);
    for other in
        [r#""hoatoc.example""#, r#""hoatoc.example", "10.0.0.8""#, r#""other.example", "10.0.0.7""#]
    {
        assert_eq!(due(&configure(other), NOW), Some(Due::Names), "{other}");
    }
    let mut renamed = configure(r#""other.example", "::1""#);
    assert_eq!(renamed.renew_certificate(NOW).expect("written"), Some(Due::Names));
    assert_eq!(due(&configure(r#""0:0::1", "OTHER.example""#), NOW), None);
}

#[test]
fn a_crash_between_the_servers_key_and_its_certificate_is_mended() {
    let (_dir, home) = made();
    let other = home.authority.issue_server(&[], &[], NOW).expect("a server");
    let path = home.dir.join("keys").join(SERVER_KEY);
    files::replace(&path, other.key_pem.as_bytes(), 0o600).expect("ours");
    let mut torn = ServerHome::load(&home.dir).expect("loaded");
    assert_eq!(torn.renew_certificate(NOW).expect("written"), Some(Due::Key));
    assert_eq!(due(&ServerHome::load(&home.dir).expect("loaded"), NOW), None);
}

#[test]
fn what_a_crash_left_behind_lends_no_key_its_mode() {
    let (_dir, mut home) = made();
    let left = home.dir.join("keys").join("server.key.next");
    fs::write(&left, "half").expect("ours");
    fs::set_permissions(&left, fs::Permissions::from_mode(0o644)).expect("set");
    home.renew_certificate(NOW + limits::SERVER_VALIDITY).expect("written");
    assert!(!left.exists());
    ServerHome::load(&home.dir).expect("a key that only its owner may read");
}
