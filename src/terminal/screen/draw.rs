//! Drawing. Everything that matters is said in words; colours only repeat it. No sign is drawn that a
//! Linux console's Vietnamese font lacks.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Clear, List, ListItem, ListState, Paragraph, Wrap};

use super::app::{App, Row};
use super::page::{self, Page, bold, heading, meant, state_style, title_style};
use super::prompt::Prompt;
use super::words;
use super::wrap::wrap;
use crate::domain::order::delivery::DeliveryState;
use crate::terminal::inbox::Standing;
use crate::terminal::link::LinkState;

/// Draws, and lets the app know how much of a page was on the screen.
pub(super) fn draw(frame: &mut Frame<'_>, app: &mut App) {
    let header = header(app);
    let tall = u16::try_from(header.len()).unwrap_or(u16::MAX);
    let rows = [Constraint::Length(tall), Constraint::Min(1), Constraint::Length(2)];
    let [top, middle, bottom] = Layout::vertical(rows).areas(frame.area());
    frame.render_widget(Paragraph::new(header), top);
    match (app.roll.take(), app.page) {
        (Some(mut roll), _) => {
            let meant = app.shown().map(|order| order.summary.handling);
            roll.draw(frame, middle, meant);
            app.roll = Some(roll);
        }
        (None, Some(page)) => draw_page(frame, middle, app, page),
        (None, None) => list(frame, middle, app),
    }
    frame.render_widget(footer(app), bottom);
    if let Some(prompt) = &app.prompt {
        ask(frame, prompt);
    }
}

fn header(app: &App) -> Vec<Line<'static>> {
    let style = match app.link.state {
        LinkState::Connected => bold().fg(Color::Black).bg(Color::Green),
        _no_link => bold().fg(Color::White).bg(Color::Red),
    };
    let heard = match app.link.heard_at {
        Some(at) => {
            // The status is in our own clock, the screen in the server's.
            let at = at.offset_by(app.link.offset_ms);
            format!(" nghe máy chủ {} trước", words::span(app.now.millis_since(at).max(0)))
        }
        None => " chưa nghe máy chủ".to_owned(),
    };
    let mut lines = vec![
        Line::from(vec![
            Span::styled(format!(" {} ", words::link(app.link.state)), style),
            Span::raw(heard),
            Span::raw(format!("  {}", words::moment(app.now))),
        ]),
        Line::from(format!("hoatoc · {}  Trực: {}", words::place(&app.place), app.by)),
    ];
    if let (Some((label, _english)), LinkState::Waiting { .. } | LinkState::Connecting) =
        (&app.link.last_error, app.link.state)
    {
        let text = format!("{} ({label})", words::link_trouble(label));
        lines.push(Line::styled(text, Style::new().fg(Color::Red)));
    }
    lines.extend(
        words::ledger(&app.link.head).map(|text| Line::styled(text, words::invalid_style())),
    );
    lines.extend(new_order(app));
    lines
}

/// The call to an order that nobody has opened: across the whole screen, on every view.
fn new_order(app: &App) -> Option<Line<'static>> {
    let Row::Order(order) = app.rows.get(app.newest_waiting()?)? else { return None };
    let count = app.waiting().count();
    let more = if count > 1 { format!(" ({count})") } else { String::new() };
    let number = order.order.number_text();
    let said = [
        order.summary.handling.label(),
        if order.summary.is_cancel { words::CANCEL } else { "" },
        order.order.urgency.label(),
        number.as_str(),
        "- m: mở -",
        order.order.title.as_str(),
    ];
    let said: Vec<&str> = said.into_iter().filter(|part| !part.is_empty()).collect();
    let text = format!(" LỆNH MỚI{more}: {}", said.join(" "));
    // Spaces to the edge, so that the whole row stands out.
    Some(Line::styled(format!("{text:<250}"), bold().add_modifier(Modifier::REVERSED)))
}

fn list(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let block = Block::bordered().title(" Lệnh đã nhận ");
    if app.rows.is_empty() {
        frame.render_widget(Paragraph::new("Chưa có lệnh nào.").block(block), area);
        return;
    }
    let items: Vec<ListItem<'_>> = app.rows.iter().map(|row| item(row, app)).collect();
    let list = List::new(items).block(block).highlight_symbol("> ").highlight_style(bold());
    let mut state = ListState::default().with_selected(Some(app.selected));
    frame.render_stateful_widget(list, area, &mut state);
}

fn item<'a>(row: &'a Row, app: &App) -> ListItem<'a> {
    let order = match row {
        Row::Order(order) => order,
        Row::Refused(refused) => {
            let mark = || Span::styled(format!(" {} ", words::INVALID), words::invalid_style());
            let why = Span::raw(format!(" {}", words::refused(&refused.reason)));
            let at = Span::raw(format!(" đến lúc {}", words::moment(refused.received_at)));
            let lines = vec![Line::from(vec![mark(), at]), Line::from(vec![mark(), why])];
            return ListItem::new(Text::from(lines));
        }
    };
    let summary = &order.summary;
    let mut first = heading(order);
    first.push(Span::raw(" "));
    first.push(Span::styled(words::state(summary.state), state_style(summary.state)));
    let mut second = vec![meant(order), Span::raw(" ")];
    if summary.state < DeliveryState::Acknowledged && summary.standing == Standing::Live {
        let late = app.now > summary.answer_by;
        let style = if late { bold().fg(Color::Red) } else { Style::new() };
        second.push(Span::styled(words::left(summary.answer_by, app.now), style));
        second.push(Span::raw("  "));
    }
    second.push(Span::styled(order.order.title.as_str(), title_style(summary.standing)));
    ListItem::new(Text::from(vec![Line::from(first), Line::from(second)]))
}

