//! Finds the value that applies to a setting: the nearest one wins, and a tier ranks right below the block that names
//! it.

use smallvec::SmallVec;

use super::desired::{Origin, OriginKind};
use super::layouts::Layer;
use super::tiers::{Link, Tiers};
use crate::config::{Setting, Settings, Written};
use crate::model::{Field, FieldMap, Value};
use crate::source::{Span, Spanned};

/// The blocks of one level of inheritance, nearest first; nearer ones override the others.
pub(super) struct Level<'d> {
    /// What the level is.
    pub(super) kind: OriginKind,
    /// Its blocks.
    pub(super) layers: SmallVec<[Layer<'d, Settings>; 1]>,
}

/// The levels that reach one configuration.
pub(super) struct Ladder<'l, 'd> {
    /// Its own blocks, nearest first.
    pub(super) own: &'l [Step<'l, 'd>],
    /// What it inherits.
    pub(super) above: &'l Above<'l, 'd>,
    /// Whether something that could hold a value was not read.
    pub(super) doubt: bool,
}

/// The levels above the configurations of one app, and what these inherit: it is found once for all of them.
pub(super) struct Above<'l, 'd> {
    /// Nearest first.
    steps: Vec<Step<'l, 'd>>,
    inherited: FieldMap<Ruling>,
}

/// The value that applies to one setting.
#[derive(Clone)]
pub(super) struct Ruling {
    /// The value, or that there is none.
    pub(super) word: Word,
    /// Where it comes from.
    pub(super) origin: Origin,
    /// How many steps away from the entry it is written; `None` if it is not written.
    pub(super) depth: Option<usize>,
}

impl Ruling {
    /// Nothing is written for the field.
    pub(super) fn unwritten(field: Field) -> Self {
        Self { word: Word::Unset, origin: Origin::unwritten(field).clone(), depth: None }
    }

    /// The same; unknown if it may be written somewhere that could not be read.
    fn unless_written(field: Field, doubt: bool) -> Self {
        Self { word: if doubt { Word::Unknown } else { Word::Unset }, ..Self::unwritten(field) }
    }
}

/// What the nearest block says.
#[derive(Clone)]
pub(super) enum Word {
    /// A value.
    Value(Value),
    /// Nothing, or `default`.
    Unset,
    /// Unknown: something was not read, and that was reported.
    Unknown,
}

impl<'l, 'd> Above<'l, 'd> {
    pub(super) fn new(levels: [&'l Level<'d>; 3], tiers: &'l Tiers<'d>) -> Self {
        let steps: Vec<Step> = steps(levels, tiers).collect();
        let inherited = Field::MANAGED.into_iter().map(|field| {
            let found = nearest(&steps, field);
            (field, found.unwrap_or_else(|doubt| Ruling::unless_written(field, doubt)))
        });
        Self { inherited: inherited.collect(), steps }
    }
}

impl<'l, 'd> Ladder<'l, 'd> {
    /// The value that applies to a managed field.
    pub(super) fn rule(&self, field: Field) -> Ruling {
        let doubt = match nearest(self.own, field) {
            Ok(own) => return own,
            Err(doubt) => doubt || self.doubt,
        };
        match self.above.inherited.get(field) {
            Some(Ruling { word, origin, depth: Some(depth) }) => {
                let (word, origin, depth) = (word.clone(), origin.clone(), self.own.len() + depth);
                Ruling { word, origin, depth: Some(depth) }
            }
            inherited => {
                let is_unknown = inherited.is_some_and(|inherited| matches!(inherited.word, Word::Unknown));
                Ruling::unless_written(field, doubt || is_unknown)
            }
        }
    }

    /// The block so many steps away.
    pub(super) fn rung(&self, depth: usize) -> Option<&Rung<'l, 'd>> {
        match self.own.iter().chain(&self.above.steps).nth(depth)? {
            Step::Rung(rung) => Some(rung),
            Step::Gap => None,
        }
    }
}

/// Every block of some levels, nearest first.
pub(super) fn steps<'l, 'd, const N: usize>(
    levels: [&'l Level<'d>; N],
    tiers: &'l Tiers<'d>,
) -> impl Iterator<Item = Step<'l, 'd>> {
    levels.into_iter().flat_map(move |level| {
        let own = level.layers.iter().map(|layer| {
            let Layer { block, layout } = *layer;
            Step::Rung(Rung { level: level.kind, settings: block, layout, tier: None })
        });
        let named = nearest_tier(level);
        own.chain(named.into_iter().flat_map(move |(named, layout)| behind(tiers, level.kind, named, layout)))
    })
}

