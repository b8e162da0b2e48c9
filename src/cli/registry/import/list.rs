//! What imports of small lists (units, specialties, plans) share: how the file is read, and where the
//! refused rows and the mapping file go.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde_json::{Map, Value, json};

use super::{give_mapping, is_apart, may_write, read_mapping};
use crate::cli::Cx;
use crate::roster::{
    IgnoredColumn, ListFile, ListHints, RefusedRows, RosterError, RowKey, Warned, warning_words,
};

/// How the file of a small list is read.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct ListArgs {
    /// The sheet to read, in capitals or not; without it all that hold such a table.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Says what columns and words mean where guessing fails; a file in TOML.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Writes the mapping file to fill in there, where the columns cannot be guessed.
    #[arg(long, value_name = "OUT.toml")]
    mapping_out: Option<PathBuf>,
    /// Where rows are at fault, writes them with the reasons as a spreadsheet to mend and import again: all
    /// rows of a list that is taken whole or not at all, else those that were refused.
    #[arg(long, value_name = "OUT.xlsx")]
    refused: Option<PathBuf>,
    /// Replaces files to be written if they are there already.
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

impl ListArgs {
    /// How to read a file; what could not be written later is said now.
    pub(in crate::cli) fn hints(&self, file: &Path) -> Result<ListHints> {
        if let Some(out) = self.refused.as_deref() {
            may_write(out, self.force)?;
            if file.exists() {
                is_apart(out, file)?;
            }
        }
        let mapping = self.mapping.as_deref().map(read_mapping).transpose()?.unwrap_or_default();
        Ok(ListHints { sheet: self.sheet.clone(), mapping })
    }

    /// What was read; where the columns were not understood, gives the mapping file to fill in.
    pub(in crate::cli) fn understood<T>(&self, cx: &Cx, read: Result<T, RosterError>) -> Result<T> {
        if let Err(fault) = &read
            && let Some(mapping) = fault.mapping()
        {
            give_mapping(cx, mapping, self.mapping_out.as_deref(), self.force)?;
        }
        Ok(read?)
    }

    /// Writes the rows at fault, where asked and where there are any.
    pub(in crate::cli) fn write_refused(
        &self,
        cx: &Cx,
        file: &ListFile,
        why: &BTreeMap<RowKey, String>,
        which: RefusedRows,
    ) -> Result<()> {
        let Some(out) = self.refused.as_deref() else { return Ok(()) };
        let count = file.write_refused(why, which, out, self.force)?;
        if count > 0 {
            let out = out.display();
            cx.screen.note(&format!("the rows with what is wrong ({count}) are in {out}"));
        }
        Ok(())
    }

    /// How to get the rows at fault, for who has not asked for them.
    pub(in crate::cli) const fn hint(&self) -> &'static str {
        if self.refused.is_some() {
            ""
        } else {
            "\nto mend them: import again with --refused OUT.xlsx, which writes the rows with their reasons"
        }
    }
}

/// What is told beside the rows, as the other imports name it.
pub(in crate::cli) fn value_of(
    file: &ListFile,
    is_refused: impl Fn(&RowKey) -> bool,
) -> Map<String, Value> {
    let mut value = Map::new();
    if let Ok(Value::Object(warnings)) = serde_json::to_value(file.warnings(is_refused)) {
        value.extend(warnings);
    }
    value.insert("ignored_columns".into(), json!(file.ignored));
    if !file.left_out.is_empty() {
        let names: Vec<&str> = file.left_out.iter().map(|(sheet, _why)| sheet.as_str()).collect();
        value.insert("left_out".into(), json!(names));
        let why: BTreeMap<&str, &str> =
            file.left_out.iter().map(|(sheet, why)| (sheet.as_str(), why.as_str())).collect();
        value.insert("left_out_because".into(), json!(why));
    }
    value
}

/// The same in words, each in a line of its own.
pub(in crate::cli) fn text_of(file: &ListFile, is_refused: impl Fn(&RowKey) -> bool) -> String {
    let mut text = String::new();
    for (sheet, why) in &file.left_out {
        text.push_str(&format!("\nsheet {sheet} left out: {why}"));
    }
    for IgnoredColumn { column, header } in &file.ignored {
        let header = if header.is_empty() { "without a header" } else { header };
        text.push_str(&format!(
            "\ncolumn {column} ({header}) was not read: no field is for it; a mapping file can name one \
             (--mapping)"
        ));
    }
    for (code, count, rows) in file.warnings(is_refused).iter() {
        let words = warning_words(code).unwrap_or_default();
        let named: Vec<String> = rows.iter().map(|Warned { row, .. }| row.to_string()).collect();
        let more = count.saturating_sub(u64::try_from(named.len()).unwrap_or(u64::MAX));
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named = named.join(", ");
        text.push_str(&format!("\nwarning: {code} ({words}) in rows {named}{more}"));
    }
    text
}
