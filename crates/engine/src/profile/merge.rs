//! Later values over earlier ones, after RFC 7396: maps are merged key by key,
//! anything else is replaced, and `null` removes.

use serde_json::{Map, Value};

/// Lays `patch` over `target`. New keys come last.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (key, change) in changes {
        if change.is_null() {
            fields.shift_remove(key);
        } else {
            merge(fields.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn later_values_win_and_null_removes() {
        let mut value = json!({ "a": { "b": 1, "c": 2 }, "d": [1, 2], "e": 3 });
        merge(&mut value, &json!({ "a": { "b": null, "f": { "g": null } }, "d": [3], "h": 4 }));
        assert_eq!(value, json!({ "a": { "c": 2, "f": {} }, "d": [3], "e": 3, "h": 4 }));
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["a", "d", "e", "h"]);
    }
}
