//! The screen of a commune's officer: what has come, how it is meant, and what to press.
//!
//! Run by `hoatoc terminal run`. Made for old machines, at night, for somebody who was asleep: how an
//! order is meant stands first in every line, as a word and as a colour; what cannot be done is not
//! offered; nothing is answered that was not shown to its end; an order that nobody has opened is
//! called out on every view; everything pressed is signed and on disk before the screen says so. Works
//! at 80 by 24 and narrower, without colours, and on a Linux console with a Vietnamese font.
//!
//! Knows the inbox and the link's status; the link itself runs beside it.

mod app;
mod draw;
mod form;
mod page;
mod prompt;
mod roll;
mod row;
#[cfg(test)]
mod tests;
mod words;
mod wrap;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyEventKind};
use crossterm::execute;
use crossterm::style::Print;
use ratatui::DefaultTerminal;
use tokio::time::MissedTickBehavior;
use tokio_stream::StreamExt as _;
use tokio_util::sync::CancellationToken;

use self::app::{App, Wish};
use super::Terminal;
use super::inbox::InboxError;
use super::print;

/// How often the clock and the time left are drawn anew.
const TICK: Duration = Duration::from_secs(1);

/// Why the screen ended.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// The machine's screen or keyboard.
    #[error("failed to use the screen: {0}")]
    Io(#[from] io::Error),
    /// The inbox failed in a way that only a restart mends.
    #[error(transparent)]
    Inbox(#[from] InboxError),
}

/// Shows the terminal until its user leaves or `stop` is cancelled. `place` is shown in the banner:
/// the endpoint's address; `prints` is the directory that prints go to. The screen is put back as it was, after a panic too.
///
/// # Errors
/// Any [`ScreenError`].
pub async fn run(
    terminal: &Arc<Terminal>,
    place: &str,
    prints: &Path,
    stop: &CancellationToken,
) -> Result<(), ScreenError> {
    // Restores the screen in a panic hook of its own.
    let mut screen = ratatui::try_init()?;
    let ended = Box::pin(talk(terminal, place, prints, stop, &mut screen)).await;
    ratatui::restore();
    ended
}

async fn talk(
    terminal: &Arc<Terminal>,
    place: &str,
    prints: &Path,
    stop: &CancellationToken,
    screen: &mut DefaultTerminal,
) -> Result<(), ScreenError> {
    let mut app = App::new(place);
    let mut revision = terminal.inbox().revision();
    let mut link = terminal.link();
    let mut events = EventStream::new();
    let mut tick = tokio::time::interval(TICK);
    // A machine that slept does not ring for every second of it.
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    app.refresh(terminal.inbox(), terminal.now())?;
    loop {
        app.link = link.borrow_and_update().clone();
        screen.draw(|frame| draw::draw(frame, &mut app))?;
        if std::mem::take(&mut app.bell) {
            execute!(io::stdout(), Print('\u{7}'))?;
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _tick = tick.tick() => app.tick(terminal.inbox(), terminal.now()),
            changed = link.changed() => if changed.is_err() { return Ok(()) },
            changed = revision.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                app.refresh(terminal.inbox(), terminal.now())?;
            }
            event = events.next() => match event {
                None => return Ok(()),
                Some(event) => if let Event::Key(key) = event?
                    && key.kind != KeyEventKind::Release
                {
                    match app.key(key) {
                        Wish::Nothing => {}
                        Wish::Leave => return Ok(()),
                        Wish::Roll(order) => {
                            let rows = terminal.with_inbox(move |inbox| inbox.called(order)).await;
                            app.called(order, rows)?;
                        }
                        Wish::Print(order) => {
                            let (now, dir) = (terminal.now(), prints.to_owned());
                            let printed = terminal
                                .with_inbox(move |inbox| {
                                    Ok(print::to_dir(inbox, order, now, &dir))
                                })
                                .await?;
                            app.printed(&printed);
                        }
                        Wish::Do(command) => {
                            let done = terminal
                                .with_inbox(move |inbox| command.carry_out(inbox))
                                .await;
                            app.done(done)?;
                            app.refresh(terminal.inbox(), terminal.now())?;
                        }
                    }
                },
            }
        }
    }
}
