//! The entries that are added, gathered into one tree for each file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::place::Place;
use crate::config::{Keys, Yaml, YamlMap};
use crate::model::Address;

/// The apps of a domain with their streams.
type Apps = BTreeMap<Arc<str>, BTreeMap<Arc<str>, Yaml>>;

/// What is added, by place.
#[derive(Default)]
pub(super) struct Added {
    places: BTreeMap<Place, BTreeMap<Arc<str>, Apps>>,
}

impl Added {
    /// Adds one entry.
    pub(super) fn push(&mut self, place: &Place, address: &Address, entry: Yaml) {
        let Address { domain, app, stream } = address;
        let domains = self.places.entry(place.clone()).or_default();
        let apps = domains.entry(domain.clone()).or_default();
        apps.entry(app.clone()).or_default().insert(stream.clone(), entry);
    }

    /// The tree of each place. `region` tells what is written for a domain that no file names.
    pub(super) fn trees(&self, region: impl Fn(&str) -> Option<String>) -> Vec<(&Place, YamlMap)> {
        let trees = self.places.iter();
        trees
            .filter_map(|(place, domains)| match tree(domains, &region) {
                Yaml::Map(map) => Some((place, map)),
                Yaml::Word(_) | Yaml::Text(_) | Yaml::List(_) => None,
            })
            .collect()
    }
}

fn tree(domains: &BTreeMap<Arc<str>, Apps>, region: impl Fn(&str) -> Option<String>) -> Yaml {
    let app = |(name, streams): (&Arc<str>, &BTreeMap<Arc<str>, Yaml>)| {
        (name.clone(), Yaml::map(Keys::Blocks, [("streams", Yaml::map(Keys::Names, streams.clone()))]))
    };
    let domain = |(name, apps): (&Arc<str>, &Apps)| {
        let region = region(name).map(|region| ("region", Yaml::Text(region)));
        let apps = Yaml::map(Keys::Names, apps.iter().map(app));
        (name.clone(), Yaml::map(Keys::Blocks, region.into_iter().chain([("apps", apps)])))
    };
    Yaml::map(Keys::Blocks, [("domains", Yaml::map(Keys::Names, domains.iter().map(domain)))])
}
