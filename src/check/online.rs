//! Rules of `validate --online`: they compare the files with the service's domains, transcode groups, app spaces and
//! OSS recordings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::comments::allowed_lines;
use super::found_listed;
use crate::config::Allow;
use crate::diag::{Code, Diagnostic, Findings, Severity};
use crate::model::{Address, EVERY, Field, NO_TRANSCODE, RecordConfig, Region, Served, Snapshot};
use crate::resolve::{Desired, DesiredDomain, Entry, Resolved, Wanted};

/// The codes that need answers from the service. Comments that allow them are never reported as stale.
pub(super) const CODES: &[Code] = &[
    Code::AbsentIdle,
    Code::AcceptIdle,
    Code::DomainState,
    Code::GroupNotFound,
    Code::GroupSpace,
    Code::OssOverlap,
    Code::PatternWithoutMatch,
    Code::SpaceNotFound,
];

/// The region where accounts that opened VOD there long ago still call it, even if they store in [`BEIJING`].
const SHANGHAI: &str = "cn-shanghai";

/// The other region where such accounts store.
const BEIJING: &str = "cn-beijing";

/// The service's answers. What could not be read is left out and causes no findings.
#[derive(Debug, Clone, Default)]
pub struct OnlineFacts {
    /// By name; `None` for a domain that the service does not have.
    pub domains: BTreeMap<Arc<str>, Option<DomainFacts>>,
    /// The configurations of the domains that were read whole.
    pub listed: Snapshot,
    /// Transcode groups by region and id; `None` for one that VOD does not have.
    pub groups: BTreeMap<(Option<String>, String), Option<GroupFacts>>,
    /// Regions and ids of app spaces that VOD does not have.
    pub missing_spaces: BTreeSet<(Option<String>, String)>,
}

impl OnlineFacts {
    /// Regions and ids of transcode groups that must be looked up too, once the groups of the files are: a group that
    /// VOD does not have in Beijing may exist in Shanghai.
    pub fn groups_elsewhere(&self) -> BTreeSet<(Option<String>, String)> {
        let missing = self.groups.iter().filter(|(_, group)| group.is_none()).map(|(place, _)| place);
        missing
            .filter(|(region, _)| region.as_deref() == Some(BEIJING))
            .map(|(_, id)| in_shanghai(id))
            .filter(|place| !self.groups.contains_key(place))
            .collect()
    }
}

fn in_shanghai(id: &str) -> (Option<String>, String) {
    (Some(SHANGHAI.to_owned()), id.to_owned())
}

/// One transcode group as VOD reports it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupFacts {
    /// API: AppId.
    pub space: Option<String>,
}

/// One domain as the service reports it.
#[derive(Debug, Clone, Default)]
pub struct DomainFacts {
    /// API: DomainStatus.
    pub status: Option<String>,
    /// API: LiveDomainType.
    pub kind: Option<String>,
    /// API: Region.
    pub region: Option<String>,
    /// The addresses that it records to OSS.
    pub oss_recordings: BTreeSet<Address>,
}

/// Compares the files with the service's answers.
pub fn found_online(desired: &Desired, allows: &[Allow], seen: &OnlineFacts) -> Vec<Diagnostic> {
    let mut findings = Findings::allowing(allowed_lines(allows));
    for (name, domain) in &desired.domains {
        match seen.domains.get(name) {
            Some(Some(known)) => check_domain(name, domain, known, &mut findings),
            Some(None) => findings.push(unknown(name, domain)),
            None => {}
        }
        check_region(name, domain, &mut findings);
        check_vod(name, domain, seen, &mut findings);
    }
    let mut found = findings.finish();
    found.extend(found_listed(desired, allows, &seen.listed));
    found
}

fn unknown(name: &str, domain: &DesiredDomain) -> Diagnostic {
    let message = format!("this account has no domain `{name}`");
    let mut finding = Diagnostic::new(Code::DomainState, message).label(domain.key, "unknown domain").help(
        "compare the name and the account with the console; a new domain is visible after a few minutes",
    );
    finding.severity = Severity::Error;
    finding
}

