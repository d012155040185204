"""Graded checks of the unit markov."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import torch

from harness.judge.check import check
from harness.judge.oracle import in_float64
from harness.judge.standard import agreement, layouts, purity, renewal
from harness.judge.trial import Trial

from .cases import markov as cases
from .cases.markov import (
    Certain,
    Chain,
    Counted,
    LogProbs,
    Ngrams,
    Sampled,
    Scored,
    Wide,
    binomial_p_value,
    log_probability,
    sampling,
)

# -- markov_transitions ----------------------------------------------------------------------------------

_COUNTED = [
    Counted((0, 1, 0, 2, 0, 1), V=4, order=1),
    Counted((2, 0, 1, 2, 0, 3, 2, 0, 1), V=5, order=2),
    Counted((1, 1, 1), V=2, order=1),
    Counted((0, 1), V=3, order=1),
    Counted((0, 1), V=3, order=2),
    Counted((2,), V=3, order=1),
    Counted((0, 0, 0, 0), V=1, order=3),
    Counted((0, 1, 2), V=3, order=7),
    Counted((0, 1, 2) * 6, V=3, order=12),
    Counted((0,) * 300 + (1,), V=2, order=1),
]
# After 0 1024 comes 2 and after 1 0 comes 3: the two must not be one, to whatever base a context is written.
_DIGITS = tuple(token for base in (10, 16, 100, 256, 1000, 1024) for token in (0, base, 2, 1, 0, 3))
_SMALL_DIGITS = tuple(token for base in (10, 16, 32, 64) for token in (0, base, 2, 1, 0, 3))  # of less than 65
_LARGE = [
    Counted((*_SMALL_DIGITS, 1, 12, 5, 11, 2, 6), V=65, order=2),  # right work may count in a table of V³ entries
    Counted((0,) * 3000 + (1, 0, 1), V=3, order=1),
    Counted((700, 700, 1099, 700), V=1100, order=1),
]

test_markov_transitions_are_relative_frequencies = agreement(
    "markov_transitions",
    cases.corpora(),
    "Each row holds the relative frequencies of the next token after its context, as a float64 tensor (V,).",
    "are_relative_frequencies",
    examples=[*_COUNTED, *_LARGE],
    weight=2,
    hint="Is the corpus's last token counted as a successor? By what is each row divided?",
)


@check(
    "markov_transitions",
    cases.corpora(),
    examples=_COUNTED,
    hint="A key is a tuple of `order` tokens in the order of the text; what ends the corpus has no successor there.",
)
def test_markov_transitions_have_the_contexts_with_a_successor_as_keys(trial: Trial, case: Counted) -> None:
    """The keys are exactly the tuples of `order` tokens that occur with a token after them."""
    found = sorted(trial.ask(case.arguments()))
    trial.matches(found, sorted(case.successors()), "the sorted keys", call=trial.call_text(case.arguments()))


@check("markov_transitions", cases.corpora(), examples=_COUNTED)
def test_markov_transitions_sum_to_one_over_the_vocabulary(trial: Trial, case: Counted) -> None:
    """Each row has an entry for each token of the vocabulary, none negative, and they sum to one."""
    call = trial.call_text(case.arguments())
    for context, row in _rows(trial, case).items():
        trial.require(bool((row >= 0).all()), f"the row of {context} has a negative entry: {row.tolist()}", call)
        with trial.explaining(call):
            trial.near(float(row.sum()), 1.0, f"the sum of the row of {context}")


@check(
    "markov_transitions",
    cases.corpora(),
    examples=[*_COUNTED, _LARGE[1]],
    hint="In which dtype were the counts divided, and up to which number does it count?",
)
def test_markov_transitions_give_back_the_counts_in_float64(trial: Trial, case: Counted) -> None:
    """A row times the number of its context's successors gives whole numbers, to the accuracy of float64."""
    times = case.successors()
    for context, row in _rows(trial, case).items():
        counts = row.double() * times[context]
        off = float((counts - counts.round()).abs().max())
        headline = f"the row of {context} is off whole counts / {times[context]} by {off:.2g}"
        trial.require(off < 1e-9, headline, trial.call_text(case.arguments()))


@check("markov_transitions", hint="By hand: write down what follows each context, one after the other.")
def test_markov_transitions_of_a_short_corpus_are_known(trial: Trial) -> None:
    """In 0 1 0 2 0 1, token 0 is followed by 1 twice and by 2 once; (0, 1) and (0, 2) once by 0."""
    arguments = {"corpus": [0, 1, 0, 2, 0, 1], "vocab_size": 4}
    first = {(0,): [0, 2 / 3, 1 / 3, 0], (1,): [1, 0, 0, 0], (2,): [1, 0, 0, 0]}
    second = {(0, 1): [1, 0, 0, 0], (0, 2): [1, 0, 0, 0], (1, 0): [0, 0, 1, 0], (2, 0): [0, 1, 0, 0]}
    for order, known in ((1, first), (2, second)):
        expected = {key: torch.tensor(row, dtype=torch.float64) for key, row in known.items()}
        case = {**arguments, "order": order}
        trial.matches(trial.ask(case), expected, f"the result for order {order}", call=trial.call_text(case))


test_markov_transitions_computes_anew_at_each_call = renewal("markov_transitions", cases.recounted)
test_markov_transitions_leaves_arguments_and_random_state_alone = purity("markov_transitions", cases.corpora())


