"""The mock binding for speech: for tests of applications, chosen by its name only."""

from lollms_client.families.mock.speech import MockSpeech

BindingName = "Mock"


class Mock(MockSpeech):
    """See description.yaml."""
