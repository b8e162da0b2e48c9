use super::*;

fn code(text: &str) -> UnitCode {
    text.parse().expect("a good code")
}

fn unit(own: &str, kind: UnitKind, parent: Option<&str>) -> Unit {
    Unit {
        code: code(own),
        name: format!("Đơn vị {own}"),
        kind,
        parent: parent.map(code),
        parent_basis: ParentBasis::Sourced,
        area_hectares: None,
        population: None,
        valid_from: None,
        valid_to: None,
        former: Former::default(),
    }
}

fn small() -> Units {
    Units::from_list([
        unit("TV-001", UnitKind::SelfDefenseBase, Some("03160")),
        unit("TV-002", UnitKind::SelfDefenseBase, Some("11")),
        unit("03160", UnitKind::Commune, Some("KV1")),
        unit("03151", UnitKind::Ward, Some("KV2")),
        unit("KV1", UnitKind::DefensiveAreaCommand, Some("11")),
        unit("KV2", UnitKind::DefensiveAreaCommand, Some("11")),
        unit("11", UnitKind::ProvincialCommand, None),
    ])
    .expect("a sound list in any order")
}

fn codes<'a>(units: impl Iterator<Item = &'a Unit>) -> Vec<&'a str> {
    units.map(|unit| unit.code.as_str()).collect()
}

#[test]
fn the_tree_answers_upwards_and_downwards() {
    let units = small();
    assert_eq!(codes(units.ancestors(&code("TV-001"))), ["03160", "KV1", "11"]);
    assert_eq!(codes(units.subtree(&code("KV1"))), ["03160", "KV1", "TV-001"]);
    assert_eq!(codes(units.children(&code("11"))), ["KV1", "KV2", "TV-002"]);
    assert_eq!(units.area_of(&code("TV-001")).map(|u| u.code.as_str()), Some("KV1"));
    assert_eq!(units.area_of(&code("KV2")).map(|u| u.code.as_str()), Some("KV2"));
    assert_eq!(units.area_of(&code("TV-002")), None, "a base of the province has no area");
    assert!(units.is_within(&code("03160"), &code("11")));
    assert!(!units.is_within(&code("03160"), &code("KV2")));
    assert!(!units.is_within(&code("nowhere"), &code("nowhere")));
    assert_eq!(units.subtree(&code("nowhere")).count(), 0);
}

#[test]
fn a_unit_hangs_only_where_its_level_allows() {
    let mut units = small();
    for (own, kind, parent) in [
        ("A", UnitKind::DefensiveAreaCommand, Some("KV1")),
        ("A", UnitKind::Commune, Some("11")),
        ("A", UnitKind::Commune, None),
        ("A", UnitKind::SelfDefenseBase, Some("TV-001")),
        ("A", UnitKind::ProvincialCommand, Some("11")),
    ] {
        let refused = units.insert(unit(own, kind, parent));
        assert!(matches!(refused, Err(UnitError::WrongParent { .. })), "{kind:?} {parent:?}");
    }
    let second = units.insert(unit("12", UnitKind::ProvincialCommand, None));
    assert!(matches!(second, Err(UnitError::SecondProvince { .. })));
    let orphan = units.insert(unit("A", UnitKind::Commune, Some("KV9")));
    assert!(matches!(orphan, Err(UnitError::NoParent { .. })));
    let own_parent = units.insert(unit("A", UnitKind::Commune, Some("A")));
    assert!(matches!(own_parent, Err(UnitError::NoParent { .. })), "no unit is above itself");
    let taken = units.insert(unit("03160", UnitKind::Commune, Some("KV2")));
    assert!(matches!(taken, Err(UnitError::Taken { .. })));
    assert_eq!(units, small(), "a refused unit leaves no trace");
}

#[test]
fn a_unit_exists_between_its_days() {
    let day = |y, m, d| jiff::civil::date(y, m, d);
    let mut commune = unit("03160", UnitKind::Commune, Some("KV1"));
    commune.valid_from = Some(day(2025, 7, 1));
    commune.valid_to = Some(day(2026, 6, 30));
    assert!(!commune.exists_on(day(2025, 6, 30)));
    assert!(commune.exists_on(day(2025, 7, 1)) && commune.exists_on(day(2026, 6, 30)));
    assert!(!commune.exists_on(day(2026, 7, 1)));
    commune.valid_to = Some(day(2025, 1, 1));
    let mut units = small();
    commune.code = code("03161");
    assert!(matches!(units.insert(commune), Err(UnitError::BadDates { .. })));
}

#[test]
fn a_unit_is_found_by_code_or_full_name_but_not_by_a_shared_or_bare_one() {
    let mut units = small();
    let mut named = |own: &str, kind, parent, name: &str| {
        let unit = Unit { name: name.to_owned(), ..unit(own, kind, Some(parent)) };
        units.insert(unit).expect("a sound unit");
    };
    named("03356", UnitKind::Commune, "KV1", "Xã Sam Mứn");
    named("03334", UnitKind::Ward, "KV2", "Phường Mường Thanh");
    named("TV-003", UnitKind::SelfDefenseBase, "03356", "Tự vệ");
    named("TV-004", UnitKind::SelfDefenseBase, "03334", "Tự vệ");
    let found = |text: &str| units.find(text).map(|unit| unit.code.as_str());
    for text in ["03356", "Xã Sam Mứn", "XÃ  SAM MỨN", "xa sam mun", "X. Sam Mứn", "x.Sam Mứn"]
    {
        assert_eq!(found(text), Some("03356"), "{text}");
    }
    assert_eq!(found("P. Mường Thanh"), Some("03334"));
    for text in ["", "Sam Mứn", "Phường Sam Mứn", "Tự vệ", "Xã Không Có"] {
        assert_eq!(found(text), None, "{text}");
    }
}