fn check_domain(name: &str, domain: &DesiredDomain, known: &DomainFacts, findings: &mut Findings) {
    let DomainFacts { status, kind, region, oss_recordings } = known;
    let state = |message: String| Diagnostic::new(Code::DomainState, message);
    if let Some(status) = status.as_ref().filter(|status| *status != "online") {
        let finding = state(format!("domain `{name}` is `{status}`")).label(domain.key, "not online");
        findings.push(finding.help("enable it in the console: nothing is recorded until it is online"));
    }
    if let Some(kind) = kind.as_ref().filter(|kind| *kind != "liveVideo") {
        let finding = state(format!("domain `{name}` is of type `{kind}`, not a main streaming domain"));
        let finding = finding.label(domain.key, "not the domain that is played from");
        findings.push(finding.help("declare the main streaming domain that this ingest domain belongs to"));
    }
    if let (Some(written), Some(region)) = (&domain.region, region)
        && written.value != *region
    {
        let finding = state(format!("domain `{name}` is in `{region}`, not in `{}`", written.value));
        let finding = finding
            .label(written.span, "another region")
            .note("the domain is declared here", Some(domain.key));
        findings.push(finding.help(format!("write `region: {region}` in the domain")));
    }
    for (address, entry) in &domain.entries {
        check_recording(address, entry, oss_recordings, findings);
    }
}

/// VOD is a part of every recording, so a region without it is worth a finding even where nothing else was asked.
fn check_region(name: &str, domain: &DesiredDomain, findings: &mut Findings) {
    let records = domain.entries.values().any(|entry| entry.resolved().is_some());
    let Some(region) =
        domain.region.as_ref().filter(|region| records && !Region::may_have_vod(&region.value))
    else {
        return;
    };
    let finding = Diagnostic::new(Code::DomainState, format!("VOD is not offered in `{}`", region.value))
        .label(region.span, "no VOD here")
        .note(format!("the region of `{name}`"), Some(domain.key));
    findings.push(finding.help(
        "compare the region with the domain's in the console; its transcode groups and app spaces were not looked up",
    ));
}

fn check_recording(
    address: &Address,
    entry: &Entry,
    oss_recordings: &BTreeSet<Address>,
    findings: &mut Findings,
) {
    if matches!(entry.wanted, Wanted::Absent(_)) {
        return;
    }
    let Some(other) = oss_recordings.iter().find(|other| overlap(address, other)) else { return };
    let is_same = other == address;
    let message = match is_same {
        true => "recording to OSS is configured at the same address".to_owned(),
        false => format!("`{other}` records to OSS and covers some of the same streams"),
    };
    let mut finding = Diagnostic::new(Code::OssOverlap, message)
        .label(entry.key, "declared for recording to VOD")
        .help("remove either this entry or, in the console, the configuration that records to OSS: a stream is recorded only to OSS or only to VOD")
        .about(address);
    if is_same {
        finding.severity = Severity::Error;
    }
    findings.push(finding);
}

/// Whether both cover a common stream.
fn overlap(one: &Address, other: &Address) -> bool {
    let meets = |one: &str, other: &str| one == other || one == EVERY || other == EVERY;
    one.domain == other.domain && meets(&one.app, &other.app) && meets(&one.stream, &other.stream)
}

/// The transcode groups and app spaces of a domain's configurations.
fn check_vod(name: &str, domain: &DesiredDomain, seen: &OnlineFacts, findings: &mut Findings) {
    let region = domain.region.as_ref().map(|region| region.value.clone());
    for (address, entry) in &domain.entries {
        let Wanted::Present(resolved) = &entry.wanted else { continue };
        let space = resolved.config.space_id.as_ref();
        let missing = space.filter(|id| seen.missing_spaces.contains(&(region.clone(), (*id).clone())));
        if let Some(id) = missing {
            findings.push(no_space(id, region.as_deref(), entry, resolved).about(address));
        }
        for field in RecordConfig::GROUPS {
            let Some(id) = resolved.config.transcode_group(field) else { continue };
            let finding = match seen.groups.get(&(region.clone(), id.to_owned())) {
                Some(None) => {
                    let doubt = doubt(name, id, region.as_deref(), seen);
                    Some(no_group(id, region.as_deref(), doubt, entry, field, resolved))
                }
                // The space that does not exist is what is wrong then.
                Some(Some(group)) if missing.is_none() => other_space(id, group, entry, field, resolved),
                Some(Some(_)) | None => None,
            };
            if let Some(finding) = finding {
                findings.push(finding.about(address));
            }
        }
    }
}

/// An app space that VOD does not have, where it is written.
fn no_space(id: &str, region: Option<&str>, entry: &Entry, resolved: &Resolved) -> Diagnostic {
    let written = resolved.span(Field::SpaceId).unwrap_or(entry.key);
    let place = region.map_or(String::new(), |region| format!(" in `{region}`"));
    Diagnostic::new(Code::SpaceNotFound, format!("VOD has no app space `{id}`{place}"))
        .label(written, "not found")
        .help("compare the id with the VOD console, in the domain's region and account")
}

