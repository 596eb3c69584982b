"""What the networks and baselines of several plugins have in common. All but the trees needs PyTorch."""
