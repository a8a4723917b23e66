//! What became of everything that aired, in words that every format shares, and one file for each rendering.

mod aired;
mod findings;
mod human;
mod json;
mod markdown;
mod sessions;
mod view;
pub(super) mod words;

pub(super) use findings::audit_findings;
pub(super) use human::human_audit;
pub(super) use json::{AuditDocument, SessionRow, audit_json};
pub(super) use markdown::markdown_audit;
pub use sessions::SessionsView;
pub(super) use sessions::{SessionsDocument, human_sessions, sessions_json};
pub use view::AuditView;
pub(super) use view::Group;
