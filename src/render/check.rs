//! What `doctor` says of each thing that it looked at, with the cure where something is wrong.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde::Serialize;

use super::phrases::{counted, minute};
use super::remote::{Asked, policy, remedy};
use crate::api::{Error, KeyInUse, Rate};
use crate::apply::journal::LeftOpen;
use crate::permissions::Permission;
use crate::wire::CallerIdentity;

/// The clock may be off by less than this without a request being refused (documents: 15 minutes or more).
const ACCEPTED: i64 = 15;

/// From this many minutes on, the client does not correct the clock.
const UNCORRECTED: i64 = 60;

/// Characters of an error that are shown.
const SHOWN: usize = 160;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// All is well.
    Ok,
    /// Something needs attention, but does not stop a plan.
    Warning,
    /// Something stops a plan.
    Error,
    /// It could not be checked because of an earlier error.
    Skipped,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub(super) subject: &'static str,
    pub(super) verdict: Verdict,
    pub(super) message: String,
    pub(super) cure: Option<String>,
    pub(super) request_id: Option<String>,
}

impl Check {
    fn new(subject: &'static str, verdict: Verdict, message: impl Into<String>) -> Self {
        Self { subject, verdict, message: message.into(), cure: None, request_id: None }
    }

    fn ok(subject: &'static str, message: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Ok, message)
    }

    fn cured(self, cure: impl Into<String>) -> Self {
        Self { cure: Some(cure.into()), ..self }
    }

