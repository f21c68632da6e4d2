"""Everything that an attacker can talk to, and what is tried on each: a page or a call without an entry fails a test.

Each attack in FOR_ALL is tried on every route of the portal that it fits, from the table of routes itself: an entry
brings a route under them. Beside these, an entry names the tests of what is particular to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount

Who = Literal["anybody", "traveler", "operator", "key", "sft"]
"""Who may: anybody; a traveler, what is theirs; an operator who is logged in; who shows a key of the REST API; or who
knows the address for callbacks."""


@dataclass(frozen=True)
class Entry:
    """One page or call of the portal."""

    who: Who
    tests: tuple[str, ...] = ()
    """What is tried on this one beside the attacks for all."""

    is_form: bool = False
    """Whether it does something for a form that the portal has sealed."""


FOR_ALL: Final = (
    "test_what_is_put_into_an_address_goes_no_further",
    "test_what_is_put_behind_an_address_goes_no_further",
    "test_no_answer_lacks_the_headers_that_keep_a_browser_safe",
    "test_a_method_that_is_not_meant_does_nothing",
    "test_who_may_not_is_refused_and_changes_nothing",
    "test_a_body_that_is_not_meant_does_nothing",
    "test_a_form_of_another_site_does_nothing",
    "test_forged_cookies_open_nothing",
)

ISOLATED_PAGES: Final = "test_somebody_elses_things_are_not_found_just_like_what_does_not_exist"
ISOLATED_CALLS: Final = "test_everything_of_another_traveler_is_not_found_in_the_same_words_as_what_does_not_exist"
SEALED: Final = "test_what_one_form_is_sealed_for_buys_nothing_by_another"
SEALED_FOR: Final = "test_a_form_is_good_for_its_traveler_its_product_and_this_site_alone"
OPERATORS: Final = "test_only_who_is_logged_in_sees_or_changes_anything"
KEYS: Final = "test_without_a_key_nothing_but_the_description_is_answered"
MADE_UP: Final = "test_every_answer_is_described_and_none_is_an_error_of_the_server"
QUERIES: Final = "test_no_id_widens_a_search"

ESIM: Final = "/api/travelers/{traveler_id}/esims/{endpoint_id}"

ESIM_ORDERS: Final = [
    f"/operators/esims/{{endpoint_id}}/{order}"
    for order in ("suspend", "resume", "close", "refund", "resend", "addons/{purchase_id}/remove")
]
"""What operators order about one eSIM, after a question."""

PORTAL: Final[dict[str, Entry]] = {
    "GET /": Entry("anybody"),
    "GET /checkout": Entry("anybody"),
    "POST /purchases": Entry("traveler", (SEALED, SEALED_FOR), is_form=True),
    "GET /purchases/{purchase_id}": Entry("traveler", (ISOLATED_PAGES,)),
    "GET /purchases/{purchase_id}/events": Entry("traveler", (ISOLATED_PAGES,)),
    "GET /esims": Entry("traveler", ("test_a_visitor_stays_the_same_traveler_and_cannot_become_another",)),
    "GET /esims/{endpoint_id}/install": Entry("traveler", (ISOLATED_PAGES,)),
    "GET /esims/{endpoint_id}/checkout": Entry("traveler", (ISOLATED_PAGES,)),
    "POST /esims/{endpoint_id}/refresh": Entry("traveler", (ISOLATED_PAGES,), is_form=True),
    "POST /esims/{endpoint_id}/addons": Entry("traveler", (ISOLATED_PAGES, SEALED), is_form=True),
    "POST /esims/{endpoint_id}/name": Entry("traveler", (ISOLATED_PAGES,), is_form=True),
    "POST /esims/read": Entry("traveler", (SEALED,), is_form=True),
    "POST /anew": Entry("traveler", ("test_who_cannot_be_recognised_is_told_so_and_stays_who_they_are",)),
    "POST /callbacks/sft/{secret}": Entry("sft", ("test_without_the_secret_there_is_nothing",)),
    "GET /operators": Entry("operator", (OPERATORS,)),
    "GET /operators/audit": Entry("operator", (OPERATORS,)),
    "POST /operators/audit": Entry("operator", (OPERATORS,), is_form=True),
    "POST /operators/esims": Entry("operator", (OPERATORS,), is_form=True),
    "GET /operators/esims/{endpoint_id}": Entry("operator", (OPERATORS,)),
    "GET /operators/esims/{endpoint_id}/history": Entry("operator", (OPERATORS,)),
    **{f"GET {address}": Entry("operator", (OPERATORS,)) for address in ESIM_ORDERS},
    **{f"POST {address}": Entry("operator", (OPERATORS,), is_form=True) for address in ESIM_ORDERS},
    "GET /operators/login": Entry("anybody"),
    "POST /operators/login": Entry("anybody", ("test_whoever_guesses_the_password_is_slowed_down",)),
    "POST /operators/logout": Entry("operator", (OPERATORS,), is_form=True),
    "POST /operators/logout/everywhere": Entry("operator", (OPERATORS,), is_form=True),
    "POST /operators/sales/{purchase_id}/amend": Entry("operator", (OPERATORS,), is_form=True),
    "GET /operators/sales/{purchase_id}/history": Entry("operator", (OPERATORS,)),
    "GET /operators/sales/{purchase_id}/retry": Entry("operator", (OPERATORS,)),
    "POST /operators/sales/{purchase_id}/retry": Entry("operator", (OPERATORS,), is_form=True),
    "GET /operators/sales/{purchase_id}/cancel": Entry("operator", (OPERATORS,)),
    "POST /operators/sales/{purchase_id}/cancel": Entry("operator", (OPERATORS,), is_form=True),
    "GET /static": Entry("anybody", ("test_no_file_beside_the_static_ones_is_served",)),
    "GET /api/openapi.json": Entry("anybody"),
    "GET /api/products": Entry("key", (KEYS, MADE_UP)),
    "GET /api/stock": Entry("key", (KEYS, MADE_UP)),
    "GET /api/check": Entry("key", (KEYS, MADE_UP)),
    "POST /api/purchases": Entry("key", (KEYS, MADE_UP, "test_no_field_of_a_purchase_adds_to_a_mail")),
    "GET /api/purchases/{purchase_id}": Entry("key", (KEYS, MADE_UP)),
    "POST /api/purchases/{purchase_id}/cancel": Entry("key", (KEYS, MADE_UP)),
    "POST /api/purchases/{purchase_id}/amend": Entry("key", (KEYS, MADE_UP)),
    "GET /api/travelers/{traveler_id}/esims": Entry("key", (QUERIES, MADE_UP)),
    f"GET {ESIM}": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"GET {ESIM}/qr.svg": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"GET {ESIM}/qr.png": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"GET {ESIM}/check": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"POST {ESIM}/addons": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"GET {ESIM}/addons": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"GET {ESIM}/addons/{{purchase_id}}": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"POST {ESIM}/usage": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"POST {ESIM}/suspend": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"POST {ESIM}/resume": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"POST {ESIM}/close": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"POST {ESIM}/addons/{{purchase_id}}/remove": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"POST {ESIM}/refund": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"POST {ESIM}/mail": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    f"POST {ESIM}/name": Entry("key", (ISOLATED_CALLS, MADE_UP)),
    "GET /api/sales": Entry("key", (KEYS, MADE_UP)),
    "GET /api/events": Entry("key", (KEYS, MADE_UP, "test_events_are_found_by_their_traveler_and_by_nobody_else")),
    "GET /docs": Entry("anybody"),
    "GET /schemas/": Entry("anybody"),
    "GET /schemas/{name}": Entry("anybody"),
    "GET /schemas/events/{name}": Entry("anybody"),
    "GET /live": Entry("anybody"),
}

TOKENS: Final = "test_what_is_refused_gets_a_sentence_and_a_line_in_the_log_without_any_secret"
ORIGINS: Final = "test_a_browser_may_call_it_from_the_web_ui_and_from_nowhere_else"

CODEC_SERVER: Final[dict[str, tuple[str, ...]]] = {
    "GET /live": ("test_it_says_without_a_token_that_it_is_alive_and_how_many_it_answered",),
    **{f"POST {start}/{call}": (TOKENS, ORIGINS) for start in ("", "/{token}") for call in ("encode", "decode")},
}

NONSENSE: Final = "test_nonsense_to_a_handler_is_refused_and_changes_nothing"

HANDLERS: Final[dict[str, tuple[str, ...]]] = {
    "AuditWorkflow query progress": (NONSENSE,),
    "HandOutStockWorkflow signal look_again": ("test_nonsense_by_its_signal_changes_nothing", NONSENSE),
    "ProvisionEsimWorkflow query progress": (NONSENSE,),
    "ProvisionEsimWorkflow update amend_plan": (NONSENSE,),
    "ProvisionEsimWorkflow signal cleaned_up": (NONSENSE,),
    **{
        f"TravelerSubscriptionWorkflow query {name}": (NONSENSE,)
        for name in ("addon", "esim", "last_state", "purchases", "restoration", "subscription")
    },
    **{
        f"TravelerSubscriptionWorkflow update {name}": (NONSENSE,)
        for name in (
            *("close", "drop_set_aside", "forget", "name_esim", "purchase_addon", "refresh_usage", "refund"),
            *("remove_addon", "resend", "resume", "suspend"),
        )
    },
    **{
        f"TravelerSubscriptionWorkflow signal {name}": (NONSENSE,)
        for name in (
            *("addon_purchased", "close_requested", "give_back", "hand_over", "look_soon", "profile_changed"),
            *("renew", "resume_requested", "suspend_requested"),
        )
    },
}

OPERATIONS: Final[dict[str, tuple[str, ...]]] = dict.fromkeys(
    (
        *("addon", "amend", "buy", "buy_addon", "cancel", "close", "esim", "esims", "purchase"),
        *("refresh_usage", "refund", "remove_addon", "resend", "resume", "suspend"),
    ),
    ("test_nonsense_to_an_operation_is_refused_and_changes_nothing",),
)
"""Of the Nexus service."""

ARGUMENTS: Final = "test_no_argument_gets_further_than_the_command"

STARTER: Final = (
    "adopt amend audit buy-addon catalog check check-sft close drop erase export history keys list operators provision "
    "qr refund remove-addon renew resend restore resume retry status stock suspend usage webhook why"
)

COMMANDS: Final[dict[str, tuple[str, ...]]] = dict.fromkeys(STARTER.split(), (ARGUMENTS,))


def routes_of(routes: Sequence[BaseRoute], below: str = "") -> Iterator[str]:
    """Every method and path that an application answers. What is mounted whole, like files, counts as one GET."""
    for found in iter_route_contexts(routes):
        route: Any = found.original_route
        if isinstance(route, Mount):
            inner = list(routes_of(route.routes or [], below + route.path))
            yield from inner or [f"GET {below}{route.path}"]
        else:
            yield from (f"{method} {below}{found.path}" for method in sorted((found.methods or set()) - {"HEAD"}))
