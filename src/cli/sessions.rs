//! `livevod sessions`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use super::audit::{domains, whole_domains};
use super::connect::{Access, connect};
use super::failure::Failure;
use super::goal::Goal;
use super::load::load;
use super::observe::observe;
use super::places::Places;
use super::planning::{Guards, Planning, plan_options};
use super::reading::{self, Asked, Kept};
use super::record::Earlier;
use super::run::{Run, Session, Terms};
use super::runtime::block_on;
use super::sealed;
use super::undeclared::Breadth;
use super::views::of_pages;
use super::window::Window;
use crate::audit::{self, History};
use crate::diag::Code;
use crate::render::{self, Context, Exit, SessionsView};
use crate::sessions::{self, SavedSessions};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod sessions --since 7d --out week.json
  livevod sessions --target live.example.com/show")]
#[command(mut_arg("format", |format| format.value_parser(of_pages())))]
#[command(mut_arg("full", |full| full.hide(true)))]
#[command(mut_arg("max_bytes", |bytes| bytes.hide(true)))]
#[command(mut_arg("link_base", |base| base.hide(true)))]
#[command(mut_arg("title", |title| title.hide(true)))]
pub(super) struct Arguments {
    #[command(flatten)]
    planning: Planning,

    #[command(flatten)]
    window: Window,

    /// Also save what was read to FILE, for `audit --sessions` and `plan --replay`; if the run is interrupted, the same command
    /// continues where it stopped
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Also list transcoded streams
    #[arg(long)]
    transcoded: bool,

    /// Also keep the IP addresses of publishers, which are personal data
    #[arg(long)]
    clients: bool,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        Terms::of(&self.planning.scope, &self.planning.rules)
    }

    fn places(&self) -> Places<'_> {
        self.planning.places(Vec::new).writing("--out", self.out.as_ref())
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let Self { planning: Planning { paths, rules, scope }, window, out, transcoded, clients } = self;
        let period = window.period(Timestamp::now())?;
        let mut asked = Asked { period, transcoded: *transcoded, clients: *clients };
        let loaded = load(paths, rules)?;
        let selection = plan_options(scope, &Guards::default()).selection;
        let connection = connect(&scope.remote, Access::Reads, &Goal::Files.reach(&loaded.desired))?;
        let domains = domains(&loaded, &scope.remote, &selection);
        let options = whole_domains(scope, &domains);
        let kept = out.as_ref().filter(|out| !super::places::is_standard_output(out));
        let mut kept =
            kept.map(|out| Kept::open(out, &mut asked, &window.asked(), &connection.target)).transpose()?;
        let earlier = Earlier::read_all(&scope.keeping, &scope.remote, &connection.target)?;
        let reading = async {
            let breadth = Breadth::DECLARED;
            let observed = observe(&loaded, &connection, &options, &earlier, Goal::Files, breadth).await?;
            observed.insist_on_own_account()?;
            let aired = connection.asking(reading::read(&connection, domains, asked, kept.as_mut())).await?;
            Ok::<_, Failure>((observed, aired))
        };
        let (observed, aired) = block_on(reading)??;
        let writes = earlier.writes(&scope.keeping, &scope.remote, aired.period.from);
        let history = History::new(&observed.snapshot, &writes).if_whole(earlier.is_whole());
        let sessions = audit::sessions(&aired, &history);
        let sessions: Vec<_> = sessions.into_iter().filter(|one| selection.selects(&one.address)).collect();
        let saved = SavedSessions {
            livevod: env!("CARGO_PKG_VERSION").to_owned(),
            time: Timestamp::now(),
            target: connection.target.name.clone(),
            account: connection.target.account.clone(),
            transcoded: *transcoded,
            aired,
        };
        if let Some(out) = out {
            sealed::write(out, Code::Usage, sessions::write(&saved))?;
            // What could not be read is read again.
            if saved.aired.is_complete() {
                kept.into_iter().for_each(Kept::remove);
            }
        }
        let diagnostics = observed.findings(&loaded);
        let exit = if saved.aired.is_complete() && observed.is_read() { Exit::Success } else { Exit::Error };
        let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
        let out = out.as_ref().map(|out| Arc::from(out.display().to_string()));
        let view = SessionsView { target: &connection.target, aired: &saved.aired, sessions: &sessions, out };
        terminal.show(&render::sessions(&view, context, &scope.layout(terminal)));
        Ok(exit)
    }
}
