//! `hoatoc terminal`: the commune's side.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli::{Cx, joints};
use crate::domain::delivery::{ANSWERED_BY_CHARS_MAX, DeclineReason, Strength};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Terminal {
    /// Enrols this machine as an endpoint's terminal, with a code from `endpoint code`.
    #[command(
        after_help = "Example:\n  hoatoc terminal enrol --code CODE --server hoatoc.example:7443 \
        --data-dir /var/lib/hoatoc-terminal"
    )]
    Enrol {
        /// The one-time code, as the administrator read it out.
        #[arg(long)]
        code: String,
        /// The server, host:port.
        #[arg(long, value_name = "HOST:PORT")]
        server: String,
        /// A new directory for the terminal's keys and inbox.
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
    },
    /// Runs the terminal: connects, shows orders, and answers.
    #[command(
        after_help = "Examples:\n  hoatoc terminal run --data-dir /var/lib/hoatoc-terminal\n  \
        hoatoc terminal run --data-dir t1 --headless --answer accept --by 'Trực ban' --delay-ms 500\n  \
        hoatoc terminal run --data-dir t2 --headless --answer decline=road-cut --by 'Trực ban'"
    )]
    Run {
        /// The terminal's directory.
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
        #[command(flatten)]
        options: RunOptions,
    },
}

/// How a terminal without a screen answers.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(in crate::cli) struct RunOptions {
    /// Without a screen: for tests, drills of the line and loads.
    #[arg(long)]
    pub(in crate::cli) headless: bool,
    /// What to answer without a person: none (only the receipt), ack, accept, or decline=REASON with
    /// personnel-short, equipment-short, road-cut, other-order, not-competent or other.
    #[arg(long, default_value = "none", value_parser = answer, requires = "headless")]
    pub(in crate::cli) answer: Answer,
    /// Who answers, as shown beside the answer.
    #[arg(long, value_name = "NAME", value_parser = by, requires = "headless")]
    pub(in crate::cli) by: Option<String>,
    /// How long the pretended person takes, in milliseconds.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "headless")]
    pub(in crate::cli) delay_ms: u64,
    /// Strength to report after accepting: called, reached, will-come, arrived, excused, unexcused,
    /// equipment-called, equipment-arrived, as KEY=NUMBER joined by commas.
    #[arg(long, value_name = "K=V,..", value_parser = strength, requires = "headless")]
    pub(in crate::cli) strength: Option<Strength>,
}

/// What a headless terminal answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Answer {
    /// The device's receipt, and nothing from a person.
    Nothing,
    /// Opened and acknowledged.
    Acknowledge,
    /// Acknowledged, then accepted.
    Accept,
    /// Acknowledged, then declined.
    Decline(DeclineReason),
}

impl Terminal {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Enrol { code, server, data_dir } => {
                joints::terminal_enrol(&code, &server, &data_dir).await?;
                cx.screen.note("enrolled; next: hoatoc terminal run --data-dir DIR");
                Ok(())
            }
            Self::Run { data_dir, options } => joints::terminal_run(&data_dir, &options).await,
        }
    }
}

fn answer(text: &str) -> Result<Answer, String> {
    match text {
        "none" => return Ok(Answer::Nothing),
        "ack" => return Ok(Answer::Acknowledge),
        "accept" => return Ok(Answer::Accept),
        _decline => {}
    }
    let reason = match text.strip_prefix("decline=") {
        Some("personnel-short") => DeclineReason::PersonnelShort,
        Some("equipment-short") => DeclineReason::EquipmentShort,
        Some("road-cut") => DeclineReason::RoadCut,
        Some("other-order") => DeclineReason::OtherOrder,
        Some("not-competent") => DeclineReason::NotCompetent,
        Some("other") => DeclineReason::Other,
        Some(_) | None => {
            return Err("use none, ack, accept, or decline=REASON with personnel-short, \
                equipment-short, road-cut, other-order, not-competent or other"
                .to_owned());
        }
    };
    Ok(Answer::Decline(reason))
}

fn by(text: &str) -> Result<String, String> {
    let name = crate::domain::text::clean(text);
    if (1..=ANSWERED_BY_CHARS_MAX).contains(&name.chars().count()) {
        Ok(name)
    } else {
        Err(format!("write 1 to {ANSWERED_BY_CHARS_MAX} characters"))
    }
}

fn strength(text: &str) -> Result<Strength, String> {
    let mut strength = Strength::default();
    for pair in text.split(',') {
        let wrong = || format!("`{pair}` is not KEY=NUMBER with one of the keys of the help");
        let (key, number) = pair.split_once('=').ok_or_else(wrong)?;
        let slot = match key {
            "called" => &mut strength.called,
            "reached" => &mut strength.reached,
            "will-come" => &mut strength.will_come,
            "arrived" => &mut strength.arrived,
            "excused" => &mut strength.excused,
            "unexcused" => &mut strength.unexcused,
            "equipment-called" => &mut strength.equipment_called,
            "equipment-arrived" => &mut strength.equipment_arrived,
            _unknown => return Err(wrong()),
        };
        *slot = number.parse().map_err(|_not_a_number| wrong())?;
    }
    Ok(strength)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_strength_are_read_and_rubbish_is_not() {
        assert_eq!(answer("decline=road-cut"), Ok(Answer::Decline(DeclineReason::RoadCut)));
        assert_eq!(answer("ack"), Ok(Answer::Acknowledge));
        for bad in ["", "yes", "decline", "decline=", "decline=rain"] {
            assert!(answer(bad).is_err(), "{bad:?}");
        }
        let read = strength("called=12,arrived=9,excused=1").expect("three numbers");
        assert_eq!((read.called, read.arrived, read.excused, read.reached), (12, 9, 1, 0));
        for bad in ["", "called", "called=-1", "came=3", "called=1,,"] {
            assert!(strength(bad).is_err(), "{bad:?}");
        }
    }
}
