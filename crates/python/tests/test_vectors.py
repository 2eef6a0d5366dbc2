"""Every decision and every attack of `vectors/` has the answer that it has everywhere else."""

import pytest
import vectors
from gatewright import Authorizer, Config, Request


@pytest.mark.parametrize("name", sorted(set(vectors.files()) - vectors.WIRE))
def test_every_case_of_a_file_has_the_answer_it_has_in_rust(name):
    for given, case in vectors.cases(name):
        authorizer, now = vectors.authorizer(given, case), vectors.now(given, case)
        request = vectors.request(case["request"])
        explained, explanation = authorizer.explain(request, now=now)
        decided = vectors.seen(authorizer.decide(request, now=now))
        assert decided == vectors.seen(explained), case["name"]
        assert decided == vectors.seen(authorizer.decide(request, now=now)), f"{case['name']}, remembered"
        expected = case["expect"]
        assert {member: decided[member] for member in expected} == expected, f"{case['name']}\n{explanation}"


def test_the_number_of_cases_is_that_of_the_corpus(record_property, capsys):
    decisions = sum(len(vectors.cases(name)) for name in vectors.files() if name.startswith("decisions/"))
    attacks = sum(len(vectors.cases(name)) for name in vectors.files() if name.startswith("attacks/"))
    with capsys.disabled():
        print(f"\nvectors in Python: {decisions} decisions, {attacks} attacks by request")
    assert decisions >= 1_200
    assert attacks >= 1_700


def test_the_client_behind_middleware_is_who_the_vectors_say():
    for case in vectors.read("attacks/forwarded_for.json")["cases"]:
        http = {"trusted_hops": case["trusted_hops"], "proxy_sets": {"middleware": ["X-Forwarded-For"]}}
        authorizer = Authorizer(Config.from_dict({"version": 1, "http": http}))
        headers = [("X-Forwarded-For", field.encode()) for field in case["fields"]]
        _, explanation = authorizer.explain(Request("GET", "a", "/", headers, forwarded=True))
        assert explanation.steps[0]["client"] == case["client"], case


def test_a_login_returns_only_where_the_vectors_say():
    given = vectors.read("attacks/return_addresses.json")
    authorizer = Authorizer(Config.from_toml(given["config"]))
    for case in given["cases"]:
        assert authorizer.return_address(case["raw"]) == case["address"], case
    assert len(given["cases"]) >= 400
