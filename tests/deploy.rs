//! What lies under `deploy/` fits the program: names of metrics, samples, units.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hoatoc::config::{ServerConfig, sample_server, sample_terminal};
use hoatoc::telemetry::Metrics;
use hoatoc::telemetry::metrics::{
    BoardCounts, BoardLine, EngineCounts, StoreCounts, WitnessCounts,
};
use saphyr::LoadableYamlNode as _;

fn deploy(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The page after every instrument was touched once.
fn full_page() -> String {
    let metrics = Metrics::with_page("hoatoc").expect("it starts");
    metrics.order_issued("actual", "issue");
    metrics.signature_accepted("actual");
    metrics.order_refused("one_signer");
    metrics.fact_recorded("actual", "delivered");
    metrics.delivered_after("actual", Duration::from_millis(30));
    metrics.opened_after("actual", Duration::from_secs(40));
    metrics.acknowledged_after("actual", Duration::from_secs(90));
    metrics.register_board(|| BoardCounts {
        terminals_connected: 177,
        terminals_enrolled: 179,
        lines: vec![BoardLine {
            handling: "actual",
            orders_open: 1,
            unreached: 2,
            silent: 7,
            acknowledged: 20,
            accepted: 140,
            declined: 10,
            oldest_unanswered: Some(Duration::from_secs(75)),
        }],
    });
    metrics.committed(12, Duration::from_millis(2));
    metrics.command_decided("issue_order", "done");
    metrics.index_rebuilt();
    metrics.register_engine(|| EngineCounts { waiting: vec![("orders", 3), ("registry", 9)] });
    metrics.register_store(|| StoreCounts {
        journal_bytes: 1_000,
        journal_segments: 2,
        disk_free_bytes: 3_000,
        ledger_leaves: 4,
        backup_age: Some(Duration::from_secs(5)),
    });
    metrics.connection_opened();
    metrics.connection_opened();
    metrics.connection_closed();
    metrics.connection_refused("too_many");
    metrics.handshake_failed("expired");
    metrics.stream_reset("slow_reader");
    metrics.request_answered("IssueOrder", "OK", Duration::from_millis(4));
    metrics.clock_jumped();
    metrics.clock_offset_estimated(-0.25);
    metrics.terminal_connected();
    metrics.terminal_disconnected("cut");
    metrics.spool_holds(6);
    metrics.register_certificates(|| vec![("server", 88.5), ("authority", -1.0)]);
    metrics.register_witnesses(|| WitnessCounts { behind: 8, cosigned: 3, failed: 2, forks: 1 });
    metrics.page_text().expect("the page works")
}

/// Every `hoatoc_*` word of a text.
fn names(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("hoatoc_"))
        .map(str::to_owned)
        .collect()
}

