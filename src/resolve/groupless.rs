//! Collects the configurations of a domain that have no group, and reports them at the one place where a group is
//! missing.

use super::layouts::Layer;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Address;
use crate::source::Span;

/// Configurations without a `vod_transcode_group`, its own or inherited.
#[derive(Default)]
pub(super) struct Groupless<'d> {
    found: Vec<(Address, Layer<'d, Span>, Layer<'d, Span>)>,
}

/// The finding for each of them.
pub(super) fn finding() -> Diagnostic {
    Diagnostic::new(Code::MissingGroup, "this configuration has no `vod_transcode_group`")
}

impl<'d> Groupless<'d> {
    /// Adds one, with the places of its stream's and its app's name.
    pub(super) fn add(&mut self, address: Address, stream: Layer<'d, Span>, app: Layer<'d, Span>) {
        self.found.push((address, stream, app));
    }

    /// Reports one finding: at the entry if there is only one, else at the app or the domain that holds them all.
    pub(super) fn report(self, domain: Span, findings: &mut Findings) {
        let Self { found } = self;
        let is_alone = found.len() == 1;
        let is_one_app = found.iter().all(|(address, _, _)| address.app == found[0].0.app);
        for (address, stream, app) in found {
            let finding = match () {
                () if is_alone => at_entry(&stream),
                () if is_one_app => at_app(&app),
                () => above(domain, "its configurations have no group"),
            };
            findings.push(finding.about(&address));
        }
    }
}

fn at_entry(key: &Layer<'_, Span>) -> Diagnostic {
    let help = "write one here, in a tier, or in the `defaults` of the app, the domain or the file";
    led_here(finding().label(*key.block, "no group here or inherited").help(help), key)
}

fn at_app(key: &Layer<'_, Span>) -> Diagnostic {
    led_here(above(*key.block, "its streams have no group"), key)
}

fn above(key: Span, here: &str) -> Diagnostic {
    finding().label(key, here).help("write one in the `defaults` here, or in `defaults` further up")
}

fn led_here(finding: Diagnostic, key: &Layer<'_, Span>) -> Diagnostic {
    match key.layout {
        Some(name) => finding.note(format!("included by `layout: {}`", name.value), Some(name.span)),
        None => finding,
    }
}
