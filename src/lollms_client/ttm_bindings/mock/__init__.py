"""The mock binding for music: for tests of applications, chosen by its name only."""

from lollms_client.families.mock.music import MockMusic

BindingName = "Mock"


class Mock(MockMusic):
    """See description.yaml."""
