import logging
from pathlib import Path

import pytest

from portal.keys import ApiKeys
from tests.support.rest import calling
from tests.support.seller import Seller

PROBLEM = "application/problem+json"


async def test_without_a_key_nothing_but_the_description_is_answered(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        key = client.headers.pop("Authorization")
        for sent in ({}, {"Authorization": key[:-1]}, {"Authorization": key.replace("Bearer", "Basic")}):
            for method, path in (("GET", "/purchases/P-1"), ("POST", "/purchases"), ("GET", "/nothing")):
                refused = await client.request(method, path, headers=sent, content="{")
                assert (refused.status_code, refused.headers["Content-Type"]) == (401, PROBLEM)
                assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert (await client.get("/openapi.json")).status_code == 200


async def test_a_revoked_key_is_refused_with_the_next_call_and_never_logged(
    open_shop: Seller, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with calling(open_shop, tmp_path) as client:
        key = client.headers["Authorization"].partition(" ")[2]
        assert (await client.get(f"/travelers/T-{open_shop.number}/esims")).status_code == 200
        ApiKeys(tmp_path / "keys.json").revoke("tests")
        refused = await client.get(f"/travelers/T-{open_shop.number}/esims")
        assert refused.status_code == 401
        assert key not in caplog.text + refused.text


async def test_the_log_says_whose_key_ordered_what(
    open_shop: Seller, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="portal.api")
    async with calling(open_shop, tmp_path) as client:
        await client.get("/travelers/T-1/esims")
        await client.post("/travelers/T-1/esims/1%202/usage")
        assert [record.getMessage() for record in caplog.records if record.name == "portal.api"] == [
            "key=tests POST /api/travelers/T-1/esims/1%202/usage 422"
        ]


async def test_keys_that_cannot_be_read_let_nobody_in(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        (tmp_path / "keys.json").write_text("nonsense")
        refused = await client.get("/travelers/T-1/esims")
        assert (refused.status_code, refused.json()["failure"]) == (503, "Unavailable")
        assert str(tmp_path) not in refused.text


async def test_what_no_part_of_the_api_answers_is_told_as_a_problem_too(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        for method, path, content, status, failure in (
            ("GET", "/nothing", None, 404, "NotFound"),
            ("DELETE", "/purchases/P-1", None, 405, "MethodNotAllowed"),
            ("PUT", "/travelers/T-1/esims/4000001/addons", None, 405, "MethodNotAllowed"),
            ("POST", "/purchases", "purchase_id=P-1", 415, "UnsupportedMediaType"),
        ):
            answer = await client.request(method, path, content=content)
            assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROBLEM)
            told = answer.json()
            assert (told["failure"], told["type"], told["status"]) == (failure, f"/docs#{failure}", status)
            assert answer.headers.get("Allow") == {"DELETE": "GET, HEAD", "PUT": "GET, HEAD, POST"}.get(method)
        for content, sentence in (
            *(("{", "The body is not JSON"), ("[]", "The body has to be a JSON object")),
            *(("3", "The body has to be a JSON object"), ("", "The body has to be a JSON object")),
            *(("[" * 60_000, "The body cannot be read as JSON"), ("9" * 5_000, "The body cannot be read as JSON")),
        ):
            broken = await client.post("/purchases", content=content, headers={"Content-Type": "application/json"})
            assert (broken.status_code, broken.json()["detail"]) == (422, sentence)
        garbled = await client.post("/purchases", content=b"\xff", headers={"Content-Type": "application/json"})
        assert (garbled.status_code, garbled.json()["detail"]) == (422, "The body cannot be read as JSON")
        packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        refused = await client.post("/purchases", content=b"\x1f\x8b", headers=packed)
        assert (refused.status_code, refused.json()["failure"]) == (415, "UnsupportedMediaType")
        asked, headed = await client.get("/products"), await client.head("/products")
        assert (headed.status_code, headed.content, headed.headers["Content-Length"]) == (
            200,
            b"",
            str(len(asked.content)),
        )
