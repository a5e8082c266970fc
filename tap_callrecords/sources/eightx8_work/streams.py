"""8x8 Work Analytics: call records and call legs, paged by scrollId (WA)."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
import requests
from singer_sdk.exceptions import FatalAPIError, SingerSDKError
from typing_extensions import override

from tap_callrecords.errors import AccessRefused, BrokenBody, EndpointGone, PageLost, Refused
from tap_callrecords.http.client import VendorApi
from tap_callrecords.http.tokens import NoAuth, Token, TokenClient, read_token_answer, token_lifetime
from tap_callrecords.http.words import words_of
from tap_callrecords.output.progress import Progress
from tap_callrecords.paging.base import Page
from tap_callrecords.paging.scroll_id import ScrollIdPaginator
from tap_callrecords.rows.builder import Record
from tap_callrecords.rows.conversions import announced_count
from tap_callrecords.stream import Asked, CallRecordStream
from tap_callrecords.windows.plan import TimeWindow

Row = TypeVar("Row")

LARGEST_PAGE = 7000
"""The most rows that the vendor allows (WA 3.1)."""
TIME_ZONES = ("UTC", "Etc/UTC", "GMT")
"""Names for a zone without daylight saving; the first that a deployment accepts is used (WA A3)."""
REFUSALS = (
    (
        r"SHA001|Invalid 8x8-apikey",
        "8x8 Work does not know the API key. Check setting eightx8_work_api_key: it is the Key (not the Secret) of an "
        "App in 8x8 Admin Console that includes the product Analytics for 8x8 Work; a product that was just added "
        "takes some minutes.",
    ),
    (
        r"USER_NOTFOUND",
        "8x8 Work does not know the user. Check setting eightx8_work_username: it is the name with which that person "
        "signs in to 8x8.",
    ),
    (
        r"105-400-038|does not have access to api category",
        "The 8x8 Work user may not read call records. In 8x8 Admin Console, give the user of setting "
        "eightx8_work_username a licence with Analytics and the access level Supervisor.",
    ),
    (
        r"does not have access to pbxId",
        "The 8x8 Work user may not read one of the PBXs. Check setting eightx8_work_pbx_ids (names of PBXs as in 8x8 "
        "Admin Console, or allpbxes), or give the user of setting eightx8_work_username access to it.",
    ),
    (
        r"PASSWORD|BAD_?CREDENTIALS|Bad credentials",
        "8x8 Work refused the password. Check settings eightx8_work_password and eightx8_work_username.",
    ),
)
"""What the refusals of WA 5 mean, and what to do: pattern in the answer's words, sentence."""
V1_IS_GONE = (
    "8x8 Work no longer serves v1/cdr, which it had deprecated. Select the streams eightx8_call_records and "
    "eightx8_call_legs (v2) instead of eightx8_cdr_call_records and eightx8_cdr_call_legs: they have the same rows, "
    "keys and columns."
)
NOT_SIGNED_IN = (
    "8x8 Work refused to sign the user in. Check settings eightx8_work_username and eightx8_work_password, and let the "
    "user open Analytics for 8x8 Work in a browser once: before that the API refuses them."
)
TOKEN_REFUSED = (
    "8x8 Work refused a token that it has just issued. Check that the App of setting eightx8_work_api_key and the user "
    "of setting eightx8_work_username belong to the same company."
)
_OFFSET = re.compile(r"[+-]\d\d:?\d\d$|Z$")


class Meta(msgspec.Struct):
    """`meta` of an answer (WA 4.1)."""

    total_record_count: Any = msgspec.field(name="totalRecordCount", default=None)
    scroll_id: str | None = msgspec.field(name="scrollId", default=None)


class Envelope(msgspec.Struct, Generic[Row]):
    """Body of an answer (WA 4.1); `data` may be null where there is no row."""

    meta: Meta
    rows: list[Row] | None = msgspec.field(name="data")
    status: Any = None
    error: Any = None

    @property
    def is_an_error(self) -> bool:
        """Whether it only looks like an answer, where there is no row."""
        return bool(self.error or self.status not in (None, requests.codes.ok))


class PasswordToken(TokenClient):
    """The token call (WA 2): user name and password, a form; no grant type, no refresh token."""

    def __init__(self, api: WorkApi) -> None:
        super().__init__()
        self._api = api

    @override
    def fetch(self) -> Token:
        config = self._api.config
        request = requests.Request(
            "POST",
            f"{self._api.url}/v1/oauth/token",
            data={"username": config["eightx8_work_username"], "password": config["eightx8_work_password"]},
            auth=NoAuth(),
        )
        answer = self._api.call(request, read_token_answer)
        return Token(answer["access_token"], token_lifetime(answer, default=1800))


class WorkApi(VendorApi):
    """8x8 Work Analytics (WA 1, 2, 5)."""

    product = "8x8 Work"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auth = PasswordToken(self)
        self.time_zone = TIME_ZONES[0]
        self.time_zone_accepted = False
        self._choosing = threading.Lock()

    def may_try_again(self, time_zone: str) -> bool:
        """Some deployments may not know a zone by one name (WA A3): after a refusal, whether another one is left."""
        with self._choosing:
            if self.time_zone == time_zone and not self.time_zone_accepted and time_zone != TIME_ZONES[-1]:
                self.time_zone = TIME_ZONES[TIME_ZONES.index(time_zone) + 1]
            return self.time_zone != time_zone

    @property
    @override
    def url(self) -> str:
        return str(self.config["eightx8_work_api_url"]).rstrip("/")

    @override
    def headers(self) -> Mapping[str, str]:
        return {"8x8-apikey": self.config["eightx8_work_api_key"]}

    @override
    def refusal(self, response: requests.Response) -> SingerSDKError | None:
        path = urlsplit(str(response.request.url)).path
        said = " ".join(str(word) for word in words_of(response).values())
        for pattern, sentence in REFUSALS:
            if re.search(pattern, said, re.IGNORECASE):
                return AccessRefused(sentence)
        if path.endswith("/oauth/token"):
            return AccessRefused(NOT_SIGNED_IN)
        if response.status_code in (requests.codes.not_found, requests.codes.gone) and path.endswith("/v1/cdr"):
            return EndpointGone(V1_IS_GONE)
        if response.status_code == requests.codes.unauthorized:
            return Refused(TOKEN_REFUSED, response.status_code, response)
        return None


