//! The pages of a commune's call-up sheet: who and what one order calls from it, row by row.
//!
//! The only print with names. Masked, it keeps numbers, specialties and places, and its codes hold the
//! proof without the names.

use super::lines::{Style, broken};
use super::order::{foot, frame, head, row};
use super::page::{Area, Ink, LEFT, Pages, RIGHT};
use super::proof::codes;
use super::{OrderPaper, PaperError, Worth, words};
use crate::domain::order::handling::Handling;
use crate::evidence::fingerprint;
use crate::wire::order::printed::{Printed, PrintedSheet};
use crate::wire::pb;

/// A page of a call-up sheet to be printed, with the order that it belongs to. Personal data.
pub struct SheetPaper<'a> {
    /// The order, whose envelope goes into the codes too.
    pub order: OrderPaper<'a>,
    /// The page as it came, with its proof.
    pub delivery: &'a pb::CallUpSheetDelivery,
    /// What it says.
    pub sheet: &'a pb::CallUpSheet,
    /// The unit's name; its code stands beside it.
    pub unit: String,
    /// Whether names and numbers are left out.
    pub is_masked: bool,
}

impl std::fmt::Debug for SheetPaper<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SheetPaper").field("is_masked", &self.is_masked).finish_non_exhaustive()
    }
}

const SMALL: Style = Style::regular(9.5);
const PAD: f32 = 3.0;

/// A column: what stands at its head, and how wide it is, in points.
type Column = (&'static str, f32);

const PEOPLE: [Column; 7] = [
    ("STT", 26.0),
    ("Họ và tên", 106.0),
    ("Năm sinh", 34.0),
    ("Thôn, bản", 76.0),
    ("CNQS", 46.0),
    ("Điện thoại, liên hệ", 92.0),
    ("Nơi tập trung", 79.0),
];
const ITEMS: [Column; 6] = [
    ("STT", 26.0),
    ("Biển số", 76.0),
    ("Loại, nhãn hiệu", 100.0),
    ("Chủ phương tiện", 96.0),
    ("Điện thoại, thôn bản", 92.0),
    ("Nơi giao", 69.0),
];

impl SheetPaper<'_> {
    /// The sheet as a PDF.
    ///
    /// # Errors
    /// Any [`PaperError`].
    pub fn to_pdf(&self) -> Result<Vec<u8>, PaperError> {
        let (paper, order) = (&self.order, self.order.order);
        let mut pages = Pages::new()?;
        head(&mut pages, paper);
        let (middle, width) = (f32::midpoint(LEFT, RIGHT), RIGHT - LEFT - 40.0);
        pages.centred_lines(middle, width, Style::bold(15.0), "DANH SÁCH GỌI");
        let note = words::kind_note(order.handling);
        if !note.is_empty() {
            pages.centred_lines(middle, width, Style::bold(12.5), note);
        }
        let with =
            format!("Kèm theo {} số {}", words::heading(order).to_lowercase(), order.number_text());
        pages.centred_lines(middle, width, Style::bold(12.5), &with);
        pages.centred_lines(middle, width, Style::regular(12.5).slanted(), &order.title);
        pages.y += 10.0;
        self.facts(&mut pages);
        let people: Vec<Vec<String>> =
            self.sheet.people.iter().map(|own| self.person(own)).collect();
        let items: Vec<Vec<String>> =
            self.sheet.equipment.iter().map(|own| self.item(own)).collect();
        if people.is_empty() && items.is_empty() {
            pages.paragraph(Style::regular(12.5), 0.0, "Đơn vị này không có ai được gọi.");
        }
        table(&mut pages, "Quân nhân dự bị", &PEOPLE, &people, order.handling);
        table(&mut pages, "Phương tiện kỹ thuật", &ITEMS, &items, order.handling);
        foot(&mut pages, paper);
        if paper.worth != Worth::Draft {
            let sheet = Some(PrintedSheet::new(self.delivery, self.is_masked));
            codes(
                &mut pages,
                &Printed { envelope: paper.envelope.clone(), sheet },
                order.handling,
            )?;
        }
        pages.finish(&frame(paper, "Danh sách gọi"))
    }

    fn facts(&self, pages: &mut Pages) {
        let (order, sheet) = (self.order.order, self.sheet);
        let unit = if self.unit.is_empty() {
            format!("mã {}", sheet.unit_code)
        } else {
            format!("{} (mã {})", self.unit, sheet.unit_code)
        };
        row(pages, "Đơn vị", &unit);
        let total = format!(
            "{} người, {} phương tiện; trang danh sách {}/{}",
            words::grouped(sheet.people_total.into()),
            words::grouped(sheet.equipment_total.into()),
            sheet.page,
            sheet.pages
        );
        row(pages, "Được gọi", &total);
        if let Some(station) = &order.station {
            row(pages, "Trạm tập trung", &station.name);
        }
        row(pages, "Trả lời trước", &words::moment(order.answer_by));
        row(pages, "Dấu vân tay danh sách", &fingerprint(&self.leaf()));
        if self.is_masked {
            let said = "tên và số điện thoại đã che: chỉ đơn vị được gọi giữ bản đầy đủ";
            row(pages, "Bản che", said);
        }
    }

    fn leaf(&self) -> [u8; 32] {
        PrintedSheet::new(self.delivery, true).leaf.0
    }

    fn hidden(&self, text: &str) -> String {
        if self.is_masked { masked(text) } else { text.to_owned() }
    }

    fn person(&self, own: &pb::CalledPerson) -> Vec<String> {
        let specialty = if own.specialty_code == own.line_code {
            own.line_code.clone()
        } else {
            format!("{} thay {}", own.specialty_code, own.line_code)
        };
        let born = own.birth_year.to_string();
        vec![
            own.number.to_string(),
            self.hidden(&own.full_name),
            if self.is_masked { "••••".to_owned() } else { born },
            own.hamlet.clone(),
            joined(&[&specialty, &own.post]),
            joined(&[&self.hidden(&own.phone), &self.hidden(&own.contact_via)]),
            self.station(&own.station),
        ]
    }

    fn item(&self, own: &pb::CalledEquipment) -> Vec<String> {
        vec![
            own.number.to_string(),
            self.hidden(&own.plate),
            joined(&[&own.type_code, &own.make_model, &own.post]),
            self.hidden(&own.owner_name),
            joined(&[&self.hidden(&own.owner_phone), &own.hamlet]),
            self.station(&own.station),
        ]
    }

    fn station(&self, own: &str) -> String {
        if own.is_empty() && self.order.order.station.is_some() {
            "như trên".to_owned()
        } else {
            own.to_owned()
        }
    }
}

