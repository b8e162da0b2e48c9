//! What a commune can prove with a sheet of paper: an order is printed by the real program, looked at
//! by a scanner, and judged from the pictures alone, with no server anywhere.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hoatoc::domain::instant::Instant;
use hoatoc::domain::order::ReferenceKind;
use hoatoc::domain::world::{Decision, Entry, Request, World};
use hoatoc::sim::cast::{APPROVER, Cast, SIGNER};
use serde_json::Value;

const NOW: Instant = Instant::from_millis(1_795_000_000_000);
/// Within the order's day.
const AT: &str = "2026-11-18T13:00:00Z";

struct Desk(tempfile::TempDir);

impl Desk {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn hoatoc(&self, words: &[&str]) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_hoatoc"));
        Command::new(program).current_dir(self.0.path()).args(words).output().expect("it runs")
    }

    /// What a command says as JSON, and whether it ended well.
    fn said(&self, words: &[&str]) -> (Value, bool) {
        let done = self.hoatoc(&[words, &["--output", "json"]].concat());
        let err = String::from_utf8_lossy(&done.stderr);
        let value = serde_json::from_slice(&done.stdout);
        (value.unwrap_or_else(|fault| panic!("{words:?}: {fault}\n{err}")), done.status.success())
    }

    /// Each page as a picture.
    fn scan(&self, pdf: &str, dpi: u32) -> Vec<String> {
        let done = Command::new("pdftoppm")
            .current_dir(self.0.path())
            .args(["-jpeg", "-r", &dpi.to_string(), pdf, "scan"])
            .status();
        assert!(done.expect("pdftoppm is installed by tests/run.sh").success());
        let names = std::fs::read_dir(self.0.path())
            .expect("readable")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned());
        let mut pages: Vec<String> = names.filter(|name| name.ends_with(".jpg")).collect();
        pages.sort();
        pages
    }
}

fn happen(world: &mut World, request: &Request) {
    let decision = world.decide(request, NOW).expect("the cast does nothing wrong");
    let Decision::Happens(events) = decision else { panic!("nothing happened") };
    for event in events {
        world.apply(&Entry { at: NOW, actor: request.actor.clone(), request: None, event });
    }
}

/// A province with an actual order of two signatures, its cancel, and the trust bundle, as files.
fn desk() -> Desk {
    let desk = Desk(tempfile::tempdir().expect("a directory"));
    let mut world = World::default();
    for request in Cast::new(10).founding(NOW) {
        happen(&mut world, &request);
    }
    let mut order = Cast::order(&world, 1, NOW);
    order.title = "Huy động lực lượng ứng phó lũ quét".to_owned();
    order.body = "Các xã, phường tập trung lực lượng tại trụ sở.\nBáo cáo quân số.".to_owned();
    let signed = Cast::draft(order.clone(), &[SIGNER, APPROVER]).envelope;
    let id = order.id;
    for request in Cast::issuing(order, "first") {
        happen(&mut world, &request);
    }
    let file = world.order(&id).expect("it was issued");
    let cancel = Cast::reference(&world, file, ReferenceKind::Cancel, 2, NOW);
    let cancel = Cast::draft(cancel, &[SIGNER, APPROVER]).envelope;
    let write = |name: &str, text: &str| std::fs::write(desk.path(name), text).expect("written");
    write("order.json", &signed.to_json());
    write("cancel.json", &cancel.to_json());
    write("trust.json", &Cast::trust(1, 1, NOW).envelope.to_json());
    desk
}

fn check<'a>(value: &'a Value, name: &str) -> &'a Value {
    let checks = value["checks"].as_array().expect("a list");
    checks.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn a_printed_order_is_judged_from_its_pictures_as_from_its_file() {
    let desk = desk();
    let print = [
        "order",
        "print",
        "--file",
        "order.json",
        "--trust",
        "trust.json",
        "--out",
        "order.pdf",
        "--place",
        "Điện Biên",
    ];
    let (printed, well) = desk.said(&print);
    assert!(well, "{printed}");
    let pages = desk.scan("order.pdf", 150);
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let by = ["--trust", "trust.json", "--at", AT, "--endpoint", "3"];
    let (from_file, well) = desk.said(&[&["order", "verify", "order.json"], &by[..]].concat());
    assert!(well, "{from_file}");
    let (from_paper, well) = desk.said(&[&["order", "verify", "--qr"], &pages[..], &by].concat());
    assert!(well, "{from_paper}");
    assert_eq!(from_paper, from_file, "the same verdict, check by check");
    assert_eq!(from_paper["valid"], true);
    assert_eq!(from_paper["fingerprint"], printed["fingerprint"]);
    assert_eq!(check(&from_paper, "audience")["ok"], true);

    let other = ["--trust", "trust.json", "--at", AT, "--endpoint", "99"];
    let (value, well) = desk.said(&[&["order", "verify", "--qr"], &pages[..], &other].concat());
    assert!(!well);
    assert_eq!(value["reason"], "NOT_ADDRESSED", "{value}");
    let called_off = [&["order", "verify", "--qr"], &pages[..], &by, &["--cancels", "cancel.json"]];
    let (value, well) = desk.said(&called_off.concat());
    assert!(!well);
    assert_eq!(value["reason"], "CANCELLED", "{value}");
    assert_eq!(check(&value, "authority")["ok"], true, "every question has its own answer");
}

#[test]
fn a_picture_without_a_whole_order_is_refused_with_what_to_do() {
    let desk = desk();
    let white = image::GrayImage::from_pixel(600, 800, image::Luma([255]));
    white.save(desk.path("white.png")).expect("written");
    std::fs::write(desk.path("note.png"), "no picture").expect("written");
    for (picture, reason) in [("white.png", "CODE_NOT_FOUND"), ("note.png", "PICTURE_NOT_OPENED")] {
        let (value, well) =
            desk.said(&["order", "verify", "--qr", picture, "--trust", "trust.json"]);
        assert!(!well);
        assert_eq!((&value["valid"], &value["reason"]), (&Value::Bool(false), &reason.into()));
    }
}
