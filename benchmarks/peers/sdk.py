"""A tap as the Singer SDK's template lays it out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

import requests
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import OAuthAuthenticator
from singer_sdk.pagination import BaseAPIPaginator
from typing_extensions import override

from benchmarks.peers.job import END_OF_PAGES, INSTANTS, KEYS, STREAM, Job


class PasswordAuthenticator(OAuthAuthenticator):
    """Signs in with user name and password."""

    @property
    @override
    def oauth_request_body(self) -> dict[str, Any]:
        return {"username": self.client_id, "password": self.client_secret}


class ScrollIdPaginator(BaseAPIPaginator[str | None]):
    """Follows `meta.scrollId`."""

    @override
    def get_next(self, response: requests.Response) -> str | None:
        scroll_id: str | None = response.json()["meta"].get("scrollId")
        return None if scroll_id == END_OF_PAGES else scroll_id


class CallLegs(RESTStream[str | None]):
    """Call legs."""

    name = STREAM
    path = "/v2/call-legs"
    primary_keys = KEYS
    replication_key = "disconnected_time_utc"
    records_jsonpath = "$.data[*]"
    schema: ClassVar[dict[str, Any]] = Job.read().schema
    names: ClassVar[dict[str, str]] = Job.read().names

    @property
    @override
    def url_base(self) -> str:
        return str(self.config["url"])

    @cached_property
    @override
    def authenticator(self) -> PasswordAuthenticator:
        return PasswordAuthenticator(
            client_id=self.config["username"],
            client_secret=self.config["password"],
            auth_endpoint=f"{self.url_base}/v1/oauth/token",
            oauth_headers={"8x8-apikey": self.config["key"]},
        )

    @property
    @override
    def http_headers(self) -> dict[str, str]:
        return {"8x8-apikey": self.config["key"]}

    @override
    def get_new_paginator(self) -> ScrollIdPaginator:
        return ScrollIdPaginator(None)

    @override
    def get_url_params(self, context: Mapping[str, Any] | None, next_page_token: str | None) -> dict[str, Any]:
        params = dict(Job.read().params)
        if next_page_token:
            params["scrollId"] = next_page_token
        return params

    @override
    def post_process(self, row: dict[str, Any], context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        record = {self.names[name]: value for name, value in row.items()}
        for name in INSTANTS:
            ms = record[name]
            record[name] = datetime.fromtimestamp(ms / 1000, UTC).isoformat() if ms else None
        return record


class TapCallLegs(Tap):
    """Call legs of 8x8 Work."""

    name = "tap-call-legs"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        *(th.Property(name, th.StringType, required=True) for name in ("url", "key", "username", "password")),
        th.Property("start", th.StringType),
        th.Property("end", th.StringType),
        th.Property("page_size", th.IntegerType),
    ).to_dict()

    @override
    def discover_streams(self) -> list[CallLegs]:
        return [CallLegs(self)]


if __name__ == "__main__":
    TapCallLegs.cli(["--config", sys.argv[1]])
