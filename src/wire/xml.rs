//! The little XML that the service uses if JSON was not requested: elements and text, converted from and to JSON.

use serde_json::{Map, Value};

/// The deepest nesting that is read; the service's own answers need five levels.
const DEPTH: usize = 16;

/// Parses a document into its root's name and content: elements become objects, repeated ones arrays, the rest text.
///
/// Attributes are ignored. `None` if the text is not such a document.
pub fn read(text: &str) -> Option<(String, Value)> {
    let mut reader = Reader { rest: text.trim() };
    reader.skip_declarations()?;
    let root = reader.element(0)?;
    reader.rest.is_empty().then_some(root)
}

/// Writes a document: objects become elements, arrays repeated ones, anything else text.
pub fn write(root: &str, content: &Value) -> String {
    let mut text = "<?xml version='1.0' encoding='UTF-8'?>".to_owned();
    write_element(&mut text, root, content);
    text
}

fn write_element(text: &mut String, name: &str, content: &Value) {
    if let Value::Array(items) = content {
        items.iter().for_each(|item| write_element(text, name, item));
        return;
    }
    text.push_str(&format!("<{name}>"));
    match content {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| write_element(text, name, value)),
        Value::String(value) => text.push_str(&escape(value)),
        Value::Null => {}
        other => text.push_str(&other.to_string()),
    }
    text.push_str(&format!("</{name}>"));
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescape(text: &str) -> String {
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    plain.replace("&amp;", "&")
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip_declarations(&mut self) -> Option<()> {
        while self.rest.starts_with("<?") || self.rest.starts_with("<!") {
            self.until('>')?;
            self.rest = self.rest.trim_start();
        }
        Some(())
    }

    /// The text before `end`, which is skipped.
    fn until(&mut self, end: char) -> Option<&'a str> {
        let (before, after) = self.rest.split_once(end)?;
        self.rest = after;
        Some(before)
    }

    fn element(&mut self, depth: usize) -> Option<(String, Value)> {
        self.rest = self.rest.strip_prefix('<').filter(|_| depth < DEPTH)?;
        let tag = self.until('>')?;
        let name = tag.split([' ', '\t', '\r', '\n', '/']).next().filter(|name| !name.is_empty())?;
        if tag.ends_with('/') {
            return Some((name.to_owned(), Value::String(String::new())));
        }
        let (before, _) = self.rest.split_once('<')?;
        self.rest = &self.rest[before.len()..];
        let content = if self.rest.starts_with("</") {
            Value::String(unescape(before.trim()))
        } else {
            Value::Object(self.children(depth + 1)?)
        };
        self.rest = self.rest.strip_prefix("</")?.strip_prefix(name)?.trim_start().strip_prefix('>')?;
        Some((name.to_owned(), content))
    }

    fn children(&mut self, depth: usize) -> Option<Map<String, Value>> {
        let mut fields = Map::new();
        while !self.rest.starts_with("</") {
            let (name, value) = self.element(depth)?;
            insert(&mut fields, name, value);
            self.rest = self.rest.trim_start();
        }
        Some(fields)
    }
}

fn insert(fields: &mut Map<String, Value>, name: String, value: Value) {
    match fields.get_mut(&name) {
        None => {
            fields.insert(name, value);
        }
        Some(Value::Array(items)) => items.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_reads_back() {
        let content = json!({"List": {"Item": [{"A": "x<y>&z"}, {"A": "2"}]}, "Empty": ""});
        assert_eq!(read(&write("R", &content)), Some(("R".to_owned(), content)));
    }

    #[test]
    fn white_space_attributes_and_empty_elements_are_read() {
        let text = "<?xml version='1.0'?>\n<Error xmlns='x'>\n  <Code>A.B</Code>\n  <HostId/>\n</Error>\n";
        assert_eq!(read(text), Some(("Error".to_owned(), json!({"Code": "A.B", "HostId": ""}))));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let deep = "<a>".repeat(100_000);
        for text in ["", "<", "<a>", "<a></b>", "<a></a><b></b>", "plain", "<a><b></a></b>", &deep] {
            assert_eq!(read(text), None, "{}", &text[..text.len().min(20)]);
        }
    }
}
