//! Decides in which file an address is added: where its app already is, else where its domain is.

use std::fmt;

use super::order::Order;
use crate::config::{WrittenEntry, WrittenMap, WrittenValue};
use crate::model::Address;
use crate::source::{FileId, Sources, Span};

/// Where the configurations of domains that no file names are added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewFiles {
    /// Each in a new file `DOMAIN.yaml` of this folder, named as users name it.
    In(String),
    /// In the file that there is.
    None,
}

/// Where an address is added.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// In this file.
    File(FileId),
    /// In a new file of this name.
    New(String),
}

/// Why an address is not added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) place: Option<Span>,
}

impl Refusal {
    pub(super) fn new(reason: impl fmt::Display, place: Option<Span>) -> Self {
        Self { reason: reason.to_string(), place }
    }
}

/// The files and how each is laid out.
pub(super) struct Places<'f> {
    pub(super) sources: &'f Sources,
    pub(super) outlines: &'f [(FileId, WrittenMap)],
    pub(super) new_files: &'f NewFiles,
}

/// A file and the entry that it has at some path.
type Found<'f> = (FileId, &'f WrittenEntry);

impl<'f> Places<'f> {
    /// Where an address is added.
    pub(super) fn of(&self, address: &Address) -> Result<Place, Refusal> {
        let Address { domain, app, stream } = address;
        let of_domain = self.found(&["domains", domain]);
        let of_app = self.found(&["domains", domain, "apps", app]);
        let file = match (of_app.as_slice(), of_domain.as_slice()) {
            ([_, ..], _) => one_of(&of_app, "streams", stream)?,
            ([], [_, ..]) => one_of(&of_domain, "apps", app)?,
            ([], []) => return self.of_new_domain(domain),
        };
        self.insist_open(file, &["domains", domain, "apps", app, "streams"])?;
        Ok(Place::File(file))
    }

    fn of_new_domain(&self, domain: &str) -> Result<Place, Refusal> {
        if let NewFiles::In(folder) = self.new_files {
            let name = format!("{}/{domain}.yaml", folder.trim_end_matches('/'));
            let taken = self.sources.iter().find(|(_, source)| source.name() == name);
            return match taken {
                None => Ok(Place::New(name)),
                Some((file, _)) => {
                    let start = Span { file, start: 0, end: 0 };
                    Err(Refusal::new(format!("`{name}` exists, but does not name its domain"), Some(start)))
                }
            };
        }
        let all: Vec<FileId> = self.outlines.iter().map(|(file, _)| *file).collect();
        let with_domains: Vec<FileId> = self.found(&["domains"]).into_iter().map(|(file, _)| file).collect();
        let file = match (with_domains.as_slice(), all.as_slice()) {
            ([file], _) | ([], [file]) => *file,
            _ => return Err(Refusal::new("no file names its domain, and there are several files", None)),
        };
        self.insist_open(file, &["domains"])?;
        Ok(Place::File(file))
    }

    /// The files that have an entry at a path, and that entry.
    fn found(&self, path: &[&str]) -> Vec<Found<'f>> {
        self.outlines.iter().filter_map(|(file, root)| Some((*file, at(root, path)?))).collect()
    }

    /// Refuses a file in which something at or above a path is also used elsewhere.
    fn insist_open(&self, file: FileId, path: &[&str]) -> Result<(), Refusal> {
        if !self.sources.get(file).is_as_written() {
            let reason = "lines of its file end with a lone carriage return; `livevod fmt` rewrites them";
            return Err(Refusal::new(reason, None));
        }
        let (_, root) = self
            .outlines
            .iter()
            .find(|(other, _)| *other == file)
            .ok_or_else(|| Refusal::new("its file has no map", None))?;
        for depth in 1..=path.len() {
            let Some(entry) = at(root, &path[..depth]) else { return Ok(()) };
            if let WrittenValue::Closed(reason) = &entry.value {
                let name = &entry.name;
                return Err(Refusal::new(
                    format!("nothing can be added to `{name}`: {reason}"),
                    Some(entry.key),
                ));
            }
        }
        Ok(())
    }
}

/// The entry at a path.
fn at<'m>(root: &'m WrittenMap, path: &[&str]) -> Option<&'m WrittenEntry> {
    let (first, rest) = path.split_first()?;
    let entry = root.get(first)?;
    if rest.is_empty() { Some(entry) } else { at(entry.map()?, rest) }
}

/// The file to add `name` to, of those that have an entry: the only one whose entry has the block, else the one whose
/// names it belongs between, else the first if none has the block.
fn one_of(found: &[Found<'_>], block: &str, name: &str) -> Result<FileId, Refusal> {
    let holds = |(_, entry): &&Found<'_>| match entry.map().and_then(|map| map.get(block)) {
        Some(block) => !matches!(block.value, WrittenValue::Blank(_)),
        None => matches!(entry.value, WrittenValue::Closed(_)),
    };
    let holding: Vec<&Found<'_>> = found.iter().filter(holds).collect();
    match (holding.as_slice(), found) {
        ([(file, _)], _) | ([], [(file, _), ..]) => return Ok(*file),
        _ => {}
    }
    let is_within = |(_, entry): &&&Found<'_>| {
        let names = entry.map().and_then(|map| map.get(block)?.map());
        let names: Vec<&str> =
            names.into_iter().flat_map(|map| &map.entries).map(|entry| entry.name.as_str()).collect();
        Order::of(&names).is_within(name)
    };
    match holding.iter().filter(is_within).collect::<Vec<_>>().as_slice() {
        [(file, _)] => Ok(*file),
        _ => {
            let place = holding.get(1).map(|(_, entry)| entry.key);
            let reason =
                format!("{} files have `{block}` here, and their order does not decide", holding.len());
            Err(Refusal::new(reason, place))
        }
    }
}
