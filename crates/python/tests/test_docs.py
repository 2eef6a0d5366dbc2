"""What the documentation prints runs as it is printed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asking import HOST, Answer, ask_asgi, ask_wsgi
from flask import Flask
from gatewright import Authorizer, Config, SessionClaims
from gatewright.wsgi import Gatewright as Wsgi

PACKAGE = Path(__file__).parent.parent
README = PACKAGE / "README.md"
HOW_TO = PACKAGE.parent.parent / "docs" / "src" / "how-to"
PAGES = [README, *(HOW_TO / f"{name}.md" for name in ("fastapi", "asgi", "flask", "wsgi"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


POLICY = blocks(README, "toml")[0]
SERVICES = [(page, text) for page in PAGES for text in blocks(page, "python") if re.search(r"^app = ", text, re.MULTILINE)]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    (tmp_path / "gatewright.toml").write_text(POLICY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "printed"}
    exec(compile(text, "printed", "exec"), names)
    return names


def session(subject: str) -> tuple[str, str]:
    authorizer = Authorizer(Config.from_toml(POLICY))
    return "Cookie", f"{authorizer.session_cookie}={authorizer.seal_session(SessionClaims(subject))}"


def ask(app: Any, target: str, *headers: tuple[str, str]) -> Answer:
    return (ask_wsgi if isinstance(app, (Flask, Wsgi)) else ask_asgi)(app, "GET", target, [HOST, *headers])


@pytest.mark.parametrize(("page", "text"), SERVICES, ids=lambda value: getattr(value, "stem", "block"))
def test_every_service_that_is_printed_runs_and_is_guarded(folder, page, text):
    app = run(text)["app"]
    assert ask(app, "/reports/7").status == 401
    answer = ask(app, "/reports/7", session("alice"))
    assert (answer.status, b"alice" in answer.body) == (200, True)
    assert "/healthz" not in text or ask(app, "/healthz").body == b'"fine"'


def test_every_page_prints_a_service():
    assert {page for page, _ in SERVICES} == set(PAGES)


def test_the_lines_without_a_framework_say_401(folder, capsys):
    run(next(text for text in blocks(README, "python") if "explain" in text))
    assert capsys.readouterr().out.startswith("401 credential_missing Bearer")


def test_the_lines_of_the_project_s_readme_say_401(folder, capsys):
    run(blocks(PACKAGE.parent.parent / "README.md", "python")[0])
    assert capsys.readouterr().out == "401 credential_missing\n"


def test_the_first_lines_of_the_package_run(capsys):
    import gatewright

    text = (gatewright.__doc__ or "").partition("::\n")[2].partition("\n\nMiddleware")[0]
    run("\n".join(line.removeprefix("    ") for line in text.splitlines()))
    assert capsys.readouterr().out == "forward for None\n"


PROJECT = """
import sys
from django.conf import settings
names = {"__file__": "settings.py"}
exec(open("settings.py").read(), names)
given = {name: value for name, value in names.items() if name.isupper()}
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF="views", **given)
from django.core.wsgi import get_wsgi_application
from django.test import Client
get_wsgi_application()
for headers in ({}, {"Cookie": sys.argv[1]}):
    answer = Client(headers={"host": "app.example.com"}).get("/reports/7", headers=headers)
    print(answer.status_code, answer.text)
"""
VIEW = """
from django.http import HttpResponse

def report(request, number):
    return HttpResponse(f"for {request.identity.subject}")
"""


@pytest.mark.parametrize("page", [README, HOW_TO / "django.md"], ids=lambda page: page.stem)
def test_the_settings_of_django_that_are_printed_guard_a_project(folder, page):
    printed = blocks(page, "python")
    (folder / "settings.py").write_text(next(text for text in printed if "MIDDLEWARE" in text))
    view = next((text for text in printed if "def report(request: HttpRequest" in text), VIEW)
    urls = "from django.urls import path\nurlpatterns = [path('reports/<int:number>', report)]\n"
    (folder / "views.py").write_text(view + urls)
    command = [sys.executable, "-c", PROJECT, session("alice")[1]]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout == "401 \n200 for alice\n"


@pytest.mark.parametrize("page", [*PAGES[1:], HOW_TO / "django.md"], ids=lambda page: page.stem)
def test_every_line_of_a_policy_that_is_printed_is_right(page):
    for text in blocks(page, "toml"):
        assert Config.from_toml(f"{POLICY}\n{text}")


def test_every_page_is_in_the_table_of_contents():
    summary = (HOW_TO.parent / "SUMMARY.md").read_text()
    assert all(f"(how-to/{page.name})" in summary for page in HOW_TO.glob("*.md"))
