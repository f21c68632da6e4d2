import json
from pathlib import Path

from tools.demo.safe import open_safe


def test_a_safe_stays_as_it_was_filled(tmp_path: Path) -> None:
    assert open_safe(tmp_path) == open_safe(tmp_path)


def test_the_safe_of_an_earlier_version_is_completed_and_keeps_its_key(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    earlier = {"encryption_keys": "demo:key", "terminal_token": "two"}
    file.write_text(json.dumps(earlier | {"web_ui_token": "one"}))
    safe = open_safe(tmp_path)
    assert safe.encryption_keys.get_secret_value() == "demo:key"
    assert open_safe(tmp_path) == safe
    assert file.stat().st_mode & 0o777 == 0o600
    assert earlier.items() <= json.loads(file.read_bytes()).items()
