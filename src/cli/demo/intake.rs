//! The demo's registry: synthetic records through the import's own door.
//!
//! Called by the [`stage`](super::stage). It knows nothing of the people it makes up but their number.

use anyhow::{Result, anyhow};
use indicatif::ProgressBar;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::cli::connection::{Connection, refused, request_id};
use crate::limits;
use crate::sim::province;
use crate::wire::pb;

/// The synthetic registry, through the import's own door.
pub(super) async fn enter_registry(
    admin: &Connection,
    seed: u64,
    reservists: u32,
    equipment: u32,
    bar: &ProgressBar,
) -> Result<()> {
    let name = request_id();
    let (send, batches) = mpsc::channel(4);
    let batch_name = name.clone();
    let feeding = tokio::task::spawn_blocking(move || {
        let mut rows = Vec::new();
        for (row, one) in (1..).zip(province::reservists(seed, reservists)) {
            rows.push(pb::ReservistRow {
                row,
                reservist: Some((&one).into()),
                ..Default::default()
            });
            if rows.len() == limits::RECORDS_PER_BATCH_MAX || row == reservists {
                let request_id = format!("{batch_name}.r{row}");
                let rows = std::mem::take(&mut rows);
                if send
                    .blocking_send(pb::ImportReservistsRequest {
                        request_id,
                        rows,
                        ..Default::default()
                    })
                    .is_err()
                {
                    return;
                }
            }
        }
    });
    let answers = admin.registry().import_reservists(ReceiverStream::new(batches)).await;
    let mut answers = answers.map_err(refused)?.into_inner();
    while let Some(done) = answers.message().await.map_err(refused)? {
        if let Some(row) = done.refused.first() {
            return Err(anyhow!("row {} was refused: {}", row.row, row.reason));
        }
        bar.inc(u64::from(done.created));
    }
    feeding.await?;
    let rows = province::equipment(seed, equipment);
    let rows = (1..).zip(rows).map(|(row, one)| pb::EquipmentRow {
        row,
        equipment: Some((&one).into()),
        ..Default::default()
    });
    let rows: Vec<_> = rows.collect();
    let batches: Vec<_> = (0..)
        .zip(rows.chunks(limits::RECORDS_PER_BATCH_MAX))
        .map(|(number, rows)| pb::ImportEquipmentRequest {
            request_id: format!("{name}.e{number}"),
            rows: rows.to_vec(),
            ..Default::default()
        })
        .collect();
    let answers = admin.registry().import_equipment(tokio_stream::iter(batches)).await;
    let mut answers = answers.map_err(refused)?.into_inner();
    while let Some(done) = answers.message().await.map_err(refused)? {
        if let Some(row) = done.refused.first() {
            return Err(anyhow!("row {} was refused: {}", row.row, row.reason));
        }
        bar.inc(u64::from(done.created));
    }
    Ok(())
}
