//! Caches that show people what was somebody else's.

use std::collections::BTreeMap;

use super::{assert_found, assert_uncertain, credential, figures, layout, ledger, missing, proved, unauthorized};
use crate::fake::page;

#[test]
fn cache_that_looks_at_the_path_alone_hides_whose_page_it_is() {
    let mut kept = BTreeMap::<String, String>::new();
    let report = proved(
        move |asked| {
            let person = match asked.value("cookie") {
                Some("session=good") => "alice",
                Some("session=bob") => "bob",
                _ => return unauthorized(),
            };
            let own = || layout("Ledger", &format!("{} mail of {person}", figures()));
            page(kept.entry(asked.path().to_owned()).or_insert_with(own))
        },
        |options| options.second = credential("Cookie: session=bob"),
    );
    assert_uncertain(&report, "P11");
}

#[test]
fn page_that_a_cache_takes_for_a_file_is_found() {
    let mut kept = BTreeMap::<String, String>::new();
    let report = proved(
        move |asked| {
            let path = asked.path().to_owned();
            if let Some(kept) = kept.get(&path) {
                return page(kept);
            }
            match asked.is_member() {
                true if path.ends_with(".css") => page(kept.entry(path).or_insert_with(|| ledger().2)),
                true if path.contains("admin") => ledger(),
                true => missing(),
                false => unauthorized(),
            }
        },
        |_| (),
    );
    assert_found(&report, "P11");
}
