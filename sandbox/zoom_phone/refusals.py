"""How Zoom refuses (ZP 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response


class RefusedError(Exception):
    """Ends a request with an answer."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def refusal(status: int, code: int, message: str, *, fields: Sequence[str] = ()) -> RefusedError:
    """A body with the vendor's own code, which may differ from the status; and fields that are wrong."""
    body: dict[str, Any] = {"code": code, "message": message}
    if fields:
        body["errors"] = [{"field": field, "message": "Invalid field."} for field in fields]
    return RefusedError(JSONResponse(body, status))


def bad_field(*fields: str) -> RefusedError:
    """400: a parameter that is not taken."""
    return refusal(400, 300, "Validation Failed.", fields=fields)


def bad_page_token(code: int = 400) -> RefusedError:
    """400: an expired or damaged page token."""
    return refusal(400, code, "The next page token is invalid or expired.")


def bad_token(status: int, *, expired: bool) -> RefusedError:
    """The access token is none, or no longer one."""
    return refusal(status, 124, "Access token has expired." if expired else "Invalid access token.")


def no_scope(status: int, code: int, scope: str) -> RefusedError:
    """The app lacks a scope."""
    return refusal(status, code, f"Invalid access token, does not contain scopes:[{scope}].")


def no_zoom_phone() -> RefusedError:
    """403: the account has no Zoom Phone."""
    return refusal(403, 2031, "Zoom Phone has not been enabled for this account.")


def no_permission() -> RefusedError:
    """403: the role lacks a right."""
    return refusal(403, 403, "You do not have permission.")


def no_call() -> RefusedError:
    """404: no such call, or not yet."""
    return refusal(404, 404, "Call Log does not exist.")
