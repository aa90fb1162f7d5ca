//! The JSON Schema of a profile's file, for editors.

use schemars::{Schema, schema_for};
use serde_json::{Value, json};

use super::sheet::Profile;

/// The JSON Schema of a profile's file: a profile, with `extends` and
/// `versions`. What a profile must say may come from the one that it extends,
/// so nothing but its name is asked for; what changes at a version may be any
/// part of it, and `null` takes away.
pub fn profile_schema() -> Schema {
    let mut schema = schema_for!(Profile);
    let parts: Vec<Value> = schema
        .get("properties")
        .and_then(Value::as_object)
        .map(|parts| parts.keys().map(|key| json!(key)).collect())
        .unwrap_or_default();
    schema.insert("title".to_owned(), json!("ProfileFile"));
    schema.insert("required".to_owned(), json!(["name"]));
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let extends = json!({
            "type": "string",
            "description": "The profile that this one changes: the name of a built-in one, or a \
                            path relative to this file.",
        });
        let versions = json!({
            "type": "object",
            "description": "What changes at a version, and holds until the next: laid over what \
                            stands above after RFC 7396, so that `null` takes away.",
            "additionalProperties": { "type": "object", "propertyNames": { "enum": parts } },
        });
        properties.insert("extends".to_owned(), extends);
        properties.insert("versions".to_owned(), versions);
    }
    schema
}