def _rows(trial: Trial, case: Counted) -> dict[tuple[int, ...], torch.Tensor]:
    """The result, once its rows are known to be floating-point tensors (V,)."""
    rows: dict[tuple[int, ...], torch.Tensor] = trial.ask(case.arguments())
    call = trial.call_text(case.arguments())
    for context, row in rows.items():
        trial.require(row.is_floating_point(), f"the row of {context} has dtype {row.dtype}", call)
        trial.matches(tuple(row.shape), (case.V,), f"the shape of the row of {context}", call=call)
    return rows


# -- most_likely_sequence --------------------------------------------------------------------------------

ROUNDINGS = 64
"""Each of T additions rounds a score that grows to the final one; a near tie may fall either way."""


@check(
    "most_likely_sequence",
    cases.small_chains,
    examples=[
        # Where adding probabilities goes astray.
        *(Chain(V=4, T=5, seed=seed) for seed in (1, 4, 29, 33)),
        Chain(V=3, T=5, seed=1, dtype="float32"),
        Chain(V=2, T=8, seed=3),
    ],
    weight=2,
    hint="The best token at each step alone does not make the best sequence.",
)
def test_most_likely_sequence_is_likelier_than_any_other(trial: Trial, case: Chain) -> None:
    """No sequence of the same length has a higher probability: all of them are tried."""
    arguments = case.arguments()
    every = itertools.product(range(case.V), repeat=case.T)
    best = max(log_probability(arguments, list(sequence)) for sequence in every)
    _reaches(trial, arguments, trial.ask(arguments), best)


@check(
    "most_likely_sequence",
    cases.chains,
    examples=[
        Chain(V=5, T=9, seed=2),
        Chain(V=5, T=9, seed=2, dtype="float32"),
        Chain(V=4, T=12, seed=4, scale=0.0),
        Chain(V=5, T=5, seed=7),
        Chain(V=3, T=3, seed=8, dtype="float32"),
        Chain(V=17, T=65, seed=9),
        Chain(V=65, T=17, seed=10, dtype="float32"),
        Chain(V=300, T=9, seed=15),
    ],
    weight=2,
    hint="What must be kept at each step, for each token that a sequence may end in, to read the best one off?",
)
def test_most_likely_sequence_reaches_the_highest_probability(trial: Trial, case: Chain) -> None:
    """The sequence has the probability that exact dynamic programming reaches, in float32 and float64."""
    _reaches_the_optimum(trial, case)


@check("most_likely_sequence", hint="A locally poor token may open the way to a better sequence.")
def test_most_likely_sequence_looks_ahead(trial: Trial) -> None:
    """A likely start that leads nowhere loses: of 0.6 · 0.4 · 0.4 and 0.4 · 0.9 · 0.9 the second wins."""
    initial = torch.tensor([0.6, 0.4, 0.0])
    transition = torch.tensor([[0.4, 0.3, 0.3], [0.05, 0.05, 0.9], [0.05, 0.9, 0.05]])
    arguments = {"initial": initial, "transition": transition, "num_steps": 3}
    trial.matches(trial.ask(arguments), [1, 2, 1], call=trial.call_text(arguments))


@check(
    "most_likely_sequence",
    cases.sparse_chains,
    examples=[Chain(V=4, T=7, seed=5, dtype="float32", successors=1), Chain(V=5, T=9, seed=6, successors=2)],
    hint="A probability of 0 is a logarithm of -inf, which must stay -inf.",
)
def test_most_likely_sequence_takes_no_impossible_step(trial: Trial, case: Chain) -> None:
    """With zeros in `initial` and `transition`, the sequence is possible, and the most likely one."""
    _reaches_the_optimum(trial, case)


@check("most_likely_sequence", hint="What stands for the logarithm of 0? Clamped to a small number, it may win.")
def test_most_likely_sequence_never_buys_certainty_by_an_impossible_step(trial: Trial) -> None:
    """The last token leads to itself with certainty, but no possible sequence reaches it: it stays out."""
    for others, num_steps in ((2, 600), (4, 1000)):  # 1000 fair draws of four: e^-1386, below any float64
        for dtype in (torch.float64, torch.float32):
            transition = torch.eye(others + 1, dtype=dtype)
            transition[:-1, :-1] = 1 / others
            transition[0, :2] += torch.tensor([-0.125, 0.125], dtype=dtype)  # no ties
            initial = torch.tensor([1 / others] * others + [0.0], dtype=dtype)
            arguments = {"initial": initial, "transition": transition, "num_steps": num_steps}
            best = trial.reference(arguments)
            _reaches(trial, arguments, trial.ask(arguments), best=log_probability(arguments, best))


@check(
    "most_likely_sequence",
    examples=[
        Chain(V=4, T=1, seed=35),
        Chain(V=4, T=1, seed=35, dtype="float32"),
        Chain(V=1, T=3, seed=0),
        Chain(V=1, T=1, seed=0),
        Chain(V=3, T=2, seed=9),
    ],
    hint="How many transitions has a sequence of one token?",
)
def test_most_likely_sequence_handles_one_step_and_one_token(trial: Trial, case: Chain) -> None:
    """With one step the result is the argmax of `initial`; a vocabulary of one token is no exception."""
    _reaches_the_optimum(trial, case)


@check("most_likely_sequence", hint="A probability may be tiny and still be what makes the best sequence possible.")
def test_most_likely_sequence_takes_a_rare_step_that_pays(trial: Trial) -> None:
    """One step of probability 1e-20 into certainty beats 99 fair draws of two, whose probability is 1.6e-30."""
    for dtype in ("float64", "float32"):
        kind, rare = getattr(torch, dtype), 1e-20
        transition = torch.tensor([[0, rare, 0.5, 0.5], [0, 1, 0, 0], [0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5]], dtype=kind)
        initial = torch.tensor([1, 0, 0, 0], dtype=kind)
        arguments = {"initial": initial, "transition": transition, "num_steps": 100}
        trial.matches(trial.ask(arguments), [0] + [1] * 99, call=trial.call_text(arguments))