    /// A refusal or a lost call, with the cure for its code, or `otherwise`.
    fn failed(
        subject: &'static str,
        verdict: Verdict,
        message: String,
        (error, asked): (&Error, &Asked<'_>),
        otherwise: &str,
    ) -> Self {
        let refusal = error.remote();
        let cure = refusal.and_then(remedy).unwrap_or_else(|| otherwise.to_owned());
        let granted = refusal.and_then(|refusal| policy(refusal, asked));
        let cure: Vec<String> = std::iter::once(cure).chain(granted).collect();
        let request_id = error.request_id().map(str::to_owned);
        Self { request_id, ..Self::new(subject, verdict, message).cured(cure.join("; ")) }
    }

    /// What could not be checked.
    pub fn skipped(subject: &'static str, why: &str) -> Self {
        Self::new(subject, Verdict::Skipped, format!("not checked: {why}"))
    }

    /// How many domains the files declare.
    pub fn files(domains: usize, configurations: usize) -> Self {
        let domains = counted(domains, "domain");
        Self::ok("files", format!("valid: {} in {domains}", counted(configurations, "configuration")))
    }

    /// Files that no plan can be made from.
    pub fn broken_files(errors: usize, first: &str, help: Option<&str>) -> Self {
        let message = match errors {
            1 => first.to_owned(),
            _ => format!("{}, the first: {first}", counted(errors, "error")),
        };
        let help = help.unwrap_or("`livevod validate` shows every error");
        let cure = format!("{help}; the checks below need no valid files");
        Self::new("files", Verdict::Error, message).cured(cure)
    }

    /// The embedded emulator needs no credentials.
    pub fn no_credentials_needed() -> Self {
        Self::ok("credentials", "not needed: the emulator runs in this process")
    }

    /// Where the key comes from, and when it expires.
    pub fn credentials(source: &str, key: &KeyInUse) -> Self {
        let KeyInUse { id, is_temporary, expiration } = key;
        let kind = match (is_temporary, expiration) {
            (_, Some(end)) => format!("is temporary and expires {}", minute(*end)),
            (true, None) => "is temporary; its expiry time is not known".to_owned(),
            (false, None) => "does not expire".to_owned(),
        };
        Self::ok("credentials", format!("from {source}; key `{}` {kind}", cut_short(id)))
    }

    /// Why there is no key.
    pub fn without_credentials(message: &str, help: Option<&str>) -> Self {
        let check = Self::new("credentials", Verdict::Error, message);
        Self { cure: help.map(str::to_owned), ..check }
    }

    /// Whose credentials these are. What files that can't be read declare is not known.
    pub fn account(caller: &CallerIdentity, declared: Option<&str>, are_files_read: bool) -> Self {
        let CallerIdentity { account, arn } = caller;
        let identity = arn.as_ref().map_or_else(String::new, |arn| format!(", as `{arn}`"));
        match declared {
            Some(declared) if declared != account => Self::new(
                "account",
                Verdict::Error,
                format!("the credentials belong to `{account}`{identity}; the files are for `{declared}`"),
            )
            .cured(format!("use credentials of `{declared}`, or the files for `{account}`")),
            Some(_) => Self::ok("account", format!("`{account}`{identity}; the files declare it")),
            None if !are_files_read => Self::ok("account", format!("`{account}`{identity}")),
            None => Self::new(
                "account",
                Verdict::Warning,
                format!("`{account}`{identity}; the files declare no account"),
            )
            .cured(format!("write `account: \"{account}\"` into the files: apply requires it")),
        }
    }

    /// Why STS does not say whose credentials these are. It stops a plan only if Live would refuse them as well.
    pub fn unknown_account(error: &Error, source: Option<&str>) -> Self {
        let verdict = if is_about_every_call(error) { Verdict::Error } else { Verdict::Warning };
        let asked = Asked { permissions: Vec::new(), account: None, domain: "*" };
        let otherwise = "check the network and the proxy; apply writes nothing until STS answers";
        let from = source.filter(|_| error.is_about_the_key());
        let from = from.map_or_else(String::new, |source| format!("; the credentials come from {source}"));
        let message = format!("STS does not say whose credentials these are: {}{from}", short(error));
        Self::failed("account", verdict, message, (error, &asked), otherwise)
    }

    /// How far this machine's clock is off.
    pub fn clock(ahead: Option<SignedDuration>) -> Self {
        let Some(ahead) = ahead else { return Self::skipped("clock", "no answer came from the service") };
        // The service tells its time in seconds, and the answer took a while.
        let minutes = (ahead.as_secs().abs() + 30) / 60;
        let side = if ahead.is_negative() { "ahead of" } else { "behind" };
        let off = format!("{minutes} min {side} the service's");
        let set = "set the clock of this machine, and keep it right with NTP";
        match minutes {
            0 => Self::ok("clock", "agrees with the service's clock to the minute"),
            1..ACCEPTED => {
                Self::new("clock", Verdict::Warning, format!("{off}; requests are still accepted")).cured(set)
            }
            ACCEPTED..UNCORRECTED => {
                Self::new("clock", Verdict::Warning, format!("{off}; livevod signs with the service's time"))
                    .cured(set)
            }
            _ => Self::new("clock", Verdict::Error, format!("{off}: too much to be corrected")).cured(set),
        }
    }

    /// The way to the service.
    pub fn proxy(proxy: Option<&str>) -> Self {
        Self::ok("proxy", proxy.map_or_else(|| "none".to_owned(), |proxy| format!("`{proxy}`")))
    }

    /// A host that answers.
    pub fn endpoint(host: &str, millis: u128) -> Self {
        Self::ok("endpoint", format!("`{host}` answered in {millis} ms"))
    }

    /// A host that does not answer, or not as the service does.
    pub fn no_endpoint(error: &Error) -> Self {
        Self::new("endpoint", Verdict::Error, short(error))
            .cured("check the network, the proxy, the regions of the files and `--endpoint`")
    }

    /// What may be read in all domains.
    pub(crate) fn allowed(permission: Permission, count: usize) -> Self {
        let action = permission.action();
        Self::ok("permission", format!("`{action}` is allowed ({})", counted(count, "domain")))
    }

    /// A domain that can't be listed, as the first of `count` with the same error.
    pub fn unlisted(domain: &str, count: usize, error: &Error, account: Option<&str>) -> Self {
        let reason = short(error);
        let message = match count {
            1 => format!("the configurations of `{domain}` can't be read: {reason}"),
            _ => {
                format!("the configurations of {count} domains can't be read, the first `{domain}`: {reason}")
            }
        };
        let asked = Asked { permissions: vec![Permission::ListConfigs], account, domain };
        let otherwise = "run `livevod plan` to see the whole error";
        Self::failed(refused(error, &asked), Verdict::Error, message, (error, &asked), otherwise)
    }

    /// The account's domains can't be listed, which a plan of named domains does not need.
    pub fn domains_unlisted(error: &Error) -> Self {
        let message =
            format!("the account's domains can't be listed, as `--all-domains` does: {}", short(error));
        let asked = Asked { permissions: vec![Permission::ListDomains], account: None, domain: "*" };
        Self::failed(refused(error, &asked), Verdict::Warning, message, (error, &asked), "try again")
    }

    /// It can't be asked who is on air; a plan then says only what is presumed.
    pub fn on_air_unlisted(domain: &str, error: &Error) -> Self {
        let message =
            format!("who is on air on `{domain}` can't be read, as plan and apply do: {}", short(error));
        let asked = Asked { permissions: vec![Permission::ListOnAir], account: None, domain };
        Self::failed(refused(error, &asked), Verdict::Warning, message, (error, &asked), "try again")
    }

    /// A domain that can't be looked up, which a plan does not need.
    pub fn not_looked_up(domain: &str, error: &Error) -> Self {
        let reason = short(error);
        let message = format!("`{domain}` can't be looked up, as `--online` and import do: {reason}");
        let asked = Asked { permissions: vec![Permission::ReadDomain], account: None, domain };
        Self::failed(refused(error, &asked), Verdict::Warning, message, (error, &asked), "try again")
    }

    /// A domain that the service does not have.
    pub fn no_domain(domain: &str) -> Self {
        Self::new("domain", Verdict::Warning, format!("the service has no domain `{domain}`"))
            .cured("compare the name, the account and the region with the Live console")
    }

    /// VOD answers.
    pub fn vod(region: Option<&str>) -> Self {
        Self::ok(
            "vod",
            format!("activated; `{}` is allowed{}", Permission::ReadGroup.action(), in_region(region)),
        )
    }

    /// VOD does not answer, or refuses. A plan does not need it, but recordings do.
    pub fn no_vod(region: Option<&str>, id: &str, error: &Error) -> Self {
        let message = match error.code() {
            "OperationDenied" => format!("not opened{}: {}", in_region(region), short(error)),
            _ => format!(
                "the transcode group `{id}` can't be looked up{}: {}",
                in_region(region),
                short(error)
            ),
        };
        let asked = Asked { permissions: vec![Permission::ReadGroup], account: None, domain: id };
        let otherwise = "check the network; plans do not need this, `--online` does";
        Self::failed("vod", Verdict::Warning, message, (error, &asked), otherwise)
    }

    /// The app spaces of a region, and those of the files that it does not have.
    pub fn spaces(region: Option<&str>, count: usize, missing: &BTreeSet<String>) -> Self {
        let place = in_region(region);
        match missing.first() {
            None => {
                let action = Permission::ReadSpaces.action();
                Self::ok("vod", format!("`{action}` is allowed{place} ({})", counted(count, "app space")))
            }
            Some(first) => Self::new(
                "vod",
                Verdict::Warning,
                format!(
                    "{} of {} do not exist{place}, the first `{first}`",
                    missing.len(),
                    counted(count, "app space")
                ),
            )
            .cured("`livevod validate --online` shows where the files name them"),
        }
    }

    /// App spaces can't be looked up. A plan does not need it.
    pub fn no_spaces(region: Option<&str>, error: &Error) -> Self {
        let message = format!("app spaces can't be looked up{}: {}", in_region(region), short(error));
        let asked = Asked { permissions: vec![Permission::ReadSpaces], account: None, domain: "*" };
        let otherwise = "check the network; plans do not need this, `--online` does";
        Self::failed("vod", Verdict::Warning, message, (error, &asked), otherwise)
    }

    /// The rate that is kept, and whether the service throttled one of these reads.
    pub fn rate(per_minute: u32, throttled: Option<&Error>) -> Self {
        let is_unlimited = per_minute == Rate::UNLIMITED.per_minute.get();
        let kept = match is_unlimited {
            true => "no limit".to_owned(),
            false => format!("{per_minute} calls a minute for each action"),
        };
        if let (true, None) = (is_unlimited, throttled) {
            return Self::ok("rate", format!("{kept}: the emulator runs in this process"));
        }
        match throttled {
            None => Self::ok(
                "rate",
                format!("{kept}; the service did not throttle, and does not report how many calls are left"),
            ),
            Some(error) => Self::new(
                "rate",
                Verdict::Warning,
                format!("{kept}; the service throttles: {}", short(error)),
            )
            .cured("wait a minute, or give a lower `--rate`: other users of the account count too"),
        }
    }

    /// A folder of journals that apply can use, and what its runs left unfinished.
    pub fn journal(folder: &str, exists: bool, open: &[LeftOpen]) -> Self {
        let Some(first) = open.first() else {
            return Self::ok(
                "journal",
                match exists {
                    true => format!("`{folder}` can be written and is not locked; no run is unfinished"),
                    false => format!("`{folder}` does not exist yet; apply creates it"),
                },
            );
        };
        let changes = counted(open.len(), "change");
        let message = format!("`{folder}`: {changes} unfinished, the first in run `{}`", first.run);
        Self::new("journal", Verdict::Warning, message)
            .cured("`livevod plan` shows what became of them, and the next apply finishes them")
    }

    /// A folder of journals that apply can't use. A plan only reads it.
    pub fn no_journal(message: &str, help: Option<&str>, stops_plan: bool) -> Self {
        let verdict = if stops_plan { Verdict::Error } else { Verdict::Warning };
        Self { cure: help.map(str::to_owned), ..Self::new("journal", verdict, message) }
    }

    /// A store that can do everything that leases need. `ahead` is how many seconds its clock is ahead of this machine's.
    pub fn store(name: &str, ahead: Option<i64>) -> Self {
        let message = format!("{name}: objects can be created, only once, read, listed and removed");
        match ahead.filter(|ahead| ahead.unsigned_abs() > NOTICEABLE) {
            None => Self::ok("store", message),
            Some(ahead) => {
                let way = if ahead > 0 { "behind" } else { "ahead of" };
                let clock = format!("this machine's clock is {} s {way} the store's", ahead.unsigned_abs());
                Self::new("store", Verdict::Warning, format!("{message}; {clock}"))
                    .cured("set the clock: a store refuses requests that are 15 minutes off")
            }
        }
    }

    /// A store that these credentials may only read.
    pub fn store_to_read(name: &str, help: &str) -> Self {
        let message = format!(
            "{name} can be read; these credentials may not write there, so they can plan and not apply"
        );
        Self::new("store", Verdict::Warning, message).cured(help)
    }

    /// A store that can't be used.
    pub fn no_store(message: &str, help: Option<&str>) -> Self {
        Self { cure: help.map(str::to_owned), ..Self::new("store", Verdict::Error, message) }
    }

    /// Whether it stops a plan.
    pub fn stops_plan(&self) -> bool {
        self.verdict == Verdict::Error
    }
}

/// Seconds by which clocks may differ without a word.
const NOTICEABLE: u64 = 60;

/// Whether every call with these credentials, or from this machine, would end with this error.
pub fn is_about_every_call(error: &Error) -> bool {
    error.is_about_the_key() || error.is_about_the_clock() || matches!(error, Error::Withheld { .. })
}

/// What a refused call lacks: a permission, if RAM refused it.
fn refused(error: &Error, asked: &Asked<'_>) -> &'static str {
    match error.remote().and_then(|refusal| policy(refusal, asked)) {
        Some(_) => "permission",
        None => "domain",
    }
}

/// An error on one line or two: the message of a wrong signature alone has a thousand characters.
fn short(error: &Error) -> String {
    let text = error.to_string();
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// Enough of a key id to recognize it, and never most of it.
fn cut_short(id: &str) -> String {
    let shown = (id.chars().count() / 2).min(8);
    format!("{}...", id.chars().take(shown).collect::<String>())
}

fn in_region(region: Option<&str>) -> String {
    region.map_or_else(String::new, |region| format!(" in `{region}`"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_key_id_is_never_shown_whole() {
        assert_eq!(
            ["", "a", "emulator", "LTAI5tAbCdEfGhIjKlMnOpQr"].map(cut_short),
            ["...", "...", "emul...", "LTAI5tAb..."]
        );
    }

    #[test]
    fn a_clock_that_is_off_is_a_warning_as_long_as_it_is_corrected() {
        let verdict = |seconds| Check::clock(Some(SignedDuration::from_secs(seconds))).verdict;
        assert_eq!([-29, 0, 29].map(verdict), [Verdict::Ok; 3]);
        assert_eq!([-30, 60, 3540, -3540].map(verdict), [Verdict::Warning; 4]);
        assert_eq!([3600, -3600, 86_400].map(verdict), [Verdict::Error; 3]);
        assert_eq!(Check::clock(None).verdict, Verdict::Skipped);
        let message = |seconds| Check::clock(Some(SignedDuration::from_secs(seconds))).message;
        assert!(message(1200).starts_with("20 min behind the service's"));
        assert!(message(-1200).starts_with("20 min ahead of the service's"));
    }

    #[test]
    fn an_expiry_is_told_if_it_is_known() {
        let message = |is_temporary, expiration| {
            Check::credentials("`X`", &KeyInUse { id: "STS.abcdefgh".to_owned(), is_temporary, expiration })
                .message
        };
        let end = Timestamp::from_second(1_800_000_000).ok();
        assert_eq!(
            message(true, end),
            "from `X`; key `STS.ab...` is temporary and expires 2027-01-15 08:00 UTC"
        );
        assert_eq!(
            message(true, None),
            "from `X`; key `STS.ab...` is temporary; its expiry time is not known"
        );
        assert_eq!(message(false, None), "from `X`; key `STS.ab...` does not expire");
    }
}