class WorkStream(CallRecordStream[WorkApi]):
    """What the endpoints share: query, cursor, envelope (WA 3, 4)."""

    api_type = WorkApi
    envelope = Envelope
    limit_is_stated = True  # two years (WA 6)
    more_params: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pbxes: set[str] = set()

    @override
    def new_paginator(self, window: TimeWindow) -> ScrollIdPaginator:
        return ScrollIdPaginator()

    @override
    def request(self, window: TimeWindow, page: str | None) -> requests.Request:
        start, end = window.in_whole_seconds()
        params = {
            "pbxId": ",".join(self._pbx_ids),
            "startTime": _naive(start),
            "endTime": _naive(end),
            "timeZone": self.api.time_zone,
            "pageSize": str(window.page_size(self.config["eightx8_work_page_size"], most=LARGEST_PAGE)),
            **self.more_params,
        }
        if page is not None:
            params["scrollId"] = page  # beside all the others, unchanged (WA A5)
        return requests.Request("GET", f"{self.api.url}{self.path}", params=params)

    @property
    def _pbx_ids(self) -> Sequence[str]:
        """The configured names; without any, what stands for all."""
        return [name.strip() for name in self.config["eightx8_work_pbx_ids"] if name.strip()] or ["allpbxes"]

    @override
    def remedy(self, error: Exception, asked: Asked) -> Asked | Page:
        if isinstance(error, Refused) and error.status == requests.codes.bad_request:
            if asked.name is not None:
                raise PageLost("8x8 Work no longer accepts the cursor.") from None
            if self.api.may_try_again(time_zone_of(error)):
                return asked
        raise error

    @override
    def page(self, asked: Asked, envelope: Envelope[Any], records: list[Record], response: requests.Response) -> Page:
        if not records and envelope.is_an_error:
            raise BrokenBody("an error in place of rows")
        rendered = next((record.start_time for record in records if record.start_time), "")
        offset = _OFFSET.search(str(rendered))
        if offset and offset.group() not in ("Z", "+0000", "+00:00", "-0000", "-00:00"):
            raise FatalAPIError(
                f"8x8 Work was asked for times in {self.api.time_zone} but answered in another zone "
                f"({offset.group()}): the time windows can't be trusted, so nothing is taken from them."
            )
        self._pbxes.update(record.pbx_id for record in records)
        cursor, total = envelope.meta.scroll_id, None
        if asked.name is None:  # only the first page counts the window as the cursor walks it (WA 4.3)
            total = announced_count(envelope.meta.total_record_count)
            if total is None or (total and not records):
                raise BrokenBody("a first page that does not count, or counts rows that it has not")
            if cursor is None and len(records) < total:
                raise BrokenBody("a page that names no next one, but counts more rows than it has")
        elif cursor is None and announced_count(envelope.meta.total_record_count) is None:
            raise BrokenBody("neither a count nor a cursor")
        self.api.time_zone_accepted = True
        return Page(records, next=cursor, announced=total)

    @override
    def remarks(self) -> Sequence[str]:
        met = {name.casefold() for name in self._pbxes}
        named = (name for name in self.config["eightx8_work_pbx_ids"] if name.casefold() != "allpbxes")
        missing = [name for name in named if name.casefold() not in met]
        return [f"No row is of PBX {', '.join(missing)} (setting eightx8_work_pbx_ids)."] if missing else []

    @override
    def report(self, progress: Progress, differing: int) -> None:
        super().report(progress, differing)
        self.logger.info("PBXs with rows: %s.", ", ".join(sorted(self._pbxes)) or "none")  # absent ones show (WA A13)


def time_zone_of(error: Refused) -> str:
    """The time zone that a refused request named."""
    url = "" if error.response is None else str(error.response.request.url)
    return parse_qs(urlsplit(url).query).get("timeZone", [""])[0]


def _naive(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S")


class CallRecords(WorkStream):
    """One row per call (WA 4.4). Which time the window selects by is not documented, hence the look-back (WA A1)."""

    name = "eightx8_call_records"
    path = "/v2/call-records"


class CallLegs(WorkStream):
    """One row per leg of a call; the window selects by the leg's disconnect time (WA 4.6)."""

    name = "eightx8_call_legs"
    path = "/v2/call-legs"
    more_params: ClassVar = {"isConnectTime": "false", "isSimplified": "false"}  # anything else drops rows (WA A16)


class CdrCallRecords(CallRecords):
    """The same rows from the endpoint that the vendor has deprecated without a date (WA A15)."""

    name = "eightx8_cdr_call_records"
    path = "/v1/cdr"
    more_params: ClassVar = {"isCallRecord": "true"}


class CdrCallLegs(CallLegs):
    """The same rows from the endpoint that the vendor has deprecated without a date (WA A15)."""

    name = "eightx8_cdr_call_legs"
    path = "/v1/cdr"
    more_params: ClassVar = {"isCallRecord": "false", **CallLegs.more_params}


STREAMS: Sequence[type[CallRecordStream[Any]]] = (CallRecords, CallLegs, CdrCallRecords, CdrCallLegs)
