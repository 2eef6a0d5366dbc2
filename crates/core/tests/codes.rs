//! One list of reason codes: what the engine can say is what the schemas and the documentation say it can.
#![expect(clippy::disallowed_methods, reason = "a test reads its files; the engine reads nothing")]

use std::fs;
use std::path::Path;

use gatewright::{Outage, Rejection};
use serde_json::Value;

#[test]
fn the_schema_lists_exactly_the_codes_of_the_engine() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/policy.schema.json");
    let schema: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let listed = schema["$defs"]["code"]["enum"].as_array().unwrap().iter().map(|code| code.as_str().unwrap());
    let mut listed: Vec<&str> = listed.collect();
    let rejections = Rejection::ALL.iter().map(|rejection| rejection.code());
    let outages = Outage::ALL.iter().map(|outage| outage.code());
    let mut engine: Vec<&str> = std::iter::once("allowed").chain(rejections).chain(outages).collect();
    listed.sort_unstable();
    engine.sort_unstable();
    assert_eq!(listed, engine);
}
