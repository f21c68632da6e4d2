"""What this client assumes about the SFT wire because nothing public says it, and only that.

Each one names where the client uses it. Whoever first runs against the live platform corrects it here. Two kinds stand
elsewhere: what codes and words mean in ``sft/codes.py``, and the form of the account's plans in ``sft/rate_plans.py``.
"""

from typing import Final

ADDON_PLAN_FIELD: Final = "planId"
"""ASSUMPTION: SubscribeAddon takes the plan as ``Request.requestParam.planId``.

Used by ``client.subscribe_addon``.
"""

ATTACHED_FILTER: Final = "simAttachStatusId"
"""ASSUMPTION: with this filter alone, fetchSIM lists the attached SIMs of every state, and beyond its last page none.

The audit looks at each endpoint once more that is missing from the list, so a list of fewer costs calls and finds less.
Used by ``client.fetch_attached_sims``.
"""

INFO: Final = "info"
"""ASSUMPTION: SubscribeAddon's ``info`` is under ``Response``, as GetEndPointProfile's is.

Used by ``models.Subscribed`` and ``models.SubscribedPlan``.
"""

PLAN_MAY_BE_ONE_OBJECT: Final = True
"""ASSUMPTION: ``promotionalPlans.plan`` and ``benefitInfo.benefit`` are a list, or one object.

Used by ``fields.listed``.
"""

NO_PLANS: Final[tuple[object, ...]] = (None, "", "-", {}, [])
"""ASSUMPTION: an endpoint without add-ons shows ``promotionalPlans`` or its ``plan`` as one of these.

Used by ``fields.listed``; by ``models``, for rows that are none and for benefits, too.
"""

NO_VALUE: Final[tuple[str, ...]] = ("", "-", "null", "n/a", "unlimited")
"""ASSUMPTION: besides the observed ``"-"``, these words, in any case, mean that there is no value (or no end of it).

Used by ``fields.text``.
"""

MOST_BYTES: Final = 2**53
"""ASSUMPTION: as many bytes or more, which is nine million gigabytes, are a way to say "unlimited".

It is also what every reader of JSON takes without loss. Used by ``fields.whole_number``.
"""

NO_DATA: Final = ("voice", "sms", "mms")
"""ASSUMPTION: rows of a plan with one of these as ``planServiceName`` may lack a uniqueId without hiding an instance.

A plan may grant several services; the row of its data is the one with the instance's id. Used by
``models.EndpointProfile.hidden_plans``.
"""

EMPTY_MAY_BE_LEFT_OUT: Final = True
"""ASSUMPTION: an endpoint without add-ons may lack ``promotionalPlans``, if it has ``basicInfo`` and no benefit either.

Where a benefit shows that there are add-ons, an answer without ``promotionalPlans`` is malformed: taken for "no
add-ons", a partial answer would make the caller provision an add-on twice. Used by ``models.EndpointProfile``.

fetchSIM, too, may lack its rows where there are none: beyond the first page, and of an ICCID that SFT does not know. A
first page without rows is malformed: it may be no empty inventory. Used by ``models.FurtherSims``.
"""

ENDPOINT_STATUS_FIELD: Final = "status"
"""ASSUMPTION: ``basicInfo`` of GetEndPointProfile carries the endpoint's state under this name.

Used by ``models.EndpointProfile``.
"""

TIMEOUT_TEXT: Final = "api operation has time out"
"""ASSUMPTION: these documented words, in any case, may come with every HTTP status and anywhere in the body.

Used by ``envelope.judge``.
"""

INNER_CODE_MAY_BE_HTTP_STATUS: Final = True
"""ASSUMPTION: in a failed envelope, an inner code of 408, 429 or 5xx means what that HTTP status means.

The observed 401 does. Used by ``envelope.judge``.
"""

LOGIN_IS_REFUSED_FOR_THE_CREDENTIALS: Final = True
"""ASSUMPTION: a 4xx or a failed envelope in answer to login, whatever its code, is about the credentials.

But for a time-out, in words or as 408, and for 429.

Used by ``tokens.Tokens``.
"""

PATCH_WRAPPER: Final = "Request"
"""ASSUMPTION: PATCH endpoint's body is wrapped as the other calls' are, and outer code 0 is its success.

Used by ``client.remove_addons``.
"""

KEEPALIVE_SECONDS: Final = 3.0
"""ASSUMPTION: SFT keeps an idle connection open for longer than this (common servers: 5 s and more).

A connection that SFT closes just as a request goes out on it makes the call Unanswered.
Used by ``transport.Transport``.
"""

CALLBACK_IDS: Final = {
    "endpointid": "endpoint_id",
    "iccid": "iccid",
    "simiccid": "iccid",
    "msisdn": "msisdn",
}
"""ASSUMPTION: an event that SFT posts names its eSIM under one of these, in whatever case and with whatever between the
letters, anywhere in the event. Used by ``callbacks.Reading`` and ``callbacks.stands_alone``.
"""

CALLBACK_TIMES: Final = (
    "eventtime",
    "eventtimestamp",
    "eventdate",
    "timestamp",
    "datetime",
    "occurredat",
    "callbacktimestamp",
    "time",
    "date",
)
"""ASSUMPTION: when an event happened is under one of these, the first that is there; one with UTC at its end counts
before all others (usage streams have such fields). Used by ``callbacks.time_of``.
"""

CALLBACK_NAMES: Final = (("event", "eventname", "eventtype", "eventsubtype", "notificationtype"), ("type", "name"))
"""ASSUMPTION: what happened is under the first of these, or else the second: names of other things are spelled so, too.

Used by ``callbacks.name_of`` and ``callbacks.profile_of``.
"""

CALLBACK_STATUSES: Final = ("profilestatus", "esimprofilestatus", "profilestate", "esimstatus", "status", "state")
"""ASSUMPTION: what became of a profile is under one of these, or is said by the event's name.

Used by ``callbacks.profile_of``.
"""

CALLBACK_PROFILE_WORDS: Final = {
    "error": "error",
    "failed": "error",
    "failure": "error",
    "downloaded": "downloaded",
    "installed": "installed",
    "enabled": "enabled",
    "disabled": "disabled",
    "deleted": "deleted",
}
"""ASSUMPTION: these words of the documentation are the ones that are posted. What is none of them is no status.

Used by ``callbacks.profile_of``.
"""

CALLBACK_NEWS: Final = ("addon", "activation", "renew", "link", "plan", "profile")
"""ASSUMPTION: events with one of these in their name are about what is on an eSIM: usage is read at once. Others (usage
and mobility streams) come all the time. Used by ``callbacks.Reading``.
"""

CALLBACK_TOKEN_IS_ON_NOTIFICATIONS_ALONE: Final = True
"""ASSUMPTION: the token that the customer sets comes with plan notifications, for which it is documented, and not with
data streams. Used by ``callbacks.needs_token``.
"""