@check("most_likely_sequence", hint="Which dtype have the arrays that hold your scores?")
def test_most_likely_sequence_decides_in_float64(trial: Trial) -> None:
    """Float64 probabilities decide between two sequences that float32 could not tell apart."""
    more, less = 0.6 + 1e-9, 0.6
    for best, stays in ((0, (more, less)), (1, (less, more))):
        transition = [[stays[0], 1 - stays[0]], [1 - stays[1], stays[1]]]
        arguments = {
            "initial": torch.tensor([0.5, 0.5], dtype=torch.float64),
            "transition": torch.tensor(transition, dtype=torch.float64),
            "num_steps": 6,
        }
        trial.matches(trial.ask(arguments), [best] * 6, call=trial.call_text(arguments))


@check(
    "most_likely_sequence",
    examples=[Chain(V=50, T=500, seed=10)],
    shrinks=False,
    hint="Dynamic programming needs T · V² steps; there are V to the power of T sequences.",
)
def test_most_likely_sequence_is_quick(trial: Trial, case: Chain) -> None:
    """With 500 steps and 50 tokens it finds the optimum in well under a second."""
    _reaches_the_optimum(trial, case, cpu_seconds=4.0)


@check(
    "most_likely_sequence",
    examples=[Chain(V=12, T=1000, seed=11, scale=0.5), Chain(V=12, T=1000, seed=12, scale=0.5, dtype="float32")],
    shrinks=False,
    hint="A product of 1000 probabilities is 0 in floating point; a function that calls itself 1000 times fails too.",
)
def test_most_likely_sequence_of_1000_steps_neither_underflows_nor_recurses(trial: Trial, case: Chain) -> None:
    """A sequence of 1000 tokens, whose probability is too small for a float, is found like any other."""
    _reaches_the_optimum(trial, case)


@check(
    "most_likely_sequence",
    cases.chains,
    count=3,
    hint="view() demands contiguous memory, where reshape() takes any; as_strided() must be given the real strides.",
)
def test_most_likely_sequence_takes_tensors_of_any_layout(trial: Trial, case: Chain) -> None:
    """Tensors may lie in memory in any way, such as a transpose or a slice of another one."""
    _reaches_the_optimum(trial, case, strided=True)  # loops in another order have the same probability: ties


@check(
    "most_likely_sequence",
    cases.chains,
    count=3,
    hint="What is kept between two calls, and by what is it found again? The same tensor may hold other values.",
)
def test_most_likely_sequence_computes_anew_at_each_call(trial: Trial, case: Chain) -> None:
    """Called again with the same tensors, which hold other values by then, it finds the best sequence of these."""
    arguments, others = case.arguments(), replace(case, seed=case.seed + 1).arguments()
    seen = trial.observe(arguments, again=others)
    trial.result_of(seen, arguments)
    second, kept = (trial.result_of(replace(seen, result=one), others) for one in (seen.again, seen.kept))
    _reaches(trial, others, second, log_probability(others, trial.reference(in_float64(others))))
    trial.matches(kept, second, "the result, after one more call,", call=trial.call_text(others))


test_most_likely_sequence_leaves_arguments_and_random_state_alone = purity("most_likely_sequence", cases.chains)


def _reaches_the_optimum(trial: Trial, case: Chain, **options: Any) -> None:
    arguments = case.arguments()
    found = trial.ask(arguments, **options)
    best = log_probability(arguments, trial.reference(in_float64(arguments)))
    _reaches(trial, arguments, found, best)


def _reaches(trial: Trial, arguments: dict[str, Any], found: list[int], best: float) -> None:
    _is_a_sequence(trial, arguments, found, "the result")
    reached, eps = log_probability(arguments, found), torch.finfo(arguments["initial"].dtype).eps
    trial.require(
        reached >= best - ROUNDINGS * eps * len(found) * max(1.0, abs(best)),
        f"the result has log probability {reached:.8g}, but should have {best:.8g}",
        f"the result is {found[:12]}{' …' if len(found) > 12 else ''}",
        trial.call_text(arguments),
    )


def _is_a_sequence(trial: Trial, arguments: dict[str, Any], found: list[int], what: str) -> None:
    call, num_steps, size = trial.call_text(arguments), arguments["num_steps"], len(arguments["initial"])
    trial.require(len(found) == num_steps, f"{what} has {len(found)} tokens, but should have {num_steps}", call)
    strange = [token for token in found if not 0 <= token < size]
    trial.require(not strange, f"{what} contains {strange[:1]}, but tokens lie in 0 … {size - 1}", call)


# -- sample_chain ----------------------------------------------------------------------------------------


@check(
    "sample_chain",
    cases.sampled,
    count=6,
    examples=[
        Sampled(V=5, T=80, successors=2, seed=1, dtype="float64"),
        Sampled(V=5, T=80, successors=2, seed=2),
        Sampled(V=4, T=1, successors=1, seed=3),
        Sampled(V=1, T=3, successors=1, seed=4),
    ],
    weight=2,
    hint="The first token comes from `initial` and counts; transition[a, b] is the probability of b after a.",
)
def test_sample_chain_takes_possible_steps_only(trial: Trial, case: Sampled) -> None:
    """The chain has `num_steps` tokens, and no token or step of probability 0 is ever drawn."""
    arguments = case.arguments()
    (chain,) = trial.ask(arguments)["chains"]
    _is_a_sequence(trial, arguments, chain, "the chain")
    possible = log_probability(arguments, chain) > -math.inf
    trial.require(possible, f"the chain {chain[:12]} … takes a step of probability 0", trial.call_text(arguments))


