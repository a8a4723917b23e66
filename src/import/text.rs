//! Writes the files.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::account::Account;
use super::comments;
use super::files::{Division, File, ImportError};
use super::fit::Fit;
use super::layouts::Tree;
use super::lines::Lines;
use super::settings::{Patch, SLOTS};
use super::sketch::{Sketch, SketchedDomain};
use super::tiers::Written;
use crate::config::{self, Keys, Notation, Yaml, quoted};
use crate::gate::clean;
use crate::model::{Address, domain_error};
use crate::source::{Source, Sources};

/// The file for what the domains share.
const SHARED: &str = "shared.yaml";

/// The file for everything.
const WHOLE: &str = "livevod.yaml";

/// All that goes into the files.
pub(super) struct Text<'a> {
    account: Account<'a>,
    fit: &'a Fit,
    sketch: &'a Sketch,
    /// The region of domains that write none.
    region: Option<&'a str>,
    /// When the newest configuration was created.
    newest: Option<&'a str>,
}

impl<'a> Text<'a> {
    /// Prepares to write.
    pub(super) fn new(account: Account<'a>, fit: &'a Fit, sketch: &'a Sketch) -> Self {
        let all = account.snapshot.domains.values().flat_map(|domain| domain.configs.values());
        let newest = all.filter_map(|remote| remote.create_time.as_deref()).max();
        Self { account, fit, sketch, region: usual_region(sketch), newest }
    }

    /// The files in canonical form.
    pub(super) fn files(&self, division: Division) -> Result<Vec<File>, ImportError> {
        let mut files = Vec::new();
        let mut shared = Lines::default();
        self.head(&mut shared);
        match division {
            Division::Whole => {
                self.domains(&mut shared, self.sketch.domains.iter());
                self.unnamed(&mut shared);
                files.push((WHOLE.to_owned(), shared));
            }
            Division::ByDomain => {
                self.unnamed(&mut shared);
                for (name, domain) in &self.sketch.domains {
                    let mut lines = Lines::default();
                    lines.line("version: 1");
                    self.domains(&mut lines, [(name, domain)].into_iter());
                    files.push((format!("{name}.yaml"), lines));
                }
                files.push((SHARED.to_owned(), shared));
            }
        }
        let canonical = files.into_iter().map(|(name, lines)| canonical(name, &lines.into_text()));
        let mut files = canonical.collect::<Result<Vec<File>, _>>()?;
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(files)
    }

    fn head(&self, lines: &mut Lines) {
        let Sketch { values: _, groups, tiers, layouts, top, domains: _ } = self.sketch;
        lines
            .line("# Written by `livevod import`. Names of groups, tiers and layouts may be changed freely.");
        lines.line("version: 1");
        if let Some(account) = self.account.id.filter(|account| config::is_account(account)) {
            lines.line(&format!("account: \"{account}\""));
        }
        if let Some(region) = self.region {
            lines.line(&format!("region: {region}"));
        }
        groups.write(lines);
        if !top.is_bare() {
            lines.line("");
            lines.block("defaults", |lines| {
                for (key, value) in self.settings(&top.own) {
                    lines.entry(key, &value, None);
                }
            });
        }
        if !tiers.all.is_empty() {
            lines.line("");
            lines.block("tiers", |lines| {
                for (name, settings) in &tiers.all {
                    lines.entry(name, &Yaml::map(Keys::Settings, self.settings(settings)), None);
                }
            });
        }
        if !layouts.is_empty() {
            lines.line("");
            lines.block("layouts", |lines| {
                for layout in layouts {
                    lines.block(&layout.name, |lines| {
                        lines.block("apps", |lines| {
                            layout.apps.iter().for_each(|(name, tree)| self.app(lines, None, name, tree));
                        });
                    });
                }
            });
        }
    }

