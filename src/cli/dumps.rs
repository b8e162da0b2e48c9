//! Nothing of this process is written to a core file, and nobody of its own user reads its memory.
//!
//! Called by `main` before anything else, so before any key is read. Every command is treated alike:
//! which of them hold keys or names changes faster than this would. A debugger that starts the program
//! still traces it; one that comes later needs the system's leave (`CAP_SYS_PTRACE`).

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Holds for this process; the limit holds for those it starts too.
///
/// # Errors
/// The system's word, where a sandbox lets neither be set.
pub(super) fn forbid() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // A core may go to a program (`core_pattern` with `|`), which no limit holds back.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}
