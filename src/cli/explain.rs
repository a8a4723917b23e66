//! `livevod explain`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use clap_complete::engine::ArgValueCandidates;
use jiff::Timestamp;

use super::candidates;
use super::connect::{Access, Connection, connect, with_source};
use super::explain_at::Question;
use super::failure::Failure;
use super::goal::Reach;
use super::keeping::Keeping;
use super::load::{Loaded, load};
use super::moments::since;
use super::paths::Paths;
use super::record::Earlier;
use super::remote::Remote;
use super::rules::{MaxFindings, Rules};
use super::run::{Run, Session, Terms};
use super::runtime::block_on;
use super::stream_url;
use super::terminal::Terminal;
use super::views::of_pages;
use crate::api::{self, Trail};
use crate::config::closest;
use crate::diag::{Code, Diagnostic};
use crate::explain::{self, DomainState};
use crate::model::{Address, DomainSnapshot, Pattern};
use crate::plan::Guard;
use crate::render::{self, Context, Exit, Format, OnlineFacts, Sought};
use crate::wire::DomainDetail;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod explain live.example.com/show/cam1 --online --who
  livevod explain live.example.com/show/cam1 --at 2026-11-28T21:00:00Z")]
pub(super) struct Arguments {
    /// Code of a finding, an address (domain/app/stream) or the URL of a stream, or a domain or app, whose configurations are
    /// listed; without it, all codes are listed
    #[arg(value_name = "CODE|ADDRESS", add = ArgValueCandidates::new(candidates::codes_and_addresses))]
    subject: Option<String>,

    /// Files and folders, read as one document [default: livevod.yaml, else livevod/]
    #[arg(long = "path", value_name = "PATH", num_args = 1..)]
    paths: Vec<PathBuf>,

    /// Also show what the service holds at the address, how that differs from the files, the state of the domain, and the last entry about
    /// the address in the journals
    #[arg(long)]
    online: bool,

    /// With --online and an address, also ask ActionTrail for the calls that may have changed its configuration
    #[arg(long, requires = "online")]
    who: bool,

    /// With an address, show what happened to the stream at this time, in the last 30 days: who published it, which configuration
    /// applied, what was recorded, and what to do first; a time (2026-11-28T20:00:00Z), a day, or how long ago (9h)
    #[arg(long, value_name = "TIME", value_parser = since, conflicts_with_all = ["online", "who"])]
    at: Option<Timestamp>,

    #[command(flatten)]
    keeping: Keeping,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = of_pages())]
    format: Format,

    #[command(flatten)]
    remote: Remote,

    #[command(flatten)]
    shown: MaxFindings,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        Terms::in_format(self.format).showing(&self.shown)
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        self.remote.insist_on_online("explain", self.online || self.at.is_some())?;
        let Some(subject) = self.subject.as_deref() else {
            terminal.show(&render::codes(&terminal.layout(self.format)));
            return Ok(Exit::Success);
        };
        let is_guard = || Guard::ALL.iter().any(|guard| guard.name() == subject);
        if let Some(code) = Code::find(subject).or_else(|| is_guard().then_some(Code::Guard)) {
            terminal.show(&render::page(code, &terminal.layout(self.format)));
            return Ok(Exit::Success);
        }
        if !subject.contains(['/', '.']) {
            return Err(Failure::from(unknown_code(subject)));
        }
        // The query of a URL is never repeated: it may hold a key.
        let of_url = stream_url::as_address(subject);
        let is_url = of_url.is_some();
        let subject = of_url.as_deref().unwrap_or(subject);
        if let Some(pattern) = domain_or_app(subject) {
            return explain_area(pattern, self, terminal);
        }
        let address: Address = subject.parse().map_err(|error| unknown_address(subject, &error))?;
        match self.at {
            Some(time) => explain_past(&address, time, self, terminal),
            None => explain_address(&address, is_url, self, terminal),
        }
    }
}

fn explain_past(
    address: &Address,
    time: Timestamp,
    arguments: &Arguments,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let Arguments { paths, remote, keeping, format, .. } = arguments;
    let loaded = load(&Paths::new(paths.clone()), &Rules::default())?;
    Question { address, time, remote, keeping, format: *format }.answer(&loaded, terminal)
}

/// A domain, or a domain and an app, if the text is one.
fn domain_or_app(subject: &str) -> Option<Pattern> {
    let is_address = subject.split('/').count() > 2;
    subject.parse().ok().filter(|pattern: &Pattern| !is_address && pattern.is_literal())
}

fn explain_area(pattern: Pattern, arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let loaded = load(&Paths::new(arguments.paths.clone()), &Rules::default())?;
    let domain = loaded.desired.domains.keys().find(|name| pattern.matches_domain(name)).cloned();
    let held = match domain.filter(|_| arguments.online) {
        Some(domain) => Some(list(&domain, &loaded, arguments)?),
        None => None,
    };
    let area = explain::area(&loaded.desired, pattern, held.as_ref());
    let exit = Exit::Success;
    let context = Context { sources: &loaded.sources, diagnostics: &[], exit };
    terminal.show(&render::area(&area, context, &terminal.layout(arguments.format)));
    Ok(exit)
}

