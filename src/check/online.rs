//! Rules of `validate --online`: they compare the files with the service's domains, transcode groups and OSS
//! recordings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::found_listed;
use crate::diag::{Code, Diagnostic, Findings, Severity};
use crate::model::{Address, EVERY, Field, RecordConfig, Region, Snapshot};
use crate::resolve::{Desired, DesiredDomain, Entry, Resolved, Wanted};

/// The codes that need answers from the service. Comments that allow them are never reported as stale.
pub(super) const CODES: &[Code] =
    &[Code::AbsentIdle, Code::DomainState, Code::GroupNotFound, Code::OssOverlap, Code::PatternWithoutMatch];

/// The service's answers. What could not be read is left out and causes no findings.
#[derive(Debug, Clone, Default)]
pub struct OnlineFacts {
    /// By name; `None` for a domain that the service does not have.
    pub domains: BTreeMap<Arc<str>, Option<DomainFacts>>,
    /// The configurations of the domains that were read whole.
    pub listed: Snapshot,
    /// Regions and ids of transcode groups that VOD does not have.
    pub missing_groups: BTreeSet<(Option<String>, String)>,
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
pub fn found_online(desired: &Desired, seen: &OnlineFacts) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    for (name, domain) in &desired.domains {
        match seen.domains.get(name) {
            Some(Some(known)) => check_domain(name, domain, known, &mut findings),
            Some(None) => findings.push(unknown(name, domain)),
            None => {}
        }
        check_region(name, domain, &mut findings);
        check_groups(domain, &seen.missing_groups, &mut findings);
    }
    let mut found = findings.finish();
    found.extend(found_listed(desired, &seen.listed));
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

fn check_groups(
    domain: &DesiredDomain,
    missing: &BTreeSet<(Option<String>, String)>,
    findings: &mut Findings,
) {
    let region = domain.region.as_ref().map(|region| region.value.clone());
    for (address, entry) in &domain.entries {
        let Wanted::Present(resolved) = &entry.wanted else { continue };
        for field in RecordConfig::GROUPS {
            let Some(id) = resolved.config.transcode_group(field) else { continue };
            if missing.contains(&(region.clone(), id.to_owned())) {
                let finding = no_group(id, region.as_deref(), entry, field, resolved);
                findings.push(finding.about(address));
            }
        }
    }
}

/// Labels the line that defines the id, if the setting uses a name.
fn no_group(id: &str, region: Option<&str>, entry: &Entry, field: Field, resolved: &Resolved) -> Diagnostic {
    let origin = resolved.origin(field);
    let defined =
        origin.and_then(|origin| origin.via.iter().find(|step| step.value.starts_with("transcode_groups")));
    let written = origin.and_then(|origin| origin.span).unwrap_or(entry.key);
    let place = region.map_or(String::new(), |region| format!(" in `{region}`"));
    let finding = Diagnostic::new(Code::GroupNotFound, format!("VOD has no transcode group `{id}`{place}"))
        .help("compare the id with the VOD console, in the domain's region and account");
    match defined {
        Some(step) => finding.label(step.span, "not found").note(format!("used as `{field}`"), Some(written)),
        None => finding.label(written, "not found"),
    }
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
        let (desired, sources) = read(FILE);
        let row = |one: Diagnostic| (one.code, one.severity, sources.text(one.labels[0].span).to_owned());
        found_online(&desired, seen).into_iter().map(row).collect()
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
            let found = found_online(&desired, &OnlineFacts::default());
            let rows: Vec<_> = found.iter().map(|one| sources.text(one.labels[0].span)).collect();
            assert_eq!((rows, found[0].severity), (vec!["us-east-1"], Severity::Warning));
            assert_eq!(found[0].message, "VOD is not offered in `us-east-1`");
        }
        let (idle, _) = read(
            &elsewhere
                .replace("cam1: {}", "cam1: { state: absent }")
                .replace("\"*\": { vod_transcode_group: VOD_NO_TRANSCODE }", "\"*\": { state: absent }"),
        );
        assert_eq!(found_online(&idle, &OnlineFacts::default()), []);
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

    #[test]
    fn a_missing_group_is_shown_where_its_id_stands() {
        let id = "00000000000000000000000000000001";
        let missing = |region: &str| OnlineFacts {
            missing_groups: BTreeSet::from([(Some(region.to_owned()), id.to_owned())]),
            ..OnlineFacts::default()
        };
        assert_eq!(found(&missing("cn-shanghai")), [(Code::GroupNotFound, Severity::Error, id.to_owned())]);
        assert_eq!(found(&missing("cn-beijing")), []);
    }
}
