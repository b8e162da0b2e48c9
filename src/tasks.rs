//! The one place that starts tasks, so that shutdown can tell all of them to end and wait for it.
//!
//! Held by the roof and handed down to whatever moves. A task watches [`Tasks::stopping`] and ends
//! by itself; nothing is aborted, since an aborted task may have promised something. A panic in one
//! task is logged by name and leaves the others running, unless the task is vital: then everything
//! is told to stop, because a server without its owner or acceptor only looks alive.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Tasks that had not ended when the patience of [`Tasks::stop`] was over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stop within {patience_ms} ms: still running: {names}")]
pub struct StillRunning {
    /// How long was waited, in milliseconds.
    pub patience_ms: u128,
    /// The names of the tasks with their numbers, such as `listener.handshake x 3`.
    pub names: String,
}

/// Starts named tasks, and stops them together. Clones are handles to one group.
#[derive(Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
    // How many tasks of each name run; locked for a moment at start and end of each.
    running: Arc<Mutex<BTreeMap<&'static str, usize>>>,
}

impl Tasks {
    /// An empty group.
    pub fn new() -> Self {
        Self::default()
    }

    /// The token that is cancelled when the group is told to stop.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Starts a task whose failure concerns only itself. A panic is logged with `name`.
    pub fn spawn<F>(&self, name: &'static str, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let entry = Entry::new(self, name, false);
        self.tracker.spawn(async move {
            let _entry = entry;
            work.await
        })
    }

    /// Starts a task without which the process is of no use: should it panic, or end before the
    /// group was told to stop, the whole group is told to stop.
    pub fn spawn_vital<F>(&self, name: &'static str, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let entry = Entry::new(self, name, true);
        self.tracker.spawn(async move {
            let _entry = entry;
            work.await
        })
    }

    /// How many tasks of the group run now.
    pub fn len(&self) -> usize {
        self.tracker.len()
    }

    /// Whether no task of the group runs now.
    pub fn is_empty(&self) -> bool {
        self.tracker.is_empty()
    }

    /// Tells all tasks to stop and waits for them, at most `patience`.
    ///
    /// # Errors
    /// [`StillRunning`] names the tasks that did not end in time; they go on running.
    pub async fn stop(&self, patience: Duration) -> Result<(), StillRunning> {
        self.stopping.cancel();
        self.tracker.close();
        tokio::time::timeout(patience, self.tracker.wait()).await.map_err(|_elapsed| StillRunning {
            patience_ms: patience.as_millis(),
            names: self
                .names()
                .iter()
                .map(|(name, count)| format!("{name} x {count}"))
                .collect::<Vec<_>>()
                .join(", "),
        })
    }

    fn names(&self) -> MutexGuard<'_, BTreeMap<&'static str, usize>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").field("running", &*self.names()).finish_non_exhaustive()
    }
}

/// Counts one task while it lives, and looks at how it ended.
struct Entry {
    tasks: Tasks,
    name: &'static str,
    vital: bool,
}

impl Entry {
    fn new(tasks: &Tasks, name: &'static str, vital: bool) -> Self {
        *tasks.names().entry(name).or_default() += 1;
        Self { tasks: tasks.clone(), name, vital }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut names = self.tasks.names();
        if let Some(count) = names.get_mut(self.name) {
            *count -= 1;
            if *count == 0 {
                names.remove(self.name);
            }
        }
        drop(names);
        let panicked = std::thread::panicking();
        if panicked {
            tracing::error!(task = self.name, "a task panicked");
        }
        if self.vital && !self.tasks.stopping.is_cancelled() {
            tracing::error!(task = self.name, panicked, "a vital task ended: stopping");
            self.tasks.stopping.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stopping_waits_for_tasks_that_obey() {
        let tasks = Tasks::new();
        let token = tasks.stopping().clone();
        let worker = tasks.spawn("obedient", async move {
            token.cancelled().await;
            7
        });
        tasks.stop(Duration::from_secs(5)).await.expect("it obeys");
        assert_eq!(worker.await.expect("no panic"), 7);
        assert!(tasks.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_stop_is_named() {
        let tasks = Tasks::new();
        tasks.spawn("stubborn", std::future::pending::<()>());
        tasks.spawn("stubborn", std::future::pending::<()>());
        let error = tasks.stop(Duration::from_secs(3)).await.expect_err("it never ends");
        assert_eq!(error.names, "stubborn x 2");
        assert_eq!(error.patience_ms, 3_000);
    }

    #[tokio::test]
    async fn a_panic_leaves_the_others_running_unless_the_task_is_vital() {
        let tasks = Tasks::new();
        let ordinary = tasks.spawn("ordinary", async { panic!("seeded") });
        assert!(ordinary.await.expect_err("it panicked").is_panic());
        assert!(!tasks.stopping().is_cancelled());

        let vital = tasks.spawn_vital("vital", async { panic!("seeded") });
        assert!(vital.await.expect_err("it panicked").is_panic());
        assert!(tasks.stopping().is_cancelled());
    }
}
