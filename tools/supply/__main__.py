"""``python -m tools.supply sbom`` writes bills of materials; ``… audit`` asks what is known against the packages.

Exit code 0 if that was done and nothing is known; 1 if something is; 2 for arguments and locks that cannot be used;
3 if no advisory database could be asked: nothing is known then, neither good nor bad.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.supply.advisories import DATABASE, NotChecked, advisories_against
from tools.supply.lock import LOCKS, ROOT, LockProblem, Pin, all_locks, pins_of
from tools.supply.sbom import write_bill

KNOWN: Final = 1
UNUSABLE: Final = 2
UNKNOWN: Final = 3


def main(arguments: Sequence[str]) -> int:
    """Does what is asked for."""
    options = _parser().parse_args(arguments)
    try:
        locks = all_locks(options.locks)
        if not locks:
            raise LockProblem(f"there are no locks in {options.locks}")
        return _write(locks, options.into) if options.what == "sbom" else _audit(locks, options.database)
    except LockProblem as problem:
        sys.stderr.write(f"{problem}\n")
        return UNUSABLE
    except NotChecked as problem:
        sys.stderr.write(f"Nothing was checked: {problem}. Whether anything is known against the locks is open.\n")
        return UNKNOWN


def _write(locks: list[Path], into: Path) -> int:
    for lock in locks:
        sys.stdout.write(f"{write_bill(lock, into)}\n")
    return 0


def _audit(locks: list[Path], database: str) -> int:
    pins: dict[str, Pin] = {}
    locked: dict[str, list[str]] = {}
    for lock in locks:
        for pin in pins_of(lock):
            pins[pin.purl] = pin
            locked.setdefault(pin.purl, []).append(lock.name)
    advisories = advisories_against(list(pins.values()), database)
    for advisory in advisories:
        pin = advisory.pin
        said = f": {advisory.summary}" if advisory.summary else ""
        sys.stdout.write(f"{pin.name} {pin.version} ({', '.join(locked[pin.purl])}) {advisory.id}{_printable(said)}\n")
    sys.stdout.write(
        f"{len(advisories) or 'Nothing'} known at {database} against {len(pins)} packages of {len(locks)} locks\n"
    )
    return KNOWN if advisories else 0


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.supply", description="What the locks install.")
    parser.add_argument("--locks", type=Path, default=LOCKS, help="the directory that they are in")
    what = parser.add_subparsers(dest="what", required=True)
    sbom = what.add_parser("sbom", help="write a bill of materials (CycloneDX) of each lock")
    sbom.add_argument("--into", type=Path, default=ROOT / "build" / "sbom", help="the directory to write them into")
    audit = what.add_parser("audit", help="ask an advisory database what is known against the packages")
    audit.add_argument("--database", default=DATABASE, help="an address that speaks OSV's protocol")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
