"""The sources: one vendor product each, mostly declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_callrecords.sources import eightx8_analytics, eightx8_contact_center, eightx8_work, voiso, webex

if TYPE_CHECKING:
    from tap_callrecords.stream import CallRecordStream


@dataclass(frozen=True, slots=True)
class Source:
    """A vendor product and the settings that switch it on.

    Attributes:
        product: what people call it.
        credentials: groups of settings; each group is set wholly or not at all, and one whole group switches
            the source on.
        streams: the stream classes.
        instead: what makes a setting of `credentials` unnecessary: that setting, and the one that does.
    """

    product: str
    credentials: Sequence[Sequence[str]]
    streams: Sequence[type[CallRecordStream]]
    instead: Mapping[str, str] = field(default_factory=dict)

    def is_configured(self, config: Mapping[str, Any]) -> bool:
        """Whether one group of credentials is complete."""
        return any(all(self._has(config, name) for name in group) for group in self.credentials)

    def missing(self, config: Mapping[str, Any]) -> list[str]:
        """The settings that a half-set group lacks."""
        return [
            name
            for group in self.credentials
            if any(config.get(each) for each in group)
            for name in group
            if not self._has(config, name)
        ]

    def _has(self, config: Mapping[str, Any], name: str) -> bool:
        return bool(config.get(name) or config.get(self.instead.get(name, name)))


SOURCES: Sequence[Source] = (
    Source(
        product=eightx8_work.WorkApi.product,
        credentials=(("eightx8_work_api_key", "eightx8_work_username", "eightx8_work_password"),),
        streams=eightx8_work.STREAMS,
    ),
    Source(
        product=eightx8_contact_center.ContactCenterApi.product,
        credentials=(
            (
                "eightx8_contact_center_api_key",
                "eightx8_contact_center_token",
                "eightx8_contact_center_tenant_id",
            ),
        ),
        streams=eightx8_contact_center.STREAMS,
    ),
    Source(
        product=eightx8_analytics.AnalyticsApi.product,
        credentials=(("eightx8_analytics_key", "eightx8_analytics_secret"),),
        streams=eightx8_analytics.STREAMS,
    ),
    Source(
        product=webex.WebexApi.product,
        credentials=(
            ("webex_access_token",),
            ("webex_client_id", "webex_client_secret", "webex_refresh_token"),
        ),
        streams=webex.STREAMS,
    ),
    Source(
        product=voiso.VoisoStream.api_type.product,
        credentials=(("voiso_api_key", "voiso_cluster"),),
        streams=voiso.STREAMS,
        instead={"voiso_cluster": "voiso_api_url"},
    ),
)
