"""SGLang: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.video import OpenAIVideoBinding

BindingName = "SGLangFilms"


class SGLangFilms(OpenAIVideoBinding):
    """Films of SGLang."""
