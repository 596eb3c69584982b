"""From a melody and its syllables to what a voice sings: one part, or several in harmony."""
