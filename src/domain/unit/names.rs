//! How files write the names of units: words for the kind, in full or short, and spellings that
//! differ from one file to the next.

use unicode_normalization::UnicodeNormalization;

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

/// Spellings of one name that differ in marks, in small letters.
const MARKED_VARIANTS: [&[&str]; 3] =
    [&["pu nhi", "pú nhi"], &["noong hẹt", "noọng hẹt"], &["luân giói", "luân giới"]];

/// A syllable's letters without its tone, and the tone: hoà and hòa are the same.
fn syllable(word: &str) -> (String, Option<char>) {
    let is_tone = |c: &char| matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}');
    let parts: Vec<char> = word.nfd().collect();
    let letters = parts.iter().filter(|c| !is_tone(c)).collect();
    (letters, parts.into_iter().find(is_tone))
}

/// Whether two names in small letters are one, or known spellings of one.
fn is_same_spelling(one: &str, other: &str) -> bool {
    let is_known = |names: &&[&str]| names.contains(&one) && names.contains(&other);
    let is_variant =
        || fold(one) != fold(other) && canonical(&fold(one)) == canonical(&fold(other));
    one.split(' ').map(syllable).eq(other.split(' ').map(syllable))
        || MARKED_VARIANTS.iter().any(is_known)
        || is_variant()
}

impl Unit {
    /// Whether a text that was found to mean this unit writes its name with the marks that it bears, or in
    /// a known other spelling; case, the place of a tone in its syllable and the word for the kind aside.
    pub fn is_spelled(&self, text: &str) -> bool {
        let (bare, full) = (bare(self), clean(&self.name).to_lowercase());
        readings(text).iter().any(|reading| {
            is_same_spelling(&bare, &reading.marked) || is_same_spelling(&full, &reading.marked)
        })
    }

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
