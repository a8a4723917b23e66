//! The names of objects: parts between `/`, of characters that every store and file system takes as they are.

/// Whether names of objects may have this character, beside the `/` between their parts.
pub fn is_in_names(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_' | '*' | '@')
}

/// Whether a text is the name of an object.
pub fn is_name(text: &str) -> bool {
    let is_part = |part: &str| !["", ".", ".."].contains(&part) && part.chars().all(is_in_names);
    text.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_path_below_the_store() {
        for name in ["a", "lease/live.example.com/000001", "a/*@_-.b"] {
            assert!(is_name(name), "{name}");
        }
        for other in ["", "/a", "a/", "a//b", "..", "a/../b", "a b", "a\\b", "中", "a%2fb", "a\n"] {
            assert!(!is_name(other), "{other:?}");
        }
    }
}
