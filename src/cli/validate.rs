//! `livevod validate`.

use clap::Args;

use super::connect::{Access, connect};
use super::failure::Failure;
use super::goal::Reach;
use super::load::load;
use super::online;
use super::paths::Paths;
use super::remote::Remote;
use super::rules::Rules;
use super::run::{Run, Session, Terms};
use super::runtime::block_on;
use super::views::of_findings;
use crate::render::{self, Context, Exit, Format};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod validate
  livevod validate --online --deny warnings")]
pub(super) struct Arguments {
    #[command(flatten)]
    paths: Paths,

    #[command(flatten)]
    rules: Rules,

    /// Also check against the service, without writing: domains, their configurations, transcode groups, app spaces, recordings to OSS
    #[arg(long)]
    online: bool,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = of_findings())]
    format: Format,

    #[command(flatten)]
    remote: Remote,
}

impl Run for Arguments {
    fn terms(&self) -> Terms<'_> {
        Terms::in_format(self.format).showing(&self.rules.shown)
    }

    fn run(&self, Session { terminal, .. }: &Session) -> Result<Exit, Failure> {
        let Self { paths, rules, online, remote, format } = self;
        remote.insist_on_online("validate", *online)?;
        let mut loaded = load(paths, rules)?;
        if *online {
            let connection = connect(remote, Access::Reads, &Reach::of(&loaded.desired))?;
            let found = block_on(connection.asking(async {
                connection.prepare().await?;
                Ok::<_, Failure>(online::look(&loaded, &connection).await)
            }))??;
            loaded = loaded.with(found)?;
        }
        let exit = Exit::Success;
        let context = Context { sources: &loaded.sources, diagnostics: &loaded.diagnostics, exit };
        terminal.show(&render::validated(&loaded.desired, context, &terminal.layout(*format)));
        Ok(exit)
    }
}
