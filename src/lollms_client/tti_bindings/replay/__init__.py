"""The replay binding for images: answers out of a recording, without the binding that made it."""

from lollms_client.families.replay.modalities import RecordedTTI
from lollms_client.families.replay.standing_in import StandingIn

BindingName = "Replay"


class Replay(StandingIn, RecordedTTI):
    """See description.yaml."""
