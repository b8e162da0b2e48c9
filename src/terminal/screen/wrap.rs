//! Lines broken at spaces to a width, so that the page knows how long it is.
//!
//! Called while a page is drawn. Nothing is lost but the spaces at which a line is broken.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// A character, how it is drawn, and how many columns it takes.
type Cell = (char, Style, usize);

/// A line as lines of at most `width` columns; an empty line stays one line.
pub(super) fn wrap(line: &Line<'_>, width: usize) -> Vec<Line<'static>> {
    let width = width.max(1);
    let mut rows = Vec::new();
    let mut row: Vec<Cell> = Vec::new();
    for cell in cells(line) {
        if columns(&row) + cell.2 > width {
            let rest = match row.iter().rposition(|(sign, ..)| *sign == ' ') {
                // A space just past the edge ends the row by itself.
                _at if cell.0 == ' ' => Vec::new(),
                Some(space) if space > 0 => row.split_off(space + 1),
                _one_long_word => Vec::new(),
            };
            rows.push(drawn(&row));
            row = rest;
            if cell.0 == ' ' {
                continue;
            }
        }
        row.push(cell);
    }
    rows.push(drawn(&row));
    rows
}

fn cells(line: &Line<'_>) -> Vec<Cell> {
    let mut cells = Vec::new();
    for span in &line.spans {
        let style = line.style.patch(span.style);
        for sign in span.content.chars() {
            cells.push((sign, style, Span::raw(sign.to_string()).width()));
        }
    }
    cells
}

fn columns(row: &[Cell]) -> usize {
    row.iter().map(|(_sign, _style, columns)| columns).sum()
}

fn drawn(row: &[Cell]) -> Line<'static> {
    let same = row.chunk_by(|(_, style, _), (_, next, _)| style == next);
    let spans = same.filter_map(|run| {
        let text: String = run.iter().map(|(sign, ..)| sign).collect();
        run.first().map(|(_sign, style, _columns)| Span::styled(text, *style))
    });
    Line::from(spans.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<String> {
        wrap(&Line::from(text), width).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_words_that_are_too_long_anywhere() {
        assert_eq!(wrapped("gọi quân nhân", 8), ["gọi quân", "nhân"]);
        assert_eq!(wrapped("gọi quân nhân", 13), ["gọi quân nhân"]);
        assert_eq!(wrapped("gọi quân", 3), ["gọi", "quâ", "n"]);
        assert_eq!(wrapped("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrapped("", 5), [""]);
        assert_eq!(wrapped("ab", 0), ["a", "b"]);
    }

    #[test]
    fn no_sign_is_lost_and_each_keeps_its_style() {
        let red = Style::new().fg(ratatui::style::Color::Red);
        let line = Line::from(vec![Span::raw("một hai "), Span::styled("ba bốn năm", red)]);
        let rows = wrap(&line, 9);
        let text: String = rows.iter().map(ToString::to_string).collect();
        assert_eq!(text, "một hai ba bốn năm");
        assert!(rows.iter().all(|row| row.width() <= 9));
        let is_red = |word: &str| {
            let mut spans = rows.iter().flat_map(|row| &row.spans);
            spans.find(|span| span.content.contains(word)).map(|span| span.style == red)
        };
        assert_eq!(
            [is_red("hai"), is_red("ba"), is_red("năm")],
            [Some(false), Some(true), Some(true)]
        );
    }
}
