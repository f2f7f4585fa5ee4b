"""The mock binding for films: for tests of applications, chosen by its name only."""

from lollms_client.families.mock.video import MockVideo

BindingName = "Mock"


class Mock(MockVideo):
    """See description.yaml."""
