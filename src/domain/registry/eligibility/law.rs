//! What the law sets from year to year: handed down from the configuration to all who judge by it.

use std::sync::Arc;

use jiff::civil::Date;

use super::AgeLimits;

/// Age limits and holidays. Clones share them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Law {
    /// Up to which age who may hold which post.
    pub age_limits: Arc<AgeLimits>,
    /// Days off beside Saturdays and Sundays: they do not count into a limit of working days.
    pub holidays: Arc<[Date]>,
}

impl Default for Law {
    /// The limits that are shipped, and no holidays, which are decided each year.
    fn default() -> Self {
        Self { age_limits: Arc::new(AgeLimits::shipped()), holidays: Arc::new([]) }
    }
}
