use std::collections::BTreeMap;

use jiff::civil::date;

use super::*;
use crate::roster::lists::shipped_former_units;
use crate::sim::province;

fn shipped() -> Units {
    let all = province::units().into_iter().chain(shipped_former_units());
    Units::from_list(all).expect("the shipped units hang together")
}

/// As a command has them that imported an undated list of today's units.
fn undated() -> Units {
    let today = province::units().into_iter().map(|unit| Unit { valid_from: None, ..unit });
    Units::from_list(today.chain(shipped_former_units())).expect("they hang together")
}

const THEN: Date = date(2019, 6, 30);
const NOW: Date = date(2026, 1, 15);

/// `then>now` of what was found, or the kind of the fault.
fn found(units: &Units, text: &str, district: Option<&str>, day: Date) -> String {
    match units.find_on(text, district, day) {
        Ok(found) if found.is_former() => format!("{}>{}", found.then.name, found.now.code),
        Ok(found) => found.now.code.to_string(),
        Err(fault) => {
            let words = format!("{fault:?}");
            words.split([' ', '{']).next().expect("a first word").to_owned()
        }
    }
}

#[test]
fn every_former_commune_is_found_by_its_name_and_district_and_leads_to_its_successor() {
    for units in [shipped(), undated()] {
        let former = shipped_former_units();
        let communes = former.iter().filter(|unit| unit.echelon() == Echelon::Commune);
        for unit in communes.clone() {
            let district = units.get(unit.parent.as_ref().expect("a district")).expect("it");
            let got = units.find_on(&unit.name, Some(&district.name), THEN).expect("found");
            assert_eq!((&got.then.code, &got.now.code), (&unit.code, &unit.former.successors[0]));
            let by_name = units.find_on(&unit.name, None, THEN).expect("full names are enough");
            assert_eq!(by_name, got);
        }
        assert_eq!(communes.count(), 129);
    }
}

#[test]
fn names_are_read_as_old_files_write_them() {
    let units = shipped();
    for (text, expected) in [
        ("xã na son", "Xã Na Son>03203"),
        ("XÃ LUÂN GIỚI", "Xã Luân Giói>03214"),
        ("Pú Nhi", "Xã Pu Nhi>03370"),
        ("X. Noọng Hẹt", "Xã Noong Hẹt>03352"),
        ("Xá Tổng", "Xã Sá Tổng>03151"),
        ("Xã Huổi Lếnh", "Xã Huổi Lếch>03163"),
        ("Xín Chải", "Xã Sín Chải>03226"),
        ("Sáng Nhè", "Xã Xá Nhè>03244"),
        ("xa xa nhe", "Xã Xá Nhè>03244"),
        ("Xa Dung", "Xã Xa Dung>03208"),
        ("xa dung", "Xã Xa Dung>03208"),
        ("TT. Mường Ảng", "Thị trấn Mường Ảng>03256"),
        ("tt Tuan Giao", "Thị trấn Tuần Giáo>03253"),
        ("P. Him Lam", "Phường Him Lam>03127"),
        ("Him Lam", "Phường Him Lam>03127"),
        ("Huyện Điện Biên Đông", "Huyện Điện Biên Đông>KV3"),
        ("Điện Biên Đông", "Thị trấn Điện Biên Đông>03203"),
        ("Phường Tuần Giáo", "Unknown"),
        ("Xã Không Có", "Unknown"),
        ("", "Unknown"),
    ] {
        assert_eq!(found(&units, text, None, THEN), expected, "{text}");
    }
}

#[test]
fn the_three_names_that_moved_are_never_taken_for_the_other_place() {
    for units in [shipped(), undated()] {
        for (name, old, new) in [
            ("Mường Chà", "Thị trấn Mường Chà>03172", ("Xã Mường Chà", "03166")),
            ("Mường Thanh", "Phường Mường Thanh>03127", ("Phường Mường Thanh", "03334")),
            ("Sam Mứn", "Xã Sam Mứn>03352", ("Xã Sam Mứn", "03356")),
        ] {
            assert_eq!(found(&units, name, None, THEN), "Ambiguous");
            assert_eq!(found(&units, name, None, NOW), "Ambiguous");
            let full = old.split('>').next().expect("a name");
            assert_eq!(found(&units, full, None, THEN), old);
            assert_eq!(found(&units, new.0, None, NOW), new.1);
        }
        assert_eq!(
            found(&units, "Mường Chà", Some("H. Mường Chà"), THEN),
            "Thị trấn Mường Chà>03172"
        );
        assert_eq!(found(&units, "Xã Mường Chà", None, THEN), "NotThen");
        assert_eq!(found(&units, "Thị trấn Mường Chà", None, NOW), "NotThen");
    }
    let fault = shipped().find_on("sam mun", None, THEN).expect_err("two places");
    assert_eq!(
        fault.to_string(),
        "this may be Xã Sam Mứn (F077, Huyện Điện Biên, until 2025-06-30, now 03352) or Xã Sam Mứn \
         (03356): write the full name with its kind, and the district"
    );
}

