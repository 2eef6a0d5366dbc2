//! nginx that remembers allows: each is for one question alone.

use super::case::{Case, Expect, Who};
use super::front::nginx::FRONT;
use super::rig::Rig;

#[test]
fn remembered_allow_is_for_its_own_question_alone() {
    if !FRONT.is_installed() {
        return;
    }
    let rig = Rig::start_with_cache(&FRONT, 60);
    let alice = Case::get("", Who::Alice, "/a", Expect::Passes);
    let asked = |case: &Case| {
        let before = rig.gate.entries().len();
        rig.run_remembered(case).unwrap();
        rig.gate.entries().len() - before
    };
    assert_eq!((asked(&alice), asked(&alice)), (1, 0), "the second time, nginx remembers");
    for (what, other) in [
        ("another path", Case::get("", Who::Alice, "/b", Expect::Passes)),
        ("a query", Case::get("", Who::Alice, "/a?x", Expect::Passes)),
        ("another host", alice.clone().host("one.apps.example.com")),
        ("a port", alice.clone().host("app.example.com:8443")),
        ("somebody else", Case::get("", Who::Root, "/a", Expect::Passes)),
        ("nobody", Case::get("", Who::Nobody, "/a", Expect::Status(401))),
        ("a token beside the session", alice.clone().with("Authorization: Bearer a.b.c\r\n").expect(Expect::Either)),
        ("another cookie beside the session", alice.clone().cookies("a=1; ", "")),
        ("an address that is said to be the client's", alice.clone().with("X-Forwarded-For: 10.1.1.1\r\n")),
    ] {
        assert_eq!(asked(&other), 1, "{what} is another question");
    }
    let post = alice.clone().method("POST").with("Content-Length: 0\r\n");
    assert_eq!((asked(&post), asked(&post)), (1, 1), "what changes something is asked about every time");
    let proof = alice.with("DPoP: a.b.c\r\n").expect(Expect::Either);
    assert_eq!((asked(&proof), asked(&proof)), (1, 1), "a proof is good for one request");
    let refused = Case::get("", Who::Alice, "/admin", Expect::Status(403));
    assert_eq!((asked(&refused), asked(&refused)), (1, 1), "a refusal is not remembered");
    let renewed = Case::get("", Who::AliceLongAgo, "/c", Expect::Passes);
    assert_eq!((asked(&renewed), asked(&renewed)), (1, 1), "a renewed session is not remembered");
}
