"""The replay binding for music: answers out of a recording, without the binding that made it."""

from lollms_client.families.replay.modalities import RecordedTTM
from lollms_client.families.replay.standing_in import StandingIn

BindingName = "Replay"


class Replay(StandingIn, RecordedTTM):
    """See description.yaml."""
