"""Thousands of lines, 3 % of them wrong in every way in which a spreadsheet can get a line wrong."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.adoption import changed, sell_elsewhere
from tests.support.seller import Seller, seller
from tests.support.short_histories import short_histories
from tests.support.terminal import terminal_of
from tools.simulator.endpoint import Endpoint, Status

ADDONS = 10
"""Of each eSIM, and so lines."""

EVERY = 33
"""One line in so many is wrong."""

HEADER = b"endpoint_id;iccid;traveler_id;email;purchase_id;product;unique_id"


@dataclass
class File:
    """A file with eSIMs of this shop in it: its lines, and those that are wrong, with a word of why."""

    shop: Seller
    size: int
    """Lines in it, in which something is told."""
    lines: list[bytes] = field(default_factory=lambda: [HEADER])
    wrong: dict[int, str] = field(default_factory=dict)
    esims: int = 0
    _faults: int = 0

    def fill(self) -> None:
        esims = iter(self.shop.platform.endpoints)
        while len(self.lines) <= self.size:
            status: Status = "Suspended" if self.esims % 10 == 0 else "Active"
            if len(self.lines) > (self._faults + 1) * EVERY:
                self._go_wrong(sell_elsewhere(self.shop, next(esims), 1, status))
                continue
            esim = sell_elsewhere(self.shop, next(esims), ADDONS, status)
            for number in range(ADDONS):
                self._add(self._right(esim, number))
            self.esims += 1

    def _right(self, esim: Endpoint, number: int = 0, /, **changes: str) -> str:
        by_iccid = self.esims % 20 == 0
        cells = {
            "endpoint_id": "" if by_iccid else esim.endpoint_id,
            "iccid": esim.iccid if by_iccid else "",
            "traveler_id": f"T-{esim.endpoint_id}",
            "email": "",
            "purchase_id": f"P-{next(self.shop.numbers)}",
            "product": "Wüste",
            "unique_id": esim.addons[number].unique_id,
        }
        return ";".join((cells | changes).values())

    def _add(self, line: str | bytes, why: str = "") -> None:
        self.lines.append(line if isinstance(line, bytes) else line.encode())
        if why:
            self.wrong[len(self.lines)] = why

    def _go_wrong(self, esim: Endpoint) -> None:
        turned = "was turned into a number"
        kinds = [
            ({"endpoint_id": "", "iccid": "8.9E+18"}, turned),
            ({"endpoint_id": f"{esim.endpoint_id}.0"}, turned),
            ({"endpoint_id": "", "iccid": f"{esim.iccid[:15]}0000"}, "was rounded"),
            ({"endpoint_id": "", "iccid": "8999000000000000777"}, "SFT knows no SIM"),
            ({"endpoint_id": f"1{len(self.lines)}"}, "Endpoint not found"),
            ({"endpoint_id": self._stock(), "iccid": ""}, "it is in stock"),
            ({"endpoint_id": "-", "iccid": "-"}, "neither endpoint_id nor iccid"),
            ({"traveler_id": ""}, "no traveler_id"),
            ({"traveler_id": "#REF!"}, "is an error of the spreadsheet's"),
            ({"email": "nobody at all"}, "email cannot be one"),
            ({"product": "", "unique_id": ""}, "no product and no unique_id"),
            ({"product": '"Wakanda'}, "quotation marks do not match"),
            ({"unique_id": "7;8"}, "it has 8 cells"),
        ]
        kind, self._faults = self._faults % (len(kinds) + 5), self._faults + 1
        if kind < len(kinds):
            changes, why = kinds[kind]
            self._add(self._right(esim, **changes), why)
        elif kind == len(kinds):
            self._add(self._right(esim).replace(";", ","), "it is not delimited by ';'")
        elif kind == len(kinds) + 1:
            self._add(self._right(esim, traveler_id="T-Müller").encode("cp1252"), "UTF-8")
        elif kind == len(kinds) + 2:
            line = self._right(esim)
            self._add(line)
            self._add(line, "says the same as line")
            self.esims += 1
        elif kind == len(kinds) + 3:
            self._add(self._right(esim, purchase_id="P 1"), "purchase_id 'P 1' cannot be one")
            self._add(self._right(esim), f"line {len(self.lines)} is of the same eSIM")
        else:
            no_addon = {"endpoint_id": esim.endpoint_id, "purchase_id": "", "product": "", "unique_id": ""}
            for traveler in ("T-a", "T-b"):
                self._add(self._right(esim, **no_addon, traveler_id=traveler), "have not the same traveler_id")

    def _stock(self) -> str:
        return self.shop.platform.add_esims(1)[0].endpoint_id


@pytest.mark.timeout(3600)  # a thousand eSIMs: minutes where nothing else runs
@pytest.mark.parametrize("lines", [500, pytest.param(10_000, marks=pytest.mark.many)])
async def test_thousands_of_lines_are_taken_over_but_for_those_that_are_wrong(tmp_path: Path, lines: int) -> None:
    async with (
        short_histories(events=4096) as client,  # a server of its own: what is taken over goes on there
        seller(client, esims=lines // ADDONS + 300) as shop,
        shop.working(),
    ):
        file = File(shop, lines)
        file.fill()
        (path := tmp_path / "esims.csv").write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(file.lines))
        done = await terminal_of(shop).run("adopt", str(path), "--json")
        assert "not_taken" in done.document, done.document
        assert done.code == 1
        told = {one["line"]: one["why"] for one in done.document["not_taken"]}
        assert {line: why for line, why in told.items() if file.wrong.get(line, "none") not in why} == {}
        assert set(told) == set(file.wrong)
        assert (done.document["adopted"], done.document["known"]) == (file.esims, 0)
        assert 0.025 < len(file.wrong) / lines < 0.05
        again = await terminal_of(shop).run("adopt", str(path), "--json")
        assert (again.document["adopted"], again.document["known"]) == (0, file.esims)
        assert again.document["not_taken"] == done.document["not_taken"]
        assert changed(shop) == 0
        running = "WorkflowType = 'TravelerSubscriptionWorkflow' AND ExecutionStatus = 'Running'"
        assert (await client.count_workflows(running)).count == file.esims
