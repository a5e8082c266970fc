"""The error bodies of 8x8 Work: three families side by side (WA 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from datetime import datetime

REPORT_PATH = "/api/analytics/report/external"


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def _gateway(code: str, message: str, location: str, path: str, hint: str) -> Response:
    details = [{"type": "invalidValue", "location": location, "path": [path], "hint": hint}]
    return JSONResponse({"status": 400, "message": message, "code": code, "details": details}, 400)


def bad_key() -> Response:
    """Unknown ``8x8-apikey``: 400, not 401."""
    hint = "Please provide valid apikey. If you don't have one, please sign up and create a developer account"
    return _gateway("SHA001", "Invalid 8x8-apikey", "header", "8x8-apikey", hint)


def bad_parameter(name: str, hint: str) -> Response:
    """A parameter that cannot be served; the body's shape is free (WA 8)."""
    return _gateway("SHA002", f"Invalid {name}", "query", name, hint)


def bad_token(description: str) -> Response:
    """A bearer that is no good."""
    return JSONResponse({"error": "invalid_token", "error_description": description}, 401)


def invalid_grant(description: str, status: int = 400) -> Response:
    """A login that fails."""
    return JSONResponse({"error_description": description, "error": "invalid_grant"}, status)


def no_licence(user: str, pbx: str) -> Response:
    """The user lacks licence or Supervisor level; only code and message are known."""
    message = f"user({user}) does not have access to api category(CDR) for pbxId([{pbx}])."
    return _gateway("105-400-038", message, "query", "pbxId", message)


def no_access(user: str, pbx: str, endpoint: str, now: datetime) -> Response:
    """The user may not read this PBX; ``endpoint`` as within the vendor: ``/cdr``, ``/v2/call-legs``."""
    text = f"user({user}) does not have access to pbxId({pbx}) to make this request."
    body = {
        "timeStamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}+0000",
        "status": 403,
        "error": "Access Denied",
        "exception": text,
        "message": text,
        "path": REPORT_PATH + endpoint,
    }
    return JSONResponse(body, 403)
