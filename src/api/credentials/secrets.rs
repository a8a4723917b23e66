//! Tells [`Secrets`] what of a source is secret.

use crate::gate::Secrets;
use crate::wire::{EMULATOR_SECRET, Key};

/// Tells what of a key is secret. Its id is not: the service shows it in its own logs, and people need it to find the key.
pub(super) fn tell_key(Key { id: _, secret, token }: &Key, secrets: &Secrets) {
    tell(secret.expose(), secrets);
    token.iter().for_each(|token| tell(token.expose(), secrets));
}

/// Tells a secret, unless it is the one that every emulator takes: that is documented, and a common word.
pub(super) fn tell(secret: &str, secrets: &Secrets) {
    if secret != EMULATOR_SECRET {
        secrets.learn(secret);
    }
}

/// Tells the values of a source whose names say that they are secret, whether they are used or not.
pub(super) fn tell_named<'a>(values: impl IntoIterator<Item = (&'a String, &'a String)>, secrets: &Secrets) {
    const NAMES: [&str; 4] = ["secret", "token", "password", "private_key"];
    for (name, value) in values {
        if NAMES.iter().any(|part| name.contains(part)) && !name.ends_with("_file") {
            tell(value, secrets);
        }
    }
}
