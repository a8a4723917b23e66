//! The parts of the process that say where keys are.

use std::path::PathBuf;

use crate::gate::Secrets;

/// The parts of the process that credentials are looked up in.
pub struct Surroundings<'a> {
    /// Looks up a variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The user's own folder.
    pub home: Option<PathBuf>,
    /// Told every secret that is read.
    pub secrets: Secrets,
}

impl Surroundings<'_> {
    /// Those of this process.
    pub fn of_process(secrets: Secrets) -> Self {
        Surroundings { variable: &|name| std::env::var(name).ok(), home: std::env::home_dir(), secrets }
    }

    /// The variable, where it is set and not empty.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }
}
