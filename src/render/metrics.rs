//! The result of a drift check or an audit as metrics: in Prometheus' text format for the node exporter's textfile collector, or as
//! OpenMetrics. Both have the same samples; they differ in the lines about them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::audit;
use crate::gate::clean;
use crate::notify::{Check, CheckState, DifferenceKind, DomainCounts, Found, Sessions, Summary};

/// The text format of the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposition {
    /// Prometheus' own, version 0.0.4, which the textfile collector reads.
    Prometheus,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

/// What the metrics of a check tell.
pub struct Metrics<'a> {
    /// The name of the check.
    pub check: &'a str,
    /// What it found.
    pub summary: &'a Summary,
    /// What is known of it from this run and the runs before.
    pub state: &'a CheckState,
    /// How long this run took.
    pub duration: Duration,
}

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gauge,
    Counter,
}

/// All samples of a name.
struct Family {
    /// Without the name of the program and of the check, and the `_total` of a counter.
    name: &'static str,
    kind: Kind,
    help: &'static str,
    samples: Samples,
}

/// Samples, each with its labels.
type Samples = Vec<(Vec<(&'static str, String)>, f64)>;

/// The text of the metrics.
pub fn metrics(metrics: &Metrics<'_>, exposition: Exposition) -> String {
    let mut text = String::new();
    for family in families(metrics) {
        family.write(metrics, exposition, &mut text);
    }
    if exposition == Exposition::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

fn gauge(name: &'static str, help: &'static str, samples: Samples) -> Family {
    Family { name, kind: Kind::Gauge, help, samples }
}

fn counter(name: &'static str, help: &'static str, samples: Samples) -> Family {
    Family { name, kind: Kind::Counter, help, samples }
}

fn alone(value: f64) -> Samples {
    vec![(Vec::new(), value)]
}

/// How the check went, what it found, and what it cost.
fn families(metrics: &Metrics<'_>) -> Vec<Family> {
    let Metrics { check: _, summary, state, duration } = metrics;
    let CheckState { last_run, last_success, runs, calls, throttled, told: _ } = state;
    let time = |time: &Option<jiff::Timestamp>| alone(time.map_or(0.0, |time| time.as_second() as f64));
    let runs = summary.check().outcomes().map(|outcome| {
        let count = runs.get(&outcome).copied().unwrap_or_default();
        (vec![("outcome", outcome.name().to_owned())], count as f64)
    });
    let by_action = |counts: &BTreeMap<String, u64>| {
        counts.iter().map(|(action, count)| (vec![("action", action.clone())], *count as f64)).collect()
    };
    let [ran, succeeded, complete] = match summary.check() {
        Check::Drift => [
            "When the drift check last ran.",
            "When the drift check last read everything, whether it found drift or not; 0 if never.",
            "Whether the last run read everything; if it is 0, the other metrics do not prove that there is no drift.",
        ],
        Check::Audit => [
            "When the audit last ran.",
            "When the audit last read everything, whether anything was missing or not; 0 if never.",
            "Whether the last run read everything; if it is 0, the other metrics do not prove that nothing is missing.",
        ],
    };
    let is_complete = f64::from(u8::from(summary.outcome.is_complete()));
    let ended = [
        gauge("last_run_timestamp_seconds", ran, time(last_run)),
        gauge("last_success_timestamp_seconds", succeeded, time(last_success)),
        gauge(
            "last_run_duration_seconds",
            "How long the last run took.",
            alone(duration.as_millis() as f64 / 1000.0),
        ),
        gauge("last_run_complete", complete, alone(is_complete)),
        counter("runs", "Runs by their outcome.", runs.into()),
    ];
    let cost = [
        counter("calls", "Calls sent to the service.", by_action(calls)),
        counter("throttled_calls", "Calls that the service throttled.", by_action(throttled)),
    ];
    ended.into_iter().chain(found(summary)).chain(cost).collect()
}

fn found(summary: &Summary) -> Vec<Family> {
    match &summary.found {
        Found::Drift { differences: _, domains } => drift(domains, unread(summary, domains.keys())),
        Found::Audit { lost: _, domains } => audited(domains, unread(summary, domains.keys())),
    }
}

fn drift(domains: &BTreeMap<String, DomainCounts>, unread: Samples) -> Vec<Family> {
    vec![
        gauge(
            "configurations",
            "Configurations that the files declare, in each domain that was read.",
            by_domain(domains, |counts| counts.declared),
        ),
        gauge(
            "drifted_configurations",
            "Configurations that differ from the files, by the kind of difference.",
            drifted(domains),
        ),
        gauge(
            "unmanaged_configurations",
            "Configurations that no file declares.",
            by_domain(domains, |counts| counts.unmanaged),
        ),
        gauge(
            "accepted_differences",
            "Differences that the files accept for a while.",
            by_domain(domains, |counts| counts.accepted),
        ),
        gauge("domain_unread", "Whether a domain could not be read (1).", unread),
    ]
}

/// By domain and verdict.
type Audited = BTreeMap<String, BTreeMap<audit::Kind, Sessions>>;

fn audited(domains: &Audited, unread: Samples) -> Vec<Family> {
    vec![
        gauge(
            "sessions",
            "Sessions of the period that was judged, by verdict, in each domain that was read.",
            by_verdict(domains, |sessions| sessions.count as f64),
        ),
        gauge(
            "on_air_seconds",
            "How long the sessions with each verdict were on air.",
            by_verdict(domains, |sessions| sessions.aired as f64),
        ),
        gauge(
            "recorded_seconds",
            "How much of the time on air has a recording.",
            by_verdict(domains, |sessions| sessions.recorded as f64),
        ),
        gauge("domain_unread", "Whether a domain could not be read (1).", unread),
    ]
}

/// Every verdict has a sample in every domain, so that an alert ends when nothing is missing any more.
fn by_verdict(domains: &Audited, value: impl Fn(&Sessions) -> f64) -> Samples {
    let of = |(domain, sessions): (&String, &BTreeMap<audit::Kind, Sessions>)| {
        audit::Kind::ALL.map(|verdict| {
            let labels = vec![("domain", domain.clone()), ("verdict", verdict.name().to_owned())];
            (labels, value(&sessions.get(&verdict).copied().unwrap_or_default()))
        })
    };
    domains.iter().flat_map(of).collect()
}

fn by_domain(domains: &BTreeMap<String, DomainCounts>, count: impl Fn(&DomainCounts) -> usize) -> Samples {
    let domains = domains.iter();
    domains.map(|(domain, counts)| (vec![("domain", domain.clone())], count(counts) as f64)).collect()
}

/// Every kind has a sample in every domain, so that an alert ends when a difference does.
fn drifted(domains: &BTreeMap<String, DomainCounts>) -> Samples {
    let of = |(domain, counts): (&String, &DomainCounts)| {
        DifferenceKind::ALL.map(|kind| {
            let count = counts.differing.get(&kind).copied().unwrap_or_default();
            (vec![("domain", domain.clone()), ("kind", kind.name().to_owned())], count as f64)
        })
    };
    domains.iter().flat_map(of).collect()
}

fn unread<'a>(summary: &Summary, domains: impl Iterator<Item = &'a String>) -> Samples {
    let sample = |domain: &String, value| (vec![("domain", domain.clone())], value);
    let read = domains.filter(|domain| !summary.unread.contains(domain));
    let read = read.map(|domain| sample(domain, 0.0));
    read.chain(summary.unread.iter().map(|domain| sample(domain, 1.0))).collect()
}

impl Family {
    /// Writes the family, unless it has no samples.
    fn write(&self, Metrics { check, summary, .. }: &Metrics<'_>, exposition: Exposition, text: &mut String) {
        let Self { name, kind, help, samples } = self;
        let name = format!("livevod_{}_{name}", summary.check().name());
        if samples.is_empty() {
            return;
        }
        let total = if *kind == Kind::Counter { "_total" } else { "" };
        // Prometheus describes a counter by the name of its samples, OpenMetrics by the name before `_total`.
        let described = if exposition == Exposition::Prometheus { total } else { "" };
        let word = if *kind == Kind::Counter { "counter" } else { "gauge" };
        // Writing to a string can't fail.
        let _ = writeln!(text, "# HELP {name}{described} {help}\n# TYPE {name}{described} {word}");
        if exposition == Exposition::OpenMetrics && name.ends_with("_seconds") {
            let _ = writeln!(text, "# UNIT {name} seconds");
        }
        for (labels, value) in samples {
            let labels = labels.iter().map(|(label, value)| format!(",{label}=\"{}\"", escaped(value)));
            let labels: String = labels.collect();
            let _ = writeln!(text, "{name}{total}{{check=\"{}\"{labels}}} {value}", escaped(check));
        }
    }
}

/// The value of a label.
fn escaped(value: &str) -> String {
    // What is harmful becomes an escape with a backslash, which is escaped like any other.
    clean(value).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_can_not_be_ended_by_its_value() {
        assert_eq!(escaped("a\"} 1\nb\\"), "a\\\"} 1\\\\u{a}b\\\\");
    }
}
