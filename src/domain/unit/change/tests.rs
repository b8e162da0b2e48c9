use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::domain::unit::Former;
use crate::roster::lists::shipped_former_units;
use crate::sim::province;
use crate::wire::tests::samples::cases;

const MERGER: Date = date(2025, 7, 1);

fn code(text: &str) -> UnitCode {
    text.parse().expect("a code")
}

fn shipped() -> Units {
    let public = province::units().into_iter().filter(|unit| unit.echelon() != Echelon::Base);
    Units::from_list(public.chain(shipped_former_units())).expect("they hang together")
}

fn carry_out(units: &mut Units, change: &Change, day: Date) -> Result<Vec<Unit>, ChangeError> {
    let planned = units.plan(change, day)?;
    units.reorganize(&planned, day)?;
    units.check_whole()?;
    Ok(planned)
}

#[test]
fn the_129_and_their_districts_become_the_45_and_their_areas_by_operations_on_the_old_map() {
    let now = shipped();
    let mut units = now.on(date(2025, 6, 30));
    assert_eq!(units.len(), 1 + 10 + 129, "the map of then");
    assert!(units.iter().all(|unit| !unit.is_closed()));
    for area in now.iter().filter(|unit| unit.echelon() == Echelon::Area) {
        units.insert(area.clone()).expect("a new area");
    }
    for commune in now.iter().filter(|unit| !unit.is_closed() && unit.echelon() == Echelon::Commune)
    {
        let parts = now.predecessors(&commune.code).map(|unit| unit.code.clone()).collect();
        let new = Some(Box::new(commune.clone()));
        let merge = Change::Merge { units: parts, into: commune.code.clone(), new };
        carry_out(&mut units, &merge, MERGER).expect("a sound merger");
    }
    for district in now.iter().filter(|unit| unit.echelon() == Echelon::District) {
        let successors = district.former.successors.clone();
        let close = Change::Close { unit: district.code.clone(), successors };
        carry_out(&mut units, &close, MERGER).expect("nothing hangs on it any more");
    }
    assert_eq!(units.len(), now.len());
    for expected in now.iter() {
        let got = units.get(&expected.code).expect("every unit is there");
        // How well a successor is known is not the operation's to say.
        let former =
            Former { successor_basis: expected.former.successor_basis, ..got.former.clone() };
        assert_eq!(&Unit { former, ..got.clone() }, expected);
    }
    let communes = |units: &Units| -> Vec<Unit> {
        let all = units.iter().filter(|unit| unit.echelon() == Echelon::Commune);
        all.filter(|unit| !unit.is_closed()).cloned().collect()
    };
    assert_eq!((communes(&units).len(), communes(&units)), (45, communes(&now)));
    assert_eq!(units.on(date(2025, 6, 30)), now.on(date(2025, 6, 30)), "the old map is kept");
    assert_eq!(units.on(MERGER).len(), 1 + 4 + 45);
}

#[test]
fn a_merger_moves_bases_and_is_dated() {
    let mut units = Units::from_list(province::units()).expect("one tree");
    let day = date(2026, 3, 1);
    let merge = Change::Merge { units: vec![code("03162")], into: code("03160"), new: None };
    let base = units.children(&code("03162")).next().expect("it has a base").code.clone();
    let touched = carry_out(&mut units, &merge, day).expect("a sound merger");
    assert!(touched.last().is_some_and(Unit::is_closed), "what ends comes last");
    assert_eq!(units.current(&code("03162")), &code("03160"));
    assert!(units.is_within(&base, &code("03160")));
    let state = |day| units.state_on(&base, day).and_then(|unit| unit.parent.clone());
    assert_eq!(state(date(2026, 2, 28)), Some(code("03162")));
    assert_eq!(state(day), Some(code("03160")));
    assert_eq!(units.on(date(2026, 2, 28)).get(&code("03162")).map(Unit::is_closed), Some(false));
    assert_eq!(units.on(day).get(&code("03162")), None);
    for (change, day) in [
        (merge.clone(), day),
        (Change::Close { unit: code("03160"), successors: vec![code("03162")] }, day),
    ] {
        assert!(matches!(units.plan(&change, day), Err(ChangeError::Closed { .. })));
    }
}