fn joined(parts: &[&str]) -> String {
    let said: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    said.join("; ")
}

/// A name or number of which only the first letter of each word is left.
pub fn masked(text: &str) -> String {
    let word = |word: &str| {
        let first = word.chars().next().filter(|letter| letter.is_alphabetic());
        first.map_or_else(|| "•••".to_owned(), |letter| format!("{letter}•••"))
    };
    text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// A table whose head stands on every page that it reaches.
fn table(pages: &mut Pages, name: &str, columns: &[Column], rows: &[Vec<String>], meant: Handling) {
    if rows.is_empty() {
        return;
    }
    pages.need(70.0);
    pages.y += 4.0;
    let word = words::across(meant);
    let name = if word.is_empty() { name.to_owned() } else { format!("{name} – {word}") };
    pages.paragraph(Style::bold(12.0), 0.0, &name);
    pages.y += 5.0;
    let heads: Vec<String> = columns.iter().map(|(head, _width)| (*head).to_owned()).collect();
    cells(pages, columns, &heads, Style::bold(9.5));
    for row in rows {
        if pages.need(cells_height(pages, columns, row, SMALL)) {
            cells(pages, columns, &heads, Style::bold(9.5));
        }
        cells(pages, columns, row, SMALL);
    }
    pages.y += 6.0;
}

fn cells_height(pages: &Pages, columns: &[Column], row: &[String], style: Style) -> f32 {
    let lines = columns.iter().zip(row).map(|((_head, width), said)| {
        broken(&pages.fonts, style, said, width - PAD * 2.0, 0.0).len()
    });
    let lines = u16::try_from(lines.max().unwrap_or(1)).unwrap_or(u16::MAX);
    f32::from(lines) * style.leading() + PAD * 2.0
}

fn cells(pages: &mut Pages, columns: &[Column], row: &[String], style: Style) {
    let height = cells_height(pages, columns, row, style);
    let (top, mut x) = (pages.y, LEFT);
    for ((_head, width), said) in columns.iter().zip(row) {
        pages.frame(Area(x, top, *width, height), Ink::Black, 0.5, None);
        let lines = broken(&pages.fonts, style, said, width - PAD * 2.0, 0.0);
        let mut y = top + PAD - 2.0;
        for line in lines {
            y += style.leading();
            pages.text(x + PAD, y, style, Ink::Black, &line.text);
        }
        x += width;
    }
    pages.y = top + height;
}
