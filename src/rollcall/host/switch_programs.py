"""The programs of the switch: Kamailio with its modules, and rtpengine. Found, never installed."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rollcall.environment import ConfigurationError

DIRECTORIES = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where services live that are not on the path of every user."""

MODULES = (
    *("/usr/lib/*/kamailio/modules", "/usr/lib/kamailio/modules", "/usr/lib64/kamailio/modules"),
    *("/usr/local/lib*/kamailio/modules", "/opt/homebrew/lib/kamailio/modules"),
)
NEEDED = {
    "kamailio": "registrar.so",
    "kamailio-postgres-modules": "db_postgres.so",
    "kamailio-tls-modules": "tls.so",
    "kamailio-websocket-modules": "websocket.so",
}
"""Debian's packages, and a module of each by which it is known."""

RTPENGINE_PACKAGE = "rtpengine-daemon"
HELP_PAGE = "switch.md"
SERIES = (5, 6)
"""The versions of Kamailio that the configuration is tried with."""

ANSWER_SECONDS = 20

_VERSION = re.compile(r"(?:kamailio |Version: )(\d+)\.(\d+)\S*")


class SwitchMissingError(ConfigurationError):
    """The switch cannot be started here: which packages are missing."""


@dataclass(frozen=True, slots=True)
class SwitchPrograms:
    """Where the programs are, and of which version."""

    kamailio: Path
    modules: Path
    rtpengine: Path
    kamailio_version: str
    rtpengine_version: str

    @property
    def is_tried(self) -> bool:
        """Tell whether this is the series of Kamailio that Rollcall is tried with."""
        return self.kamailio_version.startswith(".".join(str(part) for part in SERIES) + ".")


def find_switch_programs() -> SwitchPrograms:
    """Return the programs. Raises SwitchMissingError with the packages to install."""
    kamailio, rtpengine, modules = _find("kamailio"), _find("rtpengine"), _modules()
    missing = [
        package
        for package, module in NEEDED.items()
        if modules is None or not (modules / module).exists()
    ]
    if kamailio is None and "kamailio" not in missing:
        missing.insert(0, "kamailio")
    if rtpengine is None:
        missing.append(RTPENGINE_PACKAGE)
    if missing or kamailio is None or rtpengine is None or modules is None:
        raise SwitchMissingError(missing_sentence(missing))
    return SwitchPrograms(
        kamailio=kamailio,
        modules=modules,
        rtpengine=rtpengine,
        kamailio_version=_version(kamailio, "-v"),
        rtpengine_version=_version(rtpengine, "--version"),
    )


def missing_sentence(packages: Iterable[str]) -> str:
    """Say what to install, and how to go on without."""
    return (
        "The switch needs programs that are not here. "
        f"On Debian: apt install {' '.join(packages)}. "
        "Everything but calls works without: --no-switch, or ROLLCALL_SWITCH=off."
    )


def _find(program: str) -> Path | None:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *DIRECTORIES])
    found = shutil.which(program, path=path)
    return Path(found).absolute() if found else None


def _modules() -> Path | None:
    for pattern in MODULES:
        for place in sorted(Path("/").glob(pattern.removeprefix("/"))):
            if (place / NEEDED["kamailio"]).exists():
                return place
    return None


def _version(program: Path, option: str) -> str:
    try:
        answer = subprocess.run(
            [program, option], capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SwitchMissingError(f"{program} cannot be run: {error}.") from error
    match = _VERSION.search(answer.stdout + answer.stderr)
    if match is None:
        raise SwitchMissingError(f"{program} does not say which version it is.")
    return match[0].split()[-1]
