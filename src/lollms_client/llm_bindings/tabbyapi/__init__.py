"""TabbyAPI on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "TabbyAPIBinding"


class TabbyAPIBinding(OpenAICompatibleLLM):
    """Language models of TabbyAPI."""
