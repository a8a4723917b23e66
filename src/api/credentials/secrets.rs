//! Registers the secrets of a source in [`Secrets`].

use crate::gate::Secrets;
use crate::wire::{EMULATOR_SECRET, Key};

/// Registers the secret parts of a key. Its id is not secret: the service shows it in its own logs, and people need it
/// to find the key.
pub(super) fn tell_key(Key { id: _, secret, token }: &Key, secrets: &Secrets) {
    tell(secret.expose(), secrets);
    token.iter().for_each(|token| tell(token.expose(), secrets));
}

/// Registers a secret, except the one that every emulator accepts: that one is documented, and a common word.
pub(super) fn tell(secret: &str, secrets: &Secrets) {
    if secret != EMULATOR_SECRET {
        secrets.learn(secret);
    }
}

/// Registers the values whose names say that they are secret, used or not.
pub(super) fn tell_named<'a>(values: impl IntoIterator<Item = (&'a String, &'a String)>, secrets: &Secrets) {
    const NAMES: [&str; 4] = ["secret", "token", "password", "private_key"];
    for (name, value) in values {
        if NAMES.iter().any(|part| name.contains(part)) && !name.ends_with("_file") {
            tell(value, secrets);
        }
    }
}
