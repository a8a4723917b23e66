//! What the service holds, and the plan that follows: the part that plan, drift and apply share.

use super::connect::Connection;
use super::failure::Failure;
use super::load::Loaded;
use crate::api;
use crate::diag::{Code, Diagnostic};
use crate::plan::{self, Plan, PlanOptions};
use crate::resolve::Desired;

/// A plan of the moment, and why it may be incomplete.
pub(super) struct Observed {
    pub(super) plan: Plan,
    /// One for each domain that could not be read.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Reads the selected domains side by side and plans.
pub(super) async fn observe(loaded: &Loaded, connection: &Connection, options: &PlanOptions) -> Observed {
    let selected = loaded.desired.domains.keys().filter(|name| options.selection.selects_domain(name));
    let (snapshot, failures) = connection.client.snapshot(selected.cloned()).await;
    let plan = plan::plan(&loaded.desired, &snapshot, &loaded.sources, options);
    let diagnostics =
        failures.into_iter().map(|(domain, error)| unread(&domain, &error, &loaded.desired)).collect();
    Observed { plan, diagnostics }
}

/// A runtime on this thread: calls wait for the network, not for the processor.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Diagnostic::new(Code::Remote, format!("no runtime: {error}")))?;
    Ok(runtime.block_on(future))
}

fn unread(domain: &str, error: &api::Error, desired: &Desired) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(Code::Remote, format!("`{domain}` can't be read: {error}"));
    diagnostic.request_id = error.request_id().map(str::to_owned);
    if let Some(domain) = desired.domains.get(domain) {
        diagnostic = diagnostic.label(domain.key, "this domain");
    }
    match error.remote().and_then(|remote| remote.recommend.clone()) {
        Some(page) => diagnostic.help(format!("the service's page on it: {page}")),
        None => {
            diagnostic.help("nothing is planned for it until it can be read; leave it out with `--exclude`")
        }
    }
}
