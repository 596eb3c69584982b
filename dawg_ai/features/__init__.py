"""From audio to named arrays, and where they are kept."""
