"""What the bindings of Google's Gemini API share in five modalities: address, key, errors, contents, replies."""
