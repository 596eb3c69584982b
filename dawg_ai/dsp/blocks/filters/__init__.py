"""Filters: second order (biquads), first order (one-pole), crossovers, sample rate conversion."""
