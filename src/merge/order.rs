//! The order of names in a file, if they have one, and the place of a new name in it.

use std::cmp::Ordering;

use crate::model::EVERY;

type Compare = fn(&str, &str) -> Ordering;

/// The orders in which people sort names.
const ORDERS: [Compare; 2] = [by_number, Ord::cmp];

/// The order of some names.
pub(super) struct Order<'n> {
    /// The index of each name but `*`, which people write first or last.
    named: Vec<(usize, &'n str)>,
    /// Where `*` is last, its index; else the number of names.
    end: usize,
    count: usize,
    /// `None` if they are not sorted.
    compare: Option<Compare>,
}

impl<'n> Order<'n> {
    /// Finds it.
    pub(super) fn of(names: &[&'n str]) -> Self {
        let named: Vec<(usize, &str)> =
            names.iter().copied().enumerate().filter(|(_, name)| *name != EVERY).collect();
        let is_sorted = |compare: &Compare| named.is_sorted_by(|one, two| compare(one.1, two.1).is_lt());
        let compare = ORDERS.into_iter().find(is_sorted);
        let end = match names {
            [_, .., last] if *last == EVERY => names.len() - 1,
            _ => names.len(),
        };
        Self { named, end, count: names.len(), compare }
    }

    /// The index before which a new name belongs: its sorted place if the names are sorted, else the end. `*` goes first.
    pub(super) fn place(&self, new: &str) -> usize {
        let Some(compare) = self.compare else { return self.count };
        if new == EVERY {
            return 0;
        }
        let next = self.named.partition_point(|(_, name)| compare(name, new).is_le());
        self.named.get(next).map_or(self.end, |(at, _)| *at)
    }

    /// How two new names follow each other.
    pub(super) fn compare(&self, one: &str, two: &str) -> Ordering {
        let is_named = |name| name != EVERY;
        is_named(one).cmp(&is_named(two)).then_with(|| self.compare.unwrap_or(by_number)(one, two))
    }

    /// Whether the names are sorted and a new name belongs between two of them.
    pub(super) fn is_within(&self, new: &str) -> bool {
        let Some(compare) = self.compare else { return false };
        let next = self.named.partition_point(|(_, name)| compare(name, new).is_lt());
        let is_other = |(_, name): &(usize, &str)| *name != new;
        next > 0 && self.named.get(next).is_some_and(is_other)
    }
}

/// Compares numbers in names by their value: `cam2` comes before `cam10`.
fn by_number(one: &str, two: &str) -> Ordering {
    let (mut left, mut right) = (one, two);
    while let (Some(first), Some(second)) = (left.chars().next(), right.chars().next()) {
        let [digits, others] = [left, right].map(leading_digits);
        if digits > 0 && others > 0 {
            let [number, other] =
                [&left[..digits], &right[..others]].map(|text| text.trim_start_matches('0'));
            let order = number.len().cmp(&other.len()).then_with(|| number.cmp(other));
            if order.is_ne() {
                return order;
            }
            (left, right) = (&left[digits..], &right[others..]);
        } else if first != second {
            return first.cmp(&second);
        } else {
            (left, right) = (&left[first.len_utf8()..], &right[second.len_utf8()..]);
        }
    }
    left.len().cmp(&right.len()).then_with(|| one.cmp(two))
}

fn leading_digits(text: &str) -> usize {
    text.len() - text.trim_start_matches(|sign: char| sign.is_ascii_digit()).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_where_the_others_are_sorted_and_else_to_the_end() {
        let table: [(&[&str], &str, usize); 12] = [
            (&[], "a", 0),
            (&["b"], "a", 0),
            (&["a", "c"], "b", 1),
            (&["c", "a"], "b", 2),
            (&["cam1", "cam2"], "cam10", 2),
            (&["cam1", "cam9", "cam10"], "cam2", 1),
            (&["cam1", "cam10", "cam2"], "cam11", 2),
            (&["*", "a", "c"], "b", 2),
            (&["a", "c", "*"], "d", 2),
            (&["a", "c"], "*", 0),
            (&["*"], "a", 1),
            (&["b", "a", "*"], "c", 3),
        ];
        for (names, new, index) in table {
            assert_eq!(Order::of(names).place(new), index, "{new} among {names:?}");
        }
    }

    #[test]
    fn numbers_count_by_their_value() {
        let sorted = ["", "a", "a-1", "cam", "cam1", "cam01", "cam2", "cam10", "cam10a", "cam10b", "d"];
        for (at, name) in sorted.iter().enumerate() {
            for (other_at, other) in sorted.iter().enumerate() {
                let expected =
                    if (*name, *other) == ("cam1", "cam01") { Ordering::Greater } else { at.cmp(&other_at) };
                let expected = if (*name, *other) == ("cam01", "cam1") { Ordering::Less } else { expected };
                assert_eq!(by_number(name, other), expected, "{name} {other}");
            }
        }
    }

    #[test]
    fn a_name_is_within_sorted_names_only_between_two() {
        let is_within = |names: &[&str], new: &str| Order::of(names).is_within(new);
        assert!(is_within(&["a", "c"], "b") && is_within(&["cam1", "cam10"], "cam9"));
        assert!(!is_within(&["a", "c"], "d") && !is_within(&["c", "a"], "b") && !is_within(&["b"], "b"));
    }
}
