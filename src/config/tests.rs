//! The configuration as an operator meets it.

use std::path::Path;

use super::*;

fn server(text: &str) -> Result<ServerConfig, String> {
    ServerConfig::parse(text, Path::new("server.toml")).map_err(|error| error.to_string())
}

fn terminal(text: &str) -> Result<TerminalConfig, String> {
    TerminalConfig::parse(text, Path::new("terminal.toml")).map_err(|error| error.to_string())
}

#[test]
fn the_samples_say_the_defaults_and_leave_no_key_out() {
    assert_eq!(server(sample_server()).expect("the sample is right"), ServerConfig::default());
    assert_eq!(
        terminal(sample_terminal()).expect("the sample is right"),
        TerminalConfig::default()
    );
    let keys = |text: &str| text.parse::<toml::Table>().expect("the sample is TOML");
    let defaults = toml::Table::try_from(ServerConfig::default()).expect("it is a table");
    assert_eq!(keys(sample_server()), defaults);
    let defaults = toml::Table::try_from(TerminalConfig::default()).expect("it is a table");
    assert_eq!(keys(sample_terminal()), defaults);
}

#[test]
fn an_empty_or_absent_file_means_the_defaults() {
    assert_eq!(server("").expect("nothing is wrong with nothing"), ServerConfig::default());
    let dir = tempfile::tempdir().expect("a directory");
    assert_eq!(TerminalConfig::load_in(dir.path()).expect("no file"), TerminalConfig::default());
}

#[test]
fn a_file_in_the_data_directory_is_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = "[limits]\nheartbeat_ms = 5000\n[store]\ndir = \"/srv/hoatoc\"\n";
    std::fs::write(dir.path().join(SERVER_FILE), text).expect("written");
    let config = ServerConfig::load_in(dir.path()).expect("the file is right");
    assert_eq!(config.limits.heartbeat_ms.millis().as_secs(), 5);
    assert_eq!(config.limits.connections_max, LimitSection::default().connections_max);
    assert_eq!(config.store.dir.under(dir.path()), Path::new("/srv/hoatoc"));
    assert_eq!(config.keys.dir.under(dir.path()), dir.path().join("keys"));
}

#[test]
fn a_file_that_is_too_large_or_unreadable_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join(SERVER_FILE);
    std::fs::write(&path, "#".repeat(64 * 1024 + 1)).expect("written");
    let refused = ServerConfig::load_in(dir.path()).expect_err("it is one byte over");
    assert!(matches!(refused, ConfigError::TooLarge { .. }), "{refused}");
    std::fs::write(&path, "#".repeat(64 * 1024)).expect("written");
    assert_eq!(ServerConfig::load_in(dir.path()).expect("it fits"), ServerConfig::default());
    std::fs::remove_file(&path).expect("removed");
    std::fs::create_dir(&path).expect("made");
    let refused = ServerConfig::load_in(dir.path()).expect_err("it is a directory");
    assert!(matches!(refused, ConfigError::Read { .. }), "{refused}");
}

#[test]
fn errors_name_the_line_and_column_and_what_would_be_right() {
    let cases = [
        ("[log]\nfilter = \"info\"\nfromat = \"json\"", "3:1: unknown field `fromat`"),
        ("[log]\nformat = \"xml\"", "2:10: unknown variant `xml`, expected `text` or `json`"),
        ("[log]\nfilter = \"hoatoc=loud\"", "2:10: \"hoatoc=loud\" is not a log filter"),
        ("[log]\nfilter = \" \"", "2:10: the log filter is empty"),
        ("\n[limits]\n  heartbeat_ms = 5", "3:18: 5 is out of bounds: use 1000 to 300000"),
        ("[limits]\nheartbeat_ms = -5", "2:16: "),
        ("[otlp]\nsample_ratio = 1.5", "2:16: 1.5 is out of bounds: use 0.0 to 1.0"),
        ("[otlp]\nendpoint = \"https://c:4317\"", "2:12: \"https://c:4317\" is not a collector's"),
        ("[otlp]\nendpoint = \"http://c\"", "2:12: \"http://c\" is not a collector's"),
        ("[metrics]\nlisten = \"9464\"", "2:10: \"9464\" is not an address"),
        ("[server]\nlisten = \"here\"", "2:10: invalid socket address"),
        ("[server]\nnames = []", "2:9: 0 entries"),
        ("[server]\nnames = [\"a\", \"a\"]", "2:9: 2 entries"),
        ("[server]\nnames = [\"xã Tân\"]", "\"xã Tân\" is neither a DNS name nor an IP address"),
        ("[store]\ndir = \"\"", "2:7: \"\" names no directory"),
        ("[store]\ndir = \"../other\"", "2:7: \"../other\" names no directory"),
        ("[shutdown]\ndrain_ms = 20001", "2:12: 20001 is out of bounds: use 100 to 20000"),
        ("[server\n", "1:8: "),
    ];
    for (text, expected) in cases {
        let error = server(text).expect_err(text);
        let place = error.strip_prefix("server.toml:").expect("the file is named");
        assert!(place.contains(expected), "{text:?} gave {error:?}, not {expected:?}");
        assert!(!error.contains('\n'), "{error:?} is one line");
    }
}

