"""How endpoints, eSIMs and add-on instances look on the wire."""

from datetime import datetime

from tools.simulator.answer import Json
from tools.simulator.endpoint import AddonInstance, Endpoint
from tools.simulator.plan import Plan
from tools.simulator.variety import Variety


def sim_row(endpoint: Endpoint, variety: Variety) -> Json:
    """One row of fetchSIM. An eSIM without MSISDN has "-" in its place, or no field at all."""
    row: Json = {
        "iccid": variety.id("iccid", endpoint.iccid),
        "endPointId": variety.id("endPointId", endpoint.endpoint_id if endpoint.attached else None),
        "msisdn": variety.id("msisdn", endpoint.msisdn),
        "eid": endpoint.eid,
        "simStatus": endpoint.status,
        "simAttachStatus": "ATTACHED" if endpoint.attached else "NOT ATTACHED",
        "simProduct": "eSIM",
        "activationCode": {
            "textQrCode": endpoint.activation_code,
            "smDpPlusAdress": endpoint.smdp_address,
            "matchingId": endpoint.matching_id,
        },
    }
    if endpoint.msisdn is None and variety.turn("no msisdn"):
        del row["msisdn"]
    return row


def profile_info(endpoint: Endpoint, variety: Variety, *, newest_first: bool = False) -> Json:
    """What GetEndPointProfile tells under ``info``."""
    addons = endpoint.addons[::-1] if newest_first else endpoint.addons
    return {
        "basicInfo": {
            "iccid": variety.id("iccid", endpoint.iccid),
            "name": f"endpoint {endpoint.endpoint_id}",
            "msisdn": variety.id("msisdn", endpoint.msisdn),
            "imsi": variety.id("imsi", endpoint.imsi),
            "status": endpoint.status,
        },
        "promotionalPlans": {"plan": [plan_row(instance, variety) for instance in addons]},
        "benefitInfo": {"benefit": [benefit_row(instance, variety) for instance in addons]},
    }


def plan_row(instance: AddonInstance, variety: Variety) -> Json:
    """One instance, as a plan."""
    return {
        "planId": variety.id("planId", instance.plan.plan_id),
        "planName": instance.plan.name,
        "uniqueId": variety.id("uniqueId", instance.unique_id),
        "planServiceName": "DATA",
        "planStartDate": wire_date(instance.starts_at),
        "planExpiryDate": wire_date(instance.expires_at),
    }


def benefit_row(instance: AddonInstance, variety: Variety) -> Json:
    """One instance, as a balance in bytes."""
    return {
        "name": "DATA",
        "uniqueId": variety.id("uniqueId", instance.unique_id),
        "actualBalance": variety.id("actualBalance", str(instance.plan.granted_bytes)),
        "balance": variety.id("balance", str(instance.remaining_bytes)),
        "startDate": wire_date(instance.starts_at),
        "expiryDate": wire_date(instance.expires_at),
    }


def rate_plan_row(plan: Plan, variety: Variety) -> Json:
    """One plan of the account. Assumption: nothing public says how QueryRatePlan shows it."""
    return {"planId": variety.id("planId", plan.plan_id), "planName": plan.name, "planCategory": "ADDON"}


def wire_date(moment: datetime | None) -> str:
    """``dd/mm/YYYY HH:MM:SS`` in UTC (assumption), or "-"."""
    return "-" if moment is None else moment.strftime("%d/%m/%Y %H:%M:%S")
