"""What instruments share: the notes that they play, noise, and tones of partials."""
