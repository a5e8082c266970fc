"""Where a URL leads: its host, its place for messages, and its origin."""

from __future__ import annotations

from urllib.parse import urlsplit


def origin_of(url: str) -> tuple[str, str | None, str | None, str | None, int | None]:
    """What has to agree for two URLs to lead to the same place: scheme, user, password, host, and port.

    Raises:
        ValueError: it is no URL.
    """
    parts = urlsplit(url)
    usual_port = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.username, parts.password, parts.hostname, parts.port or usual_port


def host_of(url: str | bytes | None) -> str:
    """The host of a URL, for messages."""
    text = url.decode(errors="replace") if isinstance(url, bytes) else url or ""
    try:
        return urlsplit(text).hostname or "the vendor's host"
    except ValueError:
        return "the vendor's host"


def place_of(url: str | None) -> str:
    """Scheme, host and port of a URL, for messages; the host only where it is relative."""
    try:
        parts = urlsplit(url or "")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the vendor's host"
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.scheme and parts.hostname else host_of(url)
