"""The commands ``catalog check`` and ``catalog import``: the catalog's file, and the plans that the account has."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import TypeAdapter, ValidationError
from typer import Argument, Context, Exit, Typer

from cli.account_plans import account_plans
from cli.exit_codes import MAY_WORK_LATER, REFUSED
from cli.options import AsJson, Debug
from cli.problem import Problem
from cli.running import run
from cli.screen import Screen
from cli.settings import CliSettings
from contract.ids import PlanId, Product
from contract.message import Message
from contract.text import look
from process.settings import read_settings
from seller.catalog import Catalog, CatalogProblem, catalog_path, parsed
from temporal.replaced_file import replacing

catalog = Typer(help="Checks the file with the catalog, and adds to it what SFT has.")

OfFile = Annotated[
    Path | None, Argument(metavar="FILE", help="The catalog; that of ESIM_CATALOG if absent.", show_default=False)
]

NAME: Final[TypeAdapter[str]] = TypeAdapter(Product)
PLAN_ID: Final[TypeAdapter[str]] = TypeAdapter(PlanId)

NOT_ASKED: Final = "SFT was not asked whether it has the plans: SFT_USERNAME and SFT_PASSWORD are not set"
NO_PLANS: Final = "SFT's QueryRatePlan shows nothing that looks like a plan"


class CatalogReport(Message):
    """What is wrong with a catalog. ``asked_sft`` tells whether its planIds were looked for at SFT."""

    file: str
    products: int
    asked_sft: bool
    problems: list[str]


class AddedProduct(Message):
    """A product that was added, under this name."""

    product: str
    plan_id: str


class CatalogImport(Message):
    """What was added to a catalog."""

    file: str
    added: list[AddedProduct]


@catalog.command()
def check(context: Context, file: OfFile = None, as_json: AsJson = False, debug: Debug = False) -> None:
    """Reads a catalog, says each problem in a sentence, and asks SFT for its planIds where SFT_USERNAME is set."""
    screen, path = context.ensure_object(Screen), _path(file)
    try:
        found = parsed(_content(path), path)
    except CatalogProblem as problem:
        _report(screen, CatalogReport(file=str(path), products=0, asked_sft=False, problems=list(problem.faults)))
        raise Exit(REFUSED) from None

    async def carry_out() -> None:
        plans = await account_plans()
        problems = []
        if plans and not plans.plan_ids and plans.missing(found.plans.values()):
            problems = [NO_PLANS]
        elif plans:
            problems = [
                f"SFT's QueryRatePlan does not list {plan_id}, which product {name!r} is"
                for name, plan_id in found.plans.items()
                if plans.missing([plan_id])
            ]
        _report(
            screen,
            CatalogReport(file=str(path), products=len(found.plans), asked_sft=plans is not None, problems=problems),
        )
        if problems:
            raise Exit(MAY_WORK_LATER)

    run(carry_out())


def _report(screen: Screen, report: CatalogReport) -> None:
    about = [] if not report.products or report.asked_sft else [NOT_ASKED]
    ending = (
        f"{report.file}: {len(report.problems)} problems"
        if report.problems
        else (f"{report.file}: {report.products} products, and nothing is wrong with them")
    )
    screen.show(*report.problems, *about, ending)
    screen.answer(report)


@catalog.command("import")
def import_(context: Context, file: OfFile = None, as_json: AsJson = False, debug: Debug = False) -> None:
    """Adds a product for each plan of the account's (QueryRatePlan) that the catalog lacks, hidden from the shop. What
    is in the file stays as it is."""
    screen, path = context.ensure_object(Screen), _path(file)

    async def carry_out() -> None:
        plans = await account_plans()
        if plans is None:
            raise Problem("BadSettings", "SFT_USERNAME and SFT_PASSWORD are not set: set them as the worker's")
        if not plans.names:
            raise Problem("NotRead", NO_PLANS, MAY_WORK_LATER)
        content = _content(path) if path.exists() else b""
        known = parsed(content, path) if content else None
        added = _named(plans.names, known)
        if added:
            _write(path, content, added)
        for product in added:
            screen.show(f"Added: {product.product} ({product.plan_id})")
        hidden = "; the shop lists none of them before its line hidden = true is gone" if added else ""
        screen.show(f"{path}: {len(added)} products were added{hidden}")
        screen.answer(CatalogImport(file=str(path), added=added))

    run(carry_out())


def _path(file: Path | None) -> Path:
    return file or catalog_path(read_settings(CliSettings).esim_catalog)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CatalogProblem(f"The catalog {path} cannot be read: {error.strerror}") from None


def _named(names: Mapping[str, str], known: Catalog | None) -> list[AddedProduct]:
    """A product for each plan that is in no product yet, by SFT's name where that is one, and is free."""
    there = set(known.plans.values()) if known else set[str]()
    taken = {look(name) for name in known.plans} if known else set[str]()
    added = list[AddedProduct]()
    for plan_id, plan_name in names.items():
        if plan_id in there or not _is(PLAN_ID, plan_id):
            continue
        for name in (plan_name, f"{plan_name} ({plan_id})", plan_id):
            if _is(NAME, name) and look(name) not in taken:
                taken.add(look(name))
                added.append(AddedProduct(product=name, plan_id=plan_id))
                break
    return added


def _is(kind: TypeAdapter[str], value: str) -> bool:
    try:
        kind.validate_python(value)
    except ValidationError:
        return False
    return True


def _write(path: Path, content: bytes, added: list[AddedProduct]) -> None:
    """The file with these behind what it says, all at once; raises a CatalogProblem, and writes nothing, if that would
    be none."""
    tables = (
        # A text of JSON is one of TOML, as long as every character of it can be shown.
        f"[products.{json.dumps(one.product, ensure_ascii=False)}]\n"
        f"plan_id = {json.dumps(one.plan_id, ensure_ascii=False)}\nhidden = true\n"
        for one in added
    )
    wide = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(content[:2], "utf-8")
    new = content + "\n".join(("\n" if content else "", *tables)).encode(wide)
    parsed(new, path)
    target = path.resolve()
    try:
        with replacing(target) as written:
            written.write(new)
            os.fchmod(written.fileno(), target.stat().st_mode & 0o777 if target.exists() else 0o644)
    except OSError as error:
        raise Problem("NotWritten", f"{path} cannot be written: {error.strerror}") from None
