"""Databricks on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM

BindingName = "DatabricksBinding"


class DatabricksBinding(OpenAICompatibleLLM):
    """Language models of Databricks."""
