//! Which part of an object a Range header asks for.

/// The part of an object that is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// From one byte to before another.
    Bytes { from: usize, to: usize },
    /// No byte of it was asked for.
    Nothing,
}

/// The part that a Range header asks for. One that the object does not have in full is the whole object, unless the request has
/// `x-oss-range-behavior: standard`: then it is what HTTP says.
pub(super) fn part(header: Option<&str>, length: usize, is_standard: bool) -> Part {
    let Some((from, to)) = header.and_then(|text| text.trim().strip_prefix("bytes=")?.split_once('-')) else {
        return Part::Whole;
    };
    let (first, last) = match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last),
        (Ok(first), Err(_)) if to.is_empty() => (first, length.saturating_sub(1).max(first)),
        (Err(_), Ok(count)) if from.is_empty() && count > 0 => {
            if count > length && !is_standard {
                return Part::Whole;
            }
            (length.saturating_sub(count), length.saturating_sub(1))
        }
        _ => return Part::Whole,
    };
    match (first < length, last < length) {
        (true, true) => Part::Bytes { from: first, to: last + 1 },
        (true, false) if is_standard => Part::Bytes { from: first, to: length },
        (false, _) if is_standard => Part::Nothing,
        _ => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_beyond_the_object_is_the_whole_object_unless_it_is_to_be_standard() {
        let bytes = |from, to| Part::Bytes { from, to };
        for (header, usual, standard) in [
            ("bytes=0-3", bytes(0, 4), bytes(0, 4)),
            ("bytes=4-", bytes(4, 10), bytes(4, 10)),
            ("bytes=-3", bytes(7, 10), bytes(7, 10)),
            ("bytes=5-20", Part::Whole, bytes(5, 10)),
            ("bytes=-20", Part::Whole, bytes(0, 10)),
            ("bytes=10-", Part::Whole, Part::Nothing),
            ("bytes=20-30", Part::Whole, Part::Nothing),
            ("bytes=3-2", Part::Whole, Part::Whole),
            ("bytes=a-b", Part::Whole, Part::Whole),
            ("0-3", Part::Whole, Part::Whole),
        ] {
            assert_eq!(part(Some(header), 10, false), usual, "{header}");
            assert_eq!(part(Some(header), 10, true), standard, "{header}");
        }
        assert_eq!(part(None, 10, true), Part::Whole);
        assert_eq!(part(Some("bytes=0-"), 0, true), Part::Nothing);
        assert_eq!(part(Some("bytes=0-"), 0, false), Part::Whole);
    }
}
