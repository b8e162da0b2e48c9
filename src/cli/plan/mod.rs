//! `hoatoc plan`: reserve units, proposals, assignments, fill.

mod assign;
mod ending;
mod fill;
mod import;
mod listing;
mod propose;
mod units;

use anyhow::{Result, anyhow};
use clap::Subcommand;
use jiff::civil::Date;

use crate::cli::Cx;
use crate::cli::listing::Export;
use crate::wire::pb;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Plan {
    /// Creates or changes reserve units from a spreadsheet with a row for each post, equipment line or
    /// quota. A reserve unit in the file takes the place of the one of its code, whole.
    #[command(after_help = "Examples:\n  hoatoc plan import plan.xlsx --dry-run --as ~/admin\n  \
        hoatoc plan import plan.csv --refused to-mend.xlsx --as ~/admin\n  \
        hoatoc plan import --template plan-form.xlsx")]
    Import(import::Import),
    /// Lists reserve units.
    #[command(after_help = "Example:\n  hoatoc plan list --as ~/admin")]
    List(Export),
    /// Shows one reserve unit with its posts, equipment lines and quotas.
    /// A spreadsheet of it can be mended and imported again.
    #[command(after_help = "Example:\n  hoatoc plan show DB-C1 --export db-c1.xlsx --as ~/admin")]
    Show {
        /// Its code.
        code: String,
        #[command(flatten)]
        export: Export,
    },
    /// Proposes who and what fills the open posts: exact before near, class one before class two, and
    /// posts freed by moving; says whom it places where, and whom it leaves out and why. Changes nothing.
    #[command(after_help = "Examples:\n  hoatoc plan propose --unit DB-C1 --as ~/admin\n  \
        hoatoc plan propose --names --export placed.xlsx --left-out left-out.xlsx --as ~/admin\n  \
        hoatoc plan propose --reason OVER_AGE --names --as ~/admin")]
    Propose(propose::Ask),
    /// Makes a proposal come true, part by part. Who changed since it was made is named, and their part
    /// is left out.
    #[command(after_help = "Example:\n  hoatoc plan confirm 6f1e... --as ~/admin")]
    Confirm {
        /// The proposal, as `propose` names it.
        proposal: String,
    },
    /// Assigns one person or item to a post.
    #[command(
        after_help = "Example:\n  hoatoc plan assign 01936f5e-0000-7000-8000-000000000000 --unit DB-C1 --post 3 --as ~/admin"
    )]
    Assign(assign::Assign),
    /// Ends one assignment, or all whose holders may not hold their place any more.
    #[command(
        after_help = "Examples:\n  hoatoc plan end 01936f5e-0000-7000-8000-000000000000 --reason gone --as ~/admin\n  \
        hoatoc plan end --unfit --unit DB-C1 --dry-run --as ~/admin"
    )]
    End(ending::End),
    /// Gives the place of one assignment to somebody else.
    #[command(
        after_help = "Example:\n  hoatoc plan replace 01936f5e-0000-7000-8000-000000000000 --by 01936f5e-0000-7000-8000-000000000001 --as ~/admin"
    )]
    Replace(assign::Replace),
    /// Lists who waits for a post; with --promote gives open places to them, in order.
    #[command(after_help = "Example:\n  hoatoc plan waiting --unit DB-C1 --post 3 --as ~/admin")]
    Waiting(assign::Waiting),
    /// Lists assignments, with who or what holds the place as far as you may see it; the reading of
    /// names is recorded in the ledger.
    #[command(after_help = "Examples:\n  hoatoc plan assignments --unit DB-C1 --as ~/admin\n  \
        hoatoc plan assignments --unfit --on 2026-12-31 --export unfit.xlsx --as ~/admin")]
    Assignments(listing::Listing),
    /// How full the plan is on a day: people and equipment, exact and near, each with what it is a part
    /// of.
    #[command(after_help = "Examples:\n  hoatoc plan fill --as ~/admin\n  \
        hoatoc plan fill --on 2026-01-31 --by commune --as ~/admin")]
    Fill(fill::Ask),
}

impl Plan {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Import(import) => import::import(cx, import).await,
            Self::List(export) => units::list(cx, &export).await,
            Self::Show { code, export } => units::show(cx, code, &export).await,
            Self::Propose(ask) => propose::propose(cx, ask).await,
            Self::Confirm { proposal } => propose::confirm(cx, &proposal).await,
            Self::Assign(assign) => assign::assign(cx, assign).await,
            Self::End(end) => ending::end(cx, end).await,
            Self::Replace(replace) => assign::replace(cx, replace).await,
            Self::Waiting(waiting) => assign::waiting(cx, waiting).await,
            Self::Assignments(listing) => listing::list(cx, listing).await,
            Self::Fill(ask) => fill::fill(cx, ask).await,
        }
    }
}

fn message(day: Option<Date>) -> Option<pb::CivilDate> {
    day.map(crate::wire::registry::plan::civil_date)
}

fn written(date: Option<&pb::CivilDate>) -> String {
    date.map_or_else(
        || "-".to_owned(),
        |day| format!("{:04}-{:02}-{:02}", day.year, day.month, day.day),
    )
}

/// What is said where people were placed who serve in the militia too; nothing for nobody.
fn also_militia(count: usize) -> String {
    let who = match count {
        0 => return String::new(),
        1 => "the person serves".to_owned(),
        more => format!("{more} of them serve"),
    };
    format!("warning: {who} in the militia too: settle which service calls first")
}

/// What an answer must hold.
fn held<T>(part: Option<T>) -> Result<T> {
    part.ok_or_else(|| anyhow!("the server's answer lacks a part: it may be of another version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_placed_and_serves_in_the_militia_is_told_of_in_one_wording() {
        let of = [
            "",
            "warning: the person serves in the militia too: settle which service calls first",
            "warning: 2 of them serve in the militia too: settle which service calls first",
        ];
        assert_eq!([0, 1, 2].map(also_militia), of);
    }
}
