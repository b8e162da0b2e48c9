//! The code tables: which character an old code stands for.
//!
//! Sources: TCVN 5712:1993 (the fonts .VnTime and their kin), the VNI fonts for Windows, code page
//! 1258. Where the standard's newer editions add capitals with tones, those are taken as well.

/// What a code of TCVN3 stands for; 0 where it stands for nothing. From 0xA1 on.
const TCVN3: [char; 95] = [
    'Ă', 'Â', 'Ê', 'Ô', 'Ơ', 'Ư', 'Đ', 'ă', 'â', 'ê', 'ô', 'ơ', 'ư', 'đ', 'Ằ', '\0', '\0', '\0',
    '\0', '\0', 'à', 'ả', 'ã', 'á', 'ạ', 'Ẳ', 'ằ', 'ẳ', 'ẵ', 'ắ', 'Ẵ', 'Ắ', 'Ầ', 'Ẩ', 'Ẫ', 'Ấ',
    'Ề', 'ặ', 'ầ', 'ẩ', 'ẫ', 'ấ', 'ậ', 'è', 'Ể', 'ẻ', 'ẽ', 'é', 'ẹ', 'ề', 'ể', 'ễ', 'ế', 'ệ', 'ì',
    'ỉ', 'Ễ', 'Ế', 'Ồ', 'ĩ', 'í', 'ị', 'ò', 'Ổ', 'ỏ', 'õ', 'ó', 'ọ', 'ồ', 'ổ', 'ỗ', 'ố', 'ộ', 'ờ',
    'ở', 'ỡ', 'ớ', 'ợ', 'ù', 'Ỗ', 'ủ', 'ũ', 'ú', 'ụ', 'ừ', 'ử', 'ữ', 'ứ', 'ự', 'ỳ', 'ỷ', 'ỹ', 'ý',
    'ỵ', 'Ố',
];

/// The letter that TCVN3 has at this place of Latin-1.
pub(super) fn tcvn3(c: char) -> Option<char> {
    let at = u32::from(c).checked_sub(0xA1).and_then(|at| usize::try_from(at).ok())?;
    TCVN3.get(at).copied().filter(|letter| *letter != '\0')
}

/// Letters that VNI has a code of their own for.
pub(super) const fn vni_letter(c: char) -> Option<char> {
    Some(match c {
        'ñ' => 'đ',
        'Ñ' => 'Đ',
        'ô' => 'ơ',
        'Ô' => 'Ơ',
        'ö' => 'ư',
        'Ö' => 'Ư',
        'ì' | 'í' => c,
        'Ì' | 'Í' => c,
        'æ' => 'ỉ',
        'Æ' => 'Ỉ',
        'ó' => 'ĩ',
        'Ó' => 'Ĩ',
        'ò' => 'ị',
        'Ò' => 'Ị',
        'î' => 'ỵ',
        'Î' => 'Ỵ',
        _ => return None,
    })
}

/// The marks, as combining characters, that a VNI code puts on the vowel before it.
pub(super) const fn vni_marks(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' | 'Ø' => "\u{300}",
        'ù' | 'Ù' => "\u{301}",
        'û' | 'Û' => "\u{309}",
        'õ' | 'Õ' => "\u{303}",
        'ï' | 'Ï' => "\u{323}",
        'â' | 'Â' => "\u{302}",
        'à' | 'À' => "\u{302}\u{300}",
        'á' | 'Á' => "\u{302}\u{301}",
        'å' | 'Å' => "\u{302}\u{309}",
        'ã' | 'Ã' => "\u{302}\u{303}",
        'ä' | 'Ä' => "\u{323}\u{302}",
        'ê' | 'Ê' => "\u{306}",
        'è' | 'È' => "\u{306}\u{300}",
        'é' | 'É' => "\u{306}\u{301}",
        'ú' | 'Ú' => "\u{306}\u{309}",
        'ü' | 'Ü' => "\u{306}\u{303}",
        'ë' | 'Ë' => "\u{323}\u{306}",
        _ => return None,
    })
}

/// Rimes of Vietnamese syllables, folded, with the spellings of this province's names.
pub(super) const RIMES: &[&str] = &[
    "a", "ac", "ach", "ai", "am", "an", "ang", "anh", "ao", "ap", "at", "au", "ay", "e", "ec",
    "ech", "em", "en", "eng", "enh", "eo", "ep", "et", "eu", "i", "ia", "ich", "iec", "iem", "ien",
    "ieng", "iep", "iet", "ieu", "im", "in", "inh", "ip", "it", "iu", "o", "oa", "oac", "oach",
    "oai", "oam", "oan", "oang", "oanh", "oao", "oap", "oat", "oay", "oc", "oe", "oen", "oeo",
    "oet", "oi", "om", "on", "ong", "ooc", "oong", "op", "ot", "u", "ua", "uan", "uang", "uat",
    "uay", "uc", "ue", "uech", "uenh", "ui", "um", "un", "ung", "uo", "uoc", "uoi", "uom", "uon",
    "uong", "uop", "uot", "uou", "up", "ut", "uu", "uy", "uya", "uych", "uyen", "uyet", "uynh",
    "uyt", "uyu", "y", "yem", "yen", "yet", "yeu",
];

/// Beginnings of Vietnamese syllables, folded, longest first where one begins another.
pub(super) const ONSETS: &[&str] = &[
    "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", "b", "c", "d", "g", "h",
    "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", "",
];
