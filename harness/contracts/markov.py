"""Markov chains and n-gram language models: counting, decoding, sampling, smoothing, perplexity."""

from __future__ import annotations

from operator import index
from typing import Any

import torch

from harness.contracts.component import Hook, component
from harness.contracts.results import Array, Fields, Ints, IntTuple, ListOf, Mapping, Real


@component(Mapping(IntTuple(), Array("V")), points=2)
def markov_transitions(corpus: list[int], vocab_size: int, order: int) -> dict[tuple[int, ...], torch.Tensor]:
    """Estimate the transition probabilities of a Markov chain of any order from a corpus.

    Shapes: a list of int in; a dict from contexts, each a tuple of `order` tokens (a 1-tuple for order 1),
        to float64 tensors (V,) out, with V = `vocab_size`.
    Conventions: entry x of a row is the relative frequency of x as the next token after that context. The
        keys are exactly the contexts that occur with a successor. Tokens lie in 0 ... V-1; V may exceed the
        tokens that occur. float64, in precision too.
    Source: D2L 9.1.2 and 9.3.1, equation 9.3.5.
    """


@component(Ints(), points=3)
def most_likely_sequence(initial: torch.Tensor, transition: torch.Tensor, num_steps: int) -> list[int]:
    """Find the most likely sequence of a first-order Markov chain.

    Shapes: initial (V,), transition (V, V), transition[a, b] the probability of b after a; a list of
        `num_steps` int out.
    Conventions: the argmax over x_1 ... x_T of initial[x_1] times the product of transition[x_t, x_{t+1}],
        T = `num_steps`, by dynamic programming: time O(T V^2), so T = 500 with V = 50 takes well under a
        second. T is up to 1000: no recursion over T, no underflow. float32 or float64 arguments; float64
        ones give float64 accuracy. Probabilities may be 0. Ties: any maximiser.
        Ungraded: every sequence has probability 0.
    Source: D2L 9.1.2.
    """


def observe_sample_chain(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> dict[str, Any]:
    """Write down the chain of the given generator, `more` of the same one, and one of a new generator for each of
    `seeds`."""
    chains = [hook(**arguments) for _ in range(1 + drive.get("more", 0))]
    for seed in drive.get("seeds", []):
        chains.append(hook(**{**arguments, "generator": torch.Generator().manual_seed(seed)}))
    return {"chains": chains}


@component(Fields(chains=ListOf(Ints())), points=2, observer=observe_sample_chain)
def sample_chain(
    initial: torch.Tensor, transition: torch.Tensor, num_steps: int, generator: torch.Generator
) -> list[int]:
    """Draw one sequence from a first-order Markov chain.

    Shapes: initial (V,), transition (V, V), transition[a, b] the probability of b after a; a list of
        `num_steps` int out.
    Conventions: the first token is drawn from `initial`, each later one from the row of the token before
        it. All randomness comes from `generator`, a torch.Generator on the CPU, used as it stands: the same
        generator state gives the same chain, and the next call another. float32 or float64 arguments. A token of
        probability 0 is never drawn.
    Source: D2L 9.1.2.
    """


def observe_ngram_model(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> dict[str, Any]:
    """Write down what the model answers to the `queries`, each a token and its context. Where there are arguments
    `beside`, another model has been made of these by then."""
    made = hook(**arguments)
    if "beside" in drive:
        hook(**drive["beside"])
    return {"prob": [made.prob(token, context) for token, context in drive.get("queries", [])]}


@component(Fields(prob=ListOf(Real())), points=3, observer=observe_ngram_model)
def ngram_model(corpus: list[int], vocab_size: int, n: int, epsilons: tuple[float, float, float]) -> Any:
    """Build a smoothed unigram, bigram or trigram model (n = 1, 2, 3).

    Shapes: a list of int in; out, an object with `prob(token, context) -> float`, the probability of
        `token` after `context`, a tuple of n-1 tokens.
    Conventions: [9.3.6] with m = `vocab_size`, N = len(corpus), n(.) counts in the corpus and
        `epsilons` = (e1, e2, e3), always all three:
        n=1: P(x) = (n(x) + e1/m) / (N + e1);
        n=2: P(x | a) = (n(a, x) + e2 P(x)) / (n(a) + e2);
        n=3: P(x | a, b) = (n(a, b, x) + e3 P(x)) / (n(a, b) + e3),
        where P(x) is the smoothed unigram and n(context) counts the context where a token follows. Tokens
        lie in 0 ... m-1; a context may never have been seen.
        Ungraded: the context that ends the corpus; 0/0.
    Source: D2L 9.3.1, equation 9.3.6.
    """


class Table:
    """A language model given as a table: context -> the probabilities of the tokens after it. It answers
    contexts of exactly n-1 tokens, given as a tuple."""

    def __init__(self, rows: dict[tuple[int, ...], list[float]], n: int) -> None:
        self._rows, self._n = rows, n

    def prob(self, token: int, context: tuple[int, ...]) -> float:
        """The probability of `token` after `context`. Raises TypeError or ValueError on a wrong context."""
        wanted = f"but should be a tuple of n-1 = {self._n - 1} tokens"
        if not isinstance(context, tuple):
            raise TypeError(f"the context that prob was given is a {type(context).__name__}, {wanted}")
        if len(context) != self._n - 1:
            raise ValueError(f"the context that prob was given is {context!r}, {wanted}")
        return self._rows[tuple(index(one) for one in context)][index(token)]


def observe_sequence_log_prob(hook: Hook, arguments: dict[str, Any], drive: dict[str, Any]) -> Any:
    """Call the hook with a model that answers from the table in `arguments`."""
    return hook(**{**arguments, "model": Table(arguments["model"], arguments["n"])})


@component(Real(), points=1, observer=observe_sequence_log_prob)
def sequence_log_prob(model: Any, tokens: list[int], n: int) -> float:
    """Score a sequence with an n-gram model.

    Shapes: `model` is any object with `prob(token, context) -> float`, `context` a tuple of n-1 tokens; a
        list of int; a float out.
    Conventions: the sum of log P(token | the n-1 tokens before it) over the positions n-1, n, ... counted
        from 0; natural logarithms. A zero probability gives -inf, without a warning; fewer than n tokens
        give 0.0.
    Source: D2L 9.3.1, equations 9.3.2 and 9.3.4.
    """


@component(Real(), points=1)
def perplexity(log_probs: list[float]) -> float:
    """Turn per-token log probabilities into a perplexity.

    Shapes: a list of float or int in, one for each token; a float out.
    Conventions: exp(-mean of the log probabilities) [9.3.8], over all tokens at once, never a mean of
        per-batch values; natural logarithms. -inf anywhere gives inf.
        Ungraded: a finite perplexity above 1e300.
    Raises: ValueError on an empty sequence.
    Source: D2L 9.3.2, equation 9.3.8.
    """
