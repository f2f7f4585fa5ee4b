"""The replay binding for films: answers out of a recording, without the binding that made it."""

from lollms_client.families.replay.modalities import RecordedTTV
from lollms_client.families.replay.standing_in import StandingIn

BindingName = "Replay"


class Replay(StandingIn, RecordedTTV):
    """See description.yaml."""
