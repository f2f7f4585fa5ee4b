"""What the public lollms_client was used with: its bindings and its applications. The rest does not know this folder."""
