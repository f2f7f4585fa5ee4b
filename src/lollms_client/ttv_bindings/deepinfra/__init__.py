"""DeepInfra: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.video import OpenAIVideoBinding

BindingName = "DeepInfraFilms"


class DeepInfraFilms(OpenAIVideoBinding):
    """Films of DeepInfra."""
