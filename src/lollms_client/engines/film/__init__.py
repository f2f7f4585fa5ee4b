"""Films of scenes in motion: figures that move as their verbs say, a camera, weather, sound."""
