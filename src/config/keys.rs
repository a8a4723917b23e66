//! The keys of settings, and of the entry of a stream, which has two more.

use std::iter;
use std::sync::LazyLock;

use crate::model::Field;

/// The keys of a block of settings.
pub(super) static SETTINGS: LazyLock<Vec<&str>> =
    LazyLock::new(|| iter::once("tier").chain(Field::MANAGED.map(Field::name)).collect());

/// The keys of a stream's entry.
pub(super) static STREAM: LazyLock<Vec<&str>> =
    LazyLock::new(|| SETTINGS.iter().copied().chain(["state", "expires"]).collect());
