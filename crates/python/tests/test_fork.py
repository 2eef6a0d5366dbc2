"""Authorizers made before a fork: they decide in the child, follow their file there, and nothing hangs."""

from __future__ import annotations

import multiprocessing
import os
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import pytest
from conftest import POLICY, authorizer_of
from gatewright import Authorizer, Request
from serving import PATIENCE

pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # which is what is tested

REPORTS = Request("GET", "app.example.com", "/reports")
HEALTH = Request("GET", "app.example.com", "/healthz")
PASSWORD = Request("GET", "app.example.com", "/reports", {"Authorization": "Basic Y2Fyb2w6Y29ycmVjdCBob3JzZQ=="})
OPEN = POLICY.replace('id = "health"\npaths = ["/healthz"]', 'id = "health"\npaths = ["/**"]')


def in_child(work: Callable[[], str]) -> str:
    """Fork, do the work in the child, and return what it says; a child that hangs is ended and says nothing."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, work().encode())
        os._exit(0)
    os.close(writing)
    said = os.read(reading, 1000) if select.select([reading], [], [], PATIENCE)[0] else b"nothing"
    os.close(reading)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return said.decode()


def codes(authorizer: Authorizer) -> str:
    return " ".join(authorizer.decide(request).code for request in (HEALTH, REPORTS, PASSWORD))


def until_open(authorizer: Authorizer) -> str:
    until = monotonic() + PATIENCE / 2
    while authorizer.decide(REPORTS).code != "allowed" and monotonic() < until:
        pass
    return authorizer.decide(REPORTS).code


def change(file) -> None:
    renamed = file.with_suffix(".new")
    renamed.write_text(OPEN)
    renamed.replace(file)


def test_a_fixed_authorizer_decides_in_the_child():
    authorizer = authorizer_of()
    assert codes(authorizer) == "allowed credential_missing allowed"
    assert in_child(lambda: codes(authorizer)) == "allowed credential_missing allowed"


def test_an_authorizer_from_a_file_decides_in_the_child(policy_file):
    with Authorizer.from_file(policy_file) as authorizer:
        assert in_child(lambda: codes(authorizer)) == "allowed credential_missing allowed"


def test_an_authorizer_follows_its_file_in_parent_and_child(policy_file):
    with Authorizer.from_file(policy_file) as authorizer:

        def work() -> str:
            change(policy_file)
            return until_open(authorizer)

        assert in_child(work) == "allowed"
        assert until_open(authorizer) == "allowed"


def test_an_authorizer_is_read_again_by_hand_in_the_child(policy_file):
    with Authorizer.from_file(policy_file, watch=False) as authorizer:
        change(policy_file)
        assert in_child(lambda: f"{authorizer.reload() is None} {codes(authorizer)}") == "False allowed allowed allowed"
        assert authorizer.decide(REPORTS).code == "credential_missing"


def test_a_closed_authorizer_stays_closed_in_the_child(policy_file):
    authorizer = Authorizer.from_file(policy_file)
    authorizer.close()
    assert in_child(lambda: codes(authorizer)) == "internal internal internal"


def test_a_grandchild_decides_too(policy_file):
    with Authorizer.from_file(policy_file) as authorizer:
        assert in_child(lambda: in_child(lambda: codes(authorizer))) == "allowed credential_missing allowed"


@contextmanager
def busy(*work: Callable[[], object]) -> Iterator[None]:
    """Do work over and over in threads of its own until the block ends."""
    over = threading.Event()

    def repeat(once: Callable[[], object]) -> None:
        while not over.is_set():
            once()

    threads = [threading.Thread(target=repeat, args=[once]) for once in work]
    for thread in threads:
        thread.start()
    yield
    over.set()
    for thread in threads:
        thread.join(PATIENCE)


@pytest.mark.parametrize("turn", range(5))
def test_a_fork_amid_decisions_of_other_threads_hangs_nobody(policy_file, turn):
    wrong = Request("GET", "app.example.com", f"/{turn}", {"Authorization": "Basic Y2Fyb2w6eA=="})
    with Authorizer.from_file(policy_file) as authorizer:
        with busy(*[lambda: authorizer.decide(wrong)] * 2, lambda: authorizer.decide(REPORTS)):
            said = in_child(lambda: authorizer.decide(HEALTH).code)
        assert said == "allowed"


def test_processes_of_multiprocessing_decide(policy_file):
    forking = multiprocessing.get_context("fork")
    with Authorizer.from_file(policy_file) as authorizer:
        said = forking.SimpleQueue()
        children = [forking.Process(target=lambda: said.put(codes(authorizer))) for _ in range(2)]
        for child in children:
            child.start()
        for child in children:
            child.join(PATIENCE)
        assert [said.get() for child in children if child.exitcode == 0] == ["allowed credential_missing allowed"] * 2
