"""A table is read however a spreadsheet has written it, and a line that cannot be read is named."""

from pathlib import Path

import pytest

from cli.problem import Problem
from cli.sheet import Sheet, read_sheet

COLUMNS = ["endpoint_id", "traveler_id", "product"]
ROWS = [("4000001", "T-1", "Wüste, 30 GB"), ("4000002", "T-2", "Wakanda Daily")]


def read(tmp_path: Path, content: bytes | str, encoding: str | None = None) -> Sheet:
    file = tmp_path / "esims.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_sheet(file, COLUMNS, encoding)


def refused(tmp_path: Path, content: bytes | str, encoding: str | None = None) -> Problem:
    with pytest.raises(Problem) as problem:
        read(tmp_path, content, encoding)
    return problem.value


def table(delimiter: str = ",", end: str = "\n") -> str:
    lines = [COLUMNS, *([one, two, f'"{three}"'] for one, two, three in ROWS)]
    return end.join(delimiter.join(line) for line in lines) + end


@pytest.mark.parametrize(
    "content",
    [
        table().encode(),
        table().encode("utf-8-sig"),
        table(";").encode("utf-8-sig"),
        table("\t").encode("utf-16"),
        table("|", "\r\n").encode(),
        table(end="\r").encode(),
        f"sep=;\r\n{table(';', chr(13) + chr(10))}".encode("utf-8-sig"),
        f"\n\n;;;\n{table(';')}\n;;\n ; ;\u00a0\n".encode(),
        table().replace("endpoint_id", "EndPoint ID").replace("traveler_id", " Traveller-Id ").encode(),
        table().replace("4000001", "'4000001").replace("4000002", '"=""4000002"""').encode(),
        table().replace("4000001", "\u200b 4000001\u00a0").encode(),
    ],
    ids=lambda content: repr(content[:24]),
)
def test_it_is_read_however_it_is_written(tmp_path: Path, content: bytes) -> None:
    sheet = read(tmp_path, content)
    assert sheet.columns == COLUMNS
    assert [line.cells for line in sheet.lines] == [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]
    assert [line.fault for line in sheet.lines] == [None, None]


def test_a_line_has_the_number_that_it_has_in_the_file_and_what_is_empty_is_not_there(tmp_path: Path) -> None:
    sheet = read(tmp_path, "\nproduct,note,endpoint_id,traveler_id\n\nW,x,-,NULL\n,,4000002\n")
    assert [(line.number, line.cells) for line in sheet.lines] == [
        (4, {"product": "W"}),
        (5, {"endpoint_id": "4000002"}),
    ]


def test_another_encoding_is_read_where_it_is_named_and_known_by_its_cells_where_not(tmp_path: Path) -> None:
    content = table().encode("cp1252")
    assert read(tmp_path, content, "cp1252").lines[0].cells["product"] == ROWS[0][2]
    cells = [line.cells["product"] for line in read(tmp_path, content).lines]
    assert cells == ["W\udcfcste, 30 GB", ROWS[1][2]]


def test_a_line_that_cannot_be_read_takes_no_other_with_it(tmp_path: Path) -> None:
    lines = ['4000001,T-1,"Wakanda', "4000002,T-2,Wakanda", "4000003;T-3;Wakanda", "4000004,T-4,Wakanda,Daily"]
    first, second, third, fourth = read(tmp_path, "\n".join([",".join(COLUMNS), *lines])).lines
    assert first.fault == "its quotation marks do not match"
    assert (second.fault, second.cells["endpoint_id"]) == (None, "4000002")
    assert third.fault == "it is not delimited by ',', as the first line is"
    assert fourth.fault == "it has 4 cells, and the first line has 3"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\n;;\n", "is empty"),
        (b"PK\x03\x04rest", "is a workbook and no CSV"),
        (table().encode("utf-16-le"), "is no text"),
        (b"\xff\xfex", "is not in utf-16"),
        ("one,two\n1,2\n", "has none of the columns endpoint_id, traveler_id, product: its first line is 'one', 'two'"),
        ("endpoint_id,EndPointId\n1,2\n", "has column endpoint_id twice"),
        ('"endpoint_id,x\n1,2\n', "has a header whose quotation marks do not match"),
    ],
    ids=str,
)
def test_a_file_that_is_no_such_table_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes | str, says: str
) -> None:
    problem = refused(tmp_path, content)
    assert (problem.type, says in problem.message) == ("NotRead", True), problem.message


def test_a_file_that_is_not_there_and_an_encoding_that_is_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be read: No such file"):
        read_sheet(tmp_path / "none.csv", COLUMNS)
    assert refused(tmp_path, table(), "klingon").type == "BadCommand"
