"""What the networks of several plugins have in common. Needs PyTorch."""
