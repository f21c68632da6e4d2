"""Lists of purchases that were paid for, as spreadsheets and databases write them."""

from pathlib import Path

import pytest

from cli.paid_file import read_paid
from cli.problem import Problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_of_any_spreadsheet_is_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "paid.csv"
    file.write_bytes("purchase_id \tproduct\r\nP-1\tForfait\u00a0Gen\u00e8ve\r\n".encode(encoding))
    (paid,) = read_paid(file)
    assert (paid.purchase_id, paid.product) == ("P-1", "Forfait\u00a0Gen\u00e8ve")


@pytest.mark.parametrize(
    "content",
    [
        b"sep=;\r\nProduct;Purchase ID\r\nWakanda Daily;P-1\r\n",
        b"\r\n\r\npurchase_id,Product,more\nP-1,Wakanda Daily,1,2\n,,\n\n",
        b"purchase_id\tproduct\rP-1\tWakanda Daily\r",
    ],
)
def test_a_list_in_whatever_form_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "paid.csv").write_bytes(content)
    [paid] = read_paid(tmp_path / "paid.csv")
    assert (paid.purchase_id, paid.product) == ("P-1", "Wakanda Daily")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"purchase_id\nGen\xe8ve\n", r"cannot be read: it is not text in UTF-8 \(byte 16\)"),
        (b"purchase_id\nP-1\0\n", "cannot be read: it is not text in UTF-8"),
        (b"purchase_id\n" + b"P" * 200_000, "is no CSV: line 2: field larger"),
        (b"", "the first line has to name the columns"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "paid.csv").write_bytes(content)
    with pytest.raises(Problem, match=why):
        read_paid(tmp_path / "paid.csv")
