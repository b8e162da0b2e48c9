//! The two configuration files: the server's and the terminal's.
//!
//! Read once at start by the command line; everyone else is handed the section it needs. A file that
//! is not there means the defaults; a file that is there must be right in every word, and an error
//! names its line and column. Units are in the names; relative paths begin at the data directory.
//!
//! The commented samples ([`sample_server`], [`sample_terminal`]) are the reference: a test holds
//! that they say exactly the defaults and leave no key out. Secrets do not belong here: keys are
//! files in the data directory.

mod addresses;
pub mod home;
mod law;
mod sections;
mod server;
mod terminal;
#[cfg(test)]
mod tests;
mod values;
pub mod whole;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

pub use addresses::{Address, CollectorAddr, HostName, MaybeAddr, WitnessUrl};
pub use law::{AgeTable, HOLIDAYS_MAX, Holidays, RegistrySection};
pub use sections::{KeySection, LogSection, MetricsSection, OtlpSection};
pub use server::{
    LimitSection, ListenSection, ServerConfig, ShutdownSection, StoreSection, WitnessSection,
};
pub use terminal::{InboxSection, LinkSection, TerminalConfig};
pub use values::{Bounded, LogFilter, Names, Ratio, RelPath};

/// The server's file in its data directory.
pub const SERVER_FILE: &str = "server.toml";
/// The terminal's file in its data directory.
pub const TERMINAL_FILE: &str = "terminal.toml";
/// Largest file read, in bytes; the commented sample is a tenth of it.
pub const FILE_LEN_MAX: u64 = 64 * 1024;

/// The server's commented sample, which says the defaults.
pub const fn sample_server() -> &'static str {
    include_str!("server.toml")
}

/// The terminal's commented sample, which says the defaults.
pub const fn sample_terminal() -> &'static str {
    include_str!("terminal.toml")
}

/// Why a configuration was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there and cannot be read.
    #[error("failed to read {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The file is over [`FILE_LEN_MAX`].
    #[error("{path} is over {max} bytes, which no configuration needs", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The bound in bytes.
        max: u64,
    },
    /// A line is not right.
    #[error("{path}:{line}:{column}: {reason}", path = path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// From 1; 0 if the reason concerns no one line.
        line: usize,
        /// From 1, in characters; 0 as above.
        column: usize,
        /// What is wrong and what would be right.
        reason: String,
    },
}

impl ServerConfig {
    /// Reads [`SERVER_FILE`] in `data_dir`; the defaults if there is none.
    ///
    /// # Errors
    /// Any [`ConfigError`].
    pub fn load_in(data_dir: &Path) -> Result<Self, ConfigError> {
        load(&data_dir.join(SERVER_FILE))
    }

    /// Reads a text; `path` is named in errors.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        parse(text, path)
    }
}

impl TerminalConfig {
    /// Reads [`TERMINAL_FILE`] in `data_dir`; the defaults if there is none.
    ///
    /// # Errors
    /// Any [`ConfigError`].
    pub fn load_in(data_dir: &Path) -> Result<Self, ConfigError> {
        load(&data_dir.join(TERMINAL_FILE))
    }

    /// Reads a text; `path` is named in errors.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        parse(text, path)
    }
}

fn load<C: DeserializeOwned + Default>(path: &Path) -> Result<C, ConfigError> {
    let failed = |source| ConfigError::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(C::default()),
        Err(error) => return Err(failed(error)),
    };
    let mut text = String::new();
    let read = file.take(FILE_LEN_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if u64::try_from(read).is_ok_and(|read| read <= FILE_LEN_MAX) {
        parse(&text, path)
    } else {
        Err(ConfigError::TooLarge { path: path.to_owned(), max: FILE_LEN_MAX })
    }
}

fn parse<C: DeserializeOwned>(text: &str, path: &Path) -> Result<C, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let (line, column) = before.map_or((0, 0), |before| {
            let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
            (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
        });
        let reason = error.message().trim().replace('\n', "; ");
        ConfigError::Invalid { path: path.to_owned(), line, column, reason }
    })
}
