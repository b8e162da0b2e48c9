use super::*;
use crate::roster::lists::shipped_former_units;
use crate::roster::lists::unit_plan::UnitPlan;
use crate::sim::province;

const TODAY: Date = jiff::civil::date(2026, 11, 22);

fn held() -> Units {
    Units::from_list(province::units().into_iter().chain(shipped_former_units())).expect("one tree")
}

fn read(name: &str, bytes: &[u8], held: &Units) -> UnitList {
    read_unit_list(Source::Bytes { name, bytes }, held, &ListHints::default()).expect("a list")
}

#[test]
fn a_list_is_read_in_any_order_language_and_encoding() {
    let held = held();
    let text = "DANH SÁCH ĐƠN VỊ;;;\nDân số;Mã;Tên đơn vị;Ghi chú\n24.294;03160;Xã Mường Nhé;x\n;;;\n\
        ;;Người lập biểu;\n";
    for bytes in [
        text.as_bytes().to_vec(),
        [&[0xFF, 0xFE][..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()]
            .concat(),
        text.replace(';', "\t").into_bytes(),
    ] {
        let list = read("units.csv", &bytes, &held);
        assert_eq!(list.rejected, BTreeMap::new());
        let ignored = list.file.ignored.iter().map(|at| (at.column.as_str(), at.header.as_str()));
        assert_eq!(ignored.collect::<Vec<_>>(), [("D", "Ghi chú")]);
        let [(key, code, row)] = &list.rows[..] else { panic!("{list:?}") };
        assert_eq!((key.row, code.as_str(), row.population), (3, "03160", Some(24_294)));
        assert_eq!(row.name.as_deref(), Some("Xã Mường Nhé"));
    }
}

#[test]
fn an_exported_list_comes_in_again_unchanged() {
    let held = held();
    let dir = tempfile::tempdir().expect("a directory");
    for ending in ["xlsx", "csv"] {
        let path = dir.path().join(format!("units.{ending}"));
        sheet_of(held.iter()).save(&path).expect("written");
        let list =
            read_unit_list(Source::Path(&path), &held, &ListHints::default()).expect("a list");
        assert_eq!((list.zeros, list.file.ignored.len()), (0, 0));
        let plan = UnitPlan::of(&list, &held, None, TODAY);
        assert_eq!(plan.rejected, BTreeMap::new(), ".{ending}");
        assert_eq!((plan.unchanged, plan.puts().len()), (held.len(), 0), ".{ending}");
        // A province that has none of them gets them as they were.
        let list = read_unit_list(Source::Path(&path), &Units::new(), &ListHints::default())
            .expect("a list");
        let plan = UnitPlan::of(&list, &Units::new(), None, TODAY);
        let again = Units::from_list(plan.puts()).expect("one tree");
        assert!(plan.rejected.is_empty() && again.iter().eq(held.iter()), ".{ending}");
    }
}

#[test]
fn zeros_that_a_spreadsheet_ate_are_put_back_where_the_code_is_known_and_counted() {
    let held = held();
    let text = "code,name,kind,parent_code,population\n3160,Xã Mường Nhé,commune,KV1,25000\n\
        TV-900,Tự vệ,self_defense_base,3160,\n3999,Xã Mới,commune,KV1,\n";
    let list = read("units.csv", text.as_bytes(), &held);
    assert_eq!(list.zeros, 2);
    let codes: Vec<&str> = list.rows.iter().map(|(_row, code, _said)| code.as_str()).collect();
    assert_eq!(codes, ["03160", "TV-900"]);
    assert!(list.rejected[&4.into()].to_string().contains("four digits"), "{list:?}");
    // A first list has only the codes that the former units lead to.
    let first = read("units.csv", text.as_bytes(), &Units::new());
    assert_eq!(first.zeros, 2);
}

#[test]
fn a_fault_names_its_cell_and_a_list_without_a_code_is_none() {
    let held = held();
    let fault = |line: &str| {
        let text = format!(
            "code,name,echelon,kind,parent_code,parent_basis,area_km2,population\n{line}\n"
        );
        let list = read("units.csv", text.as_bytes(), &held);
        list.rejected
            .get(&2.into())
            .cloned()
            .unwrap_or_else(|| panic!("{line} is good"))
            .to_string()
    };
    for (line, message) in [
        ("0 1,Xã,commune,commune,11,sourced,,", "unit code"),
        ("03160,Xã,area,commune,11,sourced,,", "`area` is not the echelon of its kind"),
        ("03160,Xã,commune,city,11,sourced,,", "`city` is not a good kind"),
        ("03160,Xã,commune,commune,11,maybe,,", "`maybe` is not a good basis"),
        ("03160,Xã,commune,commune,11,sourced,1.234,", "`1.234` is not a good area"),
        ("03160,Xã,commune,commune,11,sourced,,24.29", "`24.29` is not a good population"),
        ("03160,Xã,commune,commune,11,sourced,,many", "`many` is not a good population"),
    ] {
        assert!(fault(line).contains(message), "{line}: {}", fault(line));
    }
    let none = Source::Bytes { name: "a.csv", bytes: b"a,b\n1,2\n" };
    let none = read_unit_list(none, &held, &ListHints::default());
    assert!(matches!(none, Err(RosterError::NoHeader { .. })), "{none:?}");
}
