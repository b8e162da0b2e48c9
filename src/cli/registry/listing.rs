//! What lists, finds and counts of reservists and equipment have in common.

use anyhow::Result;
use clap::Args;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::output::{table, text_of};
use crate::domain::registry::{CitizenId, Phone, Plate};
use crate::wire::pb;

/// Records asked for at once.
const PAGE_LEN: usize = 50;

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
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// At most this many; 0 only counts them.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(super) limit: usize,
}

impl Listing {
    /// How many to ask for next: a page of the largest records keeps within one message. At least
    /// one, since how many there are is told with a page.
    pub(super) fn page(&self, have: usize) -> u32 {
        u32::try_from(self.limit.saturating_sub(have).clamp(1, PAGE_LEN)).unwrap_or(1)
    }

    pub(super) fn reservists(&self, have: usize, token: String) -> pb::ListReservistsRequest {
        pb::ListReservistsRequest {
            page_size: self.page(have),
            page_token: token,
            filter: self.filter.clone(),
            order_by: self.order_by.clone(),
            as_of: self.as_of.map(civil),
        }
    }

    pub(super) fn equipment(&self, have: usize, token: String) -> pb::ListEquipmentRequest {
        pb::ListEquipmentRequest {
            page_size: self.page(have),
            page_token: token,
            filter: self.filter.clone(),
            order_by: self.order_by.clone(),
            as_of: self.as_of.map(civil),
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
    /// At most this many.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
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
        Listing { filter, order_by: order_by.to_owned(), as_of: None, limit: self.limit }
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
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
}

/// Counts records of a kind.
pub(super) async fn count(cx: &Cx, count: Count, kind: pb::RecordKind) -> Result<()> {
    let Count { by, filter, as_of } = count;
    let ask = pb::CountRecordsRequest {
        kind: kind.into(),
        filter,
        group_by: by.clone(),
        as_of: as_of.map(civil),
    };
    let counted = cx.connect().await?.registry().count_records(request(ask)).await;
    let counted = counted.map_err(refused)?.into_inner();
    cx.screen.show(&as_json(&by, &counted), || {
        let mut heads: Vec<String> = by.iter().map(|field| field.to_uppercase()).collect();
        heads.push("COUNT".to_owned());
        let mut rows = table(&heads.iter().map(String::as_str).collect::<Vec<_>>());
        for row in &counted.rows {
            let values = row.values.iter().map(|value| if value.is_empty() { "-" } else { value });
            rows.add_row(values.map(str::to_owned).chain([row.count.to_string()]));
        }
        let total = format!("{} in all", counted.total);
        if by.is_empty() { total } else { format!("{}\n{total}", text_of(&rows)) }
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
        Sought { words: words.to_owned(), filter: filter.to_owned(), limit: 50 }
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
