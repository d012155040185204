"""Batching: sequences of unequal lengths, encoded, bucketed, padded, packed, read out and decoded."""

from harness import hookimpl


@hookimpl
def encode_pair(source, target, source_index, target_index, max_len):
    """Encode a pair of sentences as indices, each by its own map and within a limit.

    Shapes: `source` and `target` are lists of words; `source_index` and `target_index` map words to indices;
        two lists of int out, a tuple.
    Conventions: the source is the indices of its words, cut to the first max_len of them; nothing is added.
        The target is the index of <sos>, those of its first words, at most max_len - 2, and the index of
        <eos>, so that it never exceeds max_len and always ends with <eos>. A word that its map lacks takes the
        index of <unk> in that same map. Both maps hold <pad>, <unk>, <sos> and <eos>, at any index; an
        ordinary word may have index 0. max_len >= 2. Nothing is padded.
    Source: D2L 10.5.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def bucket_batches(lengths, batch_size, width, generator):
    """Group pairs of sequences of similar lengths into batches, and put the batches in random order.

    Shapes: `lengths` is a list of (source length, target length); a list of lists of indices into it out.
    Conventions: a bucket is `width` lengths wide on either side: it holds the pairs with
        a·width <= source length - smallest source length < (a+1)·width, and
        b·width <= target length - smallest target length < (b+1)·width, for one a and one b. Each batch holds
        at most batch_size pairs of one bucket, and at most one batch of a bucket holds fewer; each index comes
        exactly once, 0 the first. All batches, of all buckets, come in uniformly random order. The randomness
        comes from `generator` (on the CPU), how it is drawn is free; so is which pairs of a bucket share a
        batch, and the order within a batch. Ungraded: empty lengths.
    Source: D2L 10.5; bucketing as in Sutskever, Vinyals and Le 2014.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def collate_pairs(pairs, pad):
    """Put encoded pairs into two padded tensors, the longest source first.

    Shapes: `pairs` is a list of (source, target), each a list of int of any length from 1 on; (source (n, Ls),
        target (n, Lt)) int64 out, where Ls and Lt are the longest source and the longest target.
    Conventions: rows in order of falling source length, pairs of equal source length in their given order;
        row i of the target belongs to row i of the source. Rows are padded on the right with `pad`. A token
        may equal `pad`: it counts for the length like any other.
    Source: D2L 10.5; torch.nn.utils.rnn.pack_padded_sequence, which wants this order.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def packed_outputs(rnn, inputs, lengths):
    """Run a recurrent layer over padded sequences of unequal lengths, as if each stood alone.

    Shapes: `rnn` is a torch.nn.RNN or torch.nn.GRU with batch_first=True, one layer, one direction; inputs
        (n, T, d); lengths (n,) int64, on the CPU, each from 1 to T; (outputs (n, T, h), last (n, h)) out.
    Conventions: outputs[i, t] is the layer's output at step t of sequence i alone, from a state of zeros, for
        t < lengths[i], and exactly 0 beyond; T stays T, even where no sequence is that long. last[i] is the
        output at step lengths[i] - 1. Both stand in the given order: lengths come unsorted. What inputs
        hold beyond a length never matters, inf and nan included, to gradients neither. The layer is left as it
        was: weights, mode and all. Differentiable in inputs and the layer's parameters.
    Source: D2L 9.7 and 10.5; torch.nn.utils.rnn.pack_padded_sequence.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def many_to_one(outputs, lengths, params):
    """Read one answer out of each sequence: a linear layer on its last valid step.

    Shapes: outputs (T, n, h), time-major; lengths (n,) int64, each from 1 to T; params W (h, c), b (c,); (n, c)
        out.
    Conventions: row i is outputs[lengths[i] - 1, i] W + b; no softmax. What stands beyond a length is padding
        and does not matter. Lengths come unsorted, rows in the given order. Differentiable in outputs and both
        parameters.
    Source: D2L 16.2.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def many_to_many(outputs, params):
    """Read an answer out of every step: the same linear layer at each.

    Shapes: outputs (T, n, h), time-major; params W (h, c), b (c,); (T, n, c) out.
    Conventions: outputs[t] W + b at every step t; no softmax. Differentiable in outputs and both parameters.
    Source: D2L 9.4.2.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def greedy_decode(first, max_len, step, state, eos):
    """Decode a batch of sequences greedily, each until its own <eos>.

    Shapes: first (n,) int64; `step` maps tokens (n,) and a state to (logits (n, V), state); (n, max_len) int64
        out.
    Conventions: the first call of `step` gets `first` and `state`, each later one the predictions and the state
        of the call before; a prediction is the argmax of a row's logits. The result holds the predictions, not
        `first`. After a row's first `eos` the row is `eos` to the end, while the others go on; `first` equal to
        `eos` does not end a row. `step` is pure, the state is passed on as it came, whatever it is (None too).
        Ungraded: ties; what a finished row is fed; whether `step` is called once all rows have ended.
    Source: D2L 10.7.
    """
    raise NotImplementedError("not implemented yet")
