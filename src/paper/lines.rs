//! Breaking a text into lines of a width, at spaces, and within a word only where it must be.

use super::fonts::{Face, Fonts};

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) face: Face,
    /// In points.
    pub(super) size: f32,
    /// Leaning, as the form asks for in some places.
    pub(super) slant: bool,
}

impl Style {
    pub(super) const fn regular(size: f32) -> Self {
        Self { face: Face::Regular, size, slant: false }
    }

    pub(super) const fn bold(size: f32) -> Self {
        Self { face: Face::Bold, size, slant: false }
    }

    pub(super) const fn slanted(self) -> Self {
        Self { slant: true, ..self }
    }

    /// From one line's foot to the next, in points.
    pub(super) fn leading(self) -> f32 {
        self.size * 1.28
    }
}

/// One line of a broken text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) text: String,
    /// In points, without any spreading.
    pub(super) width: f32,
    /// Whether the paragraph ends here: such a line is not spread.
    pub(super) is_last: bool,
}

/// Breaks a text into lines; the first is shorter by `indent`. There is one line at least.
pub(super) fn broken(
    fonts: &Fonts,
    style: Style,
    text: &str,
    width: f32,
    indent: f32,
) -> Vec<Line> {
    let text = fonts.drawable(text);
    let measure = |part: &str| fonts.width(style.face, style.size, part);
    let mut lines: Vec<Line> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        for piece in pieces(word, width - indent, &measure) {
            let room = if lines.is_empty() { width - indent } else { width };
            let joined = if line.is_empty() { piece.clone() } else { format!("{line} {piece}") };
            if measure(&joined) <= room {
                line = joined;
            } else {
                push(&mut lines, std::mem::replace(&mut line, piece), &measure);
            }
        }
    }
    push(&mut lines, line, &measure);
    if let Some(last) = lines.last_mut() {
        last.is_last = true;
    }
    lines
}

fn push(lines: &mut Vec<Line>, text: String, measure: &impl Fn(&str) -> f32) {
    let width = measure(&text);
    lines.push(Line { text, width, is_last: false });
}

/// A word in pieces that each fit a line; most words are one.
fn pieces(word: &str, width: f32, measure: &impl Fn(&str) -> f32) -> Vec<String> {
    if measure(word) <= width {
        return vec![word.to_owned()];
    }
    let mut pieces = vec![String::new()];
    for letter in word.chars() {
        let last = pieces.last_mut().expect("there is one from the start");
        last.push(letter);
        if measure(last) > width && last.chars().count() > 1 {
            last.pop();
            pieces.push(letter.to_string());
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_too_long_and_no_word_is_lost() {
        let fonts = Fonts::load().expect("the fonts are in the program");
        let style = Style::regular(14.0);
        let long = "x".repeat(300);
        let text = format!("Các đơn vị nhận lệnh tập trung quân nhân dự bị {long} đúng giờ.");
        for width in [60.0, 200.0, 460.0] {
            let lines = broken(&fonts, style, &text, width, 20.0);
            for (at, line) in lines.iter().enumerate() {
                let room = if at == 0 { width - 20.0 } else { width };
                assert!(line.width <= room + 0.01, "{width}: {line:?}");
            }
            let bare = |text: &str| text.replace(' ', "");
            let all: String = lines.iter().map(|line| bare(&line.text)).collect();
            assert_eq!(all, bare(&text));
            assert_eq!(lines.iter().filter(|line| line.is_last).count(), 1);
        }
    }

    #[test]
    fn an_empty_text_is_one_empty_line() {
        let fonts = Fonts::load().expect("the fonts are in the program");
        let lines = broken(&fonts, Style::regular(14.0), " \n ", 100.0, 0.0);
        assert_eq!(lines, [Line { text: String::new(), width: 0.0, is_last: true }]);
    }
}
