"""The mock binding for chat: for tests of applications, chosen by its name only."""

from lollms_client.families.mock.chat import MockChat

BindingName = "Mock"


class Mock(MockChat):
    """See description.yaml."""
