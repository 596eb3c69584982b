"""Colab Pro: the same notebook as for Colab; with a paid balance it may be run by script too."""

from dawg_ai.launch.colab import by_hand, files

__all__ = ["by_hand", "files"]
