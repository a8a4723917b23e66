//! Turns a [`Snapshot`], with everything that is needed to use it later, into a text and back. Pure.
//!
//! The text is one JSON document with a line for each configuration, so that versions of it can be compared line by
//! line and a line can be named as the origin of a value. The line before the last holds the SHA-256 of everything
//! before it: a modified text is refused.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Address, DomainSnapshot, Pattern, Remote, Snapshot};
use crate::schema;
use crate::sealed::{self, Expected, OpenError};

/// Version of the format.
const FORMAT_VERSION: &str = "3.0";

/// The previous versions are still read: 1.0 held each address as one text, and both held the settings of 2026 as texts
/// under `carried`, without formats.
const EXPECTED: Expected =
    Expected { name: "a snapshot", key: "snapshot", versions: &["1.0", "2.0", FORMAT_VERSION] };

/// A snapshot, and where it is from.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// The version of livevod that wrote it.
    pub livevod: String,
    /// When it was read.
    pub time: Timestamp,
    /// The endpoint or the emulator's file, as outputs show it.
    pub target: String,
    /// The declared account.
    pub account: Option<String>,
    /// The account that the credentials belonged to, if it is known.
    pub caller: Option<String>,
    /// The region of each domain that has one.
    pub regions: BTreeMap<Arc<str>, String>,
    /// The `ignore` patterns of then.
    pub ignore: Vec<Pattern>,
    /// The `protect` patterns of then.
    pub protect: Vec<Pattern>,
    /// The domains that were read whole, and no others.
    pub snapshot: Snapshot,
}

/// Why a text is not a usable snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// It is not one, or not as it was written.
    #[error(transparent)]
    Sealed(#[from] OpenError),
    /// Unmodified, but its content is not possible.
    #[error("its content is contradictory: {0}")]
    Impossible(String),
}

/// The configurations in the service, as `livevod snapshot` saves them. One line for each configuration; the line
/// before the last holds the checksum.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SnapshotDocument {
    /// The version of the format. A livevod refuses versions that it does not know.
    #[schemars(regex(pattern = "^3\\.[0-9]+$"))]
    snapshot: String,
    /// The version of livevod that wrote it.
    livevod: String,
    /// When it was read.
    #[schemars(with = "String", extend("format" = "date-time"))]
    time: Timestamp,
    /// The endpoint or the emulator's file.
    target: String,
    /// The declared account; null if none is declared.
    account: Option<String>,
    /// The account that the credentials belonged to; null if it is not known.
    caller: Option<String>,
    /// The region of each domain that has one.
    regions: BTreeMap<String, String>,
    /// The `ignore` patterns of the files at the time.
    ignore: Vec<String>,
    /// The `protect` patterns of the files at the time.
    protect: Vec<String>,
    /// The domains that were read, each of them whole. A domain that is not here was not read.
    #[schemars(with = "BTreeMap<String, Vec<Row>>")]
    domains: BTreeMap<String, Listed>,
    /// `sha256:` and the SHA-256 of all bytes before it.
    #[serde(rename = "checksum")]
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    _checksum: String,
}

/// One configuration.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Row {
    /// Its address.
    address: Address,
    /// What the service has there.
    remote: Remote,
}

/// The rows of one domain by address, or an address that is there twice.
#[derive(Deserialize)]
#[serde(from = "Vec<Row>")]
struct Listed(Result<BTreeMap<Address, Remote>, Address>);

impl From<Vec<Row>> for Listed {
    fn from(rows: Vec<Row>) -> Self {
        let mut held: Vec<(Address, Remote)> = Vec::with_capacity(rows.len());
        for Row { address, remote } in rows {
            let address = match held.last() {
                Some((before, _)) => address.sharing_with(before),
                None => address,
            };
            held.push((address, remote));
        }
        held.sort_by(|(one, _), (two, _)| one.cmp(two));
        let twice = held.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].0.clone());
        Self(twice.map_or_else(|| Ok(held.into_iter().collect()), Err))
    }
}

/// The schema of a snapshot.
pub fn schema() -> serde_json::Value {
    schema::of::<SnapshotDocument>("snapshot", FORMAT_VERSION)
}

