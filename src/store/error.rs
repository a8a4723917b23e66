//! Why a store did not do what it was asked to.

/// Why an operation of a store failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    /// The kind of trouble: what a caller decides by.
    pub trouble: Trouble,
    /// What the store said, without secrets.
    pub message: String,
}

/// The kind of trouble with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// No answer, or no usable one: the operation may have been carried out.
    Unreachable,
    /// The store is busy or limits the rate: the operation was not carried out.
    Busy,
    /// The credentials do not permit the operation.
    Forbidden,
    /// The credentials are refused: unknown, wrong or expired.
    Unauthenticated,
    /// The clock of this machine is too far from that of the store.
    Skewed,
    /// There is no such bucket, or it is in another region.
    NoBucket,
    /// The bucket keeps versions, so that an object can be created twice.
    Versioned,
    /// The bucket lets nothing be removed or changed.
    Locked,
    /// Anything else.
    Other,
}

impl StoreError {
    /// An error of a kind.
    pub fn new(trouble: Trouble, message: impl Into<String>) -> Self {
        Self { trouble, message: message.into() }
    }

    /// Whether asking again may help.
    pub fn is_passing(&self) -> bool {
        matches!(self.trouble, Trouble::Unreachable | Trouble::Busy)
    }
}
