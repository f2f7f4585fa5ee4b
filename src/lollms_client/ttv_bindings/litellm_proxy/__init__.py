"""LiteLLM proxy: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.video import OpenAIVideoBinding

BindingName = "LiteLLMProxyFilms"


class LiteLLMProxyFilms(OpenAIVideoBinding):
    """Films of LiteLLM proxy."""