/// The text of a snapshot.
///
/// # Errors
/// If a value can't be written as JSON; no value from the service is like that.
pub fn write(saved: &Saved) -> serde_json::Result<String> {
    let Saved { livevod, time, target, account, caller, regions, ignore, protect, snapshot } = saved;
    let texts = |patterns: &[Pattern]| patterns.iter().map(Pattern::to_string).collect::<Vec<_>>();
    let mut lines = vec![
        "{".to_owned(),
        format!("\"snapshot\": \"{FORMAT_VERSION}\","),
        format!("\"livevod\": {},", serde_json::to_string(livevod)?),
        format!("\"time\": {},", serde_json::to_string(time)?),
        format!("\"target\": {},", serde_json::to_string(target)?),
        format!("\"account\": {},", serde_json::to_string(account)?),
        format!("\"caller\": {},", serde_json::to_string(caller)?),
        format!("\"regions\": {},", serde_json::to_string(&named(regions))?),
        format!("\"ignore\": {},", serde_json::to_string(&texts(ignore))?),
        format!("\"protect\": {},", serde_json::to_string(&texts(protect))?),
        "\"domains\": {".to_owned(),
    ];
    let last = snapshot.domains.len();
    for (at, (name, domain)) in snapshot.domains.iter().enumerate() {
        lines.push(format!("{}: [", serde_json::to_string(&**name)?));
        lines.extend(rows(domain)?);
        lines.push(if at + 1 < last { "]," } else { "]" }.to_owned());
    }
    lines.push("},\n".to_owned());
    Ok(sealed::close(lines.join("\n")))
}

fn named(regions: &BTreeMap<Arc<str>, String>) -> BTreeMap<&str, &str> {
    regions.iter().map(|(name, region)| (&**name, region.as_str())).collect()
}

fn rows(domain: &DomainSnapshot) -> serde_json::Result<Vec<String>> {
    let last = domain.configs.len();
    let row = |(at, (address, remote)): (usize, (&Address, &Remote))| {
        let row = serde_json::to_string(&Row { address: address.clone(), remote: remote.clone() })?;
        Ok(if at + 1 < last { format!("{row},") } else { row })
    };
    domain.configs.iter().enumerate().map(row).collect()
}

/// Reads a snapshot.
///
/// # Errors
/// If the text is not, byte for byte, what [`write()`] made.
pub fn read(text: &str) -> Result<Saved, SnapshotError> {
    sealed::open(text, &EXPECTED, |document: &SnapshotDocument| &document.snapshot)
        .map_err(Into::into)
        .and_then(SnapshotDocument::saved)
}

impl SnapshotDocument {
    fn saved(self) -> Result<Saved, SnapshotError> {
        let SnapshotDocument {
            snapshot: _,
            livevod,
            time,
            target,
            account,
            caller,
            regions,
            ignore,
            protect,
            domains,
            _checksum: _,
        } = self;
        let domains =
            domains.into_iter().map(|(name, listed)| Ok((name.as_str().into(), listing(&name, listed)?)));
        Ok(Saved {
            livevod,
            time,
            target,
            account,
            caller,
            regions: regions.into_iter().map(|(name, region)| (name.into(), region)).collect(),
            ignore: patterns(&ignore)?,
            protect: patterns(&protect)?,
            snapshot: Snapshot { domains: domains.collect::<Result<_, SnapshotError>>()? },
        })
    }
}

fn listing(name: &str, Listed(listed): Listed) -> Result<DomainSnapshot, SnapshotError> {
    let configs =
        listed.map_err(|address| SnapshotError::Impossible(format!("`{address}` is listed twice")))?;
    match configs.keys().find(|address| &*address.domain != name) {
        Some(address) => Err(SnapshotError::Impossible(format!("`{address}` is under domain `{name}`"))),
        None => Ok(DomainSnapshot { configs }),
    }
}

fn patterns(texts: &[String]) -> Result<Vec<Pattern>, SnapshotError> {
    let parse = |text: &String| {
        text.parse().map_err(|error| SnapshotError::Impossible(format!("pattern `{text}`: {error}")))
    };
    texts.iter().map(parse).collect()
}

/// The line of each configuration in the text of a snapshot, as a range of bytes.
pub fn places(text: &str) -> BTreeMap<Address, Range<usize>> {
    let mut start = 0;
    let mut found = BTreeMap::new();
    for line in text.split_inclusive('\n') {
        let row = line.trim_end().trim_end_matches(',');
        if let Some(address) = row.starts_with('{').then(|| address_of(row)).flatten() {
            found.insert(address, start..start + row.len());
        }
        start += line.len();
    }
    found
}

