//! The codes on the last pages of a print.

use super::lines::Style;
use super::page::{Area, Ink, LEFT, Pages, RIGHT};
use super::{PaperError, code, words};
use crate::domain::order::handling::Handling;
use crate::wire::order::printed::Printed;

/// The side of a code with its border, in points: two stand beside each other.
const CODE_SIDE: f32 = 222.0;
/// The largest side of one square, in points: 1 mm, six pixels of a scan at 150 dpi.
const SQUARE_MAX: f32 = 2.85;
/// The white border of a code, in squares.
const BORDER: f32 = 4.0;

/// The codes, two in a row, with what they are for.
pub(super) fn codes(
    pages: &mut Pages,
    printed: &Printed,
    handling: Handling,
) -> Result<(), PaperError> {
    let texts = code::texts(printed)?;
    let of = texts.len();
    let mut drawn = Vec::with_capacity(of);
    for text in &texts {
        let (across, dark) = code::squares(text)?;
        drawn.push((across, dark, f32::from(u16::try_from(across).unwrap_or(u16::MAX))));
    }
    let most = drawn.iter().map(|(_across, _dark, squares)| *squares).fold(21.0, f32::max);
    let square = (CODE_SIDE / (most + BORDER * 2.0)).min(SQUARE_MAX);
    let border = BORDER * square;
    let cell = (most + BORDER * 2.0) * square + 14.0;
    pages.need(62.0 + cell);
    pages.y += 6.0;
    pages.fill(Area(LEFT, pages.y, RIGHT - LEFT, 0.7), Ink::Black);
    pages.y += 2.0;
    let word = words::across(handling);
    let heading = if word.is_empty() { String::new() } else { format!(" ({word})") };
    pages.paragraph(Style::bold(11.5), 0.0, &format!("MÃ KIỂM CHỨNG{heading}: {of} mã"));
    pages.paragraph(Style::regular(10.0), 0.0, EXPLAINED);
    pages.y += 4.0;
    let middle = f32::midpoint(LEFT, RIGHT);
    for (row, pair) in drawn.chunks_mut(2).enumerate() {
        pages.need(cell);
        let top = pages.y;
        let gap = (RIGHT - LEFT) / 4.0;
        for (column, (across, dark, squares)) in pair.iter_mut().enumerate() {
            let side = *squares * square;
            let x = match (of, column) {
                (1, _only) => middle,
                (_several, 0) => middle - gap,
                _second => middle + gap,
            };
            let area = Area(x - side / 2.0, top + border, side, side);
            let ground = Area(area.0 - border, top, side + border * 2.0, side + border * 2.0);
            pages.fill(ground, Ink::White);
            pages.squares(area, *across, std::mem::take(dark));
            let caption = format!("Mã {}/{of}", row * 2 + column + 1);
            let foot = top + side + border * 2.0 + 8.0;
            pages.centred(x, foot, Style::regular(9.5), Ink::Black, &caption);
        }
        pages.y = top + cell;
    }
    Ok(())
}

const EXPLAINED: &str = "Mã chứa nguyên văn nội dung đã ký và các chữ ký số. Chụp ảnh rõ từng mã rồi kiểm chứng không cần mạng: hoatoc order verify --qr ẢNH. Chữ in trên giấy chỉ có giá trị khi khớp với nội dung mà mã cho thấy; đọc dấu vân tay ở chân trang qua điện thoại để đối chiếu.";
