//! Drawing. Everything that matters is said in words; colours only repeat it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Clear, List, ListItem, ListState, Paragraph, Wrap};

use super::app::{App, Prompt, Row};
use super::words;
use crate::domain::order::delivery::{DeliveryState, Fact};
use crate::terminal::inbox::{AnswerRecord, OrderDetail, RefusedOrder, Standing};
use crate::terminal::link::LinkState;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App) {
    let rows = [Constraint::Length(2), Constraint::Min(1), Constraint::Length(2)];
    let [top, middle, bottom] = Layout::vertical(rows).areas(frame.area());
    frame.render_widget(banner(app), top);
    match (app.open, app.rows.get(app.selected)) {
        (Some(scroll), Some(Row::Order(order))) => detail(frame, middle, order, app, scroll),
        (Some(_), Some(Row::Refused(refused))) => frame.render_widget(invalid(refused), middle),
        _list => list(frame, middle, app),
    }
    frame.render_widget(footer(app), bottom);
    if let Some(prompt) = &app.prompt {
        ask(frame, prompt);
    }
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn banner(app: &App) -> Paragraph<'_> {
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
    let first = Line::from(vec![
        Span::styled(format!(" {} ", words::link(app.link.state)), style),
        Span::raw(heard),
        Span::raw(format!("  {}", words::moment(app.now))),
    ]);
    let second = match (&app.link.last_error, app.link.state) {
        (Some((_label, text)), LinkState::Waiting { .. } | LinkState::Connecting) => {
            Line::styled(text.to_string(), Style::new().fg(Color::Red))
        }
        _well => Line::from(format!("HỎA TỐC {}  Trực: {}", app.place, app.by)),
    };
    Paragraph::new(vec![first, second])
}

fn list(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let block = Block::bordered().title(" Lệnh đã nhận ");
    if app.rows.is_empty() {
        frame.render_widget(Paragraph::new("Chưa có lệnh nào.").block(block), area);
        return;
    }
    let items: Vec<ListItem<'_>> = app.rows.iter().map(|row| item(row, app)).collect();
    let list = List::new(items).block(block).highlight_symbol("► ").highlight_style(bold());
    let mut state = ListState::default().with_selected(Some(app.selected));
    frame.render_stateful_widget(list, area, &mut state);
}

fn item<'a>(row: &'a Row, app: &App) -> ListItem<'a> {
    let order = match row {
        Row::Order(order) => order,
        Row::Refused(refused) => {
            let style = bold().fg(Color::Black).bg(Color::Yellow);
            let first = Line::styled(format!(" {} ", words::INVALID), style);
            let second = Line::from(format!("  {}", words::refused(&refused.reason)));
            return ListItem::new(Text::from(vec![first, second]));
        }
    };
    let summary = &order.summary;
    let mut first = heading(order);
    first.push(Span::raw(" "));
    first.push(Span::styled(words::state(summary.state), state_style(summary.state)));
    let mut second = vec![Span::raw("  ")];
    if summary.state < DeliveryState::Acknowledged && summary.standing == Standing::Live {
        let late = app.now > summary.answer_by;
        let style = if late { bold().fg(Color::Red) } else { Style::new() };
        second.push(Span::styled(words::left(summary.answer_by, app.now), style));
        second.push(Span::raw("  "));
    }
    second.push(Span::styled(order.order.title.as_str(), title_style(summary.standing)));
    ListItem::new(Text::from(vec![Line::from(first), Line::from(second)]))
}

/// How it is meant, what it is worth, its mark and number.
fn heading(order: &OrderDetail) -> Vec<Span<'static>> {
    let summary = &order.summary;
    let handling = summary.handling;
    let mut spans =
        vec![Span::styled(format!(" {} ", handling.label()), words::handling_style(handling))];
    if summary.is_cancel {
        spans.push(Span::styled(format!(" {} ", words::CANCEL), bold()));
    }
    let standing = words::standing(summary.standing);
    if !standing.is_empty() {
        let style = bold().add_modifier(Modifier::REVERSED);
        spans.push(Span::styled(format!(" {standing} "), style));
    }
    let urgency = order.order.urgency.label();
    if !urgency.is_empty() {
        spans.push(Span::styled(format!(" {urgency}"), bold().fg(Color::Red)));
    }
    let number = format!(" {}", order.order.number_text());
    spans.push(Span::styled(number, title_style(summary.standing)));
    spans
}

fn title_style(standing: Standing) -> Style {
    match standing {
        Standing::Live => Style::new(),
        Standing::Cancelled(_) => Style::new().add_modifier(Modifier::CROSSED_OUT),
        Standing::Superseded(_) | Standing::Expired => Style::new().add_modifier(Modifier::DIM),
    }
}

fn state_style(state: DeliveryState) -> Style {
    match state {
        DeliveryState::Queued | DeliveryState::Delivered | DeliveryState::Opened => {
            bold().fg(Color::Yellow)
        }
        DeliveryState::Declined => Style::new().fg(Color::Red),
        DeliveryState::Acknowledged | DeliveryState::Accepted | DeliveryState::Completed => {
            Style::new().fg(Color::Green)
        }
    }
}