#[test]
fn names_that_differ_in_marks_only_need_their_marks_or_their_district() {
    let units = shipped();
    assert_eq!(found(&units, "Xã Nà Tòng", None, THEN), "Xã Nà Tòng>03217");
    assert_eq!(found(&units, "Na Tông", None, THEN), "Xã Na Tông>03358");
    assert_eq!(found(&units, "xa na tong", None, THEN), "Ambiguous");
    assert_eq!(found(&units, "xa na tong", Some("Điện Biên"), THEN), "Xã Na Tông>03358");
    assert_eq!(found(&units, "xa na tong", Some("Tủa Chùa"), THEN), "Xã Nà Tòng>03217");
    assert_eq!(found(&units, "xa na tong", Some("tuan giao"), THEN), "Xã Nà Tòng>03217");
}

#[test]
fn a_district_narrows_and_a_wrong_one_refuses() {
    let units = shipped();
    assert_eq!(found(&units, "Xã Na Son", Some("Huyện Điện Biên Đông"), THEN), "Xã Na Son>03203");
    assert_eq!(found(&units, "Xã Na Son", Some("Tuần Giáo"), THEN), "OtherDistrict");
    assert_eq!(found(&units, "Xã Na Son", Some("Huyện Không Có"), THEN), "UnknownDistrict");
    assert_eq!(found(&units, "Xã Na Son", Some("TP. Điện Biên Phủ"), NOW), "OtherDistrict");
    assert_eq!(found(&units, "Xã Na Son", Some("Điện Biên Đông"), NOW), "03203");
    let today = Units::from_list(province::units()).expect("one tree");
    assert_eq!(found(&today, "Xã Na Son", Some("bất kỳ"), NOW), "03203", "no districts are known");
}

#[test]
fn a_code_is_not_taken_for_the_unit_that_had_it_later() {
    for units in [shipped(), undated()] {
        assert_eq!(found(&units, "03160", None, NOW), "03160");
        assert_eq!(found(&units, "03160", None, THEN), "CodeNotThen");
        assert_eq!(found(&units, "03127", None, THEN), "Phường Him Lam>03127");
        assert_eq!(found(&units, "03226", None, THEN), "Xã Tả Sìn Thàng>03226");
        assert_eq!(found(&units, "03328", None, THEN), "Xã Thanh Luông>03328");
        assert_eq!(found(&units, "F099", None, THEN), "Xã Nà Nhạn>03325");
        assert_eq!(found(&units, "99999", None, THEN), "Unknown");
        assert_eq!(found(&units, "TV-001", None, THEN), "TV-001", "an undated base");
    }
}

#[test]
fn a_former_name_without_a_date_is_refused_with_what_it_became() {
    let units = shipped();
    let fault = units.find_on("Xã Pom Lót", None, NOW).expect_err("no unit of today");
    assert_eq!(
        fault.to_string(),
        "on 2026-01-15 no unit had this name or code; on other days it was Xã Pom Lót (F082, Huyện \
         Điện Biên, until 2025-06-30, now 03356): give the day of the list"
    );
    assert_eq!(units.find("Xã Pom Lót"), None);
    assert_eq!(units.find("Xã Mường Nhé").map(|unit| unit.code.as_str()), Some("03160"));
}

#[test]
fn the_districts_were_followed_by_the_areas_that_their_communes_went_to() {
    let units = shipped();
    let mut by_area: BTreeMap<&str, u32> = BTreeMap::new();
    let former = shipped_former_units();
    let districts = former.iter().filter(|unit| unit.echelon() == Echelon::District);
    for district in districts {
        let mut went: BTreeMap<UnitCode, i32> = BTreeMap::new();
        for commune in units.children(&district.code) {
            let area = units.area_of(&commune.code).expect("an area").code.clone();
            *went.entry(area).or_default() -= 1;
        }
        let mut areas: Vec<(i32, UnitCode)> =
            went.into_iter().map(|(a, count)| (count, a)).collect();
        areas.sort();
        let areas: Vec<UnitCode> = areas.into_iter().map(|(_count, area)| area).collect();
        assert_eq!(areas, district.former.successors, "{}", district.name);
        let seat = units.current(&district.code);
        *by_area.entry(units.get(seat).expect("an area").code.as_str()).or_default() += 1;
    }
    let expected = [("KV1", 2), ("KV2", 3), ("KV3", 2), ("KV4", 3)];
    assert_eq!(by_area, expected.into_iter().collect(), "ten commands became four");
}

#[test]
fn what_was_entered_under_a_former_commune_counts_under_the_commune_of_today() {
    let units = shipped();
    let code = |text: &str| -> UnitCode { text.parse().expect("a code") };
    for top in ["F082", "03356", "KV3", "11", "D07"] {
        assert!(units.is_within(&code("F082"), &code(top)), "{top}");
    }
    for (below, top) in
        [("F082", "03352"), ("F082", "KV1"), ("F082", "D01"), ("03356", "F082"), ("03356", "D07")]
    {
        assert!(!units.is_within(&code(below), &code(top)), "{below} {top}");
    }
    let commune = code("03356");
    let under: Vec<&str> = units.subtree(&commune).map(|u| u.code.as_str()).collect();
    assert!(under.starts_with(&["03356", "F082", "F083"]), "{under:?}");
    assert_eq!(units.current(&code("F082")).as_str(), "03356");
    assert_eq!(units.current(&code("03356")).as_str(), "03356");
    assert_eq!(units.current(&code("nowhere")).as_str(), "nowhere");
}