#[test]
fn what_followed_another_ends_no_sooner_and_may_end_on_the_same_day() {
    let mut units = shipped();
    let merge = |from: &str, into: &str| Change::Merge {
        units: vec![code(from)],
        into: code(into),
        new: None,
    };
    carry_out(&mut units, &merge("03158", "03160"), date(2026, 3, 1)).expect("the first");
    let sooner = units.plan(&merge("03160", "03162"), date(2026, 2, 1));
    assert!(matches!(sooner, Err(ChangeError::TooEarly { .. })), "{sooner:?}");
    carry_out(&mut units, &merge("03160", "03162"), date(2026, 3, 1)).expect("the same day");
    assert_eq!(units.current(&code("03158")), &code("03162"));
    let area = units.get(&code("KV2")).expect("an area").clone();
    units.insert(Unit { code: code("KV9"), ..area }).expect("one more area");
    let lower = Change::Close { unit: code("KV9"), successors: vec![code("03162")] };
    let refused = units.plan(&lower, date(2026, 3, 2));
    assert!(
        matches!(refused, Err(ChangeError::Tree(UnitError::BadSuccessor { .. }))),
        "an area is not followed by a commune: {refused:?}"
    );
}

#[test]
fn a_renamed_unit_is_found_by_each_name_on_its_days() {
    let mut units = shipped();
    let day = date(2026, 3, 1);
    let (unit, kind) = (code("03256"), Some(UnitKind::Ward));
    let rename = Change::Rename { unit, name: "Phường Mường Ảng".to_owned(), kind };
    carry_out(&mut units, &rename, day).expect("a new name");
    let on =
        |text: &str, day| units.find_on(text, None, day).map(|found| found.now.code.to_string());
    assert_eq!(on("Phường Mường Ảng", day), Ok("03256".to_owned()));
    assert_eq!(on("Xã Mường Ảng", date(2026, 2, 28)), Ok("03256".to_owned()));
    assert!(on("Xã Mường Ảng", day).is_err(), "it is a ward by then");
    assert_eq!(on("Thị trấn Mường Ảng", date(2019, 1, 1)), Ok("03256".to_owned()));
    assert_eq!(units.find("Xã Mường Ảng"), None);
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let units = shipped();
    let day = date(2026, 3, 1);
    let merge = |list: &[&str], into: &str| Change::Merge {
        units: list.iter().map(|text| code(text)).collect(),
        into: code(into),
        new: None,
    };
    let moved = |unit: &str, parent: &str, basis| Change::Move {
        unit: code(unit),
        parent: code(parent),
        basis,
    };
    let taken = units.get(&code("03162")).expect("a commune").name.to_uppercase();
    let refused = |change: &Change, day| units.plan(change, day).expect_err("refused").to_string();
    for (change, words) in [
        (merge(&["03160"], "03160"), "two or more"),
        (merge(&["03162", "03162"], "03160"), "two or more"),
        (merge(&["KV1"], "03160"), "two or more"),
        (merge(&["11"], "11"), "two or more"),
        (merge(&["99999"], "03160"), "unknown"),
        (merge(&["F001"], "03160"), "closed already"),
        (moved("03160", "KV1", ParentBasis::Sourced), "nothing would change"),
        (moved("03160", "D01", ParentBasis::Sourced), "closed already"),
        (moved("03160", "11", ParentBasis::Sourced), "one level up"),
        (Change::Close { unit: code("KV1"), successors: vec![] }, "while"),
        (
            Change::Close { unit: code("03160"), successors: vec![code("03160")] },
            "does not lead back",
        ),
        (Change::Split { unit: code("03160"), parts: vec![], ends: false }, "two or more"),
        (Change::Rename { unit: code("03160"), name: String::new(), kind: None }, "1 to 120"),
        (Change::Rename { unit: code("03160"), name: taken, kind: None }, "another name"),
    ] {
        let said = refused(&change, day);
        assert!(said.contains(words), "{change:?}: {said}");
    }
    let early = refused(&moved("03160", "KV2", ParentBasis::Weak), MERGER);
    assert!(early.contains("later effective date"), "{early}");
    assert_eq!(units, shipped());
}

/// One random step; numbers choose among what is there.
#[derive(Debug, Clone)]
enum Step {
    Merge(usize, usize, bool),
    Split(usize, bool),
    Rename(usize),
    Move(usize, usize),
    Close(usize, Option<usize>),
    Undo,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let any = || 0..1_000_usize;
    let step = prop_oneof![
        3 => (any(), any(), proptest::bool::ANY).prop_map(|(a, b, new)| Step::Merge(a, b, new)),
        2 => (any(), proptest::bool::ANY).prop_map(|(a, ends)| Step::Split(a, ends)),
        2 => any().prop_map(Step::Rename),
        2 => (any(), any()).prop_map(|(a, b)| Step::Move(a, b)),
        1 => (any(), proptest::option::of(any())).prop_map(|(a, b)| Step::Close(a, b)),
        4 => Just(Step::Undo),
    ];
    prop::collection::vec(step, 1..40)
}

