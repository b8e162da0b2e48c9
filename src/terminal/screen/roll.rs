//! The call-up sheets of one order (danh sách gọi), in front of its page: who is to be called, row by
//! row.

use std::path::PathBuf;

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

use super::app::{App, Wish};
use super::draw::render;
use super::page::{Page, bold};
use super::words;
use super::wrap::wrap;
use crate::domain::callup::Reason;
use crate::domain::ids::OrderId;
use crate::domain::order::handling::Handling;
use crate::terminal::inbox::{CalledRow, InboxError};
use crate::terminal::print::PrintError;
use crate::wire::pb;

/// The sheets that are shown.
#[derive(Clone, PartialEq)]
pub(super) struct Roll {
    /// Whose.
    pub(super) order: OrderId,
    /// How far it is scrolled.
    pub(super) page: Page,
    lines: Vec<Line<'static>>,
}

impl std::fmt::Debug for Roll {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Roll({}, {} lines)", self.order, self.lines.len())
    }
}

impl Roll {
    pub(super) fn new(order: OrderId, rows: &[CalledRow]) -> Self {
        let mut lines = Vec::with_capacity(rows.len() * 2 + 1);
        if rows.is_empty() {
            lines.push(Line::from("Không có ai."));
        }
        lines.extend(rows.iter().flat_map(|row| match row {
            CalledRow::Person(person) => person_lines(person),
            CalledRow::Equipment(item) => item_lines(item),
        }));
        Self { order, page: Page::default(), lines }
    }

    /// Draws what is on the screen, in the colour of how the order is meant.
    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, meant: Option<Handling>) {
        let style = meant.map(words::handling_style).unwrap_or_default();
        let label = meant.map(Handling::label).unwrap_or_default();
        let title = Span::styled(format!(" {label} · Danh sách gọi "), style);
        let block = Block::bordered().border_style(style);
        let inner = block.inner(area);
        let width = usize::from(inner.width);
        let lines: Vec<Line<'static>> =
            self.lines.iter().flat_map(|line| wrap(line, width)).collect();
        self.page.fit(lines.len(), lines.len(), usize::from(inner.height));
        render(frame, area, block.title_top(title.clone()).title_bottom(title), &lines, self.page);
    }
}

impl App {
    pub(super) fn in_roll(&mut self, code: KeyCode) -> Wish {
        match (code, &mut self.roll) {
            (KeyCode::Esc | KeyCode::Backspace, roll) => *roll = None,
            (KeyCode::Char('m' | 'M'), roll) => {
                *roll = None;
                return self.open_waiting();
            }
            (other, Some(roll)) => roll.page.turn(other),
            (_other, None) => {}
        }
        Wish::Nothing
    }

    /// What printing came to.
    pub(super) fn printed(&mut self, printed: &Result<Vec<PathBuf>, PrintError>) {
        self.note = Some(match printed {
            Ok(files) => {
                let first = files.first().map(|file| file.display().to_string());
                let (count, first) = (files.len(), first.unwrap_or_default());
                (format!("Đã in ra {count} tệp PDF: {first}"), false)
            }
            Err(fault) => (format!("KHÔNG IN ĐƯỢC: {fault}"), true),
        });
    }

    /// What reading the sheets came to.
    pub(super) fn called(
        &mut self,
        order: OrderId,
        rows: Result<Vec<CalledRow>, InboxError>,
    ) -> Result<(), InboxError> {
        match rows {
            Ok(rows) => self.roll = Some(Roll::new(order, &rows)),
            failed => self.done(failed.map(drop))?,
        }
        Ok(())
    }
}

/// A text of the registry that cannot move the cursor.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Two lines: who, then how they are reached and why they are called.
fn person_lines(person: &pb::CalledPerson) -> Vec<Line<'static>> {
    let who = format!("{:>4}. {} ({})", person.number, person.full_name, person.birth_year);
    let called_as = if person.specialty_code == person.line_code {
        person.line_code.clone()
    } else {
        format!("{} thay {}", person.specialty_code, person.line_code)
    };
    let how = [
        person.hamlet.as_str(),
        person.phone.as_str(),
        person.contact_via.as_str(),
        called_as.as_str(),
        person.post.as_str(),
        person.station.as_str(),
        why(person.reason()),
    ];
    vec![Line::styled(plain(&who), bold()), details(&how)]
}

fn item_lines(item: &pb::CalledEquipment) -> Vec<Line<'static>> {
    let what = format!("{:>4}. {} {}", item.number, item.plate, item.make_model);
    let how = [
        item.type_code.as_str(),
        item.owner_name.as_str(),
        item.owner_phone.as_str(),
        item.hamlet.as_str(),
        item.post.as_str(),
        item.station.as_str(),
        why(item.reason()),
    ];
    vec![Line::styled(plain(&what), bold()), details(&how)]
}

fn details(parts: &[&str]) -> Line<'static> {
    let said: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    Line::styled(
        format!("      {}", plain(&said.join(" · "))),
        Style::new().add_modifier(Modifier::DIM),
    )
}

const fn why(reason: pb::CallUpReason) -> &'static str {
    match reason {
        pb::CallUpReason::Unspecified => "",
        pb::CallUpReason::Assigned => Reason::Assigned.vietnamese(),
        pb::CallUpReason::AssignedNear => Reason::AssignedNear.vietnamese(),
        pb::CallUpReason::Waiting => Reason::Waiting.vietnamese(),
        pb::CallUpReason::ExactClass1 => Reason::ExactClass1.vietnamese(),
        pb::CallUpReason::ExactClass2 => Reason::ExactClass2.vietnamese(),
        pb::CallUpReason::ExactUnclassed => Reason::ExactUnclassed.vietnamese(),
        pb::CallUpReason::NearClass1 => Reason::NearClass1.vietnamese(),
        pb::CallUpReason::NearClass2 => Reason::NearClass2.vietnamese(),
        pb::CallUpReason::NearUnclassed => Reason::NearUnclassed.vietnamese(),
        pb::CallUpReason::TypeExact => Reason::TypeExact.vietnamese(),
        pb::CallUpReason::TypeNear => Reason::TypeNear.vietnamese(),
    }
}
