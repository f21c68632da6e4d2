"""Bills of materials: valid CycloneDX, complete, and the same whenever they are made."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools.supply.lock import LOCKS, ROOT, all_locks, pins_of
from tools.supply.sbom import bill_of, text_of, write_bill

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


@pytest.mark.parametrize("lock", all_locks(), ids=lambda lock: lock.stem)
def test_a_bill_is_what_cyclonedx_says_and_names_every_package_of_its_lock(lock: Path) -> None:
    text = text_of(bill_of(lock))
    assert VALIDATOR.validate_str(text) is None
    bom = Bom.from_json(json.loads(text))  # type: ignore[attr-defined]  # which its decorator adds
    listed = {
        (one.name, one.version, str(one.purl)): {
            str(digest.content) for reference in one.external_references for digest in reference.hashes
        }
        for one in bom.components
    }
    assert listed == {(pin.name, pin.version, pin.purl): set(pin.hashes) for pin in pins_of(lock)}


def test_the_validator_refuses_what_is_no_bill() -> None:
    broken = bill_of(LOCKS / "product.txt") | {"serialNumber": "one"}
    assert VALIDATOR.validate_str(text_of(broken)) is not None


def test_what_the_project_asks_for_itself_is_told_from_what_comes_with_it() -> None:
    (root,) = bill_of(LOCKS / "product.txt")["dependencies"]
    names = {purl.partition("/")[2].partition("@")[0] for purl in root["dependsOn"]}
    assert {"temporalio", "pydantic-settings", "qrcode"} <= names
    assert not {"anyio", "h11", "pillow"} & names


def test_a_bill_is_the_same_for_the_same_lock_and_another_for_another(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.supply", "sbom", "--into", str(tmp_path)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert said.split() == [str(tmp_path / f"{lock.stem}.cdx.json") for lock in all_locks()]
    product = tmp_path / "product.cdx.json"
    assert product.read_text() == text_of(bill_of(LOCKS / "product.txt"))

    changed = tmp_path / "product.txt"
    changed.write_text((LOCKS / "product.txt").read_text().replace("anyio==4", "anyio==5"))
    before = json.loads(product.read_text())["serialNumber"]
    after = json.loads(write_bill(changed, tmp_path).read_text())["serialNumber"]
    assert before != after
