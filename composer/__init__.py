"""From an analysis to music: spotting, tempo maps, themes, networks, notes."""