/// Every sample's name on a page, without its labels.
fn series(page: &str) -> BTreeSet<String> {
    page.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_page_shows_every_instrument_as_it_was_touched() {
    let page = full_page();
    let expected = [
        r#"hoatoc_order_issued_total{handling="actual",kind="issue"} 1"#,
        r#"hoatoc_order_signatures_total{handling="actual"} 1"#,
        r#"hoatoc_order_refusals_total{reason="one_signer"} 1"#,
        r#"hoatoc_delivery_facts_total{fact="delivered",handling="actual"} 1"#,
        r#"hoatoc_delivery_time_to_deliver_seconds_bucket{handling="actual",le="0.025"} 0"#,
        r#"hoatoc_delivery_time_to_deliver_seconds_bucket{handling="actual",le="0.05"} 1"#,
        r#"hoatoc_delivery_time_to_deliver_seconds_bucket{handling="actual",le="14400"} 1"#,
        r#"hoatoc_delivery_time_to_open_seconds_sum{handling="actual"} 40"#,
        r#"hoatoc_delivery_time_to_acknowledge_seconds_sum{handling="actual"} 90"#,
        r#"hoatoc_board_terminals_connected 177"#,
        r#"hoatoc_board_terminals_enrolled 179"#,
        r#"hoatoc_board_orders_open{handling="actual"} 1"#,
        r#"hoatoc_board_endpoints{handling="actual",state="unreached"} 2"#,
        r#"hoatoc_board_endpoints{handling="actual",state="silent"} 7"#,
        r#"hoatoc_board_endpoints{handling="actual",state="declined"} 10"#,
        r#"hoatoc_board_oldest_unanswered_seconds{handling="actual"} 75"#,
        r#"hoatoc_engine_commit_duration_seconds_sum 0.002"#,
        r#"hoatoc_engine_commit_group_commands_sum 12"#,
        r#"hoatoc_engine_commands_total{command="issue_order",outcome="done"} 1"#,
        r#"hoatoc_engine_queue_commands{lane="registry"} 9"#,
        r#"hoatoc_store_journal_bytes 1000"#,
        r#"hoatoc_store_journal_segments 2"#,
        r#"hoatoc_store_disk_free_bytes 3000"#,
        r#"hoatoc_ledger_size_leaves 4"#,
        r#"hoatoc_ledger_unwitnessed_leaves 8"#,
        r#"hoatoc_ledger_witness_answers_total{outcome="other_history"} 1"#,
        r#"hoatoc_store_backup_age_seconds 5"#,
        r#"hoatoc_store_index_rebuilds_total 1"#,
        r#"hoatoc_transport_connections_open 1"#,
        r#"hoatoc_transport_connections_accepted_total 2"#,
        r#"hoatoc_transport_connections_refused_total{reason="too_many"} 1"#,
        r#"hoatoc_transport_handshakes_failed_total{reason="expired"} 1"#,
        r#"hoatoc_transport_streams_reset_total{reason="slow_reader"} 1"#,
        r#"hoatoc_rpc_requests_total{code="OK",method="IssueOrder"} 1"#,
        r#"hoatoc_rpc_duration_seconds_sum{method="IssueOrder"} 0.004"#,
        r#"hoatoc_clock_jumps_total 1"#,
        r#"hoatoc_clock_offset_seconds -0.25"#,
        r#"hoatoc_terminal_connected 0"#,
        r#"hoatoc_terminal_disconnects_total{reason="cut"} 1"#,
        r#"hoatoc_terminal_spool_messages 6"#,
        r#"hoatoc_certificate_expiry_days{certificate="authority"} -1"#,
    ];
    for line in expected {
        assert!(page.lines().any(|shown| shown == line), "{line} is not on the page:\n{page}");
    }
    let build = format!(r#"role="hoatoc",version="{}"}} 1"#, env!("CARGO_PKG_VERSION"));
    assert!(page.contains(&build), "{page}");
}

#[test]
fn counters_that_alarms_watch_start_at_zero_and_a_missing_backup_has_no_age() {
    let metrics = Metrics::with_page("hoatoc").expect("it starts");
    metrics.register_store(StoreCounts::default);
    let page = metrics.page_text().expect("the page works");
    assert!(page.contains("\nhoatoc_store_index_rebuilds_total 0\n"), "{page}");
    assert!(page.contains("\nhoatoc_clock_jumps_total 0\n"), "{page}");
    assert!(!page.contains("hoatoc_store_backup_age_seconds"), "{page}");
    assert!(Metrics::noop().page_text().expect("empty").is_empty());
}

#[test]
fn dashboard_alarms_and_scraping_name_only_metrics_that_exist() {
    // This one is registered with the process's telemetry, which has its own test of the page.
    let mut shown = series(&full_page());
    shown.insert("hoatoc_telemetry_lost_total".to_owned());
    for file in ["grafana/hoatoc.json", "alerts.yml", "prometheus.yml", "README.md"] {
        let used = names(&deploy(file));
        let missing: Vec<_> = used.difference(&shown).collect();
        assert!(missing.is_empty(), "deploy/{file} names metrics that do not exist: {missing:?}");
    }
    assert!(names(&deploy("alerts.yml")).len() >= 10);
}

/// The Rust sources under a directory of the crate.
fn sources(dir: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let text = std::fs::read_to_string(&path).expect("text");
            found.push((path, text));
        }
    }
}

