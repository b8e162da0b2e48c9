//! What lists, finds and counts of reservists and equipment have in common.

mod counted;
pub(super) mod pages;
pub(super) mod whole;

use anyhow::Result;
use clap::Args;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::days::day;
use crate::cli::listing::{Export, render};
use crate::domain::registry::{CitizenId, Phone, Plate};
use crate::roster::sheet::{CellValue, Sheet};
use crate::wire::pb;
use counted::Names;

/// Records asked for at once.
const PAGE_LEN: usize = 50;
/// Records shown where nobody said how many.
const SHOWN_LEN: usize = 50;

/// Which records to list.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Listing {
    /// Comparisons joined by AND and OR, such as `unit = "03160" AND NOT status = DEAD`.
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    pub(super) filter: String,
    /// The order: `name`, `birth` or `id`, each with or without ` desc`.
    #[arg(long, value_name = "ORDER", default_value = "", hide_default_value = true)]
    order_by: String,
    /// The day on which ages are counted; today if not said.
    #[arg(long, value_name = "DATE", value_parser = day)]
    as_of: Option<Date>,
    /// At most this many, 50 if not said, or all with --export; 0 only counts them.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Whole records, with numbers, for those who may see them; else as far as the server shows them.
    #[arg(long)]
    whole: bool,
    #[command(flatten)]
    export: Export,
}

impl Listing {
    /// How many to ask for next: a page of the largest records keeps within one message. At least
    /// one, since how many there are is told with a page.
    pub(super) fn page(&self, have: usize) -> u32 {
        u32::try_from(self.limit().saturating_sub(have).clamp(1, PAGE_LEN)).unwrap_or(1)
    }

    /// At most so many in all.
    fn limit(&self) -> usize {
        let unsaid = if self.export.export.is_some() { usize::MAX } else { SHOWN_LEN };
        self.limit.unwrap_or(unsaid)
    }

    /// How much of each record is asked for.
    pub(super) fn view(&self) -> i32 {
        let view = if self.whole { pb::RecordView::Whole } else { pb::RecordView::Unspecified };
        view.into()
    }

    pub(super) fn reservists(&self, page_size: u32, token: String) -> pb::ListReservistsRequest {
        pb::ListReservistsRequest {
            page_size,
            page_token: token,
            filter: self.filter.clone(),
            order_by: self.order_by.clone(),
            as_of: self.as_of.map(civil),
            view: self.view(),
        }
    }

    pub(super) fn equipment(&self, page_size: u32, token: String) -> pb::ListEquipmentRequest {
        pb::ListEquipmentRequest {
            page_size,
            page_token: token,
            filter: self.filter.clone(),
            order_by: self.order_by.clone(),
            as_of: self.as_of.map(civil),
            view: self.view(),
        }
    }
}

/// What is sought, by words or by a number.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Sought {
    /// Words of a name, with or without marks, in any order, each as far as known; or a whole number.
    #[arg(value_name = "WORDS")]
    words: String,
    /// Comparisons that must hold as well, as in `list`.
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    filter: String,
    /// At most this many, 50 if not said, or all with --export.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Whole records, with numbers, for those who may see them.
    #[arg(long)]
    whole: bool,
    #[command(flatten)]
    export: Export,
}

impl Sought {
    /// People: by citizen number or phone where the words are one, else by name.
    pub(super) fn reservists(&self) -> Listing {
        let number = if CitizenId::parse(&self.words).is_some() {
            Some("citizen_id")
        } else {
            Phone::parse(&self.words).map(|_phone| "phone")
        };
        match number {
            Some(field) => self.listing(&format!("{field} = {}", quoted(&self.words)), ""),
            None => self.listing(&format!("name : {}", quoted(&self.words)), "name"),
        }
    }

    /// Equipment: by plate or owner's phone where the words are one, else by chassis number.
    pub(super) fn equipment(&self) -> Listing {
        let field = if Plate::parse(&self.words).is_some() {
            "plate"
        } else if Phone::parse(&self.words).is_some() {
            "phone"
        } else {
            "chassis_number"
        };
        self.listing(&format!("{field} = {}", quoted(&self.words)), "")
    }

    fn listing(&self, found: &str, order_by: &str) -> Listing {
        let filter = match self.filter.trim() {
            "" => found.to_owned(),
            also => format!("{found} AND ({also})"),
        };
        Listing {
            filter,
            order_by: order_by.to_owned(),
            as_of: None,
            limit: self.limit,
            whole: self.whole,
            export: self.export.clone(),
        }
    }
}

/// A text as a filter has it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What to count.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Count {
    /// Up to three fields to count by, separated by commas.
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    by: Vec<String>,
    /// Comparisons joined by AND and OR, as in `list`.
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    filter: String,
    /// The day on which ages are counted; today if not said.
    #[arg(long, value_name = "DATE", value_parser = day)]
    as_of: Option<Date>,
    #[command(flatten)]
    export: Export,
}

