"""Bills of materials: a lock as a CycloneDX document."""

import json
import re
import tomllib
import uuid
from itertools import chain
from pathlib import Path
from typing import Any, Final

from tools.supply.lock import ROOT, Pin, pins_of

SPEC_VERSION: Final = "1.6"

Document = dict[str, Any]


def bill_of(lock: Path) -> Document:
    """The bill of materials of a lock: the same bytes for the same lock, wherever and whenever it is made.

    So it has no time, and its serial number is made from what is in it. A lock knows neither licenses, nor what is
    compiled into a package, nor which package needs which: what the project names itself is in ``dependencies``. Raises
    LockProblem.
    """
    pins = pins_of(lock)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    product = _product(project, lock.stem)
    named = _named(project, lock.stem)
    document: Document = {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "version": 1,
        "metadata": {"lifecycles": [{"phase": "pre-build"}], "component": product},
        "components": [_component(pin) for pin in pins],
        "dependencies": [{"ref": product["bom-ref"], "dependsOn": [pin.purl for pin in pins if pin.name in named]}],
    }
    return document | {"serialNumber": uuid.uuid5(uuid.NAMESPACE_OID, text_of(document)).urn}


def text_of(document: Document) -> str:
    """A document as it is written."""
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def write_bill(lock: Path, directory: Path) -> Path:
    """Writes a lock's bill of materials into a directory: where. Raises LockProblem."""
    text = text_of(bill_of(lock))
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{lock.stem}.cdx.json"
    file.write_text(text)
    return file


def _product(project: Document, lock: str) -> Document:
    """What the lock is for."""
    return {
        "type": "application",
        "bom-ref": f"{project['name']}/{lock}",
        "name": project["name"],
        "version": project["version"],
        "description": project["description"],
    }


def _component(pin: Pin) -> Document:
    component: Document = {
        "type": "library",
        "bom-ref": pin.purl,
        "purl": pin.purl,
        "name": pin.name,
        "version": pin.version,
        # One for each file that may be installed. The format asks for an address; where from is the installer's affair.
        "externalReferences": [
            {
                "type": "distribution",
                "url": f"{pin.purl}?checksum=sha256:{digest}",
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
            for digest in pin.hashes
        ],
    }
    if pin.marker:
        component["properties"] = [{"name": "environment-marker", "value": pin.marker}]
    return component


def _named(project: Document, lock: str) -> set[str]:
    """The packages that the project itself asks for in any way, by their normalized names."""
    if lock == "seller":
        asked = (ROOT / "requirements" / "seller.in").read_text().split()
    else:
        asked = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    return {re.sub("[-_.]+", "-", re.split(r"[\[<>=!~; ]", one)[0]).lower() for one in asked}
