//! The form of a strength report: a labelled field for each number, with what the order asks beside it.

use crossterm::event::KeyCode;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use crate::domain::ids::OrderId;
use crate::domain::order::delivery::{Fact, Strength};
use crate::domain::order::{Requirement, RequirementKind};
use crate::terminal::inbox::{AnswerStatus, OrderDetail, SheetState};

/// The fields in the order of the form: people, then means.
const LABELS: [&str; 8] = [
    "Đã gọi",
    "Đã báo được",
    "Sẽ đến",
    "Đã đến",
    "Vắng có lý do",
    "Vắng không lý do",
    "Đã gọi",
    "Đã đến",
];
/// The first field that counts means.
const MEANS_FROM: usize = 6;
/// Most digits of a number: no order may ask for more.
const DIGITS_MAX: usize = 6;

/// A report that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    /// What it is for.
    pub(super) order: OrderId,
    asked: [u64; 2],
    values: [String; 8],
    at: usize,
    /// Whether the field was typed in since it was come to: the first digit replaces an old number.
    touched: bool,
}

/// What a key came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Going,
    Ready(Strength),
}

impl Form {
    /// Begins with what was reported last, or with how many the sheets call.
    pub(super) fn new(detail: &OrderDetail) -> Self {
        let last = detail.answers.iter().rev().find_map(|record| match record.answer.fact {
            Fact::Strength(strength) if !matches!(record.status, AnswerStatus::Refused { .. }) => {
                Some(strength)
            }
            _other => None,
        });
        let first = || match detail.summary.sheets {
            SheetState::Complete { people, equipment } => {
                let mut values: [String; 8] = Default::default();
                (values[0], values[MEANS_FROM]) = (people.to_string(), equipment.to_string());
                values
            }
            SheetState::None | SheetState::Over | SheetState::Waiting { .. } => Default::default(),
        };
        let values =
            last.map_or_else(first, |last| numbers(&last).map(|number| number.to_string()));
        let asked = [RequirementKind::Personnel, RequirementKind::Equipment]
            .map(|kind| asked(&detail.order.requirements, kind));
        Self { order: detail.summary.id, asked, values, at: 0, touched: false }
    }

    pub(super) fn key(&mut self, code: KeyCode) -> Entry {
        let last = LABELS.len() - 1;
        match code {
            KeyCode::Enter if self.at == last => return Entry::Ready(self.strength()),
            KeyCode::Enter | KeyCode::Down | KeyCode::Tab => self.go((self.at + 1).min(last)),
            KeyCode::Up | KeyCode::BackTab => self.go(self.at.saturating_sub(1)),
            KeyCode::Home => self.go(0),
            KeyCode::End => self.go(last),
            KeyCode::Char(digit) if digit.is_ascii_digit() => self.digit(digit),
            KeyCode::Backspace => {
                self.touched = true;
                self.values[self.at].pop();
            }
            _other => {}
        }
        Entry::Going
    }

    fn go(&mut self, at: usize) {
        (self.at, self.touched) = (at, false);
    }

    fn digit(&mut self, digit: char) {
        let value = &mut self.values[self.at];
        if !self.touched || value == "0" {
            value.clear();
        }
        self.touched = true;
        if value.len() < DIGITS_MAX {
            value.push(digit);
        }
    }

    fn strength(&self) -> Strength {
        // Six digits at most, so that only an empty field is no number.
        let [
            called,
            reached,
            will_come,
            arrived,
            excused,
            unexcused,
            equipment_called,
            equipment_arrived,
        ] = self.values.each_ref().map(|value| value.parse().unwrap_or(0));
        Strength {
            called,
            reached,
            will_come,
            arrived,
            excused,
            unexcused,
            equipment_called,
            equipment_arrived,
        }
    }

    /// The form as drawn, and the line that is being written.
    pub(super) fn lines(&self) -> (Vec<Line<'static>>, usize) {
        let mut lines = Vec::new();
        let mut active = 0;
        for (place, (label, value)) in LABELS.iter().zip(&self.values).enumerate() {
            let asked = self.asked[usize::from(place >= MEANS_FROM)];
            if place == 0 || place == MEANS_FROM {
                let group = if place == 0 { "QUÂN NHÂN" } else { "PHƯƠNG TIỆN" };
                lines.push(Line::from(match asked {
                    0 => format!("{group} (lệnh không nêu số)"),
                    asked => format!("{group} (lệnh yêu cầu {asked})"),
                }));
            }
            let here = place == self.at;
            let (mark, style) = if here {
                active = lines.len();
                (">", Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED))
            } else {
                (" ", Style::new())
            };
            let of = if asked == 0 { String::new() } else { format!("/ {asked}") };
            lines.push(Line::styled(format!(" {mark} {label:<17} [{value:>6}] {of:<9}"), style));
        }
        lines.push(Line::from("Ô trống là 0. Enter: ô sau, ở ô cuối: ký. ↑↓: chọn ô. Esc: thôi"));
        (lines, active)
    }
}

fn asked(requirements: &[Requirement], kind: RequirementKind) -> u64 {
    let lines = requirements.iter().filter(|line| line.kind == kind);
    lines.map(|line| u64::from(line.count)).sum()
}

const fn numbers(strength: &Strength) -> [u32; 8] {
    [
        strength.called,
        strength.reached,
        strength.will_come,
        strength.arrived,
        strength.excused,
        strength.unexcused,
        strength.equipment_called,
        strength.equipment_arrived,
    ]
}

/// A report's numbers in words.
pub(super) fn said(strength: &Strength) -> String {
    let named: Vec<String> = LABELS
        .iter()
        .zip(numbers(strength))
        .map(|(label, number)| format!("{} {number}", label.to_lowercase()))
        .collect();
    let (people, means) = named.split_at(MEANS_FROM);
    format!("quân nhân: {}; phương tiện: {}", people.join(", "), means.join(", "))
}
