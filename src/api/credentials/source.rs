//! Says where credentials come from.

use std::fmt;
use std::path::PathBuf;

/// Where credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The program itself.
    Given,
    /// The environment: the variable that configures it.
    Variable(&'static str),
    /// A profile of the official command line tool.
    Profile {
        /// Its name.
        name: String,
        /// The file.
        file: PathBuf,
        /// Where in the file, 1-based.
        line: usize,
        /// Why it was chosen.
        chosen: Chosen,
    },
    /// A section of a credentials file.
    Section {
        /// Its name.
        name: String,
        /// The file.
        file: PathBuf,
        /// Where in the file, 1-based.
        line: usize,
    },
    /// The metadata service; if this is not an instance with a role, what a variable configures.
    InstanceFirst(&'static str),
    /// The metadata service, because nothing is configured.
    LastResort,
}

/// Why a profile was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// `--profile` names it.
    Given,
    /// A variable names it.
    Variable,
    /// The file says that it is the current one.
    Current,
    /// Another profile names it as the one that assumes its role.
    Source(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Given => f.write_str("the given key"),
            Source::Variable(name) => write!(f, "`{name}`"),
            Source::Profile { name, file, line, chosen } => {
                write!(f, "profile `{name}` ({}:{line}, {chosen})", file.display())
            }
            Source::Section { name, file, line } => {
                write!(f, "section `{name}` ({}:{line})", file.display())
            }
            Source::InstanceFirst(name) => {
                write!(f, "the metadata service, or `{name}` if it has no role")
            }
            Source::LastResort => f.write_str("the metadata service"),
        }
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Chosen::Given => f.write_str("named by `--profile`"),
            Chosen::Variable => f.write_str("named by `ALIBABA_CLOUD_PROFILE`"),
            Chosen::Current => f.write_str("the current profile"),
            Chosen::Source(profile) => write!(f, "`source_profile` of `{profile}`"),
        }
    }
}
