"""DAWG AI: AI music plugins that anyone can train for nothing and ship to a browser."""

__version__ = "0.1.0"
