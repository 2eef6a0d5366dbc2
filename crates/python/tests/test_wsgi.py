"""The WSGI middleware: what servers make of a target, mounting, and names that are one name."""

from __future__ import annotations

import io
import json
from wsgiref.validate import validator

import pytest
from asking import HOST, ask_wsgi, environ_of
from gatewright.wsgi import Gatewright, target
from services import raw_wsgi


@pytest.fixture
def app(authorizer) -> Gatewright:
    return Gatewright(raw_wsgi(), authorizer)


def targeted(path: str, **more: str) -> str:
    return target({"SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", **more})


def test_a_target_that_the_service_sees_as_well_is_decided_raw():
    assert targeted("/a b/c", RAW_URI="/a%20b/c?x", QUERY_STRING="x=1") == "/a%20b/c?x=1"
    assert targeted("/c", SCRIPT_NAME="/a b", REQUEST_URI="/%61%20b/c") == "/%61%20b/c"
    assert targeted("/\xe9", RAW_URI="/\xe9") == "/\xe9"


def test_an_encoded_slash_is_decided_as_the_slash_that_the_application_sees():
    assert targeted("/files/bob/private", RAW_URI="/files/bob%2Fprivate") == "/files/bob/private"
    assert targeted("/files/bob/private", REQUEST_URI="/files/bob%2fprivate") == "/files/bob/private"


def test_a_target_that_says_something_else_is_not_decided():
    assert targeted("/admin", RAW_URI="/healthz") == "/admin"
    assert targeted("/admin", RAW_URI="http://app.example.com/admin") == "/admin"
    assert targeted("/admin", RAW_URI="/admin%23x") == "/admin"
    assert targeted("/admin", REQUEST_URI="/healthz", RAW_URI="") == "/admin"


def test_a_path_without_a_raw_target_is_encoded_again():
    assert targeted("/a b;c/%2f/\\?#\x00\xff\xc3\xa9") == "/a%20b;c/%252f/%5C%3F%23%00%FF%C3%A9"


def test_a_fragment_hides_no_query(app, cookie, reached):
    more = {"RAW_URI": "/items/1?action=remove#", "QUERY_STRING": "action=remove"}
    answer = ask_wsgi(app, "GET", "/items/1", [HOST, cookie()], **more)
    assert (answer.status, reached) == (403, [])


@pytest.mark.parametrize("raw", [True, False])
def test_a_mounted_application_is_decided_by_the_path_of_the_client(app, cookie, reached, raw):
    more = {"SCRIPT_NAME": "/mount"} | ({} if raw else {"RAW_URI": ""})
    assert ask_wsgi(app, "GET", "/mount/admin/x", [HOST, cookie("bob")], **more).status == 403
    assert ask_wsgi(app, "GET", "/mount/healthz", [HOST], **more).status == 401
    assert reached == []
    assert ask_wsgi(app, "GET", "/mount/reports", [HOST, cookie("bob")], **more).status == 200


def test_a_path_that_a_server_cuts_inside_a_segment_is_refused(app, cookie, reached):
    more = {"SCRIPT_NAME": "/mount", "PATH_INFO": "admin/x"}
    assert ask_wsgi(app, "GET", "/mountadmin/x", [HOST, cookie("bob")], **more).status == 403
    assert ask_wsgi(app, "GET", "/mountadmin/x", [HOST, cookie("root", "admins")], **more).status == 403
    assert reached == []


def test_a_mount_that_comes_in_a_header_is_refused(app, cookie, reached):
    fields = [HOST, cookie("root", "admins"), ("SCRIPT_NAME", "/mount")]
    assert ask_wsgi(app, "GET", "/mount/reports", fields, SCRIPT_NAME="/mount").status == 403
    assert ask_wsgi(app, "GET", "/reports", [*fields[:2], ("Script-Name", "")]).status == 403
    assert reached == []


def test_the_root_of_a_mount_has_no_slash(app, cookie):
    assert ask_wsgi(app, "GET", "/mount", [HOST, cookie()], SCRIPT_NAME="/mount").status == 200


def test_hyphen_and_underscore_are_one_name(app, cookie, reached):
    fields = [HOST, ("Authorization", "Bearer x"), ("AUTHORIZATION", "Bearer x")]
    assert (ask_wsgi(app, "GET", "/reports", fields).status, reached) == (401, [])
    said = json.loads(ask_wsgi(app, "GET", "/reports", [HOST, cookie("alice"), ("X_User", "root")]).body)
    assert said["headers"]["x-user"] == ["alice"]


def test_variables_that_are_no_header_say_nothing(app, reached):
    more = {
        "REMOTE_USER": "root",
        "X_USER": "root",
        "http_cookie": "x",
        "gatewright.permit": "root",
        "HTTP_PROXY": "http://x",
    }
    assert (ask_wsgi(app, "GET", "/reports", [HOST], **more).status, reached) == (401, [])


def test_the_middleware_keeps_to_the_rules_of_wsgi(authorizer, cookie):
    app = validator(Gatewright(validator(plain), authorizer))
    assert ask_wsgi(app, "GET", "/reports", [HOST, cookie(age=1800)]).one("set-cookie") is not None
    assert ask_wsgi(app, "GET", "/reports", [HOST]).status == 401


def plain(_environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]


def test_a_body_streams_through_untouched(authorizer, cookie):
    def app(environ, start_response):
        write = start_response("200 OK", [])
        write(b"")
        while chunk := environ["wsgi.input"].read(1):
            yield chunk.upper()

    more = {"wsgi.input": io.BytesIO(b"abc"), "CONTENT_LENGTH": "3"}
    assert ask_wsgi(Gatewright(app, authorizer), "POST", "/reports", [HOST, cookie()], **more).body == b"ABC"


def test_a_refused_request_is_not_read(app):
    body = io.BytesIO(b"abc")
    assert ask_wsgi(app, "POST", "/reports", [HOST], **{"wsgi.input": body}).status == 401
    assert body.tell() == 0


def test_a_service_that_logs_out_or_in_has_the_last_word(authorizer, cookie):
    def app(_environ, start_response):
        start_response("204 No Content", [("Set-Cookie", authorizer.clear_cookie)])
        return []

    answer = ask_wsgi(Gatewright(app, authorizer), "GET", "/logout", [HOST, cookie(age=1800)])
    assert answer.all("set-cookie") == [authorizer.clear_cookie]


def test_an_answer_started_anew_after_an_error_is_renewed_too(authorizer, cookie):
    def app(_environ, start_response):
        start_response("200 OK", [])
        start_response("500 Oops", [], (ValueError, ValueError(), None))
        return []

    answer = ask_wsgi(Gatewright(app, authorizer), "GET", "/", [HOST, cookie(age=1800)])
    assert (answer.status, len(answer.all("set-cookie"))) == (500, 1)


def test_an_environment_beyond_latin_1_passes_nowhere(app, reached):
    environ = environ_of("GET", "/healthz", [HOST]) | {"PATH_INFO": "/\u65e5"}
    with pytest.raises(UnicodeEncodeError):
        app(environ, lambda *_: None)
    assert reached == []
