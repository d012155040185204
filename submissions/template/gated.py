"""Modern recurrent networks: LSTM, GRU, deep and bidirectional."""

from harness import hookimpl


@hookimpl
def lstm_scratch(inputs, state, params):
    """Run a long short-term memory over a batch of sequences, from the equations.

    Shapes: inputs (T, n, d); state (H, C), each (n, h), or None; params W_xi W_xf W_xo W_xc (d, h),
        W_hi W_hf W_ho W_hc (h, h), b_i b_f b_o b_c (h,). Gives (outputs (T, n, h), (H, C)), H and C (n, h).
    Conventions: input gate I, forget gate F and output gate O are sigmoids of X_t W_x. + H_{t-1} W_h. + b.
        [10.1.1], the candidate C~ is the tanh of the same with its own weights [10.1.2],
        C_t = F * C_{t-1} + I * C~ [10.1.3], H_t = O * tanh(C_t) [10.1.4]. outputs holds H_1 ... H_T; the
        returned state is the last (H, C), a tuple. state=None means zeros. Results follow the dtype and
        device of the arguments and are differentiable with respect to every argument. Arguments are not
        mutated. It may not use torch's recurrent modules, cells or kernels.
    Source: D2L 10.1, equations 10.1.1-10.1.4.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def lstm_concise(num_inputs, num_hiddens):
    """Make an LSTM from torch's own layer.

    Shapes: two ints in, an nn.Module out. It is called as `module(inputs, state)`, inputs (T, n, d), state
        None or (H, C), each (1, n, h), and gives (outputs (T, n, h), (H, C)), H and C (1, n, h).
    Conventions: the module is or holds exactly one torch.nn.LSTM of 1 layer and one direction, with no
        parameters besides its own four, which the harness sets before it calls the module. state=None means
        zeros, at every call. Results follow the
        dtype and device of the module's inputs and are differentiable with respect to inputs, state and
        weights. Initial weights may be drawn from torch's global generator, which may not be seeded: two
        calls give different ones.
    Source: D2L 10.1.3.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def gru_scratch(inputs, state, params):
    """Run a gated recurrent unit over a batch of sequences, from the equations.

    Shapes: inputs (T, n, d); state (n, h) or None; params W_xr W_xz W_xh (d, h), W_hr W_hz W_hh (h, h),
        b_r b_z b_h (h,). Gives (outputs (T, n, h), state (n, h)).
    Conventions: reset gate R and update gate Z are sigmoids of X_t W_x. + H_{t-1} W_h. + b. [10.2.1],
        H~ = tanh(X_t W_xh + (R * H_{t-1}) W_hh + b_h) [10.2.2]: the reset comes before the product, unlike
        torch.nn.GRU; H_t = Z * H_{t-1} + (1 - Z) * H~ [10.2.3]: Z keeps the old state. outputs holds
        H_1 ... H_T; the returned state is the last. state=None means zeros. Results follow the dtype and
        device of the arguments and are differentiable with respect to every argument. Arguments are not
        mutated. It may not use torch's recurrent modules, cells or kernels.
    Source: D2L 10.2, equations 10.2.1-10.2.3.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def gru_concise(num_inputs, num_hiddens):
    """Make a GRU from torch's own layer.

    Shapes: two ints in, an nn.Module out. It is called as `module(inputs, state)`, inputs (T, n, d), state
        None or (1, n, h), and gives (outputs (T, n, h), state (1, n, h)).
    Conventions: the module is or holds exactly one torch.nn.GRU of 1 layer and one direction, with no
        parameters besides its own four, which the harness sets before it calls the module. state=None means
        zeros, at every call. Results follow the
        dtype and device of the module's inputs and are differentiable with respect to inputs, state and
        weights. Initial weights may be drawn from torch's global generator, which may not be seeded: two
        calls give different ones.
    Source: D2L 10.2.5.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def deep_rnn(inputs, states, layers):
    """Run a stack of tanh RNNs, each reading the outputs of the one below.

    Shapes: inputs (T, n, d); states a list of L tensors (n, h), or None; layers a list of L dicts
        W_xh, W_hh (h, h), b_h (h,), where W_xh is (d, h) in the first layer and (h, h) in the others. Gives
        (outputs (T, n, h), a list of L states (n, h)).
    Conventions: layer l computes H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h) from the outputs of layer l-1
        [10.3.1], the first from inputs; each layer has its own weights and its own state. outputs are
        those of the last layer; the returned states are every layer's last, in the order of layers.
        states=None means zeros. Results follow the dtype and device of the arguments and are differentiable
        with respect to every argument. Arguments are not mutated.
    Source: D2L 10.3, equation 10.3.1.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def bidirectional_rnn(inputs, states, forward_params, backward_params):
    """Run one tanh RNN forward and one backward over a batch of sequences.

    Shapes: inputs (T, n, d); states (forward state, backward state), each (n, h), or None; both params
        W_xh (d, h), W_hh (h, h), b_h (h,). Gives (outputs (T, n, 2h), (forward state, backward state)),
        each state (n, h).
    Conventions: both directions compute tanh(X_t W_xh + H W_hh + b_h), the forward one from H_{t-1}, the
        backward one from H_{t+1} [10.4.1]; outputs[t] holds the forward half first, then the backward half;
        the backward half stands in original time order. The forward state is the one after reading
        inputs[T-1], the backward state the one after reading inputs[0]. states=None means zeros. Results
        follow the dtype and device of the arguments and are differentiable with respect to every argument.
        Arguments are not mutated.
    Source: D2L 10.4, equation 10.4.1.
    """
    raise NotImplementedError("not implemented yet")