/// The value that applies to a field if there are only these steps; if it is not written, whether it may be in a tier that could
/// not be read.
fn nearest(steps: &[Step<'_, '_>], field: Field) -> Result<Ruling, bool> {
    let mut doubt = false;
    for (depth, step) in steps.iter().enumerate() {
        let Step::Rung(rung) = step else {
            doubt = true;
            continue;
        };
        if let Some(setting) = rung.settings.get(field) {
            let (word, origin) = (word(field, setting), rung.origin(setting.span));
            return Ok(Ruling { word, origin, depth: Some(depth) });
        }
    }
    Err(doubt)
}

/// One step away from the entry.
pub(super) enum Step<'l, 'd> {
    /// A block.
    Rung(Rung<'l, 'd>),
    /// A tier that could not be read, and may hold anything.
    Gap,
}

/// A block of settings that reaches a configuration.
pub struct Rung<'l, 'd> {
    /// The level that holds it, or that names its tier.
    pub level: OriginKind,
    /// What it says.
    pub settings: &'d Settings,
    layout: Option<&'d Spanned<String>>,
    tier: Option<TierRung<'l, 'd>>,
}

/// The path from a level to a tier's block.
struct TierRung<'l, 'd> {
    /// Where the level names the first tier of the chain.
    named: Span,
    chain: &'l [Link<'d>],
    depth: usize,
}

impl Rung<'_, '_> {
    /// The `tier: NAME` in the level that leads to this block; `None` if the block is in the level itself.
    pub fn named_at(&self) -> Option<Span> {
        self.tier.as_ref().map(|tier| tier.named)
    }

    /// The origin of a value in this block at `span`.
    pub fn origin(&self, span: Span) -> Origin {
        let via = route(self.layout);
        let Some(TierRung { named, chain, depth }) = &self.tier else {
            return Origin { kind: self.level, tier: None, span: Some(span), via };
        };
        let inner = chain[..=*depth].iter().filter_map(|link| Some(step("tier", link.name, link.named_at?)));
        let outer = step("tier", chain[0].name, *named);
        let via = via.into_iter().chain([outer]).chain(inner).collect();
        let tier = Some(chain[*depth].name.to_owned());
        Origin { kind: OriginKind::Tier, tier, span: Some(span), via }
    }
}

/// The blocks of the tiers that a name leads to.
fn behind<'l, 'd>(
    tiers: &'l Tiers<'d>,
    level: OriginKind,
    named: &'d Setting<String>,
    layout: Option<&'d Spanned<String>>,
) -> Vec<Step<'l, 'd>> {
    let Some(chain) = named.value.value().and_then(|name| tiers.chain(name)) else {
        return vec![Step::Gap];
    };
    let rung = |(depth, link): (usize, &'l Link<'d>)| {
        let tier = Some(TierRung { named: named.span, chain, depth });
        Step::Rung(Rung { level, settings: link.settings, layout, tier })
    };
    chain.iter().enumerate().map(rung).collect()
}

/// The tier of a level: the first block that names a tier decides.
fn nearest_tier<'d>(level: &Level<'d>) -> Option<(&'d Setting<String>, Option<&'d Spanned<String>>)> {
    level.layers.iter().find_map(|layer| Some((layer.block.tier.as_ref()?, layer.layout)))
}

/// What is written. `default` asks for what the documents say, where they say something.
fn word(field: Field, setting: &Setting<Value>) -> Word {
    match &setting.value {
        Written::Value(value) => Word::Value(value.clone()),
        Written::Default => field.implied().map_or(Word::Unset, Word::Value),
        Written::Faulty => Word::Unknown,
    }
}

fn route(layout: Option<&Spanned<String>>) -> Vec<Spanned<String>> {
    layout.map(|name| step("layout", &name.value, name.span)).into_iter().collect()
}

/// One step of [`Origin::via`], as its YAML is written.
pub(super) fn step(key: &str, name: &str, span: Span) -> Spanned<String> {
    Spanned::new(format!("{key}: {name}"), span)
}
