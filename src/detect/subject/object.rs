//! Reads of a JSON object what says what happened; the rest is passed over, and no memory is asked for it.

use super::{ERROR_KEYS, MESSAGE_KEYS, NESTED_KEYS};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The fields of `text` that are asked for; `None` where it is no JSON object.
pub(super) fn read(text: &str) -> Option<Map<String, Value>> {
    let mut json = serde_json::Deserializer::from_str(text);
    let object = json.deserialize_map(Fields).ok()?;
    json.end().ok().map(|()| object)
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Map<String, Value>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key_seed(Key)? {
            match key {
                Some(key) => drop(fields.insert(key.to_owned(), map.next_value()?)),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

/// The key, where it is one of those.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<&'static str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        let mut known = [MESSAGE_KEYS, ERROR_KEYS, NESTED_KEYS].into_iter().flatten().copied();
        Ok(known.find(|known| *known == key))
    }
}
