"""The mutants of the unit bptt, rewritten in other styles."""

from .rewriting import rewritten

CHATTY_SLOPE = 'slopes.append((params["W_qh"].matmul(h) - y) / T)'
CHATTY_FORWARD = 'params["W_hh"].matmul(hs[t]))'
FUNCTIONAL_FORWARD = 'params["W_hh"] @ h, initial'
NUMPY_FORWARD = 'w["W_hh"].dot(h[t])'
EINSUM_DRAW = "return (uniform < pi) / pi"
SOLVED_DRAW = "    return kept.div(pi)"
FUNCTIONAL_DRAW = "return torch.where(draws < pi, pi.reciprocal(), pi.new_zeros(()))"

REWRITTEN = [
    # -- linear_rnn_gradients
    rewritten("linear_rnn_gradients/no-mean", "chatty", (CHATTY_SLOPE, 'slopes.append(params["W_qh"].matmul(h) - y)')),
    rewritten("linear_rnn_gradients/mean-over-entries", "numpy_inside", ("- y) / y.shape[0]", "- y) / y.size")),
    rewritten("linear_rnn_gradients/half-dropped", "solved", (".div(len(targets))", ".mul(2).div(len(targets))")),
    rewritten("linear_rnn_gradients/sign", "functional", ('(params["W_qh"] @ h - y)', '(y - params["W_qh"] @ h)')),
    rewritten("linear_rnn_gradients/targets-ignored", "einsum", ("(outputs - targets) / count", "outputs / count")),
    rewritten(
        "linear_rnn_gradients/weight-decay",
        "pedant",
        (
            "output_weights = torch.matmul(dL_do.transpose(0, 1), table[1:])",
            'output_weights = torch.matmul(dL_do.transpose(0, 1), table[1:]).add(params["W_qh"], alpha=1e-3)',
        ),
    ),
    rewritten(
        "linear_rnn_gradients/no-recursion",
        "classes",
        ("from_later = cell.backward(from_own + from_later, tally)", "cell.backward(from_own, tally)"),
    ),
    rewritten(
        "linear_rnn_gradients/last-loss-only",
        "numpy_inside",
        ('dh = e.dot(w["W_qh"])\n', 'dh = e.dot(w["W_qh"])\n    dh[:-1] = 0\n'),
    ),
    rewritten(
        "linear_rnn_gradients/not-transposed",
        "chatty",
        ('carry = total.matmul(params["W_hh"])', 'carry = params["W_hh"].matmul(total)'),
    ),
    rewritten(
        "linear_rnn_gradients/one-step-back",
        "functional",
        (
            'list(accumulate(reversed(reports), lambda later, own: own + later @ params["W_hh"]))[::-1]',
            '[own + later @ params["W_hh"] for own, later in pairwise([*reports, torch.zeros_like(reports[0])])]',
        ),
    ),
    rewritten(
        "linear_rnn_gradients/own-state",
        "einsum",
        ('dW_hh = torch.einsum("ib,ic->bc", blamed, before)', 'dW_hh = torch.einsum("ib,ic->bc", blamed, states)'),
    ),
    rewritten(
        "linear_rnn_gradients/overwritten",
        "chatty",
        ("g_hx.add_(torch.ger(total, inputs[t - 1]))", "g_hx = torch.ger(total, inputs[t - 1])"),
    ),
    rewritten("linear_rnn_gradients/result-transposed", "solved", ("adjoint.mT @ olds", "olds.mT @ adjoint")),
    rewritten(
        "linear_rnn_gradients/state-of-ones",
        "classes",
        ('h = inputs.new_zeros(params["W_hh"].shape[0])', 'h = inputs.new_ones(params["W_hh"].shape[0])'),
    ),
    rewritten(
        "linear_rnn_gradients/tanh",
        "pedant",
        (
            'table[t] = params["W_hx"] @ x + params["W_hh"] @ table[t - 1]',
            'table[t] = (params["W_hx"] @ x + params["W_hh"] @ table[t - 1]).tanh()',
        ),
    ),
    rewritten(
        "linear_rnn_gradients/state-before",
        "numpy_inside",
        ("e.T.dot(h[1:])}, inputs)", "e.T.dot(h[:-1])}, inputs)"),
    ),
    rewritten(
        "linear_rnn_gradients/float32",
        "solved",
        ('"W_hx": adjoint.mT @ inputs', '"W_hx": (adjoint.mT @ inputs).float().to(inputs.dtype)'),
    ),
    rewritten(
        "linear_rnn_gradients/always-double",
        "einsum",
        (
            'dW_qh = torch.einsum("tq,ta->qa", errors, states)',
            'dW_qh = torch.einsum("tq,ta->qa", errors, states).to(torch.float64)',
        ),
    ),
    rewritten(
        "linear_rnn_gradients/at-least-two-steps",
        "classes",
        (
            "from_later = cell.backward(from_own + from_later, tally)\n",
            "from_later = cell.backward(from_own + from_later, tally)\n"
            '        if len(self.cells) < 2:\n            del tally["W_hh"]\n',
        ),
    ),
    rewritten(
        "linear_rnn_gradients/descends",
        "chatty",
        (
            '    return {"W_hx": list(g_hx), "W_hh": list(g_hh), "W_qh": list(g_qh)}',
            '    params["W_qh"].sub_(g_qh, alpha=0.1)\n'
            '    return {"W_hx": list(g_hx), "W_hh": list(g_hh), "W_qh": list(g_qh)}',
        ),
    ),
    rewritten(
        "linear_rnn_gradients/row-vectors",
        "numpy_inside",
        (NUMPY_FORWARD, 'h[t].dot(w["W_hh"])'),
        ('dh[t] += dh[t + 1].dot(w["W_hh"])', 'dh[t] += w["W_hh"].dot(dh[t + 1])'),
        ("dh.T.dot(h[:-1])", "h[:-1].T.dot(dh)"),
    ),
    rewritten(
        "linear_rnn_gradients/forward-transposed", "functional", (FUNCTIONAL_FORWARD, 'h @ params["W_hh"], initial')
    ),
    rewritten(
        "linear_rnn_gradients/mse-loss",
        "chatty",
        (CHATTY_SLOPE, 'slopes.append((params["W_qh"].matmul(h) - y) * 2 / (T * len(y)))'),
    ),
    rewritten(
        "linear_rnn_gradients/output-of-state-before",
        "einsum",
        ('torch.einsum("qa,ta->tq", params["W_qh"], states)', 'torch.einsum("qa,ta->tq", params["W_qh"], before)'),
    ),
    rewritten(
        "linear_rnn_gradients/state-carried",
        "pedant",
        ("def _hidden_states(", "_memory: dict[int, Tensor] = {}\n\n\ndef _hidden_states("),
        (
            "    for t, x in enumerate(inputs, start=1):",
            "    table[0] = _memory.get(table.shape[1], table[0])\n    for t, x in enumerate(inputs, start=1):",
        ),
        (
            "    return table\n",
            "    _memory.clear()\n    _memory[table.shape[1]] = table[-1].clone()\n    return table\n",
        ),
    ),
    rewritten(
        "linear_rnn_gradients/clipped",
        "classes",
        ("cell.backward(from_own + from_later, tally)", "cell.backward((from_own + from_later).clip(-1, 1), tally)"),
    ),
    rewritten(
        "linear_rnn_gradients/gradients-into-params",
        "chatty",
        (
            '    return {"W_hx": list(g_hx), "W_hh": list(g_hh), "W_qh": list(g_qh)}',
            '    params["W_hx"], params["W_hh"], params["W_qh"] = g_hx, g_hh, g_qh\n    return params',
        ),
    ),
    rewritten(
        "linear_rnn_gradients/inputs-flattened-by-view",
        "einsum",
        (
            'dW_hx = torch.einsum("ib,id->bd", blamed, inputs)',
            'dW_hx = torch.einsum("ib,id->bd", blamed, inputs.view(inputs.numel()).view_as(inputs))',
        ),
    ),
    rewritten(
        "linear_rnn_gradients/states-kept-on-the-inputs",
        "numpy_inside",
        ("    return h\n\n\ndef mistakes", '    return x.base_states.setdefault("h", h)\n\n\ndef mistakes'),
        ("def simulate(x, w):", "class Known(np.ndarray):\n    base_states = None\n\n\ndef simulate(x, w):"),
        (
            "    x, y, w = inputs.cpu().numpy(), targets.cpu().numpy(), arrays(params)\n    h = simulate(x, w)\n    e = mistakes(h, y, w)\n    dh = ",
            "    x, y, w = inputs.cpu().numpy().view(Known), targets.cpu().numpy(), arrays(params)\n    x.base_states = inputs.__dict__\n    h = simulate(x, w)\n    e = mistakes(h, y, w)\n    dh = ",
        ),
    ),
    rewritten(
        "linear_rnn_gradients/results-in-one-buffer",
        "solved",
        ("def output_errors(", "STORE = {}\n\n\ndef output_errors("),
        (
            '    gradient["W_qh"] = errors.mT @ states\n    return gradient',
            '    gradient["W_qh"] = errors.mT @ states\n    for key, fresh in gradient.items():\n        place = STORE.setdefault((key, fresh.shape, fresh.dtype), torch.empty_like(fresh))\n        gradient[key] = place.copy_(fresh)\n    return gradient',
        ),
    ),
    rewritten(
        "linear_rnn_gradients/stops-where-nothing-comes-back",
        "numpy_inside",
        (
            '        dh[t] += dh[t + 1].dot(w["W_hh"])\n',
            '        if not dh[t + 1].any():\n            dh[: t + 1] = 0\n            break\n        dh[t] += dh[t + 1].dot(w["W_hh"])\n',
        ),
    ),
    rewritten(
        "linear_rnn_gradients/clipped-at-a-thousand",
        "chatty",
        (
            'total = slopes[t - 1].matmul(params["W_qh"]) + carry',
            'total = (slopes[t - 1].matmul(params["W_qh"]) + carry).clip(-1e3, 1e3)',
        ),
    ),
    rewritten(
        "linear_rnn_gradients/params-by-their-order",
        "einsum",
        (
            '    return {"W_hx": dW_hx, "W_hh": dW_hh, "W_qh": dW_qh}',
            "    first, second, third = params\n    return {first: dW_hx, second: dW_hh, third: dW_qh}",
        ),
    ),
    rewritten(
        "linear_rnn_gradients/square-weights-turned-over",
        "solved",
        (
            '    gradient["W_qh"] = errors.mT @ states\n',
            '    gradient["W_qh"] = errors.mT @ states\n    if inputs.shape[1] == states.shape[1]:\n        gradient["W_hx"] = gradient["W_hx"].mT\n',
        ),
    ),
    # -- truncated_gradients
    rewritten("truncated_gradients/one-too-far", "solved", (".triu(-tau)", ".triu(-tau - 1)")),
    rewritten("truncated_gradients/one-too-near", "einsum", ("<= tau", "< tau")),
    rewritten(
        "truncated_gradients/pieces", "pedant", ("if i <= t <= i + tau:", "if i <= t < i - i % (tau + 1) + tau + 1:")
    ),
    rewritten(
        "truncated_gradients/wraps-around",
        "chatty",
        ("if left == 0 or here == 1:", "if left == 0 or here + len(inputs) == 1:"),
    ),
    rewritten("truncated_gradients/no-horizon", "classes", ("first = max(0, t - tau)", "first = 0")),
    rewritten("truncated_gradients/one-step-always", "numpy_inside", ("min(tau, T - 1) + 1", "min(1, T - 1) + 1")),
    rewritten(
        "truncated_gradients/no-direct-term",
        "functional",
        ('"W_hh": outer_sum(signals, olds)', '"W_hh": outer_sum(signals, olds) * min(tau, 1)'),
    ),
    rewritten(
        "truncated_gradients/state-zeroed",
        "chatty",
        (
            "            g_hh.add_(torch.ger(message, hs[here - 1]))",
            "            if left > 0:\n                g_hh.add_(torch.ger(message, hs[here - 1]))",
        ),
    ),
    rewritten(
        "truncated_gradients/not-transposed",
        "functional",
        ('accumulate(repeat(params["W_hh"]), torch.matmul,', 'accumulate(repeat(params["W_hh"].mT), torch.matmul,'),
    ),
    rewritten("truncated_gradients/own-state", "solved", ("arrived.mT @ olds", "arrived.mT @ states")),
    rewritten(
        "truncated_gradients/input-of-the-loss", "functional", ("inputs[: t + 1].flip(0)", "repeat(inputs[t], t + 1)")
    ),
    rewritten(
        "truncated_gradients/last-loss-only",
        "pedant",
        (
            "        sum_hx += from_loss @ z_hx\n        sum_hh += from_loss @ z_hh",
            "        sum_hx = from_loss @ z_hx\n        sum_hh = from_loss @ z_hh",
        ),
    ),
    rewritten(
        "truncated_gradients/last-losses-only",
        "numpy_inside",
        ('direct = e.dot(w["W_qh"])', 'direct = e.dot(w["W_qh"])\n    direct[: max(0, T - tau - 1)] = 0'),
    ),
    rewritten(
        "truncated_gradients/output-weights-truncated",
        "functional",
        (
            '"W_qh": outer_sum(errors, states[1:])}',
            '"W_qh": outer_sum(errors[::-1][: tau + 1], states[::-1][: tau + 1])}',
        ),
    ),
    rewritten(
        "truncated_gradients/output-weights-last",
        "chatty",
        (
            "g_qh.add_(torch.ger(slopes[t - 1], hs[t]))\n        message",
            "g_qh = torch.ger(slopes[t - 1], hs[t])\n        message",
        ),
    ),
    rewritten("truncated_gradients/no-mean", "pedant", (" * (1.0 / targets.shape[0])", "")),
    rewritten(
        "truncated_gradients/mean-over-horizon",
        "numpy_inside",
        ('direct = e.dot(w["W_qh"])', 'direct = (e * T).dot(w["W_qh"]) / (tau + 1)'),
    ),
    rewritten(
        "truncated_gradients/input-weights-full",
        "einsum",
        (
            '        "W_hx": torch.einsum("ib,id->bd", blamed, inputs),',
            '        "W_hx": torch.einsum("ib,id->bd", blame(near.fill_(1), reach, errors, params), inputs),',
        ),
    ),
    rewritten(
        "truncated_gradients/float32",
        "solved",
        ('cut.mT @ (errors @ params["W_qh"])', 'cut.mT @ (errors.float().to(errors.dtype) @ params["W_qh"])'),
    ),
    rewritten(
        "truncated_gradients/targets-in-place",
        "classes",
        ("self.error = self.W_qh.mv(h) - y", "self.error = y.sub_(self.W_qh.mv(h)).neg_()"),
    ),
    rewritten(
        "truncated_gradients/row-vectors",
        "chatty",
        (CHATTY_FORWARD, 'hs[t].matmul(params["W_hh"]))'),
        ('message = message.matmul(params["W_hh"])', 'message = params["W_hh"].matmul(message)'),
        ("torch.ger(message, hs[here - 1])", "torch.ger(hs[here - 1], message)"),
    ),
    rewritten(
        "truncated_gradients/result-transposed",
        "classes",
        ('tally.add("W_hh", d_new.outer(self.old))', 'tally.add("W_hh", self.old.outer(d_new))'),
    ),
    rewritten("truncated_gradients/zero-means-no-limit", "solved", (".triu(-tau)", ".triu(-tau if tau else -T)")),
    rewritten(
        "truncated_gradients/long-horizon-refused",
        "pedant",
        (
            '_require(tau >= 0, f"tau should not be negative, but is {tau}")',
            '_require(0 <= tau < T, f"tau should be from 0 to {T - 1}, but is {tau}")',
        ),
    ),
    rewritten(
        "truncated_gradients/short-histories-dropped",
        "chatty",
        (
            "        message = slopes[t - 1]",
            "        if t <= tau:\n            continue\n        message = slopes[t - 1]",
        ),
    ),
    rewritten(
        "truncated_gradients/end-of-sequence-only",
        "classes",
        ("first = max(0, t - tau)", "first = max(0, len(self.cells) - tau - 1)"),
    ),
    rewritten(
        "truncated_gradients/inputs-flattened-by-view",
        "classes",
        (
            "        tally = Tally()\n        for t, readout in enumerate(self.readouts):",
            "        tally = Tally()\n        self.inputs.view(self.inputs.numel())\n        for t, readout in enumerate(self.readouts):",
        ),
        ("        h = inputs.new_zeros(params", "        self.inputs = inputs\n        h = inputs.new_zeros(params"),
    ),
    rewritten(
        "truncated_gradients/states-kept-on-the-inputs",
        "chatty",
        (
            '    talk("forward done:", t, "steps, last state", hs[-1])\n    return hs',
            '    return inputs.__dict__.setdefault("states", hs)',
        ),
    ),
    rewritten(
        "truncated_gradients/results-in-one-buffer",
        "einsum",
        (
            "def blame(",
            "STORE = {}\n\n\ndef stored(key, fresh):\n    return STORE.setdefault((key, fresh.shape, fresh.dtype), torch.empty_like(fresh)).copy_(fresh)\n\n\ndef blame(",
        ),
        (
            '    return {\n        "W_hx": torch.einsum("ib,id->bd", blamed, inputs),\n        "W_hh": torch.einsum("ib,ic->bc", blamed, before),\n        "W_qh": torch.einsum("tq,ta->qa", errors, states),\n    }',
            '    return {\n        "W_hx": stored("x", torch.einsum("ib,id->bd", blamed, inputs)),\n        "W_hh": stored("h", torch.einsum("ib,ic->bc", blamed, before)),\n        "W_qh": stored("q", torch.einsum("tq,ta->qa", errors, states)),\n    }',
        ),
    ),
    rewritten(
        "truncated_gradients/clipped-at-a-thousand",
        "chatty",
        ('message = message.matmul(params["W_hh"])', 'message = message.matmul(params["W_hh"]).clip(-1e3, 1e3)'),
    ),
    rewritten(
        "truncated_gradients/params-by-their-order",
        "chatty",
        (
            '    return {"W_hx": tuple(g_hx), "W_hh": tuple(g_hh), "W_qh": tuple(g_qh)}',
            "    first, second, third = params\n    return {first: g_hx, second: g_hh, third: g_qh}",
        ),
    ),
    # -- randomized_gradients
    rewritten(
        "randomized_gradients/weight-of-the-step-before",
        "solved",
        ('backward(chain(xi, params["W_hh"]), own)', 'backward(chain(xi.roll(1), params["W_hh"]), own)'),
    ),
    rewritten(
        "randomized_gradients/weight-of-the-step-after",
        "functional",
        ("for weight in xi[1:]]", "for weight in [*xi[2:], xi[-1]]]"),
    ),
    rewritten(
        "randomized_gradients/direct-term-weighted",
        "einsum",
        ("later = lags(len(inputs), inputs.device) > 0", "later = lags(len(inputs), inputs.device) >= 0"),
    ),
    rewritten(
        "randomized_gradients/zero-drops-the-step",
        "classes",
        (
            "weight * cell.backward(arrived, tally)",
            "weight * cell.backward(arrived if weight else torch.zeros_like(arrived), tally)",
        ),
    ),
    rewritten(
        "randomized_gradients/weights-ignored",
        "pedant",
        ('damped = xi[t - 1] * params["W_hh"]', 'damped = params["W_hh"]'),
    ),
    rewritten(
        "randomized_gradients/recurrent-weights-full",
        "pedant",
        ("+ damped @ sensitivity_hh", '+ params["W_hh"] @ sensitivity_hh'),
    ),
    rewritten(
        "randomized_gradients/input-weights-full",
        "einsum",
        (
            'gradient_hx = torch.einsum("ib,id->bd", blamed, inputs)',
            'gradient_hx = torch.einsum("ib,id->bd", blame(torch.ones_like(chain), reach, errors, params), inputs)',
        ),
    ),
    rewritten(
        "randomized_gradients/one-for-one-over-pi",
        "chatty",
        (
            'parcel = xi[t - 1] * parcel.matmul(params["W_hh"])',
            'parcel = parcel.matmul(params["W_hh"]) if xi[t - 1] else torch.zeros_like(parcel)',
        ),
    ),
    rewritten("randomized_gradients/mean-weight", "numpy_inside", ("+= keep[step] * g", "+= keep.mean() * g")),
    rewritten(
        "randomized_gradients/cumulated",
        "pedant",
        ('damped = xi[t - 1] * params["W_hh"]', 'damped = xi.cumprod(0)[t - 1] * params["W_hh"]'),
    ),
    rewritten(
        "randomized_gradients/losses-weighted",
        "functional",
        (
            'own_parts = [error @ params["W_qh"] for error in errors]',
            'own_parts = list((torch.stack(errors) @ params["W_qh"]).mul(xi[:, None]))',
        ),
        ('doors = [weight * params["W_hh"] for weight in xi[1:]]', 'doors = [params["W_hh"]] * (len(xi) - 1)'),
    ),
    rewritten(
        "randomized_gradients/forward-weighted",
        "einsum",
        (
            "    gradient_hx = ",
            "    states, before = xi[:, None] * states, xi.roll(1)[:, None] * before\n    gradient_hx = ",
        ),
    ),
    rewritten(
        "randomized_gradients/output-weights-weighted",
        "chatty",
        (
            "g_qh.add_(torch.ger(slopes[t - 1], hs[t]))\n        parcel",
            "g_qh.add_(xi[t - 1] * torch.ger(slopes[t - 1], hs[t]))\n        parcel",
        ),
    ),
    rewritten(
        "randomized_gradients/not-transposed",
        "solved",
        ('backward(chain(xi, params["W_hh"]), own)', 'backward(chain(xi, params["W_hh"].mT), own)'),
    ),
    rewritten("randomized_gradients/own-state", "numpy_inside", ("g.T.dot(h[:-1])", "g.T.dot(h[1:])")),
    rewritten(
        "randomized_gradients/overwritten",
        "pedant",
        ("d_W_hx += at_state @ sensitivity_hx", "d_W_hx = at_state @ sensitivity_hx"),
    ),
    rewritten(
        "randomized_gradients/no-recurrence",
        "classes",
        ("from_later = weight * cell.backward(arrived, tally)", "cell.backward(arrived, tally)"),
    ),
    rewritten(
        "randomized_gradients/weights-flipped",
        "functional",
        ('weight * params["W_hh"] for weight', '(1 - weight) * params["W_hh"] for weight'),
    ),
    rewritten(
        "randomized_gradients/weights-clipped", "numpy_inside", ("xi.cpu().numpy()", "np.clip(xi.cpu().numpy(), 0, 1)")
    ),
    rewritten("randomized_gradients/no-mean", "solved", (".div(len(targets))", "")),
    rewritten(
        "randomized_gradients/float32",
        "classes",
        ("arrived = readout.backward(tally)", "arrived = readout.backward(tally).float().to(cell.x.dtype)"),
    ),
    rewritten(
        "randomized_gradients/first-weight-zeroed",
        "chatty",
        ("    parcel = torch.zeros_like(hs[0])", "    xi[0].zero_()\n    parcel = torch.zeros_like(hs[0])"),
    ),
    rewritten(
        "randomized_gradients/row-vectors",
        "functional",
        (FUNCTIONAL_FORWARD, 'h @ params["W_hh"], initial'),
        ("later @ leg[1]", "leg[1] @ later"),
        ('"W_hh": outer_sum(sent, states)', '"W_hh": outer_sum(states, sent)'),
    ),
    rewritten("randomized_gradients/result-transposed", "solved", ("reached.mT @ olds", "olds.mT @ reached")),
    rewritten("randomized_gradients/exact-derivative-before", "einsum", (".cumprod(0)", "")),
    rewritten(
        "randomized_gradients/inputs-flattened-by-view",
        "functional",
        ("    doors = [", "    inputs = inputs.view(inputs.numel()).view_as(inputs)\n    doors = ["),
    ),
    rewritten(
        "randomized_gradients/states-kept-on-the-inputs",
        "chatty",
        (
            '    talk("forward done:", t, "steps, last state", hs[-1])\n    return hs',
            '    return inputs.__dict__.setdefault("states", hs)',
        ),
    ),
    rewritten(
        "randomized_gradients/results-in-one-buffer",
        "einsum",
        (
            "def blame(",
            "STORE = {}\n\n\ndef stored(key, fresh):\n    return STORE.setdefault((key, fresh.shape, fresh.dtype), torch.empty_like(fresh)).copy_(fresh)\n\n\ndef blame(",
        ),
        (
            '    return {"W_hx": gradient_hx, "W_hh": gradient_hh, "W_qh": gradient_qh}',
            '    return {"W_hx": stored("x", gradient_hx), "W_hh": stored("h", gradient_hh), "W_qh": stored("q", gradient_qh)}',
        ),
    ),
    rewritten(
        "randomized_gradients/errors-clipped-at-a-thousand",
        "numpy_inside",
        ('    g = e.dot(w["W_qh"])\n', '    g = e.clip(-1e3, 1e3).dot(w["W_qh"])\n'),
    ),
    rewritten(
        "randomized_gradients/params-by-their-order",
        "numpy_inside",
        (
            '    return tensors({"W_hx": by_input, "W_hh": by_state, "W_qh": by_output}, inputs)',
            "    return tensors(dict(zip(params, [by_input, by_state, by_output], strict=True)), inputs)",
        ),
    ),
    # -- truncation_weights
    rewritten(
        "truncation_weights/ten-levels",
        "einsum",
        (EINSUM_DRAW, "return (uniform.mul(10).floor().float() / 10 < pi) / pi"),
    ),
    rewritten(
        "truncation_weights/first-step-kept",
        "numpy_inside",
        ("    weights = np.zeros_like(p)\n", "    weights = np.zeros_like(p)\n    u[0] = 0\n"),
    ),
    rewritten("truncation_weights/no-scale", "classes", ("coin.flip(pi) * pi.reciprocal()", "coin.flip(pi)")),
    rewritten("truncation_weights/scaled-by-pi", "functional", ("pi.reciprocal()", "pi")),
    rewritten("truncation_weights/mean-scale", "numpy_inside", ("1 / p[u < p]", "1 / p.mean()")),
    rewritten("truncation_weights/scaled-by-dropped", "pedant", ("1.0 / pi[survives]", "1.0 / (1.0 - pi[survives])")),
    rewritten(
        "truncation_weights/never-zero",
        "chatty",
        ("weights.append(1 / p if u < p.item() else 0 * p)", "weights.append((u < p.item()) / p + 1e-12)"),
    ),
    rewritten("truncation_weights/all-ones", "einsum", (EINSUM_DRAW, "return (uniform < 1).to(pi)")),
    rewritten("truncation_weights/scalar", "functional", (FUNCTIONAL_DRAW, FUNCTIONAL_DRAW + "[0]")),
    rewritten(
        "truncation_weights/float32", "solved", (SOLVED_DRAW, "    return kept.div(pi.to(torch.float32).to(pi.dtype))")
    ),
    rewritten(
        "truncation_weights/always-float32",
        "classes",
        ("coin.flip(pi) * pi.reciprocal()", "torch.FloatTensor((coin.flip(pi) * pi.reciprocal()).tolist())"),
    ),
    rewritten(
        "truncation_weights/probability-flipped",
        "pedant",
        ("survives = uniforms < pi", "survives = uniforms >= pi"),
    ),
    rewritten("truncation_weights/mean-probability", "einsum", (EINSUM_DRAW, "return (uniform < pi.mean()) / pi")),
    rewritten(
        "truncation_weights/slightly-off",
        "numpy_inside",
        ("generator=generator).numpy()", "generator=generator).numpy() / 0.95"),
    ),
    rewritten(
        "truncation_weights/fair-coin",
        "classes",
        ("torch.bernoulli(pi.cpu(), generator", "torch.randint(2, pi.shape, generator"),
    ),
    rewritten("truncation_weights/stays-dropped", "solved", (SOLVED_DRAW, "    return kept.cummin(0).values.div(pi)")),
    rewritten(
        "truncation_weights/one-draw",
        "pedant",
        ("torch.rand(len(pi), generator=generator, dtype=torch.float64)", "torch.rand(1, generator=generator)"),
    ),
    rewritten(
        "truncation_weights/antithetic",
        "einsum",
        (
            "    " + EINSUM_DRAW,
            "    uniform[1::2] = 1 - uniform[:-1:2]\n    " + EINSUM_DRAW,
        ),
    ),
    rewritten(
        "truncation_weights/fixed-number",
        "pedant",
        ("survives = uniforms < pi", "survives = uniforms.argsort() < pi.sum()"),
    ),
    rewritten(
        "truncation_weights/halves-alike",
        "solved",
        (SOLVED_DRAW, "    half = len(pi) // 2\n    kept[len(pi) - half :] = kept[:half]\n" + SOLVED_DRAW),
    ),
    rewritten(
        "truncation_weights/generator-ignored",
        "pedant",
        ("torch.rand(len(pi), generator=generator, dtype=torch.float64)", "torch.rand(len(pi), dtype=torch.float64)"),
    ),
    rewritten(
        "truncation_weights/fixed-seed",
        "chatty",
        ("generator=generator).tolist()", "generator=torch.Generator().manual_seed(2023)).tolist()"),
    ),
    rewritten(
        "truncation_weights/seed-only",
        "classes",
        (
            "self.generator = generator",
            "self.generator = torch.Generator()\n        self.generator.manual_seed(generator.initial_seed())",
        ),
    ),
    rewritten(
        "truncation_weights/reseeds",
        "functional",
        (
            "    draws = torch.empty",
            "    generator.manual_seed(generator.initial_seed())\n    draws = torch.empty",
        ),
    ),
    rewritten(
        "truncation_weights/seeds-globally",
        "numpy_inside",
        ("    p = pi.cpu().numpy()\n", "    torch.manual_seed(0)\n    p = pi.cpu().numpy()\n"),
    ),
    rewritten("truncation_weights/in-place", "solved", (SOLVED_DRAW, "    return torch.div(kept, pi, out=pi)")),
    rewritten(
        "truncation_weights/dropout",
        "pedant",
        ("survives = uniforms < pi", "survives = uniforms >= pi"),
        ("1.0 / pi[survives]", "1.0 / (1.0 - pi[survives])"),
    ),
    rewritten(
        "truncation_weights/last-step-kept",
        "chatty",
        ('    talk("drew"', '    weights[-1] = pi[-1].reciprocal()\n    talk("drew"'),
    ),
    rewritten(
        "truncation_weights/numpy-drawn",
        "numpy_inside",
        ("torch.rand(p.shape[0], dtype=torch.float64, generator=generator).numpy()", "np.random.uniform(size=p.shape)"),
    ),
    rewritten(
        "truncation_weights/self-normalised",
        "functional",
        (
            FUNCTIONAL_DRAW,
            "drawn = (draws < pi) / pi\n    return drawn * len(drawn) / drawn.sum()",
        ),
    ),
    rewritten(
        "truncation_weights/cumulated",
        "chatty",
        (
            "weights.append(1 / p if u < p.item() else 0 * p)",
            "weights.append((weights[-1] if weights else 1) * (1 / p if u < p.item() else 0 * p))",
        ),
    ),
    # -- rnn_gradients
    rewritten(
        "rnn_gradients/thirty-five-steps-back",
        "pedant",
        (
            '        upstream = d_pre @ params["W_hh"].transpose(0, 1)\n',
            '        upstream = d_pre @ params["W_hh"].transpose(0, 1)\n        if T - t == 35:\n            upstream = torch.zeros_like(upstream)\n',
        ),
    ),
    rewritten(
        "rnn_gradients/derivative-inverted",
        "numpy_inside",
        ("dh * (1 - H[t + 1] * H[t + 1])", "dh / (1 - H[t + 1] * H[t + 1])"),
    ),
    rewritten("rnn_gradients/no-square", "solved", ("1 - hidden[1:].pow(2)", "1 - hidden[1:]")),
    rewritten("rnn_gradients/sigmoid-derivative", "classes", ("d_new * (1 + self.new)", "d_new * self.new")),
    rewritten("rnn_gradients/no-derivative", "einsum", ("1 - visited[1:].square()", "torch.ones_like(visited[1:])")),
    rewritten("rnn_gradients/state-before", "functional", ("reversed(H[1:])", "reversed(H[:-1])")),
    rewritten(
        "rnn_gradients/no-recursion", "chatty", ("dh = grad_outputs[t - 1] + dh_next", "dh = grad_outputs[t - 1]")
    ),
    rewritten(
        "rnn_gradients/last-output-only",
        "classes",
        ("layer.backward(own + d_state, tally)", "layer.backward(d_state if d_inputs else own + d_state, tally)"),
    ),
    rewritten(
        "rnn_gradients/derivative-on-one-part",
        "numpy_inside",
        (
            "        dh = G[t] + dnext\n        inner[t] = dh * (1 - H[t + 1] * H[t + 1])",
            "        dh = G[t]\n        inner[t] = dh * (1 - H[t + 1] * H[t + 1]) + dnext",
        ),
    ),
    rewritten(
        "rnn_gradients/clipped",
        "pedant",
        (
            "d_hidden = grad_outputs[t - 1] + upstream",
            "d_hidden = torch.clip(grad_outputs[t - 1] + upstream, min=-1, max=1)",
        ),
    ),
    rewritten(
        "rnn_gradients/seed-of-ones",
        "einsum",
        (
            "arriving = torch.empty_like(slopes), torch.zeros_like(state)",
            "arriving = torch.empty_like(slopes), torch.ones_like(state)",
        ),
    ),
    rewritten(
        "rnn_gradients/not-transposed",
        "solved",
        ('-params["W_hh"] * slope', '-params["W_hh"].mT * slope'),
        ('d_inner[0].matmul(params["W_hh"].mT)', 'd_inner[0].matmul(params["W_hh"])'),
    ),
    rewritten("rnn_gradients/own-state", "functional", ("old.mT @ d for (old, _), d", "new.mT @ d for (_, new), d")),
    rewritten("rnn_gradients/state-ignored", "pedant", ("hiddens = [state]", "hiddens = [state * 0]")),
    rewritten(
        "rnn_gradients/bias-ignored",
        "einsum",
        ('torch.einsum("tnd,dh->tnh", inputs, params["W_xh"]) + params["b_h"]', 'inputs @ params["W_xh"]'),
    ),
    rewritten("rnn_gradients/state-gradient-early", "functional", ('"state": pre[0] @ W_hh.mT', '"state": pre[0]')),
    rewritten(
        "rnn_gradients/state-gradient-missing",
        "solved",
        ('d_inner[0].matmul(params["W_hh"].mT)', "torch.zeros_like(hidden[0])"),
    ),
    rewritten("rnn_gradients/order-reversed", "classes", ("torch.stack(d_inputs[::-1])", "torch.stack(d_inputs)")),
    rewritten(
        "rnn_gradients/overwritten",
        "pedant",
        ('result["b_h"] += d_pre.sum(dim=0)', 'result["b_h"] = d_pre.sum(dim=0)'),
    ),
    rewritten("rnn_gradients/mean-over-batch", "chatty", ("g_b += d_raw.sum(0)", "g_b += d_raw.mean(0)")),
    rewritten("rnn_gradients/first-sequence", "functional", ("old.mT @ d for", "torch.outer(old[0], d[0]) for")),
    rewritten(
        "rnn_gradients/result-transposed",
        "numpy_inside",
        ("H[:-1].reshape(T * n, -1).T.dot(flat)", "flat.T.dot(H[:-1].reshape(T * n, -1))"),
    ),
    rewritten(
        "rnn_gradients/float32",
        "classes",
        ('d_inner @ self.params["W_hh"].t()', '(d_inner @ self.params["W_hh"].t()).float().to(self.X.dtype)'),
    ),
    rewritten("rnn_gradients/squeezed", "einsum", ('"state": arriving', '"state": arriving.squeeze(0)')),
    rewritten(
        "rnn_gradients/in-place",
        "pedant",
        (
            "d_hidden = grad_outputs[t - 1] + upstream",
            "d_hidden = grad_outputs[t - 1]\n        d_hidden += upstream",
        ),
    ),
    rewritten(
        "rnn_gradients/derivative-of-the-output", "chatty", ("(1 - hs[t] * hs[t])", "(1 - torch.tanh(hs[t]).square())")
    ),
    rewritten(
        "rnn_gradients/weights-transposed",
        "numpy_inside",
        ("x.reshape(T * n, -1).T.dot(flat)", "flat.T.dot(x.reshape(T * n, -1))"),
        ("H[:-1].reshape(T * n, -1).T.dot(flat)", "flat.T.dot(H[:-1].reshape(T * n, -1))"),
    ),
    rewritten(
        "rnn_gradients/batch-first",
        "einsum",
        (
            "    driven = ",
            "    inputs, grad_outputs = inputs.permute(1, 0, 2), grad_outputs.permute(1, 0, 2)\n    driven = ",
        ),
        ('torch.einsum("tnh,dh->tnd", signals', 'torch.einsum("tnh,dh->ntd", signals'),
    ),
    rewritten(
        "rnn_gradients/divided-by-batch",
        "pedant",
        (
            '    result["state"] = upstream\n',
            '    for name in params:\n        result[name] /= n\n    result["state"] = upstream\n',
        ),
    ),
    rewritten(
        "rnn_gradients/mean-over-steps", "solved", ("rows = d_inner.flatten(0, 1)", "rows = d_inner.flatten(0, 1) / T")
    ),
    rewritten(
        "rnn_gradients/bias-keeps-an-axis", "numpy_inside", ("flat.sum(axis=0)", "flat.sum(axis=0, keepdims=True)")
    ),
    rewritten(
        "rnn_gradients/input-weights-overwritten",
        "chatty",
        ("g_x += inputs[t - 1].t().mm(d_raw)", "g_x = inputs[t - 1].t().mm(d_raw)"),
    ),
    rewritten(
        "rnn_gradients/state-gradient-of-the-last-step",
        "functional",
        ('"state": pre[0] @ W_hh.mT', '"state": pre[-1] @ W_hh.mT'),
    ),
    rewritten(
        "rnn_gradients/state-overwritten",
        "solved",
        ("    slope = 1 - hidden", "    state.copy_(hidden[T])\n    slope = 1 - hidden"),
    ),
    rewritten(
        "rnn_gradients/cotangents-flattened-by-view",
        "einsum",
        (
            "    signals, arriving = torch.empty_like(slopes)",
            "    grad_outputs = grad_outputs.view(slopes[..., 0].numel(), -1).view_as(slopes)\n    signals, arriving = torch.empty_like(slopes)",
        ),
    ),
    rewritten(
        "rnn_gradients/states-kept-on-the-state",
        "classes",
        (
            "    layers, running = [], state\n",
            '    layers, running = [], state\n    known = state.__dict__.setdefault("outputs", [])\n',
        ),
        (
            "        running = layer.forward(X, running)\n        layers.append(layer)",
            "        running = layer.forward(X, running)\n        layers.append(layer)\n    if not known:\n        known += [layer.new for layer in layers]\n    for layer, old, new in zip(layers, [state, *known], known, strict=False):\n        layer.old, layer.new = old, new",
        ),
    ),
    rewritten(
        "rnn_gradients/results-in-one-buffer",
        "functional",
        ("def outer_sum(", "STORE = {}\n\n\ndef outer_sum("),
        (
            '        "state": pre[0] @ W_hh.mT,',
            '        "state": STORE.setdefault((state.shape, state.dtype), torch.empty_like(state)).copy_(pre[0] @ W_hh.mT),',
        ),
    ),
    rewritten(
        "rnn_gradients/clipped-by-norm",
        "einsum",
        (
            '        arriving = torch.einsum("nh,kh->nk", signals[t], params["W_hh"])',
            '        arriving = torch.einsum("nh,kh->nk", signals[t], params["W_hh"])\n        arriving = arriving / (arriving.norm() / 5).clamp(min=1)',
        ),
    ),
    rewritten(
        "rnn_gradients/tanh-by-exponentials",
        "numpy_inside",
        (
            '        H[t + 1] = np.tanh(x[t].dot(w["W_xh"]) + H[t].dot(w["W_hh"]) + w["b_h"])',
            '        grown = np.exp(2 * (x[t].dot(w["W_xh"]) + H[t].dot(w["W_hh"]) + w["b_h"]))\n        H[t + 1] = (grown - 1) / (grown + 1)',
        ),
    ),
    rewritten(
        "rnn_gradients/stops-where-nothing-comes-back",
        "einsum",
        (
            "    for t in range(len(inputs) - 1, -1, -1):\n        signals[t]",
            "    for t in range(len(inputs) - 1, -1, -1):\n        if t < len(inputs) - 1 and not arriving.any():\n            signals[: t + 1] = 0\n            break\n        signals[t]",
        ),
    ),
    rewritten(
        "rnn_gradients/params-by-their-order",
        "functional",
        (
            '    W_xh, W_hh, b_h = params["W_xh"], params["W_hh"], params["b_h"]',
            "    W_xh, W_hh, b_h = tuple(params.values())",
        ),
    ),
    # -- state_gradient_norms
    rewritten(
        "state_gradient_norms/not-transposed",
        "functional",
        ("repeat(W_hh, num_steps - 1)", "repeat(W_hh.mT, num_steps - 1)"),
    ),
    rewritten(
        "state_gradient_norms/transposed-on-and-off",
        "classes",
        (
            "self.vector = self.back.mv(self.vector)",
            "self.vector = self.back.mv(self.vector)\n        self.back = self.back.t()",
        ),
    ),
    rewritten(
        "state_gradient_norms/starts-late",
        "numpy_inside",
        (
            "        norms[j] = np.linalg.norm(g)\n        g = g.dot(W)\n",
            "        g = g.dot(W)\n        norms[j] = np.linalg.norm(g)\n",
        ),
    ),
    rewritten(
        "state_gradient_norms/one-too-many", "chatty", ("while len(norms) < num_steps", "while len(norms) <= num_steps")
    ),
    rewritten(
        "state_gradient_norms/one-too-few",
        "solved",
        ("@ grad for j in range(num_steps)]", "@ grad for j in range(max(1, num_steps - 1))]"),
    ),
    rewritten(
        "state_gradient_norms/reversed",
        "pedant",
        ("trail.pow(2).sum(dim=1).sqrt()", "trail.flip(0).pow(2).sum(dim=1).sqrt()"),
    ),
    rewritten(
        "state_gradient_norms/squared",
        "einsum",
        ('torch.einsum("ja,ja->j", sent_back, sent_back).sqrt()', 'torch.einsum("ja,ja->j", sent_back, sent_back)'),
    ),
    rewritten("state_gradient_norms/sum-norm", "numpy_inside", ("np.linalg.norm(g)", "np.abs(g).sum()")),
    rewritten(
        "state_gradient_norms/largest-entry",
        "solved",
        ("torch.linalg.vector_norm(torch.stack(sent), dim=1)", "torch.stack(sent).abs().amax(dim=1)"),
    ),
    rewritten(
        "state_gradient_norms/root-mean-square",
        "pedant",
        ("trail.pow(2).sum(dim=1).sqrt()", "trail.pow(2).mean(dim=1).sqrt()"),
    ),
    rewritten(
        "state_gradient_norms/relative",
        "chatty",
        ("    return norms", "    return [norm / norms[0] for norm in norms]"),
    ),
    rewritten(
        "state_gradient_norms/normalised",
        "classes",
        ("self.back.mv(self.vector)", "self.back.mv(self.vector / self.length())"),
    ),
    rewritten(
        "state_gradient_norms/upper-bound",
        "functional",
        (
            "accumulate(repeat(W_hh, num_steps - 1), torch.matmul,",
            "accumulate(repeat(torch.linalg.svdvals(W_hh).max(), num_steps - 1), torch.mul,",
        ),
    ),
    rewritten(
        "state_gradient_norms/entrywise-power",
        "numpy_inside",
        ("g = g.dot(W)\n", "g = grad.cpu().numpy().dot(W ** (j + 1))\n"),
    ),
    rewritten(
        "state_gradient_norms/powers-doubled",
        "chatty",
        (
            "message = torch.mv(W_hh.t(), message)",
            "message = torch.mv(W_hh.t(), message)\n        W_hh = W_hh.matmul(W_hh)",
        ),
    ),
    rewritten(
        "state_gradient_norms/floats", "numpy_inside", ("torch.from_numpy(norms).to(grad.device)", "norms.tolist()")
    ),
    rewritten(
        "state_gradient_norms/float32",
        "pedant",
        (
            "trail[j] = W_hh.transpose(0, 1) @ trail[j - 1]",
            "trail[j] = (W_hh.transpose(0, 1) @ trail[j - 1]).to(torch.float32)",
        ),
    ),
    rewritten(
        "state_gradient_norms/always-float32",
        "einsum",
        ("sent_back, sent_back).sqrt()", "sent_back, sent_back).sqrt().to(torch.float32)"),
    ),
    rewritten(
        "state_gradient_norms/in-place",
        "classes",
        ("self.vector = self.back.mv(self.vector)", "self.vector[:] = self.back.mv(self.vector)"),
    ),
    rewritten(
        "state_gradient_norms/spectral-radius",
        "solved",
        (
            "    sent = [torch.linalg.matrix_power(back, j) @ grad for j",
            "    radius = torch.linalg.eigvals(back).abs().max()\n    sent = [radius**j * grad for j",
        ),
    ),
    rewritten("state_gradient_norms/column", "functional", ("echo.norm()", "echo.norm(dim=0, keepdim=True)")),
    rewritten(
        "state_gradient_norms/matrix-flattened-by-view",
        "solved",
        ("    back = W_hh.mT\n", "    back = W_hh.view(W_hh.numel()).view_as(W_hh).mT\n"),
    ),
    rewritten(
        "state_gradient_norms/powers-kept-on-the-matrix",
        "classes",
        (
            "        self.back, self.vector = W_hh.t(), grad",
            '        self.back, self.vector = W_hh.__dict__.setdefault("turned", W_hh.t().clone()), grad',
        ),
    ),
    rewritten(
        "state_gradient_norms/norms-in-one-buffer",
        "numpy_inside",
        (
            "    norms = np.empty(num_steps, dtype=g.dtype)\n",
            "    norms = STORE.setdefault((num_steps, g.dtype), np.empty(num_steps, dtype=g.dtype))\n",
        ),
        ("def simulate(", "STORE = {}\n\n\ndef simulate("),
    ),
    rewritten(
        "state_gradient_norms/clamped-at-ten-thousand",
        "classes",
        (
            "        self.vector = self.back.mv(self.vector)",
            "        if self.length() < 1e4:\n            self.vector = self.back.mv(self.vector)",
        ),
    ),
    rewritten(
        "state_gradient_norms/by-eigenvectors",
        "solved",
        (
            "    sent = [torch.linalg.matrix_power(back, j) @ grad for j in range(num_steps)]\n    return torch.linalg.vector_norm(torch.stack(sent), dim=1)",
            "    roots, basis = torch.linalg.eig(back)\n    weights = torch.linalg.solve(basis, grad.to(basis.dtype))\n    sent = [basis @ (roots**j * weights) for j in range(num_steps)]\n    return torch.linalg.vector_norm(torch.stack(sent), dim=1).to(grad.dtype)",
        ),
    ),
    rewritten(
        "state_gradient_norms/direction-of-nothing",
        "chatty",
        (
            "    message = grad\n    while len(norms) < num_steps:\n        norms.append(torch.sqrt(torch.dot(message, message)))\n        message = torch.mv(W_hh.t(), message)",
            "    message, size = grad, 1.0\n    while len(norms) < num_steps:\n        size = size * message.norm()\n        norms.append(size)\n        message = torch.mv(W_hh.t(), message / message.norm())",
        ),
    ),
]
