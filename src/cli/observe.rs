//! What the service holds, and the plan that follows: the part that plan, drift and apply share.

use super::connect::Connection;
use super::failure::Failure;
use super::load::Loaded;
use crate::api;
use crate::diag::{Code, Diagnostic, Severity};
use crate::plan::{self, Plan, PlanOptions};
use crate::render;
use crate::resolve::Desired;

/// A plan of the moment, and why it may be incomplete.
pub(super) struct Observed {
    pub(super) plan: Plan,
    /// One for each domain that could not be read, and one where the account could not be confirmed.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Whether it is known that the credentials do not belong to another account than the declared one.
    pub(super) is_account_known: bool,
}

/// Reads the selected domains and the credentials' account side by side, and plans.
pub(super) async fn observe(loaded: &Loaded, connection: &Connection, options: &PlanOptions) -> Observed {
    let selected = loaded.desired.domains.keys().filter(|name| options.selection.selects_domain(name));
    let ((snapshot, failures), caller) =
        tokio::join!(connection.client.snapshot(selected.cloned()), caller(connection));
    let unread = failures.into_iter().map(|(domain, error)| {
        let key = loaded.desired.domains.get(&domain).map(|domain| domain.key);
        render::unread(&domain, &error, connection.target.account.as_deref(), key)
    });
    let unconfirmed = caller.as_ref().err().map(|error| unconfirmed(error, &loaded.desired));
    let diagnostics = unread.chain(unconfirmed).collect();
    let is_account_known = caller.is_ok();
    let options = PlanOptions { caller: caller.unwrap_or_default(), ..options.clone() };
    let plan = plan::plan(&loaded.desired, &snapshot, &loaded.sources, &options);
    Observed { plan, diagnostics, is_account_known }
}

/// The credentials' account, asked for where one is declared that it can be compared with.
async fn caller(connection: &Connection) -> Result<Option<String>, api::Error> {
    match connection.target.account {
        Some(_) => Ok(Some(connection.client.caller_identity().await?.account)),
        None => Ok(None),
    }
}

/// A runtime on this thread: calls wait for the network, not for the processor.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Diagnostic::new(Code::Remote, format!("no runtime: {error}")))?;
    Ok(runtime.block_on(future))
}

/// A warning, since reading another account's configurations harms nobody; apply makes an error of it.
fn unconfirmed(error: &api::Error, desired: &Desired) -> Diagnostic {
    let message = format!("whose credentials these are can't be confirmed: {error}");
    let mut diagnostic = Diagnostic::new(Code::Account, message);
    diagnostic.severity = Severity::Warning;
    diagnostic.request_id = error.request_id().map(str::to_owned);
    if let Some(account) = &desired.account {
        diagnostic = diagnostic.label(account.span, "the declared account");
    }
    diagnostic.help("apply writes nothing until STS answers `GetCallerIdentity`, which needs no permission")
}

impl Observed {
    /// Makes an error of an account that could not be confirmed.
    pub(super) fn insist_on_account(&mut self) {
        for diagnostic in &mut self.diagnostics {
            if diagnostic.code == Code::Account {
                diagnostic.severity = Severity::Error;
            }
        }
    }
}