    fn domains<'d>(
        &self,
        lines: &mut Lines,
        domains: impl Iterator<Item = (&'d Arc<str>, &'d SketchedDomain)>,
    ) {
        lines.line("");
        lines.block("domains", |lines| domains.for_each(|(name, domain)| self.domain(lines, name, domain)));
    }

    fn domain(&self, lines: &mut Lines, name: &str, domain: &SketchedDomain) {
        let SketchedDomain { region, layouts, defaults, apps } = domain;
        let mut head = Vec::new();
        if let Some(region) = region.as_deref().filter(|region| Some(*region) != self.region) {
            head.push(("region", Yaml::Text(region.to_owned())));
        }
        match &layouts[..] {
            [] => {}
            [one] => head.push(("layout", Yaml::Text(one.clone()))),
            several => head.push(("layout", Yaml::List(several.to_vec()))),
        }
        if !defaults.is_bare() {
            head.push(("defaults", self.written(defaults)));
        }
        let left_out = self.left_out_elsewhere(name, domain);
        if apps.is_empty() && left_out.is_empty() {
            return lines.entry(name, &Yaml::map(Keys::Blocks, head), None);
        }
        if apps.is_empty() && head.is_empty() {
            left_out.iter().for_each(|line| lines.line(line));
            return lines.entry(name, &Yaml::map(Keys::Blocks, head), None);
        }
        lines.block(name, |lines| {
            left_out.iter().for_each(|line| lines.line(line));
            head.iter().for_each(|(key, value)| lines.entry(key, value, None));
            if !apps.is_empty() {
                lines.block("apps", |lines| {
                    apps.iter().for_each(|(app, tree)| self.app(lines, Some(name), app, tree));
                });
            }
        });
    }

    /// An app of a domain, or of a layout.
    fn app(&self, lines: &mut Lines, domain: Option<&str>, name: &Arc<str>, tree: &Tree) {
        let Tree { defaults, streams } = tree;
        let left_out = domain.map(|domain| self.left_out_in(domain, name)).unwrap_or_default();
        let one = streams.iter().next().filter(|_| streams.len() == 1 && defaults.is_bare());
        if let Some((stream, written)) = one.filter(|_| left_out.is_empty()) {
            let entry = Yaml::map(Keys::Names, [(stream.clone(), self.written(written))]);
            let entry = Yaml::map(Keys::Blocks, [("streams", entry)]);
            if lines.fits(&format!("{}: {}", quoted(name), entry.flow(Notation::NEW))) {
                let comment = self.comment(lines, domain, name, stream);
                return lines.entry(name, &entry, comment.as_deref());
            }
        }
        let comment = comments::of_wildcard(name, true).filter(|comment| lines.says_first(comment));
        lines.commented_block(name, comment, |lines| {
            if !defaults.is_bare() {
                lines.entry("defaults", &self.written(defaults), None);
            }
            lines.block("streams", |lines| {
                for (stream, written) in streams {
                    let comment = self.comment(lines, domain, name, stream);
                    lines.entry(stream, &self.written(written), comment.as_deref());
                }
                left_out.iter().for_each(|line| lines.line(line));
            });
        });
    }

    /// The comment behind an entry, if there is one. What `"*"` means is said once in a file.
    fn comment(
        &self,
        lines: &mut Lines,
        domain: Option<&str>,
        app: &Arc<str>,
        stream: &Arc<str>,
    ) -> Option<String> {
        if let Some(comment) = comments::of_wildcard(stream, false) {
            return lines.says_first(comment).then(|| comment.to_owned());
        }
        let address = Address::new(domain?, app.clone(), stream.clone());
        let remote = self.account.snapshot.get(&address)?;
        let kept = comments::of_kept(&remote.config, self.fit.kept(&address));
        let unknown = || comments::of_unknown(&remote.config);
        kept.or_else(unknown).or_else(|| comments::of_temporary(stream, remote, self.newest))
    }

    fn written(&self, written: &Written) -> Yaml {
        let tier = written.tier.map(|tier| Yaml::Text(self.sketch.tiers.all[tier].0.clone()));
        let tier = tier.map(|tier| ("tier", tier));
        Yaml::map(Keys::Settings, tier.into_iter().chain(self.settings(&written.own)))
    }

    fn settings(&self, patch: &Patch) -> Vec<(&'static str, Yaml)> {
        let setting = |slot: usize| {
            let setting = self.sketch.values.setting(patch[slot]?);
            Some((setting.key, setting.value.clone()))
        };
        (0..SLOTS.len()).filter_map(setting).collect()
    }

    /// A line for each configuration of an app that no file can declare.
    fn left_out_in(&self, domain: &str, app: &str) -> Vec<String> {
        let here = self
            .fit
            .left_out
            .range(Address::new(domain, app, "")..)
            .take_while(|(address, _)| *address.domain == *domain && *address.app == *app);
        here.map(not_managed).collect()
    }

    /// A line for each of those in apps that the domain does not write.
    fn left_out_elsewhere(&self, name: &str, domain: &SketchedDomain) -> Vec<String> {
        let elsewhere = self
            .fit
            .left_out
            .range(Address::new(name, "", "")..)
            .take_while(|(address, _)| *address.domain == *name)
            .filter(|(address, _)| !domain.apps.contains_key(&address.app));
        elsewhere.map(not_managed).collect()
    }

    /// What is in domains that no file can name.
    fn unnamed(&self, lines: &mut Lines) {
        let unnamed = self.fit.left_out.iter().filter(|(address, _)| domain_error(&address.domain).is_some());
        unnamed.map(not_managed).for_each(|line| lines.line(&line));
    }
}

/// The region that most domains are in; `None` if that of one is not known, which must not inherit another's.
fn usual_region(sketch: &Sketch) -> Option<&str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for domain in sketch.domains.values() {
        *counts.entry(domain.region.as_deref()?).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(region, count)| (*count, std::cmp::Reverse(*region)));
    most.map(|(region, _)| region)
}

/// The line for a configuration that stays unmanaged.
fn not_managed((address, reason): (&Address, &String)) -> String {
    format!("# left alone, can't be managed: {address}: {}", clean(reason))
}

/// The text in the form that `fmt` writes.
fn canonical(name: String, text: &str) -> Result<File, ImportError> {
    let mut sources = Sources::default();
    let file = sources.add(Source::new(name.as_str(), text));
    match config::format(&sources, file) {
        Ok(text) => Ok(File { name, text }),
        Err(_) => Err(ImportError::Unreadable(name)),
    }
}
