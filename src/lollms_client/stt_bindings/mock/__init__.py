"""The mock binding for transcription: for tests of applications, chosen by its name only."""

from lollms_client.families.mock.transcription import MockTranscription

BindingName = "Mock"


class Mock(MockTranscription):
    """See description.yaml."""
