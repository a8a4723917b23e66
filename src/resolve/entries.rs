//! Resolves the entries of one domain, each setting with its origin.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::desired::{Entry, Origin, OriginKind, Resolved, Wanted, step_in_words};
use super::groupless::{self, Groupless};
use super::groups;
use super::inherit::{Above, Ladder, Level, Ruling, Step, Word, steps};
use super::layouts::{LaidApp, Layer, lay};
use super::shape::{self, Shape};
use super::tiers::Tiers;
use crate::config::{Defaults, Document, Domain, Setting, Stream, Written};
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Address, Field, FieldMap, Form, Process, RecordConfig, State, Value};
use crate::source::{Span, Spanned};

/// One domain, and what its entries inherit from.
pub(super) struct DomainEntries<'e, 'd> {
    document: &'d Document,
    domain: &'d Domain,
    tiers: &'e Tiers<'d>,
    /// The domain's region, its own or the files'.
    pub(super) region: Option<&'d Spanned<String>>,
    /// Whether a block that the entries inherit from was not read: a value that is not found may be there.
    doubt: bool,
    groupless: Groupless<'d>,
    findings: &'e mut Findings,
}

/// One configuration that must exist, while it is resolved.
struct PresentEntry<'a, 'd> {
    address: &'a Address,
    /// Where its stream name is written.
    key: Layer<'d, Span>,
    /// Where its app's name is written.
    app: Layer<'d, Span>,
}

impl<'e, 'd> DomainEntries<'e, 'd> {
    /// Prepares to resolve `domain`.
    pub(super) fn new(
        document: &'d Document,
        domain: &'d Domain,
        tiers: &'e Tiers<'d>,
        findings: &'e mut Findings,
    ) -> Self {
        let region = domain.region.as_ref().or(document.region.as_ref());
        let mut layouts = domain.layout.iter().flat_map(|layout| &layout.names);
        let doubt = document.partial || layouts.any(|name| !document.layouts.contains_key(&name.value));
        let groupless = Groupless::default();
        Self { document, domain, tiers, region, doubt, groupless, findings }
    }

    /// Resolves every entry of the domain.
    pub(super) fn resolve(&mut self, name: &Arc<str>) -> BTreeMap<Address, Entry> {
        let top = level(OriginKind::Defaults, self.document.defaults.as_ref());
        let domain = level(OriginKind::Domain, self.domain.defaults.as_ref());
        let mut entries = BTreeMap::new();
        for (app_name, app) in lay(self.document, self.domain) {
            let LaidApp { keys, defaults, streams } = app;
            let app = Level { kind: OriginKind::App, layers: defaults };
            let above = Above::new([&app, &domain, &top], self.tiers);
            for (stream_name, layers) in streams {
                let address = Address::new(name.clone(), app_name.clone(), stream_name.clone());
                let entry = self.entry(&address, &keys, &layers, &above);
                entries.extend(entry.map(|entry| (address, entry)));
            }
        }
        std::mem::take(&mut self.groupless).report(self.domain.key, self.findings);
        entries
    }

