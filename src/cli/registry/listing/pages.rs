//! Lists page by page: to the screen, or all of it into a spreadsheet.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::Listing;
use crate::cli::Cx;
use crate::cli::listing::render;
use crate::roster::sheet::{CellValue, SHEET_ROWS_MAX, Sheet};

/// One page.
pub(in crate::cli::registry) struct Page<R> {
    pub(in crate::cli::registry) records: Vec<R>,
    pub(in crate::cli::registry) next_page_token: String,
    pub(in crate::cli::registry) total_size: u64,
}

/// How records of a kind are shown.
pub(in crate::cli::registry) struct Shown<R: 'static> {
    /// What they are, as JSON names them.
    pub(in crate::cli::registry) name: &'static str,
    /// Columns of a list.
    pub(in crate::cli::registry) columns: &'static [&'static str],
    /// A row of it.
    pub(in crate::cli::registry) row: fn(&R) -> Vec<CellValue>,
    /// Headers and cells of a spreadsheet of whole records.
    pub(in crate::cli::registry) whole: fn(&R) -> Vec<(String, CellValue)>,
    /// All that was sent.
    pub(in crate::cli::registry) json: fn(&R) -> Value,
}

impl<R> Shown<R> {
    fn cells(&self, record: &R, is_whole: bool) -> Vec<CellValue> {
        if is_whole {
            return (self.whole)(record).into_iter().map(|(_head, cell)| cell).collect();
        }
        (self.row)(record)
    }
}

/// Asks page by page, and shows or writes what came. What goes to a file is not held as messages too.
pub(in crate::cli::registry) async fn list<R: Default>(
    cx: &Cx,
    listing: &Listing,
    shown: &Shown<R>,
    mut ask: impl AsyncFnMut(u32, String) -> Result<Page<R>>,
) -> Result<()> {
    let (file, limit) = (listing.export.target()?, listing.limit());
    let is_whole = listing.whole && file.is_some();
    let mut sheet = Sheet::new(if file.is_some() { shown.name } else { "" }, shown.columns);
    if is_whole {
        sheet.columns = (shown.whole)(&R::default()).into_iter().map(|(head, _)| head).collect();
    }
    let (mut values, mut page_token) = (Vec::new(), String::new());
    let bar = cx.screen.progress(0, shown.name);
    let total = loop {
        let page = ask(listing.page(sheet.rows.len()), page_token).await?;
        let rows = usize::try_from(page.total_size).unwrap_or(usize::MAX).min(limit);
        ensure!(
            file.is_none() || rows <= SHEET_ROWS_MAX,
            "there are {rows} rows, over the bound of {SHEET_ROWS_MAX}: narrow it by a filter"
        );
        bar.set_length(u64::try_from(rows)?);
        for record in page.records.iter().take(limit.saturating_sub(sheet.rows.len())) {
            sheet.rows.push(shown.cells(record, is_whole));
            if file.is_none() {
                values.push((shown.json)(record));
            }
        }
        bar.set_position(u64::try_from(sheet.rows.len())?);
        page_token = page.next_page_token;
        if page_token.is_empty() || page.records.is_empty() || sheet.rows.len() >= limit {
            break page.total_size;
        }
    };
    bar.finish_and_clear();
    let count = sheet.rows.len();
    let Some(file) = file else {
        let mut value = json!({ "total": total });
        value[shown.name] = values.into();
        return cx.screen.show(&value, || render(&sheet, &format!("{count} of {total}")));
    };
    sheet.save(file)?;
    let written = file.display().to_string();
    cx.screen.show(&json!({ "total": total, "rows": count, "file": written }), || {
        format!("{count} of {total} written to {written}")
    })
}