/// Counts records of a kind.
pub(super) async fn count(cx: &Cx, count: Count, kind: pb::RecordKind) -> Result<()> {
    let Count { by, filter, as_of, export } = count;
    let ask = pb::CountRecordsRequest {
        kind: kind.into(),
        filter,
        group_by: by.clone(),
        as_of: as_of.map(civil),
    };
    let connection = cx.connect().await?;
    let counted = connection.registry().count_records(request(ask)).await;
    let counted = counted.map_err(refused)?.into_inner();
    let is_named = export.export.is_some() && counted::names_units(&by);
    let units = if is_named { connection.units().await? } else { Vec::new() };
    let names: Names = units.into_iter().map(|unit| (unit.code, unit.name)).collect();
    let heads: Vec<String> = by.iter().map(|field| field.to_uppercase()).collect();
    let heads = heads.iter().map(String::as_str).chain(["COUNT", "OF", "SHARE"]);
    let (heading, tab) = match kind {
        pb::RecordKind::Equipment => ("Thống kê phương tiện kỹ thuật dự bị", "Thống kê PTKT dự bị"),
        pb::RecordKind::MilitiaBase => ("Thống kê cơ sở dân quân tự vệ", "Thống kê cơ sở DQTV"),
        pb::RecordKind::Enterprise => {
            ("Thống kê doanh nghiệp động viên công nghiệp", "Thống kê doanh nghiệp ĐVCN")
        }
        pb::RecordKind::Activity => {
            ("Thống kê huấn luyện, diễn tập và hoạt động", "Thống kê hoạt động")
        }
        _reservist => ("Thống kê quân nhân dự bị", "Thống kê quân nhân dự bị"),
    };
    let mut sheet = Sheet::new("", &heads.collect::<Vec<_>>()).called(heading, tab);
    let all = [pb::CountedRecords { values: Vec::new(), count: counted.total }];
    for row in if by.is_empty() { &all[..] } else { &counted.rows } {
        let values = by.iter().zip(&row.values);
        let values = values.map(|(field, value)| counted::cell(kind, field, value, &names));
        let counts = [row.count.into(), counted.total.into()];
        let share = CellValue::share(row.count, counted.total);
        sheet.rows.push(values.chain(counts).chain([share]).collect());
    }
    export.save(&cx.screen, || &sheet)?;
    cx.screen.show(&as_json(&by, &counted), || {
        let total = format!("{} in all", counted.total);
        if by.is_empty() { total } else { render(&sheet, &total) }
    })
}

fn as_json(by: &[String], counted: &pb::CountRecordsResponse) -> Value {
    let rows = counted.rows.iter().map(|row| {
        let values = by.iter().cloned().zip(row.values.iter().map(|value| json!(value)));
        let mut object: Map<String, Value> = values.collect();
        object.insert("count".to_owned(), json!(row.count));
        Value::Object(object)
    });
    json!({ "total": counted.total, "rows": rows.collect::<Vec<_>>() })
}

fn civil(date: Date) -> pb::CivilDate {
    let part = |part: i8| u32::from(part.unsigned_abs());
    let year = u32::from(date.year().unsigned_abs());
    pb::CivilDate { year, month: part(date.month()), day: part(date.day()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::world::RecordKind;
    use crate::index::{Filter, Sight};

    fn sought(words: &str, filter: &str) -> Sought {
        Sought {
            words: words.to_owned(),
            filter: filter.to_owned(),
            limit: None,
            whole: false,
            export: Export::default(),
        }
    }

    #[test]
    fn what_is_sought_becomes_a_filter_that_the_server_understands() {
        for (words, filter, expected) in [
            ("lò văn t", "", "name : \"lò văn t\""),
            ("\"lò văn\" thi", "unit = KV1", "name : \"\\\"lò văn\\\" thi\" AND (unit = KV1)"),
            ("011 088 085221", "", "citizen_id = \"011 088 085221\""),
            ("0896.447.405", "", "phone = \"0896.447.405\""),
        ] {
            let listing = sought(words, filter).reservists();
            assert_eq!(listing.filter, expected);
            Filter::parse(&listing.filter, RecordKind::Reservist, Sight::Whole).expect(words);
        }
        for (words, expected) in [
            ("27A-123.45", "plate = \"27A-123.45\""),
            ("RL4XYZ12345678901", "chassis_number = \"RL4XYZ12345678901\""),
            ("0896.447.405", "phone = \"0896.447.405\""),
        ] {
            let listing = sought(words, "").equipment();
            assert_eq!(listing.filter, expected);
            Filter::parse(&listing.filter, RecordKind::Equipment, Sight::Whole).expect(words);
        }
    }
}
