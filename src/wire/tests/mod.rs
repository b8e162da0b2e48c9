//! What is written is read back the same, and nothing else is read.

mod drills;
mod hostile;
mod round_trips;
pub(crate) mod samples;
mod vectors;

use super::*;

#[test]
fn instants_come_back_also_from_before_1970() {
    for ms in [0, 1, 999, -1, -1_001, 1_767_200_400_123] {
        let at = Instant::from_millis(ms);
        assert_eq!(instant("t", Some(&timestamp(at))), Ok(at));
    }
    let wrong = prost_types::Timestamp { seconds: i64::MAX, nanos: 0 };
    assert!(instant("t", Some(&wrong)).is_err());
    assert!(instant("t", Some(&prost_types::Timestamp { seconds: 0, nanos: -1 })).is_err());
    assert_eq!(instant("t", None), Err(WireError::missing("t")));
}
