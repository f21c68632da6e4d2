"""Files that name eSIMs, in every way that a spreadsheet can be wrong."""

from pathlib import Path

import pytest

from cli.bulk_file import Row, WrongLines, find_doubles, read_rows
from cli.problem import Problem


def rows_of(file: Path, content: bytes, *, by_purchase: bool = False) -> list[Row]:
    """What such a file is read as; raises a Problem if it has to be corrected."""
    file.write_bytes(content)
    wrong = WrongLines(file)
    rows = read_rows(file, wrong)
    find_doubles(rows, wrong, by_purchase=by_purchase)
    wrong.refuse()
    return rows


@pytest.mark.parametrize(
    "content",
    [
        b"4711\n4712\n",
        b"\xef\xbb\xbf4711\r\n\r\n 4712 \r\n",
        b"endpoint_id\n4711\n4712\n",
        b"\xef\xbb\xbfTraveler;Endpoint ID\r\nT-1;4711\r\nT-2;4712\r\n",
        b'Subscription_id,name\nsubscription-4711,"one, two"\nsubscription-4712,x\n',
        b"endpoint_id\tnote\n4711\t\n4712\n",
        b"4711\r4712\r",
        b"\xef\xbb\xbfsep=;\r\nNote;Endpoint ID\r\na,b,c;4711\r\n;4712\r\n",
        "Endpoint ID\tnote\r\n4711\tGen\u00e8ve\r\n4712\t\r\n".encode("utf-16"),
    ],
)
def test_whatever_a_spreadsheet_saves_is_read(tmp_path: Path, content: bytes) -> None:
    assert [row.endpoint_id for row in rows_of(tmp_path / "esims.csv", content)] == ["4711", "4712"]


def test_lines_are_counted_as_editors_do_also_behind_empty_ones_and_cells_of_several_lines(tmp_path: Path) -> None:
    content = b'endpoint_id,note,purchase_id,product\n4711,"a\nb",P-1,Wakanda Daily\n\n,,,\n4712,,,\n'
    assert rows_of(tmp_path / "esims.csv", content) == [
        Row(2, "4711", "P-1", "Wakanda Daily"),
        Row(6, "4712", None, None),
    ]


def test_every_wrong_line_is_named_and_the_first_ten_are_explained(tmp_path: Path) -> None:
    file = tmp_path / "esims.csv"
    wrong = [b"endpoint_id,purchase_id", b"4711,P-1", b"1.79E+11,P-2", b"no id,P-3", b",P-4", b"4712,P 5", b"4711,P-6"]
    with pytest.raises(Problem) as refused:
        rows_of(file, b"\n".join(wrong))
    assert refused.value.message == (
        f"Nothing was done, {file} has to be corrected first: line 3: '1.79E+11' is what a spreadsheet made of a long "
        "number: format the column as text, and fill it in again; line 4: 'no id' is not an endpoint id; line 5: it "
        "names no eSIM; line 6: 'P 5' is not a purchase id; line 7: eSIM 4711 stands in line 2, too"
    )
    with pytest.raises(Problem) as refused:
        rows_of(file, b"x y\n" * 40)
    assert refused.value.message.endswith("line 10: 'x y' is not an endpoint id; and 30 more lines")


def test_an_esim_may_be_named_for_several_purchases_and_a_purchase_once(tmp_path: Path) -> None:
    file = tmp_path / "esims.csv"
    assert len(rows_of(file, b"endpoint_id,purchase_id\n4711,P-1\n4711,P-2\n", by_purchase=True)) == 2
    with pytest.raises(Problem, match="line 3: purchase P-1 stands in line 2, too"):
        rows_of(file, b"endpoint_id,purchase_id\n4711,P-1\n4712,P-1\n", by_purchase=True)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\r\n;;\r\n", "is empty"),
        (b"4711,T-1\n4712,T-2\n", "has no first line with the names of its columns"),
        (b"purchase_id,product\nP-1,x\n", "has no column endpoint_id or subscription_id"),
        ("endpoint_id\n4711\n".encode("utf-16-le"), "it is not text in UTF-8"),
        (b"endpoint_id\n\xe9\n", "it is not text in UTF-8 .byte 13."),
        (b"\xff\xfe", "is empty"),
    ],
)
def test_a_file_that_names_no_esims_is_refused_in_a_sentence(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(Problem, match=why):
        rows_of(tmp_path / "esims.csv", content)


def test_what_is_no_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "missing.csv"):
        with pytest.raises(Problem) as refused:
            read_rows(file, WrongLines(file))
        assert refused.value.type == "NotRead"
