//! Lists of militia and self-defense bases: their columns and how a row becomes a [`MilitiaBase`].
//!
//! Forms give the strength by type in one cell, or in a column for each type; both come to the same.

use super::{Column, Kind, PartHeader, Said, repair};
use crate::domain::ids::UnitCode;
use crate::domain::registry::{
    BaseKind, BaseStatus, Checked, KnownForce, Lists, MilitiaBase, MilitiaBaseInput, Problem,
    ProblemCode, Warning, commune_base_code,
};
use crate::domain::text::fold;
use crate::roster::RosterKind;
use crate::roster::file::Reading;
use crate::roster::refused::hints;
use crate::wire::pb;

/// The kind of list that holds militia and self-defense bases.
#[derive(Debug)]
pub(in crate::roster) struct Bases;

/// A base as its form has it.
#[derive(Default)]
pub(in crate::roster) struct BaseRow {
    base: MilitiaBaseInput,
    /// The commune, merged since, whose base the row tells of by its code.
    merged: Option<UnitCode>,
    standing: String,
    mobile: String,
    on_site: String,
    air_defense: String,
    artillery: String,
    engineer: String,
    reconnaissance: String,
    signals: String,
    chemical: String,
    medical: String,
}

impl From<&pb::MilitiaBase> for BaseRow {
    fn from(record: &pb::MilitiaBase) -> Self {
        Self { base: record.into(), ..Self::default() }
    }
}

impl Kind for Bases {
    type Input = BaseRow;
    type Record = MilitiaBase;
    type Key = String;

    const KIND: RosterKind = RosterKind::MilitiaBases;
    const UNIT_FIELD: &'static str = "unit";
    const OTHER_UNIT_FIELDS: &'static [&'static str] = &[];
    const REQUIRED: &'static [&'static str] = &["name"];
    const ANCHORS: &'static [&'static str] = &["code"];
    const IDENTITY: &'static [&'static str] = &["code"];
    const OWN: &'static [&'static str] = &["code", "name", "commander", "phones"];
    const PARTS: &'static [PartHeader] = &[];
    const SPREAD: &'static [&'static str] = &["kind"];
    const SHORT_UNDER: &'static [(&'static str, &'static str)] = &[
        ("tt", "standing"),
        ("dqtt", "standing"),
        ("cd", "mobile"),
        ("dqcd", "mobile"),
        ("tc", "on_site"),
        ("dqtc", "on_site"),
        ("pk", "air_defense"),
        ("pb", "artillery"),
        ("cb", "engineer"),
        ("ts", "reconnaissance"),
        ("ph", "chemical"),
        ("yt", "medical"),
    ];
    const SHOWN: &'static [&'static str] = &[
        "code",
        "kind",
        "unit",
        "authorised",
        "present",
        "by_type",
        "party_members",
        "status",
        "standing",
        "mobile",
        "on_site",
    ];
    const COLUMNS: &'static [Column<BaseRow>] = columns_of!(BaseRow, base {
        code Plain ["ma co so", "ma", "ma so", "ma dan quan tu ve", "base code"],
        kind Plain ["loai", "loai co so", "loai hinh", "loai hinh co so", "base kind", "type"],
        unit Plain ["xa phuong", "xa", "phuong", "phuong xa", "don vi hanh chinh", "dia ban",
            "ten xa", "ten xa phuong", "ma xa", "ma don vi", "thuoc xa phuong", "unit code",
            "commune", "ward", "commune ward"],
        name Plain ["ten co so", "co so", "ten", "ten don vi", "don vi", "co so dan quan tu ve",
            "ten co so dan quan tu ve", "base name", "base"],
        host_org Plain ["co quan chu quan", "co quan to chuc", "co quan to chuc chu quan",
            "don vi chu quan", "co quan", "doanh nghiep", "host", "host organisation"],
        authorised Plain ["bien che", "quan so bien che", "theo bien che", "chi tieu",
            "authorised strength", "authorized", "authorised count"],
        present Plain ["quan so", "hien co", "quan so hien co", "tong quan so", "so hien co", "strength",
            "present strength", "present count"],
        by_type Plain ["quan so theo loai", "theo loai", "theo luc luong", "luc luong", "by type",
            "strength by type"],
        party_members Plain ["dang vien", "so dang vien", "la dang vien", "party member count"],
        commander Plain ["chi huy truong", "chi huy", "nguoi chi huy", "ho ten chi huy",
            "ho ten chi huy truong"],
        phones Phone ["so dien thoai", "dien thoai", "sdt", "dt", "so dt", "phone", "telephone"],
        established_on Date ["ngay thanh lap", "thanh lap", "thanh lap ngay", "established"],
        status Plain ["tinh trang", "trang thai"],
        note Plain ["ghi chu", "notes", "remarks"],
    }
        standing ["thuong truc", "dan quan thuong truc"],
        mobile ["co dong", "dan quan co dong", "dan quan tu ve co dong"],
        on_site ["tai cho", "dan quan tai cho", "dan quan tu ve tai cho"],
        air_defense ["phong khong", "dan quan phong khong", "dan quan tu ve phong khong"],
        artillery ["phao binh", "dan quan phao binh", "dan quan tu ve phao binh"],
        engineer ["cong binh"],
        reconnaissance ["trinh sat"],
        signals ["thong tin"],
        chemical ["phong hoa"],
        medical ["y te", "quan y"],
    );

    fn check(
        mut row: BaseRow,
        lists: &Lists<'_>,
        repairs: &mut Vec<Warning>,
    ) -> Result<Checked<MilitiaBase>, Vec<Problem>> {
        let columns = [
            (KnownForce::Standing, &row.standing),
            (KnownForce::Mobile, &row.mobile),
            (KnownForce::OnSite, &row.on_site),
            (KnownForce::AirDefense, &row.air_defense),
            (KnownForce::Artillery, &row.artillery),
            (KnownForce::Engineer, &row.engineer),
            (KnownForce::Reconnaissance, &row.reconnaissance),
            (KnownForce::Signals, &row.signals),
            (KnownForce::Chemical, &row.chemical),
            (KnownForce::Medical, &row.medical),
        ];
        for (force, strength) in columns {
            // A dash or nothing is none of the type.
            let strength = strength.trim();
            if !matches!(strength, "" | "-" | "0") {
                let by_type = &mut row.base.by_type;
                by_type.push_str(&format!(";{}: {strength}", force.code()));
            }
        }
        named_by_kind(&mut row.base);
        own_code(&mut row.base, row.merged.as_ref(), lists, repairs);
        repair::date(&mut row.base.established_on);
        repair::phones(&mut row.base.phones, repairs);
        row.base.check(lists)
    }

    fn merged(row: &mut BaseRow, unit: &UnitCode) {
        row.merged = Some(unit.clone());
    }

    fn likeness(record: &MilitiaBase) -> Vec<String> {
        let is_commune = record.kind == BaseKind::CommuneMilitia;
        let is_active = record.status == BaseStatus::Active;
        (is_commune && is_active).then(|| record.unit.to_string()).into_iter().collect()
    }

    fn hint(problem: &Problem, said: &Said<'_>) -> Option<String> {
        let is_missing =
            problem.code == ProblemCode::CodeInvalid && (said.cell)("code").trim().is_empty();
        is_missing.then(|| hints::CODE_MISSING.to_owned())
    }

    fn keys(record: &MilitiaBase) -> Vec<String> {
        vec![record.code.to_string()]
    }

    fn states() -> Vec<&'static str> {
        BaseStatus::ALL.iter().map(|state| state.vietnamese()).collect()
    }

    fn unit(record: &MilitiaBase) -> &UnitCode {
        &record.unit
    }
}

