//! The words for what a unit is, as lists have them: Vietnamese, or the program's own.

use crate::domain::text::fold;
use crate::domain::unit::{Echelon, ParentBasis, UNIT_KINDS, UnitKind};

const ECHELONS: [Echelon; 5] =
    [Echelon::Province, Echelon::Area, Echelon::District, Echelon::Commune, Echelon::Base];
const BASES: [ParentBasis; 3] = [ParentBasis::Sourced, ParentBasis::Assumed, ParentBasis::Weak];

/// A level in words.
pub(super) const fn echelon_word(echelon: Echelon) -> &'static str {
    match echelon {
        Echelon::Province => "Tỉnh",
        Echelon::Area => "Khu vực",
        Echelon::District => "Huyện",
        Echelon::Commune => "Xã",
        Echelon::Base => "Cơ sở",
    }
}

/// A kind in words.
pub(super) const fn kind_word(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::ProvincialCommand => "Bộ Chỉ huy quân sự tỉnh",
        UnitKind::DefensiveAreaCommand => "Ban Chỉ huy phòng thủ khu vực",
        UnitKind::DistrictCommand => "Ban Chỉ huy quân sự huyện",
        UnitKind::Commune => "Xã",
        UnitKind::Ward => "Phường",
        UnitKind::Township => "Thị trấn",
        UnitKind::SelfDefenseBase => "Cơ sở tự vệ",
        UnitKind::CommuneMilitia => "Cơ sở dân quân",
    }
}

/// How well a place is known, in words.
pub(super) const fn basis_word(basis: ParentBasis) -> &'static str {
    match basis {
        ParentBasis::Sourced => "Có văn bản",
        ParentBasis::Assumed => "Suy ra",
        ParentBasis::Weak => "Chưa chắc",
    }
}

pub(super) fn echelon_of(text: &str) -> Option<Echelon> {
    let is = |own: &Echelon| own.as_str() == text || fold(echelon_word(*own)) == fold(text);
    ECHELONS.into_iter().find(is)
}

pub(super) fn kind_of(text: &str) -> Option<UnitKind> {
    let is = |own: &UnitKind| fold(kind_word(*own)) == fold(text);
    UnitKind::parse(text).or_else(|| UNIT_KINDS.into_iter().find(is))
}

pub(super) fn basis_of(text: &str) -> Option<ParentBasis> {
    let is = |own: &ParentBasis| fold(basis_word(*own)) == fold(text);
    ParentBasis::parse(text).or_else(|| BASES.into_iter().find(is))
}

/// The kind that a full name begins with ("Xã Na Son").
pub(super) fn kind_of_name(name: &str) -> Option<UnitKind> {
    let begins = |kind: &UnitKind| {
        let word = format!("{} ", kind_word(*kind).to_lowercase());
        name.to_lowercase().starts_with(&word)
    };
    [UnitKind::Commune, UnitKind::Ward, UnitKind::Township].into_iter().find(begins)
}
