"""How a setting is declared: its name, type, default, title and description. Flat, one prefix for each source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from singer_sdk import typing as th


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting.

    Attributes:
        declared: its name, type, default, title and description.
        in_header: whether its value is sent in a header, which can't hold everything.
    """

    declared: th.Property[Any]
    in_header: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return self.declared.name


def setting(name: str, kind: Any, title: str, description: str, *, in_header: bool = False, **options: Any) -> Setting:
    """A setting of any type; `options` are those of the SDK's `Property`."""
    return Setting(th.Property(name, kind, title=title, description=description, **options), in_header)


def whole(name: str, default: int, least: int, most: int, title: str, description: str) -> Setting:
    """A whole number with bounds, so that no arithmetic on it can overflow."""
    kind = th.IntegerType(minimum=least, maximum=most)
    return setting(name, kind, title, f"{description} From {least} to {most}.", default=default)


def text(name: str, title: str, description: str, *, in_header: bool = False, **options: Any) -> Setting:
    """A text."""
    return setting(name, th.StringType, title, description, in_header=in_header, **options)


def secret(name: str, title: str, description: str, *, in_header: bool = False, **options: Any) -> Setting:
    """A text that nobody may see."""
    return text(name, title, description, in_header=in_header, secret=True, **options)