    fn entry(
        &mut self,
        address: &Address,
        apps: &[Layer<'d, Span>],
        layers: &[Layer<'d, Stream>],
        above: &Above<'_, 'd>,
    ) -> Option<Entry> {
        let nearest = layers.first()?;
        let key = nearest.block.key;
        if let Some(absent) = self.absent(address, layers) {
            return Some(Entry { key, wanted: Wanted::Absent(absent), expires: None });
        }
        let own = own_level(layers);
        let own: Vec<Step> = steps([&own], self.tiers).collect();
        // With an invalid state, it is unknown whether the entry needs any settings.
        let mut states = layers.iter().filter_map(|layer| layer.block.state.as_ref());
        let doubt = self.doubt || states.any(|state| state.value == Written::Faulty);
        let ladder = Ladder { own: &own, above, doubt };
        let place = PresentEntry { address, key: nearest.part(&nearest.block.key), app: *apps.first()? };
        let resolved = self.present(&place, &ladder);
        let expires = layers.iter().find_map(|layer| layer.block.expires.as_ref()).and_then(value);
        Some(Entry { key, wanted: Wanted::Present(Box::new(resolved)), expires })
    }

    /// The `state: absent` that applies to an entry. Settings in a nearer block contradict it.
    fn absent(&mut self, address: &Address, layers: &[Layer<'d, Stream>]) -> Option<Span> {
        let (depth, state) = layers
            .iter()
            .enumerate()
            .find_map(|(depth, layer)| Some((depth, layer.block.state.as_ref()?)))
            .filter(|(_, state)| state.value == Written::Value(State::Absent))?;
        if let Some(span) =
            layers[..depth].iter().find_map(|layer| layer.block.beside_state().first().copied())
        {
            self.findings.push(
                Diagnostic::new(
                    Code::AbsentSettings,
                    "`state: absent` from a layout can't be combined with settings",
                )
                .label(span, "a setting here")
                .label(state.span, "declared absent here")
                .help("write `state: present` beside the settings, or remove them")
                .about(address),
            );
        }
        Some(state.span)
    }

    fn present(&mut self, place: &PresentEntry<'_, 'd>, ladder: &Ladder<'_, 'd>) -> Resolved {
        let mut resolved = Resolved { config: RecordConfig::default(), origins: FieldMap::EMPTY };
        let shape = Shape::of(ladder);
        if let Shape::ByFormat(formats) = &shape {
            shape::check_mixed(ladder, formats, place.address, self.findings);
        }
        for field in Field::MANAGED {
            // Without auto_compose the service ignores the group, wherever it is written.
            let is_idle = field == Field::ComposeVodTranscodeGroup && !resolved.config.auto_compose;
            let void = shape.voids(field);
            let mut ruling = match (void, is_idle) {
                (Some(origin), _) => Ruling { origin: origin.clone(), ..Ruling::unwritten(field) },
                (None, true) => Ruling::unwritten(field),
                (None, false) => ladder.rule(field),
            };
            if field == Field::RecordFormat && void.is_none() {
                ruling = self.formats(place, ladder, ruling, &mut resolved.origins);
            }
            if field.form() == Form::Group && !is_idle && void.is_none() {
                ruling = self.group(place, ruling);
                self.check_group(place, field, &ruling, &resolved);
            }
            if let Word::Value(value) = ruling.word {
                resolved.config.set(field, value);
            }
            if ruling.origin != *Origin::unwritten(field) {
                resolved.origins.insert(field, ruling.origin);
            }
        }
        resolved.origins.shrink();
        resolved
    }

    /// Looks up the groups of the formats, and notes the origin of each format and of its settings.
    fn formats(
        &mut self,
        place: &PresentEntry<'_, 'd>,
        ladder: &Ladder<'_, 'd>,
        ruling: Ruling,
        parts: &mut FieldMap<Origin>,
    ) -> Ruling {
        let (Word::Value(Value::Formats(formats)), Some(depth)) = (&ruling.word, ruling.depth) else {
            return ruling;
        };
        let Some(rung) = ladder.rung(depth) else { return ruling };
        let mut formats = formats.clone();
        for (field, setting) in rung.settings.parts() {
            let origin = rung.origin(setting.span);
            let group = match &setting.value {
                Written::Value(Value::Process(process)) => process.group(),
                _ => None,
            };
            let (Field::Part(format, _), Some(group)) = (field, group) else {
                parts.insert(field, origin);
                continue;
            };
            let word = Word::Value(Value::Text(group.to_owned()));
            let Ruling { word, origin, depth: _ } =
                self.group(place, Ruling { word, origin, depth: Some(depth) });
            if let (Word::Value(Value::Text(id)), Some(settings)) = (word, formats.get_mut(&format)) {
                settings.process = Some(Process::Transcode(id));
            }
            parts.insert(field, origin);
        }
        Ruling { word: Word::Value(Value::Formats(formats)), ..ruling }
    }

    fn group(&mut self, place: &PresentEntry<'_, 'd>, ruling: Ruling) -> Ruling {
        let (origin, depth) = (ruling.origin.clone(), ruling.depth);
        groups::resolve(self.document, self.region, ruling).unwrap_or_else(|finding| {
            self.findings.push(led_here(*finding, &origin).about(place.address));
            Ruling { word: Word::Unknown, origin, depth }
        })
    }

    /// Reports a group that is needed but not set. `before` holds the fields that were resolved before it.
    fn check_group(&mut self, place: &PresentEntry<'_, 'd>, field: Field, group: &Ruling, before: &Resolved) {
        if !matches!(group.word, Word::Unset) {
            return;
        }
        match before.origin(Field::AutoCompose).filter(|_| field == Field::ComposeVodTranscodeGroup) {
            Some(auto) => self.report_compose(place, auto, group),
            None => self.report_group(place, group),
        }
    }

    fn report_group(&mut self, place: &PresentEntry<'_, 'd>, group: &Ruling) {
        let Some(span) = group.origin.span else {
            let PresentEntry { address, key, app } = place;
            return self.groupless.add((*address).clone(), *key, *app);
        };
        let finding = groupless::finding().label(span, "there is no default").help(
            "write a group, or `VOD_NO_TRANSCODE` to store recordings as they are, or remove the key to inherit one",
        );
        self.findings.push(led_here(finding, &group.origin).about(place.address));
    }

    fn report_compose(&mut self, place: &PresentEntry<'_, 'd>, auto: &Origin, compose: &Ruling) {
        let message = "`auto_compose` is on without a `compose_vod_transcode_group`";
        let finding = Diagnostic::new(Code::MissingComposeGroup, message)
            .label(auto.span.unwrap_or(*place.key.block), "turned on here")
            .help("write `compose_vod_transcode_group` beside it, or turn `auto_compose` off");
        let finding = match compose.origin.span {
            Some(span) => finding.label(span, "there is no default"),
            None => finding,
        };
        self.findings.push(led_here(finding, auto).about(place.address));
    }
}

/// Adds the chain that led to a value.
fn led_here(finding: Diagnostic, origin: &Origin) -> Diagnostic {
    let note = |finding: Diagnostic, step: &Spanned<String>| {
        finding.note(step_in_words(&step.value, |yaml| format!("`{yaml}`")), Some(step.span))
    };
    origin.via.iter().fold(finding, note)
}

/// The level of one `defaults` block.
pub(super) fn level(kind: OriginKind, defaults: Option<&Defaults>) -> Level<'_> {
    let layers = defaults.into_iter().map(|defaults| Layer { block: &defaults.settings, layout: None });
    Level { kind, layers: layers.collect() }
}

/// The level of an entry's own blocks.
pub(super) fn own_level<'d>(layers: &[Layer<'d, Stream>]) -> Level<'d> {
    let layers = layers.iter().map(|layer| layer.part(&layer.block.settings)).collect();
    Level { kind: OriginKind::Stream, layers }
}

fn value<T: Clone>(setting: &Setting<T>) -> Option<Spanned<T>> {
    Some(Spanned::new(setting.value.value()?.clone(), setting.span))
}
