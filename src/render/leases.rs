//! Who holds which domains in a store, and what happens while a run waits for its own.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::documents::{FORMAT_VERSION, pretty};
use super::exit::Exit;
use super::phrases::{counted, first_and_more, known, moment};
use super::style::{Style, Tone, columns, pad, wrap};
use crate::gate::clean;
use crate::store::{Held, Holder, Taking, account_name};

/// The leases of a store.
#[derive(Debug)]
pub struct LeasesView<'a> {
    /// The store, as outputs name it.
    pub store: &'a str,
    /// Those that are held, with the account of each.
    pub leases: &'a [(String, Held)],
    /// The process that holds the lock, where the store is a folder.
    pub lock: Option<&'a str>,
    /// The run whose lease was ended now, with everything that it held.
    pub released: Option<&'a str>,
}

/// One line for each domain, below the run that holds it.
pub(super) fn human_leases(view: &LeasesView, style: Style) -> String {
    let LeasesView { store, leases, lock, released } = view;
    let mut text = String::new();
    if let Some(run) = released {
        let run = clean(run);
        text.push_str(&format!("The lease of run {run} was ended.\n"));
        if let Some(free) = leases.iter().map(|(_, held)| held.free_from).max() {
            text.push_str(&format!(
                "The run may still write until it notices, so its domains are free from {} on.\n",
                moment(free)
            ));
        }
        return text;
    }
    if let Some(lock) = lock {
        return format!("{} is locked: {}\n", clean(store), clean(lock));
    }
    if leases.is_empty() {
        let none = format!("No run holds a domain in {}.", clean(store));
        return wrap(&none, style.width).join("\n") + "\n";
    }
    let mut last = None;
    let width = leases.iter().map(|(_, held)| columns(&clean(&held.domain))).max().unwrap_or_default();
    let mut sorted: Vec<&(String, Held)> = leases.iter().collect();
    sorted.sort_by(|(_, one), (_, other)| (&one.run, &one.domain).cmp(&(&other.run, &other.domain)));
    for (account, held) in sorted {
        if last != Some(&held.run) {
            last = Some(&held.run);
            let who =
                who(held.holder.as_ref()).map(|who| format!(" {} {who}", style.dot())).unwrap_or_default();
            let title = format!("Run {}{who}", clean(&held.run));
            text.push_str(&format!("{}\n", style.paint(Tone::Strong, &title)));
            text.push_str(&format!("  account {}\n", clean(account)));
            if let Some(since) = held.since {
                text.push_str(&format!("  began at {}\n", moment(since)));
            }
            for line in until(held) {
                text.push_str(&format!("  {line}\n"));
            }
        }
        text.push_str(&format!("  {}  token {}\n", pad(&clean(&held.domain), width), token(held)));
    }
    let count = counted(leases.len(), "domain");
    text.push_str(&match leases.iter().any(|(_, held)| held.until.is_some()) {
        true => {
            format!("\n{count} held.\nTo end the lease of a run that hangs: `livevod lease release TOKEN`\n")
        }
        false => format!("\n{count} not free yet.\n"),
    });
    text
}

/// A fact a line.
fn until(held: &Held) -> Vec<String> {
    let ends = match held.until {
        Some(until) => format!("ends at {} unless renewed", moment(until)),
        None => "ended; what it sent may still arrive".to_owned(),
    };
    vec![ends, format!("free from {} on", moment(held.free_from))]
}

/// The token as it is typed.
fn token(held: &Held) -> String {
    clean(&held.typed_token())
}

/// `apply by ann on build-7, commit 4f1c2d3, job https://…`, as far as it is known.
fn who(holder: Option<&Holder>) -> Option<String> {
    let Holder { command, user, host, commit, job } = holder?;
    let first = [Some(clean(command)), known("by", user.as_ref()), known("on", host.as_ref())];
    let first: Vec<String> = first.into_iter().flatten().collect();
    let rest = [known("commit", commit.as_ref()), known("job", job.as_ref())].into_iter().flatten();
    Some(std::iter::once(first.join(" ")).chain(rest).collect::<Vec<_>>().join(", "))
}

/// Why a run is refused that needs a domain which another run holds, what helps, and how to end that lease. `flags` name the store in a
/// command, if it needs that.
pub fn held(held: &Held, flags: &str) -> (String, String, Option<String>) {
    let message = holds(&[held]);
    let help = match held.until {
        Some(_) => format!(
            "`--lease-wait 10m` waits for it; if that run has died, its domains are free from {} on",
            moment(held.free_from)
        ),
        None => format!(
            "its lease has ended, but what it sent may still arrive until {}; try again then",
            moment(held.free_from)
        ),
    };
    let release = || format!("`livevod lease release {}{flags}` ends its lease, if it hangs", token(held));
    (message, help, held.until.is_some().then(release))
}