/// "Tự vệ Sở Y tế" says the kind of the base and its host, where no column does.
fn named_by_kind(base: &mut MilitiaBaseInput) {
    let is_self_defense = fold(&base.name).starts_with("tu ve ");
    if !is_self_defense || !base.host_org.trim().is_empty() {
        return;
    }
    let kind = BaseKind::parse(&base.kind);
    if base.kind.trim().is_empty() || kind == Some(BaseKind::AgencySelfDefense) {
        BaseKind::AgencySelfDefense.code().clone_into(&mut base.kind);
        base.host_org = base.name.split_whitespace().skip(2).collect::<Vec<_>>().join(" ");
    }
}

/// A commune has one base: its code, where the list gives none, is made from the commune's. That of a
/// commune which was merged since is not the successor's own. Nor is one made for a self-defense base: its
/// commune has many, and a code made of a name, which every list spells in its own way, would make two
/// bases of one.
fn own_code(
    base: &mut MilitiaBaseInput,
    merged: Option<&UnitCode>,
    lists: &Lists<'_>,
    repairs: &mut Vec<Warning>,
) {
    let is_commune = match base.kind.trim() {
        "" => base.host_org.trim().is_empty(),
        kind => BaseKind::parse(kind) == Some(BaseKind::CommuneMilitia),
    };
    if !base.code.trim().is_empty() || !is_commune {
        return;
    }
    let commune = merged.or_else(|| lists.units.find(base.unit.trim()).map(|unit| &unit.code));
    if let Some(commune) = commune {
        base.code = commune_base_code(commune.as_str());
        repairs.push(Warning::MilitiaCodeDerived);
    }
}
