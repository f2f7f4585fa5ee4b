"""What the public lollms_client was used with: its bindings, its applications. The rest does not know this folder."""
