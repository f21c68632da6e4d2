"""What a line has to be so that its eSIM is taken over, and which lines hold back which."""

from typing import Any

import pytest

from cli.adoption_rows import NotTaken, Sorting, Wishes, read_lines
from cli.sheet import Line

ESIM = {"endpoint_id": "4000001", "traveler_id": "T-1"}
ADDON = {"purchase_id": "P-1", "product": "Wakanda Daily", "unique_id": "7000001"}
ICCID = "8932000000000000001"


def sorted_out(*rows: dict[str, str], endpoints: dict[str, str] | None = None) -> tuple[list[Any], dict[int, str]]:
    """The adoptions, and why lines are in none."""
    lines, wrong = read_lines(Line(number, cells) for number, cells in enumerate(rows, 2))
    esims = Sorting(lines, endpoints or {}, wrong).esims()
    return [esim.adoption(Wishes(locale="fr", timezone="Europe/Paris")) for esim in esims], why(wrong)


def why(wrong: list[NotTaken]) -> dict[int, str]:
    assert len({one.line for one in wrong}) == len(wrong)
    return {one.line: one.why for one in wrong}


def of(number: int, **more: str) -> dict[str, str]:
    """A line of another eSIM, with an add-on."""
    ids = {"endpoint_id": f"400000{number}", "purchase_id": f"P-{number}", "unique_id": f"700000{number}"}
    return ESIM | ADDON | ids | more


def test_the_lines_of_an_esim_are_one_adoption() -> None:
    adoptions, wrong = sorted_out(
        ESIM | ADDON,
        of(2),
        ESIM | {"email": "traveler@example.com", "iccid": ICCID, "locale": "pt-BR"},
        of(3, endpoint_id="4000001"),
        {"iccid": "8932000000000000009", "traveler_id": "T-9"},
        endpoints={"8932000000000000009": "4000009"},
    )
    assert wrong == {}
    assert [adoption.endpoint_id for adoption in adoptions] == ["4000001", "4000002", "4000009"]
    assert [addon.purchase_id for addon in adoptions[0].addons] == ["P-1", "P-3"]
    assert (adoptions[0].email, adoptions[0].iccid) == ("traveler@example.com", ICCID)
    assert (adoptions[2].iccid, adoptions[2].addons) == ("8932000000000000009", [])
    assert [(one.locale, one.timezone) for one in adoptions[:2]] == [("pt-BR", "Europe/Paris"), ("fr", "Europe/Paris")]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"endpoint_id": "4E+06"}, "endpoint_id '4E+06' was turned into a number by a spreadsheet"),
        ({"endpoint_id": "4000001.0"}, "was turned into a number"),
        ({"endpoint_id": "4,000,001"}, "endpoint_id '4,000,001' cannot be one: that is 1 to 50 of"),
        ({"iccid": "8.9E+18"}, "iccid '8.9E+18' was turned into a number"),
        ({"iccid": "8,932E+18"}, "was turned into a number"),
        ({"iccid": "8932000000000010000"}, "was rounded by a spreadsheet"),
        ({"iccid": "89320"}, "iccid '89320' cannot be one: that is 18 to 22 digits"),
        ({"traveler_id": "Ann Smith"}, "traveler_id 'Ann Smith' cannot be one"),
        ({"traveler_id": "#N/A"}, "is an error of the spreadsheet's"),
        ({"traveler_id": ""}, "it has no traveler_id"),
        ({"endpoint_id": ""}, "it has neither endpoint_id nor iccid"),
        ({"email": "traveler at example"}, "email cannot be one: that is one address without a name"),
        ({"locale": "Deutsch!"}, "locale 'Deutsch!' cannot be one: that is a language such as de or pt-BR"),
        ({"timezone": "+02:00"}, "timezone '+02:00' cannot be one: that is a time zone such as Europe/Paris"),
        ({"purchase_id": ""}, "it has no purchase_id: an add-on takes purchase_id, product, unique_id"),
        ({"unique_id": "", "product": ""}, "it has no product and no unique_id"),
        ({"unique_id": "7.000001E+06"}, "was turned into a number"),
        ({"product": "W\udcfcste"}, "is not UTF-8"),
        ({"product": "x" * 201}, "product 'xxxxxxxx"),
        ({"product": "Wakanda\x1b[2J"}, "that is 1 to 200 printable characters"),
    ],
    ids=str,
)
def test_a_line_that_cannot_be_right_says_what_is_wrong_with_it(change: dict[str, str], says: str) -> None:
    cells = {name: cell for name, cell in (ESIM | ADDON | change).items() if cell}
    adoptions, wrong = sorted_out(cells, of(2))
    assert [adoption.endpoint_id for adoption in adoptions] == ["4000002"]
    assert says in wrong[2]
    assert len(wrong[2]) < 200


def test_an_address_is_not_repeated() -> None:
    _, wrong = sorted_out(ESIM | {"email": "traveler@example.com, other@example.com"})
    assert "example" not in wrong[2]


def test_the_same_said_twice_counts_once() -> None:
    adoptions, wrong = sorted_out(ESIM | ADDON, of(2), ESIM | ADDON)
    assert [len(adoption.addons) for adoption in adoptions] == [1, 1]
    assert wrong == {4: "it says the same as line 2, which counts"}


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (
            of(2, endpoint_id="4000001", traveler_id="T-2"),
            "lines 2 and 3 are of one eSIM, and have not the same traveler",
        ),
        (of(2, endpoint_id="4000001", locale="fr"), "lines 2 and 3 are of one eSIM, and have not the same locale"),
        (of(2, purchase_id="P-1"), "lines 2 and 3 have the same purchase_id P-1"),
        (of(2, unique_id="7000001"), "lines 2 and 3 have the same unique_id 7000001"),
        (of(2, endpoint_id="4000001", purchase_id="P-1"), "lines 2 and 3 have the same purchase_id P-1"),
    ],
    ids=str,
)
def test_lines_that_contradict_each_other_are_both_left(second: dict[str, str], says: str) -> None:
    adoptions, wrong = sorted_out(ESIM | ADDON | {"locale": "de"}, second, of(3))
    assert [adoption.endpoint_id for adoption in adoptions] == ["4000003"]
    assert set(wrong) == {2, 3}
    assert all(says in one for one in wrong.values())


def test_an_esim_is_taken_over_whole_or_not_at_all() -> None:
    adoptions, wrong = sorted_out(
        ESIM | ADDON,
        of(2, endpoint_id="4000001", product="#REF!"),
        {"iccid": ICCID, "traveler_id": "T-9"},
        {"iccid": ICCID, "traveler_id": "T 9"},
        of(5),
        endpoints={ICCID: "4000009"},
    )
    assert [adoption.endpoint_id for adoption in adoptions] == ["4000005"]
    assert wrong[2] == "line 3 is of the same eSIM, and cannot be right"
    assert wrong[4] == "line 5 is of the same eSIM, and cannot be right"


def test_a_sim_that_sft_does_not_know_is_told() -> None:
    adoptions, wrong = sorted_out({"iccid": ICCID, "traveler_id": "T-9"})
    assert adoptions == []
    assert wrong == {2: f"SFT knows no SIM {ICCID}, or has it on no endpoint"}
