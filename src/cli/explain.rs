//! `livevod explain`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::arguments::{MaxFindings, Paths, Remote, Rules};
use super::candidates;
use super::connect::{Access, connect};
use super::default_paths::JOURNALS;
use super::failure::Failure;
use super::goal::Reach;
use super::load::{Loaded, load};
use super::observe::block_on;
use super::record::Earlier;
use super::run::{Run, Session, Told};
use super::terminal::Terminal;
use super::views::of_pages;
use crate::config::closest;
use crate::diag::{Code, Diagnostic};
use crate::explain::{self, DomainState};
use crate::model::Address;
use crate::plan::Guard;
use crate::render::{self, Context, Exit, Format, Sought};
use crate::wire::DomainDetail;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Code of a finding, or an address: domain/app/stream; without it, all codes are listed
    #[arg(value_name = "CODE|ADDRESS", add = ArgValueCandidates::new(candidates::codes_and_addresses))]
    subject: Option<String>,

    /// Files and folders, read as one document [default: livevod.yaml, else livevod/]
    #[arg(long = "path", value_name = "PATH", num_args = 1..)]
    paths: Vec<PathBuf>,

    /// Also show what the service holds at the address, how that differs, the state of the domain, and the last entry about
    /// the address in the journals
    #[arg(long)]
    online: bool,

    /// Folder of the journals, read only with --online
    #[arg(long, value_name = "DIR", default_value = JOURNALS)]
    journal: PathBuf,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = of_pages())]
    format: Format,

    #[command(flatten)]
    remote: Remote,

    #[command(flatten)]
    shown: MaxFindings,
}

impl Run for Arguments {
    fn told(&self) -> Told<'_> {
        Told::in_format(self.format)
    }

    fn max_findings(&self) -> Option<usize> {
        self.shown.given()
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let Some(subject) = self.subject.as_deref() else {
            terminal.show(&render::codes(&terminal.layout(self.format)));
            return Ok(Exit::Success);
        };
        let is_guard = || Guard::ALL.iter().any(|guard| guard.name() == subject);
        if let Some(code) = Code::find(subject).or_else(|| is_guard().then_some(Code::Guard)) {
            terminal.show(&render::page(code, &terminal.layout(self.format)));
            return Ok(Exit::Success);
        }
        if !subject.contains('/') {
            return Err(Failure::from(unknown_code(subject)));
        }
        let address: Address = subject.parse().map_err(|error| unknown_address(subject, &error))?;
        explain_address(&address, self, terminal)
    }
}

fn explain_address(address: &Address, arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let loaded = load(&Paths::new(arguments.paths.clone()), &Rules::default())?;
    let explanation = explain::address(&loaded.document, &loaded.desired, address);
    // A domain that no file names is never read.
    let asked = match arguments.online && explanation.is_known_domain {
        true => Some(ask(address, &loaded, arguments)?),
        false => None,
    };
    let online = asked.as_ref().map(|Asked { online, earlier }| (online, earlier.last_entry(address)));
    let online = online.as_ref().map(|(online, last)| (*online, last.as_ref()));
    let diagnostics = asked.as_ref().map_or(&[][..], |asked| &asked.earlier.diagnostics);
    let exit = Exit::Success;
    let context = Context { sources: &loaded.sources, diagnostics, exit };
    let layout = terminal.layout(arguments.format);
    terminal.show(&render::explanation(&explanation, online, context, &layout));
    Ok(exit)
}

/// The service's answer about an address, and the journals of runs against the same target and account.
struct Asked {
    online: explain::Online,
    earlier: Earlier,
}

/// Reads the whole domain of the address: only a complete listing proves that a configuration is missing.
fn ask(address: &Address, loaded: &Loaded, arguments: &Arguments) -> Result<Asked, Failure> {
    let Loaded { desired, sources, .. } = loaded;
    let connection = connect(&arguments.remote, Access::Reads, &Reach::of(desired))?;
    let earlier = Earlier::read(&arguments.journal, &connection.target)?;
    let answers = async {
        let client = &connection.client;
        connection.prepare().await?;
        let both =
            tokio::try_join!(client.domain_detail(&address.domain), client.list_domain(&address.domain));
        Ok::<_, Failure>(both)
    };
    let (domain, held) = block_on(connection.asking(answers))??.map_err(|error| {
        let key = desired.domains.get(&address.domain).map(|domain| domain.key);
        let diagnostic = render::unanswered(&address.domain, Sought::Domain, &error, key);
        Failure { sources: sources.clone(), diagnostics: vec![diagnostic], exit: Exit::Error }
    })?;
    let domain =
        domain.map(|DomainDetail { name: _, kind, status, region }| DomainState { status, kind, region });
    let online = explain::online(desired, address, &connection.target.name, domain, &held);
    Ok(Asked { online, earlier })
}

fn unknown_code(text: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::Usage, format!("`{text}` is neither a code nor an address"));
    match closest(text, Code::ALL.iter().map(|code| code.as_str())) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None => diagnostic.help("each finding begins with its code; an address is `domain/app/stream`"),
    }
}

fn unknown_address(text: &str, error: &crate::model::AddressError) -> Failure {
    let message = format!("`{text}` is not an address: {error}");
    Failure::from(Diagnostic::new(Code::Usage, message).help("write `domain/app/stream`, as plans print it"))
}
