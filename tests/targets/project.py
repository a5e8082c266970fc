"""A Meltano project in a temporary folder, made from the repository's meltano.yml, and its runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.support.streams import DESELECTED
from tests.support.tap import ROOT

TAP = "tap-callrecords"


class Project:
    """The repository's project, elsewhere: it keeps its state apart and leaves the checkout alone."""

    def __init__(self, folder: Path, loaders: Sequence[Mapping[str, Any]] = ()) -> None:
        """Args: folder: an empty one; loaders: definitions to add, or to put in the place of those with their name."""
        self.folder = folder
        self._log = folder / "meltano.log"
        project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
        names = {loader["name"] for loader in loaders}
        kept = [loader for loader in project["plugins"]["loaders"] if loader["name"] not in names]
        project["plugins"]["loaders"] = [*kept, *loaders]
        folder.mkdir(exist_ok=True)
        (folder / "meltano.yml").write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")
        (folder / "script").symlink_to(ROOT / "script")
        (folder / "output").mkdir()

    def start(
        self, target: str, tap_settings: Mapping[str, Any], target_settings: Mapping[str, Any]
    ) -> subprocess.Popen[bytes]:
        """Begin `meltano run tap-callrecords TARGET`, every stream read unless the settings have a `_select`."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("TAP_", "TARGET_", "MELTANO_"))
        }
        (self.folder / "tmp").mkdir(exist_ok=True)
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [Path(sys.executable).with_name("meltano"), "run", TAP, target],
                cwd=self.folder,
                env={
                    **inherited,
                    "PATH": path,
                    "TMPDIR": str(self.folder / "tmp"),  # some targets leave files there
                    **_variables(TAP, {"_select": ["*.*"], "optional_streams": sorted(DESELECTED), **tap_settings}),
                    **_variables(target, target_settings),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def log(self) -> str:
        """What the last run has said."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def run(self, target: str, tap_settings: Mapping[str, Any], target_settings: Mapping[str, Any]) -> None:
        """`start` it, and wait; a failure shows the log's end."""
        with self.start(target, tap_settings, target_settings) as process:
            process.wait()
        assert process.returncode == 0, self.log()[-6000:]


def _variables(plugin: str, settings: Mapping[str, Any]) -> dict[str, str]:
    prefix = plugin.upper().replace("-", "_")
    return {
        f"{prefix}_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in settings.items()
    }