/// One line of the list with all it says.
fn draw_page(frame: &mut Frame<'_>, area: Rect, app: &mut App, mut page: Page) {
    let (contents, answers, label, style) = match app.rows.get(app.selected) {
        Some(Row::Order(order)) => {
            let handling = order.summary.handling;
            let (label, style) = (handling.label(), words::handling_style(handling));
            (page::contents(order, app), page::answers(order), label, style)
        }
        Some(Row::Refused(refused)) => {
            (page::invalid(refused), Vec::new(), words::INVALID, words::invalid_style())
        }
        None => return,
    };
    // Colour around the whole page: seen from across the room.
    let block = Block::bordered().border_style(style);
    let inner = block.inner(area);
    let wrapped = |lines: &[Line<'_>]| -> Vec<Line<'static>> {
        lines.iter().flat_map(|line| wrap(line, usize::from(inner.width))).collect()
    };
    let mut lines = wrapped(&contents);
    let signed = lines.len();
    lines.extend(wrapped(&answers));
    page.fit(lines.len(), signed, usize::from(inner.height));
    app.page = Some(page);
    // A question in front of the page hides some of it.
    if page.is_at_the_end() && inner.width > 0 && app.prompt.is_none() {
        app.was_read();
    }
    let title = Span::styled(format!(" {label} "), style);
    let block = block.title_top(title.clone()).title_bottom(title);
    render(frame, area, block, &lines, page);
}

/// The lines of a page that are on the screen, and how many are not.
pub(super) fn render(
    frame: &mut Frame<'_>,
    area: Rect,
    mut block: Block<'_>,
    lines: &[Line<'_>],
    page: Page,
) {
    let shown = lines.get(page.shown()).unwrap_or_default().to_vec();
    let reversed = bold().add_modifier(Modifier::REVERSED);
    if page.above() > 0 {
        let mark = Span::styled(format!(" ↑ ({} dòng) ", page.above()), reversed);
        block = block.title_top(Line::from(mark).right_aligned());
    }
    if page.below() > 0 {
        let mark = Span::styled(format!(" còn nữa ↓ ({} dòng) ", page.below()), reversed);
        block = block.title_bottom(Line::from(mark).right_aligned());
    }
    frame.render_widget(Paragraph::new(shown).block(block), area);
}

fn footer(app: &App) -> Paragraph<'_> {
    let note = match &app.note {
        Some((text, true)) => Line::styled(text.as_str(), bold().fg(Color::Red)),
        Some((text, false)) => Line::styled(text.as_str(), Style::new().fg(Color::Green)),
        None => Line::default(),
    };
    let key = |key: &str, words: &str| {
        vec![
            Span::styled(format!(" {key} "), bold().add_modifier(Modifier::REVERSED)),
            Span::raw(format!("{words} ")),
        ]
    };
    let keys: Vec<Span<'_>> = if app.roll.is_some() {
        key("↑↓", "Cuộn").into_iter().chain(key("Esc", "Quay lại lệnh")).collect()
    } else if app.page.is_some() {
        let offers = app.offers();
        let may = app.is_read() || offers.iter().all(|(code, _words)| *code == 'l');
        let offered: Vec<Span<'_>> = if may {
            offers.iter().flat_map(|(code, words)| key(&code.to_string(), words)).collect()
        } else {
            key("PgDn", "Đọc hết lệnh rồi mới trả lời được")
        };
        let always = [("↑↓", "Cuộn"), ("i", "In"), ("Esc", "Quay lại")];
        let always = always.iter().flat_map(|(code, words)| key(code, words));
        offered.into_iter().chain(always).collect()
    } else {
        let keys = [("↑↓", "Chọn"), ("Enter", "Mở"), ("t", "Đổi người trực"), ("q", "Thoát")];
        keys.iter().flat_map(|(code, words)| key(code, words)).collect()
    };
    Paragraph::new(vec![note, Line::from(keys)])
}

fn ask(frame: &mut Frame<'_>, prompt: &Prompt) {
    let typed = |text: &str| Line::styled(format!("> {text}█"), bold());
    let (title, lines, active) = match prompt {
        Prompt::Name(text) => (
            " Họ tên, chức vụ người trực ",
            vec![typed(text), Line::from("Enter: xong. Tên này đi kèm mọi trả lời trong ca.")],
            0,
        ),
        Prompt::Reason(_) => {
            let reasons = words::REASONS.iter().zip(1..);
            let lines = reasons.map(|((_reason, words), digit)| format!(" {digit}  {words}"));
            (" Không chấp hành vì (Esc: thôi) ", lines.map(Line::from).collect(), 0)
        }
        Prompt::Note(_, text) => (" Ghi rõ lý do (Enter: ký, Esc: thôi) ", vec![typed(text)], 0),
        Prompt::Strength(form) => {
            let (lines, active) = form.lines();
            (" Báo quân số ", lines, active)
        }
        Prompt::Complete(_) => (" Báo đã HOÀN THÀNH? ", vec![Line::from("y: có    Esc: không")], 0),
        Prompt::Leave => {
            let lines = vec![Line::from("y: thoát    Esc: ở lại")];
            (" Thoát? Máy sẽ KHÔNG nhận lệnh nữa. ", lines, 0)
        }
    };
    let area = frame.area();
    let height = u16::try_from(lines.len()).unwrap_or(8).saturating_add(3).min(area.height);
    let width = area.width.min(72);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, place);
    // On a low screen the field that is being written stays in sight.
    let hidden = (active + 3).saturating_sub(usize::from(height));
    let scroll = (u16::try_from(hidden).unwrap_or(0), 0);
    let text = Paragraph::new(lines).wrap(Wrap { trim: false }).scroll(scroll);
    frame.render_widget(text.block(Block::bordered().title(title).border_style(bold())), place);
}
