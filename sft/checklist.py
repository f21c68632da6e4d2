"""Every assumption about SFT that sales rest on: its source, what hangs on it, how it is seen, and where it is changed.

``starter.py check-sft`` holds what the live platform answers against this list, and docs/sft.md shows it.
"""

from dataclasses import dataclass
from typing import Final, Literal

SeenBy = Literal["reading", "one eSIM", "a person"]
"""How it is found out: by ``check-sft``, by ``check-sft --with-one-esim``, or by somebody who looks."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """``name`` is that of the constant in ``sft/assumptions.py`` where there is one.

    ``sales`` is what it means for sales if it does not hold, ``change`` the setting or the line to change then, and
    ``look`` how a person sees it where the check does not.
    """

    name: str
    says: str
    source: str
    sales: str
    change: str
    seen_by: SeenBy
    look: str = ""


READ: Final = (
    Assumption(
        "login tokens",
        "login answers AccessToken and RefreshToken, at the top",
        "documentation, observed",
        "nothing is sold; without the second, each expiry costs a login",
        "TokenPair in sft/tokens.py",
        "reading",
    ),
    Assumption(
        "outer code",
        "a GET that succeeds has the outer code 0",
        "observed",
        "every answer counts as refused or unusable",
        "SUCCESS in sft/envelope.py",
        "reading",
    ),
    Assumption(
        "SIM row",
        "a row of fetchSIM has endPointId, iccid and activationCode.textQrCode (LPA:1$…)",
        "guide, observed",
        "the row is passed over: purchases wait for stock that is there",
        "Sim in sft/models.py",
        "reading",
    ),
    Assumption(
        "SIM filter",
        "simStatusId=12 and simAttachStatusId=1 list Pre-Active, attached SIMs only, as many as perPage says",
        "guide, observed",
        "eSIMs are tried that cannot be sold; stock is counted wrongly",
        "PRE_ACTIVE, ATTACHED in sft/client.py",
        "reading",
    ),
    Assumption(
        "ENDPOINT_STATUS_FIELD",
        "basicInfo.status of a profile is the endpoint's state",
        "assumption",
        "an unanswered activation is not seen to be done; cleaning up suspends what never was active",
        "ENDPOINT_STATUS_FIELD in sft/assumptions.py",
        "reading",
    ),
    Assumption(
        "state words",
        "a state is Pre-Active, Active or Suspended, compared by its letters",
        "observed",
        "the eSIM is neither taken for free nor for ours: it is not sold",
        "activities/messages.py",
        "reading",
    ),
    Assumption(
        "NO_PLANS",
        "no add-ons show as null, empty or -",
        "assumption",
        "purchases wait at provisioning_addon, and detail names the field",
        "NO_PLANS in sft/assumptions.py",
        "reading",
    ),
    Assumption(
        "EMPTY_MAY_BE_LEFT_OUT",
        "promotionalPlans is left out only where there are no add-ons, with basicInfo there and no benefit",
        "assumption",
        "an add-on can be provisioned twice",
        "EMPTY_MAY_BE_LEFT_OUT = False in sft/assumptions.py",
        "one eSIM",
    ),
    Assumption(
        "PLAN_MAY_BE_ONE_OBJECT",
        "plan and benefit are a list, or one object",
        "assumption",
        "the profile of an eSIM with add-ons cannot be read",
        "PLAN_MAY_BE_ONE_OBJECT in sft/assumptions.py",
        "reading",
    ),
    Assumption(
        "rows",
        "each add-on in a profile has planId and uniqueId, each balance uniqueId and numbers, and is for DATA",
        "documentation, observed",
        "an add-on that cannot be read is not counted: its purchase waits; a balance is not shown",
        "PlanInstance, Benefit in sft/models.py",
        "reading",
    ),
    Assumption(
        "dates",
        "dates are dd/mm/YYYY HH:MM:SS, or -",
        "observed",
        "starts and ends are not known: no warning before the end",
        "moment in sft/fields.py",
        "reading",
    ),
    Assumption(
        "NO_VALUE",
        "besides -, the words null, n/a and unlimited mean that there is no value, or no end of it",
        "assumption",
        "what is meant by another word is not known: that field is left out",
        "NO_VALUE in sft/assumptions.py",
        "a person",
        "a date or a number in words, as they are named above",
    ),
    Assumption(
        "MOST_BYTES",
        "a number of bytes from 9,000,000 GB on is a way to say unlimited",
        "assumption",
        "a balance is shown that is none, or none that is one",
        "MOST_BYTES in sft/assumptions.py",
        "a person",
        "the profile of an endpoint with an unlimited add-on",
    ),
    Assumption(
        "NO_DATA",
        "a row for voice, sms or mms without a uniqueId hides no instance of a data plan",
        "assumption",
        "an add-on can be provisioned twice",
        "NO_DATA in sft/assumptions.py",
        "a person",
        "the profile of an endpoint whose plan grants several services",
    ),
    Assumption(
        "TIME_ZONE",
        "dates are in the time zone of SFT_TIME_ZONE (UTC)",
        "assumption",
        "ends are shown and told hours early or late; an add-on may count as expired before its end",
        "SFT_TIME_ZONE",
        "one eSIM",
    ),
    Assumption(
        "catalog",
        "the account has every planId of the catalog (QueryRatePlan)",
        "observed",
        "purchases of the products that are missing stop at needs_attention",
        "ESIM_CATALOG, or the plans at SFT",
        "reading",
    ),
    Assumption(
        "time limits",
        "answers come within 30 s, within 180 s where SFT gives a call that",
        "documentation",
        "calls are given up that were about to succeed: sales work, slowly",
        "SFT_TIMEOUT_SECONDS, SFT_SLOW_TIMEOUT_SECONDS",
        "reading",
    ),
)

LIVED: Final = (
    Assumption(
        "life cycle codes",
        "outer 0, or inner 5017 or 9003, is success of EndPointLifeCycleChange",
        "guide, observed",
        "each activation counts as refused, and its eSIM is lost",
        "TABLE in sft/codes.py",
        "one eSIM",
    ),
    Assumption(
        "previousStatus",
        "its answer tells the state before in previousStatus",
        "observed",
        "strangers' endpoints are not told from ours",
        "LifecycleChange in sft/models.py",
        "one eSIM",
    ),
    Assumption(
        "active at once",
        "the profile shows Active after the activation",
        "assumption",
        "an unanswered activation is asked for again; a refusal is believed",
        "ENDPOINT_STATUS_FIELD in sft/assumptions.py, activities/messages.py",
        "one eSIM",
    ),
    Assumption(
        "active not listed",
        "an active endpoint is not listed as Pre-Active",
        "assumption",
        "sold endpoints are looked at again and again; the claim keeps them from being sold",
        "PRE_ACTIVE in sft/client.py",
        "one eSIM",
    ),
    Assumption(
        "ADDON_PLAN_FIELD",
        "SubscribeAddon takes the plan as Request.requestParam.planId",
        "assumption",
        "every purchase stops at needs_attention; nothing is provisioned",
        "ADDON_PLAN_FIELD in sft/assumptions.py",
        "one eSIM",
    ),
    Assumption(
        "account",
        "the account may order add-ons: it has a balance where it is prepaid, and its rate zone is not empty",
        "documentation",
        "no purchase comes to its add-on, whoever buys",
        "the account at SFT",
        "one eSIM",
    ),
    Assumption(
        "INFO",
        "its answer has info right under Response, with plan.uniqueId in promotionalPlans",
        "guide; place: assumption",
        "each add-on looks unanswered and is adopted from the profile: sales work, slowly",
        "INFO in sft/assumptions.py, Subscribed in sft/models.py",
        "one eSIM",
    ),
    Assumption(
        "uniqueId",
        "the uniqueId in its answer is the one that the profile shows, one instance for one call",
        "guide",
        "unanswered add-ons and surplus are mistaken for each other",
        "settle_addon in activities/addons.py",
        "one eSIM",
    ),
    Assumption(
        "settle window",
        "a new instance shows in the profile within SFT_SETTLE_SECONDS",
        "assumption",
        "unanswered add-ons are sent again, and the surplus is removed",
        "SFT_SETTLE_SECONDS",
        "one eSIM",
    ),
    Assumption(
        "balances",
        "the instance has a balance under its uniqueId, named DATA, in bytes",
        "observed",
        "nothing, or too little, is shown as left",
        "activities/usage.py, Benefit in sft/models.py",
        "one eSIM",
    ),
    Assumption(
        "PATCH_WRAPPER",
        "PATCH endpoint is wrapped like the others, and outer 0 is success",
        "observed; wrapper: assumption",
        "surplus instances stay, and further purchases of that eSIM wait behind their removal",
        "PATCH_WRAPPER in sft/assumptions.py",
        "one eSIM",
    ),
    Assumption(
        "suspension",
        "an endpoint can be suspended at once, and its profile shows Suspended",
        "assumption",
        "what is not sold stays active and is charged; suspending waits, visibly",
        "activities/messages.py, REASONS in activities/esims.py",
        "one eSIM",
    ),
)

LOOKED_AT: Final = (
    Assumption(
        "LOGIN_IS_REFUSED_FOR_THE_CREDENTIALS",
        "any refusal of login is about the credentials",
        "assumption",
        "purchases ask for the operator while SFT has another problem; they go on by themselves, up to an hour later",
        "LOGIN_IS_REFUSED_FOR_THE_CREDENTIALS in sft/assumptions.py",
        "a person",
        "a login that is refused; do not try: too many of them block the account",
    ),
    Assumption(
        "TIMEOUT_TEXT",
        "the documented words of a time-out may come with any status, anywhere in the body",
        "documentation; status: assumption",
        "other words in a refusal: an add-on that was done counts as refused",
        "TIMEOUT_TEXT in sft/assumptions.py",
        "a person",
        "the answer to a call that timed out",
    ),
    Assumption(
        "INNER_CODE_MAY_BE_HTTP_STATUS",
        "inner codes 408, 429 and 5xx mean what they mean in HTTP",
        "assumption",
        "an SFT code that merely looks like one is looked up instead of believed",
        "INNER_CODE_MAY_BE_HTTP_STATUS in sft/assumptions.py",
        "a person",
        "an answer with such a code",
    ),
    Assumption(
        "KEEPALIVE_SECONDS",
        "SFT keeps idle connections for more than 3 s",
        "assumption",
        "calls look unanswered more often than they need to",
        "KEEPALIVE_SECONDS in sft/assumptions.py",
        "a person",
        "connections that break now and then",
    ),
    Assumption(
        "repeated change",
        "suspending what is suspended, and activating what is active, is a success, or the profile shows it",
        "observed",
        "closing a suspended eSIM is refused as SftUnavailable",
        "TABLE in sft/codes.py",
        "a person",
        "suspend twice, resume twice",
    ),
    Assumption(
        "refused is not done",
        "a request to activate that is refused has activated nothing, unless the profile shows Active right after it",
        "assumption",
        "an endpoint stays active without an owner: alert QuarantinedButActive",
        "activate_esim in activities/esims.py",
        "a person",
        "the profile after a refused one, and an hour later",
    ),
    Assumption(
        "renewal",
        "a recurring add-on keeps its uniqueId, and its next period begins at the end of the last or later",
        "assumption",
        "a new uniqueId shows up as unmatched, and the old one as expired",
        "workflows/usage.py",
        "a person",
        "a recurring add-on over its end",
    ),
    Assumption(
        "dropped in time",
        "within 10 minutes of its end an add-on is dropped or renewed, a recurring one within two days",
        "assumption",
        "the traveler is told that it expired although it is renewed later",
        "SETTLED, LATE_RENEWAL in workflows/cadence.py",
        "a person",
        "a profile every few minutes around an end",
    ),
    Assumption(
        "parts of one whole",
        "several balances of one uniqueId that are named DATA are parts of one whole",
        "assumption",
        "too much or too little is shown as left",
        "activities/usage.py",
        "a person",
        "the profile of an endpoint with add-ons of several kinds",
    ),
    Assumption(
        "missing twice",
        "an instance that is missing from two profiles, 10 minutes apart, is gone",
        "assumption",
        "travelers are told that an add-on is used up that is not",
        "workflows/usage.py",
        "a person",
        "profiles of an endpoint in use",
    ),
)

ASSUMPTIONS: Final = (*READ, *LIVED, *LOOKED_AT)