/// The configurations of a domain in the service.
fn list(domain: &Arc<str>, loaded: &Loaded, arguments: &Arguments) -> Result<DomainSnapshot, Failure> {
    let connection = connect(&arguments.remote, Access::Reads, &Reach::of(&loaded.desired))?;
    let answer = async {
        connection.prepare().await?;
        Ok::<_, Failure>(connection.client.list_domain(domain).await)
    };
    block_on(connection.asking(answer))??.map_err(|error| unanswered(domain, &error, loaded, &connection))
}

fn explain_address(
    address: &Address,
    is_url: bool,
    arguments: &Arguments,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let loaded = load(&Paths::new(arguments.paths.clone()), &Rules::default())?;
    let explanation = explain::address(&loaded.document, &loaded.desired, address);
    if is_url && !explanation.is_known_domain {
        return Err(Failure::from(unknown_host(address, &loaded)));
    }
    // A domain that no file names is never read.
    let asked = match arguments.online && explanation.is_known_domain {
        true => Some(ask(address, &loaded, arguments)?),
        false => None,
    };
    let last = asked.as_ref().and_then(|asked| asked.earlier.last_entry(address));
    let facts = asked.as_ref().map(|Asked { online, who, .. }| OnlineFacts {
        online,
        last: last.as_ref(),
        who: who.as_ref().map(|trail| (address, trail)),
    });
    let mut diagnostics = asked.as_ref().map_or(Vec::new(), |asked| asked.earlier.diagnostics.clone());
    let unread = asked.as_ref().and_then(|asked| asked.who.as_ref()).and_then(Trail::error);
    diagnostics.extend(unread.map(|error| render::untold(1, error)));
    let exit = Exit::Success;
    let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
    let layout = terminal.layout(arguments.format);
    terminal.show(&render::explanation(&explanation, facts, context, &layout));
    Ok(exit)
}

/// The service's answer about an address, and the journals of runs against the same target and account.
struct Asked {
    online: explain::Online,
    earlier: Earlier,
    /// Who changed it, if that is asked for.
    who: Option<Trail>,
}

/// Reads the whole domain of the address: only a complete listing proves that a configuration is missing.
fn ask(address: &Address, loaded: &Loaded, arguments: &Arguments) -> Result<Asked, Failure> {
    let desired = &loaded.desired;
    let connection = connect(&arguments.remote, Access::Reads, &Reach::of(desired))?;
    let earlier = Earlier::read_all(&arguments.keeping, &arguments.remote, &connection.target)?;
    let answers = async {
        let client = &connection.client;
        connection.prepare().await?;
        let both =
            tokio::try_join!(client.domain_detail(&address.domain), client.list_domain(&address.domain));
        let who = match &both {
            Ok((domain, _)) if arguments.who => Some(who(address, domain.as_ref(), loaded, client).await),
            _ => None,
        };
        Ok::<_, Failure>(both.map(|(domain, held)| (domain, held, who)))
    };
    let (domain, held, who) = block_on(connection.asking(answers))??
        .map_err(|error| unanswered(&address.domain, &error, loaded, &connection))?;
    let domain =
        domain.map(|DomainDetail { name: _, kind, status, region }| DomainState { status, kind, region });
    let online = explain::online(desired, address, &connection.target.name, domain, &held);
    Ok(Asked { online, earlier, who: who.flatten() })
}

/// Who changed the configuration of an address, in the region that the files name, else in that of the service.
async fn who(
    address: &Address,
    domain: Option<&DomainDetail>,
    loaded: &Loaded,
    client: &api::Client,
) -> Option<Trail> {
    let found = || domain.and_then(|domain| domain.region.as_deref());
    let region = loaded.desired.region(&address.domain).or_else(found).map(str::to_owned);
    client.who(&[(address.clone(), region)].into()).await.trails.remove(address)
}

fn unanswered(domain: &str, error: &api::Error, loaded: &Loaded, connection: &Connection) -> Failure {
    let key = loaded.desired.domains.get(domain).map(|domain| domain.key);
    let diagnostic = render::unanswered(domain, Sought::Domain, error, key);
    let diagnostic = with_source(diagnostic, error, connection.credentials.as_deref());
    Failure { sources: loaded.sources.clone(), diagnostics: vec![diagnostic], exit: Exit::Error }
}

fn unknown_code(text: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::Usage, format!("`{text}` is not a code, an address or a domain"));
    match closest(text, Code::ALL.iter().map(|code| code.as_str())) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None => diagnostic.help("each finding begins with its code; an address is `domain/app/stream`"),
    }
}

/// For a URL whose domain no file names, as that of a push URL.
fn unknown_host(Address { domain, app, stream }: &Address, loaded: &Loaded) -> Diagnostic {
    let message = format!(
        "no file names `{domain}`: a configuration belongs to a main streaming domain, and the URL for pushing has an ingest domain"
    );
    let mut names = loaded.desired.domains.keys();
    let main = match (names.next(), names.next()) {
        (Some(only), None) => only,
        _ => "MAIN.DOMAIN",
    };
    Diagnostic::new(Code::Usage, message)
        .help(format!("name the main streaming domain: `livevod explain {main}/{app}/{stream}`"))
}

fn unknown_address(text: &str, error: &crate::model::AddressError) -> Failure {
    let message = format!("`{text}` is not an address: {error}");
    Failure::from(Diagnostic::new(Code::Usage, message).help("write `domain/app/stream`, as plans print it"))
}
