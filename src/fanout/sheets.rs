//! The frozen call-up lists of orders: sealed beside the ledger, opened once, shared by all who send
//! or check them.
//!
//! Called by the order service (sealing with a draft, checking before each signature and issue) and
//! by sessions (each endpoint's own pages). What is opened is kept for a few orders, because an order
//! wakes every terminal at once, and no longer than the store keeps it. Invariants: nothing is handed out but pages that name the endpoint;
//! what is checked is read from the store anew.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;
use prost::Message;
use prost::bytes::Bytes;
use ring::rand::SecureRandom;
use tokio::sync::OnceCell;
use tracing::error;
use zeroize::Zeroizing;

use crate::domain::ids::{EndpointNo, OrderId};
use crate::engine::Engine;
use crate::evidence::seal::{SealError, Sealer};
use crate::limits;
use crate::store::{Pair, Store, StoreError, keys};
use crate::tasks::Tasks;
use crate::wire::order::call_up::belongs;
use crate::wire::order::call_up::pages::{Frozen, Leaf};
use crate::wire::{WireError, array, pb};

/// The place of the substitutes, after every leaf.
const RESERVE_AT: u32 = u32::MAX;
/// Orders whose lists are kept opened: more are rarely open at once, and one takes a few megabytes.
const KEPT_MAX: usize = 8;

/// Why lists cannot be had. Names no person.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SheetsError {
    /// There are none.
    #[error("order {order} has no call-up lists here: restore from a backup")]
    Missing {
        /// Whose.
        order: OrderId,
    },
    /// A value is not what was put there.
    #[error("the call-up lists of order {order} cannot be read ({fault}): restore from a backup")]
    Unreadable {
        /// Whose.
        order: OrderId,
        /// What is wrong.
        fault: String,
    },
    /// Storage failed.
    #[error("the call-up lists cannot be read: {0}")]
    Store(String),
    /// They cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<StoreError> for SheetsError {
    fn from(fault: StoreError) -> Self {
        Self::Store(fault.to_string())
    }
}

/// Lists and their substitutes.
#[derive(Debug)]
pub struct Lists {
    /// The leaves.
    pub frozen: Frozen,
    /// Substitutes, in the order in which they are to be called.
    pub reserve: Vec<pb::CallUpSubstitute>,
}

type Opened = Arc<OnceCell<Arc<Lists>>>;

/// The lists of all orders. Clones share what is opened.
#[derive(Clone, Debug)]
pub struct Sheets {
    engine: Engine,
    sealer: Arc<Sealer>,
    opened: Arc<Mutex<VecDeque<(OrderId, Opened)>>>,
}

impl Sheets {
    /// Over the store of this engine.
    pub fn new(engine: Engine, sealer: Arc<Sealer>) -> Self {
        Self { engine, sealer, opened: Arc::default() }
    }

    /// Lets go of opened lists that the store keeps no longer, now and then, until everything stops.
    pub fn keep(&self, tasks: &Tasks) {
        let (own, stopping) = (self.clone(), tasks.stopping().clone());
        tasks.spawn("sheets.keep", async move {
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(limits::PRUNE_EVERY) => own.forget_past(),
                }
            }
        });
    }

    /// Lets go of opened lists that no order stands on which ended less than
    /// [`limits::SHEETS_KEPT_MS`] ago.
    pub fn forget_past(&self) {
        let kept: HashSet<OrderId> = {
            let (now, world) = (self.engine.now(), self.engine.world());
            let in_use = world
                .orders()
                .map(|file| &file.order)
                .filter(|order| now.millis_since(order.not_after) <= limits::SHEETS_KEPT_MS);
            in_use.filter_map(|order| Some(order.call_up.as_ref()?.frozen_by)).collect()
        };
        self.opened.lock().retain(|(order, _lists)| kept.contains(order));
    }

    /// How many orders' lists are opened.
    pub fn opened_len(&self) -> usize {
        self.opened.lock().len()
    }

    /// What opens records too.
    pub const fn sealer(&self) -> &Arc<Sealer> {
        &self.sealer
    }

    /// The values to write with the draft of `order`. Blocks on sealing.
    ///
    /// # Errors
    /// [`SheetsError::Seal`].
    pub fn seal(
        &self,
        order: &OrderId,
        lists: &Lists,
        rng: &dyn SecureRandom,
    ) -> Result<Vec<Pair>, SheetsError> {
        let leaf = |leaf: &Leaf| pb::StoredCallUpLeaf {
            leaf: Bytes::copy_from_slice(&leaf.bytes),
            record_ids: leaf.records.iter().map(|id| Bytes::copy_from_slice(id)).collect(),
            reserve: Vec::new(),
        };
        let reserve = pb::StoredCallUpLeaf { reserve: lists.reserve.clone(), ..Default::default() };
        let values = (0_u32..).zip(lists.frozen.leaves().iter().map(leaf));
        values
            .chain([(RESERVE_AT, reserve)])
            .map(|(at, value)| {
                let plain = Zeroizing::new(value.encode_to_vec());
                let sealed = self.sealer.seal(&belongs(order.as_bytes(), at), &plain, rng)?;
                Ok((keys::call_up_leaf(order.as_bytes(), at), sealed.bytes))
            })
            .collect()
    }

    /// The lists that were frozen by an order, opened at most once while they are in use.
    ///
    /// # Errors
    /// [`SheetsError`].
    pub async fn of(&self, order: OrderId) -> Result<Arc<Lists>, SheetsError> {
        let opened = {
            let mut all = self.opened.lock();
            let at = all.iter().position(|(kept, _lists)| *kept == order);
            let own =
                at.and_then(|at| all.remove(at)).unwrap_or_else(|| (order, Opened::default()));
            let opened = own.1.clone();
            all.push_back(own);
            while all.len() > KEPT_MAX {
                all.pop_front();
            }
            opened
        };
        let lists = opened.get_or_try_init(|| async { self.read(order).await.map(Arc::new) });
        lists.await.cloned()
    }

    /// A page of an endpoint's sheets, ready to travel: the order it is for, by whom the lists were
    /// frozen, and the page. Lists that cannot be read are passed over until the terminal comes back:
    /// its orders and answers must not wait for them.
    pub(super) async fn page_for(
        &self,
        endpoint: EndpointNo,
        (order, frozen_by, page): (OrderId, OrderId, u32),
    ) -> Option<pb::CallUpSheetDelivery> {
        match self.of(frozen_by).await {
            Ok(lists) => lists.frozen.page_for(endpoint.number(), page, &order),
            Err(fault) => {
                error!(%order, %fault, "call-up sheets are not sent");
                None
            }
        }
    }

    /// The same as it lies in the store now.
    ///
    /// # Errors
    /// [`SheetsError`].
    pub async fn read(&self, order: OrderId) -> Result<Lists, SheetsError> {
        let (store, sealer) = (self.engine.store().clone(), self.sealer.clone());
        let reading = tokio::task::spawn_blocking(move || open(&*store, &sealer, &order));
        reading.await.unwrap_or_else(|stopped| Err(SheetsError::Store(stopped.to_string())))
    }
}

