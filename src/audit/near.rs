//! Names that were probably meant to be another one.

use crate::model::Address;

/// Whether two addresses of a domain differ only in case, in `-` for `_`, or in blanks: an encoder that sends one where the
/// other is declared is not recorded, and nobody means that.
pub fn is_near_miss(aired: &Address, declared: &Address) -> bool {
    let folded = |address: &Address| [fold(&address.app), fold(&address.stream)];
    aired != declared && aired.domain == declared.domain && folded(aired) == folded(declared)
}

/// What is left of a name without case, the kind of its dashes, and blanks.
pub(super) fn fold(name: &str) -> String {
    let kept = name.chars().filter(|one| !one.is_whitespace());
    kept.flat_map(char::to_lowercase).map(|one| if one == '_' { '-' } else { one }).collect()
}
