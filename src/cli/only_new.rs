//! `--only-new`: what the last check found.

use std::borrow::Cow;
use std::path::Path;

use jiff::Timestamp;

use super::failure::{Failure, with_causes};
use super::places::is_standard_output;
use super::sealed;
use crate::diag::{Code, Diagnostic};
use crate::drift::{Drift, Known, News};
use crate::files;
use crate::model::Address;
use crate::render::Target;

/// The largest record that is read, in bytes: that of 200,000 differences is a quarter of it.
const LARGEST: u64 = 128 << 20;

/// What the last check found, and the file that keeps it.
pub(super) struct LastCheck<'a> {
    file: &'a Path,
    target: Target,
    known: Option<Known>,
}

impl<'a> LastCheck<'a> {
    /// Reads the file; without one, everything is new.
    ///
    /// # Errors
    /// When it is not what an earlier check of the same service wrote, or no regular file.
    pub(super) fn read(file: &'a Path, target: &Target) -> Result<Self, Failure> {
        if is_standard_output(file) {
            return Err(refused(file, "standard output keeps nothing").into());
        }
        let Some(text) = text(file)? else { return Ok(Self { file, target: target.clone(), known: None }) };
        let known = Known::read(&text).map_err(|error| refused(file, &error.to_string()))?;
        if known.target != target.name || known.account != target.account {
            return Err(refused(file, "it is about another service or account").into());
        }
        Ok(Self { file, target: target.clone(), known: Some(known) })
    }

    /// What is new compared with it.
    pub(super) fn news<'d>(
        &self,
        drift: &'d Drift,
        is_covered: impl Fn(&Address) -> bool,
    ) -> (Cow<'d, Drift>, Option<News>) {
        match &self.known {
            Some(known) => {
                let (drift, news) = known.news(drift, is_covered);
                (Cow::Owned(drift), Some(news))
            }
            None => (Cow::Borrowed(drift), Some(News::default())),
        }
    }

    /// Keeps what this check found for the next one. Another account's configurations are nothing to keep.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(super) fn write(&self, drift: &Drift, is_covered: impl Fn(&Address) -> bool) -> Result<(), Failure> {
        let Target { name, account } = &self.target;
        let known =
            Known::after(self.known.as_ref(), drift, name, account.as_deref(), Timestamp::now(), is_covered);
        sealed::write(self.file, Code::Usage, known.write())
    }
}

/// The text of a regular file; `None` if there is no file.
fn text(file: &Path) -> Result<Option<String>, Failure> {
    let (folder, name) = files::parts(file);
    let read = files::Folder::open(folder).and_then(|folder| folder.read(name, LARGEST));
    match read {
        Ok(bytes) => sealed::decoded(bytes, file, Code::Usage).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused(file, &with_causes(&error)).into()),
    }
}

fn refused(file: &Path, why: &str) -> Diagnostic {
    Diagnostic::new(Code::Usage, format!("`--only-new` can't use `{}`: {why}", file.display())).help(
        "name the file of an earlier check with `--only-new`, or a new file, so that every difference is new",
    )
}
