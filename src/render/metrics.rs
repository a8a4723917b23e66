//! The result of a drift check as metrics: in Prometheus' text format for the node exporter's textfile collector, or as
//! OpenMetrics. Both have the same samples; they differ in the lines about them.

use std::fmt::Write as _;
use std::time::Duration;

use crate::gate::clean;
use crate::notify::{CheckState, DifferenceKind, DomainCounts, Outcome, Summary};

/// The text format of the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposition {
    /// Prometheus' own, version 0.0.4, which the textfile collector reads.
    Prometheus,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

/// What the metrics of a drift check tell.
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
    /// Without the `_total` of a counter.
    name: &'static str,
    kind: Kind,
    help: &'static str,
    samples: Vec<(Vec<(&'static str, String)>, f64)>,
}

/// The text of the metrics.
pub fn metrics(metrics: &Metrics<'_>, exposition: Exposition) -> String {
    let mut text = String::new();
    for family in families(metrics) {
        family.write(metrics.check, exposition, &mut text);
    }
    if exposition == Exposition::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

fn families<'a>(metrics: &Metrics<'a>) -> Vec<Family> {
    let Metrics { check: _, summary, state, duration } = metrics;
    let CheckState { last_run, last_success, runs, calls, throttled, told: _ } = state;
    let gauge = |name, help, samples| Family { name, kind: Kind::Gauge, help, samples };
    let counter = |name, help, samples| Family { name, kind: Kind::Counter, help, samples };
    let alone = |value| vec![(Vec::new(), value)];
    let time = |time: &Option<jiff::Timestamp>| alone(time.map_or(0.0, |time| time.as_second() as f64));
    let runs = Outcome::ALL.map(|outcome| {
        let count = runs.get(&outcome).copied().unwrap_or_default();
        (vec![("outcome", outcome.name().to_owned())], count as f64)
    });
    let by_action = |counts: &std::collections::BTreeMap<String, u64>| {
        counts.iter().map(|(action, count)| (vec![("action", action.clone())], *count as f64)).collect()
    };
    vec![
        gauge("livevod_drift_last_run_timestamp_seconds", "When the drift check last ran.", time(last_run)),
        gauge(
            "livevod_drift_last_success_timestamp_seconds",
            "When the drift check last read everything, whether it found drift or not; 0 if never.",
            time(last_success),
        ),
        gauge(
            "livevod_drift_last_run_duration_seconds",
            "How long the last run took.",
            alone(duration.as_millis() as f64 / 1000.0),
        ),
        gauge(
            "livevod_drift_last_run_complete",
            "Whether the last run read everything; if it is 0, the other metrics do not tell that there is no drift.",
            alone(f64::from(u8::from(summary.outcome.is_complete()))),
        ),
        counter("livevod_drift_runs", "Runs by their outcome.", runs.into()),
        gauge(
            "livevod_drift_configurations",
            "Configurations that the files declare, in each domain that was read.",
            by_domain(summary, |counts| counts.declared),
        ),
        gauge(
            "livevod_drift_drifted_configurations",
            "Configurations that differ from the files, by the kind of difference.",
            drifted(summary),
        ),
        gauge(
            "livevod_drift_unmanaged_configurations",
            "Configurations that no file declares.",
            by_domain(summary, |counts| counts.unmanaged),
        ),
        gauge(
            "livevod_drift_accepted_differences",
            "Differences that the files accept for a while.",
            by_domain(summary, |counts| counts.accepted),
        ),
        gauge("livevod_drift_domain_unread", "Whether a domain could not be read (1).", unread(summary)),
        counter("livevod_drift_calls", "Calls sent to the service.", by_action(calls)),
        counter("livevod_drift_throttled_calls", "Calls that the service throttled.", by_action(throttled)),
    ]
}

/// Samples, each with its labels.
type Samples = Vec<(Vec<(&'static str, String)>, f64)>;

fn by_domain(summary: &Summary, count: impl Fn(&DomainCounts) -> usize) -> Samples {
    let domains = summary.domains.iter();
    domains.map(|(domain, counts)| (vec![("domain", domain.clone())], count(counts) as f64)).collect()
}

/// Every kind has a sample in every domain, so that an alert ends when a difference does.
fn drifted(summary: &Summary) -> Samples {
    let of = |(domain, counts): (&String, &DomainCounts)| {
        DifferenceKind::ALL.map(|kind| {
            let count = counts.differing.get(&kind).copied().unwrap_or_default();
            (vec![("domain", domain.clone()), ("kind", kind.name().to_owned())], count as f64)
        })
    };
    summary.domains.iter().flat_map(of).collect()
}

fn unread(summary: &Summary) -> Samples {
    let sample = |domain: &String, value| (vec![("domain", domain.clone())], value);
    let read = summary.domains.keys().filter(|domain| !summary.unread.contains(domain));
    let read = read.map(|domain| sample(domain, 0.0));
    read.chain(summary.unread.iter().map(|domain| sample(domain, 1.0))).collect()
}

impl Family {
    /// Writes the family, unless it has no samples.
    fn write(&self, check: &str, exposition: Exposition, text: &mut String) {
        let Self { name, kind, help, samples } = self;
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
