//! The page of one order: everything that was signed, then what was answered; and how far it is
//! scrolled.
//!
//! The contents come first and whole, because an answer is taken only after their last line was on the
//! screen.

use crossterm::event::KeyCode;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::app::{App, Row};
use super::{form, words};
use crate::domain::ids::OrderId;
use crate::domain::order::ReferenceKind;
use crate::domain::order::delivery::{DeliveryState, Fact};
use crate::evidence::fingerprint;
use crate::terminal::inbox::{AnswerRecord, OrderDetail, RefusedOrder, Standing};

/// Where a page is scrolled, and how long it was when it was last drawn, in lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Page {
    scroll: usize,
    lines: usize,
    contents: usize,
    height: usize,
}

impl Page {
    /// Takes in what a drawing found: all lines, those of them that were signed, those that fit.
    /// The scroll keeps within them.
    pub(super) fn fit(&mut self, lines: usize, contents: usize, height: usize) {
        *self = Self { scroll: self.scroll, lines, contents, height };
        self.scroll = self.scroll.min(self.last());
    }

    /// The lines on the screen.
    pub(super) const fn shown(&self) -> std::ops::Range<usize> {
        let end = self.scroll + self.height;
        self.scroll..if end < self.lines { end } else { self.lines }
    }

    /// How many lines are above the screen.
    pub(super) const fn above(&self) -> usize {
        self.scroll
    }

    /// How many lines are below the screen.
    pub(super) const fn below(&self) -> usize {
        self.lines.saturating_sub(self.scroll + self.height)
    }

    /// How many lines of what was signed are below the screen.
    pub(super) const fn contents_below(&self) -> usize {
        self.contents.saturating_sub(self.scroll + self.height)
    }

    /// Whether the last line of what was signed is on the screen or above it.
    pub(super) const fn is_at_the_end(&self) -> bool {
        self.height > 0 && self.contents > 0 && self.contents_below() == 0
    }

    const fn last(&self) -> usize {
        self.lines.saturating_sub(self.height)
    }

    /// Scrolls; never past the end.
    pub(super) fn turn(&mut self, code: KeyCode) {
        // A line of the last screen stays, so that the eye finds the place.
        let screen = self.height.saturating_sub(1).max(1);
        let to = match code {
            KeyCode::Up => self.scroll.saturating_sub(1),
            KeyCode::Down => self.scroll + 1,
            KeyCode::PageUp => self.scroll.saturating_sub(screen),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll + screen,
            KeyCode::Home => 0,
            KeyCode::End => self.last(),
            _other => self.scroll,
        };
        self.scroll = to.min(self.last());
    }
}

pub(super) fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

/// How it is meant; as wide for each handling, so that a list has one column of them.
pub(super) fn meant(order: &OrderDetail) -> Span<'static> {
    let handling = order.summary.handling;
    Span::styled(format!(" {:<8} ", handling.label()), words::handling_style(handling))
}

/// How it is meant, what it is worth, its mark and number.
pub(super) fn heading(order: &OrderDetail) -> Vec<Span<'static>> {
    let summary = &order.summary;
    let mut spans = vec![meant(order)];
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

pub(super) fn title_style(standing: Standing) -> Style {
    match standing {
        Standing::Live => Style::new(),
        Standing::Cancelled(_) => Style::new().add_modifier(Modifier::CROSSED_OUT),
        Standing::Superseded(_) | Standing::Expired => Style::new().add_modifier(Modifier::DIM),
    }
}

