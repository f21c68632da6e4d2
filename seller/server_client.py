"""What asks a Temporal server."""

from seller.server import Server


class ServerClient:
    """What Sales, Addons, Subscriptions and Operators have in common: the server that they ask.

    What their methods raise beside what each of them names: NoAnswer if the server or a worker does not answer in time,
    RPCError for what the server refuses, Undecipherable for what is encrypted with a key that is not here.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = server.client
