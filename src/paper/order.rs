//! The pages of an order.

use super::lines::{Style, broken};
use super::page::{Area, Frame, Ink, LEFT, Pages, RIGHT, face};
use super::proof::codes;
use super::{OrderPaper, PaperError, Signer, Worth, words};
use crate::domain::order::handling::Handling;
use crate::domain::order::{ReferenceKind, RequirementKind};
use crate::evidence::fingerprint;
use crate::wire::order::printed::Printed;

/// The middles of the two blocks at the head, and how wide they are.
const HEAD_LEFT: (f32, f32) = (LEFT + 88.0, 178.0);
const HEAD_RIGHT: (f32, f32) = (RIGHT - 134.0, 272.0);
const TEXT: Style = Style::regular(13.5);
const INDENT: f32 = 28.0;
/// Where the place of a signature begins, and how wide it is.
const SIGNER_WIDTH: f32 = 158.0;

pub(super) fn print(paper: &OrderPaper<'_>) -> Result<Vec<u8>, PaperError> {
    let mut pages = Pages::new()?;
    head(&mut pages, paper);
    title(&mut pages, paper);
    text(&mut pages, paper);
    terms(&mut pages, paper);
    foot(&mut pages, paper);
    if paper.worth != Worth::Draft {
        let printed = Printed { envelope: paper.envelope.clone(), sheet: None };
        codes(&mut pages, &printed, paper.order.handling)?;
    }
    pages.finish(&frame(paper, &paper.order.title))
}

/// What is the same on every page.
pub(super) fn frame(paper: &OrderPaper<'_>, title: &str) -> Frame {
    let order = paper.order;
    Frame {
        handling: order.handling,
        warning: paper.worth.warning(),
        across: paper.worth.across(),
        number: order.number_text(),
        fingerprint: fingerprint(&paper.envelope.digest()),
        title: format!("{} – {title}", order.number_text()),
        made_at: order.drafted_at,
    }
}