/// Which of these lists name a record, as called or as a substitute. Blocks on opening them.
///
/// # Errors
/// [`SheetsError`]; lists that are not there name nobody.
pub fn naming(
    store: &dyn Store,
    sealer: &Sealer,
    lists: impl IntoIterator<Item = OrderId>,
    record: &[u8; 16],
) -> Result<Vec<OrderId>, SheetsError> {
    let mut naming = Vec::new();
    for order in lists {
        let Lists { frozen, reserve } = match open(store, sealer, &order) {
            Err(SheetsError::Missing { .. }) => continue,
            opened => opened?,
        };
        let is_called = frozen.leaves().iter().any(|leaf| leaf.records.contains(record));
        if is_called || reserve.iter().any(|one| one.record_id[..] == record[..]) {
            naming.push(order);
        }
    }
    Ok(naming)
}

/// Reads all values of an order, in the order of their keys.
///
/// # Errors
/// [`SheetsError`].
pub fn open(store: &dyn Store, sealer: &Sealer, order: &OrderId) -> Result<Lists, SheetsError> {
    let unreadable = |fault: String| SheetsError::Unreadable { order: *order, fault };
    let prefix = keys::call_up_of(order.as_bytes());
    let (mut leaves, mut reserve, mut after) = (Vec::new(), None, Vec::new());
    loop {
        let page = store.scan(&prefix, &after, limits::SCAN_PAGE_LEN)?;
        let Some((last, _value)) = page.last() else { break };
        after.clone_from(last);
        for (key, value) in page {
            let at = keys::call_up_place(&key).map(|(_order, at)| at);
            let at = at.ok_or_else(|| unreadable("a strange key".to_owned()))?;
            let plain = sealer
                .open(&belongs(order.as_bytes(), at), &value)
                .map_err(|fault| unreadable(fault.to_string()))?;
            let stored = pb::StoredCallUpLeaf::decode(&plain[..])
                .map_err(|_syntax| unreadable("no leaf".to_owned()))?;
            if at == RESERVE_AT {
                reserve = Some(stored.reserve);
                continue;
            }
            if usize::try_from(at).ok() != Some(leaves.len()) {
                return Err(unreadable("a leaf is missing".to_owned()));
            }
            leaves.push(leaf(&stored).map_err(|fault| unreadable(fault.to_string()))?);
        }
    }
    if leaves.is_empty() && reserve.is_none() {
        return Err(SheetsError::Missing { order: *order });
    }
    let frozen = Frozen::from_leaves(leaves).map_err(|fault| unreadable(fault.to_string()))?;
    Ok(Lists { frozen, reserve: reserve.unwrap_or_default() })
}

fn leaf(stored: &pb::StoredCallUpLeaf) -> Result<Leaf, WireError> {
    let records = stored.record_ids.iter().map(|id| array("record_ids", id));
    Ok(Leaf {
        bytes: Zeroizing::new(stored.leaf.to_vec()),
        records: records.collect::<Result<_, _>>()?,
    })
}
