"""Mutants of the unit batching."""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise, permutations
from typing import Any

from harness.judge.frequencies import same_frequencies
from harness.judge.mutant import mutant

Label = tuple[tuple[tuple[int, int], int], ...]

FEW = 100
"""Epochs beyond which frequencies of orders tell something."""

# -- edits that several mutants share ---------------------------------------------------------------------

SOURCE = 'source_index.get(word, source_index["<unk>"]) for word in source[:max_len]'
TARGET = 'target_index.get(word, target_index["<unk>"]) for word in target[: max_len - 2]'
FRAMED = '[target_index["<sos>"], *target_ids, target_index["<eos>"]]'
SHORTEST = "[min(side) for side in zip(*lengths, strict=True)]  # of all sources, of all targets\n"
BUCKET = "(source - shortest[0]) // width, (target - shortest[1]) // width"
KEPT = "        buckets.setdefault(bucket, []).append(i)\n"
BATCHES = "[held[b : b + batch_size] for held in buckets.values() for b in range(0, len(held), batch_size)]"
ORDER = "torch.randperm(len(batches), generator=generator).tolist()"
IN_ORDER = "[batches[b] for b in order]"
ROWS = "sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)"
SIDES = "[source for source, _ in rows], [target for _, target in rows]"
TENSORS = "return _padded(sources, pad), _padded(targets, pad)"
LONGEST = "    longest = max(map(len, rows))\n"
TENSOR = "torch.tensor([row + [pad] * (longest - len(row)) for row in rows])"
PACK = "    packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)\n"
RUN = "    steps, last = rnn(packed)"
UNPACK = "    outputs, _ = pad_packed_sequence(steps, batch_first=True, total_length=inputs.shape[1])\n"
PACKED = "return outputs, last[0]"
LAST = "outputs[lengths - 1, rows]"
ONE = 'return last @ params["W"] + params["b"]'
MANY = 'return outputs @ params["W"] + params["b"]'
BEGIN = "tokens, ended, predictions = first, torch.zeros_like(first, dtype=torch.bool), []"
STEP = "logits, state = step(tokens, state)"
PREDICTED = "torch.where(ended, eos, logits.argmax(dim=-1))"
ENDED = "        ended = ended | (tokens == eos)\n"
KEEP = "        predictions.append(tokens)\n"
DECODED = "return torch.stack(predictions, dim=1)"

# -- hints that several mutants share ---------------------------------------------------------------------

BY_HAND = "Write the indices of a pair of three words each down by hand, for max_len = 4, and compare them with yours."
UNKNOWN = "Which index does each map give to <unk>, and which of your words takes which of them?"
FRAME = "Encode a long target with max_len = 5: how many indices come out, and what are the first and the last?"
COUNTED = "List the buckets of ten pairs by hand, then their batches. Does each index come, and comes it once?"
BORDERS = (
    "Take source lengths 5, 6, 7, 8 with a width of 3: which of them share a bucket, by the contract and by yours?"
)
FEW_TIMES = (
    "Make a few thousand epochs of three batches with different seeds, and count how often each order of them comes."
)
SHAPES = "Print the shapes and dtypes, and compare them with the contract."
SORTED = "Collate three pairs whose sources have lengths 1, 3, 2: which row should come first, and which target is beside it?"
FILLED = "Collate a pair of lengths 1 and 2 with one of lengths 3 and 4, and look at where pad stands."
ALONE = "Run one sequence alone, without its padding, and the same one in a batch of unsorted lengths. Where do they differ?"
BEYOND = "Print outputs[i] of a short sequence: up to which step is it the layer's, and what stands beyond?"
POISON = "Put nan into the padding. Where do the first nan come out, and by which operation?"
LAST_ROW = "Number the steps: let outputs[t] be t everywhere. Which numbers should come out for lengths 1, 3, 2, before W and b?"
LOGITS = "Work one row out by hand, from W and b alone."
ROWS_END = (
    "Let step always predict the next index, and write down by hand what three rows that begin 2, 4, 0 should give."
)
KEPT_ON = "What is kept between two calls, and by what is it found again? Call it twice, with other contents in the same objects."
LAID = "Give it a transpose of a tensor, as `.transpose(0, 1)` makes it. Which of your operations demand contiguous memory?"
DIGITS = "Which is the largest number that each type on the way can hold exactly, and which numbers may come?"
TOO_LONG = (
    "Give it a sequence of 300. Which type holds a length, or a place in the sequence, and how far does it count?"
)
CELLS = "Write the bucket of (row 0, column 10) and that of (row 1, column 0) down as you name them. Are the names different?"
LAYER = "Which layers are torch.nn.RNNs or GRUs? Print the arguments of their constructors, and the parameters that each has."
SAME_SIZES = "Let all sizes be the same, and compare with what comes out where they all differ."
NOTHING = "Let a valid step hold zeros only. Which steps are padding is told by lengths, not by contents."
NAMED = "Is a dict's order part of what it says? Give it the parameters in another one."
CLOSE = "Give it logits such as 10000, 10000.01 and 9999.99. What becomes of them on the way to your argmax?"
FEEDING = "Print what step is handed at each call: the tokens and the state. Which call made them?"

