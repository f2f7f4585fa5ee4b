"""Venice AI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "VeniceImages"


class VeniceImages(OpenAIImageBinding):
    """Images of Venice AI."""
