"""espeak-ng: a small formant synthesiser that speaks some 130 languages."""
