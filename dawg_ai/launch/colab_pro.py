"""Colab Pro: the same notebook as for Colab; with a paid balance it may be run by script too."""

from dawg_ai.launch.colab import files

__all__ = ["files"]