fn address_of(row: &str) -> Option<Address> {
    let row: Row = serde_json::from_str(row).ok()?;
    Some(row.address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Format, FormatSettings, RecordConfig, StreamSpelling, words};

    fn saved() -> Saved {
        let address = |text: &str| text.parse::<Address>().unwrap();
        let unknown = [("New".to_owned(), serde_json::json!({"deep": [1, null]}))].into();
        let config = RecordConfig {
            vod_transcode_group: "g".into(),
            delay_time: Some(240),
            unknown,
            ..RecordConfig::default()
        };
        let plain = Remote {
            config,
            spelling: StreamSpelling::Absent,
            create_time: Some("2026-11-22T20:15:00Z".into()),
            unsupported: None,
        };
        let odd = Remote { unsupported: Some("by-format".into()), ..plain.clone() };
        let configs = [(address("a.com/show/*"), plain), (address("a.com/show/cam1"), odd)].into();
        let domains = [("a.com".into(), DomainSnapshot { configs }), ("b.com".into(), Default::default())];
        Saved {
            livevod: "0.1.0".into(),
            time: "2026-11-22T20:15:00.5Z".parse().unwrap(),
            target: "emulator \"x\"".into(),
            account: Some("1".into()),
            caller: None,
            regions: [("a.com".into(), "cn-shanghai".into())].into(),
            ignore: vec!["a.com/test-*".parse().unwrap()],
            protect: vec!["**/vip".parse().unwrap()],
            snapshot: Snapshot { domains: domains.into() },
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let text = write(&saved()).unwrap();
        assert_eq!(read(&text), Ok(saved()));
    }

    /// The text with other rows and under another version, as an earlier livevod wrote it.
    fn earlier(version: &str, row: impl Fn(serde_json::Value) -> serde_json::Value) -> String {
        let text = write(&saved()).unwrap().replace(FORMAT_VERSION, version);
        let rewritten = |line: &str| {
            let Some(open) = line.strip_prefix("{\"address\"") else { return line.to_owned() };
            let (open, comma) = open.strip_suffix(',').map_or((open, ""), |open| (open, ","));
            let written = serde_json::from_str(&format!("{{\"address\"{open}")).unwrap();
            format!("{}{comma}", row(written))
        };
        let lines: Vec<String> = text.lines().map(rewritten).collect();
        sealed::close(lines.join("\n").split_once("\"checksum\"").unwrap().0)
    }

    /// Before 3.0, what livevod did not manage stood under `carried`.
    fn with_carried(mut row: serde_json::Value) -> serde_json::Value {
        let config = row["remote"]["config"].as_object_mut().unwrap();
        let mut carried = serde_json::Map::new();
        for name in ["delay_time", "record_content", "space_id", "transcode_templates", "unknown"] {
            carried.insert(name.to_owned(), config.remove(name).unwrap());
        }
        assert_eq!(config.remove("record_format"), Some(serde_json::Value::Null));
        config.insert("carried".to_owned(), carried.into());
        row
    }

    #[test]
    fn earlier_versions_are_read_too() {
        assert_eq!(read(&earlier("2.0", with_carried)), Ok(saved()));
        let with_text = |mut row: serde_json::Value| {
            let part = |name: &str| row["address"][name].as_str().unwrap().to_owned();
            row["address"] = format!("{}/{}/{}", part("domain"), part("app"), part("stream")).into();
            with_carried(row)
        };
        assert_eq!(read(&earlier("1.0", with_text)), Ok(saved()));
    }

    /// A reader of an earlier version must stop at the number: it would call these settings a damaged file.
    #[test]
    fn the_settings_of_2026_are_kept_under_their_own_version() {
        let mut saved = saved();
        let domain = saved.snapshot.domains.get_mut("a.com").unwrap();
        let mp4 = FormatSettings { tags: Some("gala".into()), ..FormatSettings::default() };
        domain.configs.first_entry().unwrap().get_mut().config = RecordConfig {
            record_format: Some([(Format::Mp4, mp4)].into()),
            record_content: Some(words("raw,transcode")),
            ..RecordConfig::default()
        };
        let text = write(&saved).unwrap();
        assert!(text.starts_with("{\n\"snapshot\": \"3.0\","), "{text}");
        assert_eq!(read(&text), Ok(saved));
    }

    #[test]
    fn any_changed_byte_is_refused() {
        let text = write(&saved()).unwrap();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                assert!(read(&changed).is_err(), "bit {bit} of byte {at}");
            }
        }
    }

    #[test]
    fn a_snapshot_cut_anywhere_is_refused() {
        let text = write(&saved()).unwrap();
        for cut in 0..text.len() {
            assert!(matches!(
                read(&text[..cut]),
                Err(SnapshotError::Sealed(OpenError::NotOne { .. } | OpenError::Changed))
            ));
        }
    }

    #[test]
    fn another_version_is_said_to_be_one() {
        let text = write(&saved()).unwrap().replace(FORMAT_VERSION, "4.0");
        let refused = read(&text).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "format version `4.0` is unknown; this livevod reads 1.0, 2.0 and 3.0"
        );
    }

    #[test]
    fn each_configuration_has_its_line() {
        let text = write(&saved()).unwrap();
        let places = places(&text);
        assert_eq!(places.len(), 2);
        for (address, place) in places {
            let kept = serde_json::to_string(&address).unwrap();
            assert!(text[place].starts_with(&format!("{{\"address\":{kept}")), "{address}");
        }
    }
}
