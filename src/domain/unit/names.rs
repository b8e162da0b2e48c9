//! How files write the names of units: words for the kind, in full or short, and spellings that
//! differ from one file to the next.

use super::{ChangeError, Unit, UnitKind};
use crate::domain::text::{clean, fold};

/// Words before a commune's name, folded; short ones end in a dot or stand apart.
const KIND_WORDS: [(&str, UnitKind); 9] = [
    ("xa ", UnitKind::Commune),
    ("x.", UnitKind::Commune),
    ("phuong ", UnitKind::Ward),
    ("p.", UnitKind::Ward),
    ("thi tran ", UnitKind::Township),
    ("t.tran ", UnitKind::Township),
    ("t.t.", UnitKind::Township),
    ("tt.", UnitKind::Township),
    ("tt ", UnitKind::Township),
];

/// Words before a district's name, folded, longest first.
const DISTRICT_WORDS: [&str; 12] = [
    "thanh pho ",
    "thi xa ",
    "huyen ",
    "t.pho ",
    "t.p.",
    "tx.",
    "tp.",
    "t.x.",
    "tx ",
    "tp ",
    "h.",
    "h ",
];

/// Spellings of one name in old files and new: the first of a line stands for all. Those that differ
/// in marks only (Pu and Pú Nhi, Noong and Noọng Hẹt, Luân Giói and Giới) are one when folded.
const VARIANTS: [&[&str]; 4] = [
    &["sang nhe", "xa nhe"],
    &["sa tong", "xa tong"],
    &["huoi lech", "huoi lenh"],
    &["sin chai", "xin chai"],
];

/// The folded name by which all spellings of it are kept.
pub(super) fn canonical(folded: &str) -> &str {
    let line = VARIANTS.into_iter().find(|spellings| spellings.contains(&folded));
    line.map_or(folded, |spellings| spellings[0])
}

/// One way to read a text as a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// The kind that the text says; none when it is bare, or a full name of another level.
    pub kind: Option<UnitKind>,
    /// The rest, in small letters, with its marks.
    pub marked: String,
    /// The rest without marks.
    pub folded: String,
}

/// The ways to read a text: as it stands and, if it begins with a word for a kind, without that. A
/// name may itself begin like one ("Xa Dung", "Xá Nhè").
pub(super) fn readings(text: &str) -> Vec<Reading> {
    let (marked, folded) = (clean(text).to_lowercase(), fold(text));
    let mut found = Vec::new();
    for (word, kind) in KIND_WORDS {
        let Some(rest) = folded.strip_prefix(word).map(str::trim) else { continue };
        let letters = word.trim_end().chars().count();
        let own: String = marked.chars().take(letters).collect();
        // "Xá" is no "xã": with a wrong mark it is the name that begins.
        let is_word = !word.starts_with("xa") || own == "xã" || own == "xa";
        if is_word && !rest.is_empty() {
            let marked: String = marked.chars().skip(letters).collect();
            let (marked, folded) = (marked.trim().to_owned(), rest.to_owned());
            found.push(Reading { kind: Some(kind), marked, folded });
        }
    }
    found.push(Reading { kind: None, marked, folded });
    found
}

/// A district's name without the word for its kind, folded.
pub(super) fn bare_district(text: &str) -> String {
    let folded = fold(text);
    let bare = DISTRICT_WORDS.iter().find_map(|word| folded.strip_prefix(word));
    bare.map_or_else(|| folded.clone(), |bare| bare.trim().to_owned())
}

/// A commune's name without the word for its kind; any other unit's full name. In small letters.
pub(super) fn bare(unit: &Unit) -> String {
    let name = clean(&unit.name).to_lowercase();
    let word = unit.kind.name_word().map(str::to_lowercase).unwrap_or_default();
    let bare = name.strip_prefix(&word).and_then(|rest| rest.strip_prefix(' '));
    bare.map_or_else(|| name.clone(), str::to_owned)
}

impl UnitKind {
    /// The word that the full name of a commune, ward or township begins with; other units are called as
    /// they are.
    pub const fn name_word(self) -> Option<&'static str> {
        match self {
            Self::Commune => Some("Xã"),
            Self::Ward => Some("Phường"),
            Self::Township => Some("Thị trấn"),
            _called_as_it_is => None,
        }
    }
}

impl Unit {
    /// Whether its name is a full one: a commune without the word for it would stand beside another of
    /// the same name with it, and no list could tell the two apart.
    ///
    /// # Errors
    /// [`ChangeError::NoKindWord`].
    pub fn must_name_kind(&self) -> Result<(), ChangeError> {
        match self.kind.name_word() {
            // One without any name is told so by the tree.
            Some(word)
                if !self.name.is_empty() && bare(self) == clean(&self.name).to_lowercase() =>
            {
                let (code, name) = (self.code.clone(), self.name.clone());
                Err(ChangeError::NoKindWord { code, name, word })
            }
            _full => Ok(()),
        }
    }
}
