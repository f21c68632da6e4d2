"""eSIMs as visibility finds them by digests of their ICCID or MSISDN (temporal/digests.py)."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Final, TypeVar

from temporalio.common import SearchAttributeKey

from contract.search_attributes import ICCID_DIGEST, MSISDN_DIGEST
from contract.workflow_ids import SUBSCRIPTION_TYPE, endpoint_id_of
from seller.search import listed
from seller.server import Server

MOST_AT_ONCE: Final = 100
"""Digests in one query of visibility."""

Key = TypeVar("Key", bound=Hashable)


async def with_numbers(server: Server, iccids: Mapping[str, Key], msisdns: Mapping[str, Key]) -> dict[Key, str]:
    """The endpoint ids of eSIMs that live, by the keys that stand here beside the digests of their numbers.

    Raises:
        SellerError: ``NotRegistered`` if the namespace does not know the search attributes.
        NoAnswer: if the server does not answer in time.
    """
    found: dict[Key, str] = {}
    # An MSISDN may be another eSIM's some day: what an ICCID finds counts more.
    for attribute, keys in ((MSISDN_DIGEST, msisdns), (ICCID_DIGEST, iccids)):
        for some in _in_parts(keys):
            for run in await listed(server, _query(attribute, some), MOST_AT_ONCE):
                digest = run.typed_search_attributes.get(attribute)
                if digest and digest in keys:
                    found[keys[digest]] = endpoint_id_of(run.id)
    return found


def _query(attribute: SearchAttributeKey[str], digests: Iterable[str]) -> str:
    among = ", ".join(f"'{digest}'" for digest in digests)
    living = f"WorkflowType = '{SUBSCRIPTION_TYPE}' AND ExecutionStatus = 'Running'"
    return f"{living} AND {attribute.name} IN ({among})"


def _in_parts(digests: Iterable[str]) -> Iterator[list[str]]:
    left = iter(digests)
    while part := list(islice(left, MOST_AT_ONCE)):
        yield part
