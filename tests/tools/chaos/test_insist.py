import pytest
from temporalio.service import RPCError, RPCStatusCode

from tools.chaos import insist
from tools.chaos.insist import FINAL


class Server:
    """A server that refuses a few times before it answers."""

    def __init__(self, *refusals: RPCError) -> None:
        self.left = list(refusals)

    async def ask(self) -> str:
        if self.left:
            raise self.left.pop(0)
        return "answer"


def refusal(status: RPCStatusCode, message: str = "") -> RPCError:
    return RPCError(message, status, b"")


async def test_a_server_that_is_away_or_has_just_been_started_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insist, "PAUSE_SECONDS", 0.0)
    starting = refusal(RPCStatusCode.NOT_FOUND, "Namespace default is not found.")
    server = Server(refusal(RPCStatusCode.UNAVAILABLE), starting, refusal(RPCStatusCode.DEADLINE_EXCEEDED))
    assert await insist.insist(server.ask) == "answer"


@pytest.mark.parametrize("status", sorted(FINAL))
async def test_an_answer_of_a_server_that_is_there_is_final(status: RPCStatusCode) -> None:
    with pytest.raises(RPCError):
        await insist.insist(Server(refusal(status, "workflow not found for ID: provision-P-1")).ask)
