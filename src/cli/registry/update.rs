//! Changing one record from the command line: `reservist update`, `equipment update`, `militia update`,
//! `enterprise update`, `activity update`.
//!
//! The record is read, said anew in the words of lists, shown with old and new, and put back under the
//! version that was read: who changed it meanwhile is not overwritten.

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::domain::registry::Lists;
use crate::domain::unit::Units;
use crate::roster::edit::Editable;
use crate::wire::pb;
use crate::wire::registry::changes;

/// Which record, and what it says from now on.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Update {
    /// The record's id.
    id: Uuid,
    /// A field and what it says from now on, in the words of lists; nothing behind `=` empties it.
    /// Repeat it for several; a field that there is none of is answered with those there are.
    #[arg(long = "set", value_name = "FIELD=VALUE", required = true)]
    set: Vec<String>,
    /// The version that you have seen; without it the one that is there now.
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    /// Shows old and new; nothing is stored.
    #[arg(long)]
    dry_run: bool,
}

/// A kind of record that is read and put back one by one.
pub(super) trait Kept: Editable {
    /// As stored.
    async fn get(connection: &Connection, id: String) -> Result<Option<Self>>;

    /// As stored after it.
    async fn put(connection: &Connection, record: Self) -> Result<Stored<Self>>;
}

/// What the server made of a change.
pub(super) struct Stored<R> {
    record: Option<R>,
    ledger_index: u64,
    /// Codes of what is worth a look.
    warnings: Vec<String>,
}

macro_rules! kept {
    ($($record:ident $service:ident $field:ident $id:ident
       $get:ident $get_request:ident $update:ident $update_request:ident $($warnings:ident)?;)+) => {$(
        impl Kept for pb::$record {
            async fn get(connection: &Connection, id: String) -> Result<Option<Self>> {
                let ask = pb::$get_request { $id: id };
                let reply = connection.$service().$get(request(ask)).await.map_err(refused)?;
                Ok(reply.into_inner().$field)
            }

            async fn put(connection: &Connection, record: Self) -> Result<Stored<Self>> {
                let request_id = request_id();
                let ask = pb::$update_request { request_id, $field: Some(record) };
                let reply = connection.$service().$update(request(ask)).await.map_err(refused)?;
                let reply = reply.into_inner();
                let (record, ledger_index) = (reply.$field, reply.ledger_index);
                let warnings = std::iter::empty()$(.chain(reply.$warnings))?.collect();
                Ok(Stored { record, ledger_index, warnings })
            }
        }
    )+};
}

kept! {
    Reservist registry reservist reservist_id
        get_reservist GetReservistRequest update_reservist UpdateReservistRequest warnings;
    Equipment registry equipment equipment_id
        get_equipment GetEquipmentRequest update_equipment UpdateEquipmentRequest warnings;
    MilitiaBase force militia_base militia_base_id
        get_militia_base GetMilitiaBaseRequest update_militia_base UpdateMilitiaBaseRequest;
    Enterprise force enterprise enterprise_id
        get_enterprise GetEnterpriseRequest update_enterprise UpdateEnterpriseRequest;
    Activity force activity activity_id
        get_activity GetActivityRequest update_activity UpdateActivityRequest;
}

/// The fields and values of `--set`.
fn pairs(set: &[String]) -> Result<Vec<(String, String)>> {
    let pair = |one: &String| {
        let (field, value) = one.split_once('=').with_context(|| {
            let shown: String = one.chars().take(40).collect();
            format!("`{shown}` is no field with a value: write FIELD=VALUE")
        })?;
        Ok((field.trim().to_owned(), value.to_owned()))
    };
    set.iter().map(pair).collect()
}

/// Changes one record of a kind.
pub(super) async fn run<R: Kept>(cx: &Cx, update: Update) -> Result<()> {
    let set = pairs(&update.set)?;
    let connection = cx.connect().await?;
    let units = connection.units().await?;
    let units: Vec<_> = units.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let units = Units::from_list(units).context("the server's units do not hang together")?;
    let (specialties, equipment_types) =
        (connection.specialties().await?, connection.equipment_types().await?);
    let lists = Lists {
        units: &units,
        specialties: &specialties,
        equipment_types: &equipment_types,
        as_of: cx.clock.now().date_in_vietnam(),
    };
    let old = R::get(&connection, update.id.to_string()).await?;
    let old = old.context("the server gave no record")?;
    let there = old.identity().1;
    if let Some(seen) = update.version {
        ensure!(
            seen == there,
            "the record is at version {there}, not {seen}: look at it again, nothing was changed"
        );
    }
    let (new, warnings) = old.edited(&set, &lists)?;
    let mut warnings: Vec<String> = warnings.iter().map(|one| one.code().to_owned()).collect();
    let differing = changes(&old, &new);
    let (version, index) = if update.dry_run || differing.is_empty() {
        (there, 0)
    } else {
        let stored = R::put(&connection, new).await?;
        warnings.extend(stored.warnings);
        let Some(record) = stored.record else { bail!("the server gave no record") };
        (record.identity().1, stored.ledger_index)
    };
    let said = Said { id: update.id, version, index, is_dry: update.dry_run, differing, warnings };
    cx.screen.show(&said.value(), || said.text())
}

/// What became of it.
struct Said {
    id: Uuid,
    version: u64,
    index: u64,
    is_dry: bool,
    differing: Vec<pb::FieldChange>,
    warnings: Vec<String>,
}

impl Said {
    fn value(&self) -> Value {
        let change =
            |one: &pb::FieldChange| json!({ "field": one.field, "old": one.old, "new": one.new });
        json!({
            "id": self.id.to_string(),
            "version": self.version,
            "stored": !self.is_dry && !self.differing.is_empty(),
            "ledger_index": self.index,
            "changes": self.differing.iter().map(change).collect::<Vec<_>>(),
            "warnings": self.warnings,
        })
    }

    fn text(&self) -> String {
        let mut text = match (self.differing.is_empty(), self.is_dry) {
            (true, _) => "it says so already; nothing was changed".to_owned(),
            (false, true) => "would change; nothing was stored".to_owned(),
            (false, false) => format!("changed, now at version {}", self.version),
        };
        for pb::FieldChange { field, old, new } in &self.differing {
            text.push_str(&format!("\n  {field}: {old:?} to {new:?}"));
        }
        for warning in &self.warnings {
            text.push_str(&format!("\nwarning: {warning}"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_ends_at_the_first_sign_and_may_be_emptied() {
        let said = ["note=a = b".to_owned(), " hamlet =".to_owned()];
        let pair = |field: &str, value: &str| (field.to_owned(), value.to_owned());
        assert_eq!(pairs(&said).expect("pairs"), [pair("note", "a = b"), pair("hamlet", "")]);
        assert!(pairs(&["note".to_owned()]).expect_err("no sign").to_string().contains("`note`"));
    }
}
