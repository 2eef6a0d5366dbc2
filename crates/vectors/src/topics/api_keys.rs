//! Keys in a header.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::NOW;
use crate::case::{Expect, File, Identity, Question, allow, anonymous, get, refuse};
use crate::config::{MEMBERS, config, rule};

const BOT: &str = "gwk_reports_Zm9yIHRoZSB2ZWN0b3JzIG9ubHksIG5ldmVy";
const OLD: &str = "gwk_old_dGhpcyBvbmUgZW5kZWQgd2l0aCB0aGUgeWVhcg";
const PLAIN: &str = "0123456789abcdef";

fn entry(id: &str, key: &str, more: &str) -> String {
    let sha256: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{{ id = \"{id}\", sha256 = \"{sha256}\", {more} }}")
}

fn key(value: &str) -> Question {
    get("/").header("X-Api-Key", value)
}

fn no(code: &'static str) -> Expect {
    refuse(code, "members")
}

pub(super) fn api_keys() -> File {
    let entries = [
        entry("reports", BOT, "subject = \"report-bot\", groups = [\"bots\"], scopes = [\"read\", \"list\"]"),
        entry("old", OLD, "subject = \"old-bot\", expires = 2026-01-01T00:00:00Z"),
        entry("plain", PLAIN, "subject = \"plain-bot\", expires = \"2026-01-01T00:00:01Z\""),
    ];
    let table = format!("[[api_key]]\nheader = \"X-Api-Key\"\nentries = [\n  {}\n]", entries.join(",\n  "));
    let other =
        format!("[[api_key]]\nheader = \"X-Partner-Key\"\nentries = [{}]", entry("partner", BOT, "subject = \"partner\""));
    let unknown = || no("api_key_unknown").www_authenticate("");
    let bot = || Identity::api_key("report-bot").groups(&["bots"]).scopes(&["read", "list"]);
    File::new(
        "api_keys",
        "A key is known by its hash alone, in the header that the file names, until it expires.",
        config(&[
            &table,
            &other,
            &rule("open", "/open", "allow = \"anyone\""),
            &rule("write", "/write", "allow = [{ credentials = [\"api_key\"] }]"),
            MEMBERS,
        ]),
    )
    .case("a key passes with everything its entry says", key(BOT), allow("members", bot()))
    .case("the header's name is case-insensitive", get("/").header("x-api-key", BOT), allow("members", bot()))
    .case(
        "of two headers the one that the file names first counts",
        key(BOT).header("X-Partner-Key", "wrong"),
        allow("members", bot()),
    )
    .case(
        "another header has keys of its own",
        get("/").header("X-Partner-Key", BOT),
        allow("members", Identity::api_key("partner")),
    )
    .case("a key counts in its own header alone", get("/").header("X-Partner-Key", PLAIN), unknown())
    .case("an unknown key is refused", key(&BOT.replace('Z', "Y")), unknown())
    .case("the prefix alone is no key", key("gwk_reports_"), unknown())
    .case("a key's case counts", key(&BOT.to_lowercase()), unknown())
    .case("a key with something behind it is another", key(&format!("{BOT}x")), unknown())
    .case("a key in quotes is another", key(&format!("\"{BOT}\"")), unknown())
    .case("a key after a scheme is another", key(&format!("Bearer {BOT}")), unknown())
    .case("the hash is no key", key("5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"), unknown())
    .case("an empty header is no key", key(""), unknown())
    .case("fifteen bytes are no key", key(&PLAIN[1..]), unknown())
    .case("more than 512 bytes are no key", key(&"x".repeat(513)), unknown())
    .case("a key that has expired is refused", key(OLD), unknown())
    .case("it passed a second before", key(OLD).at(NOW - 1), allow("members", Identity::api_key("old-bot")))
    .case("a key without a prefix passes until it expires", key(PLAIN), allow("members", Identity::api_key("plain-bot")))
    .case("and not a second more", key(PLAIN).at(NOW + 1), unknown())
    .case("the same key twice is one", key(BOT).header("X-Api-Key", BOT), allow("members", bot()))
    .case("two different keys are ambiguous", key(BOT).header("X-Api-Key", PLAIN), no("credential_ambiguous"))
    .case("a key in Authorization is not read", get("/").bearer(BOT), no("credential_missing").www_authenticate(""))
    .case("a key in the query is not read", get(format!("/?X-Api-Key={BOT}")), no("credential_missing"))
    .case("a name with underscores is another header", get("/").header("X_Api_Key", BOT), no("credential_missing"))
    .case("an unknown key is nobody where anybody may", get("/open").header("X-Api-Key", PLAIN.to_uppercase()), anonymous("open"))
    .case("a rule can ask for the kind", get("/write").header("X-Api-Key", BOT), allow("write", bot()))
    .case(
        "a revoked subject's key is refused",
        key(BOT).revocations(json!({ "subjects": [{ "subject": "report-bot", "before": 1 }] })),
        no("revoked"),
    )
    .case(
        "another subject's is not",
        key(BOT).revocations(json!({ "subjects": [{ "subject": "bot", "before": NOW }] })),
        allow("members", bot()),
    )
}