MUTANTS = [
    # -- encode_pair --------------------------------------------------------------------------------------
    mutant(
        "encode_pair",
        "eos-cut-off",
        "The target is cut to max_len after <sos> and <eos> were added, so a long one loses its <eos>.",
        "test_encode_pair_frames_the_target_within_max_len",
        (FRAMED, '[target_index["<sos>"], *target_ids, target_index["<eos>"]][:max_len]'),
        (TARGET, 'target_index.get(word, target_index["<unk>"]) for word in target'),
        hint=FRAME,
    ),
    mutant(
        "encode_pair",
        "room-for-one",
        "The target keeps max_len - 1 words, so that with <sos> and <eos> it is one too long.",
        "test_encode_pair_frames_the_target_within_max_len",
        (TARGET, TARGET.replace("max_len - 2", "max_len - 1")),
        hint=FRAME,
    ),
    mutant(
        "encode_pair",
        "room-for-none",
        "The target keeps max_len words, so that with <sos> and <eos> it is two too long.",
        "test_encode_pair_frames_the_target_within_max_len",
        (TARGET, TARGET.replace("max_len - 2", "max_len")),
        hint=FRAME,
    ),
    mutant(
        "encode_pair",
        "target-not-cut",
        "The target is never cut.",
        "test_encode_pair_frames_the_target_within_max_len",
        (TARGET, TARGET.replace("[: max_len - 2]", "")),
        hint=FRAME,
    ),
    mutant(
        "encode_pair",
        "source-not-cut",
        "The source is never cut.",
        "test_encode_pair_cuts_the_source_after_max_len_words",
        (SOURCE, SOURCE.replace("[:max_len]", "")),
        hint="Encode a source of ten words with max_len = 4. How many indices come out?",
    ),
    mutant(
        "encode_pair",
        "source-cut-like-the-target",
        "The source is cut to max_len - 2 words, though nothing is added to it.",
        "test_encode_pair_cuts_the_source_after_max_len_words",
        (SOURCE, SOURCE.replace("[:max_len]", "[: max_len - 2]")),
        hint="Encode a source of ten words with max_len = 4. How many indices come out?",
    ),
    mutant(
        "encode_pair",
        "source-ends-with-eos",
        "The source ends with <eos>, as in D2L's machine-translation data; this course's contract adds nothing to it.",
        "test_encode_pair_cuts_the_source_after_max_len_words",
        ("return source_ids, ", 'return [*source_ids[: max_len - 1], source_index["<eos>"]], '),
        hint=BY_HAND,
        convention="D2L's machine-translation data",
    ),
    mutant(
        "encode_pair",
        "source-framed-too",
        "The source gets <sos> and <eos> as well as the target, as in Hugging Face's BART; this course's contract frames the target alone.",
        "test_encode_pair_cuts_the_source_after_max_len_words",
        ("return source_ids, ", 'return [source_index["<sos>"], *source_ids[: max_len - 2], source_index["<eos>"]], '),
        hint=BY_HAND,
        convention="Hugging Face's BART",
    ),
    mutant(
        "encode_pair",
        "no-sos",
        "The target has no <sos>, as in PyTorch's translation tutorial, where the decoder adds it; this course's contract puts it first.",
        "test_encode_pair_frames_the_target_within_max_len",
        (FRAMED, '[*target_ids, target_index["<eos>"]]'),
        hint=FRAME,
        convention="PyTorch's translation tutorial",
    ),
    mutant(
        "encode_pair",
        "no-eos",
        "The target has no <eos>.",
        "test_encode_pair_frames_the_target_within_max_len",
        (FRAMED, '[target_index["<sos>"], *target_ids]'),
        hint=FRAME,
    ),
    mutant(
        "encode_pair",
        "sos-and-eos-exchanged",
        "The target begins with <eos> and ends with <sos>.",
        "test_encode_pair_frames_the_target_within_max_len",
        (FRAMED, '[target_index["<eos>"], *target_ids, target_index["<sos>"]]'),
        hint=FRAME,
    ),
    mutant(
        "encode_pair",
        "frame-of-the-source-map",
        "The indices of <sos> and <eos> in the target are those of the source's map.",
        "test_encode_pair_frames_the_target_within_max_len",
        (FRAMED, '[source_index["<sos>"], *target_ids, source_index["<eos>"]]'),
        hint="Give the two maps different indices for <sos> and <eos>. Which do you see in the target?",
    ),
    mutant(
        "encode_pair",
        "unknown-of-the-source-map",
        "An unknown word of the target takes the index of <unk> in the source's map.",
        "test_encode_pair_has_known_values",
        (TARGET, 'target_index.get(word, source_index["<unk>"]) for word in target[: max_len - 2]'),
        hint=UNKNOWN,
    ),
    mutant(
        "encode_pair",
        "one-map-for-both",
        "Both sentences are looked up in the source's map.",
        "test_encode_pair_encodes_each_side_by_itself",
        (TARGET, SOURCE.replace("source[:max_len]", "target[: max_len - 2]")),
        hint=UNKNOWN,
    ),
    mutant(
        "encode_pair",
        "unknown-words-dropped",
        "A word that its map lacks is left out.",
        "test_encode_pair_has_known_values",
        (SOURCE, "source_index[word] for word in source[:max_len] if word in source_index"),
        (TARGET, "target_index[word] for word in target[: max_len - 2] if word in target_index"),
        hint=UNKNOWN,
    ),
    mutant(
        "encode_pair",
        "unknown-is-index-zero",
        "A word that its map lacks takes the index 0, whatever has that index.",
        "test_encode_pair_has_known_values",
        (SOURCE, "source_index.get(word, 0) for word in source[:max_len]"),
        (TARGET, "target_index.get(word, 0) for word in target[: max_len - 2]"),
        hint=UNKNOWN,
    ),
    mutant(
        "encode_pair",
        "zero-taken-for-missing",
        "A word whose index is 0 is taken for an unknown one.",
        "test_encode_pair_takes_index_zero_for_a_word",
        (SOURCE, 'source_index.get(word) or source_index["<unk>"] for word in source[:max_len]'),
        (TARGET, 'target_index.get(word) or target_index["<unk>"] for word in target[: max_len - 2]'),
        hint="Give an ordinary word the index 0, and encode it. Is 0 true or false in Python?",
    ),
    mutant(
        "encode_pair",
        "unknown-raises",
        "A word that its map lacks raises KeyError.",
        "test_encode_pair_has_known_values",
        (SOURCE, "source_index[word] for word in source[:max_len]"),
        (TARGET, "target_index[word] for word in target[: max_len - 2]"),
        hint=UNKNOWN,
    ),
    mutant(
        "encode_pair",
        "unknown-words-learned",
        "A word that its map lacks is added to the map.",
        "test_encode_pair_leaves_arguments_and_random_state_alone",
        (SOURCE, "source_index.setdefault(word, len(source_index)) for word in source[:max_len]"),
        (TARGET, "target_index.setdefault(word, len(target_index)) for word in target[: max_len - 2]"),
        hint="Compare the maps before and after a call. Does any of them grow?",
    ),
    mutant(
        "encode_pair",
        "last-words-kept",
        "A long sentence keeps its last words, as Keras' pad_sequences does by default; this course's contract keeps the first.",
        "test_encode_pair_cuts_the_source_after_max_len_words",
        (SOURCE, SOURCE.replace("[:max_len]", "[-max_len:]")),
        (TARGET, TARGET.replace("[: max_len - 2]", "[max(0, len(target) - max_len + 2) :]")),
        hint="Encode a source of ten words with max_len = 4. Which of the words are left?",
        convention="Keras' pad_sequences",
    ),
    mutant(
        "encode_pair",
        "source-reversed",
        "The source is read backwards, as by Sutskever, Vinyals and Le; this course's contract keeps its order.",
        "test_encode_pair_cuts_the_source_after_max_len_words",
        ("return source_ids, ", "return source_ids[::-1], "),
        hint=BY_HAND,
        convention="Sutskever, Vinyals and Le",
    ),
    mutant(
        "encode_pair",
        "padded",
        "Both are padded to max_len with <pad>, as in D2L's machine-translation data; this course's contract leaves that to the batch.",
        "test_encode_pair_cuts_the_source_after_max_len_words",
        (
            "return source_ids, " + FRAMED,
            "target_ids = " + FRAMED + "\n"
            '    source_ids += [source_index["<pad>"]] * (max_len - len(source_ids))\n'
            '    return source_ids, target_ids + [target_index["<pad>"]] * (max_len - len(target_ids))',
        ),
        hint="Encode a sentence of two words with max_len = 9. How many indices come out?",
        convention="D2L's machine-translation data",
    ),
    mutant(
        "encode_pair",
        "lower-case",
        "Words are put into lower case before they are looked up.",
        "test_encode_pair_cuts_the_source_after_max_len_words",
        (SOURCE, SOURCE.replace("get(word,", "get(word.lower(),")),
        (TARGET, TARGET.replace("get(word,", "get(word.lower(),")),
        hint="May a map hold two words that differ in case only? Look each word up as it is.",
    ),
    mutant(
        "encode_pair",
        "frames-in-place",
        "<sos> and <eos> are put into the list `target` itself, and what is too long is cut from it.",
        "test_encode_pair_leaves_arguments_and_random_state_alone",
        (
            "return source_ids, ",
            'target[:] = ["<sos>", *target[: max_len - 2], "<eos>"]\n    return source_ids, ',
        ),
        hint="Print `source` and `target` before and after a call.",
    ),
    mutant(
        "encode_pair",
        "a-list-of-both",
        "The result is a list of the two lists, not a tuple.",
        "test_encode_pair_gives_the_indices_of_both_sentences",
        ("return source_ids, " + FRAMED, "return [source_ids, " + FRAMED + "]"),
        hint="Which type does the contract promise, and what does type(…) say of your result?",
    ),
    mutant(
        "encode_pair",
        "place-in-the-map",
        "A word's index is its place in the order of the map, not the number that the map gives.",
        "test_encode_pair_gives_the_indices_of_both_sentences",
        (
            "    source_ids = [",
            "    maps = source_index, target_index\n    source_index, target_index = ({w: i for i, w in enumerate(one)} for one in maps)\n    source_ids = [",
        ),
        hint="Give it a map that was not filled in the order of its indices.",
    ),
    mutant(
        "encode_pair",
        "indices-below-the-size",
        "An index that is not below the number of a map's entries counts as unknown, so maps with gaps lose words.",
        "test_encode_pair_cuts_the_source_after_max_len_words",
        (
            SOURCE,
            'source_index[word] if source_index.get(word, len(source_index)) < len(source_index) else source_index["<unk>"] for word in source[:max_len]',
        ),
        (
            TARGET,
            'target_index[word] if target_index.get(word, len(target_index)) < len(target_index) else target_index["<unk>"] for word in target[: max_len - 2]',
        ),
        hint="Give it a map whose indices have gaps, such as 0, 3, 6.",
    ),
    mutant(
        "encode_pair",
        "through-float32",
        "Indices go through float32, which rounds large ones.",
        "test_encode_pair_gives_the_indices_of_both_sentences",
        (
            "    return source_ids, ",
            "    import numpy as np\n    source_ids, target_ids = ([int(one) for one in np.float32(ids)] for ids in (source_ids, target_ids))\n    return source_ids, ",
        ),
        hint=DIGITS,
    ),
    mutant(
        "encode_pair",
        "punctuation-stripped",
        "Words lose a full stop or comma at their end before they are looked up.",
        "test_encode_pair_cuts_the_source_after_max_len_words",
        (SOURCE, SOURCE.replace("get(word,", "get(word.rstrip('.,'),")),
        (TARGET, TARGET.replace("get(word,", "get(word.rstrip('.,'),")),
        hint="May a map hold two words that differ in a full stop only? Look each word up as it is.",
    ),
    mutant(
        "encode_pair",
        "at-most-256-words",
        "A source is cut to 256 words, however large max_len is.",
        "test_encode_pair_gives_the_indices_of_both_sentences",
        (SOURCE, SOURCE.replace("[:max_len]", "[:max_len][:256]")),
        hint="Encode a sentence of 300 words with max_len = 400. How many indices come out?",
    ),
    mutant(
        "encode_pair",
        "remembered-by-the-words",
        "Results are kept and found again by the words alone, so that other maps give the indices of earlier ones.",
        "test_encode_pair_looks_words_up_in_the_maps_given",
        (
            "    source_ids = [",
            '    kept = encode_pair.__dict__.setdefault("kept", {})\n    source_index = kept.setdefault((*source, max_len), dict(source_index))\n    source_ids = [',
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "encode_pair",
        "remembered-by-the-list",
        "What was made of a source is kept and found again by the list itself, which may hold other words by then.",
        "test_encode_pair_computes_anew_at_each_call",
        (
            "    source_ids = [",
            '    kept = encode_pair.__dict__.setdefault("kept", {})\n    source = kept.setdefault(id(source), (source, source[:]))[1]\n    source_ids = [',
        ),
        hint=KEPT_ON,
    ),
    # -- bucket_batches -----------------------------------------------------------------------------------
    mutant(
        "bucket_batches",
        "from-the-first-item",
        "Buckets begin at the lengths of the first pair, not at the smallest.",
        "test_bucket_batches_begin_at_the_smallest_lengths",
        (SHORTEST, "list(lengths[0])\n"),
        hint=BORDERS,
    ),
    mutant(
        "bucket_batches",
        "from-zero",
        "Buckets begin at length 0, as in TensorFlow's bucket_by_sequence_length with even boundaries; this course's contract begins at the smallest lengths.",
        "test_bucket_batches_begin_at_the_smallest_lengths",
        (SHORTEST, "[0, 0]\n"),
        hint=BORDERS,
        convention="TensorFlow's bucket_by_sequence_length",
    ),
    mutant(
        "bucket_batches",
        "one-smallest-for-both",
        "The smallest of all lengths is taken for both sides, instead of the smallest source and the smallest target length.",
        "test_bucket_batches_of_six_pairs",
        (SHORTEST, "[min(map(min, lengths))] * 2\n"),
        hint=BORDERS,
    ),
    mutant(
        "bucket_batches",
        "sources-only",
        "Only source lengths decide on the bucket.",
        "test_bucket_batches_hold_similar_lengths",
        (BUCKET, "(source - shortest[0]) // width, 0"),
        hint="Print the target lengths of each batch. By how much do they differ?",
    ),
    mutant(
        "bucket_batches",
        "targets-only",
        "Only target lengths decide on the bucket.",
        "test_bucket_batches_hold_similar_lengths",
        (BUCKET, "0, (target - shortest[1]) // width"),
        hint="Print the source lengths of each batch. By how much do they differ?",
    ),
    mutant(
        "bucket_batches",
        "by-the-longer-one",
        "The longer of a pair's two lengths decides on the bucket.",
        "test_bucket_batches_hold_similar_lengths",
        (BUCKET, "max((source - shortest[0]) // width, (target - shortest[1]) // width), 0"),
        hint="Print source and target lengths of each batch. By how much does either differ?",
    ),
    mutant(
        "bucket_batches",
        "by-the-sum",
        "The sum of a pair's lengths decides on the bucket.",
        "test_bucket_batches_hold_similar_lengths",
        (BUCKET, "(source + target - sum(shortest)) // width, 0"),
        hint="Print source and target lengths of each batch. By how much does either differ?",
    ),
    mutant(
        "bucket_batches",
        "one-wider",
        "Lengths of a bucket may differ by width, so that it is one length too wide.",
        "test_bucket_batches_hold_similar_lengths",
        (BUCKET, "(source - shortest[0]) // (width + 1), (target - shortest[1]) // (width + 1)"),
        hint=BORDERS,
    ),
    mutant(
        "bucket_batches",
        "rounded",
        "The distance from the smallest length is rounded, not cut, to widths, so the first bucket is narrower and the others begin elsewhere.",
        "test_bucket_batches_begin_at_the_smallest_lengths",
        (BUCKET, "int((source - shortest[0]) / width + 0.5), int((target - shortest[1]) / width + 0.5)"),
        hint=BORDERS,
    ),
    mutant(
        "bucket_batches",
        "sorted-and-cut",
        "All pairs are sorted by length and cut into batches, as by torchtext's BucketIterator; this course's contract has buckets, which no batch may cross.",
        "test_bucket_batches_hold_similar_lengths",
        (
            BATCHES,
            "sorted(range(len(lengths)), key=lambda i: lengths[i])\n"
            "    batches = [batches[b : b + batch_size] for b in range(0, len(batches), batch_size)]",
        ),
        hint="Print the lengths of the pairs of each batch. Does any of them reach from one bucket into the next?",
        convention="torchtext's BucketIterator",
    ),
    mutant(
        "bucket_batches",
        "partial-dropped",
        "Partial batches are dropped, so some indices never come.",
        "test_bucket_batches_hold_each_index_once",
        (
            BATCHES,
            BATCHES.replace("range(0, len(held), batch_size)", "range(0, len(held) - batch_size + 1, batch_size)"),
        ),
        hint=COUNTED,
    ),
    mutant(
        "bucket_batches",
        "last-bucket-dropped",
        "The last bucket is never given, as where a batch is only given once the next bucket begins.",
        "test_bucket_batches_hold_each_index_once",
        (BATCHES, BATCHES.replace("buckets.values()", "list(buckets.values())[:-1]")),
        hint=COUNTED,
    ),
    mutant(
        "bucket_batches",
        "first-batch-only",
        "Of each bucket only the first batch is given.",
        "test_bucket_batches_hold_each_index_once",
        (BATCHES, "[held[:batch_size] for held in buckets.values()]"),
        hint=COUNTED,
    ),
    mutant(
        "bucket_batches",
        "whole-buckets",
        "A bucket is one batch, however many pairs it holds.",
        "test_bucket_batches_hold_each_index_once",
        (BATCHES, "list(buckets.values())"),
        hint="Print the sizes of your batches beside batch_size.",
    ),
    mutant(
        "bucket_batches",
        "one-too-many",
        "Batches hold one pair more than batch_size.",
        "test_bucket_batches_hold_each_index_once",
        (
            BATCHES,
            BATCHES.replace("b + batch_size]", "b + batch_size + 1]").replace(
                "held), batch_size", "held), batch_size + 1"
            ),
        ),
        hint="Print the sizes of your batches beside batch_size.",
    ),
    mutant(
        "bucket_batches",
        "evened-out",
        "A bucket is dealt out in batches of about equal sizes, of which several are partial.",
        "test_bucket_batches_give_one_partial_batch_a_bucket_at_most",
        (
            BATCHES,
            "[held[b :: -(-len(held) // batch_size) + 1] for held in buckets.values() for b in range(min(len(held), -(-len(held) // batch_size) + 1))]",
        ),
        hint="A bucket of 7 pairs in batches of 3: what are the sizes, by the contract and by yours?",
    ),
    mutant(
        "bucket_batches",
        "filled-up",
        "A partial batch is filled up with the first pairs of its bucket, which then come twice.",
        "test_bucket_batches_hold_each_index_once",
        (BATCHES, BATCHES.replace("held[b : b + batch_size] for", "(held[b:] + held * batch_size)[:batch_size] for")),
        hint=COUNTED,
    ),
    mutant(
        "bucket_batches",
        "indices-from-one",
        "Indices are counted from 1.",
        "test_bucket_batches_hold_each_index_once",
        (KEPT, "        buckets.setdefault(bucket, []).append(i + 1)\n"),
        hint=COUNTED,
    ),
    mutant(
        "bucket_batches",
        "lengths-for-indices",
        "Batches hold the pairs of lengths, not their indices.",
        "test_bucket_batches_hold_each_index_once",
        (KEPT, "        buckets.setdefault(bucket, []).append((source, target))\n"),
        hint="What is the caller to do with a batch? Print one beside the contract.",
    ),
    mutant(
        "bucket_batches",
        "sorted-in-place",
        "The list `lengths` itself is sorted, so that the indices are those of another order than the caller's.",
        "test_bucket_batches_leaves_arguments_and_random_state_alone",
        ("    shortest = ", "    lengths.sort()\n    shortest = "),
        hint="Print `lengths` before and after a call.",
    ),
    mutant(
        "bucket_batches",
        "in-order",
        "Batches come bucket by bucket, as they were made.",
        "test_bucket_batches_come_in_every_order_equally_often",
        (ORDER, "list(range(len(batches)))"),
        hint=FEW_TIMES,
    ),
    mutant(
        "bucket_batches",
        "by-length",
        "Batches come in order of their lengths, as in a curriculum.",
        "test_bucket_batches_mix_all_buckets",
        (ORDER, "sorted(range(len(batches)), key=lambda b: lengths[batches[b][0]])"),
        hint=FEW_TIMES,
    ),
    mutant(
        "bucket_batches",
        "buckets-shuffled",
        "Whole buckets are shuffled: all batches of one come one after another.",
        "test_bucket_batches_mix_all_buckets",
        (
            BATCHES,
            BATCHES.replace(
                "in buckets.values() ",
                "in [list(buckets.values())[k] for k in torch.randperm(len(buckets), generator=generator)] ",
            ),
        ),
        (ORDER, "list(range(len(batches)))"),
        hint="Print which bucket each batch is of. Do the batches of one bucket ever stand apart?",
    ),
    mutant(
        "bucket_batches",
        "shuffled-before-batching",
        "The pairs are shuffled and then dealt to the buckets, but the batches come bucket by bucket.",
        "test_bucket_batches_come_in_every_order_equally_often",
        (
            "    for i, (source, target) in enumerate(lengths):\n",
            "    for i in torch.randperm(len(lengths), generator=generator).tolist():\n        source, target = lengths[i]\n",
        ),
        (ORDER, "list(range(len(batches)))"),
        hint="Print which bucket each batch is of. Do the batches of one bucket ever stand apart?",
    ),
    mutant(
        "bucket_batches",
        "partial-last",
        "Partial batches come after all full ones, whatever was drawn.",
        "test_bucket_batches_come_in_every_order_equally_often",
        (IN_ORDER, "sorted([batches[b] for b in order], key=lambda batch: len(batch) < batch_size)"),
        hint=FEW_TIMES,
    ),
    mutant(
        "bucket_batches",
        "largest-first",
        "The batch of the longest sequences comes first, to find out early whether memory suffices, as with Hugging Face's group_by_length; this course's contract has every batch in random order.",
        "test_bucket_batches_come_in_every_order_equally_often",
        (
            ORDER,
            ORDER
            + "\n    order.sort(key=lambda b: b != max(range(len(batches)), key=lambda i: sum(lengths[batches[i][0]])))",
        ),
        hint=FEW_TIMES,
        convention="Hugging Face's group_by_length",
    ),
    mutant(
        "bucket_batches",
        "shuffled-by-the-chunk",
        "Batches are sorted by length and shuffled eight at a time, as a shuffle buffer does, so that short ones always come early.",
        "test_bucket_batches_mix_all_buckets",
        (
            ORDER,
            "sorted(range(len(batches)), key=lambda b: lengths[batches[b][0]])\n"
            "    chunks = [order[c : c + 8] for c in range(0, len(order), 8)]\n"
            "    order = [chunk[k] for chunk in chunks for k in torch.randperm(len(chunk), generator=generator).tolist()]",
        ),
        hint="Make some hundred batches: can one of the longest pairs ever come first?",
    ),
    mutant(
        "bucket_batches",
        "rotated",
        "The order is a random rotation: batches follow one another as they were made, from a random one on.",
        "test_bucket_batches_come_in_every_order_equally_often",
        (ORDER, "torch.arange(len(batches)).roll(int(torch.randint(len(batches), (), generator=generator))).tolist()"),
        hint=FEW_TIMES,
    ),
    mutant(
        "bucket_batches",
        "naive-shuffle",
        "The shuffle swaps each place with any other place, so some orders come more often than others.",
        "test_bucket_batches_come_in_every_order_equally_often",
        (
            ORDER,
            "list(range(len(batches)))\n"
            "    for i, j in enumerate(torch.randint(len(batches), (len(batches),), generator=generator).tolist()):\n"
            "        order[i], order[j] = order[j], order[i]",
        ),
        hint=FEW_TIMES,
    ),
    mutant(
        "bucket_batches",
        "never-its-own-place",
        "The shuffle never leaves a batch in its own place (Sattolo's algorithm), so most orders cannot come.",
        "test_bucket_batches_come_in_every_order_equally_often",
        (
            ORDER,
            "list(range(len(batches)))\n"
            "    for i in range(len(batches) - 1, 0, -1):\n"
            "        j = int(torch.randint(i, (), generator=generator))\n"
            "        order[i], order[j] = order[j], order[i]",
        ),
        hint=FEW_TIMES,
    ),
    mutant(
        "bucket_batches",
        "global-generator",
        "The order is drawn from torch's global random state.",
        "test_bucket_batches_leaves_arguments_and_random_state_alone",
        (ORDER, "torch.randperm(len(batches)).tolist()"),
        hint="Make two epochs from generators with the same seed. Where does your randomness come from?",
    ),
    mutant(
        "bucket_batches",
        "fixed-seed",
        "A fixed seed is used and the generator ignored.",
        "test_bucket_batches_follow_the_generator",
        (ORDER, "torch.randperm(len(batches), generator=torch.Generator().manual_seed(42)).tolist()"),
        hint="Make two epochs from generators with different seeds. Where does your randomness come from?",
    ),
    mutant(
        "bucket_batches",
        "from-the-initial-seed",
        "The order is drawn from the generator's seed, so every epoch is the same.",
        "test_bucket_batches_come_in_a_new_order_each_time",
        (
            ORDER,
            "torch.randperm(len(batches), generator=torch.Generator().manual_seed(generator.initial_seed())).tolist()",
        ),
        hint="Call twice with one and the same generator. Should the second epoch be like the first?",
    ),
    mutant(
        "bucket_batches",
        "split-evenly",
        "A bucket is split into no more batches than needed, but of nearly equal sizes, so that several are partial.",
        "test_bucket_batches_give_one_partial_batch_a_bucket_at_most",
        (
            BATCHES,
            "[held[b :: -(-len(held) // batch_size)] for held in buckets.values() for b in range(-(-len(held) // batch_size))]",
        ),
        hint="A bucket of 7 pairs in batches of 3: what are the sizes, by the contract and by yours?",
    ),
    mutant(
        "bucket_batches",
        "ten-columns",
        "A bucket's number is ten times its row plus its column, which is another bucket's where there are more than ten columns.",
        "test_bucket_batches_begin_at_the_smallest_lengths",
        (BUCKET, "(source - shortest[0]) // width * 10 + (target - shortest[1]) // width, 0"),
        hint=CELLS,
    ),
    mutant(
        "bucket_batches",
        "thousand-rows",
        "A bucket's number is its row plus a thousand times its column, which is another bucket's where there are more than a thousand rows.",
        "test_bucket_batches_begin_at_the_smallest_lengths",
        (BUCKET, "(source - shortest[0]) // width + (target - shortest[1]) // width * 1000, 0"),
        hint=CELLS,
    ),
    mutant(
        "bucket_batches",
        "digits-in-a-row",
        "A bucket's name is its row and its column written one behind the other, so that 1 and 11 are 11 and 1.",
        "test_bucket_batches_begin_at_the_smallest_lengths",
        (BUCKET, 'f"{(source - shortest[0]) // width}{(target - shortest[1]) // width}", 0'),
        hint=CELLS,
    ),
    mutant(
        "bucket_batches",
        "sides-exchanged",
        "A bucket is found by its two numbers in order of size, so that row 2 and column 5 are row 5 and column 2.",
        "test_bucket_batches_hold_similar_lengths",
        (BUCKET, BUCKET.join(("sorted((", "))")) + "\n        bucket = tuple(bucket)"),
        hint=CELLS,
    ),
    mutant(
        "bucket_batches",
        "through-float32",
        "Lengths go through float32, which takes large ones for equal.",
        "test_bucket_batches_begin_at_the_smallest_lengths",
        (
            SHORTEST,
            SHORTEST + "    import numpy as np\n    lengths = [tuple(map(int, np.float32(one))) for one in lengths]\n",
        ),
        hint=DIGITS,
    ),
    mutant(
        "bucket_batches",
        "buckets-of-an-earlier-call",
        "The buckets are kept and found again by the list of lengths, which may hold other ones by then.",
        "test_bucket_batches_computes_anew_at_each_call",
        (
            "    shortest = ",
            '    kept = bucket_batches.__dict__.setdefault("kept", {})\n    lengths = kept.setdefault(id(lengths), (lengths, lengths[:]))[1]\n    shortest = ',
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "bucket_batches",
        "one-list-for-all-results",
        "Every call gives the same list, filled anew, so that the batches of an earlier call are lost.",
        "test_bucket_batches_computes_anew_at_each_call",
        (
            "return " + IN_ORDER,
            'result = bucket_batches.__dict__.setdefault("result", [])\n    result[:] = '
            + IN_ORDER
            + "\n    return result",
        ),
        hint="Call it twice, and print the first result again.",
    ),
    # -- collate_pairs ------------------------------------------------------------------------------------
    mutant(
        "collate_pairs",
        "given-order",
        "Rows stand in the given order, as pad_sequence leaves them; this course's contract puts the longest source first.",
        "test_collate_pairs_has_known_values",
        (ROWS, "pairs"),
        hint=SORTED,
        convention="PyTorch's pad_sequence",
    ),
    mutant(
        "collate_pairs",
        "rising",
        "Rows stand in order of rising source length.",
        "test_collate_pairs_has_known_values",
        (ROWS, "sorted(pairs, key=lambda pair: len(pair[0]))"),
        hint=SORTED,
    ),
    mutant(
        "collate_pairs",
        "by-the-target",
        "Rows are sorted by the length of the target.",
        "test_collate_pairs_has_known_values",
        (ROWS, "sorted(pairs, key=lambda pair: len(pair[1]), reverse=True)"),
        hint=SORTED,
    ),
    mutant(
        "collate_pairs",
        "each-side-sorted",
        "Sources and targets are sorted each by its own length, so that rows no longer belong together.",
        "test_collate_pairs_keeps_pairs_together",
        (SIDES, "[source for source, _ in rows], sorted([target for _, target in pairs], key=len, reverse=True)"),
        hint=SORTED,
    ),
    mutant(
        "collate_pairs",
        "targets-not-sorted",
        "Sources are sorted, and targets left in the given order.",
        "test_collate_pairs_keeps_pairs_together",
        (SIDES, "[source for source, _ in rows], [target for _, target in pairs]"),
        hint=SORTED,
    ),
    mutant(
        "collate_pairs",
        "ties-turned",
        "Pairs of equal source length come in reverse: sorted by rising length, then turned round.",
        "test_collate_pairs_keeps_the_order_of_equally_long_sources",
        (ROWS, "sorted(pairs, key=lambda pair: len(pair[0]))[::-1]"),
        hint="Collate four pairs with sources of one length. In which order do they come?",
    ),
    mutant(
        "collate_pairs",
        "ties-by-content",
        "Pairs of equal source length are sorted by what they hold.",
        "test_collate_pairs_keeps_the_order_of_equally_long_sources",
        (ROWS, "sorted(pairs, key=lambda pair: (len(pair[0]), pair), reverse=True)"),
        hint="Collate four pairs with sources of one length. In which order do they come?",
    ),
    mutant(
        "collate_pairs",
        "ties-by-the-target",
        "Pairs of equal source length are sorted by target length.",
        "test_collate_pairs_keeps_the_order_of_equally_long_sources",
        (ROWS, "sorted(pairs, key=lambda pair: (len(pair[0]), len(pair[1])), reverse=True)"),
        hint="Collate four pairs with sources of one length. In which order do they come?",
    ),
    mutant(
        "collate_pairs",
        "by-content",
        "Rows are sorted by what they hold, not by how long they are.",
        "test_collate_pairs_has_known_values",
        (ROWS, "sorted(pairs, reverse=True)"),
        hint=SORTED,
    ),
    mutant(
        "collate_pairs",
        "pad-not-counted",
        "Tokens that equal pad do not count for the length that rows are sorted by.",
        "test_collate_pairs_counts_tokens_that_equal_pad",
        (ROWS, "sorted(pairs, key=lambda pair: sum(token != pad for token in pair[0]), reverse=True)"),
        hint="Give a pair whose source is 4 0 0, with pad = 0. How long is it?",
    ),
    mutant(
        "collate_pairs",
        "zero-not-counted",
        "Tokens that equal 0 do not count for the length that rows are sorted by, whatever pad is.",
        "test_collate_pairs_counts_tokens_that_equal_pad",
        (ROWS, "sorted(pairs, key=lambda pair: sum(token != 0 for token in pair[0]), reverse=True)"),
        hint="Give a pair whose source is 4 0 0, with pad = 0 and with pad = 9. How long is it?",
    ),
    mutant(
        "collate_pairs",
        "trailing-pad-stripped",
        "Tokens that equal pad are cut off the end of a row, and the tensor is narrower for it.",
        "test_collate_pairs_counts_tokens_that_equal_pad",
        (
            LONGEST,
            "    longest = max(1, *(i + 1 for row in rows for i, token in enumerate(row) if token != pad), 1)\n    rows = [row[:longest] for row in rows]\n",
        ),
        hint="Give a pair whose source is 4 0 0, with pad = 0. How wide should the tensor be?",
    ),
    mutant(
        "collate_pairs",
        "padded-on-the-left",
        "Rows are padded on the left, as Hugging Face does for generation; this course's contract pads on the right.",
        "test_collate_pairs_has_known_values",
        (TENSOR, "torch.tensor([[pad] * (longest - len(row)) + row for row in rows])"),
        hint=FILLED,
        convention="Hugging Face's padding for generation",
    ),
    mutant(
        "collate_pairs",
        "padded-with-zero",
        "Rows are padded with 0, as pad_sequence does by default; this course's contract passes `pad`.",
        "test_collate_pairs_pads_each_side_to_its_longest",
        (TENSOR, "torch.tensor([row + [0] * (longest - len(row)) for row in rows])"),
        hint=FILLED,
        convention="PyTorch's pad_sequence",
    ),
    mutant(
        "collate_pairs",
        "target-padded-with-minus-100",
        "The target is padded with -100, as Hugging Face pads labels; this course's contract passes `pad` for both.",
        "test_collate_pairs_pads_each_side_to_its_longest",
        (TENSORS, "return _padded(sources, pad), _padded(targets, -100)"),
        hint=FILLED,
        convention="Hugging Face's padding of labels",
    ),
    mutant(
        "collate_pairs",
        "padded-with-the-last",
        "Rows are padded with their own last token.",
        "test_collate_pairs_pads_each_side_to_its_longest",
        (TENSOR, "torch.tensor([row + row[-1:] * (longest - len(row)) for row in rows])"),
        hint=FILLED,
    ),
    mutant(
        "collate_pairs",
        "one-width-for-both",
        "Both sides are padded to the longest row of either.",
        "test_collate_pairs_pads_each_side_to_its_longest",
        (TENSORS, "both = _padded(sources + targets, pad)\n    return both[: len(rows)], both[len(rows) :]"),
        hint=FILLED,
    ),
    mutant(
        "collate_pairs",
        "cut-to-the-first-row",
        "Both sides are as wide as their first row: longer targets are cut.",
        "test_collate_pairs_has_known_values",
        (LONGEST, "    longest = len(rows[0])\n    rows = [row[:longest] for row in rows]\n"),
        hint="Collate a pair whose source is long and target short with one the other way round. Is anything lost?",
    ),
    mutant(
        "collate_pairs",
        "cut-to-the-shortest",
        "Rows are cut to the shortest one, as zip does.",
        "test_collate_pairs_has_known_values",
        (TENSOR, "torch.tensor(list(zip(*rows))).T.contiguous()"),
        hint="Collate a pair whose source is long and target short with one the other way round. Is anything lost?",
    ),
    mutant(
        "collate_pairs",
        "one-too-wide",
        "Each tensor is one column wider than its longest row, so that every row ends with pad.",
        "test_collate_pairs_pads_each_side_to_its_longest",
        (LONGEST, "    longest = max(map(len, rows)) + 1\n"),
        hint=FILLED,
    ),
    mutant(
        "collate_pairs",
        "time-major",
        "Both tensors are (L, n), as pad_sequence gives them by default; this course's contract puts the batch first.",
        "test_collate_pairs_gives_two_padded_tensors",
        (TENSOR, TENSOR + ".T"),
        hint=SHAPES,
        convention="PyTorch's pad_sequence",
    ),
    mutant(
        "collate_pairs",
        "int32",
        "Both tensors are int32, which no embedding of older versions takes.",
        "test_collate_pairs_gives_two_padded_tensors",
        (TENSOR, TENSOR[:-1] + ", dtype=torch.int32)"),
        hint=SHAPES,
    ),
    mutant(
        "collate_pairs",
        "floating-point",
        "Both tensors are floats, as torch.zeros and torch.full make them.",
        "test_collate_pairs_gives_two_padded_tensors",
        (TENSOR, TENSOR[:-1] + ", dtype=torch.float32)"),
        hint=SHAPES,
    ),
    mutant(
        "collate_pairs",
        "target-first",
        "The target is returned before the source.",
        "test_collate_pairs_has_known_values",
        (TENSORS, "return _padded(targets, pad), _padded(sources, pad)"),
        hint=SHAPES,
    ),
    mutant(
        "collate_pairs",
        "lists",
        "Both are lists of lists of int, not tensors.",
        "test_collate_pairs_gives_two_padded_tensors",
        (TENSOR, TENSOR + ".tolist()"),
        hint=SHAPES,
    ),
    mutant(
        "collate_pairs",
        "sorted-in-place",
        "The list `pairs` itself is sorted.",
        "test_collate_pairs_leaves_arguments_and_random_state_alone",
        (ROWS, "pairs\n    pairs.sort(key=lambda pair: len(pair[0]), reverse=True)"),
        hint="Print `pairs` before and after a call.",
    ),
    mutant(
        "collate_pairs",
        "padded-in-place",
        "The lists of the pairs themselves are padded.",
        "test_collate_pairs_leaves_arguments_and_random_state_alone",
        (LONGEST, LONGEST + "    for row in rows:\n        row += [pad] * (longest - len(row))\n"),
        hint="Print `pairs` before and after a call.",
    ),
    mutant(
        "collate_pairs",
        "repeats-dropped",
        "A pair that is the same as an earlier one is left out.",
        "test_collate_pairs_gives_two_padded_tensors",
        (
            ROWS,
            "sorted({str(pair): pair for pair in pairs}.values(), key=lambda pair: len(pair[0]), reverse=True)",
        ),
        hint="Collate the same pair twice. How many rows come out?",
    ),
    mutant(
        "collate_pairs",
        "through-float32",
        "Tokens go through a tensor of floats, which rounds large ones.",
        "test_collate_pairs_gives_two_padded_tensors",
        (TENSOR, TENSOR[:-1] + ", dtype=torch.float32).long()"),
        hint=DIGITS,
    ),
    mutant(
        "collate_pairs",
        "at-most-256-tokens",
        "Rows are cut to 256 tokens.",
        "test_collate_pairs_gives_two_padded_tensors",
        (LONGEST, "    rows = [row[:256] for row in rows]\n" + LONGEST),
        hint=TOO_LONG,
    ),
    mutant(
        "collate_pairs",
        "buffer-used-again",
        "Results of one shape are written into one tensor, so that those of an earlier call change.",
        "test_collate_pairs_computes_anew_at_each_call",
        (
            TENSORS,
            "kept = collate_pairs.__dict__\n"
            "    made = [_padded(sources, pad), _padded(targets, pad)]\n"
            "    return tuple(kept.setdefault(f'{k} {tuple(one.shape)}', one).copy_(one) for k, one in enumerate(made))",
        ),
        hint="Call it twice, and print the first result again.",
    ),
    mutant(
        "collate_pairs",
        "remembered-by-the-list",
        "The result is kept and found again by the list of pairs, which may hold other ones by then.",
        "test_collate_pairs_computes_anew_at_each_call",
        (
            ROWS,
            'collate_pairs.__dict__.setdefault("kept", {}).setdefault(id(pairs), (pairs, pairs[:]))[1]\n'
            "    rows = " + ROWS.replace("pairs,", "rows,"),
        ),
        hint=KEPT_ON,
    ),
    # -- packed_outputs -----------------------------------------------------------------------------------
    mutant(
        "packed_outputs",
        "left-sorted",
        "The batch is sorted for packing, and outputs and last stay in that order.",
        "test_packed_outputs_stand_in_the_given_order",
        (
            PACK,
            "    lengths, order = lengths.sort(descending=True)\n"
            + PACK.replace("inputs,", "inputs[order.to(inputs.device)],"),
        ),
        hint=ALONE,
    ),
    mutant(
        "packed_outputs",
        "last-left-sorted",
        "The outputs are put back into the given order, but last stays in the order of falling length.",
        "test_packed_outputs_last_is_the_output_at_the_last_valid_step",
        (PACKED, "return outputs, last[0, lengths.argsort(descending=True)]"),
        hint=ALONE,
    ),
    mutant(
        "packed_outputs",
        "sorted-twice",
        "The order is undone by applying it once more instead of its inverse, which is the same for two sequences and not for three.",
        "test_packed_outputs_stand_in_the_given_order",
        (
            PACK,
            "    order = lengths.argsort(descending=True, stable=True)\n"
            + PACK.replace("inputs,", "inputs[order],").replace("lengths,", "lengths[order],"),
        ),
        (PACKED, "return outputs[order], last[0, order]"),
        hint="Sort four lengths such as 2 4 1 3 and look at the order, and at the order that undoes it. Are they the same?",
    ),
    mutant(
        "packed_outputs",
        "must-be-sorted",
        "Lengths that are not in falling order raise an error.",
        "test_packed_outputs_stand_in_the_given_order",
        (PACK, PACK.replace(", enforce_sorted=False", "")),
        hint="In which order do lengths come, and which order does pack_padded_sequence want by default?",
    ),
    mutant(
        "packed_outputs",
        "lengths-ignored",
        "The padding is read like the rest, and last is the state after it.",
        "test_packed_outputs_are_those_of_each_sequence_alone",
        (PACK, ""),
        (RUN, "    outputs, last = rnn(inputs)"),
        (UNPACK, ""),
        hint=ALONE,
    ),
    mutant(
        "packed_outputs",
        "outputs-not-masked",
        "Outputs beyond a length are what the layer makes of the padding, not zeros.",
        "test_packed_outputs_are_zero_beyond_each_length",
        (UNPACK, "    outputs, _ = rnn(inputs)\n"),
        hint=BEYOND,
    ),
    mutant(
        "packed_outputs",
        "outputs-carried-on",
        "Outputs beyond a length repeat the last one, as where masked steps keep the state, in Keras; this course's contract puts zeros there.",
        "test_packed_outputs_are_zero_beyond_each_length",
        (
            UNPACK,
            UNPACK
            + "    beyond = torch.arange(inputs.shape[1], device=inputs.device) >= lengths.to(inputs.device)[:, None]\n"
            "    outputs = torch.where(beyond[..., None], last[0][:, None], outputs)\n",
        ),
        hint=BEYOND,
        convention="Keras' masking",
    ),
    mutant(
        "packed_outputs",
        "cut-to-the-longest",
        "Outputs end at the longest length of the batch, as pad_packed_sequence does by default; this course's contract keeps T steps.",
        "test_packed_outputs_are_zero_beyond_each_length",
        (UNPACK, UNPACK.replace(", total_length=inputs.shape[1]", "")),
        hint="Let the longest sequence be shorter than T, and print the shape of outputs.",
        convention="PyTorch's pad_packed_sequence",
    ),
    mutant(
        "packed_outputs",
        "last-of-the-padded",
        "last is outputs[:, -1], which is zero for all sequences but those of T steps.",
        "test_packed_outputs_last_is_the_output_at_the_last_valid_step",
        (PACKED, "return outputs, outputs[:, -1]"),
        hint="Print last beside outputs[i] of a short sequence.",
    ),
    mutant(
        "packed_outputs",
        "last-after-the-padding",
        "last is the state after reading the padding as well.",
        "test_packed_outputs_last_is_the_output_at_the_last_valid_step",
        (PACKED, "return outputs, rnn(inputs)[1][0]"),
        hint="Print last beside outputs[i] of a short sequence.",
    ),
    mutant(
        "packed_outputs",
        "last-one-early",
        "last is the output one step before the last valid one.",
        "test_packed_outputs_last_is_the_output_at_the_last_valid_step",
        (PACKED, "return outputs, outputs[torch.arange(len(lengths)), (lengths - 2).clamp(min=0)]"),
        hint="Print last beside outputs[i] of a short sequence.",
    ),
    mutant(
        "packed_outputs",
        "last-of-the-longest",
        "last is taken at the longest length of the batch, for every sequence.",
        "test_packed_outputs_last_is_the_output_at_the_last_valid_step",
        (PACKED, "return outputs, outputs[:, int(lengths.max()) - 1]"),
        hint="Print last beside outputs[i] of a short sequence.",
    ),
    mutant(
        "packed_outputs",
        "mean-for-last",
        "last is the mean over the valid steps.",
        "test_packed_outputs_last_is_the_output_at_the_last_valid_step",
        (PACKED, "return outputs, outputs.sum(1) / lengths.to(outputs)[:, None]"),
        hint="Print last beside outputs[i] of a short sequence.",
    ),
    mutant(
        "packed_outputs",
        "one-step-too-few",
        "Each sequence is read up to one step before its end (those of one step excepted).",
        "test_packed_outputs_are_zero_beyond_each_length",
        (PACK, PACK.replace("lengths,", "(lengths - 1).clamp(min=1),")),
        hint=BEYOND,
    ),
    mutant(
        "packed_outputs",
        "one-step-too-many",
        "Each sequence is read one step into its padding, where there is any.",
        "test_packed_outputs_have_known_values",
        (PACK, PACK.replace("lengths,", "(lengths + 1).clamp(max=inputs.shape[1]),")),
        hint=BEYOND,
    ),
    mutant(
        "packed_outputs",
        "multiplied-by-a-mask",
        "Outputs beyond a length are multiplied by 0, which leaves nan where the padding made some.",
        "test_packed_outputs_ignore_whatever_the_padding_holds",
        (
            UNPACK,
            "    valid = torch.arange(inputs.shape[1], device=inputs.device) < lengths.to(inputs.device)[:, None]\n    outputs = rnn(inputs)[0] * valid[..., None]\n",
        ),
        hint=POISON,
    ),
    mutant(
        "packed_outputs",
        "inputs-multiplied-by-a-mask",
        "The inputs are multiplied by 0 beyond a length, the layer then reads all T steps, and last is the state after these.",
        "test_packed_outputs_are_those_of_each_sequence_alone",
        (
            PACK,
            "    valid = torch.arange(inputs.shape[1], device=inputs.device) < lengths.to(inputs.device)[:, None]\n",
        ),
        (RUN, "    outputs, last = rnn(inputs * valid[..., None])"),
        (UNPACK, "    outputs = outputs.masked_fill(~valid[..., None], 0.0)\n"),
        hint=POISON,
    ),
    mutant(
        "packed_outputs",
        "masked-afterwards",
        "The layer reads the padding, and its outputs there are replaced by zeros afterwards: right in value, but nan in the padding gets into the gradients.",
        "test_packed_outputs_gradients_ignore_whatever_the_padding_holds",
        (
            PACK,
            "    valid = torch.arange(inputs.shape[1], device=inputs.device) < lengths.to(inputs.device)[:, None]\n",
        ),
        (RUN, "    outputs, _ = rnn(inputs)"),
        (UNPACK, "    outputs = outputs.masked_fill(~valid[..., None], 0.0)\n"),
        (PACKED, "return outputs, outputs[torch.arange(len(lengths)), lengths - 1]"),
        hint=POISON,
    ),
    mutant(
        "packed_outputs",
        "padding-zeroed-in-place",
        "The padding is set to zero in the inputs themselves.",
        "test_packed_outputs_leaves_arguments_and_random_state_alone",
        (
            PACK,
            PACK
            + "    with torch.no_grad():\n        for one, length in zip(inputs, lengths.tolist()):\n            one[length:] = 0\n",
        ),
        hint="Compare `inputs` before and after a call.",
    ),
    mutant(
        "packed_outputs",
        "lengths-sorted-in-place",
        "The tensor `lengths` itself is sorted after use.",
        "test_packed_outputs_leaves_arguments_and_random_state_alone",
        (PACK, PACK + "    lengths.copy_(lengths.sort(descending=True).values)\n"),
        hint="Compare `lengths` before and after a call.",
    ),
    mutant(
        "packed_outputs",
        "layer-put-into-eval-mode",
        "The layer is left in evaluation mode.",
        "test_packed_outputs_leaves_arguments_and_random_state_alone",
        (RUN, "    rnn.eval()\n" + RUN),
        hint="Compare rnn.training, rnn.batch_first and the weights before and after a call.",
    ),
    mutant(
        "packed_outputs",
        "layer-made-time-major",
        "The layer is switched to time-major, and stays so.",
        "test_packed_outputs_leaves_arguments_and_random_state_alone",
        (RUN, "    rnn.batch_first = False\n" + RUN),
        hint="Compare rnn.training, rnn.batch_first and the weights before and after a call.",
    ),
    mutant(
        "packed_outputs",
        "weights-frozen",
        "The layer's weights are frozen, so that no gradient reaches them.",
        "test_packed_outputs_gradients_reach_every_argument",
        (RUN, "    rnn.requires_grad_(False)\n" + RUN),
        hint="Compare requires_grad of the layer's parameters before and after a call.",
    ),
    mutant(
        "packed_outputs",
        "last-detached",
        "last is cut off from the graph.",
        "test_packed_outputs_gradients_reach_every_argument",
        (PACKED, "return outputs, last[0].detach()"),
        hint="Which gradients reach the weights through last alone?",
    ),
    mutant(
        "packed_outputs",
        "no-gradients",
        "The layer is run under no_grad, so nothing is differentiable.",
        "test_packed_outputs_gradients_reach_every_argument",
        (RUN, "    with torch.no_grad():\n    " + RUN),
        hint="Does outputs.requires_grad hold?",
    ),
    mutant(
        "packed_outputs",
        "layers-axis-kept",
        "last is (1, n, h), with the axis of layers that torch's modules give it; this course's contract takes it away.",
        "test_packed_outputs_are_those_of_each_sequence_alone",
        (PACKED, "return outputs, last"),
        hint=SHAPES,
        convention="PyTorch's recurrent layers",
    ),
    mutant(
        "packed_outputs",
        "squeezed",
        "All axes of size 1 are taken from last, with the batch where there is one sequence, or the units where there is one.",
        "test_packed_outputs_are_those_of_each_sequence_alone",
        (PACKED, "return outputs, last.squeeze()"),
        hint="Run a batch of one sequence, and print the shape of last.",
    ),
    mutant(
        "packed_outputs",
        "time-major",
        "Outputs are (T, n, h), as pad_packed_sequence gives them by default; this course's contract puts the batch first here.",
        "test_packed_outputs_are_zero_beyond_each_length",
        (UNPACK, "    outputs, _ = pad_packed_sequence(steps, total_length=inputs.shape[1])\n"),
        hint=SHAPES,
        convention="PyTorch's pad_packed_sequence",
    ),
    mutant(
        "packed_outputs",
        "exchanged",
        "last is returned before outputs.",
        "test_packed_outputs_are_those_of_each_sequence_alone",
        (PACKED, "return last[0], outputs"),
        hint=SHAPES,
    ),
    mutant(
        "packed_outputs",
        "minus-one-beyond",
        "Outputs beyond a length are -1, so that padding can be told from zeros.",
        "test_packed_outputs_are_zero_beyond_each_length",
        (UNPACK, UNPACK.replace("inputs.shape[1])", "inputs.shape[1], padding_value=-1.0)")),
        hint=BEYOND,
    ),
    mutant(
        "packed_outputs",
        "through-float32",
        "Outputs and last go through float32 on their way.",
        "test_packed_outputs_are_those_of_each_sequence_alone",
        (PACKED, "return outputs.float().to(inputs), last[0].float().to(inputs)"),
        hint="Does any line name a dtype? With float64 arguments everything is to be float64.",
    ),
    mutant(
        "packed_outputs",
        "viewed",
        "The inputs are flattened with view(), which refuses a transpose.",
        "test_packed_outputs_takes_tensors_of_any_layout",
        (PACK, "    inputs = inputs.view(-1, inputs.shape[2]).view(inputs.shape)\n" + PACK),
        hint=LAID,
    ),
    mutant(
        "packed_outputs",
        "packed-by-an-earlier-call",
        "The packed inputs are kept and found again by the tensor, which may hold other values by then.",
        "test_packed_outputs_computes_anew_at_each_call",
        (
            PACK,
            '    kept = packed_outputs.__dict__.setdefault("kept", {})\n'
            "    if kept.get('of') is not inputs or torch.is_grad_enabled() and inputs.requires_grad:\n"
            "        kept['of'], kept['as'] = inputs, pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)\n"
            "    packed = kept['as']\n",
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "packed_outputs",
        "weights-of-an-earlier-call",
        "The layer is copied at its first use, and the copy is used from then on, whatever weights the layer has by then.",
        "test_packed_outputs_computes_anew_at_each_call",
        (
            RUN,
            '    kept = packed_outputs.__dict__.setdefault("kept", {})\n'
            "    if id(rnn) not in kept and not inputs.requires_grad:\n"
            "        kept[id(rnn)] = rnn, __import__('copy').deepcopy(rnn)\n"
            "    steps, last = kept.get(id(rnn), (rnn, rnn))[1](packed)",
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "packed_outputs",
        "buffer-used-again",
        "Outputs of one shape are written into one tensor, so that those of an earlier call change.",
        "test_packed_outputs_computes_anew_at_each_call",
        (
            UNPACK,
            UNPACK
            + "    if not outputs.requires_grad or not inputs.requires_grad:\n"
            + "        kept = packed_outputs.__dict__.setdefault(f'{outputs.dtype} {tuple(outputs.shape)}', outputs.detach())\n"
            + "        outputs = kept.copy_(outputs.detach())\n",
        ),
        hint="Call it twice, and print the first result again.",
    ),
    mutant(
        "packed_outputs",
        "bias-demanded",
        "The layer's biases are read, so that a layer without any raises AttributeError.",
        "test_packed_outputs_are_those_of_each_sequence_alone",
        (RUN, "    assert len(rnn.bias_ih_l0) == len(rnn.bias_hh_l0)\n" + RUN),
        hint=LAYER,
    ),
    mutant(
        "packed_outputs",
        "always-tanh",
        "An RNN is run with tanh, even where its nonlinearity is relu.",
        "test_packed_outputs_are_those_of_each_sequence_alone",
        (
            RUN,
            "    if getattr(rnn, 'nonlinearity', 'tanh') == 'relu':\n"
            "        twin = nn.RNN(rnn.input_size, rnn.hidden_size, bias=rnn.bias, batch_first=True, device='meta')\n"
            "        twin.load_state_dict(dict(rnn.named_parameters()), assign=True)\n"
            "        rnn = twin\n" + RUN,
        ),
        hint=LAYER,
    ),
    mutant(
        "packed_outputs",
        "last-that-is-not-zero",
        "last is the last output that is not all zeros, which a rectifier's own last one may be.",
        "test_packed_outputs_are_those_of_each_sequence_alone",
        (
            PACKED,
            "place = ((outputs != 0).any(2) * torch.arange(outputs.shape[1], device=outputs.device)).amax(1)\n"
            "    return outputs, outputs[torch.arange(len(outputs)), place]",
        ),
        hint=NOTHING,
    ),
    mutant(
        "packed_outputs",
        "zero-steps-are-padding",
        "A step whose inputs are all zeros is taken for padding: its output is zero.",
        "test_packed_outputs_are_those_of_each_sequence_alone",
        (PACKED, "return outputs * (inputs != 0).any(2, keepdim=True), last[0]"),
        hint=NOTHING,
    ),
    mutant(
        "packed_outputs",
        "lengths-as-bytes",
        "Lengths are held as bytes, so that those beyond 255 begin at 0 again.",
        "test_packed_outputs_are_those_of_each_sequence_alone",
        (PACK, PACK.replace("lengths,", "lengths.to(torch.uint8).long(),")),
        hint=TOO_LONG,
    ),
    mutant(
        "packed_outputs",
        "nan-cleaned-only",
        "The layer reads the padding, of which only nan is replaced: infinities there get into the gradients.",
        "test_packed_outputs_gradients_ignore_whatever_the_padding_holds",
        (
            PACK,
            "    valid = torch.arange(inputs.shape[1], device=inputs.device) < lengths.to(inputs.device)[:, None]\n",
        ),
        (RUN, "    outputs, _ = rnn(inputs.masked_fill(inputs.isnan(), 0.0))"),
        (UNPACK, "    outputs = outputs.masked_fill(~valid[..., None], 0.0)\n"),
        (PACKED, "return outputs, outputs[torch.arange(len(lengths)), lengths - 1]"),
        hint=POISON,
    ),
    mutant(
        "packed_outputs",
        "padding-made-finite",
        "The layer reads the padding, made finite by nan_to_num, whose huge numbers a rectifier's states do not survive: nan gets into the gradients.",
        "test_packed_outputs_gradients_ignore_whatever_the_padding_holds",
        (
            PACK,
            "    valid = torch.arange(inputs.shape[1], device=inputs.device) < lengths.to(inputs.device)[:, None]\n",
        ),
        (RUN, "    outputs, _ = rnn(inputs.nan_to_num())"),
        (UNPACK, "    outputs = outputs.masked_fill(~valid[..., None], 0.0)\n"),
        (PACKED, "return outputs, outputs[torch.arange(len(lengths)), lengths - 1]"),
        hint=POISON,
    ),
    mutant(
        "packed_outputs",
        "layer-put-into-training-mode",
        "The layer is left in training mode, even where it came in evaluation mode.",
        "test_packed_outputs_leaves_arguments_and_random_state_alone",
        (RUN, "    rnn.train()\n" + RUN),
        hint="Compare rnn.training, rnn.batch_first and the weights before and after a call.",
    ),
    mutant(
        "packed_outputs",
        "weights-unfrozen",
        "The layer's weights are made to require gradients, even where they came frozen.",
        "test_packed_outputs_leaves_arguments_and_random_state_alone",
        (RUN, "    rnn.requires_grad_()\n" + RUN),
        hint="Compare requires_grad of the layer's parameters before and after a call.",
    ),
    # -- many_to_one --------------------------------------------------------------------------------------
    mutant(
        "many_to_one",
        "last-row-of-all",
        "The last of the T steps is read for every sequence, padding or not.",
        "test_many_to_one_reads_the_last_valid_step",
        (LAST, "outputs[-1]"),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "one-step-late",
        "The step at index `length` is read, the first of the padding (the last one where there is no padding).",
        "test_many_to_one_has_known_values",
        (LAST, "outputs[lengths.clamp(max=len(outputs) - 1), rows]"),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "past-the-end",
        "The step at index `length` is read, the first of the padding, and a sequence of T steps raises IndexError.",
        "test_many_to_one_has_known_values",
        (LAST, "outputs[lengths, rows]"),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "one-step-early",
        "The step before the last valid one is read, and the last of all for sequences of one step.",
        "test_many_to_one_has_known_values",
        (LAST, "outputs[lengths - 2, rows]"),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "counted-from-the-end",
        "Steps are counted from the end, as if the padding stood first.",
        "test_many_to_one_has_known_values",
        (LAST, "outputs[-lengths, rows]"),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "longest-for-all",
        "Every sequence is read at the longest length of the batch.",
        "test_many_to_one_answers_for_each_sequence_alone",
        (LAST, "outputs[lengths.max() - 1]"),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "shortest-for-all",
        "Every sequence is read at the shortest length of the batch.",
        "test_many_to_one_answers_for_each_sequence_alone",
        (LAST, "outputs[lengths.min() - 1]"),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "mean-over-valid-steps",
        "The valid steps are averaged, as in Sentence-BERT's pooling; this course's contract reads the last one.",
        "test_many_to_one_reads_no_other_step",
        (
            LAST,
            "(outputs * (torch.arange(len(outputs), device=outputs.device)[:, None] < lengths)[..., None]).sum(0) / lengths[:, None]",
        ),
        hint=LAST_ROW,
        convention="Sentence-BERT's pooling",
    ),
    mutant(
        "many_to_one",
        "mean-over-all-steps",
        "All T steps are averaged, padding included.",
        "test_many_to_one_reads_no_other_step",
        (LAST, "outputs.mean(0)"),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "largest-over-all-steps",
        "The largest value over all T steps is taken, padding included.",
        "test_many_to_one_reads_no_other_step",
        (LAST, "outputs.amax(0)"),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "first-step",
        "The first step is read.",
        "test_many_to_one_has_known_values",
        (LAST, "outputs[0]"),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "sorted",
        "Rows come in order of falling length, not in the given order.",
        "test_many_to_one_answers_for_each_sequence_alone",
        (ONE, "last = last[lengths.argsort(descending=True)]\n    " + ONE),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "lengths-sorted",
        "Lengths are sorted, but not the outputs, so rows are read at one another's lengths.",
        "test_many_to_one_answers_for_each_sequence_alone",
        (LAST, "outputs[lengths.sort(descending=True).values - 1, rows]"),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "no-bias",
        "The bias is left out.",
        "test_many_to_one_has_known_values",
        (ONE, 'return last @ params["W"]'),
        hint=LOGITS,
    ),
    mutant(
        "many_to_one",
        "softmax",
        "The result is probabilities: a softmax is taken.",
        "test_many_to_one_is_linear_in_the_outputs",
        (ONE, 'return torch.softmax(last @ params["W"] + params["b"], dim=-1)'),
        hint=LOGITS,
    ),
    mutant(
        "many_to_one",
        "log-softmax",
        "The result is log-probabilities, as in PyTorch's name-classification tutorial; this course's contract gives logits.",
        "test_many_to_one_is_linear_in_the_outputs",
        (ONE, 'return torch.log_softmax(last @ params["W"] + params["b"], dim=-1)'),
        hint=LOGITS,
        convention="PyTorch's name-classification tutorial",
    ),
    mutant(
        "many_to_one",
        "tanh",
        "A tanh is taken of the last step once more before the layer.",
        "test_many_to_one_is_linear_in_the_outputs",
        (ONE, 'return torch.tanh(last) @ params["W"] + params["b"]'),
        hint=LOGITS,
    ),
    mutant(
        "many_to_one",
        "squeezed",
        "Axes of size 1 are taken away, with the batch where there is one sequence, or the classes where there is one.",
        "test_many_to_one_reads_the_last_valid_step",
        (ONE, 'return (last @ params["W"] + params["b"]).squeeze()'),
        hint="Call it with one sequence, and print the shape.",
    ),
    mutant(
        "many_to_one",
        "time-axis-kept",
        "The result is (1, n, c): the axis of time stays.",
        "test_many_to_one_reads_the_last_valid_step",
        (ONE, 'return (last @ params["W"] + params["b"])[None]'),
        hint=SHAPES,
    ),
    mutant(
        "many_to_one",
        "detached",
        "The last steps are cut off from the graph, so that only the layer learns.",
        "test_many_to_one_gradients_reach_every_argument",
        (ONE, 'return last.detach() @ params["W"] + params["b"]'),
        hint="After backward, is the gradient of outputs None?",
    ),
    mutant(
        "many_to_one",
        "through-float32",
        "The result goes through float32.",
        "test_many_to_one_reads_the_last_valid_step",
        (ONE, 'return (last @ params["W"] + params["b"]).float().to(outputs)'),
        hint="Does any line name a dtype? With float64 arguments everything is to be float64.",
    ),
    mutant(
        "many_to_one",
        "lengths-in-place",
        "One is subtracted from the tensor `lengths` itself.",
        "test_many_to_one_leaves_arguments_and_random_state_alone",
        ("    rows = torch.", "    lengths -= 1\n    rows = torch."),
        (LAST, "outputs[lengths, rows]"),
        hint="Print `lengths` before and after a call.",
    ),
    mutant(
        "many_to_one",
        "batch-major",
        "The outputs are taken for (n, T, h), batch first.",
        "test_many_to_one_reads_the_last_valid_step",
        (LAST, "outputs[rows % len(outputs), (lengths - 1) % outputs.shape[1]]"),
        hint=LAST_ROW,
    ),
    mutant(
        "many_to_one",
        "viewed",
        "The outputs are flattened with view(), which refuses a transpose.",
        "test_many_to_one_takes_tensors_of_any_layout",
        (LAST, "outputs.view(-1, outputs.shape[2])[(lengths - 1) * outputs.shape[1] + rows]"),
        hint=LAID,
    ),
    mutant(
        "many_to_one",
        "places-of-an-earlier-call",
        "Which steps are the last is kept and found again by the shape of the outputs, so that other lengths have no effect.",
        "test_many_to_one_computes_anew_at_each_call",
        (
            LAST,
            "outputs[many_to_one.__dict__.setdefault(f'{tuple(outputs.shape)}', lengths - 1), rows]",
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "many_to_one",
        "lengths-as-bytes",
        "Lengths are held as bytes, so that those beyond 255 begin at 0 again.",
        "test_many_to_one_reads_the_last_valid_step",
        (LAST, "outputs[lengths.to(torch.uint8).long() - 1, rows]"),
        hint=TOO_LONG,
    ),
    mutant(
        "many_to_one",
        "square-weights-turned",
        "W is transposed where it is square, as torch's linear layers hold it.",
        "test_many_to_one_reads_the_last_valid_step",
        (ONE, 'return last @ (params["W"].T if len(params["W"]) == len(params["b"]) else params["W"]) + params["b"]'),
        hint=SAME_SIZES,
    ),
    mutant(
        "many_to_one",
        "difference-of-sums",
        "The last step is the difference of two running sums, in which large values at other steps leave their rounding errors.",
        "test_many_to_one_reads_no_other_step",
        (
            "    last = " + LAST,
            "    sums = torch.cat([torch.zeros_like(outputs[:1]), outputs]).cumsum(0)\n    last = sums[lengths, rows] - sums[lengths - 1, rows]",
        ),
        hint="Put 1e9 at all steps but the last valid ones, and compare.",
    ),
    mutant(
        "many_to_one",
        "last-that-is-not-zero",
        "The last step up to a length whose outputs are not all zeros is read.",
        "test_many_to_one_reads_the_last_valid_step",
        (
            LAST,
            "outputs[[max([t for t in range(length) if outputs[t, i].any()], default=0) for i, length in enumerate(lengths.tolist())], rows]",
        ),
        hint=NOTHING,
    ),
    mutant(
        "many_to_one",
        "parameters-by-their-order",
        "The first of the parameters is taken for W and the second for b, whatever their names are.",
        "test_many_to_one_reads_the_last_valid_step",
        (ONE, "W, b = params.values()\n    return last @ W + b"),
        hint=NAMED,
    ),
    # -- many_to_many -------------------------------------------------------------------------------------
    mutant(
        "many_to_many",
        "last-step-only",
        "Only the last step is answered.",
        "test_many_to_many_has_known_values",
        (MANY, 'return outputs[-1:] @ params["W"] + params["b"]'),
        hint=SHAPES,
    ),
    mutant(
        "many_to_many",
        "batch-major",
        "The result is (n, T, c), as D2L's output layers give it; this course's contract keeps time first here.",
        "test_many_to_many_answers_at_every_step",
        (MANY, 'return (outputs @ params["W"] + params["b"]).transpose(0, 1)'),
        hint=SHAPES,
        convention="D2L's output layers",
    ),
    mutant(
        "many_to_many",
        "flattened",
        "The result is (T·n, c), as a loss takes it; this course's contract keeps both axes.",
        "test_many_to_many_answers_at_every_step",
        (MANY, 'return (outputs @ params["W"] + params["b"]).flatten(0, 1)'),
        hint=SHAPES,
        convention="PyTorch's cross-entropy losses",
    ),
    mutant(
        "many_to_many",
        "viewed-batch-major",
        "The outputs are flattened batch by batch and laid out time by time, so that rows change places.",
        "test_many_to_many_treats_steps_and_sequences_alone",
        (
            MANY,
            'return (outputs.transpose(0, 1).flatten(0, 1) @ params["W"] + params["b"]).reshape(*outputs.shape[:2], -1)',
        ),
        hint="Let outputs[t, i] be 10 t + i. Where does each number end up?",
    ),
    mutant(
        "many_to_many",
        "no-bias",
        "The bias is left out.",
        "test_many_to_many_has_known_values",
        (MANY, 'return outputs @ params["W"]'),
        hint=LOGITS,
    ),
    mutant(
        "many_to_many",
        "bias-at-the-first-step",
        "The bias is added at the first step only.",
        "test_many_to_many_has_known_values",
        (MANY, 'result = outputs @ params["W"]\n    return torch.cat([result[:1] + params["b"], result[1:]])'),
        hint=LOGITS,
    ),
    mutant(
        "many_to_many",
        "softmax",
        "The result is probabilities: a softmax is taken over the classes.",
        "test_many_to_many_is_linear_in_the_outputs",
        (MANY, 'return torch.softmax(outputs @ params["W"] + params["b"], dim=-1)'),
        hint=LOGITS,
    ),
    mutant(
        "many_to_many",
        "log-softmax",
        "The result is log-probabilities, as PyTorch's tagging tutorial gives them; this course's contract gives logits.",
        "test_many_to_many_is_linear_in_the_outputs",
        (MANY, 'return torch.log_softmax(outputs @ params["W"] + params["b"], dim=-1)'),
        hint=LOGITS,
        convention="PyTorch's tagging tutorial",
    ),
    mutant(
        "many_to_many",
        "tanh",
        "A tanh is taken of the outputs once more before the layer.",
        "test_many_to_many_is_linear_in_the_outputs",
        (MANY, 'return torch.tanh(outputs) @ params["W"] + params["b"]'),
        hint=LOGITS,
    ),
    mutant(
        "many_to_many",
        "relu",
        "A rectifier is put behind the layer.",
        "test_many_to_many_is_linear_in_the_outputs",
        (MANY, 'return torch.relu(outputs @ params["W"] + params["b"])'),
        hint=LOGITS,
    ),
    mutant(
        "many_to_many",
        "mean-over-time",
        "All steps get the answer to the mean over time.",
        "test_many_to_many_has_known_values",
        (MANY, 'return outputs.mean(0, keepdim=True).expand_as(outputs) @ params["W"] + params["b"]'),
        hint="Change the outputs of one step: which answers change?",
    ),
    mutant(
        "many_to_many",
        "running-sum",
        "Each step is answered from the sum of all steps up to it.",
        "test_many_to_many_treats_steps_and_sequences_alone",
        (MANY, 'return outputs.cumsum(0) @ params["W"] + params["b"]'),
        hint="Change the outputs of one step: which answers change?",
    ),
    mutant(
        "many_to_many",
        "one-step-late",
        "Each step gets the answer of the step before it, the first that of the last.",
        "test_many_to_many_has_known_values",
        (MANY, 'return outputs.roll(1, 0) @ params["W"] + params["b"]'),
        hint="Change the outputs of one step: which answers change?",
    ),
    mutant(
        "many_to_many",
        "squeezed",
        "Axes of size 1 are taken away, of time, batch or classes.",
        "test_many_to_many_answers_at_every_step",
        (MANY, 'return (outputs @ params["W"] + params["b"]).squeeze()'),
        hint="Call it with one sequence, and print the shape.",
    ),
    mutant(
        "many_to_many",
        "detached",
        "The outputs are cut off from the graph, so that only the layer learns.",
        "test_many_to_many_gradients_reach_every_argument",
        (MANY, 'return outputs.detach() @ params["W"] + params["b"]'),
        hint="After backward, is the gradient of outputs None?",
    ),
    mutant(
        "many_to_many",
        "through-float32",
        "The result goes through float32.",
        "test_many_to_many_answers_at_every_step",
        (MANY, 'return (outputs @ params["W"] + params["b"]).float().to(outputs)'),
        hint="Does any line name a dtype? With float64 arguments everything is to be float64.",
    ),
    mutant(
        "many_to_many",
        "bias-in-place",
        "The outputs are divided by their largest value in place, and the layer works on that.",
        "test_many_to_many_leaves_arguments_and_random_state_alone",
        (
            MANY,
            'size = outputs.detach().abs().max()\n    with torch.no_grad():\n        outputs /= size\n    return size * (outputs @ params["W"]) + params["b"]',
        ),
        hint="Compare `outputs` before and after a call.",
    ),
    mutant(
        "many_to_many",
        "viewed",
        "The outputs are flattened with view(), which refuses a transpose.",
        "test_many_to_many_takes_tensors_of_any_layout",
        (
            MANY,
            'return (outputs.view(-1, outputs.shape[2]) @ params["W"] + params["b"]).view(*outputs.shape[:2], -1)',
        ),
        hint=LAID,
    ),
    mutant(
        "many_to_many",
        "weights-of-an-earlier-call",
        "A copy of W is kept and found again by its tensor, which may hold other values by then.",
        "test_many_to_many_computes_anew_at_each_call",
        (
            MANY,
            'W, kept = params["W"], many_to_many.__dict__.setdefault("kept", {})\n'
            "    if not W.requires_grad:\n"
            "        W = kept.setdefault(id(W), (W, W.clone()))[1]\n"
            '    return outputs @ W + params["b"]',
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "many_to_many",
        "buffer-used-again",
        "Results of one shape are written into one tensor, so that those of an earlier call change.",
        "test_many_to_many_computes_anew_at_each_call",
        (
            MANY,
            'result = outputs @ params["W"] + params["b"]\n'
            "    if result.requires_grad:\n        return result\n"
            "    return many_to_many.__dict__.setdefault(f'{result.dtype} {tuple(result.shape)}', result.clone()).copy_(result)",
        ),
        hint="Call it twice, and print the first result again.",
    ),
    mutant(
        "many_to_many",
        "last-chunk-left-out",
        "Steps are answered 64 at a time, and what is left of a longer sequence after the last full chunk stays zero.",
        "test_many_to_many_answers_at_every_step",
        (
            MANY,
            "done = len(outputs) // 64 * 64 or len(outputs)\n"
            '    result = outputs[:done] @ params["W"] + params["b"]\n'
            "    return torch.cat([result, result.new_zeros(len(outputs) - done, *result.shape[1:])])",
        ),
        hint=TOO_LONG,
    ),
    mutant(
        "many_to_many",
        "zero-steps-stay-zero",
        "A step whose outputs are all zeros is taken for padding: its answer is zero, not the bias.",
        "test_many_to_many_answers_at_every_step",
        (MANY, 'return (outputs @ params["W"] + params["b"]) * (outputs != 0).any(2, keepdim=True)'),
        hint=NOTHING,
    ),
    mutant(
        "many_to_many",
        "square-weights-turned",
        "W is transposed where it is square, as torch's linear layers hold it.",
        "test_many_to_many_answers_at_every_step",
        (
            MANY,
            'return outputs @ (params["W"].T if len(params["W"]) == len(params["b"]) else params["W"]) + params["b"]',
        ),
        hint=SAME_SIZES,
    ),
    mutant(
        "many_to_many",
        "parameters-by-their-order",
        "The first of the parameters is taken for W and the second for b, whatever their names are.",
        "test_many_to_many_answers_at_every_step",
        (MANY, "W, b = params.values()\n    return outputs @ W + b"),
        hint=NAMED,
    ),
    # -- greedy_decode ------------------------------------------------------------------------------------
    mutant(
        "greedy_decode",
        "first-included",
        "The result begins with `first`, as Hugging Face's generate gives the prompt back; this course's contract gives predictions alone.",
        "test_greedy_decode_counts_on_until_eos",
        (DECODED, "return torch.stack([first, *predictions[:-1]], dim=1)"),
        hint=ROWS_END,
        convention="Hugging Face's generate",
    ),
    mutant(
        "greedy_decode",
        "first-included-and-one-longer",
        "The result begins with `first` and is one token longer.",
        "test_greedy_decode_of_fewer_steps_is_the_beginning",
        (DECODED, "return torch.stack([first, *predictions], dim=1)"),
        hint=ROWS_END,
    ),
    mutant(
        "greedy_decode",
        "one-token-short",
        "The last of max_len tokens is missing.",
        "test_greedy_decode_gives_the_most_likely_tokens",
        (DECODED, "return torch.stack(predictions, dim=1)[:, : max_len - 1]"),
        hint="Count the tokens of a row, and the calls of step.",
    ),
    mutant(
        "greedy_decode",
        "first-prediction-dropped",
        "The first prediction is dropped, and one more made at the end.",
        "test_greedy_decode_counts_on_until_eos",
        ("    for _ in range(max_len):\n", "    for _ in range(max_len + 1):\n"),
        (DECODED, "return torch.stack(predictions[1:], dim=1)"),
        hint=ROWS_END,
    ),
    mutant(
        "greedy_decode",
        "goes-on-after-eos",
        "A row goes on after its eos.",
        "test_greedy_decode_counts_on_until_eos",
        (ENDED, ""),
        hint=ROWS_END,
    ),
    mutant(
        "greedy_decode",
        "remembers-one-step",
        "A row is held at eos for one step after its eos and then goes on.",
        "test_greedy_decode_counts_on_until_eos",
        (PREDICTED, "logits.argmax(dim=-1)\n        tokens, ended = torch.where(ended, eos, tokens), tokens == eos"),
        (ENDED, ""),
        hint=ROWS_END,
    ),
    mutant(
        "greedy_decode",
        "zero-after-eos",
        "After its eos a row is filled with 0, as where 0 is the padding; this course's contract fills it with eos.",
        "test_greedy_decode_counts_on_until_eos",
        (PREDICTED, "torch.where(ended, 0, logits.argmax(dim=-1))"),
        hint=ROWS_END,
        convention="Hugging Face's padding of finished rows",
    ),
    mutant(
        "greedy_decode",
        "ends-with-the-first-row",
        "All rows end as soon as any of them has ended.",
        "test_greedy_decode_treats_each_row_alone",
        (ENDED, "        ended = ended | (tokens == eos).any()\n"),
        hint=ROWS_END,
    ),
    mutant(
        "greedy_decode",
        "first-ends-a-row",
        "A row whose first token equals eos has ended before it begins.",
        "test_greedy_decode_goes_on_where_first_is_eos",
        (BEGIN, "tokens, ended, predictions = first, first == eos, []"),
        hint="Let first be eos in one row. Is a row ended by what it is fed, or by what is predicted?",
    ),
    mutant(
        "greedy_decode",
        "stops-early",
        "Decoding stops when all rows have ended, and the result is as short as that.",
        "test_greedy_decode_has_max_len_tokens_even_where_all_rows_end",
        (KEEP, KEEP + "        if bool(ended.all()):\n            break\n"),
        hint="Let all rows end soon, and print the shape of the result.",
    ),
    mutant(
        "greedy_decode",
        "zeros-where-all-rows-ended",
        "Decoding stops when all rows have ended, and what is left of the result stays 0.",
        "test_greedy_decode_has_max_len_tokens_even_where_all_rows_end",
        (
            KEEP,
            KEEP
            + "        if bool(ended.all()):\n            predictions += [torch.zeros_like(first)] * (max_len - len(predictions))\n            break\n",
        ),
        hint="Let all rows end soon: what stands at the end of the result?",
    ),
    mutant(
        "greedy_decode",
        "feeds-first-again",
        "step is fed `first` at every call.",
        "test_greedy_decode_counts_on_until_eos",
        (STEP, "logits, state = step(first, state)"),
        hint=FEEDING,
    ),
    mutant(
        "greedy_decode",
        "state-not-passed-on",
        "Every call of step gets the state given at the beginning.",
        "test_greedy_decode_gives_the_most_likely_tokens",
        (STEP, "logits, _ = step(tokens, state)"),
        hint=FEEDING,
    ),
    mutant(
        "greedy_decode",
        "given-state-ignored",
        "The first call of step gets None instead of the state given.",
        "test_greedy_decode_starts_from_the_state_given",
        (BEGIN, BEGIN + "\n    state = None"),
        hint=FEEDING,
    ),
    mutant(
        "greedy_decode",
        "argmax-over-the-batch",
        "The argmax is taken over the rows of the batch.",
        "test_greedy_decode_gives_the_most_likely_tokens",
        (PREDICTED, "torch.where(ended, eos, logits.argmax(dim=0)[: len(first)])"),
        hint="Over which axis of (n, V) do the tokens run?",
    ),
    mutant(
        "greedy_decode",
        "one-token-for-all-rows",
        "The argmax is taken over the mean of all rows, so that every row gets the same token.",
        "test_greedy_decode_treats_each_row_alone",
        (PREDICTED, "torch.where(ended, eos, logits.mean(0).argmax())"),
        hint="Over which axis of (n, V) do the tokens run?",
    ),
    mutant(
        "greedy_decode",
        "largest-magnitude",
        "The logit of the largest magnitude is chosen, be it negative.",
        "test_greedy_decode_gives_the_most_likely_tokens",
        (PREDICTED, "torch.where(ended, eos, logits.abs().argmax(dim=-1))"),
        hint="Which token is chosen where the logits are -9, 1, 2?",
    ),
    mutant(
        "greedy_decode",
        "least-likely",
        "The token with the lowest logit is chosen.",
        "test_greedy_decode_counts_on_until_eos",
        (PREDICTED, "torch.where(ended, eos, logits.argmin(dim=-1))"),
        hint="Which token is chosen where the logits are -9, 1, 2?",
    ),
    mutant(
        "greedy_decode",
        "sampled",
        "Tokens are drawn from the softmax of the logits, instead of the most likely one taken.",
        "test_greedy_decode_leaves_arguments_and_random_state_alone",
        (PREDICTED, "torch.where(ended, eos, torch.multinomial(logits.softmax(dim=-1), 1)[:, 0])"),
        hint="Call it twice. Does a greedy decoder give two answers?",
    ),
    mutant(
        "greedy_decode",
        "eos-never-chosen",
        "eos is masked out of the logits, so that no row ends.",
        "test_greedy_decode_counts_on_until_eos",
        (
            STEP,
            STEP + "\n        logits = logits.index_fill(-1, torch.tensor([eos], device=logits.device), -torch.inf)",
        ),
        hint=ROWS_END,
    ),
    mutant(
        "greedy_decode",
        "time-major",
        "The result is (max_len, n).",
        "test_greedy_decode_gives_the_most_likely_tokens",
        (DECODED, "return torch.stack(predictions)"),
        hint=SHAPES,
    ),
    mutant(
        "greedy_decode",
        "squeezed",
        "Axes of size 1 are taken away, with the batch where there is one row, or the tokens where there is one.",
        "test_greedy_decode_gives_the_most_likely_tokens",
        (DECODED, "return torch.stack(predictions, dim=1).squeeze()"),
        hint="Decode a single row, and print the shape.",
    ),
    mutant(
        "greedy_decode",
        "int32",
        "The result is int32.",
        "test_greedy_decode_has_max_len_tokens_even_where_all_rows_end",
        (DECODED, "return torch.stack(predictions, dim=1).int()"),
        hint=SHAPES,
    ),
    mutant(
        "greedy_decode",
        "lists",
        "The result is a list of lists of int, not a tensor.",
        "test_greedy_decode_gives_the_most_likely_tokens",
        (DECODED, "return torch.stack(predictions, dim=1).tolist()"),
        hint=SHAPES,
    ),
    mutant(
        "greedy_decode",
        "first-written-over",
        "Predictions are written into the tensor `first`.",
        "test_greedy_decode_leaves_arguments_and_random_state_alone",
        (KEEP, KEEP + "        first.copy_(tokens)\n"),
        hint="Print `first` before and after a call.",
    ),
    mutant(
        "greedy_decode",
        "eos-one-late",
        "The first eos of a row is replaced by the token before it, so that a row ends one token late.",
        "test_greedy_decode_counts_on_until_eos",
        (ENDED, "        newly = (tokens == eos) & ~ended\n        ended = ended | newly\n"),
        (KEEP, "        predictions.append(torch.where(newly, predictions[-1] if predictions else first, tokens))\n"),
        hint=ROWS_END,
    ),
    mutant(
        "greedy_decode",
        "half-precision",
        "Logits are compared in half precision, where close ones tie.",
        "test_greedy_decode_gives_the_most_likely_tokens",
        (PREDICTED, "torch.where(ended, eos, logits.half().argmax(dim=-1))"),
        hint=CLOSE,
    ),
    mutant(
        "greedy_decode",
        "exponentials",
        "The largest of the exponentials is chosen, which are infinite, or zero, for large logits.",
        "test_greedy_decode_gives_the_most_likely_tokens",
        (PREDICTED, "torch.where(ended, eos, (logits.exp() / logits.exp().sum(-1, keepdim=True)).argmax(dim=-1))"),
        hint=CLOSE,
    ),
    mutant(
        "greedy_decode",
        "float32-probabilities",
        "The largest of probabilities in float32 is chosen, where close logits of float64 tie.",
        "test_greedy_decode_gives_the_most_likely_tokens",
        (PREDICTED, "torch.where(ended, eos, logits.float().softmax(-1).argmax(dim=-1))"),
        hint=CLOSE,
    ),
    mutant(
        "greedy_decode",
        "sixteen-bits",
        "Predictions are held in 16 bits, so that indices beyond 32 767 become others.",
        "test_greedy_decode_counts_on_until_eos",
        (KEEP, "        predictions.append(tokens.short().long())\n"),
        hint=DIGITS,
    ),
    mutant(
        "greedy_decode",
        "axis-found-by-size",
        "The argmax is taken over the first axis that is as long as the vocabulary: the batch, where it has as many rows.",
        "test_greedy_decode_gives_the_most_likely_tokens",
        (PREDICTED, "torch.where(ended, eos, logits.argmax(dim=list(logits.shape).index(logits.shape[-1])))"),
        hint=SAME_SIZES,
    ),
    mutant(
        "greedy_decode",
        "flattened-with-view",
        "The logits are flattened with view(), which refuses a transpose.",
        "test_greedy_decode_takes_tensors_of_any_layout",
        (PREDICTED, "torch.where(ended, eos, logits.view(-1).view(len(first), -1).argmax(dim=-1))"),
        hint=LAID,
    ),
    mutant(
        "greedy_decode",
        "false-state-not-passed-on",
        "A new state that is taken for false, such as an empty list, is not passed on: the one before it is.",
        "test_greedy_decode_passes_on_a_state_that_is_taken_for_false",
        (STEP, "logits, new = step(tokens, state)\n        state = new or state"),
        hint=FEEDING,
    ),
    mutant(
        "greedy_decode",
        "remembered-by-the-tensor",
        "The tokens of `first` are kept and found again by the tensor, which may hold others by then.",
        "test_greedy_decode_computes_anew_at_each_call",
        (
            BEGIN,
            'first = greedy_decode.__dict__.setdefault("kept", {}).setdefault(id(first), (first, first.clone()))[1]\n    '
            + BEGIN,
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "greedy_decode",
        "buffer-used-again",
        "Results of one shape are written into one tensor, so that those of an earlier call change.",
        "test_greedy_decode_computes_anew_at_each_call",
        (
            DECODED,
            "result = torch.stack(predictions, dim=1)\n"
            "    return greedy_decode.__dict__.setdefault(f'{tuple(result.shape)}', result.clone()).copy_(result)",
        ),
        hint="Call it twice, and print the first result again.",
    ),
]


def _same_batches(arguments: Mapping[str, Any], one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Batches of the same buckets and sizes, as many repeats, and orders that come as often, whatever is the first."""
    makes = [Counter(_labels(arguments, made["batches"])) for made in (one, other)]
    if makes[0] != makes[1] or _repeats(one) != _repeats(other):
        return False
    epochs = [_epochs(arguments, made) for made in (one, other)]
    if any(len(held) > FEW for held in epochs):
        return _same_orders(*map(Counter, epochs))
    alone = [len(held) > FEW // 20 and len(set(held)) == 1 for held in epochs]
    neighbours = [Counter(a == b for epoch in held for a, b in pairwise(epoch)) for held in epochs]
    return alone[0] == alone[1] and same_frequencies(*neighbours)


def _labels(arguments: Mapping[str, Any], batches: list[list[int]]) -> list[Label]:
    """Of each batch, how many pairs it holds of which bucket; indices beyond the lengths stand for themselves."""
    lengths, width = arguments["lengths"], arguments["width"]
    first, second = map(min, zip(*lengths, strict=True))
    buckets = [((source - first) // width, (target - second) // width) for source, target in lengths]
    labels = [[buckets[i] if 0 <= i < len(buckets) else (-1, i) for i in batch] for batch in batches]
    return [tuple(sorted(Counter(label).items())) for label in labels]


def _repeats(made: dict[str, Any]) -> Counter[int]:
    """How many indices come how often."""
    return Counter(Counter(index for batch in made["batches"] for index in batch).values())


def _epochs(arguments: Mapping[str, Any], made: dict[str, Any]) -> list[tuple[Label, ...]]:
    """The labels of the batches of every epoch, in order."""
    found = [tuple(_labels(arguments, made["batches"]))]
    for epoch in made["epochs"]:
        batches: list[list[int]] = [[]]
        for index in epoch:
            if index == -1:
                batches.append([])
            elif index >= 0:
                batches[-1].append(index)
        found.append(tuple(_labels(arguments, batches[:-1])))
    return found


def _same_orders(one: Counter[tuple[Label, ...]], other: Counter[tuple[Label, ...]]) -> bool:
    """Whether orders come as often, for some way of matching batches: which of them is made first is free."""
    names = [sorted({label for order in orders for label in order}) for orders in (one, other)]
    if len(names[0]) != len(names[1]) or len(names[0]) > 5:
        return same_frequencies(one, other)
    matched = (dict(zip(names[0], named, strict=True)) for named in permutations(names[1]))
    return any(
        same_frequencies(Counter({tuple(map(match.get, order)): count for order, count in one.items()}), other)
        for match in matched
    )


ALIKE = {"bucket_batches": _same_batches}
