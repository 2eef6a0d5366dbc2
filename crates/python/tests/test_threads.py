"""One authorizer, eight threads."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from conftest import POLICY
from gatewright import Authorizer, Request
from services import Service

THREADS = 8


def test_eight_threads_get_their_own_answers(authorizer, cookie):
    service = Service("wsgi", authorizer)
    names = [f"user-{number % 20}" for number in range(400)]
    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(lambda name: service.ask("/reports", [cookie(name)]), names))
    assert [json.loads(answer.body)["subject"] for answer in answers] == names


def test_eight_threads_check_one_password_together(authorizer):
    request = Request("GET", "app.example.com", "/reports", {"Authorization": "Basic Y2Fyb2w6Y29ycmVjdCBob3JzZQ=="})
    with ThreadPoolExecutor(THREADS) as threads:
        codes = set(threads.map(lambda _: authorizer.decide(request).code, range(100)))
    assert codes == {"allowed"}


def test_a_reload_amid_decisions_disturbs_none(policy_file):
    request = Request("GET", "app.example.com", "/healthz")
    with Authorizer.from_file(policy_file, watch=False) as authorizer, ThreadPoolExecutor(THREADS) as threads:
        codes = threads.map(lambda _: authorizer.decide(request).code, range(2000))
        for number in range(10):
            policy_file.write_text(f"{POLICY}# {number}\n")
            authorizer.reload()
        assert set(codes) == {"allowed"}


def test_closing_amid_decisions_refuses_from_then_on(policy_file):
    request = Request("GET", "app.example.com", "/healthz")
    authorizer = Authorizer.from_file(policy_file)
    with ThreadPoolExecutor(THREADS) as threads:
        codes = threads.map(lambda _: authorizer.decide(request).code, range(1000))
        authorizer.close()
        assert set(codes) <= {"allowed", "internal"}
    assert authorizer.decide(request).code == "internal"
