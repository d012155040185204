"""Log probabilities and perplexity."""

from math import exp, inf, log

from harness import hookimpl

from .windows import windows


@hookimpl
def sequence_log_prob(model, tokens, n):
    asked = [model.prob(token, context) for context, token in windows(tokens, n)]
    return sum(map(log, asked), 0.0) if all(asked) else -inf


@hookimpl
def perplexity(log_probs):
    try:
        return exp(-sum(log_probs) / len(log_probs))
    except ZeroDivisionError:
        raise ValueError("perplexity of nothing") from None
