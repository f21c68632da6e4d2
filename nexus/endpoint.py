"""A Nexus endpoint: the name by which portals in other namespaces reach the service."""

from typing import Final

from temporalio.api.nexus.v1 import Endpoint, EndpointSpec, EndpointTarget
from temporalio.api.operatorservice.v1 import CreateNexusEndpointRequest, ListNexusEndpointsRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

ELSEWHERE: Final = (
    "make it as this cluster's administrators do (on Temporal Cloud: tcld nexus endpoint create), with target "
    "namespace {} and task queue {}"
)


class NoEndpoint(Exception):
    """The endpoint cannot be made. The message says why, and what to do."""


async def create_endpoint(client: Client, name: str, task_queue: str) -> bool:
    """Makes an endpoint of this name for the namespace of the client and a task queue, and says whether it is new.

    Raises NoEndpoint: if it leads elsewhere, if the name cannot be one, or if the server lets nobody make one this way.
    """
    target = EndpointTarget(worker=EndpointTarget.Worker(namespace=client.namespace, task_queue=task_queue))
    spec = EndpointSpec(name=name, target=target)
    try:
        await client.operator_service.create_nexus_endpoint(CreateNexusEndpointRequest(spec=spec), retry=True)
    except RPCError as error:
        if error.status != RPCStatusCode.ALREADY_EXISTS:
            how = ELSEWHERE.format(client.namespace, task_queue)
            raise NoEndpoint(f"The Temporal server does not make endpoint {name!r}: {error.message}; {how}") from None
        _refuse_another(await _found(client, name), target)
        return False
    return True


async def _found(client: Client, name: str) -> Endpoint:
    listed = await client.operator_service.list_nexus_endpoints(ListNexusEndpointsRequest(name=name), retry=True)
    return listed.endpoints[0]


def _refuse_another(known: Endpoint, target: EndpointTarget) -> None:
    if known.spec.target != target:
        leads_to = known.spec.target.worker
        where = f"task queue {leads_to.task_queue} of namespace {leads_to.namespace}"
        raise NoEndpoint(f"Endpoint {known.spec.name} leads to {where} already: take another name, or delete that one")