/// An instrument that nobody feeds shows a false figure or none, and its alarm never rings.
#[test]
fn every_instrument_is_fed_by_the_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    sources(&root, &mut all);
    let instruments = root.join("telemetry/metrics");
    let (own, program): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(path, _)| path.starts_with(&instruments));
    let fed = |name: &str| {
        let call = format!(".{name}(");
        let is_program = |path: &Path| !path.to_string_lossy().contains("tests");
        program.iter().any(|(path, text)| is_program(path) && text.contains(&call))
    };
    let methods = own.iter().flat_map(|(_, text)| text.split("    pub fn ").skip(1));
    let unfed: Vec<&str> = methods
        .filter(|method| method.split(')').next().is_some_and(|head| head.contains("&self")))
        .filter_map(|method| method.split('(').next())
        .filter(|name| !fed(name))
        .collect();
    assert!(unfed.is_empty(), "nobody calls {unfed:?}");
}

#[test]
fn the_dashboard_shows_every_metric_there_is() {
    let dashboard = names(&deploy("grafana/hoatoc.json"));
    for name in series(&full_page()) {
        let base = name.trim_end_matches("_sum").trim_end_matches("_count");
        let used = dashboard.contains(base) || dashboard.contains(&format!("{base}_bucket"));
        assert!(used, "{name} is nowhere on the dashboard");
    }
}

#[test]
fn the_dashboard_is_json_with_distinct_panels_that_all_ask_something() {
    let text = deploy("grafana/hoatoc.json");
    let dashboard: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let targets = panel["targets"].as_array().expect("targets");
        let asks = |target: &serde_json::Value| names(&target["expr"].to_string()).len() == 1;
        assert!(!targets.is_empty() && targets.iter().all(asks), "{}", panel["title"]);
    }
}

#[test]
fn every_alarm_is_whole() {
    let alerts = deploy("alerts.yml");
    let rules: Vec<&str> = alerts.split("- alert: ").skip(1).collect();
    let titles: BTreeSet<_> = rules.iter().filter_map(|rule| rule.lines().next()).collect();
    assert_eq!(titles.len(), rules.len(), "two alarms have one name");
    for rule in rules {
        for part in ["\n        expr: ", "\n        labels: {severity: ", "\n          summary: \""]
        {
            assert_eq!(rule.matches(part).count(), 1, "{part:?} in {rule}");
        }
        assert!(rule.contains("\n          action: \""), "what shall one do? {rule}");
        let expr = rule.lines().find(|line| line.contains("expr: ")).expect("an expression");
        for (open, close) in [('(', ')'), ('{', '}'), ('[', ']')] {
            assert_eq!(expr.matches(open).count(), expr.matches(close).count(), "{expr}");
        }
    }
}

#[test]
fn yaml_files_parse() {
    for file in ["alerts.yml", "prometheus.yml", "otel-collector.yaml"] {
        let text = deploy(file);
        let parsed = saphyr::Yaml::load_from_str(&text);
        let documents = parsed.unwrap_or_else(|error| panic!("deploy/{file}: {error}"));
        assert!(documents.len() == 1 && documents[0].is_mapping(), "deploy/{file} is one mapping");
    }
}

#[test]
fn the_configurations_are_the_samples() {
    assert_eq!(deploy("config/server.toml"), sample_server());
    assert_eq!(deploy("config/terminal.toml"), sample_terminal());
    let server = ServerConfig::parse(sample_server(), Path::new("server.toml")).expect("right");
    let page = server.metrics.listen.0.expect("it is on").to_string();
    for file in ["prometheus.yml", "README.md"] {
        assert!(deploy(file).contains(&page), "deploy/{file} asks the page at {page}");
    }
}

/// What a unit says under a key, once for each line.
fn setting(unit: &str, key: &str) -> Vec<String> {
    let prefix = format!("{key}=");
    unit.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
}

const SERVICES: [&str; 4] = [
    "hoatoc.service",
    "hoatoc-backup.service",
    "hoatoc-terminal.service",
    "hoatoc-terminal-headless.service",
];

