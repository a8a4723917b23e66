//! `livevod man`.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use roff::{Roff, bold, roman};
use serde_json::Value;

use super::failure::Failure;
use super::run::{Run, Session};
use crate::diag::{Code, Diagnostic};
use crate::files;
use crate::render::{self, Exit, OutputKind};

/// The name of the page about the format of the files.
const FILES: &str = "files";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod man plan | man -l -
  livevod man --dir /usr/local/share/man")]
pub(super) struct Arguments {
    /// A command, or `files` for the format of the YAML files; without it, the page of livevod itself
    #[arg(value_name = "COMMAND")]
    page: Option<String>,

    /// Write all pages to DIR, in the folders man1 and man5, where `man` finds them
    #[arg(long, value_name = "DIR", conflicts_with = "page")]
    dir: Option<PathBuf>,
}

/// One page, with the name of its file.
struct Page {
    name: String,
    section: u8,
    text: Vec<u8>,
}

impl Run for Arguments {
    fn run(&self, session: &Session) -> Result<Exit, Failure> {
        let unmade = |error: io::Error| Diagnostic::new(Code::Unreadable, error.to_string());
        let pages = pages(&(session.program)()).map_err(unmade)?;
        if let Some(folder) = &self.dir {
            for page in &pages {
                page.write(folder)?;
            }
            session.terminal.print(&format!("wrote {} pages to {}\n", pages.len(), folder.display()));
            return Ok(Exit::Success);
        }
        let name = match self.page.as_deref() {
            None => "livevod".to_owned(),
            Some(name) => format!("livevod-{name}"),
        };
        let Some(page) = pages.iter().find(|page| page.name == name) else {
            let message = format!("there is no page `{}`", self.page.as_deref().unwrap_or_default());
            return Err(Diagnostic::new(Code::Usage, message)
                .help("name a command, or `files`; `livevod help` lists the commands")
                .into());
        };
        session.terminal.print_verbatim(&String::from_utf8_lossy(&page.text));
        Ok(Exit::Success)
    }
}

/// The program's page, one for each command, and one for the files.
fn pages(command: &clap::Command) -> io::Result<Vec<Page>> {
    let mut pages = vec![page("livevod".to_owned(), command)?];
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let name = format!("livevod-{}", inner.get_name());
        pages.push(page(name.clone(), &inner.clone().display_name(name))?);
    }
    pages.push(Page { name: format!("livevod-{FILES}"), section: 5, text: of_files()? });
    Ok(pages)
}

fn page(name: String, command: &clap::Command) -> io::Result<Page> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    Ok(Page { name, section: 1, text })
}

impl Page {
    fn write(&self, folder: &Path) -> Result<(), Failure> {
        let Self { name, section, text } = self;
        let folder = folder.join(format!("man{section}"));
        let file = folder.join(format!("{name}.{section}"));
        let written = std::fs::create_dir_all(&folder)
            .and_then(|()| files::write(&file, &String::from_utf8_lossy(text)));
        let unwritten =
            |error| Diagnostic::new(Code::Usage, format!("can't write `{}`: {error}", file.display()));
        Ok(written.map_err(unwritten)?)
    }
}

/// The format of the files, from their JSON Schema.
fn of_files() -> io::Result<Vec<u8>> {
    let schema = render::schema(OutputKind::Files);
    let mut page = Roff::new();
    page.control("TH", ["livevod-files", "5"]);
    page.control("SH", ["NAME"]);
    page.text([roman("livevod-files - the YAML files of livevod")]);
    page.control("SH", ["DESCRIPTION"]);
    page.text([roman(
        "All files and folders given to a command are read as one document. Keys that are not listed here are errors, and so \
         are duplicate keys, merge keys and blank values.",
    )]);
    keys(&mut page, "TOP LEVEL", &schema);
    for (name, about) in schema["$defs"].as_object().into_iter().flatten() {
        keys(&mut page, &name.to_ascii_uppercase(), about);
    }
    page.control("SH", ["SEE ALSO"]);
    page.text([bold("livevod"), roman("(1), "), bold("livevod-explain"), roman("(1)")]);
    let mut text = Vec::new();
    page.to_writer(&mut text)?;
    Ok(text)
}

/// A section about one kind of block: its description, then each of its keys.
fn keys(page: &mut Roff, heading: &str, schema: &Value) {
    page.control("SH", [heading]);
    let about = |value: &Value| value["description"].as_str().unwrap_or_default().to_owned();
    page.text([roman(about(schema))]);
    for (name, key) in schema["properties"].as_object().into_iter().flatten() {
        page.control("TP", []);
        page.text([bold(name)]);
        page.text([roman(about(key))]);
    }
}
