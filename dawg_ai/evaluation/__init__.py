"""Evaluation on held-out clips: questions, the network beside its baselines, intervals and tables."""
