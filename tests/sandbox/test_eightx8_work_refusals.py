"""Every error body of the simulated 8x8 Work (WA 5, WA 8)."""

from __future__ import annotations

import pytest

from sandbox import Sandbox
from tests.sandbox.conftest import Client, ms

DATA = ["/v1/cdr", "/v2/call-records", "/v2/call-legs"]
BAD_KEY = {
    "status": 400,
    "message": "Invalid 8x8-apikey",
    "code": "SHA001",
    "details": [
        {
            "type": "invalidValue",
            "location": "header",
            "path": ["8x8-apikey"],
            "hint": "Please provide valid apikey. If you don't have one, please sign up and create a developer account",
        }
    ],
}


@pytest.mark.parametrize("path", DATA)
def test_an_unknown_key_is_400_on_data(box: Sandbox, client: Client, path: str) -> None:
    client.login()
    box.eightx8_work.api_key = "another"
    client.session.headers["8x8-apikey"] = "wrong"

    answer = client.session.get(box.eightx8_work.url + path, timeout=10)

    assert (answer.status_code, answer.json()) == (400, BAD_KEY)


def test_an_unknown_key_is_400_at_the_login(box: Sandbox, client: Client) -> None:
    answer = client.session.post(box.eightx8_work.url + "/v1/oauth/token", timeout=10)

    assert (answer.status_code, answer.json()) == (400, BAD_KEY)


def test_a_login_answers_a_bearer_and_its_lifetime_in_seconds(client: Client) -> None:
    body = client.login().json()

    assert list(body) == ["access_token", "token_type", "expires_in"]
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)
    assert body["access_token"].count(".") == 2


def test_an_unknown_user_cannot_log_in(client: Client) -> None:
    answer = client.login(username="nobody")

    assert answer.status_code == 400
    assert answer.json() == {"error_description": "USER_NOTFOUND_ERROR", "error": "invalid_grant"}


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_password_has_the_same_shape(box: Sandbox, client: Client, status: int) -> None:
    box.eightx8_work.switches.wrong_password_status = status

    answer = client.login(password="wrong")

    assert answer.status_code == status
    assert answer.json() == {"error_description": "BAD_CREDENTIALS_ERROR", "error": "invalid_grant"}


def test_a_user_who_never_opened_analytics_cannot_log_in(box: Sandbox, client: Client) -> None:
    box.eightx8_work.user_opened_analytics = False

    assert client.login().json()["error"] == "invalid_grant"


@pytest.mark.parametrize("path", DATA)
@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer x.y.z", "Basic abc"])
def test_a_missing_or_garbled_bearer_is_401(client: Client, path: str, authorization: str | None) -> None:
    client.session.headers["Authorization"] = authorization  # type: ignore[assignment]

    answer = client.get(path)

    assert answer.status_code == 401
    assert answer.json() == {
        "error": "invalid_token",
        "error_description": "Cannot convert access token to JSON",
    }


def test_an_expired_bearer_is_401_and_echoes_the_token(box: Sandbox, client: Client) -> None:
    token = client.login().json()["access_token"]
    box.clock.skew_seconds = 1800

    answer = client.get("/v2/call-legs")

    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_token", "error_description": f"Access token expired: {token}"}
    assert token.startswith("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.")


@pytest.mark.parametrize(
    ("path", "internal"),
    [
        ("/v1/cdr", "/api/analytics/report/external/cdr"),
        ("/v2/call-records", "/api/analytics/report/external/v2/call-records"),
        ("/v2/call-legs", "/api/analytics/report/external/v2/call-legs"),
    ],
)
def test_a_pbx_out_of_reach_is_403_with_the_internal_path(
    box: Sandbox, client: Client, path: str, internal: str
) -> None:
    client.login()
    box.clock.frozen_ms = ms("2022-08-26T19:05:11") + 224
    box.eightx8_work.tokens.issue("x", 1)
    client.login()

    answer = client.get(path, pbxId="northwindlon,pbxName")

    text = "user(analytics.reader@sandbox.example) does not have access to pbxId(pbxName) to make this request."
    assert answer.status_code == 403
    assert answer.json() == {
        "timeStamp": "2022-08-26T19:05:11.224+0000",
        "status": 403,
        "error": "Access Denied",
        "exception": text,
        "message": text,
        "path": internal,
    }


def test_a_user_without_licence_is_told_so(box: Sandbox, client: Client) -> None:
    box.eightx8_work.user_has_licence = False

    answer = client.get("/v2/call-legs", pbxId="northwindlon")

    assert (answer.status_code, answer.json()["code"]) == (400, "105-400-038")
    user = box.eightx8_work.username
    text = f"user({user}) does not have access to api category(CDR) for pbxId([northwindlon])."
    assert answer.json()["message"] == text


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        *[("/v2/call-legs", {name: None}) for name in ("pbxId", "startTime", "endTime", "timeZone", "pageSize")],
        *[
            ("/v2/call-legs", {"startTime": text})
            for text in ("2026-01-01", "2026-01-01T00:00:00", "2026-02-30 00:00:00")
        ],
        *[("/v2/call-legs", {"timeZone": text}) for text in ("Mars/Base", "../etc", "+01:00")],
        *[("/v2/call-legs", {"pageSize": text}) for text in ("0", "7001", "-1", "ten", "1.5")],
        *[("/v2/call-legs", {"scrollId": text}) for text in ("No Data", "", "ä", "abc", "bm90X2FfcGJ4XzFfMV8x")],
        ("/v2/call-legs", {"scrollId": "bm9ydGh3aW5kbG9uXzFfMV94"}),
        ("/v2/call-legs", {"isConnectTime": "maybe"}),
        ("/v2/call-records", {"isConnectTime": "true"}),
        ("/v2/call-records", {"isSimplified": "true"}),
        ("/v1/cdr", {"isCallRecord": "true", "isConnectTime": "true"}),
        ("/v1/cdr", {"isCallRecord": "true", "isSimplified": "true"}),
    ],
)
def test_a_bad_parameter_is_400_and_named(client: Client, path: str, changed: dict[str, str | None]) -> None:
    answer = client.get(path, **changed)

    assert answer.status_code == 400
    assert answer.json()["details"][0]["path"][0] in changed


def test_leg_flags_that_are_false_are_tolerated_on_records(client: Client) -> None:
    assert client.get("/v1/cdr", isCallRecord="true", isSimplified="false", isConnectTime="false").ok


def test_a_doubled_slash_and_another_method_are_not_served(box: Sandbox, client: Client) -> None:
    assert client.get("//v2/call-legs").status_code == 404
    assert client.session.post(box.eightx8_work.url + "/v2/call-legs", timeout=10).status_code == 405
