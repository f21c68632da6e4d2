from pathlib import Path

import pytest

from seller.catalog import SHIPPED, Catalog, CatalogProblem, UnknownProduct, read_catalog


def test_the_shipped_catalog_has_the_two_products_of_the_guide() -> None:
    catalog = read_catalog(str(SHIPPED))
    assert catalog.plan_of("Wakanda 30Days / 30GB") == "PLAN-WAKANDA-30D-30GB"
    assert catalog.plan_of("Wakanda Daily") == "PLAN-WAKANDA-DAILY"


def test_a_relative_name_means_a_file_here_or_else_one_beside_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_catalog("catalog.toml").plan_of("Wakanda Daily") == "PLAN-WAKANDA-DAILY"
    (tmp_path / "catalog.toml").write_text("[products]\n'Wakanda Daily' = 'PLAN-OF-MINE'\n")
    assert read_catalog("catalog.toml").plan_of("Wakanda Daily") == "PLAN-OF-MINE"


def test_an_unknown_product_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownProduct) as refused:
        read_catalog(str(SHIPPED)).plan_of("Wakanda Weekly")
    assert str(refused.value) == (
        "The catalog has no product 'Wakanda Weekly'; it has 'Wakanda 30Days / 30GB', 'Wakanda Daily'"
    )


def test_of_many_known_ones_no_more_are_named_than_wanted() -> None:
    catalog = Catalog(products={f"Plan {number}": "PLAN" for number in range(5)})
    for most, known in ((5, "'Plan 0', 'Plan 1', 'Plan 2', 'Plan 3', 'Plan 4'"), (2, "'Plan 0', 'Plan 1' and 3 more")):
        with pytest.raises(UnknownProduct, match=f"it has {known}$"):
            catalog.plan_of("Plan 5", most)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"[products", "not TOML"),
        (b"\xff", "not TOML"),
        (b"", "products"),
        (b"[products]", "products"),
        (b"[products]\n'Wakanda Daily' = 7", "Wakanda Daily"),
        (b"[products]\n'Wakanda Daily' = ''", "Wakanda Daily"),
        (b"[product]\n'Wakanda Daily' = 'PLAN-1'", "products"),
        (b"surplus = 1\n[products]\n'Wakanda Daily' = 'PLAN-1'", "surplus"),
    ],
)
def test_a_bad_catalog_is_answered_in_one_sentence_that_names_it(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_bytes(content)
    with pytest.raises(CatalogProblem) as problem:
        read_catalog(str(bad))
    assert str(bad) in str(problem.value)
    assert complaint in str(problem.value)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("name", ["nowhere.toml", "/", "nowhere/catalog.toml"])
def test_a_catalog_that_cannot_be_read_is_answered_in_one_sentence(name: str) -> None:
    with pytest.raises(CatalogProblem, match=r"^The catalog .* cannot be read: .*; see ESIM_CATALOG$"):
        read_catalog(name)


CATALOG = "[products]\r\n\t\"Forfait\u00a0Suisse\" =\t'PLAN-1'\r\n'Cafe\u0301' = 'PLAN-2'\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_catalog_of_any_editor_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "catalog.toml").write_bytes(CATALOG.encode(encoding))
    catalog = read_catalog(str(tmp_path / "catalog.toml"))
    assert catalog.plans == {"Forfait\u00a0Suisse": "PLAN-1", "Cafe\u0301": "PLAN-2"}


def test_a_product_is_found_however_its_letters_are_composed_and_whichever_its_blanks_are(tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text(CATALOG, encoding="utf-8")
    catalog = read_catalog(str(tmp_path / "catalog.toml"))
    assert catalog.plan_of("Forfait Suisse") == "PLAN-1"
    assert catalog.plan_of(" Caf\u00e9 ") == "PLAN-2"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("'Caf\u00e9' = '1'\n'Cafe\u0301' = '2'", r"products: 'Caf\xe9' and 'Cafe\u0301' look the same"),
        ("'30 GB' = '1'\n'30\u00a0GB ' = '2'", r"products: '30 GB' and '30\xa0GB ' look the same"),
        ("'30 GB' = '1'\n'30 GB' = '2'", "is not TOML: Cannot overwrite a value"),
        ("'\u00a0' = '1'", "must have something in it that can be seen"),
        ('"a\\nb" = "1"', "must not have a line break (U+000A) in it"),
    ],
)
def test_products_that_nobody_can_tell_apart_or_see_are_refused(tmp_path: Path, content: str, complaint: str) -> None:
    (tmp_path / "catalog.toml").write_text(f"[products]\n{content}\n", encoding="utf-8")
    with pytest.raises(CatalogProblem) as problem:
        read_catalog(str(tmp_path / "catalog.toml"))
    assert complaint in str(problem.value)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("field", "complaint"),
    [
        ("data = 'lots'", "data 'lots' must be an amount such as"),
        ("data = true", "data True must be an amount such as"),
        ("days = 0", "days 0 must be a number of days"),
        ("countries = ['fr', 'UK']", "countries 'UK' must be the code of a country"),
        ("countries = ['fr', 'FR']", "countries ['fr', 'FR'] must not name FR twice"),
        ("countries = 'FR'", "countries 'FR' must be a list"),
        ("price = 7", "price 7 must be text"),
        ("image = 'https://cdn.example/a.png'", "Content-Security-Policy"),
        ("image = '//cdn.example/a.png'", "must be a path of the shop's own address"),
        ("image = '/\\cdn.example'", "must be a path of the shop's own address"),
        ("apn = 'not a name'", "apn 'not a name' must be the name of an access point"),
        ("hidden = 'no'", "hidden 'no' must be true or false"),
        ("planId = 'P'", "has a field 'planId', which means nothing: there are plan_id, data"),
    ],
)
def test_what_is_wrong_is_told_by_product_field_and_value(tmp_path: Path, field: str, complaint: str) -> None:
    (tmp_path / "catalog.toml").write_text(f"[products.'10 GB']\nplan_id = 'P'\n{field}\n", encoding="utf-8")
    with pytest.raises(CatalogProblem) as problem:
        read_catalog(str(tmp_path / "catalog.toml"))
    assert f"product '10 GB'{' ' if 'planId' in field else ': '}{complaint}" in str(problem.value) or (
        "image" in field and complaint in str(problem.value)
    )
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("written", "amount"),
    [("30 GB", 30 * 10**9), ("0.5\u00a0gb", 5 * 10**8), ("1GiB", 2**30), ("Unlimited", "unlimited")],
)
def test_an_amount_is_written_as_people_do(written: str, amount: int | str) -> None:
    assert Catalog.model_validate({"products": {"a": {"plan_id": "P", "data": written}}}).products["a"].data == amount


def test_what_was_bought_is_found_by_its_name_and_where_that_is_another_plan_by_now_by_its_plan() -> None:
    products = {"A": {"plan_id": "P1", "days": 1}, "B": {"plan_id": "P2", "days": 2}, "C": {"plan_id": "P2", "days": 3}}
    catalog = Catalog.model_validate({"products": products})

    def days(product: str, plan_id: str | None = None) -> int | None:
        found = catalog.details(product, plan_id)
        return found.days if found else None

    assert [days("C", "P2"), days("A", "P2"), days("Z", "P1"), days("A"), days("Z"), days("A", "P9")] == [
        *(3, 2, 1),
        *(1, None, None),
    ]
