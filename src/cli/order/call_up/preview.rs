//! `hoatoc order call-up`: whom an order would call, counted, before it is drafted.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{Choosing, Lists, Source};
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::order::content::{Needs, Recipients};
use crate::cli::order::view::units_of;
use crate::domain::order::handling::Handling;
use crate::wire::order::call_up::read_summary;
use crate::wire::pb;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CallUp {
    /// Shows whom an order would call, counted by unit and line; reads nobody's name and keeps nothing.
    #[command(after_help = "Example:\n  \
        hoatoc order call-up preview --handling exercise --to KV1 --need CN02=40 --near CN02=CN05 --as ~/drafter")]
    Preview(Preview),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Preview {
    /// How the order would be meant: actual, exercise or test.
    #[arg(long, default_value = "exercise")]
    handling: Handling,
    /// Call from a reserve unit's plan instead of for the lines of --need.
    #[arg(long = "call-up", value_name = "strength|plan:CODE", default_value = "strength")]
    source: Source,
    #[command(flatten)]
    recipients: Recipients,
    #[command(flatten)]
    needs: Needs,
    #[command(flatten)]
    choosing: Choosing,
}

impl CallUp {
    pub(in crate::cli::order) async fn run(self, cx: &Cx) -> Result<()> {
        let Self::Preview(preview) = self;
        if preview.recipients.units.is_empty() {
            bail!("nobody would be asked: name units with --to, \"11\" for the whole province");
        }
        let asked = preview.choosing.ask(&preview.source, &preview.needs)?;
        let connection = cx.connect().await?;
        let ask = pb::SelectCallUpRequest {
            order_id: Uuid::now_v7().to_string(),
            selector: Some(preview.recipients.selector()),
            handling: pb::Handling::from(preview.handling).into(),
            preview: true,
            ..asked
        };
        let answer = connection.orders().select_call_up(request(ask)).await.map_err(refused)?;
        let answer = answer.into_inner();
        let units = units_of(&connection).await?;
        // It is under no root: there is nothing to prove it by.
        let lists = Lists::new(read_summary(&answer.summary)?, Vec::new(), &units);
        cx.screen.show(&lists.json(), || lists.text())
    }
}
