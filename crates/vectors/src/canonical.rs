//! JSON text that does not depend on how `serde_json` was built: members sorted by name, no white space.

use serde_json::Value;

/// Writes a value with the members of every object sorted by name.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            list(text, ['{', '}'], members, |(name, value), text| {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(value, text);
            });
        }
        Value::Array(items) => list(text, ['[', ']'], items, write),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

fn list<T>(text: &mut String, [open, close]: [char; 2], items: impl IntoIterator<Item = T>, each: impl Fn(T, &mut String)) {
    text.push(open);
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        each(item, text);
    }
    text.push(close);
}
