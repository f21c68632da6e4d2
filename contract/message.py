"""What every message has in common."""

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A message of ours. An error in reading one never quotes it: there may be an activation code in it."""

    model_config = ConfigDict(hide_input_in_errors=True)
