//! A small map by field.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Field;

/// What is known of some fields, in the order of the fields. Most configurations set two or three fields, and there are many
/// configurations: a `BTreeMap` takes room for eleven from the first one on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldMap<T>(Vec<(Field, T)>);

impl<T> FieldMap<T> {
    /// A map without fields.
    pub const EMPTY: Self = Self(Vec::new());

    /// What is known of a field.
    pub fn get(&self, field: Field) -> Option<&T> {
        self.position(field).ok().map(|at| &self.0[at].1)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, field: Field) -> Option<&mut T> {
        self.position(field).ok().map(|at| &mut self.0[at].1)
    }

    /// Sets it, in place of what was known.
    pub fn insert(&mut self, field: Field, value: T) {
        match self.position(field) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (field, value)),
        }
    }

    /// Sets it unless something is known already.
    pub fn keep_or_insert(&mut self, field: Field, value: T) {
        if let Err(at) = self.position(field) {
            self.0.insert(at, (field, value));
        }
    }

    /// Gives back the room that it does not need, once nothing is added any more.
    pub fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    /// Everything, in the order of the fields.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &T)> {
        self.0.iter().map(|(field, value)| (*field, value))
    }

    /// The fields of which something is known.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        self.0.iter().map(|(field, _)| *field)
    }

    /// What is known, in the order of the fields.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }

    fn position(&self, field: Field) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(&field))
    }
}

impl<T> Default for FieldMap<T> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<T> FromIterator<(Field, T)> for FieldMap<T> {
    fn from_iter<I: IntoIterator<Item = (Field, T)>>(fields: I) -> Self {
        let fields = fields.into_iter();
        let mut map = Self(Vec::with_capacity(fields.size_hint().0));
        fields.for_each(|(field, value)| map.insert(field, value));
        map.shrink();
        map
    }
}

impl<T, const N: usize> From<[(Field, T); N]> for FieldMap<T> {
    fn from(fields: [(Field, T); N]) -> Self {
        fields.into_iter().collect()
    }
}

impl<T> IntoIterator for FieldMap<T> {
    type Item = (Field, T);
    type IntoIter = std::vec::IntoIter<(Field, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T: Serialize> Serialize for FieldMap<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for FieldMap<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
    type Value = FieldMap<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map by field")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut map = FieldMap(Vec::with_capacity(1));
        while let Some((field, value)) = access.next_entry()? {
            map.insert(field, value);
        }
        map.shrink();
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_a_map(
            steps in vec((select(Field::leaves().collect::<Vec<_>>()), any::<u8>(), any::<bool>()), 0..30),
        ) {
            let (mut map, mut model) = (FieldMap::default(), BTreeMap::new());
            for (field, value, replaces) in steps {
                if replaces {
                    map.insert(field, value);
                    model.insert(field, value);
                } else {
                    map.keep_or_insert(field, value);
                    model.entry(field).or_insert(value);
                }
            }
            for field in Field::leaves() {
                prop_assert_eq!(map.get(field), model.get(&field));
            }
            prop_assert!(map.fields().eq(model.keys().copied()));
            prop_assert!(map.values().eq(model.values()));
            prop_assert_eq!(serde_json::to_value(&map)?, serde_json::to_value(&model)?);
            let text = serde_json::to_string(&map)?;
            prop_assert_eq!(serde_json::from_str::<FieldMap<u8>>(&text)?, map.clone());
            prop_assert!(map.into_iter().eq(model));
        }
    }
}
