//! `hoatoc restore`: a store from a backup, on an empty machine, and a new epoch, so that nothing the
//! lost server may have signed after the backup can be confused with what comes now.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::DataDir;
use super::init::carry_out;
use super::open_store;
use crate::cli::Cx;
use crate::config::ServerConfig;
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::domain::order::handling::Handling;
use crate::domain::world::{Command, OrderFile, World};
use crate::store::journaled::restore;

/// Restores a backup into an empty data directory and begins a new epoch.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hoatoc restore --from /mnt/backup/monday --data-dir /srv/hoatoc\n\n\
    server.toml and keys/ may be there already; the store must not."
)]
pub(in crate::cli) struct Restore {
    #[command(flatten)]
    data_dir: DataDir,
    /// The backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// This year's last number on paper, where papers go further than the backup: exercise=12; repeat
    /// it for actual, exercise and test. The series goes on after it.
    #[arg(long = "last-number", value_name = "HANDLING=N", value_parser = last_number)]
    last_numbers: Vec<(Handling, u32)>,
}

impl Restore {
    pub(in crate::cli) fn run(self, cx: &Cx) -> Result<()> {
        let dir = &self.data_dir.path;
        if !self.from.is_dir() {
            bail!("{} is no backup: give a directory written by `backup`", self.from.display());
        }
        let config = ServerConfig::load_in(dir)?;
        let store_dir = config.store.dir.under(dir);
        let copied = restore(&self.from, &store_dir)?;
        let store = open_store(dir, &config)?;
        let last_numbers = self.last_numbers.iter().copied().collect();
        let begin = Command::BeginEpoch { last_numbers };
        let (epoch, left, series) =
            carry_out(store, Arc::clone(&cx.clock), vec![begin], |world, now| {
                let left: Vec<Left> = world.to_be_issued_again(now).map(Left::of_file).collect();
                (world.epoch(), left, series(world, now))
            })
            .or_else(|failure| {
                // It was not there before, and in the old epoch it must not be served.
                std::fs::remove_dir_all(&store_dir)?;
                Err(failure.context("nothing was restored"))
            })?;
        let value = json!({
            "data_dir": dir, "bytes": copied.len, "batches": copied.stamp.seq, "epoch": epoch,
            "issue_again": left.iter().map(Left::json).collect::<Vec<_>>(),
            "next_numbers": series,
        });
        cx.screen.show(&value, || {
            format!(
                "{} bytes were restored and verified; epoch {epoch} has begun.\n\nNext:\n  \
                 1. Put keys/ and server.toml back into {data}, if they are not there.\n  \
                 2. hoatoc check --data-dir {data}\n  \
                 3. hoatoc serve --data-dir {data}\n  \
                 4. hoatoc officer reissue --epoch {epoch} --as ADMIN --root ROOT\n\n\
                 The next numbers are {}: if papers of after the backup have them, restore again \
                 with --last-number.\n{}",
                copied.len,
                series.join(", "),
                told(&left),
                data = dir.display(),
            )
        })
    }
}

/// The next number of each series, as written on paper.
fn series(world: &World, now: Instant) -> Vec<String> {
    let year = now.year_in_vietnam();
    let next = |handling: Handling| handling.number_text(world.next_number(handling, year), year);
    Handling::ALL.into_iter().map(next).collect()
}

/// An order in force that was issued before the restore, and the command that issues it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Left {
    id: OrderId,
    number: String,
    command: String,
}

impl Left {
    /// From its contents.
    pub(in crate::cli) fn new(order: &Order) -> Self {
        // A cancel is issued again by cancelling what it cancels; all else by an update.
        let cancelled = order.reference.as_ref().filter(|_reference| order.is_cancel());
        let command = match cancelled {
            Some(reference) => format!("hoatoc order cancel {} --reason TEXT", reference.order),
            None => format!("hoatoc order update {}", order.id),
        };
        Self { id: order.id, number: order.number_text(), command }
    }

    fn of_file(file: &OrderFile) -> Self {
        Self::new(&file.order)
    }

    /// As JSON.
    pub(in crate::cli) fn json(&self) -> Value {
        json!({ "order_id": self.id.to_string(), "number": self.number, "command": self.command })
    }
}

/// Which orders must be issued again, for a person; empty when there are none.
pub(in crate::cli) fn told(left: &[Left]) -> String {
    if left.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\n{} open orders were issued before the restore and must be issued again; terminals refuse \
         them once the trust bundle names the new epoch:\n",
        left.len()
    );
    for one in left {
        text.push_str(&format!("  {}: {}\n", one.number, one.command));
    }
    text
}

/// Reads `exercise=12`.
fn last_number(text: &str) -> Result<(Handling, u32), String> {
    let wrong = || "write it like exercise=12, with actual, exercise or test".to_owned();
    let (handling, number) = text.split_once('=').ok_or_else(wrong)?;
    let handling = handling.parse().map_err(|_unknown| wrong())?;
    Ok((handling, number.parse().map_err(|_not_a_number| wrong())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::ReferenceKind;
    use crate::domain::world::tests::support::Province;

    #[test]
    fn each_order_left_behind_is_named_with_the_command_that_issues_it_again() {
        assert_eq!(told(&[]), "");
        let mut p = Province::new();
        let order = p.issued(Handling::Exercise);
        let cancel = p.follow_up(&order, ReferenceKind::Cancel);
        let text = told(&[Left::new(&p.file(&order).order), Left::new(&cancel)]);
        assert!(text.contains("2 open orders were issued before the restore"), "{text}");
        let update = format!("  DT-1/2026/LĐ-BCHQS: hoatoc order update {order}\n");
        let again = format!("  DT-2/2026/LĐ-BCHQS: hoatoc order cancel {order} --reason TEXT\n");
        assert!(text.contains(&update) && text.contains(&again), "{text}");
    }

    #[test]
    fn a_last_number_has_a_handling_and_a_number() {
        assert_eq!(last_number("exercise=12"), Ok((Handling::Exercise, 12)));
        for bad in ["12", "exercise", "drill=3", "test=", "actual=-1"] {
            assert!(last_number(bad).is_err(), "{bad}");
        }
    }
}
