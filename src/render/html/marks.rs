//! Text from elsewhere made harmless for a page.

use super::super::phrases::marked;
use crate::gate::clean;

/// Text that is harmless between tags and in quoted attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in clean(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A sentence, what stands between its backticks as code.
pub(super) fn sentence_of(text: &str) -> String {
    marked(&escaped(text), str::to_owned, |piece| format!("<code>{piece}</code>"))
}

/// A value as code that a screen reader tells to be the old or the new one, by its tag.
pub(super) fn side(tag: &str, text: &str) -> String {
    format!("<{tag}><code>{}</code></{tag}>", escaped(text))
}
