//! What commands print with `--json` is what the published schemas say.

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use boon::{Compiler, Schemas};
use support::command_line::Place;

const POLICY: &str = r#"
version = 1

[session]
keys = ["file:session.key"]
lifetime = "12h"

[[rule]]
id = "members"
allow = "authenticated"

[[test]]
name = "nobody may enter"
request = "GET https://app.example.com/"
expect = { status = 401 }

[[test]]
name = "a test that fails"
request = "GET https://app.example.com/"
expect = { status = 200 }
"#;

/// Runs a command, and compares its answer with a part of a schema.
fn follows(place: &Place, schema: &str, arguments: &[&str], input: &str) -> serde_json::Value {
    let (file, part) = schema.split_once('#').unwrap();
    let path = format!("{}/../../schemas/{file}", env!("CARGO_MANIFEST_DIR"));
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let text = std::fs::read_to_string(path).unwrap();
    compiler.add_resource(file, serde_json::from_str(&text).unwrap()).unwrap();
    let index = compiler.compile(&format!("{file}#{part}"), &mut schemas).unwrap();
    let ran = place.run_with_input(&[arguments, &["--json"]].concat(), input);
    let answer = ran.json();
    if let Err(error) = schemas.validate(&answer, index) {
        panic!("{arguments:?}: {error}\n{answer:#}");
    }
    answer
}

#[test]
fn every_command_answers_as_its_schema_says() {
    let place = Place::new(POLICY);
    let command = |part: &str, arguments: &[&str], input: &str| {
        follows(&place, &format!("commands.schema.json#/$defs/{part}"), arguments, input)
    };
    assert_eq!(command("check", &["check", "gatewright.toml"], "")["ok"], false);
    place.write("tests.toml", "[[test]]\nname = \"a\"\nrequest = \"GET https://a.example/\"\nexpect = { status = 401 }\n");
    assert_eq!(command("test", &["test", "tests.toml"], "")["ok"], true);
    let minted = command("session_mint", &["session", "mint", "--subject", "alice"], "");
    let cookie = minted["value"].as_str().unwrap();
    assert_eq!(command("session_inspect", &["session", "inspect", "-"], cookie)["valid"], true);
    assert_eq!(command("session_inspect", &["session", "inspect", "-"], "v1.x.y.z")["valid"], false);
    command("key_hmac", &["key", "generate", "hmac"], "");
    command("key_pair", &["key", "generate", "es256"], "");
    command("key_pair", &["key", "generate", "ed25519"], "");
    command("key_api_key", &["key", "generate", "api-key", "--subject", "bot"], "");
    let key = command("key_biscuit", &["key", "generate", "biscuit"], "");
    place.write("root.key", key["private_key"].as_str().unwrap());
    let token = command("biscuit_mint", &["biscuit", "mint", "--key", "root.key", "--key-id", "7", "--subject", "bot"], "");
    let token = token["token"].as_str().unwrap();
    command("biscuit_mint", &["biscuit", "attenuate", "-", "--method", "GET"], token);
    let inspected = command("biscuit_inspect", &["biscuit", "inspect", "-", "--config", "gatewright.toml"], token);
    assert_eq!((&inspected["key_id"], &inspected["verified"]), (&7.into(), &false.into()));
    command("biscuit_inspect", &["biscuit", "inspect", "-"], token);
    follows(&place, "decide.schema.json#", &["decide", "https://a.example/"], "");

    place.write("gatewright.toml", "version = 2");
    assert_eq!(command("check", &["check", "gatewright.toml"], "")["error"]["line"], 1);
}
