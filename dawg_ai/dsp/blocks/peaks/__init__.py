"""Peaks: true peak between the samples, sliding maxima."""
