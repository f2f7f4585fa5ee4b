"""The replay binding for transcription: answers out of a recording, without the binding that made it."""

from lollms_client.families.replay.modalities import RecordedSTT
from lollms_client.families.replay.standing_in import StandingIn

BindingName = "Replay"


class Replay(StandingIn, RecordedSTT):
    """See description.yaml."""
