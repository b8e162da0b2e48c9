//! The figures that the press gave of the province come out of records that were fed in as
//! spreadsheets, each with its numerator and denominator; and lists go out as spreadsheets that come in
//! again. Against the real program on loopback.

#[path = "support/program.rs"]
#[expect(dead_code, reason = "terminals and orders are other tests' business")]
mod program;

use std::fmt::Write as _;

use program::Place;
use serde_json::{Value, json};

/// People of the roster: the share of the press is one of a thousand.
const PEOPLE: usize = 1_000;

const PLAN: &str = "\
Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;CNQS;Gần đúng;Số lượng;Loại phương tiện;Xã, phường;\
Chỉ tiêu người;Chỉ tiêu phương tiện\n\
DB-C1;Đại đội 1;03160, 03349;CN01;CN02;4;;;;\n\
;;;;;1;PT01;;;\n\
;;;;;;;03160;5;1\n\
;;;;;;;03349;2;0\n";

const VEHICLES: &str = "\
Loại phương tiện;Biển số;Chủ phương tiện;Xã, phường\n\
PT01;27A-12345;Công ty Thanh Bình;03160\n\
PT01;27A-12346;Công ty Thanh Bình;03349\n";

const WORKS: &str = "\
Mã số thuế;Tên doanh nghiệp;Mã xã;Năng lực sản xuất;Bước khảo sát;Ngày khảo sát;Số điện thoại\n\
0100109106;Công ty May;03160;\"Quân phục: 1200 bộ (chỉ tiêu 300); Vá: 20,5 nghìn cái\";Đang quản lý;15/09/2025;0912345678\n\
5600123456;Xưởng Đá;03163;\"\"\"Đá; loại 1\"\": 7 \"\"m3 (rời)\"\"\";Đã khảo sát;;\n";

fn write(place: &Place, name: &str, text: &str) -> String {
    let path = place.path(name);
    std::fs::write(&path, text).expect("writable");
    path.to_str().expect("a path in UTF-8").to_owned()
}

