"""The replay binding for speech: answers out of a recording, without the binding that made it."""

from lollms_client.families.replay.modalities import RecordedTTS
from lollms_client.families.replay.standing_in import StandingIn

BindingName = "Replay"


class Replay(StandingIn, RecordedTTS):
    """See description.yaml."""
