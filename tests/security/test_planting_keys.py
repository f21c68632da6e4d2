"""Who may write on the machine of a portal or a worker, and wants keys of their own to be taken there."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from portal.__main__ import main
from portal.keys import ApiKeys
from temporal.client import NoTemporalServer, connect
from tests.support.portal import opened
from tests.support.seller import Seller
from tools.demo.safe import open_safe

STRANGER = 65_534
FORGED = "esim_forged"

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to somebody else")


def plant(file: Path) -> None:
    key = {"name": "evil", "sha256": sha256(FORGED.encode()).hexdigest(), "created_at": datetime.now(UTC).isoformat()}
    file.write_text(json.dumps({"keys": [key]}))


WAYS: list[object] = [
    pytest.param(lambda file: file.chmod(0o666), "can be changed by everybody", id="file of all"),
    pytest.param(lambda file: file.chmod(0o620), "can be changed by its group", id="file of a group"),
    pytest.param(lambda file: file.parent.chmod(0o777), "can be changed by everybody", id="folder of all"),
    pytest.param(lambda file: file.parent.parent.chmod(0o770), "can be changed by its group", id="folder above"),
    pytest.param(lambda file: os.chown(file, STRANGER, -1), f"belongs to user {STRANGER}", id="owner", marks=as_root),
    pytest.param(lambda file: os.chown(file.parent, STRANGER, -1), "belongs to user", id="owner above", marks=as_root),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where keys are, in a folder of a folder."""
    folder = tmp_path / "above" / "folder"
    folder.mkdir(parents=True)
    return folder / "keys.json"


@pytest.mark.parametrize(("expose", "says"), WAYS)
async def test_a_key_that_others_may_have_planted_opens_nothing(
    open_shop: Seller, file: Path, expose: Callable[[Path], None], says: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = ApiKeys(file).add("ours")
    async with (
        opened(open_shop, portal_api_keys=str(file)) as portal,
        httpx.AsyncClient(base_url=f"{portal.url}/api") as http,
    ):

        async def status(key: str) -> int:
            return (await http.get("/products", headers={"Authorization": f"Bearer {key}"})).status_code

        assert await status(key) == 200
        plant(file)
        expose(file)
        assert [await status(FORGED), await status(key)] == [503, 503]
    assert says in caplog.text


@pytest.mark.parametrize(("expose", "says"), WAYS)
def test_a_portal_does_not_start_with_a_file_of_keys_that_others_may_change(
    file: Path,
    expose: Callable[[Path], None],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plant(file)
    expose(file)
    monkeypatch.setenv("PORTAL_API_KEYS", str(file))
    assert main(["keys", "list"]) == 1
    assert says in capsys.readouterr().err


def test_what_leads_to_the_file_is_looked_at_and_a_sticky_folder_is_none_of_others(file: Path, tmp_path: Path) -> None:
    ApiKeys(file).add("ours")
    file.parent.chmod(0o1777)
    assert len(ApiKeys(file).all()) == 1
    folder = tmp_path / "of all"
    folder.mkdir()
    (folder / "link.json").symlink_to(file)
    folder.chmod(0o777)
    with pytest.raises(Exception, match="of all can be changed by everybody"):
        ApiKeys(folder / "link.json").all()


@pytest.mark.parametrize("expose", [way.values[0] for way in WAYS])  # type: ignore[attr-defined]
@pytest.mark.parametrize("what", ["CONFIG_FILE", "TLS_CLIENT_KEY_PATH", "TLS_SERVER_CA_CERT_PATH"])
async def test_a_worker_does_not_follow_a_configuration_that_others_may_change(
    tmp_path: Path, what: str, expose: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.getuid() != 0:
        pytest.skip("some of this takes root")
    folder = tmp_path / "above" / "folder"
    folder.mkdir(parents=True)
    for name in NAMED:
        (tmp_path / name).write_text('[profile.default]\naddress = "127.0.0.1:1"\n' if name == "CONFIG_FILE" else "")
    exposed = (tmp_path / what).rename(folder / what)
    expose(exposed)
    for name in NAMED:
        monkeypatch.setenv(f"TEMPORAL_{name}", str(folder / name if name == what else tmp_path / name))
    with pytest.raises(NoTemporalServer, match=f"^TEMPORAL_{what}: "):  # a worker ends with that, and with 1
        await connect(None)


NAMED = ("CONFIG_FILE", "TLS_CLIENT_CERT_PATH", "TLS_CLIENT_KEY_PATH", "TLS_SERVER_CA_CERT_PATH")


def test_a_demo_does_not_take_a_safe_that_others_may_have_filled(tmp_path: Path) -> None:
    open_safe(tmp_path)
    (tmp_path / "secrets.json").chmod(0o666)
    with pytest.raises(Exception, match="can be changed by everybody"):
        open_safe(tmp_path)
