"""Any film server in the shape of /videos: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.video import OpenAIVideoBinding

BindingName = "OpenAICompatibleFilms"


class OpenAICompatibleFilms(OpenAIVideoBinding):
    """Films of any server."""
