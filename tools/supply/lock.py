"""Locks: the files of requirements/ with one version of each package, and the hashes of the files it may come as."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
LOCKS: Final = ROOT / "requirements"

PIN: Final = re.compile(
    r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)==(?P<version>[a-z0-9.+!]+)"
    r"(?: ; (?P<marker>[^\\]+?))?(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)"
)


class LockProblem(ValueError):
    """A lock that cannot be read, or in which something is not pinned. The message says where."""


@dataclass(frozen=True)
class Pin:
    """One package of a lock."""

    name: str
    """Normalized, as in PEP 503."""
    version: str
    marker: str | None
    """On which machines it is installed; None for all."""
    hashes: tuple[str, ...]
    """SHA-256, in hexadecimal digits, of every file that this version may be installed from."""

    @property
    def purl(self) -> str:
        """Its package URL."""
        version = self.version.replace("+", "%2B").replace("!", "%21")
        return f"pkg:pypi/{self.name}@{version}"


def pins_of(lock: Path) -> list[Pin]:
    """The packages of a lock, in its order. Raises LockProblem."""
    try:
        text = lock.read_text()
    except (OSError, UnicodeDecodeError):
        raise LockProblem(f"{lock} cannot be read") from None
    lines = [line for line in re.sub(r" *\\\n *", " ", text).splitlines() if line.strip()]
    pins = [_pin(lock, line) for line in lines]
    names = [pin.name for pin in pins]
    if twice := {name for name in names if names.count(name) > 1}:
        raise LockProblem(f"{lock.name} has more than one version of {', '.join(sorted(twice))}")
    if not pins:
        raise LockProblem(f"{lock.name} pins nothing")
    return pins


def _pin(lock: Path, line: str) -> Pin:
    found = PIN.fullmatch(line)
    if found is None:
        raise LockProblem(f"{lock.name} has a line that is not one version with SHA-256 hashes: {line[:80]}")
    hashes = re.findall("[0-9a-f]{64}", found["hashes"])
    return Pin(found["name"], found["version"], found["marker"], tuple(hashes))


def all_locks(directory: Path = LOCKS) -> list[Path]:
    """Every lock that there is."""
    return sorted(directory.glob("*.txt"))
