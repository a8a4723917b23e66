//! Reads what aired: from the service, domain by domain, or from a file of `livevod sessions`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::connect::Connection;
use super::failure::Failure;
use super::kinds::{Kind, input, insist_on};
use super::sealed;
use super::terminal::{note, secrets};
use crate::diag::{Code, Diagnostic};
use crate::files;
use crate::model::{Aired, DomainAired, Period};
use crate::render::Target;
use crate::sessions::{self, Partial, Reading, SavedSessions};
use crate::wire::{PUBLISH_DAYS, PUBLISHES_PER_SECOND};

/// The largest unfinished reading that is continued, in bytes.
const LARGEST: u64 = 1 << 30;

/// An unfinished reading that is older than this is begun anew: its period is no longer what was asked for.
const CONTINUED: SignedDuration = SignedDuration::from_hours(6);

/// What is asked of each domain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) period: Period,
    /// Whether transcoded streams are listed too.
    pub(super) transcoded: bool,
    /// Whether the addresses of publishers are kept.
    pub(super) clients: bool,
}

/// A file in which the domains of an unfinished reading are kept.
pub(super) struct Kept {
    file: PathBuf,
    handle: std::fs::File,
    domains: BTreeMap<Arc<str>, DomainAired>,
}

/// The domains, each with its region.
pub(super) type Domains = BTreeMap<Arc<str>, Option<String>>;

/// Reads each domain; one that `kept` has is not read again, and every other one is added to it.
///
/// # Errors
/// When `kept` can't be written.
pub(super) async fn read(
    connection: &Connection,
    domains: Domains,
    asked: Asked,
    mut kept: Option<&mut Kept>,
) -> Result<Aired, Failure> {
    let Asked { period, transcoded, clients } = asked;
    let mut read = kept.as_mut().map(|kept| std::mem::take(&mut kept.domains)).unwrap_or_default();
    read.retain(|name, _| domains.contains_key(name));
    let open: Domains = domains.into_iter().filter(|(name, _)| !read.contains_key(name)).collect();
    tell_cost(connection, open.len(), period);
    let mut tasks = JoinSet::new();
    for (name, region) in open {
        let client = connection.client.clone();
        tasks.spawn(async move {
            let aired = client.aired(&name, region.as_deref(), period, transcoded).await;
            (name, aired)
        });
    }
    while let Some(joined) = tasks.join_next().await {
        let Ok((name, mut aired)) = joined else { continue };
        if !clients {
            aired.publishes.iter_mut().for_each(|publish| publish.client = None);
        }
        if let Some(kept) = kept.as_mut().filter(|_| aired.unread.is_empty()) {
            kept.add(&name, &aired)?;
        }
        read.insert(name, aired);
    }
    Ok(Aired { period, domains: read })
}

/// The least time for the publish lists of a period, in seconds.
pub(super) fn least_seconds(domains: usize, period: Period) -> u64 {
    let parts = period.length().as_hours().div_euclid(24 * PUBLISH_DAYS) as u64 + 1;
    (domains as u64 * parts).div_ceil(PUBLISHES_PER_SECOND.into())
}

/// Says before it starts how long a long reading takes at least.
fn tell_cost(connection: &Connection, domains: usize, period: Period) {
    let seconds = least_seconds(domains, period);
    if seconds >= 5 && !connection.is_local {
        note(&format!(
            "reading what aired on {domains} domains takes at least {seconds} s: the service answers \
             {PUBLISHES_PER_SECOND} publish lists a second\n"
        ));
    }
}

