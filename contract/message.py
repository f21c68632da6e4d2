"""The base classes of all messages: the data converter and the workflows tell by them what a message is for."""

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A message of ours. An error in reading one never quotes it: there may be an activation code in it."""

    model_config = ConfigDict(hide_input_in_errors=True)


class StartInput(Message):
    """The one input of a workflow. If it cannot be read, the run fails as ``InvalidRequest`` and does nothing."""


class HandlerInput(Message):
    """The one input of a signal, an update or a query.

    If it cannot be read, an update or a query is answered with ``InvalidRequest``. A signal, for which nobody waits, is
    dropped, and the worker's log says why.
    """
