"""Building blocks of effects and meters, in families.

`filters`   biquads (cookbook and matched), cascades, crossovers, one-pole filters, polyphase resampling
`dynamics`  level detectors, gain computers, attack and release ballistics, look-ahead, automatic make-up gain
`delays`    delay lines in ring buffers, LFO, diffusers, early reflections, feedback delay network
`shaping`   waveshapers, oversampling, antiderivative anti-aliasing
`spectra`   FFT, fractional-octave bands, partitioned, circular and overlap-save convolution, impulse responses
`peaks`     true peak between the samples, sliding maximum

What all families share: `sanitise` (nan and infinities become silence) and `smoothing` (no clicks when knobs jump).
"""