#[test]
fn a_terminal_needs_servers_and_an_ordered_backoff() {
    for bad in ["host", "host:0", "host:99999", ":7443", "[::1:7443", "xã:7443"] {
        let text = format!("[link]\nservers = [\"{bad}\"]");
        assert!(terminal(&text).is_err(), "{bad} is no server");
    }
    let text = "[link]\nservers = [\"a.example:7443\", \"10.0.0.1:1\", \"[::1]:7443\"]";
    let servers = terminal(text).expect("three servers").link.servers;
    assert_eq!(servers.as_slice().len(), 3);
    let text = "[link]\nbackoff_min_ms = 60000\nbackoff_max_ms = 1000";
    let error = terminal(text).expect_err("the wait cannot shrink");
    assert_eq!(error, "terminal.toml:1:1: backoff_min_ms (60000) is over backoff_max_ms (1000)");
}

#[test]
fn a_collector_is_off_until_it_is_named() {
    assert_eq!(ServerConfig::default().telemetry().otlp, None);
    let text = "[otlp]\nendpoint = \"http://127.0.0.1:4317\"\ntimeout_ms = 700\n";
    let otlp = server(text).expect("right").telemetry().otlp.expect("it is on");
    assert_eq!(otlp.endpoint, "http://127.0.0.1:4317");
    assert_eq!(otlp.timeout.as_millis(), 700);
}

#[test]
fn the_law_is_data_and_what_is_wrong_in_it_has_its_line() {
    use jiff::civil::date;

    use crate::domain::registry::eligibility::Law;

    assert_eq!(ServerConfig::default().registry.law(), Law::default());
    let text = "[registry]\nholidays = [\"2027-02-09\", \"2027-02-08\"]\nage_limits = [\n  \
                { category = \"nco_soldier\", sex = \"male\", duty = \"combat\", years = 30, \
                basis = \"Luật X\", from = \"2027-01-01\" },\n]\n";
    let law = server(text).expect("all right").registry.law();
    assert_eq!(&law.holidays[..], [date(2027, 2, 8), date(2027, 2, 9)]);
    assert_ne!(law.age_limits, Law::default().age_limits, "the given ones, whole");
    for (wrong, instead, said) in [
        ("\"2027-02-08\"]", "\"2027-02-30\"]", "2027-02-30"),
        ("\"2027-02-08\"]", "\"2027-02-09\"]", "twice"),
        ("years = 30", "years = 12", "18 to 70"),
        ("nco_soldier", "soldiery", "soldiery"),
        ("basis = \"Luật X\"", "basis = \" \"", "basis"),
        ("duty =", "post =", "post"),
    ] {
        let fault = server(&text.replace(wrong, instead)).expect_err(said).to_string();
        assert!(fault.contains(said), "{fault}");
        let line = match wrong {
            day if day.contains("2027-02") => ":2:",
            // A key that there is none of is found where it stands.
            "duty =" => ":4:",
            _limit => ":3:",
        };
        assert!(fault.contains(line), "{fault}");
        assert_eq!(fault.contains("age limit 1"), line == ":3:", "{fault}");
    }
}
