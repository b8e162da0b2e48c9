//! The plan as staff keep it: lists and a plan come in, a proposal is confirmed, places change hands,
//! and the fill is asked for; against the real program on loopback.

#[path = "support/program.rs"]
#[expect(dead_code, reason = "terminals and orders are other tests' business")]
mod program;

use program::Place;
use serde_json::{Value, json};

const PEOPLE: &str = "\
Họ và tên;Ngày sinh;Giới tính;Số CCCD;Cấp bậc;CNQS;Hạng dự bị;Xã, phường;Sức khỏe\n\
Lò Văn An;01/01/2000;Nam;011200000001;Binh nhì;CN01;1;03160;2\n\
Lò Văn Bình;01/01/2004;Nam;011204000002;Trung sĩ;CN01;1;03160;2\n\
Lò Văn Cường;01/01/2001;Nam;011201000003;Binh nhì;CN02;1;03160;2\n\
Lò Văn Dũng;01/01/1960;Nam;011060000004;Binh nhì;CN01;1;03160;2\n\
Lò Văn Em;01/01/2003;Nam;011203000005;Binh nhì;CN01;2;03160;2\n\
Lò Văn Giang;01/01/2002;Nam;011202000006;Binh nhì;CN03;1;03160;2\n";

const PLAN: &str = "\
Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;CNQS;Gần đúng;Cấp bậc từ;Số lượng;Loại phương tiện\n\
DB-C1;Đại đội 1;03160;CN01;CN02;;2;\n\
;;;CN01;;Trung sĩ;1;\n\
;;;;;;1;PT01\n";

const SECOND: &str = "\
Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;CNQS;Số lượng\n\
DB-C2;Đại đội 2;03160;CN03;1\n";

fn write(place: &Place, name: &str, text: &str) -> String {
    let path = place.path(name);
    std::fs::write(&path, text).expect("writable");
    path.to_str().expect("a path in UTF-8").to_owned()
}

