"""The claims of seqgrade's checks of vocab and rnn_scratch, under the same names, by hand: for any other grader.

A function takes what it judges by its name, as pytest's fixtures and otter's test cases do. Numbers are compared by
`torch.allclose`: the first use of `torch.testing.assert_close` would cost each process 0.6 s more.
"""

import copy
import random
from collections import Counter

import torch

WORDS = "the time machine by h g wells the time the by the".split()
LINES = [WORDS[:5], [], WORDS[5:]]
CASES = [(WORDS, 0, []), (WORDS, 2, ["<pad>"]), (LINES, 4, ["<bos>", "<eos>"]), (LINES, 3, ["the", "!"]), ([], 0, [])]


def listed(min_freq, reserved, tokens):
    frequent = {token for token, count in counted(tokens).items() if count >= min_freq}
    return sorted({"<unk>", *reserved, *frequent})


def counted(tokens):
    return Counter(token for line in tokens for token in (line if isinstance(line, list) else [line]))


def drawn(seed, dtype=torch.float64, T=5, n=2, d=3, h=4):
    draws = torch.Generator().manual_seed(seed)
    shapes = {"inputs": (T, n, d), "state": (n, h), "W_xh": (d, h), "W_hh": (h, h), "b_h": (h,)}
    made = {name: torch.randn(shape, generator=draws, dtype=dtype) / 2 for name, shape in shapes.items()}
    return made.pop("inputs"), made.pop("state"), made


def both(seed, **options):
    inputs, state, params = drawn(seed, **options)
    return (inputs, state, params), (inputs, None, params)


def by_hand(inputs, state, params):
    state = torch.zeros_like(inputs[0] @ params["W_xh"]) if state is None else state
    outputs = []
    for X in inputs:
        state = torch.tanh(X @ params["W_xh"] + state @ params["W_hh"] + params["b_h"])
        outputs.append(state)
    return torch.stack(outputs), state


def same(actual, expected, tolerance=1e-9):
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    assert torch.allclose(actual, expected, rtol=tolerance, atol=tolerance)


def test_vocab_lists_sorted_frequent_and_reserved_tokens(vocab):
    for tokens, min_freq, reserved in CASES:
        assert vocab(tokens, min_freq, reserved).idx_to_token == listed(min_freq, reserved, tokens)


def test_vocab_looks_up_tokens_lists_and_nested_lists(vocab):
    for tokens, min_freq, reserved in CASES:
        made, names = vocab(tokens, min_freq, reserved), listed(min_freq, reserved, tokens)
        the, by, unk = (names.index(token if token in names else "<unk>") for token in ("the", "by", "<unk>"))
        assert made["the"] == the
        assert made[["the", "by", "never seen"]] == [the, by, unk]
        assert made[("by",)] == [by]
        assert made[[["the"], ["by", "the"]]] == [[the], [by, the]]
        assert made[[]] == []


def test_vocab_turns_indices_and_sequences_back_into_tokens(vocab):
    for tokens, min_freq, reserved in CASES[:4]:
        made, names = vocab(tokens, min_freq, reserved), listed(min_freq, reserved, tokens)
        assert made.to_tokens(1) == names[1]
        assert made.to_tokens([1, 0]) == names[1::-1]
        assert made.to_tokens((0,)) == names[:1]
        assert made.to_tokens([]) == []
        assert made.to_tokens(list(range(len(names)))) == names


def test_vocab_gives_unknown_tokens_the_index_of_unk(vocab):
    for tokens, min_freq, reserved in CASES:
        made, unk = vocab(tokens, min_freq, reserved), listed(min_freq, reserved, tokens).index("<unk>")
        assert made.unk == unk
        assert made["never seen"] == unk
        assert made[["never seen", "<unk>"]] == [unk, unk]


def test_vocab_leaves_arguments_and_random_state_alone(vocab):
    for case in CASES:
        given, drawn_from, torch_state = copy.deepcopy(case), random.getstate(), torch.get_rng_state()
        vocab(*given)
        assert given == case
        assert random.getstate() == drawn_from
        assert torch.equal(torch.get_rng_state(), torch_state)


def test_rnn_scratch_follows_the_equation_in_float32(rnn_scratch):
    for case in (*both(0, dtype=torch.float32), *both(1, dtype=torch.float32, T=1)):
        for actual, expected in zip(rnn_scratch(*case), by_hand(*case), strict=True):
            same(actual, expected, 1e-5)


def test_rnn_scratch_follows_the_equation_in_float64(rnn_scratch):
    for case in (*both(0), *both(1, T=1)):
        for actual, expected in zip(rnn_scratch(*case), by_hand(*case), strict=True):
            same(actual, expected)


def test_rnn_scratch_final_state_is_the_last_output(rnn_scratch):
    for case in both(3):
        outputs, state = rnn_scratch(*case)
        same(state, outputs[-1])


def test_rnn_scratch_in_two_chunks_equals_one_run(rnn_scratch):
    for inputs, state, params in both(4):
        whole, end = rnn_scratch(inputs, state, params)
        first, middle = rnn_scratch(inputs[:2], state, params)
        second, last = rnn_scratch(inputs[2:], middle, params)
        same(torch.cat([first, second]), whole)
        same(last, end)


def test_rnn_scratch_takes_no_state_for_zeros(rnn_scratch):
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.float64, 1e-9)):
        inputs, state, params = drawn(5, dtype)
        expected = rnn_scratch(inputs, torch.zeros_like(state), params)
        for one, other in zip(rnn_scratch(inputs, None, params), expected, strict=True):
            same(one, other, tolerance)
