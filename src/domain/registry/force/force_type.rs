//! Types of militia: a list that stays open, for the law adds to it (air defense and artillery came
//! with the amendment of 2025).
//!
//! Invariants: a known type is stored by its code, whatever words a file used; another is kept as it
//! was written, cleaned, and is told apart by its folded form.

use std::fmt;

use super::super::vocabulary::vocabulary;
use crate::domain::text::{clean, fold};

/// Longest type that is not known, in characters.
pub const FORCE_TYPE_CHARS_MAX: usize = 60;

vocabulary!(
    /// Types of militia that the law names.
    KnownForce {
        /// Dân quân thường trực.
        Standing = 1, "standing", "Dân quân thường trực", ["dan quan thuong truc", "thuong truc"];
        /// Dân quân tự vệ cơ động.
        Mobile = 2, "mobile", "Dân quân tự vệ cơ động",
            ["dan quan tu ve co dong", "dan quan co dong", "co dong"];
        /// Dân quân tự vệ tại chỗ.
        OnSite = 3, "on_site", "Dân quân tự vệ tại chỗ",
            ["dan quan tu ve tai cho", "dan quan tai cho", "tai cho"];
        /// Dân quân tự vệ phòng không.
        AirDefense = 4, "air_defense", "Dân quân tự vệ phòng không",
            ["dan quan tu ve phong khong", "dan quan phong khong", "phong khong"];
        /// Dân quân tự vệ pháo binh.
        Artillery = 5, "artillery", "Dân quân tự vệ pháo binh",
            ["dan quan tu ve phao binh", "dan quan phao binh", "phao binh"];
        /// Công binh.
        Engineer = 6, "engineer", "Công binh", ["cong binh"];
        /// Trinh sát.
        Reconnaissance = 7, "reconnaissance", "Trinh sát", ["trinh sat"];
        /// Thông tin.
        Signals = 8, "signals", "Thông tin", ["thong tin"];
        /// Phòng hóa.
        Chemical = 9, "chemical", "Phòng hóa", ["phong hoa"];
        /// Y tế.
        Medical = 10, "medical", "Y tế", ["y te", "quan y"];
    }
);

/// A type of militia.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ForceType(String);

impl ForceType {
    /// The type that a text means: a known one by code, word or spelling, else the text itself with
    /// at most [`FORCE_TYPE_CHARS_MAX`] characters. None if it is blank, too long or has control
    /// characters.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(known) = KnownForce::parse(text) {
            return Some(Self(known.code().to_owned()));
        }
        let other = clean(text);
        let fits = !fold(&other).is_empty()
            && other.chars().count() <= FORCE_TYPE_CHARS_MAX
            && !other.chars().any(|c| c.is_control() || matches!(c, ';' | '='));
        fits.then_some(Self(other))
    }

    /// The code of a known type, else the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The known type, if it is one.
    pub fn known(&self) -> Option<KnownForce> {
        KnownForce::ALL.iter().copied().find(|known| known.code() == self.0)
    }

    /// The words for people.
    pub fn vietnamese(&self) -> &str {
        match self.known() {
            Some(known) => known.vietnamese(),
            None => &self.0,
        }
    }
}

impl fmt::Debug for ForceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_types_are_found_by_their_words_and_others_are_kept() {
        let parsed = |text: &str| ForceType::parse(text).expect(text);
        assert_eq!(parsed("Dân quân CƠ ĐỘNG").known(), Some(KnownForce::Mobile));
        assert_eq!(parsed("mobile"), parsed("cơ động"));
        let other = parsed(" Dân quân  biển ");
        assert_eq!((other.as_str(), other.known()), ("Dân quân biển", None));
        assert_eq!(other.vietnamese(), "Dân quân biển");
        for refused in ["", "  ", "a;b", &"a".repeat(61)] {
            assert_eq!(ForceType::parse(refused), None, "{refused}");
        }
    }

    #[test]
    fn every_known_type_comes_back_by_number_code_and_word() {
        for known in KnownForce::ALL {
            assert_eq!(KnownForce::from_number(known.number()), Some(*known));
            assert_eq!(KnownForce::parse(known.code()), Some(*known));
            assert_eq!(KnownForce::parse(known.vietnamese()), Some(*known), "{known:?}");
        }
    }
}
