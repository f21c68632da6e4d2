"""What is found by Temporal's visibility goes into a query: nobody may put more into it than an id."""

from urllib.parse import quote

import pytest
from pydantic import TypeAdapter, ValidationError

from contract.ids import PurchaseId, TravelerId
from seller.search import Search
from tests.support.attacked import Attacked

WIDER = (
    *("' OR TravelerId != '", "x' OR 'a' = 'a", "x'--", 'x" OR "1"="1', "x') OR (1=1", "T-42' ORDER BY StartTime"),
    *(
        "' UNION SELECT 1",
        "\\' OR 1=1",
        "x\u2019 OR 1=1",
        "x\n' OR 1=1",
        "x\0",
        "%",
        "*",
        "T-42 ",
        " T-42",
        "",
        "T" * 65,
    ),
    *("T\u043542", "\uff34-42", "T-42\n", "T-42\u2028"),
)


@pytest.mark.parametrize("traveler_id", WIDER)
async def test_no_id_widens_a_search(attacked: Attacked, traveler_id: str) -> None:
    with pytest.raises(ValidationError):
        Search(traveler_id=traveler_id)
    with pytest.raises(ValidationError):
        Search.model_validate({"status": traveler_id})
    answer = await attacked.ask("GET", f"/api/travelers/{quote(traveler_id, safe='')}/esims", attacked.shown("key"))
    assert answer.status in (404, 422)
    assert attacked.sold.endpoint_id not in answer.text


async def test_who_searches_by_an_id_of_nobodys_finds_nothing(attacked: Attacked) -> None:
    for traveler_id in ("-", "_", "null", "None", "T-nobody", "T" * 64):
        target = f"/api/travelers/{quote(traveler_id, safe='')}/esims"
        answer = await attacked.ask("GET", target, attacked.shown("key"))
        assert (answer.status, answer.text) == (200, "[]"), traveler_id


def test_an_id_has_no_letter_that_an_address_or_a_query_reads_otherwise() -> None:
    for kind in (PurchaseId, TravelerId):
        ids: TypeAdapter[str] = TypeAdapter(kind)
        for letter in map(chr, [*range(0x300), 0x2019, 0x2028, 0xFF0F, 0xFF07]):
            if not (letter.isascii() and letter.isalnum()) and letter not in "._-":
                with pytest.raises(ValidationError):
                    ids.validate_python(f"T{letter}42")
