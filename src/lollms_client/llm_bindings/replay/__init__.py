"""The replay binding for chat: answers out of a recording, without the binding that made it."""

from lollms_client.families.replay.modalities import RecordedLLM
from lollms_client.families.replay.standing_in import StandingIn

BindingName = "Replay"


class Replay(StandingIn, RecordedLLM):
    """See description.yaml."""
