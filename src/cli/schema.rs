//! `livevod schema`.

use super::failure::Failure;
use super::terminal::Terminal;
use crate::render::Exit;
use crate::{config, render};

pub(super) fn run(terminal: &Terminal) -> Result<Exit, Failure> {
    terminal.print(&render::pretty(&config::schema()));
    Ok(Exit::Success)
}
