"""SiliconFlow on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "SiliconFlowBinding"


class SiliconFlowBinding(OpenAICompatibleLLM):
    """Language models of SiliconFlow."""