fn people(fill: &Value) -> (u64, u64, u64, u64) {
    let side = &fill["total"]["people"];
    let count = |name: &str| side[name].as_u64().expect("a count");
    (count("filled"), count("needed"), count("exact"), count("near"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().expect("a text")
}

/// One leaves, one who waited takes the place; what may not be is refused.
fn keep_up(place: &Place) {
    let list = place.run(&["plan", "assignments", "--as", "admin"]);
    let of_post = |list: &Value, post: u64| -> Vec<Value> {
        let all = list.as_array().expect("a list").iter();
        all.filter(|at| at["post"] == post).cloned().collect()
    };
    let first = of_post(&list, 1);
    assert_eq!(first.len(), 2);
    let driver =
        place.run(&["reservist", "list", "--filter", "specialty = \"CN02\"", "--as", "admin"]);
    let driver = text(&driver["reservists"][0], "reservist_id").to_owned();
    let to_first = ["--unit", "DB-C1", "--post", "1", "--as", "admin"];
    let full = place.try_run(&[&["plan", "assign", &driver], &to_first[..]].concat());
    assert!(full.expect_err("it is full").contains("POST_FULL"));
    place.run(&[&["plan", "assign", &driver, "--waiting"], &to_first[..]].concat());
    let twice =
        place.try_run(&[&["plan", "assign", text(&first[0], "subject")], &to_first[..]].concat());
    assert!(twice.expect_err("one active assignment").contains("ASSIGNED"));
    let ending = ["--reason", "gone", "--as", "admin"];
    let early = ["--on", "2020-01-01"];
    let end = ["plan", "end", text(&first[0], "id")];
    let refused = place.try_run(&[&end, &ending[..], &early].concat());
    assert!(refused.expect_err("it began later").contains("ASSIGNMENT_STATE"));
    place.run(&[&end, &ending[..]].concat());
    let promoted = place.run(&[&["plan", "waiting", "--promote"], &to_first[..]].concat());
    assert_eq!(text(&promoted["promoted"][0], "subject"), driver, "{promoted}");
    let waiting = place.run(&["plan", "waiting", "--as", "admin"]);
    assert_eq!(waiting, json!([]));
    // The place is free from tomorrow on; whoever got it by mistake never held it.
    let end = ["plan", "end", text(&promoted["promoted"][0], "id"), "--reason", "mistake"];
    let ended = place.run(&[&end[..], &["--as", "admin"]].concat());
    assert_eq!((&ended[0]["stage"], &ended[0]["to"]), (&json!("taken back"), &Value::Null));
    let file = ["plan", "assignments", "--export", "kept-up.csv", "--as", "admin"];
    place.run(&file);
    let file = std::fs::read_to_string(place.path("kept-up.csv")).expect("a file");
    assert!(file.contains(",Hủy trước khi bắt đầu,") && !file.contains("'-"), "{file}");
}

/// Whoever is to confirm it reads who comes where, and who is left out and why.
fn read_the_proposal(place: &Place) {
    let propose =
        |more: &[&str]| place.run(&[&["plan", "propose"], more, &["--as", "admin"]].concat());
    let plain = propose(&[]);
    let list = |of: &Value, name: &str| of[name].as_array().expect("a list").clone();
    let placed = list(&plain, "placed");
    assert_eq!(placed.len(), 3, "{plain}");
    for at in &placed {
        assert_eq!((&at["unit"], &at["commune"]), (&json!("DB-C1"), &json!("03160")), "{at}");
        assert!(text(at, "subject").len() == 36 && at.get("name").is_none(), "{at}");
    }
    let reasons = |of: &Value| -> Vec<Value> {
        list(of, "left_out").iter().map(|at| at["reason"].clone()).collect()
    };
    assert_eq!(reasons(&plain), ["OVER_AGE", "POSTS_FULL"]);
    assert_eq!(reasons(&propose(&["--reason", "OVER_AGE"])), ["OVER_AGE"]);
    let one = propose(&["--limit", "1"]);
    assert_eq!((list(&one, "placed").len(), reasons(&one).len()), (1, 1));
    let files = ["--export", "placed.csv", "--left-out", "left.xlsx", "--counts", "counts.csv"];
    let named = propose(&[&["--names", "--limit", "2"][..], &files].concat());
    let of_post = |post: u64| {
        let all = list(&named, "placed");
        all.into_iter().filter(|at| at["post"] == post).collect::<Vec<_>>()
    };
    assert!(of_post(1).iter().all(|at| text(at, "name").starts_with("Lò Văn ")), "{named}");
    let file = std::fs::read_to_string(place.path("placed.csv")).expect("a file");
    assert_eq!(file.lines().count(), 4, "a header and all three, however many are shown: {file}");
    for part in ["Đối tượng,Tên,\"Xã, phường\"", ",Lò Văn Bình,", "\"Đúng, hạng 2\""]
    {
        assert!(file.contains(part), "{part} is not in {file}");
    }
    assert!(place.path("left.xlsx").exists() && place.path("counts.csv").exists());
    let shown = place.command().args(["plan", "propose", "--names", "--as", "admin"]).output();
    let shown = String::from_utf8(shown.expect("it runs").stdout).expect("text");
    for part in
        ["placed:", "Lò Văn Bình", "left out:", "Lò Văn Dũng", "OVER_AGE", "confirm it with"]
    {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
}

/// A plan that changes keeps what it was for the days before.
fn establish_anew(place: &Place) {
    let plan = |from: &str, count: u32| {
        format!(
            "Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;CNQS;Số lượng;Hiệu lực từ\n\
             DB-C3;Đại đội 3;03160;CN05;{count};{from}\n"
        )
    };
    let import = |name: &str, text: &str| {
        let file = write(place, name, text);
        place.try_run(&["plan", "import", &file, "--as", "admin"])
    };
    let needed_on = |day: &str| {
        let fill = place.run(&["plan", "fill", "--unit", "DB-C3", "--on", day, "--as", "admin"]);
        people(&fill).1
    };
    import("third.csv", &plan("01/01/2026", 5)).expect("a plan");
    import("amended.csv", &plan("2026-06-01", 3)).expect("a later one");
    let again = import("again.csv", &plan("", 3)).expect("the same");
    assert_eq!(again["reserve_units"][0]["state"], "unchanged", "{again}");
    let days = ["2025-12-31", "2026-01-01", "2026-05-31", "2026-06-01", "2027-01-01"];
    assert_eq!(days.map(needed_on), [0, 5, 5, 3, 3]);
    let before = import("before.csv", &plan("2026-03-01", 4)).expect_err("the past has a plan");
    assert!(before.contains("FORMER_OVERLAPS") && before.contains("row 2"), "{before}");
    // In force since its first day: it is followed, and not rewritten, unless it was wrong.
    let rewritten = import("rewritten.csv", &plan("01/06/2026", 9)).expect_err("in force");
    assert!(rewritten.contains("row 2: Hiệu lực từ: PAST_REWRITTEN"), "{rewritten}");
    assert_eq!(days.map(needed_on), [0, 5, 5, 3, 3]);
}

/// What was proposed of a record that changed since is not confirmed.
fn refuse_the_stale(place: &Place) {
    let second = write(place, "second.csv", SECOND);
    place.run(&["plan", "import", &second, "--as", "admin"]);
    let proposal = place.run(&["plan", "propose", "--unit", "DB-C2", "--as", "admin"]);
    let changed = write(place, "people.csv", &PEOPLE.replace("CN03;1;", "CN03;2;"));
    let report = place.run(&["reservist", "import", &changed, "--as", "admin"]);
    assert_eq!(report["updated"], 1, "{report}");
    let stale = place.try_run(&["plan", "confirm", text(&proposal, "proposal"), "--as", "admin"]);
    assert!(stale.expect_err("it is stale").contains("propose again"));
    let proposal = place.run(&["plan", "propose", "--unit", "DB-C2", "--as", "admin"]);
    place.run(&["plan", "confirm", text(&proposal, "proposal"), "--as", "admin"]);
}

const FIVE_PLAN: &str = "\
Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;CNQS;Gần đúng;Số lượng\n\
DB-C5;Đại đội 5;03160;CN05;CN06;2\n";

const FIVE: &str = "\
Họ và tên;Ngày sinh;Giới tính;Số CCCD;Cấp bậc;CNQS;Hạng dự bị;Xã, phường;Sức khỏe\n\
Lò Văn Hải;01/01/2000;Nam;011200000011;Binh nhì;CN05;1;03160;2\n\
Lò Văn Khánh;01/01/2001;Nam;011201000012;Binh nhì;CN05;1;03160;2\n";

/// Two people of one trade, and a reserve unit with two places for them.
fn two_for_two_places(place: &Place) {
    for (kind, name, text) in
        [("plan", "five.csv", FIVE_PLAN), ("reservist", "five-people.csv", FIVE)]
    {
        let file = write(place, name, text);
        place.run(&[kind, "import", &file, "--as", "admin"]);
    }
}

/// Holders are what they are on the day, whatever they were assigned as: in the fill, in an import of
/// another establishment, and when the plan is called.
fn judge_holders_anew(place: &Place) {
    let import = |name: &str, text: &str, more: &[&str]| {
        let file = write(place, name, text);
        place.run(&[&["plan", "import", &file, "--as", "admin"], more].concat())
    };
    let keep = |name: &str, text: &str| {
        let file = write(place, name, text);
        place.run(&["reservist", "import", &file, "--as", "admin"])
    };
    let fill = || place.run(&["plan", "fill", "--unit", "DB-C5", "--as", "admin"]);
    two_for_two_places(place);
    let proposal = place.run(&["plan", "propose", "--unit", "DB-C5", "--as", "admin"]);
    place.run(&["plan", "confirm", text(&proposal, "proposal"), "--as", "admin"]);
    assert_eq!(people(&fill()), (2, 2, 2, 0));

    let to_near = FIVE.replacen("CN05;1;", "CN06;1;", 1);
    keep("five-near.csv", &to_near);
    assert_eq!(people(&fill()), (2, 2, 1, 1), "one is near now");
    let lines = |fill: &Value| {
        let line = &fill["lines"][0];
        (line["exact"].clone(), line["near"].clone(), line["refused"].clone())
    };
    let call = || {
        let preview = ["order", "call-up", "preview", "--to", "03160", "--call-up", "plan:DB-C5"];
        place.run(&[&preview[..], &["--as", "clerk"]].concat())
    };
    assert_eq!(lines(&call()), (json!(1), json!(1), json!({})));
    let slip = ["order", "call-up", "preview", "--to", "03160", "--call-up", "plan:DB-C55"];
    let told = place.try_run(&[&slip[..], &["--as", "clerk"]].concat()).expect_err("no such unit");
    assert!(told.contains("did you mean DB-C5, DB-C1 or DB-C2? see `hoatoc plan list`"), "{told}");
    // The other learns a trade that is neither, and the establishment shrinks.
    keep("five-other.csv", &to_near.replace("CN05;1;", "CN01;1;"));
    let now = fill();
    assert_eq!(people(&now), (1, 2, 0, 1));
    assert_eq!(now["invalid"], json!({ "OTHER_SPECIALTY": 1 }));
    assert_eq!(lines(&call()), (json!(0), json!(1), json!({ "OTHER_SPECIALTY": 1 })));
    let checked =
        import("six.csv", &FIVE_PLAN.replace(";CN05;CN06;2", ";CN05;không;2"), &["--dry-run"]);
    assert_eq!(checked["reserve_units"][0]["no_longer_fit"], json!({ "OTHER_SPECIALTY": 1 }));
    assert_eq!(people(&fill()), (1, 2, 0, 1), "a dry run changes nothing");
    keep("five-again.csv", FIVE);
    let checked = import("one.csv", &FIVE_PLAN.replace(";CN06;2", ";CN06;1"), &["--dry-run"]);
    let unit = &checked["reserve_units"][0];
    assert_eq!(unit["no_longer_fit"], json!({}));
    assert_eq!(unit["surplus"][0]["count"], 1, "{unit}");
}

/// Whoever leaves on a day to come keeps the place until then, and gets no other before.
fn keep_periods_apart(place: &Place) {
    let list = place.run(&["plan", "assignments", "--unit", "DB-C5", "--as", "admin"]);
    let held = list[0].clone();
    let (id, who) = (text(&held, "id"), text(&held, "subject"));
    let end = |on: &str| {
        place.try_run(&["plan", "end", id, "--on", on, "--reason", "other", "--as", "admin"])
    };
    let far = end("31/12/2099").expect_err("a year that was mistyped");
    assert!(far.contains("more than a year ahead"), "{far}");
    let in_days = |days: i64| {
        let today = jiff::Zoned::now()
            .with_time_zone(jiff::tz::TimeZone::get("Asia/Ho_Chi_Minh").expect("known"));
        today.date().saturating_add(jiff::Span::new().days(days))
    };
    let (last, early) = (in_days(60).strftime("%d/%m/%Y").to_string(), in_days(30).to_string());
    end(&last).expect("ended");
    let back = place.run(&["plan", "end", id, "--take-back", "--as", "admin"]);
    assert_eq!((&back[0]["stage"], &back[0]["to"]), (&json!("active"), &Value::Null), "{back}");
    end(&last).expect("ended again");
    let assign = ["plan", "assign", who, "--unit", "DB-C5", "--post", "1", "--as", "admin"];
    let early = place.try_run(&[&assign[..], &["--from", early.as_str()]].concat());
    assert!(early.expect_err("he holds a place until then").contains("PERIOD_OVERLAPS"));
    let proposal = place.run(&["plan", "propose", "--unit", "DB-C5", "--as", "admin"]);
    assert_eq!(proposal["people"]["open"], 0, "the place is his until then: {proposal}");
}

#[test]
fn a_plan_is_filled_by_a_confirmed_proposal_and_kept_up() {
    let place = Place::found(&[]);
    let mut server = place.serve();
    place.enter_staff(&["03160/military"]);
    let roster = write(&place, "people.csv", PEOPLE);
    let report = place.run(&["reservist", "import", &roster, "--as", "admin"]);
    assert_eq!(report["created"], 6, "{report}");
    let plan = write(&place, "plan.csv", PLAN);
    let checked = place.run(&["plan", "import", &plan, "--dry-run", "--as", "admin"]);
    assert_eq!(checked["reserve_units"][0]["people"], 3, "{checked}");
    assert_eq!(place.run(&["plan", "list", "--as", "admin"]), json!([]));
    place.run(&["plan", "import", &plan, "--as", "admin"]);

    let proposal = place.run(&["plan", "propose", "--as", "admin"]);
    let side = &proposal["people"];
    // The sergeant is the youngest and takes the place that all can hold.
    assert_eq!((&side["open"], &side["one_by_one"]["total"]), (&json!(3), &json!(2)), "{side}");
    assert_eq!(side["proposed"]["exact_first"], 2);
    assert_eq!(side["proposed"]["exact_second"], 1);
    assert_eq!(side["filled_by_moving"][0]["post"], 2);
    assert_eq!(side["unplaced"], json!({ "OVER_AGE": 1, "POSTS_FULL": 1 }));
    assert_eq!(proposal["equipment"]["unfilled"][0]["reasons"], json!({ "NO_CANDIDATE": 0 }));
    let id = text(&proposal, "proposal");
    let again = place.run(&["plan", "propose", "--as", "admin"]);
    assert_eq!(text(&again, "proposal"), id, "the same registry gives the same proposal");
    read_the_proposal(&place);
    for (assigned, already) in [(3, 0), (0, 3)] {
        let done = place.run(&["plan", "confirm", id, "--as", "admin"]);
        assert_eq!((&done["assigned"], &done["already"]), (&json!(assigned), &json!(already)));
    }
    let fill = place.run(&["plan", "fill", "--as", "admin"]);
    assert_eq!(people(&fill), (3, 3, 3, 0));
    assert_eq!(fill["total"]["equipment"]["needed"], 1);
    assert_eq!(fill["total"]["equipment"]["filled"], 0);
    let before = place.run(&["plan", "fill", "--on", "2020-01-01", "--as", "admin"]);
    assert_eq!(people(&before), (0, 0, 0, 0));

    keep_up(&place);
    refuse_the_stale(&place);
    establish_anew(&place);
    judge_holders_anew(&place);
    keep_periods_apart(&place);

    // The plan is the same after a restart.
    let by_post = ["plan", "fill", "--by", "post", "--as", "admin"];
    let fill = place.run(&by_post);
    server.terminate();
    assert!(server.ended(program::LONG).success());
    let _server = place.serve();
    assert_eq!(place.run(&by_post), fill);
    let row = fill["posts"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|at| at["code"] == "DB-C2" && at["people"].is_object());
    assert_eq!(row.expect("a row")["people"]["filled"], 1, "{fill}");
}

/// A hundred and thirty of one trade, the first two also in the militia; from one on they have another.
fn company(trade: &str, from: usize) -> String {
    let mut text =
        "Họ và tên;Ngày sinh;Giới tính;Số CCCD;Cấp bậc;CNQS;Hạng dự bị;Xã, phường;Sức khỏe;\
                    Loại dân quân\n"
            .to_owned();
    for number in 0..130 {
        let trade = if number < from { "CN01" } else { trade };
        let militia = if number < 2 { "Cơ động" } else { "" };
        text.push_str(&format!(
            "Lò Văn An;01/01/2000;Nam;0112001{number:05};Binh nhì;{trade};1;03160;2;{militia}\n"
        ));
    }
    text
}

#[test]
fn those_who_no_longer_fit_are_named_and_ended_in_whole_batches() {
    let place = Place::found(&[]);
    let _server = place.serve();
    place.enter_staff(&["03160/military"]);
    let auditor = ["officer", "add", "auditor", "--name", "auditor", "--unit", "11", "--home"];
    place.run(
        &[&auditor[..], &["auditor", "--role", "auditor", "--as", "admin", "--root", "root"]]
            .concat(),
    );
    let people_file = write(&place, "company.csv", &company("CN01", 0));
    place.run(&["reservist", "import", &people_file, "--as", "admin"]);
    let plan = PLAN.lines().next().expect("a header").to_owned()
        + "\nDB-C1;Đại đội 1;03160;CN01;không;;130;\n";
    let plan = write(&place, "plan.csv", &plan);
    place.run(&["plan", "import", &plan, "--as", "admin"]);
    let proposal = place.run(&["plan", "propose", "--as", "admin"]);
    let done = place.run(&["plan", "confirm", text(&proposal, "proposal"), "--as", "admin"]);
    assert_eq!(done["assigned"], 130, "{done}");
    assert_eq!(done["also_militia"].as_array().map(Vec::len), Some(2), "{done}");
    let unfit = |more: &[&str]| {
        place.run(&[&["plan", "assignments", "--unfit"], more, &["--as", "admin"]].concat())
    };
    assert_eq!(unfit(&[]), json!([]));
    let people_file = write(&place, "company-changed.csv", &company("CN05", 10));
    place.run(&["reservist", "import", &people_file, "--as", "admin"]);
    let all = unfit(&["--export", "unfit.csv"]);
    let all = all.as_array().expect("a list");
    assert_eq!(all.len(), 120);
    let is_told = |at: &Value| at["reason"] == "OTHER_SPECIALTY" && at["name"] == "Lò Văn An";
    assert!(all.iter().all(is_told), "{}", all[0]);
    let file = std::fs::read_to_string(place.path("unfit.csv")).expect("a file");
    assert!(file.lines().next().is_some_and(|head| head.contains(",Tên,")), "{file}");
    assert!(
        file.contains(",Lò Văn An,") && file.contains("\"Không đúng chuyên nghiệp, chủng loại\""),
        "{file}"
    );
    assert_eq!(unfit(&["--on", "2020-01-01"]), json!([]), "nobody held a place then");
    read_by_role(&place);
    end_the_unfit(&place, all);
}

/// Masked for a drafter, and the reading is an entry; no name for an auditor.
fn read_by_role(place: &Place) {
    let first = |who: &str| {
        let all = place.run(&["plan", "assignments", "--limit", "3", "--as", who]);
        all[0]["name"].clone()
    };
    let read_by = |who: &str| {
        let list = ["ledger", "list", "--kind", "records_read", "--by", who, "--as", "auditor"];
        place.run(&list).as_array().expect("entries").len()
    };
    assert_eq!((first("clerk"), read_by("clerk")), (json!("L. V. A."), 1));
    assert_eq!((first("auditor"), read_by("auditor")), (json!(""), 0));
}

fn end_the_unfit(place: &Place, all: &[Value]) {
    let end = |more: &[&str]| place.try_run(&[&["plan", "end"], more, &["--as", "admin"]].concat());
    let id = text(&all[0], "id");
    let one = [id, "--reason", "gone"];
    for of_all in [&["--unfit"][..], &["--dry-run"], &["--unit", "DB-C1"]] {
        let both = end(&[&one, of_all].concat()).expect_err("one or all");
        assert!(both.contains("cannot be used with"), "{both}");
    }
    for lacking in [&["--reason", "gone"][..], &[id]] {
        let lacks = end(lacking).expect_err("something lacks");
        assert!(lacks.contains("required"), "{lacks}");
    }
    let ids = |list: &Value| -> Vec<String> {
        list.as_array().expect("a list").iter().map(|at| text(at, "id").to_owned()).collect()
    };
    let listed = ids(&Value::Array(all.to_vec()));
    let dry = end(&["--unfit", "--dry-run"]).expect("told");
    assert_eq!((ids(&dry["assignments"]), &dry["ended"]), (listed.clone(), &json!(0)));
    let none = end(&["--unfit", "--unit", "DB-C9"]).expect_err("there is no such unit");
    assert!(none.contains("did you mean DB-C1?"), "{none}");
    let done = end(&["--unfit", "--unit", "DB-C1"]).expect("ended");
    assert_eq!((ids(&done["assignments"]), &done["ended"]), (listed, &json!(120)));
    assert_eq!(done["ledger_entries"].as_array().map(Vec::len), Some(2), "two whole batches");
    assert_eq!(done["left"], json!({}));
    let after = place.run(&["plan", "fill", "--on", "2099-01-01", "--as", "admin"]);
    assert_eq!(after["total"]["people"]["invalid"], 10, "who stayed is too old by then: {after}");
    let again = end(&["--unfit"]).expect("nobody is left");
    assert_eq!(again["ended"], 0);
}

#[test]
fn nobody_is_proposed_from_a_unit_that_ended_with_nothing_in_its_place() {
    let place = Place::found(&[]);
    let _server = place.serve();
    place.enter_staff(&["03160/military"]);
    two_for_two_places(&place);
    let propose = || place.run(&["plan", "propose", "--as", "admin"])["people"].clone();
    assert_eq!(propose()["proposed"]["total"], 2);
    let close = ["unit", "close", "03160", "--effective", "2026-03-01", "--document", "giải thể"];
    place.run(&[&close[..], &["--force", "--as", "admin"]].concat());
    let after = propose();
    assert_eq!((&after["proposed"]["total"], &after["candidates"]), (&json!(0), &json!(2)));
    assert_eq!(after["unplaced"], json!({ "UNIT_CLOSED": 2 }), "left out, with the reason");
}

#[test]
fn a_plan_at_fault_is_told_whole_with_its_rows_and_given_back_to_mend() {
    let place = Place::found(&[]);
    let _server = place.serve();
    place.enter_staff(&["03160/military"]);
    let text = "Kế hoạch;;;;;;\n\
        Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;CNQS;Số lượng;Xã giao;Cấp bậc từ\n\
        DB-C1;Đại đội 1;03160;CN99;12;x;\n\
        ;;;CN02;ba;;Nguyên soái\n\
        DB-C2;Đại đội 2;XXXXX;CN02;1;;\n";
    let file = write(&place, "faulty.csv", text);
    let import = |more: &[&str]| {
        place.try_run(&[&["plan", "import", &file, "--as", "admin"], more].concat())
    };
    for step in [&["--dry-run"][..], &["--refused", "mend.xlsx"]] {
        let told = import(step).expect_err("faults");
        for fault in [
            "row 3: CNQS: SPECIALTY_UNKNOWN",
            "row 4: Số lượng: “ba” is here, and the count is no whole number",
            "row 4: Cấp bậc từ: RANK_INVALID",
            "row 5: Đơn vị giao nguồn: UNIT_UNKNOWN",
            "column F (Xã giao) was not read",
        ] {
            assert!(told.contains(fault), "{fault} is not in: {told}");
        }
    }
    assert!(place.path("mend.xlsx").exists());
    let import = ["--output", "json", "plan", "import", &file, "--as", "admin"];
    let done = place.command().args(import).output().expect("it runs");
    assert_eq!(done.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&done.stdout).expect("a report");
    assert_eq!((&report["rows"], &report["accepted"]), (&json!(3), &json!(0)), "{report}");
    assert_eq!(
        report["rejected"],
        json!({ "3": "SPECIALTY_UNKNOWN", "4": "RANK_INVALID", "5": "UNIT_UNKNOWN" })
    );
    assert_eq!(report["places"]["3"]["column"], "D", "{report}");
    assert_eq!(report["further_faults"]["4"][0]["code"], "COUNT_NO_NUMBER", "{report}");
    assert_eq!(place.run(&["plan", "list", "--as", "admin"]), json!([]), "nothing was changed");
    let good = "Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;CNQS;Số lượng;Nơi\n\
        DB-C1;Đại đội 1;03160;CN01;12;03160\n";
    let good = write(&place, "good.csv", good);
    let run = |more: &[&str]| {
        let done = place.run(&[&["plan", "import", &good, "--as", "admin"], more].concat());
        assert_eq!(done["ignored_columns"], json!([{ "column": "F", "header": "Nơi" }]));
        done["reserve_units"][0]["state"].clone()
    };
    let states = [&["--dry-run"][..], &[], &["--dry-run"], &[]].map(run);
    assert_eq!(states, ["created", "created", "unchanged", "unchanged"]);
    let form = ["plan", "import", "--template", "form.xlsx"];
    place.run(&form);
    assert!(place.path("form.xlsx").exists());
}

#[test]
fn a_list_that_drops_a_specialty_in_use_is_refused_with_what_has_it() {
    let place = Place::found(&[]);
    let _server = place.serve();
    place.enter_staff(&["03160/military"]);
    two_for_two_places(&place);
    place.run(&["specialty", "list", "--export", "list.csv", "--as", "admin"]);
    let list = std::fs::read_to_string(place.path("list.csv")).expect("a list");
    let without = |codes: &[&str]| {
        let lines = list.lines().filter(|line| !codes.iter().any(|code| line.contains(code)));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    let file = write(&place, "less.csv", &without(&["CN05", "CN06"]));
    let import = |more: &[&str]| {
        place.try_run(&[&["specialty", "import", &file, "--as", "admin"], more].concat())
    };
    let checked = import(&["--dry-run"]).expect("told");
    assert_eq!(
        checked["in_use"],
        json!([
            { "code": "CN05", "reservists": 2, "posts": 1, "near": 0 },
            { "code": "CN06", "reservists": 0, "posts": 0, "near": 1 },
        ])
    );
    let refused = import(&[]).expect_err("in use");
    assert!(refused.contains("CN05 (2 reservists, 1 posts, near to 0)"), "{refused}");
    assert!(refused.contains("SPECIALTIES_IN_USE") && refused.contains("--drop"), "{refused}");
    let count = ["reservist", "count", "--filter", "specialty = cn05", "--as", "admin"];
    let held = place.run(&count)["total"].clone();
    assert_eq!(import(&["--drop"]).expect("it was said")["removed"], 2);
    assert_eq!((&place.run(&count)["total"], &held), (&json!(2), &json!(2)), "still found");
}

const MEANS: &str = "\
Loại phương tiện;Biển số;Chủ phương tiện;Xã, phường\n\
Ô tô con;27A-12345;Lò Văn An;03160\n\
Rơ moóc;27R-00123;Lò Văn Bình;03160\n\
Xe tải tự đổ;27C-12347;Lò Văn Cường;03160\n";

const MEANS_PLAN: &str = "\
Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;Loại phương tiện;Gần đúng;Số lượng\n\
DB-V1;Đại đội vận tải;03160;Xe ô tô con;;1\n\
;;;PT09;PT11;1\n";

#[test]
fn types_of_equipment_are_data_that_is_added_to_and_not_dropped_while_in_use() {
    let place = Place::found(&[]);
    let _server = place.serve();
    place.enter_staff(&["03160/military"]);
    let means = write(&place, "means.csv", MEANS);
    let done = place.run(&["equipment", "import", &means, "--as", "admin"]);
    assert_eq!((&done["created"], &done["rejected"]), (&json!(3), &json!({})), "{done}");
    let plan = write(&place, "plan.csv", MEANS_PLAN);
    place.run(&["plan", "import", &plan, "--as", "admin"]);
    let shown = place.run(&["equipment-type", "list", "--export", "types.csv", "--as", "admin"]);
    assert_eq!(shown["shipped"], true);
    let list = std::fs::read_to_string(place.path("types.csv")).expect("a list");
    let import = |file: &str, more: &[&str]| {
        place.try_run(&[&["equipment-type", "import", file, "--as", "admin"], more].concat())
    };
    let same = import(&write(&place, "same.csv", &list), &["--dry-run"]).expect("read again");
    let counts = [&same["created"], &same["updated"], &same["removed"]];
    assert_eq!((counts, &same["unchanged"]), ([&json!(0); 3], &same["equipment_types"]), "{same}");
    let more = format!("{list}XB01,Xe bọc thép,Đường bộ,Thiết giáp\n");
    let done = import(&write(&place, "more.csv", &more), &[]).expect("put");
    assert_eq!((&done["created"], &done["removed"]), (&json!(1), &json!(0)), "{done}");
    let armoured = "Loại phương tiện;Biển số;Chủ phương tiện;Xã, phường\n\
        thiết giáp;27A-55555;Công ty A;03160\n";
    let armoured = write(&place, "armoured.csv", armoured);
    let done = place.run(&["equipment", "import", &armoured, "--as", "admin"]);
    assert_eq!(done["created"], 1, "{done}");
    let found = ["equipment", "count", "--filter", "type = \"Xe bọc thép\"", "--as", "admin"];
    assert_eq!(place.run(&found)["total"], 1);
    place.run(&["equipment", "import", "--template", "form.xlsx", "--as", "admin"]);
    let without = |codes: &[&str]| {
        let lines = more.lines().filter(|line| !codes.iter().any(|code| line.contains(code)));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    let less = write(&place, "less.csv", &without(&["PT07", "PT11", "PT20", "XB01"]));
    let checked = import(&less, &["--dry-run"]).expect("told");
    assert_eq!(
        checked["in_use"],
        json!([
            { "code": "PT07", "equipment": 1, "lines": 1, "near": 0 },
            { "code": "PT11", "equipment": 1, "lines": 0, "near": 1 },
            { "code": "XB01", "equipment": 1, "lines": 0, "near": 0 },
        ])
    );
    let refused = import(&less, &[]).expect_err("in use");
    assert!(refused.contains("EQUIPMENT_TYPES_IN_USE") && refused.contains("--drop"), "{refused}");
    assert!(refused.contains("PT07 (1 pieces of equipment, 1 lines of the plan"), "{refused}");
    assert_eq!(import(&less, &["--drop"]).expect("it was said")["removed"], 4);
    let gone = place.run(&["equipment", "import", &armoured, "--as", "admin"]);
    assert_eq!(gone["rejected"]["2"], "EQUIPMENT_TYPE_UNKNOWN", "{gone}");
    let bad = write(&place, "bad.csv", "Mã,Tên,Nhóm\nPT01,Xe tải,đường bộ\nPT01,Xe ca,vũ trụ\n");
    let refused = import(&bad, &["--refused", "mend.xlsx"]).expect_err("at fault");
    assert!(refused.contains("1 of 2 rows are at fault"), "{refused}");
    assert!(place.path("mend.xlsx").exists());
}
