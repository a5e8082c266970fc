"""Bearer and refresh tokens as the vendors issue them: made, checked, expired, rotated. None is real."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import msgspec

from sandbox.clock import Clock

JWT_HEADER = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9"


@dataclass
class Token:
    """One issued token: text, whose it is, epoch ms of issue and expiry, and how many requests it served."""

    text: str
    subject: str
    expires_ms: int
    uses: int = 0
    revoked: bool = False


class Verdict(Enum):
    """What a check of a bearer says."""

    VALID = "valid"
    MISSING = "missing"
    UNKNOWN = "unknown"
    EXPIRED = "expired"


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(content)).decode().rstrip("=")


class Tokens:
    """Issues and checks access tokens, and refresh tokens with rotation.

    ``max_uses`` ends a token early, after that many successful checks.
    """

    def __init__(self, clock: Clock, style: Literal["jwt", "opaque"] = "jwt") -> None:
        self.clock = clock
        self.style = style
        self.max_uses: int | None = None
        self.issued: dict[str, Token] = {}
        self.refresh_tokens: dict[str, Token] = {}

    def issue(self, subject: str, lifetime_seconds: float) -> Token:
        """A new access token."""
        token = self._make(subject, lifetime_seconds, "access")
        self.issued[token.text] = token
        return token

    def check(self, authorization: str | None) -> tuple[Verdict, Token | None]:
        """Judge an ``Authorization`` header; a valid check counts as one use."""
        scheme, _, text = (authorization or "").partition(" ")
        if not text or scheme.lower() != "bearer":
            return Verdict.MISSING, None
        token = self.issued.get(text.strip())
        if token is None:
            return Verdict.UNKNOWN, None
        worn = self.max_uses is not None and token.uses >= self.max_uses
        if token.revoked or worn or self.clock.now_ms() >= token.expires_ms:
            return Verdict.EXPIRED, token
        token.uses += 1
        return Verdict.VALID, token

    def issue_refresh(self, subject: str, lifetime_seconds: float = 90 * 86_400) -> Token:
        """A new refresh token."""
        token = self._make(subject, lifetime_seconds, "refresh")
        self.refresh_tokens[token.text] = token
        return token

    def redeem(self, text: str, *, rotate: bool = False) -> Token | None:
        """The refresh token to hand on: the same, or a new one when rotating (the old dies); ``None`` if not good."""
        token = self.refresh_tokens.get(text)
        if token is None or token.revoked or self.clock.now_ms() >= token.expires_ms:
            return None
        token.uses += 1
        if not rotate:
            return token
        token.revoked = True
        return self.issue_refresh(token.subject)

    def _make(self, subject: str, lifetime_seconds: float, kind: str) -> Token:
        now = self.clock.now_ms()
        expires = now + int(lifetime_seconds * 1000)
        serial = len(self.issued) + len(self.refresh_tokens) + 1
        if self.style == "jwt":
            claims = {"sub": subject, "jti": serial, "use": kind, "iat": now // 1000, "exp": expires // 1000}
            text = f"{JWT_HEADER}.{_part(claims)}.{_part('sandbox signature')}"
        else:
            text = f"sandbox-{kind}-{serial:06d}-" + _part(subject)
        return Token(text, subject, expires)
