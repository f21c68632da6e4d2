"""Python as a tree."""

import ast
import gc
from pathlib import Path


def parsed(path: Path) -> ast.Module:
    """The tree of a file. Python 3.11 fails to parse where the collector runs code in between, which says "recursion
    depth mismatch"."""
    text = path.read_text()
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        gc.enable()
