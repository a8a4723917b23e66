//! Text from elsewhere made harmless for a page.

use super::super::phrases::marked;
use crate::gate::{clean, html};

/// Text that is harmless between tags and in quoted attributes.
pub(super) fn escaped(text: &str) -> String {
    html(&clean(text))
}

/// A sentence, what stands between its backticks as code.
pub(super) fn sentence_of(text: &str) -> String {
    marked(&escaped(text), str::to_owned, |piece| format!("<code>{piece}</code>"))
}

/// A value as code that a screen reader tells to be the old or the new one, by its tag.
pub(super) fn side(tag: &str, text: &str) -> String {
    format!("<{tag}><code>{}</code></{tag}>", escaped(text))
}
