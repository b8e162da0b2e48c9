//! Lists and reports: for the eye, for a program, and as a spreadsheet.
//!
//! A command fills one [`Sheet`]; the table on the screen and the file of `--export` are both made of
//! it, so that they cannot differ. What may be in it was decided by the server.

use std::borrow::Borrow;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::cli::output::{Screen, local_or_dash, table, text_of};
use crate::roster::sheet::{CellValue, Sheet};

/// Where a list goes besides the screen.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Export {
    /// Writes the list as a spreadsheet too: a new file whose name ends in .xlsx or .csv.
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
}

impl Export {
    /// The name of the file asked for, if it can be written; to be asked before long work.
    pub(crate) fn target(&self) -> Result<Option<&PathBuf>> {
        if let Some(path) = &self.export {
            Sheet::check_name(path)?;
        }
        Ok(self.export.as_ref())
    }

    /// Shows a list, or its value to a program, after it was written where asked.
    pub(crate) fn show(
        &self,
        screen: &Screen,
        value: &impl Serialize,
        sheet: &Sheet,
        foot: &str,
    ) -> Result<()> {
        self.save(screen, || sheet)?;
        screen.show(value, || render(sheet, foot))
    }

    /// Writes a list where asked, and says so.
    pub(crate) fn save<S: Borrow<Sheet>>(
        &self,
        screen: &Screen,
        make: impl FnOnce() -> S,
    ) -> Result<()> {
        let Some(path) = &self.export else { return Ok(()) };
        let made = make();
        let sheet: &Sheet = made.borrow();
        sheet.save(path)?;
        screen.note(&format!("{} rows written to {}", sheet.rows.len(), path.display()));
        Ok(())
    }
}

/// A time of the wire: as a table shows it, and a date with its hour in a file.
pub(crate) fn time_cell(time: Option<&prost_types::Timestamp>) -> CellValue {
    let at = crate::wire::optional_instant("time", time).ok().flatten();
    CellValue::time(local_or_dash(time), at)
}

/// A sheet as text: its title and remarks, the table, a last line.
pub(crate) fn render(sheet: &Sheet, foot: &str) -> String {
    let columns: Vec<&str> = sheet.columns.iter().map(String::as_str).collect();
    let mut rows = table(&columns);
    for row in &sheet.rows {
        rows.add_row(row.iter().map(|value| value.shown()));
    }
    let remarks = sheet.remarks.iter().map(CellValue::shown);
    let head = std::iter::once(sheet.title.clone()).chain(remarks);
    let mut text: String =
        head.filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect();
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&text_of(&rows));
    if !foot.is_empty() {
        text.push('\n');
        text.push_str(foot);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_on_the_screen_and_in_the_file_is_the_same() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("list.csv");
        let mut sheet = Sheet::new("Bases", &["UNIT", "BASES", "OF"]);
        sheet.push(["03160".into(), 1_u64.into(), CellValue::share(1, 3)]);
        let export = Export { export: Some(path.clone()) };
        let screen = Screen::keeping();
        export.show(&screen, &serde_json::json!({ "rows": 1 }), &sheet, "1 row").expect("shown");
        assert_eq!(screen.kept(), Some(serde_json::json!({ "rows": 1 })));
        let written = std::fs::read_to_string(&path).expect("a file");
        assert_eq!(written, "\u{feff}Đơn vị,Số cơ sở,Trên tổng số\r\n03160,1,33.3 %\r\n");
        let text = render(&sheet, "1 row");
        assert!(text.starts_with("Bases\n\nUNIT"), "{text}");
        assert!(text.contains("33.3 %") && text.ends_with("\n1 row"), "{text}");
    }
}
