"""8x8 Contact Center: where Recent Calls are, and what its refusals mean (CC A1, A3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

import requests
from singer_sdk.exceptions import SingerSDKError
from typing_extensions import override

from tap_callrecords.errors import AccessRefused
from tap_callrecords.http.client import VendorApi
from tap_callrecords.http.words import words_of

BAD_KEY = (
    "8x8 Contact Center does not know the API key. Check setting eightx8_contact_center_api_key: it is the Key (not "
    "the Secret) of an App in 8x8 Admin Console that includes Customer Experience Recent Calls."
)
SUCCESSOR = (
    "8x8 no longer documents Recent Calls and may not serve it any more; its successor is the stream "
    "eightx8_interactions: set eightx8_analytics_key and eightx8_analytics_secret (Key and Secret of an App that "
    "includes Analytics for Contact Center) and eightx8_analytics_region, and remove the eightx8_contact_center "
    "settings."
)
REFUSALS = {
    requests.codes.unauthorized: "8x8 Contact Center refused the credentials. Check settings "
    "eightx8_contact_center_api_key, eightx8_contact_center_token and eightx8_contact_center_tenant_id.",
    requests.codes.forbidden: "8x8 Contact Center does not let this API key and token read the tenant. Check settings "
    "eightx8_contact_center_token and eightx8_contact_center_tenant_id, and that the App of setting "
    "eightx8_contact_center_api_key includes Customer Experience Recent Calls.",
    requests.codes.not_found: "8x8 Contact Center does not serve Recent Calls at this address. Check settings "
    "eightx8_contact_center_region and eightx8_contact_center_api_url.",
    requests.codes.gone: "8x8 Contact Center has ended Recent Calls.",
}
"""What a status means; the bodies are not documented (CC A3)."""


class ContactCenterApi(VendorApi):
    """8x8 Contact Center, Customer Experience (CC A1, A3): key and tenant token each in its own header, no OAuth."""

    product = "8x8 Contact Center"

    @cached_property
    @override
    def url(self) -> str:
        return str(self.config["eightx8_contact_center_api_url"]).rstrip("/")

    @override
    def headers(self) -> Mapping[str, str]:
        return {
            "8x8-apikey": self.config["eightx8_contact_center_api_key"],
            "token": self.config["eightx8_contact_center_token"],
        }

    @override
    def refusal(self, response: requests.Response) -> SingerSDKError | None:
        said = " ".join(str(word) for word in words_of(response).values())
        if re.search(r"SHA001|Invalid 8x8-apikey", said, re.IGNORECASE):
            return AccessRefused(f"{BAD_KEY} {SUCCESSOR}")
        if sentence := REFUSALS.get(response.status_code):
            return AccessRefused(f"{sentence} {SUCCESSOR}")
        return None
