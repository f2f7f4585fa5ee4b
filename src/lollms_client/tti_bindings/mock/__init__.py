"""The mock binding for images: for tests of applications, chosen by its name only."""

from lollms_client.families.mock.images import MockImages

BindingName = "Mock"


class Mock(MockImages):
    """See description.yaml."""
