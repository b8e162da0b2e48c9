//! Who and what a proposal places and leaves out: asked for page by page, shown, and written to files.
//!
//! Names are asked for only where the caller says so, and of no more than are shown or written: each
//! page of them is a reading that the ledger keeps.

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::connection::{Connection, refused, request};
use crate::cli::plan::listing::fit;
use crate::limits;
use crate::roster::sheet::{CellValue, Sheet, words};
use crate::wire::pb;

/// Who comes into which place.
pub(super) type Placed = (pb::Assignment, pb::ProposalDetail);

/// What is asked of a proposal.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) proposal: String,
    pub(super) parts: u32,
    /// Only those left out for this reason; empty for all.
    pub(super) reason: String,
    pub(super) with_names: bool,
}

impl Asked {
    /// The first of those who are placed.
    pub(super) async fn placed(
        &self,
        connection: &Connection,
        limit: usize,
    ) -> Result<Vec<Placed>> {
        let mut all = Vec::new();
        for part in 1..=self.parts {
            if all.len() >= limit {
                break;
            }
            let ask = pb::GetProposalPartRequest {
                proposal_id: self.proposal.clone(),
                part,
                with_names: self.with_names,
            };
            let page = connection.plan().get_proposal_part(request(ask)).await.map_err(refused)?;
            let page = page.into_inner();
            all.extend(page.assignments.into_iter().zip(page.details));
        }
        all.truncate(limit);
        Ok(all)
    }

    /// The first of those who are left out, and whether there are more.
    pub(super) async fn left_out(
        &self,
        connection: &Connection,
        limit: usize,
    ) -> Result<(Vec<pb::LeftOut>, bool)> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let len = limit.saturating_sub(all.len()).clamp(1, limits::LIST_PAGE_LEN_MAX);
            let ask = pb::ListLeftOutRequest {
                proposal_id: self.proposal.clone(),
                page_size: u32::try_from(len)?,
                page_token,
                reason: self.reason.clone(),
                with_names: self.with_names,
            };
            let page = connection.plan().list_left_out(request(ask)).await.map_err(refused)?;
            let page = page.into_inner();
            all.extend(page.left_out);
            page_token = page.next_page_token;
            if page_token.is_empty() || all.len() >= limit {
                return Ok((all, !page_token.is_empty()));
            }
        }
    }
}

const fn side(is_equipment: bool) -> &'static str {
    if is_equipment { "equipment" } else { "people" }
}

/// Who comes into which place, as JSON.
pub(super) fn placed_value((at, detail): &Placed) -> Value {
    let mut value = json!({
        "subject": at.subject_id,
        "equipment": at.is_equipment,
        "commune": at.unit_code,
        "unit": at.reserve_unit_code,
        "post": at.post_no,
        "tier": at.tier,
        "fits": fit(at.tier),
    });
    say_detail(&mut value, detail);
    value
}

/// One who is left out, as JSON.
pub(super) fn left_out_value(at: &pb::LeftOut) -> Value {
    let mut value = json!({
        "subject": at.subject_id,
        "equipment": at.is_equipment,
        "commune": at.unit_code,
        "reason": at.reason,
    });
    say_detail(&mut value, &at.detail.clone().unwrap_or_default());
    value
}

fn say_detail(value: &mut Value, detail: &pb::ProposalDetail) {
    if !detail.name.is_empty() {
        value["name"] = json!(detail.name);
    }
    value["waits_for"] = json!(detail.waits_for);
    value["also_militia"] = json!(detail.also_militia);
}

/// A sheet of these columns, with who it is in front and what is said beside at the end.
fn sheet(own: &[&str], with_names: bool) -> Sheet {
    let mut heads = vec!["GROUP", "SUBJECT"];
    heads.extend(with_names.then_some("NAME"));
    heads.extend(own.iter().chain(&["WAITS FOR", "ALSO MILITIA"]));
    Sheet::new("", &heads)
}

fn row(
    (subject, is_equipment): (&str, bool),
    own: Vec<CellValue>,
    detail: &pb::ProposalDetail,
    with_names: bool,
) -> Vec<CellValue> {
    let mut row = vec![CellValue::term(words::SIDES, side(is_equipment)), subject.into()];
    row.extend(with_names.then(|| detail.name.as_str().into()));
    row.extend(own);
    row.push(detail.waits_for.join(", ").into());
    row.push(if detail.also_militia { "x" } else { "" }.into());
    row
}

/// Who comes into which place, as a table; `heading` is what a file of it is called.
pub(super) fn placed_sheet(all: &[Placed], heading: &str, with_names: bool) -> Sheet {
    let own = ["COMMUNE", "UNIT", "POST", "FITS"];
    let mut sheet = sheet(&own, with_names).called(heading, "Đề nghị sắp xếp");
    for (at, detail) in all {
        let own = vec![
            at.unit_code.as_str().into(),
            at.reserve_unit_code.as_str().into(),
            at.post_no.into(),
            CellValue::term(words::FITS, fit(at.tier)),
        ];
        sheet.rows.push(row((&at.subject_id, at.is_equipment), own, detail, with_names));
    }
    sheet
}

/// Who is left out and why, as a table; `heading` is what a file of it is called.
pub(super) fn left_out_sheet(all: &[pb::LeftOut], heading: &str, with_names: bool) -> Sheet {
    let mut sheet = sheet(&["COMMUNE", "REASON"], with_names).called(heading, "Không xếp được");
    for at in all {
        let own = vec![
            at.unit_code.as_str().into(),
            CellValue::word(at.reason.as_str(), words::refusal(&at.reason)),
        ];
        let detail = at.detail.clone().unwrap_or_default();
        sheet.rows.push(row((&at.subject_id, at.is_equipment), own, &detail, with_names));
    }
    sheet
}