/// Command, nation, number, place and date, mark of urgency.
pub(super) fn head(pages: &mut Pages, paper: &OrderPaper<'_>) {
    let (order, letterhead) = (paper.order, &paper.letterhead);
    let top = pages.y;
    let (middle, width) = HEAD_LEFT;
    if !letterhead.superior.is_empty() {
        pages.centred_lines(
            middle,
            width,
            Style::regular(12.0),
            &letterhead.superior.to_uppercase(),
        );
    }
    let issuer = if letterhead.issuer.is_empty() {
        format!("Bộ Chỉ huy quân sự tỉnh (mã {})", order.province)
    } else {
        letterhead.issuer.clone()
    };
    pages.centred_lines(middle, width, Style::bold(12.0), &issuer.to_uppercase());
    pages.fill(Area(middle - 34.0, pages.y + 5.0, 68.0, 0.7), Ink::Black);
    let left = pages.y + 10.0;

    pages.y = top;
    let (middle, width) = HEAD_RIGHT;
    pages.centred_lines(middle, width, Style::bold(12.0), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
    pages.centred_lines(middle, width, Style::bold(13.0), "Độc lập – Tự do – Hạnh phúc");
    let motto = pages.width(Style::bold(13.0), "Độc lập – Tự do – Hạnh phúc");
    pages.fill(Area(middle - motto / 2.0, pages.y + 4.5, motto, 0.7), Ink::Black);

    pages.y = left.max(pages.y + 10.0) + 18.0;
    let number = format!("Số: {}", order.number_text());
    pages.centred(HEAD_LEFT.0, pages.y, Style::regular(13.0), Ink::Black, &number);
    let day = words::place_and_day(&letterhead.place, order.drafted_at);
    pages.centred(HEAD_RIGHT.0, pages.y, Style::regular(13.0).slanted(), Ink::Black, &day);
    if let Some(mark) = words::mark(order.urgency) {
        let style = Style::bold(14.0);
        let wide = pages.width(style, mark) + 26.0;
        let area = Area(HEAD_LEFT.0 - wide / 2.0, pages.y + 10.0, wide, 25.0);
        pages.frame(area, Ink::Red, 1.6, None);
        pages.centred(HEAD_LEFT.0, pages.y + 27.5, style, Ink::Red, mark);
        pages.y += 35.0;
    }
    pages.y += 14.0;
}

fn title(pages: &mut Pages, paper: &OrderPaper<'_>) {
    let order = paper.order;
    let (middle, width) = (f32::midpoint(LEFT, RIGHT), RIGHT - LEFT - 40.0);
    pages.centred_lines(middle, width, Style::bold(15.0), &words::heading(order));
    let note = words::kind_note(order.handling);
    if !note.is_empty() {
        pages.centred_lines(middle, width, Style::bold(12.5), note);
    }
    pages.y += 2.0;
    pages.centred_lines(middle, width, Style::bold(13.5), &order.title);
    pages.fill(Area(middle - 45.0, pages.y + 6.0, 90.0, 0.7), Ink::Black);
    pages.y += 18.0;
}

fn text(pages: &mut Pages, paper: &OrderPaper<'_>) {
    let order = paper.order;
    pages.paragraph(TEXT.slanted(), INDENT, words::ground(order.ground));
    pages.y += 5.0;
    for paragraph in order.body.lines() {
        if paragraph.trim().is_empty() {
            pages.y += 6.0;
        } else {
            pages.paragraph(TEXT, INDENT, paragraph);
            pages.y += 4.0;
        }
    }
    pages.y += 4.0;
}

/// What is signed beside the text, each with its name.
fn terms(pages: &mut Pages, paper: &OrderPaper<'_>) {
    let order = paper.order;
    let mut rows: Vec<(&str, String)> = Vec::new();
    if let Some(reference) = &order.reference {
        let what = match reference.kind {
            ReferenceKind::Update => "Thay thế lệnh",
            ReferenceKind::Cancel => "Hủy bỏ lệnh",
        };
        let said =
            format!("mã {}, dấu vân tay {}", reference.order, fingerprint(&reference.digest));
        rows.push((what, said));
    }
    let endpoints = words::grouped(order.audience.count());
    rows.push(("Phạm vi nhận lệnh", format!("{endpoints} đầu mối; {}", recipients(paper))));
    rows.push(("Trả lời trước", words::moment(order.answer_by)));
    if let Some(report_by) = order.report_by {
        rows.push(("Báo cáo quân số trước", words::moment(report_by)));
    }
    rows.push(("Hiệu lực đến", words::moment(order.not_after)));
    if let Some(station) = &order.station {
        let unit = station.unit.as_ref().map(|unit| format!(" (mã {unit})")).unwrap_or_default();
        rows.push(("Trạm tập trung", format!("{}{unit}", station.name)));
    }
    for (at, need) in order.requirements.iter().enumerate() {
        let kind = match need.kind {
            RequirementKind::Personnel => "người, chuyên nghiệp quân sự",
            RequirementKind::Equipment => "phương tiện, loại",
        };
        let said = format!("{} {kind} {}", words::grouped(need.count.into()), need.code);
        rows.push((if at == 0 { "Yêu cầu" } else { "" }, said));
    }
    if let Some(call_up) = &order.call_up {
        let said = format!(
            "{} người, {} phương tiện, theo danh sách riêng của từng đơn vị (gốc danh sách {})",
            words::grouped(call_up.people.into()),
            words::grouped(call_up.equipment.into()),
            fingerprint(&call_up.root)
        );
        rows.push(("Gọi đích danh", said));
    }
    rows.iter().for_each(|(name, said)| row(pages, name, said));
    pages.y += 8.0;
}

fn recipients(paper: &OrderPaper<'_>) -> String {
    let units: Vec<String> =
        paper.order.audience.selector.units.iter().map(|code| format!("mã {code}")).collect();
    match (units.is_empty(), paper.recipients.is_empty()) {
        (true, _any) => "theo danh sách đã ký".to_owned(),
        (false, true) => format!("{} và các đơn vị thuộc quyền", units.join(", ")),
        (false, false) => format!("{} và các đơn vị thuộc quyền", paper.recipients.join(", ")),
    }
}

/// A name and what is said of it, in two columns.
pub(super) fn row(pages: &mut Pages, name: &str, said: &str) {
    const NAMES: f32 = 142.0;
    let style = Style::regular(12.5);
    let lines = broken(&pages.fonts, style, said, RIGHT - LEFT - NAMES, 0.0);
    for (at, line) in lines.iter().enumerate() {
        pages.need(style.leading());
        pages.y += style.leading();
        if at == 0 && !name.is_empty() {
            let style = Style { face: face(true), ..style };
            pages.text(LEFT, pages.y, style, Ink::Black, &format!("{name}:"));
        }
        pages.text(LEFT + NAMES, pages.y, style, Ink::Black, &line.text);
    }
    pages.y += 2.0;
}

/// Who gets it at the left, who signed at the right, with room for the seal.
pub(super) fn foot(pages: &mut Pages, paper: &OrderPaper<'_>) {
    let copies = copies(paper);
    let height = (signers_height(paper) + 10.0).max(18.0 + 13.5 * lines_of(copies.len()));
    pages.need(height);
    let top = pages.y + 8.0;
    pages.y = top;
    pages.text(LEFT, top + 14.0, Style::bold(11.5).slanted(), Ink::Black, "Nơi nhận:");
    pages.y = top + 15.0;
    for copy in &copies {
        for (at, line) in
            broken(&pages.fonts, Style::regular(10.5), copy, 138.0, 0.0).iter().enumerate()
        {
            pages.y += 13.0;
            let dash = if at == 0 { "– " } else { "   " };
            pages.text(
                LEFT,
                pages.y,
                Style::regular(10.5),
                Ink::Black,
                &format!("{dash}{}", line.text),
            );
        }
    }
    let left = pages.y;
    let count = paper.signers.len().clamp(1, 2);
    for (at, signer) in paper.signers.iter().enumerate() {
        // The first, whom the rule names first, stands at the right, where the seal goes.
        let (column, line) = (at % 2, at / 2);
        let middle = RIGHT - SIGNER_WIDTH * (column_of(column) + 0.5);
        let middle = if count == 1 { RIGHT - 118.0 } else { middle };
        pages.y = top + SIGNED_HEIGHT * column_of(line);
        signed(pages, (middle, SIGNER_WIDTH - 8.0), signer, paper.order.handling, at == 0);
    }
    if paper.signers.is_empty() {
        pages.centred(RIGHT - 118.0, top + 14.0, Style::bold(12.0), Ink::Black, "(CHƯA KÝ)");
    }
    pages.y = left.max(top + signers_height(paper)) + 10.0;
}

/// How high one signature's place is.
const SIGNED_HEIGHT: f32 = 130.0;

fn signers_height(paper: &OrderPaper<'_>) -> f32 {
    SIGNED_HEIGHT * column_of(paper.signers.len().div_ceil(2).max(1))
}

fn column_of(count: usize) -> f32 {
    f32::from(u8::try_from(count).unwrap_or(u8::MAX))
}

fn lines_of(count: usize) -> f32 {
    column_of(count * 2)
}

fn copies(paper: &OrderPaper<'_>) -> Vec<String> {
    let mut copies: Vec<String> = paper.recipients.iter().take(6).cloned().collect();
    match paper.recipients.len() {
        0 => copies.push(recipients(paper)),
        1..=6 => {}
        more => copies.push(format!("{} đơn vị khác", more - 6)),
    }
    copies.push(format!("({} đầu mối);", words::grouped(paper.order.audience.count())));
    copies.push("Lưu: VT, sổ cái.".to_owned());
    copies
}

fn signed(
    pages: &mut Pages,
    (middle, width): (f32, f32),
    signer: &Signer,
    handling: Handling,
    has_seal: bool,
) {
    let top = pages.y;
    let role = signer.role.map_or("Người ký", crate::domain::authority::Role::label);
    pages.centred_lines(middle, width, Style::bold(12.0), &role.to_uppercase());
    pages.centred_lines(middle, width, Style::regular(11.0).slanted(), words::signed(handling));
    if has_seal {
        pages.ring((middle, top + 66.0), 30.0);
        let note = Style::regular(8.5).slanted();
        pages.centred(middle, top + 69.0, note, Ink::Grey, "(chỗ đóng dấu)");
    }
    pages.y = top + 96.0;
    pages.centred_lines(middle, width, Style::bold(12.0), &signer.name);
    pages.centred_lines(middle, width, Style::regular(9.5), &format!("[{}]", signer.id));
    if let Some(at) = signer.signed_at {
        let said = format!("ký lúc {}", words::moment(at));
        pages.centred_lines(middle, width, Style::regular(9.5), &said);
    }
}