fn press(name: &str) -> String {
    format!("{}/tests/data/press/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A thousand people of two communes: 102 in the Party, three exact and one near for the plan, seven who
/// moved in and were never registered, twelve also in the militia, thirty from a former commune.
fn people() -> String {
    let mut text =
        "Họ và tên;Ngày sinh;Giới tính;Số CCCD;Cấp bậc;CNQS;Hạng dự bị;Xã, phường;Sức khỏe;\
        Đảng viên;Ngày đến ở;Loại dân quân;Xã cũ;Số điện thoại\n"
            .to_owned();
    for number in 0..PEOPLE {
        let specialty = match number {
            0..3 => "CN01",
            3 => "CN02",
            _none => "",
        };
        let said = |so: bool, text: &'static str| if so { text } else { "" };
        writeln!(
            text,
            "Lò Văn An;01/01/2000;Nam;0112{:08};Binh nhì;{specialty};1;{};2;{};{};{};{};{}",
            number,
            if number % 2 == 0 || number < 4 || (300..330).contains(&number) {
                "03160"
            } else {
                "03349"
            },
            if number < 102 { "x" } else { "" },
            said((100..107).contains(&number), "01/02/2024"),
            said((200..212).contains(&number), "Cơ động"),
            said((300..330).contains(&number), "Xã Nậm Vì"),
            said(number == 0, "0398.123.456"),
        )
        .expect("memory");
    }
    text
}

/// Numerator, denominator and share of the one total of this name and group.
fn total(report: &Value, name: &str, group: &[&str]) -> (u64, Option<u64>, Option<String>) {
    let figures = report["figures"].as_array().expect("figures").iter();
    let mut found = figures.filter(|at| {
        at["name"] == name
            && at["group"] == json!(group)
            && at["unit_code"] == ""
            && (at["unit_name"].is_null() || at["unit_name"] == "")
    });
    let one = found.next().unwrap_or_else(|| panic!("no {name} {group:?}: {report:#}"));
    assert_eq!(found.next(), None, "{name} {group:?} twice");
    let share = one["share"].as_str().map(str::to_owned);
    (one["numerator"].as_u64().expect("a count"), one["denominator"].as_u64(), share)
}

fn share(of: u64, total: u64, percent: &str) -> (u64, Option<u64>, Option<String>) {
    (of, Some(total), Some(format!("{percent} %")))
}

fn report(place: &Place, words: &[&str]) -> Value {
    place.run(&[&["report"], words, &["--as", "admin"]].concat())
}

/// R2, R3 and R4.
fn assert_force(place: &Place) {
    place.run(&["militia", "import", &press("militia-bases.csv"), "--as", "admin"]);
    let without = report(place, &["force"]);
    assert_eq!(total(&without, "population", &[]), (12_787, None, None));
    let missing = without["missing"].as_str().expect("what is missing");
    assert!(missing.contains("35 of 45 communes") && missing.contains("unit import"), "{missing}");
    let province = "code,name,echelon,kind,parent_code,parent_basis,area_km2,population\n\
        11,Bộ Chỉ huy quân sự tỉnh Điện Biên,province,provincial_command,,sourced,,673000\n";
    let province = write(place, "province.csv", province);
    place.run(&["unit", "import", &province, "--as", "admin"]);
    place.run(&["militia", "import", &press("militia-bases.csv"), "--as", "admin"]);
    let force = report(place, &["force", "--by", "area"]);
    assert_eq!(total(&force, "bases", &["COMMUNE_MILITIA"]), share(45, 130, "34.6"));
    assert_eq!(total(&force, "bases", &["AGENCY_SELF_DEFENSE"]), share(85, 130, "65.4"));
    assert_eq!(total(&force, "population", &[]), share(12_787, 673_000, "1.9"));
    assert_eq!(total(&force, "party", &[]), share(2_021, 12_787, "15.8"));
}

/// R7, R9, R10, R12, R13 and R14.
fn assert_activities(place: &Place) {
    place.run(&["activity", "import", &press("activities.csv"), "--as", "admin"]);
    let training = report(place, &["training", "--from-year", "2025", "--to-year", "2025"]);
    let officers = total(&training, "classes", &["MILITIA_OFFICERS", "2025"]);
    assert_eq!(officers, (39, None, None), "R10");
    let officials = total(&training, "participants", &["OFFICIALS", "2025"]);
    assert_eq!(officials, (2_342, None, None), "R7");
    assert_eq!(total(&training, "students", &["2025"]), (7_531, None, None), "R7");
    let figures = training["figures"].as_array().expect("figures").iter();
    let people = figures.filter(|at| at["name"] == "participants");
    assert_eq!(people.count(), 1, "how many officers were trained is said nowhere");
    let count = ["activity", "count", "--by", "audience", "--filter", "kind = TRAINING_CLASS"];
    let counted = place.run(&[&count[..], &["--as", "admin"]].concat());
    let rows = counted["rows"].as_array().expect("rows");
    let officers = rows.iter().find(|row| row["audience"] == "MILITIA_OFFICERS");
    assert_eq!(officers.map(|row| &row["count"]), Some(&json!(39)), "{counted}");
    let (meets, rated, percent) = total(&training, "meets", &["2025"]);
    assert_eq!((Some(meets), percent.as_deref()), (rated, Some("100.0 %")));
    let (good, all, percent) = total(&training, "good", &["2025"]);
    assert_eq!(all, rated);
    assert!(good * 100 > 83 * meets && percent.is_some_and(|text| text.starts_with("83.")));

    let exercises = report(place, &["exercises", "--from-year", "2021", "--to-year", "2024"]);
    assert_eq!(total(&exercises, "held", &["ZONE_EXERCISE", "2024"]).0, 3);
    assert_eq!(total(&exercises, "held", &["COMBAT_EXERCISE", "2024"]).0, 30);
    let figures = exercises["figures"].as_array().expect("figures");
    let rated = |year: &str, by: Option<&str>| -> u64 {
        let is_it = |at: &&Value| {
            let group = &at["group"];
            at["name"] == "rated"
                && group[0] == "ZONE_EXERCISE"
                && group[1] == year
                && group[2] == "EXCELLENT"
                && by.is_none_or(|by| group[3] == by)
        };
        figures.iter().filter(is_it).filter_map(|at| at["numerator"].as_u64()).sum()
    };
    assert_eq!(rated("2024", None), 3, "top rating, all three");
    assert_eq!(rated("2021", Some("Quân khu 2")), 1);

    let disasters = report(place, &["disasters", "--from-year", "2020", "--to-year", "2025"]);
    let sum = |name: &str| -> u64 {
        let figures = disasters["figures"].as_array().expect("figures").iter();
        figures.filter(|at| at["name"] == name).filter_map(|at| at["numerator"].as_u64()).sum()
    };
    assert_eq!((sum("persons"), sum("vehicles")), (22_750, 810));
    assert_eq!(total(&disasters, "persons_total", &[]), (22_750, None, None));
    for topic in ["force", "training", "exercises", "disasters", "industry", "reserve"] {
        let old = report(place, &[topic, "--map", "old", "--by", "area"]);
        for figure in old["figures"].as_array().expect("figures") {
            let code = figure["unit_code"].as_str().expect("a code");
            assert!(!code.starts_with("KV"), "{topic}: {figure}");
        }
    }
}

/// R6, and what else the reserve is counted by.
fn assert_reserve(place: &Place) {
    let reserve = report(place, &["reserve"]);
    assert_eq!(total(&reserve, "registered", &[]), share(1_000, 1_000, "100.0"));
    assert_eq!(total(&reserve, "party", &[]), share(102, 1_000, "10.2"));
    assert_eq!(total(&reserve, "party_unknown", &[]), share(0, 1_000, "0.0"));
    let late = ["reservist", "count", "--filter", "late = MOVE_IN", "--as", "admin"];
    assert_eq!(place.run(&late)["total"], 7, "those of the report, by name");
    assert_eq!(total(&reserve, "class", &["1"]), share(1_000, 1_000, "100.0"));
    assert_eq!(total(&reserve, "recheck", &[]), share(0, 1_000, "0.0"));
    assert_eq!(total(&reserve, "overdue", &["RECHECK"]), share(1_000, 1_000, "100.0"));
    assert_eq!(total(&reserve, "late", &["MOVE_IN"]), share(7, 1_000, "0.7"));
    assert_eq!(total(&reserve, "militia", &[]), share(12, 1_000, "1.2"));
    let old = report(place, &["reserve", "--map", "old", "--by", "unit"]);
    assert_eq!(total(&old, "registered", &[]), share(1_000, 1_000, "100.0"));
    let figures = old["figures"].as_array().expect("figures").iter();
    let mut before =
        figures.filter(|at| at["name"] == "registered" && at["unit_name"] == "Xã Nậm Vì");
    let before = before.next().expect("the former commune");
    assert_eq!((&before["numerator"], &before["denominator"]), (&json!(30), &json!(30)));
    assert_ne!(before["unit_code"], "", "it is a unit that was");
    let equipment = report(place, &["equipment"]);
    assert_eq!(total(&equipment, "type", &["PT01"]), share(2, 2, "100.0"));
}

/// R5: people and equipment apart, exact and near apart.
fn assert_fill(place: &Place) {
    let plan = write(place, "plan.csv", PLAN);
    place.run(&["plan", "import", &plan, "--as", "admin"]);
    let proposal = place.run(&["plan", "propose", "--as", "admin"]);
    let id = proposal["proposal"].as_str().expect("an id");
    place.run(&["plan", "confirm", id, "--as", "admin"]);
    let fill = report(place, &["fill"]);
    assert_eq!(total(&fill, "filled", &["people"]), share(4, 4, "100.0"));
    assert_eq!(total(&fill, "exact", &["people"]), share(3, 4, "75.0"));
    assert_eq!(total(&fill, "near", &["people"]), share(1, 4, "25.0"));
    assert_eq!(total(&fill, "filled", &["equipment"]), share(1, 1, "100.0"));
    // What a commune gives is measured by its own quota, and by nobody else's.
    let one = report(place, &["fill", "--unit", "03160"]);
    assert_eq!(total(&one, "filled", &["people"]), share(4, 5, "80.0"));
    assert_eq!(total(&one, "exact", &["people"]), share(3, 5, "60.0"));
    assert_eq!(total(&one, "near", &["people"]), share(1, 5, "20.0"));
    assert_eq!(total(&one, "invalid", &["people"]), share(0, 4, "0.0"));
    assert_eq!(total(&one, "filled", &["equipment"]), share(1, 1, "100.0"));
    let other = report(place, &["fill", "--unit", "03349", "--by", "commune"]);
    assert_eq!(total(&other, "filled", &["people"]), share(0, 2, "0.0"));
    let communes = other["figures"].as_array().expect("figures").iter();
    let mut named = communes.filter(|at| at["unit_code"] != "").peekable();
    assert!(named.peek().is_some() && named.all(|at| at["unit_code"] == "03349"), "{other}");
    let nowhere = place.try_run(&["report", "fill", "--unit", "99999", "--as", "admin"]);
    assert!(nowhere.expect_err("no such unit").contains("unit_code"));
    let before = report(place, &["fill", "--on", "2020-01-01"]);
    assert_eq!(total(&before, "filled", &["people"]), (0, Some(0), None));
}

/// R1 and R11.
fn assert_units(place: &Place) {
    let units = report(place, &["units", "--from", "2025-07-01", "--to", "2025-12-31"]);
    let kinds = units["by_kind"].as_array().expect("kinds");
    let kind = |name: &str| kinds.iter().find(|at| at["kind"] == name).expect("the kind");
    let districts = kind("district_command");
    assert_eq!((&districts["before"], &districts["closed"]), (&json!(10), &json!(10)));
    assert_eq!(kind("defensive_area_command")["opened"], 4);
    let opened = units["opened"].as_array().expect("units");
    let commune = opened.iter().find(|at| at["name"] == "Xã Thanh Yên").expect("it began");
    assert_eq!(commune["parent_code"], "KV3");
}

/// Single records are changed in the words of the lists, and erased.
fn assert_edits(place: &Place) {
    let listed = place.run(&["reservist", "list", "--limit", "1", "--as", "admin"]);
    let id = listed["reservists"][0]["reservist_id"].as_str().expect("an id").to_owned();
    let update = |more: &[&str]| {
        let words = [&["reservist", "update", &id], more, &["--as", "admin"]].concat();
        place.try_run(&words)
    };
    let set = ["--set", "hamlet=Bản Mới", "--set", "party_member=không"];
    let dry = update(&[&set[..], &["--dry-run"]].concat()).expect("told");
    assert_eq!((&dry["stored"], &dry["version"]), (&json!(false), &json!(1)), "{dry}");
    let done = update(&set).expect("changed");
    assert_eq!((&done["stored"], &done["version"]), (&json!(true), &json!(2)), "{done}");
    assert_eq!(done["changes"], dry["changes"]);
    assert_eq!(done["changes"][0]["field"], "hamlet");
    assert_eq!(done["changes"][0]["new"], "Bản Mới");
    let again = update(&set).expect("so already");
    assert_eq!((&again["stored"], &again["changes"]), (&json!(false), &json!([])), "{again}");
    let shown = place.run(&["reservist", "show", &id, "--as", "admin"]);
    assert_eq!((&shown["hamlet"], &shown["source"]), (&json!("Bản Mới"), &json!("entered")));
    for (words, told) in [
        (&["--set", "hamlet=X", "--version", "1"][..], "at version 2, not 1"),
        (&["--set", "colour=red"], "the fields are full_name"),
        (&["--set", "hamlet"], "FIELD=VALUE"),
        (&["--set", "health_class=9"], "health_class: HEALTH_CLASS_INVALID"),
    ] {
        let refused = update(words).expect_err(told);
        assert!(refused.contains(told), "{refused}");
    }
    let equipment = place.run(&["equipment", "list", "--limit", "1", "--as", "admin"]);
    let id = equipment["equipment"][0]["equipment_id"].as_str().expect("an id");
    let set = ["--set", "drivers=011088085221", "--set", "licence_class=C", "--as", "admin"];
    place.run(&[&["equipment", "update", id], &set[..]].concat());
    let shown = place.run(&["equipment", "show", id, "--as", "admin"]);
    assert_eq!(shown["drivers"][0]["licence_class"], "C", "{shown}");
    for (kind, list, id, set) in [
        ("militia", "militia_bases", "militia_base_id", "note=Đã xem"),
        ("activity", "activities", "activity_id", "note=Đã xem"),
    ] {
        let listed = place.run(&[kind, "list", "--limit", "1", "--as", "admin"]);
        let id = listed[list][0][id].as_str().expect("an id").to_owned();
        let done = place.run(&[kind, "update", &id, "--set", set, "--as", "admin"]);
        assert_eq!(done["changes"][0]["field"], "note", "{done}");
        place.run(&[kind, "erase", &id, "--reason", "Nhập nhầm", "--yes", "--as", "admin"]);
        let gone = place.try_run(&[kind, "show", &id, "--as", "admin"]);
        assert!(gone.expect_err("erased").contains("no record"), "{kind}");
    }
}

/// What was exported whole is imported again and changes nothing; out of a spreadsheet and a text.
fn assert_whole_exports_come_in_again(place: &Place) {
    place.run(&["enterprise", "import", &write(place, "works.csv", WORKS), "--as", "admin"]);
    for kind in ["reservist", "equipment", "militia", "enterprise", "activity"] {
        let rows = place.run(&[kind, "list", "--limit", "0", "--as", "admin"])["total"].clone();
        assert!(rows.as_u64() > Some(1), "{kind}: {rows}");
        for ending in ["xlsx", "csv"] {
            let file = format!("{kind}-again.{ending}");
            place.run(&[kind, "list", "--whole", "--export", &file, "--as", "admin"]);
            let back = place.run(&[kind, "import", &file, "--as", "admin"]);
            let counts = [&back["rows"], &back["unchanged"], &back["rejected"]];
            assert_eq!(counts, [&rows, &rows, &json!({})], "{file}: {back}");
        }
    }
    for ending in ["xlsx", "csv"] {
        let file = format!("specialties.{ending}");
        place.run(&["specialty", "list", "--export", &file, "--as", "admin"]);
        let back = place.run(&["specialty", "import", &file, "--as", "admin"]);
        assert_eq!((&back["updated"], &back["removed"]), (&json!(0), &json!(0)), "{back}");
        assert_eq!((&back["accepted"], &back["rejected"]), (&back["rows"], &json!({})), "{back}");
        let file = format!("reserve-unit.{ending}");
        place.run(&["plan", "show", "DB-C1", "--export", &file, "--as", "admin"]);
        let back = place.run(&["plan", "import", &file, "--as", "admin"]);
        assert_eq!(back["reserve_units"][0]["state"], "unchanged", "{back}");
    }
}

/// Whoever opens a file in a spreadsheet program never saw the words of this one.
fn assert_no_words_of_the_program(text: &str, file: &str) {
    const WORDS: [&str; 26] = [
        "people",
        "equipment",
        "all",
        "filled",
        "filled one by one",
        "exact, class 1",
        "near, class 1",
        "without a place",
        "open",
        "waiting",
        "active",
        "ended",
        "commune",
        "ward",
        "area",
        "defensive_area_command",
        "sourced",
        "assumed",
        "weak",
        "state",
        "ACTIVE",
        "COMMUNE_MILITIA",
        "OTHER_SPECIALTY",
        "records_read",
        "order_issued",
        "-",
    ];
    for cell in text.lines().flat_map(|line| line.split(',')) {
        let cell = cell.trim_matches(['"', '\'']);
        assert!(!WORDS.contains(&cell), "{cell} in {file}: {text:.600}");
        let is_time = cell.len() > 11 && cell.is_char_boundary(11) && cell[..11].ends_with('T');
        assert!(!(is_time && cell.starts_with("20")), "{cell} in {file}");
    }
}

fn assert_exports(place: &Place) {
    let listed = place.run(&["reservist", "list", "--export", "people.xlsx", "--as", "admin"]);
    assert_eq!((&listed["total"], &listed["rows"]), (&json!(1_000), &json!(1_000)), "{listed}");
    let mend = ["reservist", "import", "people.xlsx", "--refused", "people.xlsx", "--force"];
    let lost = place.try_run(&[&mend[..], &["--as", "admin"]].concat()).expect_err("refused");
    assert!(lost.contains("the roster itself"), "{lost}");
    let again = place.try_run(&["reservist", "list", "--export", "people.xlsx", "--as", "admin"]);
    assert!(again.expect_err("no file is replaced").contains("is there already"));
    let denied = place.try_run(&["reservist", "list", "--whole", "--as", "clerk"]);
    assert!(denied.expect_err("a drafter").contains("whole records are for registrars"));
    let whole = ["reservist", "list", "--whole", "--export", "whole.csv", "--as", "admin"];
    assert_eq!(place.run(&whole)["rows"], 1_000);
    let text = std::fs::read_to_string(place.path("whole.csv")).expect("a file");
    assert!(text.contains(",0398123456,"), "as it is dialled: {}", &text[..600]);
    assert!(text.contains(",011200000999,"), "the number, with its zero");
    let masked = ["reservist", "list", "--export", "masked.csv", "--as", "clerk"];
    assert_eq!(place.run(&masked)["rows"], 1_000);
    let text = std::fs::read_to_string(place.path("masked.csv")).expect("a file");
    assert!(!text.contains("011200000999") && !text.contains("Lò Văn An"));
    let back = place.run(&["reservist", "import", "whole.csv", "--as", "admin"]);
    assert_eq!((&back["accepted"], &back["unchanged"]), (&json!(1_000), &json!(1_000)), "{back}");
    assert_whole_exports_come_in_again(place);
    for words in [
        &["unit", "list"][..],
        &["unit", "history", "KV3"],
        &["militia", "list"],
        &["specialty", "list"],
        &["plan", "propose"],
        &["reservist", "count", "--by", "unit,status,rank"],
        &["equipment", "count", "--by", "status,equipment_class"],
        &["ledger", "list"],
        &["officer", "list"],
        &["endpoint", "list"],
        &["report", "units"],
        &["plan", "list"],
        &["plan", "fill"],
        &["plan", "assignments"],
        &["plan", "waiting"],
        &["report", "force"],
        &["report", "fill"],
    ] {
        let file = format!("{}.csv", words.join("-"));
        place.run(&[words, &["--export", &file, "--as", "admin"]].concat());
        let text = std::fs::read_to_string(place.path(&file)).expect("a file");
        assert!(text.starts_with('\u{feff}'), "{words:?}");
        assert_no_words_of_the_program(&text, &file);
    }
}

#[test]
fn the_figures_of_the_press_come_out_of_the_records() {
    let place = Place::found(&[]);
    let _server = place.serve();
    place.enter_staff(&["03160/military"]);
    let roster = write(&place, "people.csv", &people());
    let fed = place.run(&["reservist", "import", &roster, "--as", "admin"]);
    assert_eq!(fed["created"], PEOPLE, "{fed}");
    let vehicles = write(&place, "vehicles.csv", VEHICLES);
    let fed = place.run(&["equipment", "import", &vehicles, "--as", "admin"]);
    assert_eq!(fed["created"], 2, "{fed}");
    assert_force(&place);
    assert_activities(&place);
    assert_reserve(&place);
    assert_fill(&place);
    assert_units(&place);
    assert_exports(&place);
    assert_edits(&place);
}

#[test]
fn a_list_of_units_rewrites_none_and_what_it_changes_with_a_day_is_taken_back() {
    let place = Place::found(&[]);
    let _server = place.serve();
    let units = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sim/data/units.csv");
    let first = place.run(&["unit", "import", units, "--as", "admin"]);
    assert_eq!((&first["former"], &first["rejected"]), (&json!(139), &json!({})));
    place.run(&["endpoint", "add", "--all-communes", "--as", "admin"]);
    for name in ["units.xlsx", "units.csv"] {
        let closed = ["unit", "list", "--closed", "--export", name, "--as", "admin"];
        let all = place.run(&closed).as_array().expect("a list").len();
        let again = place.run(&["unit", "import", name, "--as", "admin"]);
        assert_eq!((&again["unchanged"], &again["updated"]), (&json!(all), &json!(0)), "{again}");
    }
    assert_rewrites_none(&place);
    assert_goes_back(&place);
    assert_whole_ledger_goes_out(&place);
}

/// Another name and parent are refused; with a day they are a renaming and a move, each taken back.
fn assert_rewrites_none(place: &Place) {
    let shown = |code: &str| place.run(&["unit", "show", code, "--as", "admin"]);
    let before = shown("03160");
    let text = "Mã;Tên;Trực thuộc;Căn cứ;Dân số\n3160;Xã Đổi Tên;KV2;Có văn bản;25000\n";
    let list = write(place, "changed.csv", text);
    let refused =
        place.run(&["unit", "import", &list, "--refused", "to-mend.xlsx", "--as", "admin"]);
    let why = refused["rejected"]["2"].as_str().expect("a reason");
    assert!(why.contains("unit rename 03160"), "{refused}");
    assert_eq!((shown("03160"), &refused["codes_restored"]), (before.clone(), &json!(1)));
    assert_eq!((&refused["rows"], &refused["accepted"]), (&json!(1), &json!(0)));
    assert_eq!(refused["warnings"], json!({}), "of accepted rows");
    // What was refused comes back and says the same; a mapping file says otherwise.
    let mapping =
        write(place, "mend.toml", "[columns]\nB = \"ignore\"\nC = \"ignore\"\nD = \"ignore\"\n");
    let mend = ["unit", "import", "to-mend.xlsx", "--dry-run", "--as", "admin"];
    assert_eq!(place.run(&mend)["rejected"], refused["rejected"]);
    let mended = place.run(&[&mend[..], &["--mapping", &mapping, "--sheet", "sheet1"]].concat());
    assert_eq!((&mended["rejected"], &mended["updated"]), (&json!({}), &json!(1)), "{mended}");
    assert_eq!(mended["warnings"], json!({ "UNIT_ZERO_RESTORED": 1 }));
    assert_eq!(mended["ignored_columns"], json!([]), "as the mapping says");

    let dated =
        ["unit", "import", &list, "--on", "2026-01-05", "--document", "NQ 1", "--as", "admin"];
    let would = place.run(&[&dated[..], &["--dry-run"]].concat());
    let kinds: Vec<_> =
        would["changes"].as_array().expect("two").iter().map(|own| &own["change"]).collect();
    assert_eq!(kinds, ["rename", "move"]);
    assert!(place.try_run(&dated).expect_err("nobody said yes").contains("nothing was stored"));
    assert_eq!(shown("03160"), before, "only shown");
    let done = place.run(&[&dated[..], &["--yes"]].concat());
    assert_eq!(
        (&shown("03160")["name"], &shown("03160")["population"]),
        (&json!("Xã Đổi Tên"), &json!(25_000))
    );
    let history = place.run(&["unit", "history", "03160", "--as", "admin"]);
    let entries: Vec<u64> = history["changes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|own| own["ledger_index"].as_u64().expect("a number"))
        .collect();
    assert_eq!(done["changes"][1]["ledger_index"], json!(entries[1]));
    for entry in entries.iter().rev().map(u64::to_string) {
        place.run(&["unit", "undo", &entry, "--document", "nhầm", "--as", "admin"]);
    }
    let after = shown("03160");
    assert_eq!((&after["name"], &after["parent_code"]), (&before["name"], &before["parent_code"]));
    assert_eq!(after["population"], json!(25_000), "a fact has no day");
}

/// What was entered under a unit that was merged since is found again under either, and stays.
fn assert_merged_lists_come_in_again(place: &Place) {
    let lists = [
        (
            "equipment",
            "Loại phương tiện;Biển số;Chủ phương tiện;Xã, phường\nPT01;27A-55555;Ông An;",
        ),
        ("militia", "STT;Tên cơ sở;Quân số;Xã, phường\n1;Dân quân xã Nậm Kè;20;"),
        ("enterprise", "Mã số thuế;Tên doanh nghiệp;Xã, phường\n5600123457;Xưởng Gạch;"),
    ];
    for (kind, text) in lists {
        let then = write(place, &format!("then-{kind}.csv"), &format!("{text}Xã Nậm Kè\n"));
        let made = place.run(&[kind, "import", &then, "--as-of", "2026-01-04", "--as", "admin"]);
        assert_eq!(made["created"], 1, "{kind}: {made}");
        let now = write(place, &format!("now-{kind}.csv"), &format!("{text}03162\n"));
        for (list, more) in [(&then, &["--as-of", "2026-01-04"][..]), (&now, &[])] {
            let again = place.run(&[&[kind, "import", list], more, &["--as", "admin"]].concat());
            assert_eq!(again["unchanged"], 1, "{kind}: {again}");
        }
    }
}

/// A split is in the history of what was split; who was entered by the old name of a merged unit goes
/// back with it.
fn assert_goes_back(place: &Place) {
    let part = "03161=Xã Tách Ra";
    let split = [
        "unit",
        "split",
        "03160",
        "--part",
        part,
        "--effective",
        "2026-01-05",
        "--document",
        "NQ 2",
    ];
    let split = place.run(&[&split[..], &["--as", "admin"]].concat());
    let history = place.run(&["unit", "history", "03160", "--as", "admin"]);
    let last = history["changes"].as_array().expect("a list").last().cloned().expect("the split");
    assert_eq!((&last["change"], &last["ledger_index"]), (&json!("split"), &split["ledger_index"]));

    let merge = [
        "unit",
        "merge",
        "03162",
        "--into",
        "03160",
        "--effective",
        "2026-01-05",
        "--document",
        "NQ 3",
    ];
    let merged = place.run(&[&merge[..], &["--as", "admin"]].concat());
    let people = "Họ và tên;Ngày sinh;Giới tính;Số CCCD;Hạng dự bị;Xã, phường\n\
        Lò Văn An;01/01/2000;Nam;011200000001;1;Xã Nậm Kè\n";
    let people = write(place, "old.csv", people);
    let import = ["reservist", "import", &people, "--as-of", "2026-01-04", "--as", "admin"];
    for created in [1, 0] {
        assert_eq!(place.run(&import)["created"], json!(created));
    }
    assert_merged_lists_come_in_again(place);
    let count = |unit: &str| {
        let filter = format!("unit = {unit}");
        let listed = place.run(&["reservist", "list", "--filter", &filter, "--as", "admin"]);
        listed["reservists"].as_array().expect("a list").len()
    };
    assert_eq!(count("03160"), 1, "it counts where the unit went");
    let entry = merged["ledger_index"].to_string();
    let undo = ["unit", "undo", &entry, "--document", "nhầm", "--as", "admin"];
    let would = place.run(&[&undo[..], &["--dry-run"]].concat());
    let impacts = would["impacts"].as_array().expect("a list");
    let own = impacts.iter().find(|own| own["unit_code"] == "03162").expect("it lives again");
    assert_eq!(
        own["records"],
        json!({ "reservist": 1, "equipment": 1, "militia_base": 1, "enterprise": 1 }),
        "{would}"
    );
    place.run(&undo);
    assert_eq!((count("03160"), count("03162")), (0, 1));
}

/// All entries go into the file, the newest of them on the screen.
fn assert_whole_ledger_goes_out(place: &Place) {
    let listed = place.run(&["ledger", "list", "--export", "ledger.csv", "--as", "admin"]);
    assert_eq!(listed.as_array().expect("a list").len(), 50);
    let size = place.run(&["ledger", "head", "--as", "admin"])["size"].as_u64().expect("a size");
    let file = std::fs::read_to_string(place.path("ledger.csv")).expect("a file");
    assert!(size > 90, "{size}");
    assert_eq!(file.lines().count() as u64, size + 1);
}