fn detail(frame: &mut Frame<'_>, area: Rect, order: &OrderDetail, app: &App, scroll: u16) {
    let (summary, contents) = (&order.summary, &order.order);
    let mut lines = vec![Line::from(heading(order))];
    if let Standing::Cancelled(_) = summary.standing {
        lines.push(Line::styled("LỆNH NÀY ĐÃ HỦY: KHÔNG THI HÀNH.", bold().fg(Color::Red)));
    }
    lines.push(Line::styled(contents.title.as_str(), bold().patch(title_style(summary.standing))));
    lines.push(Line::from(contents.kind.label()));
    let state = Span::styled(words::state(summary.state), state_style(summary.state));
    let answer_by = words::moment(contents.answer_by);
    let left = words::left(contents.answer_by, app.now);
    lines.push(Line::from(vec![state, Span::raw(format!("  Trả lời trước {answer_by} ({left})"))]));
    lines.push(Line::from(format!("Hiệu lực đến {}", words::moment(contents.not_after))));
    lines.push(Line::default());
    lines.extend(contents.body.lines().map(Line::from));
    lines.push(Line::default());
    if let Some(station) = &contents.station {
        lines.push(Line::from(format!("Trạm tập trung: {}", station.name)));
    }
    for need in &contents.requirements {
        let kind = words::requirement(need.kind);
        lines.push(Line::from(format!("Yêu cầu: {} {kind} ({})", need.count, need.code)));
    }
    for (id, name) in &order.signers {
        lines.push(Line::from(format!("Người ký: {name} [{id}]")));
    }
    lines.push(Line::from(format!("Dấu vân tay: {}", order.fingerprint)));
    lines.extend(order.answers.iter().map(answered));
    let text = Paragraph::new(lines).wrap(Wrap { trim: false }).scroll((scroll, 0));
    // Colour around the whole page: seen from across the room.
    let style = words::handling_style(summary.handling);
    let title = Span::styled(format!(" {} ", summary.handling.label()), style);
    frame.render_widget(text.block(Block::bordered().title(title).border_style(style)), area);
}

fn answered(record: &AnswerRecord) -> Line<'_> {
    let answer = &record.answer;
    let at = words::moment(answer.happened_at);
    let what = fact(answer.fact);
    let status = words::answer_status(&record.status);
    Line::from(format!("{at}  {what}  {}  ({status})", answer.answered_by))
}

const fn fact(fact: Fact) -> &'static str {
    match fact {
        Fact::Delivered => "máy đã nhận",
        Fact::Opened => "đã xem",
        Fact::Acknowledged => "nhận lệnh",
        Fact::Accepted => "chấp hành",
        Fact::Declined(_) => "không chấp hành",
        Fact::Strength(_) => "báo quân số",
        Fact::Completed => "hoàn thành",
    }
}

fn invalid(refused: &RefusedOrder) -> Paragraph<'_> {
    let style = bold().fg(Color::Black).bg(Color::Yellow);
    let lines = vec![
        Line::styled(format!(" {} ", words::INVALID), style),
        Line::styled("KHÔNG THI HÀNH. Báo ngay cho trực ban tỉnh bằng đường dây khác.", bold()),
        Line::default(),
        Line::from(format!("Lý do: {}", words::refused(&refused.reason))),
        Line::from(format!("Mã: {}  Số thứ tự: {}", refused.reason, refused.sequence)),
        Line::from(format!("Đến lúc {}", words::moment(refused.received_at))),
        Line::from(refused.text.as_str()),
    ];
    Paragraph::new(lines).wrap(Wrap { trim: false }).block(Block::bordered().border_style(style))
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
    let keys: Vec<Span<'_>> = if app.open.is_some() {
        let offers = app.offers();
        let offered = offers.iter().flat_map(|(code, words)| key(&code.to_string(), words));
        offered.chain(key("↑↓", "Cuộn")).chain(key("Esc", "Quay lại")).collect()
    } else {
        let keys = [("↑↓", "Chọn"), ("Enter", "Mở"), ("t", "Đổi người trực"), ("q", "Thoát")];
        keys.iter().flat_map(|(code, words)| key(code, words)).collect()
    };
    Paragraph::new(vec![note, Line::from(keys)])
}

fn ask(frame: &mut Frame<'_>, prompt: &Prompt) {
    let typed = |text: &str| Line::styled(format!("> {text}█"), bold());
    let (title, lines) = match prompt {
        Prompt::Name(text) => (
            " Họ tên, chức vụ người trực ",
            vec![typed(text), Line::from("Enter: xong. Tên này đi kèm mọi trả lời trong ca.")],
        ),
        Prompt::Reason(_) => {
            let reasons = words::REASONS.iter().zip(1..);
            let lines = reasons.map(|((_reason, words), digit)| format!(" {digit}  {words}"));
            (" Không chấp hành vì (Esc: thôi) ", lines.map(Line::from).collect())
        }
        Prompt::Note(_, text) => (" Ghi rõ lý do (Enter: ký, Esc: thôi) ", vec![typed(text)]),
        Prompt::Strength(_, text) => (
            " Báo quân số (Enter: ký, Esc: thôi) ",
            vec![
                Line::from("Gọi, đã báo, sẽ đến, đã đến, vắng có lý do, vắng không lý do"),
                typed(text),
            ],
        ),
        Prompt::Complete(_) => (" Báo đã HOÀN THÀNH? ", vec![Line::from("y: có    Esc: không")]),
        Prompt::Leave => {
            (" Thoát? Máy sẽ KHÔNG nhận lệnh nữa. ", vec![Line::from("y: thoát    Esc: ở lại")])
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
    let text = Paragraph::new(lines).wrap(Wrap { trim: false });
    frame.render_widget(text.block(Block::bordered().title(title).border_style(bold())), place);
}
