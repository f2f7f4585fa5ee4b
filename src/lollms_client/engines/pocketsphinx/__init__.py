"""pocketsphinx: a small recogniser of American English speech."""
