"""Machine-made mutants: cosmic-ray's operators against the reference, the comparator and the decoder."""
