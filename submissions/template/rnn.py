"""Recurrent neural networks: cells, the language model around them, clipping, generation and training."""

from harness import hookimpl


@hookimpl
def one_hot(indices, vocab_size):
    """Turn token indices into time-major one-hot vectors.

    Shapes: indices (n, T) int64; (T, n, V) out, V = vocab_size.
    Conventions: float32, on the device of the indices, transposed to time-major. Tokens may be missing from
        the indices: V is vocab_size, whatever occurs.
    Source: D2L 9.5.2.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def rnn_scratch(inputs, state, params):
    """Run a tanh RNN over a sequence, from scratch.

    Shapes: inputs (T, n, d); state (n, h) or None; params W_xh (d, h), W_hh (h, h), b_h (h,);
        (outputs (T, n, h), state (n, h)) out.
    Conventions: H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h); `state=None` means zeros; the final state equals
        the last output. Differentiable in inputs, state and every parameter. Forbidden: torch.nn's recurrent
        modules and cells, torch.rnn_tanh, rnn_relu, lstm, gru, the *_cell functions, and whatever reaches the
        same kernels.
    Source: D2L 9.4.2 and 9.5.1, equation 9.4.5.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def rnn_concise(num_inputs, num_hiddens):
    """Build a tanh RNN on torch.nn.RNN.

    Shapes: `module(inputs (T, n, d), state)` gives (outputs (T, n, h), state (1, n, h)), where d = num_inputs,
        h = num_hiddens, and the state given is None or (1, n, h).
    Conventions: the module is or holds exactly one torch.nn.RNN (1 layer, tanh, one direction), and has no
        parameters besides that layer's own four (weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0). A state
        of None means zeros, at every call. Differentiable in inputs, state and the four parameters. Initial
        weights are random; they may be drawn from torch's global generator, which may not be seeded.
    Source: D2L 9.6.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def output_layer(hiddens, params):
    """Turn hidden states into logits over the vocabulary.

    Shapes: hiddens (T, n, h); params W_hq (h, V), b_q (V,); logits (n, T, V) out: batch first.
    Conventions: O_t = H_t W_hq + b_q; no softmax. Differentiable in hiddens and every parameter.
    Source: D2L 9.4.2 and 9.5.2, equation 9.4.6.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def language_model_loss(logits, targets):
    """Compute the mean cross-entropy of next-token predictions.

    Shapes: logits (n, T, V); targets (n, T) int64; a scalar tensor out.
    Conventions: the mean over all n·T positions, in nats; logits, not probabilities. Stable for logits of
        ±1e4: finite, and within 1e-2 in float32 (full accuracy in float64). Differentiable in the logits.
    Source: D2L 9.4.3 and 9.5.2.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def clip_gradients(parameters, max_norm):
    """Rescale gradients in place so that their norm, taken over all parameters together, is at most max_norm.

    Shapes: `parameters` is a list of tensors with `.grad` of their own shape, or None; the result is ignored.
    Conventions: g <- g · min(1, max_norm/||g||), one norm over all parameters together, within 1e-5
        relative. In place on `.grad`: the same tensor object stays. Parameters whose `.grad` is None are
        skipped; the parameters' values stay. Ungraded: zero norm; 0-d parameters.
    Source: D2L 9.5.3, equation 9.5.3.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def generate(prefix, num_preds, step, state):
    """Continue a prefix with greedy predictions.

    Shapes: `prefix` is a list of int; a list of int out: the prefix, then `num_preds` tokens.
    Conventions: `step(token, state)` gives (logits (V,), state); the state is passed on as it came, `state`
        first, whatever it is. Each prefix token and each prediction but the last is fed exactly once, in
        order; `step` may be handed an int or a 0-d tensor. A prediction is the argmax of the logits.
        Ungraded: ties; num_preds 0.
    Raises: ValueError on an empty prefix.
    Source: D2L 9.5.4.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def train_language_model(
    corpus, vocab_size, num_hiddens, num_steps, batch_size, num_epochs, learning_rate, max_norm, generator
):
    """Train a one-layer tanh RNN language model and return its weights.

    Shapes: `corpus` is a list of int; a dict W_xh (V, h), W_hh (h, h), b_h (h,), W_hq (h, V), b_q (V,) out,
        V = vocab_size, h = num_hiddens.
    Conventions: one-hot input, `rnn_scratch` and `output_layer` in equations, mean cross-entropy of the next
        token, SGD with the given learning rate, gradients clipped to `max_norm` by their global norm.
        Initial weights come from `generator`, a CPU generator, and so does all other randomness. Initial
        scale, window sampling and carried state are free; an epoch is about len/(num_steps·batch_size)
        updates. float32 weights, which may or may not require grad; vocab_size may exceed the tokens that
        occur. Graded by the perplexity that the harness computes from the returned weights on text held out
        from training: at most 1.15 times that of the reference trained on the same case.
    Source: D2L 9.5.
    """
    raise NotImplementedError("not implemented yet")
