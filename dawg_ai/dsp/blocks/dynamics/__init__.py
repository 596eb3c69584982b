"""Dynamics: level detectors, gain computers, attack and release ballistics, look-ahead, make-up gain."""