fn change_of(step: &Step, units: &Units, number: usize) -> Option<Change> {
    let living: Vec<&Unit> = units.iter().filter(|unit| !unit.is_closed()).collect();
    let pick = |at: usize| living[at % living.len()];
    let new = |like: &Unit, part: usize| Unit {
        code: code(&format!("N{number}-{part}")),
        name: format!("Xã Mới {number} {part}"),
        ..like.clone()
    };
    Some(match step {
        Step::Merge(a, b, made) => {
            let (a, b) = (pick(*a), pick(*b));
            let new = made.then(|| Box::new(new(a, 0)));
            let into = new.as_ref().map_or_else(|| b.code.clone(), |new| new.code.clone());
            Change::Merge { units: vec![a.code.clone(), b.code.clone()], into, new }
        }
        Step::Split(a, ends) => {
            let parts = vec![new(pick(*a), 0), new(pick(*a), 1)];
            Change::Split { unit: pick(*a).code.clone(), parts, ends: *ends }
        }
        Step::Rename(a) => {
            let word = pick(*a).kind.name_word().unwrap_or("Cơ sở");
            let name = format!("{word} Tên {number}");
            Change::Rename { unit: pick(*a).code.clone(), name, kind: None }
        }
        Step::Move(a, b) => Change::Move {
            unit: pick(*a).code.clone(),
            parent: pick(*b).code.clone(),
            basis: ParentBasis::Assumed,
        },
        Step::Close(a, b) => Change::Close {
            unit: pick(*a).code.clone(),
            successors: b.iter().map(|b| pick(*b).code.clone()).collect(),
        },
        Step::Undo => return None,
    })
}

proptest! {
    #![proptest_config(cases(60))]
    #[test]
    fn whatever_is_done_the_tree_holds_and_undoing_restores_it(steps in steps()) {
        let all = Units::from_list(province::units()).expect("one tree");
        let few = |unit: &&Unit| unit.echelon() < Echelon::Commune || all.is_within(&unit.code, &code("KV1"));
        let mut units = Units::from_list(all.iter().filter(few).cloned()).expect("one tree");
        let mut undoable: Vec<(Units, Vec<Unit>)> = Vec::new();
        let mut day = date(2026, 1, 1);
        for (number, step) in steps.iter().enumerate() {
            day = day.tomorrow().expect("not the end of time");
            match change_of(step, &units, number) {
                Some(change) => {
                    let before = units.clone();
                    match carry_out(&mut units, &change, day) {
                        Ok(touched) => {
                            let then = day.yesterday().expect("a day");
                            prop_assert_eq!(before.on(then), units.on(then));
                            undoable.push((before, touched));
                        }
                        Err(_refused) => prop_assert_eq!(&units, &before),
                    }
                }
                None => {
                    if let Some((before, touched)) = undoable.pop() {
                        units.restore(&touched);
                        prop_assert_eq!(&units, &before);
                    }
                }
            }
            prop_assert_eq!(units.check_whole(), Ok(()));
            for unit in units.iter() {
                let now = units.get(units.current(&unit.code)).expect("it leads to a unit");
                prop_assert!(!now.is_closed() || now.former.successors.is_empty());
                prop_assert!(units.is_within(&unit.code, &now.code));
                let top = units.ancestors(&unit.code).last().map(|top| top.code.as_str());
                prop_assert!(now.is_closed() || top.unwrap_or("11") == "11");
            }
        }
    }
}

#[test]
fn a_commune_is_called_by_a_name_with_the_word_for_its_kind_or_not_at_all() {
    let units = shipped();
    let day = date(2026, 3, 1);
    let rename = |name: &str, kind| {
        let change = Change::Rename { unit: code("03160"), name: name.to_owned(), kind };
        units.plan(&change, day)
    };
    for (name, kind, word) in [
        ("Nậm Kè", None, "Xã"),
        ("Phường Nậm Kè", None, "Xã"),
        ("Xã Nậm Kè", Some(UnitKind::Ward), "Phường"),
        ("Xãm Nậm Kè", None, "Xã"),
    ] {
        let refused = rename(name, kind).expect_err("no full name");
        assert!(
            matches!(&refused, ChangeError::NoKindWord { word: own, .. } if *own == word),
            "{name}: {refused}"
        );
        assert!(refused.to_string().contains(&format!("as in `{word} ")), "{refused}");
    }
    assert!(rename("Xã Nậm Kè Mới", None).is_ok());
    assert!(rename("PHƯỜNG NẬM KÈ", Some(UnitKind::Ward)).is_ok(), "however it is written");
    let now = units.iter().cloned().chain(province::units()).collect::<Vec<_>>();
    for unit in now {
        assert_eq!(unit.must_name_kind(), Ok(()), "what ships is called in full");
    }
}
