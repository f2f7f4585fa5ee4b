"""Any image server on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "OpenAICompatibleImages"


class OpenAICompatibleImages(OpenAIImageBinding):
    """Images of any server."""