impl Kept {
    /// Opens the file of an unfinished reading beside `out`, and continues it if it is the same reading.
    ///
    /// # Errors
    /// When it can't be opened, or is no regular file.
    pub(super) fn open(out: &Path, asked: &mut Asked, words: &str, target: &Target) -> Result<Self, Failure> {
        let mut name: OsString = out.as_os_str().to_owned();
        name.push(".partial");
        let file = PathBuf::from(name);
        let failed = |error: &dyn std::fmt::Display| {
            Diagnostic::new(Code::Usage, format!("can't use `{}`: {error}", file.display()))
                .help("remove it, or name another file with `--out`")
        };
        let earlier = match files::regular_text(&file, LARGEST) {
            Ok(text) => Partial::read(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(&error).into()),
        };
        let reading = Reading {
            asked: words.to_owned(),
            began: Timestamp::now(),
            period: asked.period,
            target: target.name.clone(),
            account: target.account.clone(),
            transcoded: asked.transcoded,
            clients: asked.clients,
        };
        let continued = earlier.filter(|earlier| is_same(&earlier.reading, &reading));
        let (reading, domains) = match continued {
            Some(Partial { reading, domains }) => (reading, domains),
            None => (reading, BTreeMap::new()),
        };
        if !domains.is_empty() {
            let read = match domains.len() {
                1 => "1 domain was".to_owned(),
                more => format!("{more} domains were"),
            };
            note(&format!("continuing the reading in `{}`: {read} read before\n", file.display()));
        }
        asked.period = reading.period;
        // What a torn line left is written anew.
        let mut text = Partial::head(&reading).map_err(|error| failed(&error))?;
        for (name, aired) in &domains {
            text += &Partial::line(name, aired).map_err(|error| failed(&error))?;
        }
        files::write(&file, &secrets().hide(&text)).map_err(|error| failed(&error))?;
        let handle = std::fs::OpenOptions::new().append(true).open(&file).map_err(|error| failed(&error))?;
        Ok(Self { file, handle, domains })
    }

    fn add(&mut self, name: &str, aired: &DomainAired) -> Result<(), Failure> {
        let unwritten = |error: &dyn std::fmt::Display| {
            Diagnostic::new(Code::Usage, format!("can't write `{}`: {error}", self.file.display()))
        };
        let line = Partial::line(name, aired).map_err(|error| unwritten(&error))?;
        let line = secrets().hide(&line);
        Ok(self.handle.write_all(line.as_bytes()).map_err(|error| unwritten(&error))?)
    }

    /// Removes the file, once the whole result is saved.
    pub(super) fn remove(self) {
        // What stays is continued or overwritten by the next reading.
        drop(std::fs::remove_file(&self.file));
    }
}

/// Whether a reading continues an earlier one.
fn is_same(earlier: &Reading, now: &Reading) -> bool {
    let Reading { asked, began, period: _, target, account, transcoded, clients } = earlier;
    let is_recent = now.began.duration_since(*began) <= CONTINUED && now.began >= *began;
    is_recent
        && *asked == now.asked
        && *target == now.target
        && *account == now.account
        && *transcoded == now.transcoded
        && *clients == now.clients
}

/// Reads a file of `livevod sessions` about the same service. A domain that it does not contain can't be judged.
///
/// # Errors
/// When it is not such a file, or is about another service or account.
pub(super) fn from_file(file: &Path, target: Option<&Target>, domains: &Domains) -> Result<Aired, Failure> {
    Ok(saved(file, target, domains)?.aired)
}

/// The same, with what the file says of itself.
///
/// # Errors
/// As [`from_file`].
pub(super) fn saved(
    file: &Path,
    target: Option<&Target>,
    domains: &Domains,
) -> Result<SavedSessions, Failure> {
    insist_on(Kind::Sessions, file)?;
    let text = sealed::text(file, Code::Usage)?;
    let refused = |why: String| {
        Diagnostic::new(Code::Usage, format!("{} can't be used: {why}", input(file)))
            .help("make a new one with `livevod sessions --out FILE`")
    };
    let mut saved = sessions::read(&text).map_err(|error| refused(error.to_string()))?;
    let SavedSessions { livevod: _, time: _, target: of, account, transcoded: _, aired } = &mut saved;
    if let Some(target) = target.filter(|target| target.name != *of || target.account != *account) {
        let told = |id: &Option<String>| id.clone().unwrap_or("no account declared".to_owned());
        let why = format!(
            "it is about {of} ({}), and this run is about {} ({})",
            told(account),
            target.name,
            told(&target.account)
        );
        return Err(refused(why).into());
    }
    aired.domains.retain(|name, _| domains.contains_key(name));
    for name in domains.keys().filter(|name| !aired.domains.contains_key(*name)).cloned().collect::<Vec<_>>()
    {
        let unread = vec![format!("the file `{}` does not contain this domain", file.display())];
        aired.domains.insert(name, DomainAired { unread, ..DomainAired::default() });
    }
    Ok(saved)
}