pub(super) fn state_style(state: DeliveryState) -> Style {
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

/// Everything that was signed, in the order in which it matters at night.
pub(super) fn contents(order: &OrderDetail, app: &App) -> Vec<Line<'static>> {
    let (summary, contents) = (&order.summary, &order.order);
    let mut lines =
        vec![Line::from(heading(order)), Line::styled(words::meant(summary.handling), bold())];
    let warning = words::not_in_force(summary.standing);
    if !warning.is_empty() {
        lines.push(Line::styled(warning, bold().fg(Color::Red)));
    }
    if let Some(reference) = &contents.reference {
        let what = match reference.kind {
            ReferenceKind::Cancel => "HỦY lệnh",
            ReferenceKind::Update => "THAY THẾ lệnh",
        };
        lines.push(Line::styled(format!("{what} {}", number(app, reference.order)), bold()));
    }
    let title = bold().patch(title_style(summary.standing));
    lines.push(Line::styled(contents.title.clone(), title));
    lines.push(Line::from(contents.kind.label()));
    lines.push(Line::from(format!("Căn cứ: {}", words::ground(contents.ground))));
    let state = Span::styled(words::state(summary.state), state_style(summary.state));
    lines.push(Line::from(vec![
        state,
        Span::raw(format!("  Trả lời trước {}", words::due(contents.answer_by, app.now))),
    ]));
    if let Some(report_by) = contents.report_by {
        lines.push(Line::from(format!("Báo quân số trước {}", words::due(report_by, app.now))));
    }
    lines.push(Line::from(format!("Hiệu lực đến {}", words::moment(contents.not_after))));
    lines.push(Line::default());
    lines.extend(contents.body.lines().map(|line| Line::from(line.to_owned())));
    lines.push(Line::default());
    if let Some(station) = &contents.station {
        let unit = station
            .unit
            .as_ref()
            .map_or_else(String::new, |unit| format!(" (thuộc đơn vị mã {unit})"));
        lines.push(Line::from(format!("Trạm tập trung: {}{unit}", station.name)));
    }
    for need in &contents.requirements {
        let kind = words::requirement(need.kind);
        lines.push(Line::from(format!("Yêu cầu: {} {kind} ({})", need.count, need.code)));
    }
    lines.extend(words::sheets(summary.sheets).map(|said| Line::styled(said, bold())));
    for (id, name) in &order.signers {
        lines.push(Line::from(format!("Người ký: {name} [{id}]")));
    }
    let drafted = words::moment(contents.drafted_at);
    lines.push(Line::from(format!("Người soạn: [{}] lúc {drafted}", contents.drafted_by)));
    lines.push(Line::from(format!("Dấu vân tay: {}", fingerprint(&order.digest))));
    lines
}

/// The number of another order, or its identity where it is not here.
fn number(app: &App, id: OrderId) -> String {
    let found = app.rows.iter().find_map(|row| match row {
        Row::Order(order) if order.summary.id == id => Some(order.order.number_text()),
        _other => None,
    });
    found.unwrap_or_else(|| id.to_string())
}

/// What was answered.
pub(super) fn answers(order: &OrderDetail) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default(), Line::styled("Đã trả lời:", bold())];
    lines.extend(order.answers.iter().flat_map(answered));
    lines
}

fn answered(record: &AnswerRecord) -> Vec<Line<'static>> {
    let answer = &record.answer;
    let at = words::moment(answer.happened_at);
    let what = words::fact(answer.fact);
    let status = words::answer_status(&record.status);
    let mut lines = vec![Line::from(format!("{at}  {what}  {}  ({status})", answer.answered_by))];
    match answer.fact {
        Fact::Strength(strength) => {
            lines.push(Line::from(format!("   {}", form::said(&strength))));
        }
        Fact::Declined(reason) => {
            lines.push(Line::from(format!("   {}. {}", words::reason(reason), answer.note)));
        }
        _other if !answer.note.is_empty() => {
            lines.push(Line::from(format!("   {}", answer.note)));
        }
        _without_words => {}
    }
    lines
}

/// What is said of something that is not believed: nothing of its text.
pub(super) fn invalid(refused: &RefusedOrder) -> Vec<Line<'static>> {
    vec![
        Line::styled(format!(" {} ", words::INVALID), words::invalid_style()),
        Line::styled("KHÔNG THI HÀNH. Báo ngay cho trực ban tỉnh bằng đường dây khác.", bold()),
        Line::default(),
        Line::from(format!("Lý do: {}", words::refused(&refused.reason))),
        Line::from(format!("Mã: {}  Số thứ tự: {}", refused.reason, refused.sequence)),
        Line::from(format!("Đến lúc {}", words::moment(refused.received_at))),
        Line::from(refused.text.clone()),
    ]
}
