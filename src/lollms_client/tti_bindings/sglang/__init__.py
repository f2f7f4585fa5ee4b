"""SGLang: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.image import OpenAIImageBinding

BindingName = "SGLangImages"


class SGLangImages(OpenAIImageBinding):
    """Images of SGLang."""
