"""Webex's error bodies: message, errors, trackingId (WX 7)."""

from __future__ import annotations

from itertools import count
from typing import Any

from starlette.responses import JSONResponse, Response

_serial = count(1)


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def refusal(status: int, message: str, *, headers: dict[str, str] | None = None, errors: bool = True) -> RefusedError:
    """An error answer; some bodies have ``errors``, some ``errorCode``."""
    tracking = f"ROUTER_00000000-0000-4000-8000-{next(_serial):012d}"
    body: dict[str, Any] = {"message": message}
    if errors:
        body["errors"] = [{"description": message}]
    else:
        body["errorCode"] = status
    body["trackingId"] = tracking
    return RefusedError(JSONResponse(body, status, headers={"TrackingID": tracking, **(headers or {})}))


def bad_parameter(message: str) -> RefusedError:
    """400: a parameter that is not taken."""
    return refusal(400, message)


def bad_token() -> RefusedError:
    """401: no, an unknown or an expired bearer."""
    return refusal(401, "The request requires a valid access token set in the Authorization request header.")


def no_right() -> RefusedError:
    """403: the scope or the role is missing."""
    return refusal(
        403,
        "The server understood the request, but refused to fulfill it because the access token is missing required "
        "scopes or the user is missing required roles or licenses.",
    )


def no_records() -> RefusedError:
    """404, which is how an empty window may be told (WX 6)."""
    return refusal(404, "No CDRs for requested time range and filters", errors=False)


def not_found() -> RefusedError:
    """404: a wrong path."""
    return refusal(404, "The requested resource could not be found.")


def too_many(wait_seconds: int, *, retry_after: bool) -> RefusedError:
    """429: the allowance is used up."""
    headers = {"Retry-After": str(wait_seconds)} if retry_after else {}
    return refusal(429, "Request rate exceeds threshold", headers=headers)


def wrong_region(host: str, path: str, form: str) -> RefusedError:
    """451: the data is elsewhere; in the forms that have been seen (WX 1)."""
    url = f"https://{host}{path}"
    forms = {"plain": f" Send the request to {url}", "quoted": f' The request should go to URL: "{url}".'}
    where = forms.get(form, forms["quoted"]) if host else ""
    refused = refusal(451, f"Data for this organization is hosted in another region.{where}", errors=False)
    if form == "escaped":
        refused.response.body = bytes(refused.response.body).replace(b"/", b"\\/")
        refused.response.headers["Content-Length"] = str(len(refused.response.body))
    return refused


def gateway_timeout() -> RefusedError:
    """504: what is behind the gateway was too slow."""
    return refusal(504, "upstream request timeout")


def bad_refresh_token() -> RefusedError:
    """400 of the token endpoint."""
    return refusal(400, "The refresh token provided is invalid.")