@check("sample_chain", hint="Rows of `transition` belong to the token before, columns to the token after.")
def test_sample_chain_follows_a_certain_path(trial: Trial) -> None:
    """Where every step is certain, the chain is the one possible sequence."""
    steps = [[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    for dtype, num_steps in (("float64", 7), ("float32", 7), ("float64", 1)):
        arguments = sampling([0.0, 0.0, 1.0, 0.0], steps, num_steps, seed=1, dtype=dtype)
        path = [2, 1, 0, 3, 2, 1, 0][:num_steps]
        trial.matches(trial.ask(arguments)["chains"], [path], "chains", call=trial.call_text(arguments))
    for case in (Certain(V=300, T=310, seed=1), Certain(V=17, T=33, seed=2, dtype="float32")):
        arguments = case.arguments()
        expected = trial.reference(arguments)["chains"]
        trial.matches(trial.ask(arguments)["chains"], expected, "chains", call=trial.call_text(arguments))


# Bernoulli 0.5 against 0.45 takes 8 434 draws, a shift of 0.1 standard deviations 8 464.
ALPHA = 2.5e-10  # an event; a check looks at four at most, so that it rejects right work once in 10⁹ runs
STARTS, FIRST = 8_464, (0.125, 0.62, 0.25, 0.005)
STEPS, ROWS, VISITS = 20_000, ((0.25, 0.75), (0.5, 0.5)), (7_400, 11_400)


@check("sample_chain", hint="The first token of the chain is drawn from `initial`, not from a row of `transition`.")
def test_sample_chain_starts_as_initial_says(trial: Trial) -> None:
    """Over many generators, the first token is distributed as `initial` (false alarms: 1 in 10⁹)."""
    steps = [[0.25] * 4] * 4
    seeds = random.Random(trial.bench.seed).sample(range(2**31), STARTS)
    arguments = sampling(list(FIRST), steps, num_steps=1, seed=seeds[0])
    chains = trial.ask(arguments, {"seeds": seeds[1:]})["chains"]
    counts = Counter(chain[0] for chain in chains if chain)
    for token, p in enumerate(FIRST):
        _is_likely(trial, f"token {token} came first", counts[token], STARTS, p)


@check("sample_chain", hint="Each token is drawn from the row of the token just before it.")
def test_sample_chain_steps_as_transition_says(trial: Trial) -> None:
    """In a long chain, the tokens after each token are distributed as its row (false alarms: 1 in 10⁹)."""
    arguments = sampling([0.5, 0.5], [list(row) for row in ROWS], STEPS, seed=trial.bench.seed)
    (chain,) = trial.ask(arguments)["chains"]
    for token, (row, visits) in enumerate(zip(ROWS, VISITS, strict=True)):
        after = [b for a, b in itertools.pairwise(chain) if a == token][:visits]
        trial.require(len(after) == visits, f"token {token} came less than {visits} times in {STEPS} steps")
        _is_likely(trial, f"token {token} was followed by 1", after.count(1), visits, row[1])


TOGETHER = 1e-12  # an event, of which there are about a hundred
CHAINS, PLACES, LONG, LAGS = 200, 6, 2_000, 70


@check("sample_chain", hint="How many random numbers does a chain of six tokens take? Is each of them used once?")
def test_sample_chain_draws_each_token_by_itself(trial: Trial) -> None:
    """Where every row is 1/2, 1/2, any two tokens of a chain are equal half of the time (false alarms: 1 in 10⁹)."""
    seeds = random.Random(trial.bench.seed + 1).sample(range(2**31), CHAINS)
    arguments = sampling([0.5, 0.5], [[0.5, 0.5]] * 2, num_steps=PLACES, seed=seeds[0])
    chains = trial.ask(arguments, {"seeds": seeds[1:]})["chains"]
    for chain in chains:
        _is_a_sequence(trial, arguments, chain, "a chain")
    for i, j in itertools.combinations(range(PLACES), 2):
        equal = sum(chain[i] == chain[j] for chain in chains)
        _is_likely(trial, f"the tokens at places {i} and {j} were equal", equal, CHAINS, 0.5, TOGETHER)
    (chain,) = trial.ask({**arguments, "num_steps": LONG})["chains"]
    _is_a_sequence(trial, arguments | {"num_steps": LONG}, chain, "the chain")
    for lag in range(1, LAGS):
        for first in (0, 1) if lag < 4 else (None,):
            starts = range(LONG - lag) if first is None else range(first, LONG - lag, 2)
            equal = sum(chain[t] == chain[t + lag] for t in starts)
            _is_likely(trial, f"tokens {lag} places apart were equal", equal, len(starts), 0.5, TOGETHER)


@check("sample_chain", hint="Take all randomness from the generator argument, and make no generator of your own.")
def test_sample_chain_depends_on_its_generator_and_on_nothing_else(trial: Trial) -> None:
    """Generators of the same seed give the same chain, of another seed another one."""
    for dtype in ("float64", "float32"):
        arguments = sampling([0.25] * 4, [[0.25] * 4] * 4, num_steps=60, seed=1, dtype=dtype)
        first, again, other = trial.ask(arguments, {"seeds": [1, 2]})["chains"]
        trial.matches(again, first, "a second chain of the same seed", call=trial.call_text(arguments))
        trial.require(other != first, "generators of two seeds gave the same chain", trial.call_text(arguments))


@check(
    "sample_chain", hint="Draw from the generator as it stands; do not seed it, and do not make another from its seed."
)
def test_sample_chain_draws_a_new_chain_at_each_call(trial: Trial) -> None:
    """Two calls in a row with one generator give different chains, for the first one moves the generator on."""
    arguments = sampling([0.25] * 4, [[0.25] * 4] * 4, num_steps=60, seed=1)
    first, second = trial.ask(arguments, {"more": 1})["chains"]
    trial.require(first != second, "two calls with one generator give the same chain", trial.call_text(arguments))


test_sample_chain_takes_tensors_of_any_layout = layouts("sample_chain", cases.certain)
test_sample_chain_computes_anew_at_each_call = renewal("sample_chain", cases.certain)
test_sample_chain_leaves_arguments_and_random_state_alone = purity("sample_chain", cases.sampled)


def _is_likely(trial: Trial, event: str, count: int, size: int, p: float, alpha: float = ALPHA) -> None:
    headline = f"{event} {count} times of {size}, but should about {size * p:.0f} times"
    far = abs(count - size * p) > 4 * math.sqrt(size * p * (1 - p))  # else no exact tail is needed
    trial.require(not far or binomial_p_value(count, size, p) > alpha, headline)


# -- ngram_model -----------------------------------------------------------------------------------------

_TOKENS = (0, 1, 0, 2, 0, 1)


def _models(n: int) -> list[Ngrams]:
    return [
        Ngrams(_TOKENS, 4, n, (1.0, 2.0, 4.0)),
        Ngrams((2, 2, 2, 2, 0), 3, n),
        Ngrams((1,), 3, n),
        Ngrams((0, 1, 2), 3, n, (0.1, 10.0, 1000.0)),
        Ngrams(_TOKENS, 4, n, (0.0, 1.5, 2.5)),
        Ngrams(_TOKENS, 4, n, (0.5, 1.5, 0.0) if n < 3 else (0.5, 0.0, 2.5)),
        Ngrams(_TOKENS, 4, n, (1e-8, 1e-3, 0.25)),
        Ngrams(_TOKENS, 4, n, (1.0, 1.0, 1.0)),
        Wide(
            (*_DIGITS, 1, 12, 5, 11, 2, 6) if n < 3 else (*_SMALL_DIGITS, 1, 1, 12, 5, 1, 11, 2, 6),
            (40_000, 1100, 65)[n - 1],
            n,
        ),
        Wide((0,) * 3000 + (1, 0, 2), 3, n),
        *([Wide((39_999, 300, 39_999, 32_768), 40_000, 1)] if n == 1 else []),
    ]


@check("ngram_model", cases.ngrams(1), examples=_models(1), hint="ε₁ is shared out over the whole vocabulary.")
def test_ngram_model_smooths_unigrams_towards_uniform(trial: Trial, case: Ngrams) -> None:
    """For n=1, P(x) = (n(x) + ε₁/m) / (N + ε₁), also for tokens that never occur."""
    _same_probabilities(trial, case)


@check(
    "ngram_model",
    cases.ngrams(2),
    examples=_models(2),
    weight=2,
    hint="Which ε, which counts, and which P(x) belong to n=2?",
)
def test_ngram_model_smooths_bigrams_towards_unigrams(trial: Trial, case: Ngrams) -> None:
    """For n=2, P(x | a) = (n(a, x) + ε₂ P(x)) / (n(a) + ε₂), with the smoothed unigram P(x)."""
    _same_probabilities(trial, case)


@check(
    "ngram_model",
    cases.ngrams(3),
    examples=_models(3),
    weight=2,
    hint="For n=3 it is the unigram that is mixed in; the context is (a, b) in the order of the text.",
)
def test_ngram_model_smooths_trigrams_towards_unigrams(trial: Trial, case: Ngrams) -> None:
    """For n=3, P(x | a, b) = (n(a, b, x) + ε₃ P(x)) / (n(a, b) + ε₃), with the smoothed unigram P(x)."""
    _same_probabilities(trial, case)


@check("ngram_model", hint="Redo the numbers by hand with the contract's formulas.")
def test_ngram_model_gives_the_numbers_computed_by_hand(trial: Trial) -> None:
    """For 0 1 0 2 0 1, m=4, ε=(1, 2, 4): P(0)=13/28, P(3)=1/28, P(1|0)=37/70, P(0|0,2)=4/7, P(2|1,0)=12/35."""
    by_hand = [
        (1, 0, (), 13 / 28), (1, 3, (), 1 / 28),
        (2, 1, (0,), 37 / 70), (2, 0, (2,), 9 / 14), (2, 3, (3,), 1 / 28),
        (3, 0, (0, 2), 4 / 7), (3, 2, (1, 0), 12 / 35), (3, 1, (3, 3), 9 / 28),
    ]  # fmt: skip
    for n, token, context, expected in by_hand:
        arguments = Ngrams(_TOKENS, 4, n, (1.0, 2.0, 4.0)).arguments()
        (found,) = trial.ask(arguments, {"queries": [(token, context)]})["prob"]
        with trial.explaining(trial.call_text(arguments)):
            trial.near(found, expected, f"prob({token}, {context})")


@check(
    "ngram_model",
    cases.any_ngrams,
    count=12,
    examples=[*_models(1)[:2], *_models(2)[:2], *_models(3)[:2]],
    hint="What is added to the numerators of a row must add up to what is added to the denominator.",
)
def test_ngram_model_sums_to_one_over_the_tokens(trial: Trial, case: Ngrams) -> None:
    """After every context, seen or not, the probabilities of all tokens are in [0, 1] and sum to one."""
    rows: dict[tuple[int, ...], list[float]] = {}
    for (token, context), found in _probabilities(trial, case).items():
        within = 0 <= found <= 1 + 1e-5  # rounding
        trial.require(within, f"prob({token}, {context}) is {found}", trial.call_text(case.arguments()))
        rows.setdefault(context, []).append(found)
    for context, row in rows.items():
        with trial.explaining(trial.call_text(case.arguments())):
            trial.near(sum(row), 1.0, f"the sum of prob(x, {context}) over x")


@check("ngram_model", cases.any_ngrams, count=12, hint="Without smoothing, only counts are left.")
def test_ngram_model_without_smoothing_gives_relative_frequencies(trial: Trial, case: Ngrams) -> None:
    """With ε = (0, 0, 0), a context that was seen gives the relative frequencies of the tokens after it."""
    bare = Ngrams(case.tokens, case.V, case.n, (0.0, 0.0, 0.0))
    places = range(len(case.tokens) - case.n + 1)
    grams = Counter(case.tokens[i : i + case.n] for i in places)
    contexts = Counter(case.tokens[i : i + case.n - 1] for i in places)
    queries = [query for query in bare.queries() if contexts[query[1]]]
    expected = [grams[(*context, token)] / contexts[context] for token, context in queries]
    _answers(trial, bare, queries, expected)


@check("ngram_model", cases.any_ngrams, count=12, hint="As ε grows, what is left of the counts?")
def test_ngram_model_with_strong_smoothing_forgets_the_context(trial: Trial, case: Ngrams) -> None:
    """A huge ε₁ makes unigrams uniform; a huge ε₂ or ε₃ makes bigrams or trigrams the smoothed unigram."""
    huge = 1e12
    mine = [huge if i == case.n - 1 else epsilon for i, epsilon in enumerate(case.epsilons)]
    strong = Ngrams(case.tokens, case.V, case.n, (mine[0], mine[1], mine[2]))
    unigram = _smoothed_unigram(case)
    expected = [1 / case.V if case.n == 1 else unigram[token] for token, _ in strong.queries()]
    _answers(trial, strong, strong.queries(), expected)


@check(
    "ngram_model",
    cases.ngrams(2) | cases.ngrams(3),
    examples=[_models(2)[0], _models(3)[0], _models(3)[2]],
    hint="What do the contract's formulas become where all counts are 0?",
)
def test_ngram_model_falls_back_to_the_unigram_after_an_unseen_context(trial: Trial, case: Ngrams) -> None:
    """After a context that never occurs, the probability of a token is that of the smoothed unigram."""
    places = range(len(case.tokens) - case.n + 1)
    seen = {case.tokens[i : i + case.n - 1] for i in places}
    unigram = _smoothed_unigram(case)
    queries = [query for query in case.queries() if query[1] not in seen]
    _answers(trial, case, queries, [unigram[token] for token, _ in queries])


@check(
    "ngram_model",
    cases.any_ngrams,
    count=4,
    examples=[one[0] for one in (_models(1), _models(2), _models(3))],
    hint="What belongs to one model, and what to all of them? Look for attributes of the class or of the module.",
)
def test_ngram_model_stays_as_it_is_when_another_one_is_made(trial: Trial, case: Ngrams) -> None:
    """A model's answers are its own: one that is made after it of another corpus and other epsilons changes nothing."""
    other = Ngrams((2, 1, 1, 0, 2, 2, 1), case.V + 1, case.n, (3.0, 0.125, 0.75)).arguments()
    expected = trial.reference(case.arguments(), case.drive())["prob"]
    answers = trial.ask(case.arguments(), {**case.drive(), "beside": other})["prob"]
    with trial.explaining(f"{trial.call_text(case.arguments())}, and then {trial.call_text(other)}"):
        for (token, context), one, wanted in zip(case.queries(), answers, expected, strict=True):
            trial.near(one, wanted, f"prob({token}, {context})")


test_ngram_model_computes_anew_at_each_call = renewal("ngram_model", cases.remodelled)
test_ngram_model_leaves_arguments_and_random_state_alone = purity("ngram_model", cases.any_ngrams)


def _probabilities(trial: Trial, case: Ngrams) -> dict[tuple[int, tuple[int, ...]], float]:
    answers = trial.ask(case.arguments(), case.drive())["prob"]
    return dict(zip(case.queries(), answers, strict=True))


def _same_probabilities(trial: Trial, case: Ngrams) -> None:
    expected = trial.reference(case.arguments(), case.drive())["prob"]
    _answers(trial, case, case.queries(), expected)


def _answers(trial: Trial, case: Ngrams, queries: list[Any], expected: list[float]) -> None:
    answers = trial.ask(case.arguments(), {"queries": queries})["prob"]
    with trial.explaining(trial.call_text(case.arguments())):
        for (token, context), one, other in zip(queries, answers, expected, strict=True):
            trial.near(one, other, f"prob({token}, {context})")


def _smoothed_unigram(case: Ngrams) -> list[float]:
    counts, epsilon = Counter(case.tokens), case.epsilons[0]
    return [(counts[x] + epsilon / case.V) / (len(case.tokens) + epsilon) for x in range(case.V)]


# -- sequence_log_prob -----------------------------------------------------------------------------------

test_sequence_log_prob_sums_the_log_probabilities = agreement(
    "sequence_log_prob",
    cases.scored,
    "The result is the sum of log P(token | the n-1 tokens before it) over the positions n-1 to the last.",
    "sums_the_log_probabilities",
    examples=[
        *(Scored(V=3, T=8, n=n, seed=n) for n in (1, 2, 3, 4)),
        *(Scored(V=3, T=3, n=3, seed=5), Scored(V=2, T=20, n=7, seed=6), Scored(V=1, T=5, n=2, seed=7)),
        *(Scored(V=300, T=9, n=1, seed=8), Scored(V=17, T=300, n=2, seed=9)),
    ],
    weight=2,
    hint="Write out by hand which positions have n-1 tokens before them, and which tokens these are.",
)


@check("sequence_log_prob", hint="By hand: log 0.5 + log 0.2 = log 0.1.")
def test_sequence_log_prob_of_two_steps_is_known(trial: Trial) -> None:
    """In a bigram model with P(1|0)=0.5 and P(0|1)=0.2, the tokens 0 1 0 have log probability log 0.1."""
    arguments = {"model": {(0,): [0.5, 0.5], (1,): [0.2, 0.8]}, "tokens": [0, 1, 0], "n": 2}
    with trial.explaining(trial.call_text(arguments)):
        trial.near(trial.ask(arguments), math.log(0.1), "the result")


@check("sequence_log_prob", cases.scored, hint="A window of n tokens at each place, none left out at a joint.")
def test_sequence_log_prob_adds_up_over_parts(trial: Trial, case: Scored) -> None:
    """The parts before and after a cut add up to the whole, if the second begins with the n-1 tokens before it."""
    arguments, tokens = case.arguments(), case.tokens()
    cut = (case.T + case.n) // 2
    parts = [{**arguments, "tokens": part} for part in (tokens[:cut], tokens[cut - case.n + 1 :])]
    call, whole = trial.call_text(arguments), trial.ask(arguments)
    trial.require(-math.inf < whole < 0, f"the result is {whole}, but should be finite and negative", call)
    with trial.explaining(call):
        trial.near(sum(trial.ask(part) for part in parts), whole, "the sum over both parts")


@check(
    "sequence_log_prob",
    examples=[
        Scored(V=3, T=6, n=2, seed=1, zero_at=3),
        Scored(V=3, T=6, n=1, seed=2, zero_at=0),
        Scored(V=3, T=6, n=3, seed=3, zero_at=5),
        Scored(V=3, T=3, n=3, seed=4, zero_at=2),
    ],
    hint="What does your logarithm do at 0: raise, warn, or give -inf?",
)
def test_sequence_log_prob_of_an_impossible_sequence_is_minus_infinity(trial: Trial, case: Scored) -> None:
    """One zero probability makes the result -inf, without a RuntimeWarning."""
    arguments = case.arguments()
    trial.matches(trial.ask(arguments), -math.inf, call=trial.call_text(arguments))
    warned = [text for text in trial.observe(arguments).warned if text.startswith("RuntimeWarning")]
    trial.require(not warned, f"warned {warned[:1]}, but should not", trial.call_text(arguments))
    twice = {"model": {(): [0.0, 1.0]}, "tokens": [0, 1, 0], "n": 1}
    trial.matches(trial.ask(twice), -math.inf, call=trial.call_text(twice))


@check(
    "sequence_log_prob",
    examples=[Scored(V=3, T=T, n=n, seed=1) for T, n in ((0, 1), (0, 2), (1, 2), (1, 3), (2, 3), (3, 4))],
    hint="How many n-grams has a sequence of fewer than n tokens?",
)
def test_sequence_log_prob_of_fewer_than_n_tokens_is_zero(trial: Trial, case: Scored) -> None:
    """Fewer than n tokens hold no n-gram: the result is 0.0; n tokens hold one, and it is not."""
    trial.matches(trial.ask(case.arguments()), 0.0, call=trial.call_text(case.arguments()))
    enough = Scored(case.V, case.n, case.n, case.seed).arguments()
    trial.require(trial.ask(enough) < 0, "the result for n tokens is not negative", trial.call_text(enough))


@check(
    "sequence_log_prob",
    examples=[Scored(V=4, T=2000, n=2, seed=1), Scored(V=4, T=2000, n=1, seed=2)],
    hint="A product of 2000 probabilities is 0 in floating point; the sum of their logarithms is not.",
)
def test_sequence_log_prob_of_a_long_sequence_is_finite(trial: Trial, case: Scored) -> None:
    """2000 tokens, whose probability is too small for a float, have a finite log probability."""
    arguments = case.arguments()
    with trial.explaining(trial.call_text(arguments)):  # a running sum in float32 is off by 1e-5 here
        trial.near(trial.ask(arguments), trial.reference(arguments), "the result")


test_sequence_log_prob_computes_anew_at_each_call = renewal("sequence_log_prob", cases.scored)
test_sequence_log_prob_leaves_arguments_and_random_state_alone = purity("sequence_log_prob", cases.scored)

# -- perplexity ------------------------------------------------------------------------------------------

test_perplexity_is_the_exponential_of_minus_the_mean = agreement(
    "perplexity",
    cases.log_probs,
    "The result is exp(-mean) of the log probabilities of all tokens.",
    "is_the_exponential_of_minus_the_mean",
    examples=[
        *(LogProbs(1, 5, 600.0), LogProbs(T=1, seed=1), LogProbs(T=2, seed=2), LogProbs(T=7, seed=3)),
        *(LogProbs(T=300, seed=4), LogProbs(T=1025, seed=5, scale=600.0), LogProbs(T=9, seed=6, scale=1e-8)),
    ],
    weight=2,
    hint="First the mean over all tokens, then one exponential; natural logarithms throughout.",
)


@check("perplexity", hint="The mean of exp(1) and exp(3) is 11.40; that is not the perplexity.")
def test_perplexity_of_losses_one_and_three_is_e_squared(trial: Trial) -> None:
    """Log probabilities -1 and -3 have perplexity exp(2) = 7.389, as floats or ints, and so have -4 and 0."""
    for values in ([-1.0, -3.0], [-1, -3], [-4.0, 0.0], [-4, 0], [-1, -3.0], [-2]):
        with trial.explaining(trial.call_text({"log_probs": values})):
            trial.near(trial.ask({"log_probs": values}), math.exp(2), "the result")


@check(
    "perplexity", hint="Every token counts, also one whose log probability has occurred before; no division of ints."
)
def test_perplexity_counts_equal_log_probabilities_each_time(trial: Trial) -> None:
    """Log probabilities -1, -1 and -2 have the mean -4/3, as floats or ints, and so on for others that repeat."""
    for values in ([-1.0, -1.0, -2.0], [-1, -1, -2], [-1, -2], [0, 0, 0, -1], [0.0, -0.0, -3.0], [-2] * 299 + [-5]):
        with trial.explaining(trial.call_text({"log_probs": values})):
            trial.near(trial.ask({"log_probs": values}), math.exp(-sum(values) / len(values)), "the result")


@check("perplexity", hint="In which dtype do you keep the sum? Python's floats are float64.")
def test_perplexity_is_as_accurate_as_a_float(trial: Trial) -> None:
    """Large log probabilities, which float32 would round, give the perplexity that float64 gives."""
    for values in ([-400.000123, -300.000456], [-600.0001] * 3, [-1e6, *[0.0] * 9999]):
        with trial.explaining(trial.call_text({"log_probs": values})):
            expected = math.exp(-math.fsum(values) / len(values))
            trial.near(trial.ask({"log_probs": values}), expected, "the result")


@check("perplexity", hint="Perplexity is the number of equally likely choices.")
def test_perplexity_of_a_uniform_model_is_its_vocabulary_size(trial: Trial) -> None:
    """A model that gives each of V tokens 1/V has perplexity V, a certain one 1, however long the text."""
    for size, length in ((28, 5), (2, 1), (10, 40), (1, 3)):
        arguments = {"log_probs": [-math.log(size)] * length}
        with trial.explaining(trial.call_text(arguments)):
            trial.near(trial.ask(arguments), float(size), "the result")


@check("perplexity", cases.log_probs, hint="A long part counts for more than a short one.")
def test_perplexity_weighs_every_token_alike(trial: Trial, case: LogProbs) -> None:
    """The log perplexity of two parts together is the mean of theirs, weighted by their numbers of tokens."""
    first, second = case.values(), LogProbs(T=2 * case.T + 1, seed=case.seed + 1).values()
    parts, whole = (
        [trial.ask({"log_probs": part}) for part in (first, second)],
        trial.ask({"log_probs": first + second}),
    )
    for found in (*parts, whole):
        trial.require(1 <= found < 1e9, f"a perplexity is {found:.6g}, but should be finite and at least 1")
    mean = (len(first) * math.log(parts[0]) + len(second) * math.log(parts[1])) / len(first + second)
    trial.near(whole, math.exp(mean), "the perplexity of both parts together", tolerance=1e-4)


@check(
    "perplexity",
    examples=[LogProbs(T=5, seed=1, zero_at=place) for place in (0, 2, 4)] + [LogProbs(T=1, seed=1, zero_at=0)],
    hint="Clipping a probability hides that the model thought the text impossible.",
)
def test_perplexity_of_an_impossible_token_is_infinite(trial: Trial, case: LogProbs) -> None:
    """A log probability of -inf anywhere gives inf; without it, the perplexity is finite."""
    trial.matches(trial.ask(case.arguments()), math.inf, call=trial.call_text(case.arguments()))
    never: dict[str, Any] = {"log_probs": [-math.inf] * (case.T + 1)}
    trial.matches(trial.ask(never), math.inf, call=trial.call_text(never))
    finite = trial.ask(LogProbs(case.T, case.seed).arguments())
    trial.require(math.isfinite(finite), f"without -inf the result is {finite}, but should be finite")


@check("perplexity", weight=0.5, hint="exp(200) is beyond float32, and well within a Python float.")
def test_perplexity_stays_finite_where_a_float_can_hold_it(trial: Trial) -> None:
    """Means of -200 and -600 give exp(200) and exp(600), which a Python float holds."""
    for values, expected in (([-150.0, -250.0], 200.0), ([-600.0] * 3, 600.0)):
        with trial.explaining(trial.call_text({"log_probs": values})):
            trial.near(trial.ask({"log_probs": values}), math.exp(expected), "the result")


@check("perplexity")
def test_perplexity_refuses_an_empty_sequence(trial: Trial) -> None:
    """An empty sequence raises ValueError."""
    trial.raises(ValueError, {"log_probs": []})


test_perplexity_computes_anew_at_each_call = renewal("perplexity", cases.log_probs)
test_perplexity_leaves_arguments_and_random_state_alone = purity("perplexity", cases.log_probs)