/// A group that belongs to another app space than the one that is written for its configuration.
fn other_space(
    id: &str,
    group: &GroupFacts,
    entry: &Entry,
    field: Field,
    resolved: &Resolved,
) -> Option<Diagnostic> {
    let (wanted, held) = (resolved.config.space_id.as_ref()?, group.space.as_ref()?);
    if id == NO_TRANSCODE || wanted == held {
        return None;
    }
    let span = |field| resolved.span(field);
    let message = format!("transcode group `{id}` belongs to app space `{held}`, not to `{wanted}`");
    let finding = Diagnostic::new(Code::GroupSpace, message)
        .label(span(field).unwrap_or(entry.key), format!("a group of `{held}`"))
        .help("use a group of the configuration's app space, or the app space of the group");
    Some(finding.note("recorded to this app space", span(Field::SpaceId)))
}

/// Why a group that VOD does not have in the region of the files may exist all the same; `None` if it can't.
fn doubt(name: &str, id: &str, region: Option<&str>, seen: &OnlineFacts) -> Option<String> {
    let known = seen.domains.get(name).and_then(Option::as_ref).and_then(|known| known.region.as_deref());
    match (region, known) {
        (None, _) => Some("no region is written for the domain, so VOD was asked at its central host only".to_owned()),
        (Some(written), Some(known)) if written != known => {
            Some(format!("the domain is in `{known}`, and VOD was not asked there"))
        }
        (Some(written), _) if calls_shanghai(written) => {
            Some("old accounts that store in Beijing still call VOD in Shanghai, so the group may exist in another storage region".to_owned())
        }
        (Some(BEIJING), _) => doubt_in_beijing(seen.groups.get(&in_shanghai(id))).map(str::to_owned),
        (Some(_), _) => None,
    }
}

/// Whether VOD of a region is called in Shanghai.
fn calls_shanghai(region: &str) -> bool {
    region == SHANGHAI || Region::find(region).is_some_and(|region| region.vod == Served::From(SHANGHAI))
}

/// The same for Beijing, from the answer of VOD in Shanghai.
fn doubt_in_beijing(group: Option<&Option<GroupFacts>>) -> Option<&'static str> {
    match group {
        Some(None) => None,
        Some(Some(_)) => Some(
            "VOD has this group in `cn-shanghai`, where old accounts that store in Beijing still call VOD",
        ),
        None => Some(
            "old accounts that store in Beijing still call VOD in Shanghai, and VOD could not be asked there",
        ),
    }
}

