"""What Webex's refusals mean, and what to do (WX 7)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests
from singer_sdk.exceptions import FatalAPIError, SingerSDKError

from tap_callrecords.errors import AccessRefused, RangeRefused, Refused
from tap_callrecords.http.hosts import host_of
from tap_callrecords.http.redaction import clean_quote
from tap_callrecords.http.retries import http_date
from tap_callrecords.http.words import body_of, speaks_of_length, undocumented
from tap_callrecords.output.progress import in_words

REGIONS = {
    "US and Canada": "analytics-calling.webexapis.com",
    "Europe": "analytics-calling-eu.webexapis.com",
    "India": "analytics-calling-in.webexapis.com",
    "Australia": "analytics-calling-au.webexapis.com",
    "US government": "analytics-calling-gov.webexapis.com",
}
"""Where organisations' call history is (WX 1)."""
HOSTS = ", ".join(f"{host} ({where})" for where, host in REGIONS.items())
RIGHT_URL = f"Check setting webex_api_url: https://<host>/v1 with the host of the organisation's region ({HOSTS})."
OLDER_HISTORY_HOURS = 48
_REGION = re.compile(r"(https://analytics-calling[a-z0-9-]*\.webexapis\.com)(?::443)?(?!\.?[\w@:-])", re.IGNORECASE)

TOKEN_NOT_RENEWED = (
    "Webex refused to renew the access token. Check settings webex_client_id and webex_client_secret; else the refresh "
    "token has expired (after 90 days without a run), was withdrawn, or was replaced: where Webex rotates refresh "
    "tokens, each renewal issues a new one, and the newest value has to be stored. Authorise the integration or "
    "service app again and put its newest refresh token into webex_refresh_token."
)
ACCESS_TOKEN_REFUSED = (
    "Webex refused the access token. A token of the developer site lives for 12 hours and can't be renewed: put a new "
    "one into setting webex_access_token, or set webex_client_id, webex_client_secret and webex_refresh_token for "
    "tokens that renew themselves."
)
RENEWED_TOKEN_REFUSED = (
    "Webex refused an access token that it has just issued. Check that settings webex_auth_url and webex_api_url "
    "belong to the same deployment (commercial or government) and that the administrator who authorised is active."
)
NO_RIGHT = (
    "Webex does not let this user read call history. The integration or service app needs the scope "
    "spark-admin:calling_cdr_read, and the administrator who authorised it the role 'Webex Calling Detailed Call "
    "History API access' (Control Hub, Users, Administrator roles). After granting it, authorise again."
)


class HeldElsewhere(AccessRefused):
    """Webex holds the data of the organisation in another region.

    Attributes:
        region: the address of its host, `https://` included.
    """

    def __init__(self, sentence: str, region: str) -> None:
        super().__init__(sentence)
        self.region = region


def refusal(response: requests.Response, config: Mapping[str, Any]) -> SingerSDKError:
    """The error that a refusal of a request is.

    Args:
        response: the refusal.
        config: the settings, of which some make another one likely to be wrong.
    """
    sentence = _sentence(response, config)
    if sentence is None:
        return undocumented("Webex Calling", response, tracking_id(response))
    said = message_of(response)
    sentence += (
        f" Webex says: {clean_quote(said, own=config.get('webex_locations') or ())}" if said else ""
    ) + tracking_id(response)
    if _is_for_token(response):
        return AccessRefused(sentence)
    if response.status_code == requests.codes.bad_request:
        return _refused(sentence, response)
    region = region_in(response) if response.status_code == requests.codes.unavailable_for_legal_reasons else None
    if region is not None and host_of(region) != host_of(response.url):
        return HeldElsewhere(sentence, region)
    return AccessRefused(sentence)


def _refused(sentence: str, response: requests.Response) -> FatalAPIError:
    if response.status_code == requests.codes.bad_request and speaks_of_length(message_of(response)):
        return RangeRefused(sentence)
    return Refused(sentence, response.status_code, response)


def _sentence(response: requests.Response, config: Mapping[str, Any]) -> str | None:
    codes = requests.codes
    if _is_for_token(response):
        return TOKEN_NOT_RENEWED
    if response.status_code == codes.bad_request:
        return _bad_parameter(response, config)
    if response.status_code == codes.unavailable_for_legal_reasons:
        region = region_in(response)
        where = f"{region}/v1" if region else f"https://<host>/v1 with the host of the right region ({HOSTS})"
        return f"Webex holds the data of this organisation in another region. Set webex_api_url to {where}."
    return {
        codes.unauthorized: RENEWED_TOKEN_REFUSED if config.get("webex_refresh_token") else ACCESS_TOKEN_REFUSED,
        codes.forbidden: NO_RIGHT,
        codes.not_found: f"{host_of(response.url)} does not know the call history. {RIGHT_URL}",
    }.get(response.status_code)


def _is_for_token(response: requests.Response) -> bool:
    return str(response.request.url).endswith("/access_token")


def _bad_parameter(response: requests.Response, config: Mapping[str, Any]) -> str | None:
    said = message_of(response).lower()
    if speaks_of_length(said):
        return "Webex rejected a time window as too long."
    clock = _clock_difference(response)
    if "starttime" in said or "start time" in said:
        if str(response.request.url).partition("?")[0].endswith("/cdr_stream"):
            return f"{clock}Webex rejected a time window of the live stream as too old."
        hours = config["webex_history_hours"]
        if hours > OLDER_HISTORY_HOURS:
            return (
                f"{clock}Webex serves less history than setting webex_history_hours says ({hours} hours). Set it to "
                f"{OLDER_HISTORY_HOURS}, which is what older organisations have; what is older can't be read."
            )
        return (
            f"{clock}Webex rejected a time window as too old. Check setting webex_history_hours and this machine's "
            "clock."
        )
    sentences = {
        r"end ?time": f"{clock}Webex rejected a time window as too recent. Check this machine's clock, or raise "
        "setting settle_minutes.",
        r"location": "Webex does not know a location. Check setting webex_locations: names as in Control Hub.",
    }
    return next((sentence for pattern, sentence in sentences.items() if re.search(pattern, said)), None)


def _clock_difference(response: requests.Response) -> str:
    theirs = http_date(response.headers.get("Date"))
    seconds = 0.0 if theirs is None else (datetime.now(UTC) - theirs).total_seconds()
    if abs(seconds) < 30:  # noqa: PLR2004 - within the margins
        return ""
    away = f"{in_words(abs(seconds))} {'ahead of' if seconds > 0 else 'behind'}"
    return f"This machine's clock is {away} Webex's: set it right first. "


def message_of(response: requests.Response) -> str:
    """The vendor's own words: `message`, else the first error's description."""
    body = body_of(response)
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return str(body.get("message") or first.get("description") or "")


def region_in(response: requests.Response) -> str | None:
    """The address of a regional host that a refusal names, `https://` included (WX 1: the place is not documented)."""
    try:
        text = json.dumps(response.json(), ensure_ascii=False)  # decoded: an escaped slash is a slash
    except (ValueError, RecursionError):
        text = response.text
    found = _REGION.search(text.replace("\\", ""))
    return found[1].lower() if found else None


def tracking_id(response: requests.Response) -> str:
    """What the vendor's support asks for, as the end of a sentence; empty without one."""
    found = re.fullmatch(r"[\w-]{1,100}", response.headers.get("TrackingID", ""))
    return f" (TrackingID {found.group()})" if found else ""
