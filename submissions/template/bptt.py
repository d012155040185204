"""Backpropagation through time, by hand: full, truncated and randomized gradients of recurrent networks."""

from harness import hookimpl


@hookimpl
def linear_rnn_gradients(inputs, targets, params):
    """Compute the gradients of a linear RNN's loss with respect to its three weights.

    Shapes: inputs (T, d), targets (T, q), params W_hx (h, d), W_hh (h, h), W_qh (q, h);
        a dict with the keys and shapes of params out.
    Conventions: vectors are columns: h_t = W_hx x_t + W_hh h_{t-1}, h_0 = 0, o_t = W_qh h_t [9.7.9];
        the loss is L = (1/T) sum_t 1/2 ||o_t - y_t||^2; its gradients follow from [9.7.11-9.7.16].
        Autograd is forbidden, reverse and forward mode, in any dress.
    Source: D2L 9.7.2, equations 9.7.9-9.7.16.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def truncated_gradients(inputs, targets, params, tau):
    """Compute the gradients of the same loss where each step's loss reaches back a limited number of steps.

    Shapes: inputs (T, d), targets (T, q), params W_hx (h, d), W_hh (h, h), W_qh (q, h), tau an int >= 0;
        a dict with the keys and shapes of params out.
    Conventions: the model and the loss L of `linear_rnn_gradients`. Each loss l_t reaches back through at
        most tau products with W_hh: h_{t-tau-1} and earlier are constants in l_t's gradient [9.7.7].
        tau = 0: no recurrence, h_{t-1} is a constant; tau >= T-1: the full gradient.
        W_qh's gradient is never truncated. Autograd is forbidden, reverse and forward mode, in any dress.
    Source: D2L 9.7.1.2, equation 9.7.7.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def randomized_gradients(inputs, targets, params, xi):
    """Compute the gradients of the same loss with the recursion through time weighted by xi.

    Shapes: inputs (T, d), targets (T, q), params W_hx (h, d), W_hh (h, h), W_qh (q, h), xi (T,);
        a dict with the keys and shapes of params out.
    Conventions: the model h_t = f_t(x_t, h_{t-1}, w) and the loss L of `linear_rnn_gradients`. In place of
        dh_t/dw stands z_t = df_t/dw + xi_t (df_t/dh_{t-1}) z_{t-1} [9.7.8], for w = W_hx and for w = W_hh;
        xi[t-1] belongs to step t. All ones: the full gradient. W_qh's gradient does not depend on xi.
        Autograd is forbidden, reverse and forward mode, in any dress.
    Source: D2L 9.7.1.3, equation 9.7.8.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def truncation_weights(pi, generator):
    """Draw the random weights xi of randomized truncation.

    Shapes: pi (T,) in (0, 1]; (T,) out.
    Conventions: independent draws: 1/pi_t with probability pi_t, else 0, so that the mean is 1.
        All randomness comes from `generator`, a torch.Generator on the CPU.
        Autograd is forbidden, reverse and forward mode, in any dress.
    Source: D2L 9.7.1.3.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def rnn_gradients(inputs, state, params, grad_outputs):
    """Backpropagate through time in the tanh RNN of `rnn_scratch`.

    Shapes: inputs (T, n, d), state (n, h), params W_xh (d, h), W_hh (h, h), b_h (h,), grad_outputs (T, n, h);
        a dict W_xh (d, h), W_hh (h, h), b_h (h,), inputs (T, n, d), state (n, h) out.
    Conventions: H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h) [9.4.5], H_0 = state, the outputs are H_1 ... H_T.
        The result is the vector-Jacobian product of the outputs with grad_outputs: the gradient of
        sum(outputs * grad_outputs). The state is never None.
        Autograd is forbidden, reverse and forward mode, in any dress.
    Source: D2L 9.7.2 for the cell of 9.4.2, equation 9.4.5.
    """
    raise NotImplementedError("not implemented yet")


@hookimpl
def state_gradient_norms(W_hh, grad, num_steps):
    """Follow the length of a gradient on its way back through time: how it vanishes or explodes.

    Shapes: W_hh (h, h), grad (h,), num_steps an int >= 1; (num_steps,) out.
    Conventions: entry j is the Euclidean norm of (W_hh^T)^j grad, for j = 0 ... num_steps-1 [9.7.15].
        Autograd is forbidden, reverse and forward mode, in any dress.
    Source: D2L 9.7.2, equation 9.7.15.
    """
    raise NotImplementedError("not implemented yet")