/// What happens while domains are taken, for people who wait.
pub fn taking(taking: &Taking) -> String {
    match taking {
        Taking::Waiting(held) => {
            format!("waiting: {}\n", holds(&[held]))
        }
        Taking::TookOver(held) => {
            let who = who(held.holder.as_ref()).map(|who| format!(" ({who})")).unwrap_or_default();
            let run = clean(&held.run);
            format!("run {run}{who} no longer renews its lease; this run takes over its domains\n")
        }
    }
}

/// One sentence for each run that holds domains of a plan.
pub(super) fn elsewhere(leases: &[Held]) -> Vec<String> {
    let mut runs: BTreeMap<&str, Vec<&Held>> = BTreeMap::new();
    for held in leases {
        runs.entry(&held.run).or_default().push(held);
    }
    runs.into_values().filter_map(|held| elsewhere_of(&held)).collect()
}

fn elsewhere_of(held: &[&Held]) -> Option<String> {
    let first = held.first()?;
    let since = first.since.map(|since| format!(" since {}", moment(since))).unwrap_or_default();
    let ends = match first.until {
        Some(until) => format!("its lease ends at {} unless renewed", moment(until)),
        None => format!(
            "its lease was ended, but what it sent may still arrive until {}",
            moment(first.free_from)
        ),
    };
    Some(format!("{}{since}; {ends}; what it has not finished shows as a difference", holds(held)))
}

/// `another run holds` its domains, and who that is.
pub(super) fn holds(held: &[&Held]) -> String {
    let who = held.first().and_then(|held| who(held.holder.as_ref()));
    let who = who.unwrap_or_else(|| "an unknown command".to_owned());
    let run = held.first().map(|held| clean(&held.run)).unwrap_or_default();
    let domains: Vec<String> = held.iter().map(|held| clean(&held.domain)).collect();
    let domains = first_and_more(&domains, |domain| format!("`{domain}`"));
    format!("another run holds {domains}: {who} (run {run})")
}

/// The rows of a plan's document.
pub(super) fn lease_rows<'a>(account: Option<&'a str>, leases: &'a [Held]) -> Vec<LeaseRow<'a>> {
    leases.iter().map(|held| LeaseRow::of(account_name(account), held)).collect()
}

/// The document of `lease`.
#[derive(Serialize, JsonSchema)]
pub(super) struct LeasesDocument<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// The store, or the folder of the journals if there is no store.
    store: &'a str,
    /// The domains that are held; after `lease release`, those of the run whose lease was ended. A domain whose lease was ended is listed
    /// until it can be taken.
    leases: Vec<LeaseRow<'a>>,
    /// The process that holds the lock of the folder, null if none does or there is a store.
    lock: Option<&'a str>,
    /// The run whose lease this command ended, null if it ended none.
    released: Option<&'a str>,
    /// How the command ended.
    exit: Exit,
}

/// One domain that a run holds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Lease")]
pub(super) struct LeaseRow<'a> {
    /// The account of the domain.
    account: &'a str,
    /// The main streaming domain.
    domain: &'a str,
    /// The token that `lease release` takes: `DOMAIN:NUMBER`.
    token: String,
    /// The id of the run that holds the domain.
    run: &'a str,
    /// Its command, null if the run's log in the store does not say it.
    command: Option<&'a str>,
    /// The user who started it, null if unknown.
    user: Option<&'a str>,
    /// The machine that it runs on, null if unknown.
    host: Option<&'a str>,
    /// The commit that it was started from, null if unknown.
    commit: Option<&'a str>,
    /// The pipeline's job that started it, null if there is none.
    job: Option<&'a str>,
    /// When the run began, by the store's clock, null if unknown.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    since: Option<Timestamp>,
    /// When the lease ends unless it is renewed, by the store's clock; null if it has ended.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    until: Option<Timestamp>,
    /// When the domain can be taken by another run unless the lease is renewed, by the store's clock: once nothing that the run sent can
    /// still arrive.
    #[schemars(with = "String", extend("format" = "date-time"))]
    free_from: Timestamp,
}

impl<'a> LeaseRow<'a> {
    fn of(account: &'a str, held: &'a Held) -> Self {
        let Held { domain, token: _, run, holder, since, until, free_from } = held;
        let text = |pick: fn(&Holder) -> Option<&String>| holder.as_ref().and_then(pick).map(String::as_str);
        Self {
            account,
            domain,
            token: token(held),
            run,
            command: text(|holder| Some(&holder.command)),
            user: text(|holder| holder.user.as_ref()),
            host: text(|holder| holder.host.as_ref()),
            commit: text(|holder| holder.commit.as_ref()),
            job: text(|holder| holder.job.as_ref()),
            since: *since,
            until: *until,
            free_from: *free_from,
        }
    }
}

/// `lease --format json`.
pub(super) fn leases_json(view: &LeasesView, exit: Exit) -> String {
    let LeasesView { store, leases, lock, released } = view;
    pretty(&LeasesDocument {
        format_version: FORMAT_VERSION,
        store,
        leases: leases.iter().map(|(account, held)| LeaseRow::of(account, held)).collect(),
        lock: *lock,
        released: *released,
        exit,
    })
}
