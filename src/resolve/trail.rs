//! Follows inheritance as resolving does, and shows all of it, including overridden values.

use smallvec::SmallVec;

use super::desired::{Desired, OriginKind};
use super::entries::{level, own_level};
use super::inherit::{Level, Rung, Step, steps};
use super::layouts::{LaidApp, lay};
use super::tiers::Tiers;
use crate::config::{Document, Domain, Written};
use crate::diag::Findings;
use crate::model::{Address, Field, Value};
use crate::source::{Span, Spanned};

/// Every block that reaches one declared configuration, present or absent.
pub struct Trail<'t> {
    /// The configuration.
    pub address: &'t Address,
    /// Its stream's name in every block that declares it, nearest first.
    pub keys: &'t [Span],
    /// Its own blocks, nearest first.
    pub own: &'t [Rung<'t, 't>],
    /// The blocks of its app, its domain and the top, nearest first.
    pub above: &'t [Rung<'t, 't>],
    /// Whether a tier that may hold any setting could not be read.
    pub lacks_tier: bool,
}

impl<'t> Trail<'t> {
    /// Every block, nearest first.
    pub fn rungs(&self) -> impl Iterator<Item = &'t Rung<'t, 't>> {
        self.own.iter().chain(self.above)
    }

    /// Whether the value that applies to a field could be read; if not, that is reported already.
    pub fn is_known(&self, field: Field) -> bool {
        match self.rungs().find_map(|rung| rung.settings.get(field)) {
            Some(setting) => !matches!(setting.value, Written::Faulty),
            None => !self.lacks_tier,
        }
    }

    /// Everything that is written for a field, nearest first: the first one applies. `None` means `default`, or a value
    /// that could not be read.
    pub fn written(
        &self,
        field: Field,
    ) -> impl Iterator<Item = (&'t Rung<'t, 't>, Spanned<Option<&'t Value>>)> {
        self.rungs().filter_map(move |rung| {
            let setting = rung.settings.get(field)?;
            Some((rung, Spanned::new(setting.value.value(), setting.span)))
        })
    }
}

/// Visits the trail of every configuration in `desired`, which was resolved from `document`; domains past the limit are
/// not in it.
pub fn follow(document: &Document, desired: &Desired, mut visit: impl FnMut(&Trail<'_>)) {
    // What is wrong with tiers was reported when the document was resolved.
    let tiers = Tiers::new(document, &mut Findings::default());
    let top = level(OriginKind::Defaults, document.defaults.as_ref());
    let resolved = document.domains.iter().filter(|(name, _)| desired.domains.contains_key(*name));
    for (name, domain) in resolved {
        follow_domain((name, domain), document, &tiers, &top, &mut visit);
    }
}

fn follow_domain<'d>(
    (name, domain): (&std::sync::Arc<str>, &'d Domain),
    document: &'d Document,
    tiers: &Tiers<'d>,
    top: &Level<'d>,
    visit: &mut impl FnMut(&Trail<'_>),
) {
    let middle = level(OriginKind::Domain, domain.defaults.as_ref());
    for (app_name, LaidApp { keys: _, defaults, streams }) in lay(document, domain) {
        let app = Level { kind: OriginKind::App, layers: defaults };
        let (above, lacks_above) = rungs(steps([&app, &middle, top], tiers));
        for (stream_name, layers) in streams {
            let address = Address::new(name.clone(), app_name.clone(), stream_name.clone());
            let keys: SmallVec<[Span; 1]> = layers.iter().map(|layer| layer.block.key).collect();
            let level = own_level(&layers);
            let (own, lacks_own) = rungs(steps([&level], tiers));
            let lacks_tier = lacks_own || lacks_above;
            visit(&Trail { address: &address, keys: &keys, own: &own, above: &above, lacks_tier });
        }
    }
}

/// The blocks, and whether a tier among them could not be read.
fn rungs<'l, 'd>(steps: impl Iterator<Item = Step<'l, 'd>>) -> (Vec<Rung<'l, 'd>>, bool) {
    let mut lacks_tier = false;
    let rungs = steps.filter_map(|step| match step {
        Step::Rung(rung) => Some(rung),
        Step::Gap => {
            lacks_tier = true;
            None
        }
    });
    (rungs.collect(), lacks_tier)
}
