"""Whom the tap talks to is verified, and no variable of the environment switches that off."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_leaks import Recorder
from tests.support.forked import forked

x509 = pytest.importorskip("cryptography.x509")
NOT_VERIFIED = "the TLS certificate of 127.0.0.1 could not be verified; nothing was sent."


class SelfSigned:
    """A server on loopback that nobody vouches for: its address, its certificate, what it was sent."""

    def __init__(self, folder: Path) -> None:
        self.certificate = make_certificate(folder)
        self.noted: list[str] = []
        self.server = HTTPServer(("127.0.0.1", 0), type("Noting", (Recorder,), {"noted": self.noted}))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign] # the tap hangs up: that is the point

    @property
    def config(self) -> dict[str, Any]:
        url = f"https://127.0.0.1:{self.server.server_port}"
        return {"voiso_api_key": "sandbox-voiso-key", "voiso_api_url": url, "max_attempts": 2}


def make_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1, signed by itself, and its key, in one file."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@contextmanager
def serving(folder: Path) -> Iterator[SelfSigned]:
    """The server at work."""
    stranger = SelfSigned(folder)
    thread = threading.Thread(target=stranger.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stranger
    finally:
        stranger.server.shutdown()
        stranger.server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SelfSigned]:
    with serving(tmp_path_factory.mktemp("tls")) as stranger:
        yield stranger


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"CURL_CA_BUNDLE": ""},
        {"REQUESTS_CA_BUNDLE": ""},
        {"PYTHONHTTPSVERIFY": "0", "NODE_TLS_REJECT_UNAUTHORIZED": "0", "SSL_NO_VERIFY": "1", "GIT_SSL_NO_VERIFY": "1"},
    ],
    ids=str,
)
def test_a_server_that_nobody_vouches_for_is_sent_nothing(stranger: SelfSigned, environment: dict[str, str]) -> None:
    stranger.noted.clear()
    out = forked(stranger.config, environment=environment)
    assert out.exit_code == 1
    assert NOT_VERIFIED in out.stderr
    assert "trying again" not in out.stderr
    assert stranger.noted == []


def test_a_certificate_that_the_user_vouches_for_is_taken(stranger: SelfSigned) -> None:
    stranger.noted.clear()
    out = forked(stranger.config, environment={"REQUESTS_CA_BUNDLE": str(stranger.certificate)})
    assert out.exit_code == 1  # it has no calls to tell of
    assert NOT_VERIFIED not in out.stderr
    assert len(stranger.noted) > 0


def test_a_file_of_certificates_that_is_not_there_is_told(stranger: SelfSigned, tmp_path: Path) -> None:
    missing = tmp_path / "none.pem"
    out = forked(stranger.config, environment={"REQUESTS_CA_BUNDLE": str(missing)})
    assert out.exit_code == 1
    assert f"The environment variable REQUESTS_CA_BUNDLE names {missing}, which" in out.stderr
