//! One finding: what is wrong, where, why, and what to do about it.

use super::code::{Code, Severity};
use crate::gate::without_error_numbers;
use crate::model::Address;
use crate::source::Span;

/// One finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// Which rule found it.
    pub code: Code,
    /// What is wrong: a lowercase fragment with literals in backticks.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where; the first label is the exact value at fault. Empty when no file is to blame.
    pub labels: Vec<Label>,
    /// Where the value comes from: the chain of inheritance, the first definition, and so on.
    pub related: Vec<Note>,
    /// The configuration it is about.
    pub address: Option<Address>,
    /// The RequestId of the failed request.
    pub request_id: Option<String>,
}

/// A span and what is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is *here*; may be empty.
    pub text: String,
}

/// A related fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// The fact.
    pub message: String,
    /// Its place, if it is in a file.
    pub span: Option<Span>,
}

/// The longest word of a message, in characters: an address has at most 765.
const LONGEST_WORD: usize = 1_024;

/// How many characters of a longer word are shown.
const TOLD: usize = 64;

/// The message, with each word clipped that is longer than any name can be: a value may be a whole file.
fn clipped(message: String) -> String {
    if message.len() <= LONGEST_WORD {
        return message;
    }
    let clip = |word: &str| match word.chars().nth(LONGEST_WORD) {
        None => word.to_owned(),
        Some(_) => {
            let told: String = word.chars().take(TOLD).collect();
            format!("{told}… ({} characters)", word.chars().count())
        }
    };
    message.split(' ').map(clip).collect::<Vec<_>>().join(" ")
}

impl Diagnostic {
    /// A finding of `code` with the code's own severity; everything else but the message is empty.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: code.severity(),
            code,
            message: clipped(without_error_numbers(&message.into()).into_owned()),
            help: None,
            labels: Vec::new(),
            related: Vec::new(),
            address: None,
            request_id: None,
        }
    }

    /// Adds a label; the first one is the primary.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Sets the help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a related note.
    #[must_use]
    pub fn note(mut self, message: impl Into<String>, span: Option<Span>) -> Self {
        self.related.push(Note { message: message.into(), span });
        self
    }

    /// Names the configuration it is about.
    #[must_use]
    pub fn about(mut self, address: &Address) -> Self {
        self.address = Some(address.clone());
        self
    }

    /// Whether it stops the run.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Whether any finding stops the run.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

/// Puts findings in the order they are shown: by file and place, findings without a place last, errors before warnings.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| {
        let span = diagnostic.labels.first().map(|label| label.span);
        (span.is_none(), span, diagnostic.severity, diagnostic.code)
    });
}
