//! The published schemas, and whether they hold for the files they describe.

use std::collections::BTreeSet;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use crate::project::Project;

/// Checks that every schema is one, and that the vectors and the annotated policy file follow theirs.
///
/// # Errors
/// Lists every place where a file and its schema differ.
pub(crate) fn check(project: &Project) -> Result<(), String> {
    for file in project.files(SCHEMAS, "json")? {
        Schema::compile(project, &file)?;
    }
    let mut differences = policy_differences(project)?;
    differences.extend(undocumented_codes(project)?);
    let decisions = Schema::compile(project, DECISION_SCHEMA)?;
    let attacks = Schema::compile(project, ATTACK_SCHEMA)?;
    for file in [project.files(DECISIONS, "json")?, project.files(ATTACKS, "json")?].concat() {
        let vectors = json(project, &file)?;
        let are_requests = vectors.pointer("/cases/0/request").is_some_and(Value::is_object);
        let schema = if are_requests { &decisions } else { &attacks };
        differences.extend(schema.difference(&file, &vectors));
    }
    for difference in &differences {
        println!("{difference}");
    }
    if differences.is_empty() { Ok(()) } else { Err(format!("differences from the schemas: {}", differences.len())) }
}

/// Compares the annotated policy file with its schema: its form, and that it names every key.
fn policy_differences(project: &Project) -> Result<Vec<String>, String> {
    let text = project.read(POLICY)?;
    let policy: Value = toml::from_str(&text).map_err(|error| format!("{POLICY}: {error}"))?;
    let written = words(&text);
    let keys = keys(&json(project, POLICY_SCHEMA)?);
    let missing = keys.iter().filter(|key| !written.contains(key.as_str()));
    let missing = missing.map(|key| format!("{POLICY}: the key `{key}` of the schema is not explained"));
    Ok(Schema::compile(project, POLICY_SCHEMA)?.difference(POLICY, &policy).into_iter().chain(missing).collect())
}

/// Compares the reason codes of the schema with the first column of the page that explains them.
fn undocumented_codes(project: &Project) -> Result<Vec<String>, String> {
    let schema = json(project, POLICY_SCHEMA)?;
    let page = project.read(CODES)?;
    let listed = schema.pointer("/$defs/code/enum").and_then(Value::as_array).ok_or("the schema lists no reason codes")?;
    let listed: BTreeSet<&str> = listed.iter().filter_map(Value::as_str).filter(|code| *code != "allowed").collect();
    let explained: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    Ok(listed
        .symmetric_difference(&explained)
        .map(|code| format!("{CODES}: `{code}` stands only here or only in the schema"))
        .collect())
}

/// One compiled schema.
struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    /// Compiles a schema after checking it against the 2020-12 meta-schema.
    fn compile(project: &Project, file: &str) -> Result<Self, String> {
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        compiler.add_resource(file, json(project, file)?).map_err(|error| format!("{file}: {error:#}"))?;
        let index = compiler.compile(file, &mut schemas).map_err(|error| format!("{file}: {error:#}"))?;
        Ok(Self { schemas, index })
    }

    /// Says where `instance` differs, one line for each place.
    fn difference(&self, file: &str, instance: &Value) -> Option<String> {
        self.schemas.validate(instance, self.index).err().map(|error| format!("{file}: {error}"))
    }
}

fn json(project: &Project, file: &str) -> Result<Value, String> {
    serde_json::from_str(&project.read(file)?).map_err(|error| format!("{file}: {error}"))
}

/// Collects the names under `properties`, at any depth.
fn keys(schema: &Value) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    if let Value::Object(members) = schema {
        if let Some(Value::Object(properties)) = members.get("properties") {
            keys.extend(properties.keys().cloned());
        }
        members.values().for_each(|member| keys.extend(self::keys(member)));
    } else if let Value::Array(items) = schema {
        items.iter().for_each(|item| keys.extend(self::keys(item)));
    }
    keys
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').collect()
}

const SCHEMAS: &str = "schemas";
const DECISION_SCHEMA: &str = "schemas/decisions.schema.json";
const DECISIONS: &str = "vectors/decisions";
const ATTACK_SCHEMA: &str = "schemas/attacks.schema.json";
const ATTACKS: &str = "vectors/attacks";
const POLICY_SCHEMA: &str = "schemas/policy.schema.json";
const CODES: &str = "docs/src/reference/reason-codes.md";
const POLICY: &str = "docs/src/reference/gatewright.toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_at_any_depth() {
        let schema = serde_json::json!({
            "properties": { "rule": { "items": { "$ref": "#/$defs/rule" } } },
            "$defs": { "rule": { "properties": { "allow": { "oneOf": [{ "properties": { "users": {} } }] } } } },
        });
        assert_eq!(keys(&schema), ["allow", "rule", "users"].map(str::to_owned).into());
    }

    #[test]
    fn words_end_at_punctuation() {
        assert!(words("# max_age = \"10m\", {acr}").is_superset(&["max_age", "10m", "acr"].into()));
    }
}
