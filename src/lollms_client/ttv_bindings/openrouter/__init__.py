"""OpenRouter: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.video import OpenAIVideoBinding

BindingName = "OpenRouterFilms"


class OpenRouterFilms(OpenAIVideoBinding):
    """Films of OpenRouter."""