#[test]
fn the_program_understands_what_the_units_start_it_with() {
    for file in SERVICES {
        let unit = deploy(&format!("systemd/{file}"));
        for (key, start) in ["ExecStartPre", "ExecStart", "ExecStartPost"]
            .into_iter()
            .flat_map(|key| setting(&unit, key).into_iter().map(move |start| (key, start)))
            .filter(|(_key, start)| start.contains("/usr/bin/hoatoc "))
        {
            // What systemd itself reads: prefixes and the date and name it fills in are no words of ours.
            let words: Vec<&str> =
                start.trim_start_matches(['-', '@', ':', '+', '!']).split(' ').collect();
            let understood = hoatoc::cli::understands(words);
            assert!(understood.is_ok(), "{file}: {key}={start}: {understood:?}");
        }
        let home = format!("--data-dir /var/lib/{}", setting(&unit, "StateDirectory").concat());
        let starts = setting(&unit, "ExecStart");
        assert!(starts.len() == 1 && starts[0].contains(&home), "{file}: {starts:?}");
    }
    let wrong =
        hoatoc::cli::understands(["hoatoc", "terminal", "run", "--data-dir", "t", "--screen"]);
    assert!(wrong.is_err(), "it would understand anything");
}

#[test]
fn a_terminal_has_a_console_of_its_own_or_is_headless_with_a_pipe_for_its_commands() {
    let screen = deploy("systemd/hoatoc-terminal.service");
    assert!(!setting(&screen, "ExecStart")[0].contains("--headless"));
    let tty = setting(&screen, "TTYPath").concat();
    assert_eq!(setting(&screen, "StandardInput"), ["tty"], "without it there is no screen");
    assert_eq!(setting(&screen, "StandardOutput"), ["tty"]);
    assert_eq!(setting(&screen, "StandardError"), ["journal"], "a log line would tear the screen");
    // Closed to all devices but these, it could not open its console.
    assert_eq!(setting(&screen, "DeviceAllow"), [format!("{tty} rw")]);
    let login = format!("getty@{}.service", tty.trim_start_matches("/dev/"));
    let foes = setting(&screen, "Conflicts").concat();
    assert!(foes.split(' ').any(|foe| foe == login), "{login} would read the same keys");
    assert!(setting(&screen, "After").contains(&login));

    let headless = deploy("systemd/hoatoc-terminal-headless.service");
    let socket = deploy("systemd/hoatoc-terminal-headless.socket");
    assert!(setting(&headless, "ExecStart")[0].ends_with(" --headless"));
    assert_eq!(setting(&headless, "StandardInput"), ["socket"]);
    assert_eq!(setting(&headless, "Sockets"), ["hoatoc-terminal-headless.socket"]);
    assert_eq!(setting(&headless, "Requires"), setting(&headless, "Sockets"));
    assert!(foes.contains("hoatoc-terminal-headless.service"), "the store has one user");
    assert_eq!(setting(&headless, "Conflicts"), ["hoatoc-terminal.service"]);
    let pipe = setting(&socket, "ListenFIFO").concat();
    assert_eq!(setting(&socket, "SocketMode"), ["0620"], "others must not answer");
    assert!(deploy("README.md").contains(&pipe), "deploy/README.md says how to answer at {pipe}");
    assert!(deploy("README.md").contains(&tty), "deploy/README.md names {tty}");
    for start in [screen, headless] {
        assert_eq!(setting(&start, "RestartPreventExitStatus"), ["2"]);
    }
}

#[test]
fn units_drain_before_they_kill_and_hold_the_same_walls() {
    let server = deploy("systemd/hoatoc.service");
    let drain = ServerConfig::default().shutdown.drain_ms.millis();
    let wait: u64 = setting(&server, "TimeoutStopSec")[0].parse().expect("seconds");
    assert!(
        drain <= Duration::from_secs(20) && Duration::from_secs(wait) > Duration::from_secs(20)
    );
    let walls = [
        "NoNewPrivileges",
        "CapabilityBoundingSet",
        "ProtectSystem",
        "ProtectHome",
        "PrivateTmp",
        "PrivateDevices",
        "RestrictAddressFamilies",
        "MemoryDenyWriteExecute",
        "SystemCallFilter",
        "LimitCORE",
        "UMask",
        "StateDirectoryMode",
    ];
    for file in SERVICES {
        let unit = deploy(&format!("systemd/{file}"));
        for wall in walls {
            assert!(!setting(&unit, wall).is_empty(), "{file} sets no {wall}");
            assert_eq!(setting(&unit, wall), setting(&server, wall), "{file}: {wall}");
        }
        assert_eq!(setting(&unit, "MemoryMax").len(), 1, "{file}");
        if file != "hoatoc-backup.service" {
            assert_eq!(setting(&unit, "Restart"), ["always"], "{file}");
        }
    }
}
