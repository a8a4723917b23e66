//! Finds the value that rules a setting: nearest wins, and a tier ranks right behind the block that names it.

use super::layouts::Layer;
use super::tiers::Tiers;
use super::{Origin, OriginKind};
use crate::config::{Setting, Settings, Written};
use crate::source::{Span, Spanned};

/// The blocks of one level of inheritance that lie over each other, nearest first.
pub(super) struct Level<'d> {
    /// What the level is.
    pub(super) kind: OriginKind,
    /// Its blocks.
    pub(super) layers: Vec<Layer<'d, Settings>>,
}

/// The levels above one configuration.
pub(super) struct Ladder<'l, 'd> {
    /// Nearest first.
    pub(super) levels: [&'l Level<'d>; 4],
    /// The tiers that they name.
    pub(super) tiers: &'l Tiers<'d>,
    /// Whether something that could hold a value was not read.
    pub(super) doubt: bool,
}

/// What rules one setting.
pub(super) struct Ruling<T> {
    /// The value, or that there is none.
    pub(super) word: Word<T>,
    /// Where it comes from.
    pub(super) origin: Origin,
}

/// What the nearest block says.
#[derive(Clone)]
pub(super) enum Word<T> {
    /// A value.
    Value(T),
    /// Nothing, or `default`.
    Unset,
    /// There is no telling: something was not read, and that was reported.
    Unknown,
}

impl<T> Word<T> {
    /// The value, if there is one.
    pub(super) fn value(self) -> Option<T> {
        match self {
            Word::Value(value) => Some(value),
            Word::Unset | Word::Unknown => None,
        }
    }
}

impl<'d> Ladder<'_, 'd> {
    /// What rules the setting that `field` reads; `unwritten` is the origin where nobody wrote it.
    pub(super) fn rule<T: Clone + 'd>(
        &self,
        field: impl Fn(&'d Settings) -> Option<&'d Setting<T>>,
        unwritten: OriginKind,
    ) -> Ruling<T> {
        let mut doubt = self.doubt;
        for level in self.levels {
            if let Some((setting, layout)) = nearest(level, &field) {
                return ruling(
                    setting,
                    Origin { kind: level.kind, tier: None, span: None, via: route(layout) },
                );
            }
            let Some((named, layout)) = nearest(level, |settings| settings.tier.as_ref()) else { continue };
            let Some(chain) = named.value.value().and_then(|name| self.tiers.chain(name)) else {
                doubt = true;
                continue;
            };
            let found =
                chain.iter().enumerate().find_map(|(depth, link)| Some((depth, link, field(link.settings)?)));
            if let Some((depth, link, setting)) = found {
                let inner =
                    chain[..=depth].iter().filter_map(|link| Some(step("tier", link.name, link.named_at?)));
                let outer = step("tier", chain[0].name, named.span);
                let via = route(layout).into_iter().chain([outer]).chain(inner).collect();
                let tier = Some(link.name.to_owned());
                return ruling(setting, Origin { kind: OriginKind::Tier, tier, span: None, via });
            }
        }
        let word = if doubt { Word::Unknown } else { Word::Unset };
        Ruling { word, origin: Origin::unwritten(unwritten) }
    }
}

/// The first block of a level that has the setting.
fn nearest<'d, T>(
    level: &Level<'d>,
    field: impl Fn(&'d Settings) -> Option<&'d Setting<T>>,
) -> Option<(&'d Setting<T>, Option<&'d Spanned<String>>)> {
    level.layers.iter().find_map(|layer| Some((field(layer.block)?, layer.layout)))
}

fn ruling<T: Clone>(setting: &Setting<T>, origin: Origin) -> Ruling<T> {
    let word = match &setting.value {
        Written::Value(value) => Word::Value(value.clone()),
        Written::Default => Word::Unset,
        Written::Faulty => Word::Unknown,
    };
    Ruling { word, origin: Origin { span: Some(setting.span), ..origin } }
}

fn route(layout: Option<&Spanned<String>>) -> Vec<Spanned<String>> {
    layout.map(|name| step("layout", &name.value, name.span)).into_iter().collect()
}

/// One step of [`Origin::via`], in the words of the YAML that stands there.
pub(super) fn step(key: &str, name: &str, span: Span) -> Spanned<String> {
    Spanned::new(format!("{key}: {name}"), span)
}