/// Labels the line that defines the id, if the setting uses a name. An error, unless there is a doubt.
fn no_group(
    id: &str,
    region: Option<&str>,
    doubt: Option<String>,
    entry: &Entry,
    field: Field,
    resolved: &Resolved,
) -> Diagnostic {
    let origin = resolved.origin(field);
    let defined =
        origin.and_then(|origin| origin.via.iter().find(|step| step.value.starts_with("transcode_groups")));
    let written = origin.and_then(|origin| origin.span).unwrap_or(entry.key);
    let place = region.map_or(String::new(), |region| format!(" in `{region}`"));
    let finding = Diagnostic::new(Code::GroupNotFound, format!("VOD has no transcode group `{id}`{place}"))
        .help("compare the id with the VOD console, in the domain's region and account");
    let mut finding = match defined {
        Some(step) => finding.label(step.span, "not found").note(format!("used as `{field}`"), Some(written)),
        None => finding.label(written, "not found"),
    };
    let Some(doubt) = doubt else { return finding };
    finding.severity = Severity::Warning;
    finding.note(format!("only a warning: {doubt}"), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use crate::resolve::resolve;
    use crate::source::{Source, Sources};

    const FILE: &str = "\
version: 1
region: cn-shanghai
transcode_groups: { hd: 00000000000000000000000000000001 }
defaults: { vod_transcode_group: hd }
domains:
  a.com: { apps: { show: { streams: { cam1: {}, cam2: { state: absent }, \"*\": { vod_transcode_group: VOD_NO_TRANSCODE } } } } }
";

    fn read(text: &str) -> (Desired, Sources) {
        let mut sources = Sources::default();
        sources.add(Source::new("livevod.yaml", text));
        let (document, _) = parse(&sources);
        (resolve(&document).0, sources)
    }

    /// Code, severity and labelled text of each finding.
    fn found(seen: &OnlineFacts) -> Vec<(Code, Severity, String)> {
        found_in(FILE, seen)
    }

    fn found_in(text: &str, seen: &OnlineFacts) -> Vec<(Code, Severity, String)> {
        let (desired, sources) = read(text);
        let row = |one: Diagnostic| (one.code, one.severity, sources.text(one.labels[0].span).to_owned());
        found_online(&desired, &[], seen).into_iter().map(row).collect()
    }

    fn domain(seen: DomainFacts) -> OnlineFacts {
        OnlineFacts { domains: BTreeMap::from([("a.com".into(), Some(seen))]), ..OnlineFacts::default() }
    }

    #[test]
    fn what_was_not_asked_is_not_judged() {
        assert_eq!(found(&OnlineFacts::default()), []);
        assert_eq!(found(&domain(DomainFacts::default())), []);
    }

    #[test]
    fn a_domain_is_known_online_main_and_where_the_files_say() {
        let unknown =
            OnlineFacts { domains: BTreeMap::from([("a.com".into(), None)]), ..OnlineFacts::default() };
        assert_eq!(found(&unknown), [(Code::DomainState, Severity::Error, "a.com".into())]);
        let some = |text: &str| Some(text.to_owned());
        let warned = |text: &str| vec![(Code::DomainState, Severity::Warning, text.to_owned())];
        let offline = DomainFacts { status: some("offline"), ..DomainFacts::default() };
        assert_eq!(found(&domain(offline)), warned("a.com"));
        let ingest = DomainFacts { kind: some("liveEdge"), ..DomainFacts::default() };
        assert_eq!(found(&domain(ingest)), warned("a.com"));
        let elsewhere = DomainFacts { region: some("eu-central-1"), ..DomainFacts::default() };
        assert_eq!(found(&domain(elsewhere)), warned("cn-shanghai"));
        let good = DomainFacts {
            status: some("online"),
            kind: some("liveVideo"),
            region: some("cn-shanghai"),
            oss_recordings: BTreeSet::new(),
        };
        assert_eq!(found(&domain(good)), []);
    }

    #[test]
    fn a_region_without_vod_is_said_once_at_its_line() {
        let elsewhere = FILE.replace("region: cn-shanghai", "region: us-east-1");
        let two = elsewhere.replace("  a.com:", "  b.com: { apps: { show: { streams: { x: } } } }\n  a.com:");
        for text in [&elsewhere, &two] {
            let (desired, sources) = read(text);
            let found = found_online(&desired, &[], &OnlineFacts::default());
            let rows: Vec<_> = found.iter().map(|one| sources.text(one.labels[0].span)).collect();
            assert_eq!((rows, found[0].severity), (vec!["us-east-1"], Severity::Warning));
            assert_eq!(found[0].message, "VOD is not offered in `us-east-1`");
        }
        let (idle, _) = read(
            &elsewhere
                .replace("cam1: {}", "cam1: { state: absent }")
                .replace("\"*\": { vod_transcode_group: VOD_NO_TRANSCODE }", "\"*\": { state: absent }"),
        );
        assert_eq!(found_online(&idle, &[], &OnlineFacts::default()), []);
    }

    #[test]
    fn recording_to_oss_at_the_same_address_is_an_error_and_beside_it_a_warning() {
        let oss = |address: &str| {
            let oss_recordings = BTreeSet::from([address.parse().unwrap()]);
            found(&domain(DomainFacts { oss_recordings, ..DomainFacts::default() }))
        };
        let row = |severity, text: &str| (Code::OssOverlap, severity, text.to_owned());
        let star = row(Severity::Warning, "\"*\"");
        assert_eq!(oss("a.com/show/cam1"), [row(Severity::Error, "cam1"), star.clone()]);
        assert_eq!(oss("a.com/*/*"), [row(Severity::Warning, "cam1"), star.clone()]);
        assert_eq!(oss("a.com/show/cam2"), [star], "what is absent is not recorded to VOD");
        assert_eq!(oss("a.com/news/*"), []);
    }

    const HD: &str = "00000000000000000000000000000001";

    fn at(region: &str, id: &str) -> (Option<String>, String) {
        (Some(region.to_owned()), id.to_owned())
    }

    fn group(region: &str, group: Option<GroupFacts>) -> OnlineFacts {
        OnlineFacts { groups: [(at(region, HD), group)].into(), ..OnlineFacts::default() }
    }

    fn missing(severity: Severity) -> [(Code, Severity, String); 1] {
        [(Code::GroupNotFound, severity, HD.to_owned())]
    }

    #[test]
    fn a_missing_group_is_shown_where_its_id_stands() {
        assert_eq!(found(&group("cn-beijing", None)), []);
        let elsewhere = FILE.replace("cn-shanghai", "eu-central-1");
        assert_eq!(found_in(&elsewhere, &group("eu-central-1", None)), missing(Severity::Error));
        let formats = elsewhere.replace(
            "cam1: {}",
            &format!("cam1: {{ record_format: {{ mp4: {{ process: {{ transcode: {HD} }} }} }} }}"),
        );
        assert_eq!(found_in(&formats, &group("eu-central-1", None)), missing(Severity::Error));
    }

    /// Accounts that opened VOD in Shanghai long ago call it there, and may store in Beijing.
    #[test]
    fn a_missing_group_only_warns_where_it_may_exist_all_the_same() {
        for region in ["cn-shanghai", "cn-hangzhou"] {
            let file = FILE.replace("cn-shanghai", region);
            assert_eq!(found_in(&file, &group(region, None)), missing(Severity::Warning), "{region}");
        }
        let beijing = FILE.replace("cn-shanghai", "cn-beijing");
        let mut seen = group("cn-beijing", None);
        assert_eq!(seen.groups_elsewhere(), [at("cn-shanghai", HD)].into());
        assert_eq!(found_in(&beijing, &seen), missing(Severity::Warning), "Shanghai was not asked");
        seen.groups.insert(at("cn-shanghai", HD), Some(GroupFacts::default()));
        assert_eq!(found_in(&beijing, &seen), missing(Severity::Warning), "Shanghai has it");
        seen.groups.insert(at("cn-shanghai", HD), None);
        assert_eq!(found_in(&beijing, &seen), missing(Severity::Error), "neither has it");
        assert_eq!(seen.groups_elsewhere(), BTreeSet::new(), "both were asked");
        for known in [group("cn-beijing", Some(GroupFacts::default())), group("eu-central-1", None)] {
            assert_eq!(known.groups_elsewhere(), BTreeSet::new());
        }
    }

    #[test]
    fn a_missing_group_only_warns_where_the_region_is_not_certain() {
        let somewhere = FILE.replace("region: cn-shanghai\n", "");
        let unplaced =
            OnlineFacts { groups: [((None, HD.to_owned()), None)].into(), ..OnlineFacts::default() };
        assert_eq!(found_in(&somewhere, &unplaced), missing(Severity::Warning));
        let elsewhere = FILE.replace("cn-shanghai", "eu-central-1");
        let seen = |region: &str| OnlineFacts {
            groups: group("eu-central-1", None).groups,
            ..domain(DomainFacts { region: Some(region.to_owned()), ..DomainFacts::default() })
        };
        assert_eq!(found_in(&elsewhere, &seen("eu-central-1")), missing(Severity::Error));
        let [one] = missing(Severity::Warning);
        assert!(found_in(&elsewhere, &seen("ap-southeast-1")).contains(&one));
    }

    #[test]
    fn an_app_space_exists_and_has_the_groups() {
        let file = FILE.replace("cam1: {}", "cam1: { space_id: app-2 }");
        let none =
            OnlineFacts { missing_spaces: [at("cn-shanghai", "app-2")].into(), ..OnlineFacts::default() };
        let row = |code, severity, text: &str| vec![(code, severity, text.to_owned())];
        assert_eq!(found_in(&file, &none), row(Code::SpaceNotFound, Severity::Error, "app-2"));
        assert_eq!(found_in(FILE, &none), []);
        let of =
            |space: Option<&str>| group("cn-shanghai", Some(GroupFacts { space: space.map(str::to_owned) }));
        let other = row(Code::GroupSpace, Severity::Warning, "hd");
        assert_eq!(found_in(&file, &of(Some("app-1000000"))), other);
        assert_eq!(found_in(&file, &of(Some("app-2"))), []);
        assert_eq!(found_in(&file, &of(None)), []);
        assert_eq!(found(&of(Some("app-2"))), [], "no space is written");
        let both = OnlineFacts { missing_spaces: none.missing_spaces.clone(), ..of(Some("app-1000000")) };
        assert_eq!(found_in(&file, &both), found_in(&file, &none));
    }
}
