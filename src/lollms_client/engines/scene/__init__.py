"""A vector scene composer: words become a picture drawn from our own vector art, without a neural network."""
