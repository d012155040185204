"""A package: counting, chains and scores each in a module of their own."""

from .chains import most_likely_sequence, sample_chain
from .counting import markov_transitions, ngram_model
from .scores import perplexity, sequence_log_prob

__all__ = [
    "markov_transitions",
    "most_likely_sequence",
    "ngram_model",
    "perplexity",
    "sample_chain",
    "sequence_log_prob",
]
