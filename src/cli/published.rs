//! Plans that a store keeps by their digests, from the review to the apply.

use std::io;

use super::failure::Failure;
use super::keeping::Keeping;
use super::remote::Remote;
use super::runtime::block_on;
use super::sealed::refuse_secrets;
use super::shared::Shared;
use crate::diag::{Code, Diagnostic};
use crate::files;
use crate::plan::SavedPlan;

/// The longest plan that is read, in bytes.
const LARGEST: u64 = 1 << 30;

/// Keeps a plan under its digest. Returns the store, as outputs name it.
///
/// # Errors
/// When it can't be kept.
pub(super) fn publish(
    keeping: &Keeping,
    remote: &Remote,
    digest: &str,
    plan: serde_json::Result<String>,
) -> Result<String, Failure> {
    let text = plan.map_err(|error| Diagnostic::new(Code::PlanFile, error.to_string()))?;
    let file = keeping.base().join(name(digest));
    refuse_secrets(&text, &file, Code::PlanFile)?;
    let Some(shared) = Shared::open(keeping, Some(remote), None)? else {
        let folder = file.parent().unwrap_or(&file);
        let kept = files::Folder::make(folder)
            .and_then(|folder| folder.replace(file.file_name().unwrap_or_default(), &text));
        let unwritten =
            |error| Diagnostic::new(Code::PlanFile, format!("can't write `{}`: {error}", file.display()));
        kept.map_err(unwritten)?;
        return Ok(folder.display().to_string());
    };
    // Of one plan that is published twice, the later one says when it was planned last.
    let kept = block_on(shared.asking(shared.objects.replace(&name(digest), text.as_bytes())))?;
    kept.map_err(|error| shared.unusable(&error))?;
    Ok(shared.name)
}

/// The published plan with this digest, if there is one.
///
/// # Errors
/// When the store can't be read, or what is kept there is not that plan.
pub(super) fn find(keeping: &Keeping, remote: &Remote, digest: &str) -> Result<Option<SavedPlan>, Failure> {
    let (bytes, place) = match Shared::open(keeping, Some(remote), None)? {
        Some(shared) => {
            let read = block_on(shared.asking(shared.objects.read(&name(digest))))?;
            let read = read.map_err(|error| {
                let found = shared.unusable(&error);
                found.note("the reviewed plan could not be looked up there".to_owned(), None)
            })?;
            (read, shared.name)
        }
        None => {
            let file = keeping.base().join(name(digest));
            let folder = file.parent().unwrap_or(&file);
            let read = files::Folder::open(folder)
                .and_then(|folder| folder.read(file.file_name().unwrap_or_default(), LARGEST));
            match read {
                Ok(bytes) => (Some(bytes), folder.display().to_string()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => (None, String::new()),
                Err(error) => {
                    let message = format!("can't read `{}`: {error}", file.display());
                    return Err(Diagnostic::new(Code::PlanFile, message).into());
                }
            }
        }
    };
    let Some(bytes) = bytes else { return Ok(None) };
    let unusable = |reason: String| {
        Diagnostic::new(Code::PlanFile, format!("the plan `{digest}` in {place} can't be used: {reason}"))
            .help("plan again with `livevod plan --publish`, and have it reviewed")
    };
    let text = String::from_utf8(bytes).map_err(|_| unusable("it is not UTF-8 text".to_owned()))?;
    let saved = SavedPlan::read(&text).map_err(|error| unusable(error.to_string()))?;
    let found = saved.decisions.digest();
    if found != digest {
        return Err(unusable(format!("its digest is `{found}`")).into());
    }
    Ok(Some(saved))
}

fn name(digest: &str) -> String {
    format!("plans/{}.json", digest.replace(':', "-"))
}
