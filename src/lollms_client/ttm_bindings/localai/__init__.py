"""LocalAI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.music import OpenAIMusicBinding

BindingName = "LocalAIMusic"


class LocalAIMusic(OpenAIMusicBinding):
    """Music of LocalAI."""
