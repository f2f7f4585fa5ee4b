"""What bindings of a kind share: HTTP verbs, jobs, local engines, the OpenAI wire."""
