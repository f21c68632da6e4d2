"""``python -m tools.model``: tries every order of a sale's moves within stated bounds. Needs spin and gcc.

Exit code 0 if every promise is kept there, and if each guard that is taken out makes one of them be broken; 1 if not;
2 if a program is missing.
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tools.model.bounds import GUARDS, HOLDS, REDUCED, Bounds, Guard
from tools.model.search import Searched, SearchFailed, missing_programs, search

AT_ONCE: Final = 2
"""Searches side by side."""


def main() -> int:
    """Searches and prints what came of it."""
    options = _parser().parse_args()
    if missing := missing_programs():
        sys.stderr.write(
            f"the model is searched by spin, which gcc compiles, and {' and '.join(missing)} cannot be found: install "
            f"what is missing (on Debian and Ubuntu: apt install {' '.join(missing)})\n"
        )
        return 2
    guards = [guard for guard in GUARDS if not options.guards or set(guard.switch.split()) & set(options.guards)]
    holds = () if options.guards else REDUCED if options.quick else HOLDS
    with ThreadPoolExecutor(AT_ONCE) as pool:
        kept = [(bounds, pool.submit(search, bounds.flags)) for bounds in holds]
        taken_out = [(guard, pool.submit(search, guard.flags, shortest=True)) for guard in guards]
        try:
            fine = [_tell_whether_kept(bounds, found.result()) for bounds, found in kept]
            fine += [_tell_what_breaks(guard, found.result()) for guard, found in taken_out]
        except SearchFailed as failure:
            pool.shutdown(cancel_futures=True)
            sys.stderr.write(f"{failure}\n")
            return 1
    return 0 if all(fine) else 1


def _tell_whether_kept(bounds: Bounds, found: Searched) -> bool:
    verdict = "every promise is kept" if not found.story else "BROKEN, by these moves:"
    _print(f"{bounds}: {found.states:,} states in {found.seconds:.0f} s: {verdict}")
    _print_story(found)
    return not found.story


def _tell_what_breaks(guard: Guard, found: Searched) -> bool:
    _print(f"\nWithout {guard.what} (-D{guard.switch.replace(' ', ' -D')}; {guard.bounds}; {found.states:,} states):")
    _print_story(found)
    if not found.story:
        _print("  NOTHING goes wrong: within these bounds the guard is not needed, or the model is wrong")
    elif found.broken != guard.breaks:
        _print(f"  something else goes wrong than was expected: {guard.breaks}")
    return found.broken == guard.breaks


def _print_story(found: Searched) -> None:
    for sentence in found.story:
        _print(f"  {sentence}")


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.model", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller bounds: some seconds of searching")
    parser.add_argument("guards", nargs="*", metavar="GUARD", help="only what breaks without these, such as NO_CLAIM")
    return parser


if __name__ == "__main__":
    sys.exit(main())
