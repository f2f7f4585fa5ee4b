"""Together AI: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.video import OpenAIVideoBinding

BindingName = "TogetherFilms"


class TogetherFilms(OpenAIVideoBinding):
    """Films of Together AI."""
