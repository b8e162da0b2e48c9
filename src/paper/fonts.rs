//! The two faces of printed orders, and how wide a text is in them.
//!
//! Tinos (SIL Open Font License, `fonts/OFL.txt`) has the widths of the face in which Vietnamese
//! official papers are usually set, and every letter of the language. It is inside the program: a
//! commune's machine needs no fonts. Widths come from the same file that is embedded, without
//! kerning, so that a line is exactly as long as it was measured.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider as _};
use unicode_normalization::UnicodeNormalization as _;

use super::PaperError;

const REGULAR: &[u8] = include_bytes!("fonts/Tinos-Regular.ttf");
const BOLD: &[u8] = include_bytes!("fonts/Tinos-Bold.ttf");
/// Stands for a character that the face lacks.
const LACKING: char = '?';

/// Which face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    /// Upright.
    Regular,
    /// Bold.
    Bold,
}

struct Loaded {
    font: Font,
    reference: FontRef<'static>,
    units_per_em: f32,
}

/// Both faces, ready to measure and to draw.
pub(super) struct Fonts {
    regular: Loaded,
    bold: Loaded,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fonts")
    }
}

impl Fonts {
    /// Reads the embedded files.
    ///
    /// # Errors
    /// [`PaperError::Font`]: the program was built with files that are no fonts.
    pub(super) fn load() -> Result<Self, PaperError> {
        Ok(Self { regular: Loaded::new(REGULAR)?, bold: Loaded::new(BOLD)? })
    }

    const fn of(&self, face: Face) -> &Loaded {
        match face {
            Face::Regular => &self.regular,
            Face::Bold => &self.bold,
        }
    }

    /// What krilla draws with.
    pub(super) fn font(&self, face: Face) -> Font {
        self.of(face).font.clone()
    }

    /// How wide a text is, in points.
    pub(super) fn width(&self, face: Face, size: f32, text: &str) -> f32 {
        let own = self.of(face);
        let metrics = own.metrics();
        text.chars().map(|letter| own.advance(&metrics, letter)).sum::<f32>() * size
    }

    /// The glyphs of a text, each space made wider by `spread` points.
    pub(super) fn glyphs(
        &self,
        face: Face,
        size: f32,
        text: &str,
        spread: f32,
    ) -> Vec<KrillaGlyph> {
        let own = self.of(face);
        let (metrics, map) = (own.metrics(), own.reference.charmap());
        text.char_indices()
            .map(|(at, letter)| {
                let glyph = map.map(letter).map_or(0, skrifa::GlyphId::to_u32);
                let more = if letter == ' ' { spread / size } else { 0.0 };
                KrillaGlyph::new(
                    GlyphId::new(glyph),
                    own.advance(&metrics, letter) + more,
                    0.0,
                    0.0,
                    0.0,
                    at..at + letter.len_utf8(),
                    None,
                )
            })
            .collect()
    }

    /// A text as it can be drawn: composed, without control characters, and with a sign for what the
    /// face lacks.
    pub(super) fn drawable(&self, text: &str) -> String {
        let maps = [self.regular.reference.charmap(), self.bold.reference.charmap()];
        let drawn = |letter: char| match letter {
            _blank if letter.is_whitespace() => ' ',
            // Marks of direction could turn the reading of what stands on the paper.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => LACKING,
            _known if maps.iter().all(|map| map.map(letter).is_some_and(is_drawn)) => letter,
            _lacking => LACKING,
        };
        text.nfc().map(drawn).collect()
    }
}

fn is_drawn(glyph: skrifa::GlyphId) -> bool {
    glyph.to_u32() != 0
}

impl Loaded {
    fn new(bytes: &'static [u8]) -> Result<Self, PaperError> {
        let font = Font::new(bytes.into(), 0).ok_or(PaperError::Font)?;
        let reference = FontRef::new(bytes).map_err(|_no_font| PaperError::Font)?;
        let units_per_em = font.units_per_em();
        Ok(Self { font, reference, units_per_em })
    }

    fn metrics(&self) -> GlyphMetrics<'static> {
        self.reference.glyph_metrics(Size::unscaled(), LocationRef::default())
    }

    /// In ems.
    fn advance(&self, metrics: &GlyphMetrics<'_>, letter: char) -> f32 {
        let glyph = self.reference.charmap().map(letter).unwrap_or_default();
        metrics.advance_width(glyph).unwrap_or_default() / self.units_per_em
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_the_language_is_drawn_and_what_is_not_drawn_is_shown_as_lacking() {
        let fonts = Fonts::load().expect("the fonts are in the program");
        let letters = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ";
        let all = format!("{letters}{} 0123456789 .,;:/-–()[]«»\"'%+", letters.to_uppercase());
        assert_eq!(fonts.drawable(&all), all);
        assert_eq!(fonts.drawable("e\u{302}\u{301}"), "ế", "composed");
        assert_eq!(fonts.drawable("a\tb\u{1b}c\u{202e}d\u{65e5}"), "a b?c?d?");
    }

    #[test]
    fn a_line_is_as_long_as_its_letters() {
        let fonts = Fonts::load().expect("the fonts are in the program");
        let whole = fonts.width(Face::Bold, 14.0, "Số: 12");
        let parts: f32 =
            ["Số", ": ", "12"].iter().map(|part| fonts.width(Face::Bold, 14.0, part)).sum();
        assert!((whole - parts).abs() < 0.01, "{whole} and {parts}");
        let drawn: f32 = fonts
            .glyphs(Face::Bold, 14.0, "Số: 12", 3.0)
            .iter()
            .map(|glyph| glyph.x_advance * 14.0)
            .sum();
        assert!((drawn - whole - 3.0).abs() < 0.01, "one space is wider by three points");
    }
}
