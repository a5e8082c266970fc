"""What a source is: a vendor product, the settings that switch it on, and its streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tap_callrecords.http.client import VendorApi
from tap_callrecords.settings.kinds import Setting
from tap_callrecords.stream import CallRecordStream


@dataclass(frozen=True, slots=True)
class Source:
    """A vendor product and the settings that switch it on.

    Attributes:
        api: the vendor product's API.
        settings: its settings.
        credentials: groups of settings; each group is set wholly or not at all, and one whole group switches
            the source on.
        streams: the stream classes.
        brand: what people call the vendor; left out, it is what they call the product.
        instead: what makes a setting of `credentials` unnecessary: that setting, and the one that does.
    """

    api: type[VendorApi]
    settings: Sequence[Setting]
    credentials: Sequence[Sequence[str]]
    streams: Sequence[type[CallRecordStream[Any]]]
    brand: str | None = None
    instead: Mapping[str, str] = field(default_factory=dict)

    @property
    def product(self) -> str:
        """What people call it."""
        return self.api.product

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


def source_problems(config: Mapping[str, Any], sources: Sequence[Source], *, needs_one: bool) -> list[str]:
    """What is wrong with the credentials that are set.

    Args:
        config: the settings.
        sources: all sources.
        needs_one: whether one of them has to be configured.
    """
    half = [(source, source.missing(config)) for source in sources]
    problems = [
        f"{source.product} is configured in part; missing: setting {', '.join(missing)}"
        for source, missing in half
        if missing
    ]
    if not problems and needs_one and not any(source.is_configured(config) for source in sources):
        ways = "; ".join(
            f"{source.product}: {' or '.join(' + '.join(group) for group in source.credentials)}" for source in sources
        )
        problems = [f"no source is configured. Set the credentials of one at least ({ways})"]
    return problems
