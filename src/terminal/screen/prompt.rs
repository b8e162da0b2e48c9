//! What is asked of the user, and what a key does while it is asked.

use crossterm::event::KeyCode;

use super::app::{App, Wish};
use super::form::{Entry, Form};
use super::words;
use crate::domain::ids::OrderId;
use crate::domain::order::delivery::{ANSWERED_BY_CHARS_MAX, NOTE_CHARS_MAX};
use crate::terminal::headless::Command;

/// What is asked of the user before anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Prompt {
    /// Who answers, asked once a shift.
    Name(String),
    /// Why an order is declined: a digit.
    Reason(OrderId),
    /// The words for another reason.
    Note(OrderId, String),
    /// Numbers so far.
    Strength(Form),
    /// Whether it is truly done.
    Complete(OrderId),
    /// Whether the user truly leaves.
    Leave,
}

impl App {
    pub(super) fn prompted(&mut self, prompt: Prompt, code: KeyCode) -> Wish {
        match (prompt, code) {
            // Nobody answers without a name: the first prompt cannot be escaped.
            (Prompt::Name(text), KeyCode::Esc) if self.by.is_empty() => {
                self.prompt = Some(Prompt::Name(text));
            }
            (_left, KeyCode::Esc) => {}
            (Prompt::Name(text), KeyCode::Enter) if !text.trim().is_empty() => {
                text.trim().clone_into(&mut self.by);
            }
            (Prompt::Reason(id), KeyCode::Char(digit)) => return self.reason(id, digit),
            (Prompt::Note(id, text), KeyCode::Enter) if !text.trim().is_empty() => {
                let (reason, _words) = words::REASONS[5];
                return self.sign('k', Command::Decline(id, self.by.clone(), reason, text));
            }
            (Prompt::Strength(mut form), code) => match form.key(code) {
                Entry::Ready(strength) => {
                    let command = Command::Strength(form.order, self.by.clone(), strength);
                    return self.sign('s', command);
                }
                Entry::Going => self.prompt = Some(Prompt::Strength(form)),
            },
            (Prompt::Complete(id), KeyCode::Char('y' | 'Y')) => {
                let command = Command::Complete(id, self.by.clone(), String::new());
                return self.sign('h', command);
            }
            (Prompt::Leave, KeyCode::Char('y' | 'Y')) => return Wish::Leave,
            (Prompt::Complete(_) | Prompt::Leave, KeyCode::Char(_)) => {}
            (Prompt::Name(text), code) => {
                self.prompt = Some(Prompt::Name(typed(text, code, ANSWERED_BY_CHARS_MAX)));
            }
            (Prompt::Note(id, text), code) => {
                self.prompt = Some(Prompt::Note(id, typed(text, code, NOTE_CHARS_MAX)));
            }
            (other, _key) => self.prompt = Some(other),
        }
        Wish::Nothing
    }

    fn reason(&mut self, id: OrderId, digit: char) -> Wish {
        let place = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
        let chosen = place.and_then(|digit| words::REASONS.get(digit.wrapping_sub(1)));
        match chosen {
            None => self.prompt = Some(Prompt::Reason(id)),
            Some((reason, _words)) if *reason == words::REASONS[5].0 => {
                self.prompt = Some(Prompt::Note(id, String::new()));
            }
            Some((reason, _words)) => {
                let by = self.by.clone();
                return self.sign('k', Command::Decline(id, by, *reason, String::new()));
            }
        }
        Wish::Nothing
    }

    /// Signs what was asked for, unless the order was cancelled or replaced while it was asked.
    fn sign(&mut self, key: char, command: Command) -> Wish {
        if self.offers().iter().any(|(offered, _words)| *offered == key) {
            return Wish::Do(command);
        }
        self.note = Some(("Lệnh vừa thay đổi: CHƯA ký gì. Đọc lại lệnh.".to_owned(), true));
        Wish::Nothing
    }
}

/// A text after a key.
fn typed(mut text: String, code: KeyCode, chars_max: usize) -> String {
    match code {
        KeyCode::Char(typed) if !typed.is_control() && text.chars().count() < chars_max => {
            text.push(typed);
        }
        KeyCode::Backspace => {
            text.pop();
        }
        _other => {}
    }
    text
}
