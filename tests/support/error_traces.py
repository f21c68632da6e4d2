"""Everything that could ever be told about an error: its words, its parts, and the locals of its frames."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from rich.traceback import Traceback

TESTS = str(Path(__file__).parents[1])


def told_by(error: BaseException) -> str:
    """What Python and rich tell of an error and of all that led to it, locals of every frame but the tests' own."""
    told = []
    for link in _chain(error):
        told += [str(link), repr(link), repr(link.args), repr(vars(link))]
        trace = _without_tests(link.__traceback__)
        plain = traceback.TracebackException(type(link), link, trace, capture_locals=True)
        told += [str(frame.locals) for frame in plain.stack]
        rich = Traceback.extract(type(link), link, trace, show_locals=True, locals_max_string=80)
        frames = [frame for stack in rich.stacks for frame in stack.frames]
        told += [node.render() for frame in frames for node in (frame.locals or {}).values()]
    return "\n".join(told)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    if error is not None:
        yield error
        yield from _chain(error.__cause__)
        yield from _chain(error.__context__)


def _without_tests(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(TESTS):
        trace = trace.tb_next
    return trace
