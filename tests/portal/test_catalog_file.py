"""A catalog that is changed while the shop is open."""

import logging
from pathlib import Path

import httpx
import pytest

from seller.catalog import CatalogProblem
from seller.catalog_file import CatalogFile
from tests.support.portal import opened
from tests.support.seller import Seller


def write(file: Path, **products: str) -> None:
    """As kubelet and careful people do it: the file is another one."""
    new = file.with_name("new.toml")
    new.write_text("[products]\n" + "".join(f'{name} = "{plan}"\n' for name, plan in products.items()))
    new.replace(file)


async def test_what_is_on_sale_changes_with_the_file_and_not_where_that_is_broken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, open_shop: Seller
) -> None:
    caplog.set_level(logging.INFO, "portal")
    file = tmp_path / "catalog.toml"
    write(file, Daily="PLAN-1")
    catalog = CatalogFile(str(file), logging.getLogger("portal"))
    async with opened(open_shop) as portal, httpx.AsyncClient(trust_env=False) as http:
        portal.shop.catalog = catalog.now

        async def shown() -> str:
            return (await http.get(portal.url)).text

        assert "Daily" in await shown()
        write(file, Weekly="PLAN-2")
        assert "Weekly" in (page := await shown())
        assert "Daily" not in page
        assert portal.shop.plan_of("Weekly") == "PLAN-2"
        write(file)
        assert "Weekly" in await shown()
        assert "Weekly" in await shown()
        file.unlink()
        assert "Weekly" in await shown()
        write(file, Monthly="PLAN-3")
        assert "Monthly" in await shown()
    said = [record.getMessage() for record in caplog.records if record.name == "portal"]
    goes_on = "Going on with the catalog that was read before: The catalog"
    assert [line.startswith(goes_on) for line in said] == [False, True, True, False]


def test_a_catalog_that_cannot_be_used_at_the_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogProblem):
        CatalogFile(str(tmp_path / "none.toml"), logging.getLogger("portal")).now()
