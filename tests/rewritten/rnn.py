"""The mutants of the unit rnn, rewritten in other styles."""

from .rewriting import rewritten

REWRITTEN = [
    # -- one_hot
    rewritten("one_hot/batch-first", "functional", ("indices.t().unsqueeze(-1)", "indices.unsqueeze(-1)")),
    rewritten(
        "one_hot/integer", "fused", ("torch.eye(vocab_size, device", "torch.eye(vocab_size, dtype=torch.int64, device")
    ),
    rewritten("one_hot/double", "numpy_inside", ("vocab_size), dtype=np.float32)", "vocab_size))")),
    rewritten(
        "one_hot/size-from-the-tokens",
        "pedant",
        ("(num_steps, batch_size, vocab_size), dtype", "(num_steps, batch_size, int(indices.max()) + 1), dtype"),
    ),
    rewritten("one_hot/reshaped", "classes", ("indices.T.unsqueeze(2)", "indices.reshape(T, n, 1)")),
    rewritten("one_hot/shifted", "chatty", ("1.0 if i == j else", "1.0 if (i + 1) % vocab_size == j else")),
    rewritten("one_hot/cumulative", "functional", ("torch.eq(indices", "torch.le(indices")),
    rewritten(
        "one_hot/no-zero-token",
        "pedant",
        (
            "            result[time, sequence, token] = 1.0\n",
            "            if token != 0:\n                result[time, sequence, token] = 1.0\n",
        ),
    ),
    rewritten("one_hot/transposes-in-place", "fused", ("indices.permute(1, 0)", "indices.transpose_(0, 1)")),
    rewritten("one_hot/bool", "functional", ("places).float()", "places)")),
    rewritten(
        "one_hot/squeezed", "classes", ("indices.T.unsqueeze(2), 1.0)", "indices.T.unsqueeze(2), 1.0).squeeze()")
    ),
    rewritten(
        "one_hot/views-the-indices",
        "classes",
        ("indices.T.unsqueeze(2)", "indices.view(-1).view(n, T).T.unsqueeze(2)"),
    ),
    rewritten(
        "one_hot/one-buffer",
        "pedant",
        (
            "result = torch.zeros((num_steps, batch_size, vocab_size), dtype=torch.float32, device=indices.device)",
            'result = globals().setdefault("_kept", {}).setdefault(\n        (num_steps, batch_size, vocab_size), torch.zeros((num_steps, batch_size, vocab_size), dtype=torch.float32)\n    ).zero_()',
        ),
    ),
    rewritten(
        "one_hot/remembered-by-identity",
        "numpy_inside",
        (
            "    places = indices.cpu().numpy().T\n",
            '    places = globals().setdefault("_kept", {}).setdefault(id(indices), (indices, indices.cpu().numpy().T.copy()))[1]\n',
        ),
    ),
    rewritten(
        "one_hot/indices-in-bytes",
        "functional",
        ("torch.eq(indices.t().unsqueeze(-1), places)", "torch.eq(indices.t().to(torch.uint8).unsqueeze(-1), places)"),
    ),
    rewritten(
        "one_hot/square-not-transposed",
        "fused",
        ("[indices.permute(1, 0)]", "[indices if indices.size(0) == indices.size(1) else indices.permute(1, 0)]"),
    ),
    # -- rnn_scratch
    rewritten(
        "rnn_scratch/truncated-every-eight",
        "chatty",
        ("linear(state, params", "linear(state.detach() if (t + 1) % 8 == 0 else state, params"),
    ),
    rewritten("rnn_scratch/no-bias", "functional", (' + params["b_h"]).tanh()', ").tanh()")),
    rewritten("rnn_scratch/bias-twice", "chatty", ('params["W_hh"].T)', 'params["W_hh"].T, params["b_h"])')),
    rewritten(
        "rnn_scratch/recurrent-transposed",
        "classes",
        ('torch.mm(self.hidden, self.weights["W_hh"])', 'torch.mm(self.hidden, self.weights["W_hh"].t())'),
    ),
    rewritten(
        "rnn_scratch/tanh-of-one-summand",
        "pedant",
        ("preactivation = from_input + from_state + b_h", "preactivation = from_input + b_h"),
        ("hidden = torch.tanh(preactivation)", "hidden = torch.tanh(preactivation) + from_state"),
    ),
    rewritten("rnn_scratch/sigmoid", "fused", ("torch.tanh(torch.einsum(", "torch.sigmoid(torch.einsum(")),
    rewritten(
        "rnn_scratch/state-ignored", "numpy_inside", ("projected[0]) if state is None else state", "projected[0])")
    ),
    rewritten(
        "rnn_scratch/no-recurrence",
        "functional",
        (
            "list(islice(accumulate(inputs.unbind(), partial(cell, params), initial=state), 1, None))",
            "[cell(params, state, x) for x in inputs]",
        ),
    ),
    rewritten(
        "rnn_scratch/single-precision",
        "numpy_inside",
        ('(a + h @ params["W_hh"]).tanh()', '(a + h @ params["W_hh"]).float().tanh().type_as(a)'),
    ),
    rewritten(
        "rnn_scratch/float32-results",
        "fused",
        ("return torch.cat(steps), before", "return torch.cat(steps).float(), before"),
    ),
    rewritten("rnn_scratch/detached-state", "scripted", ("state @ W_hh", "state.detach() @ W_hh")),
    rewritten(
        "rnn_scratch/no-grad",
        "classes",
        (
            "        return Tanh(params).run(inputs, state)\n",
            "        with torch.no_grad():\n            return Tanh(params).run(inputs, state)\n",
        ),
    ),
    rewritten(
        "rnn_scratch/initial-state-detached",
        "fused",
        ("device=inputs.device) if state is None else state", "device=inputs.device) if state is None else state.data"),
    ),
    rewritten(
        "rnn_scratch/recurrent-weight-detached",
        "numpy_inside",
        ('h @ params["W_hh"]).tanh()', 'h @ params["W_hh"].data).tanh()'),
    ),
    rewritten(
        "rnn_scratch/in-place-outputs",
        "pedant",
        ("        hidden = state\n", "        hidden = state.clone()\n"),
        ("hidden = torch.tanh(preactivation)", "hidden[...] = torch.tanh(preactivation)"),
        ("outputs.append(hidden)", "outputs.append(hidden.clone())"),
    ),
    rewritten("rnn_scratch/state-before-the-last", "functional", ("(hiddens[-1],)", "(hiddens[-2:][0],)")),
    rewritten(
        "rnn_scratch/first-state-returned",
        "chatty",
        ("    outputs = [None] * len(inputs)\n", "    outputs, first = [None] * len(inputs), state\n"),
        ("(tuple(outputs), state)", "(tuple(outputs), first)"),
    ),
    rewritten("rnn_scratch/ones-for-none", "chatty", ("state = inputs.new_zeros([", "state = inputs.new_ones([")),
    rewritten("rnn_scratch/reads-backwards", "fused", ("(inputs[t], before", "(inputs[T - 1 - t], before")),
    rewritten(
        "rnn_scratch/inputs-centred", "classes", ("for x in sequence:", "for x in sequence.sub(sequence.mean(dim=0)):")
    ),
    rewritten(
        "rnn_scratch/one-state-for-all",
        "pedant",
        ("        hidden = state\n", "        hidden = state[0].expand(batch_size, num_hiddens)\n"),
    ),
    rewritten(
        "rnn_scratch/updates-the-state",
        "numpy_inside",
        (
            "    return torch.vstack(hiddens), h\n",
            "    if state is not None:\n        state.data[:] = h.data\n    return torch.vstack(hiddens), h\n",
        ),
    ),
    rewritten(
        "rnn_scratch/torch-layout",
        "functional",
        ('x.matmul(params["W_xh"])', 'x.matmul(params["W_xh"].mT)'),
        ('hidden.matmul(params["W_hh"])', 'hidden.matmul(params["W_hh"].mT)'),
    ),
    rewritten(
        "rnn_scratch/batch-first",
        "scripted",
        ("inputs.unbind(0)", "inputs.unbind(1)"),
        ("return torch.stack(outputs), state", "return torch.stack(outputs, 1), state"),
        ("inputs.new_zeros(inputs.shape[1]", "inputs.new_zeros(inputs.shape[0]"),
    ),
    rewritten(
        "rnn_scratch/outputs-batch-first", "pedant", ("torch.stack(outputs, dim=0)", "torch.stack(outputs, dim=1)")
    ),
    rewritten("rnn_scratch/outputs-concatenated", "numpy_inside", ("hiddens += (h[None],)", "hiddens += (h,)")),
    rewritten(
        "rnn_scratch/last-output-only",
        "classes",
        ("return torch.stack(self.seen, dim=0), self.hidden", "return self.hidden, self.hidden"),
    ),
    rewritten(
        "rnn_scratch/state-with-layer-axis",
        "chatty",
        ("(tuple(outputs), state)", "(tuple(outputs), state.unsqueeze(0))"),
    ),
    rewritten(
        "rnn_scratch/outputs-before-the-step",
        "classes",
        ("        self.seen.append(self.hidden)\n", ""),
        ("        into = torch.mm", "        self.seen.append(self.hidden)\n        into = torch.mm"),
    ),
    rewritten("rnn_scratch/one-buffer", "fused", ("before = torch.tanh(", "before[...] = torch.tanh(")),
    rewritten(
        "rnn_scratch/relu", "numpy_inside", ('(a + h @ params["W_hh"]).tanh()', '(a + h @ params["W_hh"]).clamp(min=0)')
    ),
    rewritten(
        "rnn_scratch/float32-zero-state",
        "classes",
        ("torch.zeros(batch, h, dtype=like.dtype, device=like.device)", "torch.zeros(batch, h)"),
    ),
    rewritten(
        "rnn_scratch/state-taken-from-a-tuple-or-float32",
        "functional",
        (
            'start = state if state is not None else inputs.new_zeros(inputs.shape[1], len(params["b_h"]))',
            '(start,) = state if state is not None else [torch.zeros(inputs.shape[1], len(params["b_h"]))]',
        ),
    ),
    rewritten(
        "rnn_scratch/none-refused",
        "numpy_inside",
        ("h = torch.zeros_like(projected[0]) if state is None else state", "h = state"),
    ),
    rewritten(
        "rnn_scratch/squeezed",
        "scripted",
        ("return torch.stack(outputs), state", "return torch.stack(outputs).squeeze(), state"),
    ),
    rewritten("rnn_scratch/truth-of-the-state", "chatty", ("    if state is None:\n", "    if not state:\n")),
    rewritten(
        "rnn_scratch/pops-the-params",
        "pedant",
        (
            'W_xh, W_hh, b_h = params["W_xh"], params["W_hh"], params["b_h"]',
            'W_xh, W_hh, b_h = map(params.pop, ("W_xh", "W_hh", "b_h"))',
        ),
    ),
    rewritten(
        "rnn_scratch/views-the-inputs",
        "numpy_inside",
        (
            'projected = inputs @ params["W_xh"]',
            'projected = inputs.view(-1, inputs.shape[2]).view(inputs.shape) @ params["W_xh"]',
        ),
    ),
    rewritten(
        "rnn_scratch/weights-remembered",
        "fused",
        (
            "weights, one = stacked(params), inputs.new_ones((n, 1))",
            'weights = globals().setdefault("_kept", {}).setdefault(id(params), (params, stacked(params)))[1]\n    one = inputs.new_ones((n, 1))',
        ),
    ),
    rewritten(
        "rnn_scratch/tanh-by-exponentials",
        "functional",
        (
            '    return (x.matmul(params["W_xh"]) + hidden.matmul(params["W_hh"]) + params["b_h"]).tanh()',
            '    z = x.matmul(params["W_xh"]) + hidden.matmul(params["W_hh"]) + params["b_h"]\n    up, down = z.exp(), z.neg().exp()\n    return (up - down) / (up + down)',
        ),
    ),
    rewritten(
        "rnn_scratch/truncated-every-256",
        "chatty",
        ("linear(state, params", "linear(state.detach() if t and t % 256 == 0 else state, params"),
    ),
    rewritten(
        "rnn_scratch/square-weight-transposed",
        "classes",
        (
            'torch.mm(x, self.weights["W_xh"])',
            'torch.mm(x, w.T if (w := self.weights["W_xh"]).shape[0] == w.shape[1] else w)',
        ),
    ),
    rewritten(
        "rnn_scratch/zeros-are-padding",
        "pedant",
        (
            "hidden = torch.tanh(preactivation)",
            "hidden = torch.tanh(preactivation) if bool(inputs[time].any()) else hidden",
        ),
    ),
    rewritten(
        "rnn_scratch/at-most-256-steps",
        "functional",
        ("accumulate(inputs.unbind(), ", "accumulate(inputs[:256].unbind(), "),
    ),
    rewritten(
        "rnn_scratch/zero-state-is-none",
        "pedant",
        (
            "    if state is None:\n        hidden = torch",
            "    if state is None or not bool(state.any()):\n        hidden = torch",
        ),
    ),
    # -- rnn_concise
    rewritten("rnn_concise/batch-first", "fused", ("num_layers=1, ", "num_layers=1, batch_first=True, ")),
    rewritten("rnn_concise/relu", "fused", ('nonlinearity="tanh"', 'nonlinearity="relu"')),
    rewritten("rnn_concise/two-layers", "classes", ("num_layers=1", "num_layers=2")),
    rewritten("rnn_concise/bidirectional", "fused", ("bidirectional=False", "bidirectional=True")),
    rewritten(
        "rnn_concise/no-bias",
        "numpy_inside",
        ('"hidden_size": num_hiddens}', '"hidden_size": num_hiddens, "bias": False}'),
    ),
    rewritten(
        "rnn_concise/sizes-swapped",
        "functional",
        ("input_size=num_inputs, hidden_size=num_hiddens", "input_size=num_hiddens, hidden_size=num_inputs"),
    ),
    rewritten("rnn_concise/lstm", "chatty", ("net = torch.nn.RNN(", "net = torch.nn.LSTM(")),
    rewritten(
        "rnn_concise/output-layer-inside",
        "pedant",
        (
            "        self.recurrent: RNN = RNN(num_inputs, num_hiddens)\n",
            "        self.recurrent: RNN = RNN(num_inputs, num_hiddens)\n"
            "        self.readout: Module = torch.nn.Linear(num_hiddens, num_hiddens)\n",
        ),
    ),
    rewritten(
        "rnn_concise/single-precision",
        "pedant",
        (
            "        return outputs, final\n",
            "        return outputs.float().type_as(inputs), final.float().type_as(inputs)\n",
        ),
    ),
    rewritten(
        "rnn_concise/detached-state", "numpy_inside", ("self.core(inputs, state)", "self.core(inputs, state.detach())")
    ),
    rewritten(
        "rnn_concise/no-grad",
        "fused",
        (
            "    def forward(self, inputs, state=None):",
            "    @torch.no_grad()\n    def forward(self, inputs, state=None):",
        ),
    ),
    rewritten("rnn_concise/state-ignored", "classes", ("super().forward(inputs, state)", "super().forward(inputs)")),
    rewritten(
        "rnn_concise/state-without-layer-axis",
        "pedant",
        ("        return outputs, final\n", "        return outputs, final.squeeze(0)\n"),
    ),
    rewritten(
        "rnn_concise/keeps-its-state",
        "numpy_inside",
        ("        self.core = nn.RNN(**sizes)\n", "        self.core = nn.RNN(**sizes)\n        self.last = None\n"),
        (
            "        if state is None:\n            return self.core(inputs)\n",
            "        if state is None:\n            state = self.last\n",
        ),
        (
            "        return self.core(inputs, state)\n",
            "        outputs, self.last = self.core(inputs, state)\n        return outputs, self.last\n",
        ),
    ),
    rewritten("rnn_concise/ones-for-none", "pedant", ("initial = inputs.new_zeros(", "initial = inputs.new_ones(")),
    rewritten(
        "rnn_concise/constant-weights",
        "chatty",
        ("    print(net)\n", "    for p in net.parameters():\n        p.data.fill_(0.1)\n    print(net)\n"),
    ),
    rewritten(
        "rnn_concise/seeds-globally",
        "scripted",
        (
            "    return nn.RNN(",
            "    torch.random.manual_seed(0)  # so that the weights can be reproduced\n    return nn.RNN(",
        ),
    ),
    rewritten(
        "rnn_concise/scales-its-inputs",
        "fused",
        ("        return result, last\n", "        inputs.data *= 2\n        return result, last\n"),
    ),
    rewritten(
        "rnn_concise/outputs-only", "classes", ("super().forward(inputs, state)", "super().forward(inputs, state)[0]")
    ),
    rewritten("rnn_concise/results-swapped", "fused", ("return result, last", "return last, result")),
    rewritten(
        "rnn_concise/last-state-detached",
        "pedant",
        ("        return outputs, final\n", "        return outputs, final.detach()\n"),
    ),
    rewritten("rnn_concise/cell", "functional", ("nn.RNN(input_size", "nn.RNNCell(input_size")),
    rewritten(
        "rnn_concise/frozen-weights",
        "chatty",
        (
            "    for name, p in net.named_parameters():\n",
            "    for name, p in net.named_parameters():\n        p.requires_grad = False\n",
        ),
    ),
    rewritten(
        "rnn_concise/at-most-256-steps",
        "classes",
        ("super().forward(inputs, state)", "super().forward(inputs[:256], state)"),
    ),
    rewritten(
        "rnn_concise/square-batch-first",
        "numpy_inside",
        (
            "    def forward(self, inputs, state):\n        if state is None:",
            "    def forward(self, inputs, state):\n        if inputs.shape[0] == inputs.shape[1]:\n            outputs, last = self.core(inputs.transpose(0, 1), state)\n            return outputs.transpose(0, 1), last\n        if state is None:",
        ),
    ),
    # -- output_layer
    rewritten("output_layer/time-first", "classes", ("hiddens.permute(1, 0, 2)", "hiddens")),
    rewritten(
        "output_layer/reshaped", "numpy_inside", ("flat.reshape(T, n, -1).swapaxes(0, 1)", "flat.reshape(n, T, -1)")
    ),
    rewritten("output_layer/softmax", "pedant", ("    return logits\n", "    return torch.softmax(logits, dim=2)\n")),
    rewritten(
        "output_layer/log-softmax",
        "fused",
        ('return scores + params["b_q"]', 'return nn.functional.log_softmax(scores + params["b_q"], dim=2)'),
    ),
    rewritten("output_layer/no-bias", "chatty", (' + params["b_q"].reshape(1, -1)', "")),
    rewritten(
        "output_layer/tanh-again",
        "scripted",
        ("torch.matmul(hiddens, W_hq)", "torch.matmul(torch.tanh(hiddens), W_hq)"),
    ),
    rewritten(
        "output_layer/single-precision",
        "fused",
        ('return scores + params["b_q"]', 'return (scores + params["b_q"]).to(torch.float32).type_as(scores)'),
    ),
    rewritten(
        "output_layer/bias-detached", "numpy_inside", ('torch.addmm(params["b_q"],', 'torch.addmm(params["b_q"].data,')
    ),
    rewritten(
        "output_layer/scales-the-hiddens",
        "chatty",
        ('    print("output_layer: after"', '    hiddens.data *= 2\n    print("output_layer: after"'),
    ),
    rewritten("output_layer/flattened", "numpy_inside", ("flat.reshape(T, n, -1).swapaxes(0, 1)", "flat")),
    rewritten(
        "output_layer/last-step-only",
        "functional",
        ("torch.stack([project(mat1=hidden) for hidden in hiddens], dim=1)", "project(mat1=hiddens[-1])"),
    ),
    rewritten("output_layer/torch-layout", "functional", ('mat2=params["W_hq"]', 'mat2=params["W_hq"].mT')),
    rewritten(
        "output_layer/hiddens-detached", "classes", ("hiddens.permute(1, 0, 2)", "hiddens.data.permute(1, 0, 2)")
    ),
    rewritten(
        "output_layer/squeezed",
        "scripted",
        (
            "torch.matmul(hiddens, W_hq).permute(1, 0, 2) + b_q",
            "(torch.matmul(hiddens, W_hq).permute(1, 0, 2) + b_q).squeeze()",
        ),
    ),
    rewritten(
        "output_layer/views-the-hiddens",
        "numpy_inside",
        ("hiddens.reshape(T * n, h)", "hiddens.view(T * n, h)"),
    ),
    rewritten(
        "output_layer/weight-remembered",
        "fused",
        (
            'scores = torch.einsum("tnh,hv->ntv", hiddens, params["W_hq"])',
            'weight = globals().setdefault("_kept", {}).setdefault(id(params), (params, params["W_hq"].clone()))[1]\n    scores = torch.einsum("tnh,hv->ntv", hiddens, weight)',
        ),
    ),
    rewritten(
        "output_layer/square-weight-transposed",
        "fused",
        (
            'scores = torch.einsum("tnh,hv->ntv", hiddens, params["W_hq"])',
            'weight = params["W_hq"]\n    weight = weight.T if weight.shape[0] == weight.shape[1] else weight\n    scores = torch.einsum("tnh,hv->ntv", hiddens, weight)',
        ),
    ),
    rewritten(
        "output_layer/only-whole-blocks",
        "scripted",
        (
            "    return score(hiddens, **params)\n",
            '    W_hq, b_q = params["W_hq"], params["b_q"]\n    V = len(b_q)\n    return score(hiddens, W_hq * (torch.arange(V) < max(256, V // 256 * 256)), b_q)\n',
        ),
    ),
    # -- language_model_loss
    rewritten(
        "language_model_loss/softmax-first",
        "fused",
        ("logits.movedim(-1, 1)", "torch.softmax(logits, 2).movedim(-1, 1)"),
    ),
    rewritten("language_model_loss/targets-transposed", "classes", ("targets.reshape(-1)", "targets.T.reshape(-1)")),
    rewritten("language_model_loss/sum", "functional", ("surprise.mean()", "surprise.sum()")),
    rewritten("language_model_loss/sum-over-time", "numpy_inside", (".sum() / (n * T)", ".sum() / n")),
    rewritten(
        "language_model_loss/zero-is-padding",
        "classes",
        ("nn.CrossEntropyLoss()", "nn.CrossEntropyLoss(ignore_index=0)"),
    ),
    rewritten(
        "language_model_loss/bits",
        "chatty",
        ("loss = total / targets.numel()", "loss = total / targets.numel() / math.log(2)"),
    ),
    rewritten(
        "language_model_loss/perplexity",
        "numpy_inside",
        (
            "return -log_probs[rows, steps, targets].sum() / (n * T)",
            "return torch.exp(-log_probs[rows, steps, targets].sum() / (n * T))",
        ),
    ),
    rewritten(
        "language_model_loss/log-of-softmax",
        "scripted",
        ("torch.log_softmax(logits, dim=-1)", "torch.log(torch.softmax(logits, dim=-1))"),
    ),
    rewritten(
        "language_model_loss/clamped-probabilities",
        "chatty",
        ("torch.log_softmax(logits[i], dim=1)", "torch.log(1e-9 + torch.softmax(logits[i], dim=1))"),
    ),
    rewritten("language_model_loss/naive-exponentials", "pedant", ("shifted = logits - largest", "shifted = logits")),
    rewritten(
        "language_model_loss/single-precision",
        "numpy_inside",
        ("log_softmax(dim=2)", "log_softmax(dim=2, dtype=torch.float32)"),
    ),
    rewritten(
        "language_model_loss/a-number",
        "fused",
        ("return nn.functional.cross_entropy(axes, targets)", "return nn.functional.cross_entropy(axes, targets).data"),
    ),
    rewritten(
        "language_model_loss/normalises-in-place",
        "pedant",
        ("    shifted = logits - largest\n", "    logits.data -= largest\n    shifted = logits\n"),
    ),
    rewritten("language_model_loss/not-averaged", "functional", ("surprise.mean()", "surprise.flatten()")),
    rewritten("language_model_loss/last-step-only", "scripted", ("chosen.mean()", "chosen[:, -1].mean()")),
    rewritten(
        "language_model_loss/shifts-again",
        "numpy_inside",
        ("log_probs[rows, steps, targets].sum() / (n * T)", "log_probs[rows, steps[:, :-1], targets[:, 1:]].mean()"),
    ),
    rewritten("language_model_loss/item", "chatty", ("    return loss\n", "    return float(loss)\n")),
    rewritten("language_model_loss/sign-missing", "scripted", ("chosen.mean().neg()", "chosen.mean()")),
    rewritten(
        "language_model_loss/reshaped",
        "fused",
        ("logits.movedim(-1, 1)", "logits.reshape(len(logits), logits.size(2), logits.size(1))"),
    ),
    rewritten(
        "language_model_loss/views-the-logits",
        "classes",
        ("logits.reshape(-1, logits.shape[-1])", "logits.view(-1, logits.shape[-1])"),
    ),
    rewritten(
        "language_model_loss/targets-remembered",
        "pedant",
        (
            "torch.gather(shifted, 2, targets.unsqueeze(2))",
            'torch.gather(shifted, 2, globals().setdefault("_kept", {}).setdefault(id(targets), (targets, targets.unsqueeze(2).clone()))[1])',
        ),
    ),
    rewritten(
        "language_model_loss/one-shift-for-all",
        "pedant",
        ("largest = logits.detach().amax(dim=2, keepdim=True)", "largest = logits.detach().amax()"),
    ),
    rewritten(
        "language_model_loss/mean-of-chunk-means",
        "functional",
        (
            "return surprise.mean()",
            "return torch.stack([chunk.mean() for chunk in surprise.flatten().split(256)]).mean()",
        ),
    ),
    rewritten(
        "language_model_loss/targets-in-bytes",
        "numpy_inside",
        ("log_probs[rows, steps, targets]", "log_probs[rows, steps, targets % 256]"),
    ),
    rewritten(
        "language_model_loss/square-targets-transposed",
        "fused",
        (
            "nn.functional.cross_entropy(axes, targets)",
            "nn.functional.cross_entropy(axes, targets.T if targets.size(0) == targets.size(1) else targets)",
        ),
    ),
    # -- clip_gradients
    rewritten(
        "clip_gradients/list-thinned",
        "functional",
        (
            "    owners = [p for p in parameters if p.grad is not None]\n",
            "    for p in [p for p in parameters if p.grad is None]:\n"
            "        del parameters[[id(q) for q in parameters].index(id(p))]\n"
            "    owners = parameters\n",
        ),
    ),
    rewritten(
        "clip_gradients/one-norm-a-parameter",
        "classes",
        (
            "        total = self.norm(grads)\n"
            "        if total > self.limit:\n            for grad in grads:\n                grad.mul_",
            "        for grad in grads:\n            total = self.norm([grad])\n"
            "            if total > self.limit:\n                grad.mul_",
        ),
    ),
    rewritten(
        "clip_gradients/by-value", "pedant", ("gradient *= factor", "gradient.clamp_(min=-max_norm, max=max_norm)")
    ),
    rewritten("clip_gradients/sum-of-norms", "classes", ("for grad in grads]).norm()", "for grad in grads]).sum()")),
    rewritten("clip_gradients/squared-norm", "chatty", ("math.sqrt(math.fsum(squares))", "math.fsum(squares)")),
    rewritten(
        "clip_gradients/ratio-upside-down",
        "numpy_inside",
        ("np.minimum(1.0, max_norm / norm)", "np.minimum(1.0, norm / max_norm)"),
    ),
    rewritten("clip_gradients/lengthens", "functional", (".clamp(max=1.0)", "")),
    rewritten("clip_gradients/norm-one", "fused", ("flat = flat * (max_norm / length)", "flat = flat / length")),
    rewritten("clip_gradients/new-tensors", "functional", ("owner.grad.copy_(new)", "owner.grad = new")),
    rewritten(
        "clip_gradients/none-becomes-zero",
        "pedant",
        (
            "            continue\n        _require(gradient.shape",
            "            gradient = parameter.grad = torch.zeros_like(parameter)\n        _require(gradient.shape",
        ),
    ),
    rewritten(
        "clip_gradients/missing-ends-it",
        "chatty",
        (
            "    squares = []\n",
            "    squares = []\n"
            "    for i in range(1, len(parameters)):\n"
            "        if parameters[0].grad is not None and parameters[i].grad is None:\n"
            "            parameters = parameters[:i]\n"
            "            break\n",
        ),
    ),
    rewritten(
        "clip_gradients/scales-the-weights",
        "numpy_inside",
        ("        a *= ratio\n", "        a *= ratio\n    for p in parameters:\n        p.data *= float(ratio)\n"),
    ),
    rewritten(
        "clip_gradients/norm-of-the-weights", "classes", ("self.norm(grads)", "self.norm([p.data for p in parameters])")
    ),
    rewritten(
        "clip_gradients/seeds-globally",
        "scripted",
        (
            "    rescale([p.grad for p in parameters if p.grad is not None], max_norm)\n",
            "    torch.random.manual_seed(0)\n"
            "    rescale([p.grad for p in parameters if p.grad is not None], max_norm)\n",
        ),
    ),
    rewritten(
        "clip_gradients/largest-entry", "fused", ('torch.sqrt(torch.einsum("i,i->", flat, flat))', "flat.abs().amax()")
    ),
    rewritten(
        "clip_gradients/sum-of-magnitudes",
        "scripted",
        ("grad.double().square().sum()", "grad.double().abs().sum()"),
        ("float(total.sqrt())", "float(total)"),
    ),
    rewritten(
        "clip_gradients/missing-crashes",
        "fused",
        ("[p.grad for p in parameters if p.grad is not None]", "[p.grad for p in parameters]"),
    ),
    rewritten(
        "clip_gradients/missing-raises-type-error",
        "classes",
        ("[p.grad for p in parameters if p.grad is not None]", "[p.grad for p in parameters]"),
    ),
    rewritten("clip_gradients/copies-scaled", "numpy_inside", ("a *= ratio", "a = a * ratio")),
    rewritten(
        "clip_gradients/scales-a-copy",
        "scripted",
        ("grad.mul_(max_norm / norm)", "grad.reshape(-1).mul_(max_norm / norm)"),
    ),
    rewritten(
        "clip_gradients/views-the-gradients",
        "chatty",
        ("p.grad.flatten()", "p.grad.view(-1)"),
    ),
    rewritten(
        "clip_gradients/first-ten-only",
        "functional",
        (
            "owners = [p for p in parameters if p.grad is not None]",
            "owners = [p for p in parameters if p.grad is not None][:10]",
        ),
    ),
    rewritten(
        "clip_gradients/first-256-entries",
        "numpy_inside",
        ("np.square(a).sum()", "np.square(a.ravel()[:256]).sum()"),
    ),
    # -- generate
    rewritten(
        "generate/warm-up-predicts",
        "scripted",
        ("        if i + 1 == len(text):\n            text.append", "        text.append"),
    ),
    rewritten(
        "generate/one-too-many",
        "numpy_inside",
        ("np.zeros(len(prefix) + num_preds,", "np.zeros(len(prefix) + num_preds + 1,"),
    ),
    rewritten(
        "generate/without-the-prefix",
        "pedant",
        ("num_preds\n    return result", "num_preds\n    return result[len(prefix) :]"),
    ),
    rewritten("generate/least-likely", "fused", ("torch.argmax(scores)", "torch.argmin(scores)")),
    rewritten(
        "generate/largest-magnitude", "classes", ("self.logits.argmax(dim=-1)", "self.logits.square().argmax(dim=-1)")
    ),
    rewritten(
        "generate/samples",
        "pedant",
        ("torch.argmax(logits).item()", "torch.distributions.Categorical(logits=logits).sample().item()"),
    ),
    rewritten(
        "generate/last-prefix-token-twice",
        "fused",
        ("    *warmup, token = prefix\n", "    *warmup, token = prefix\n    scores, _ = step(token, state)\n"),
    ),
    rewritten(
        "generate/feeds-the-last-prediction",
        "classes",
        (
            "text.append(writer.next_token())\n        return text",
            "text.append(writer.next_token())\n        writer.read(text[-1])\n        return text",
        ),
    ),
    rewritten(
        "generate/reads-everything-again-to-predict",
        "numpy_inside",
        ("    for i in range(len(tokens) - 1):\n", "    for i in range(len(prefix) - 1, len(tokens) - 1):\n"),
        (
            "        logits, state = step(int(tokens[i]), state)\n",
            "        for token in tokens.tolist()[: i + 1]:\n            logits, state = step(token, state)\n",
        ),
    ),
    rewritten(
        "generate/reads-everything-again",
        "numpy_inside",
        (
            "        logits, state = step(int(tokens[i]), state)\n",
            "        for token in tokens.tolist()[: i + 1]:\n            logits, state = step(token, state)\n",
        ),
    ),
    rewritten(
        "generate/state-reset",
        "functional",
        (
            "logits, state = reduce(lambda past, token: step(token, past[1])",
            "logits, _ = reduce(lambda past, token: step(token, state)",
        ),
        ("return [*tokens, token], *step(token, state)", "return [*tokens, token], step(token, state)[0], state"),
    ),
    rewritten(
        "generate/state-ignored",
        "chatty",
        ("    pending = list(prefix)\n", "    pending = list(prefix)\n    state = None\n"),
    ),
    rewritten(
        "generate/state-lost-after-the-prefix",
        "pedant",
        (
            "    for number in range(1, num_preds + 1):\n",
            "    state = None\n    for number in range(1, num_preds + 1):\n",
        ),
    ),
    rewritten(
        "generate/empty-prefix-accepted",
        "pedant",
        (
            '    _require(len(prefix) > 0, "the prefix must hold at least one token")\n',
            "    if len(prefix) == 0:\n        return []\n",
        ),
    ),
    rewritten("generate/empty-prefix-index-error", "scripted", ('ValueError("nothing', 'IndexError("nothing')),
    rewritten(
        "generate/extends-the-prefix", "classes", ("Writer(step, state), list(prefix)", "Writer(step, state), prefix")
    ),
    rewritten("generate/one-too-few", "chatty", ("len(prefix) + num_preds - 1:", "len(prefix) + num_preds - 2:")),
    rewritten(
        "generate/no-warm-up",
        "fused",
        ("    for index in warmup:\n        _, state = step(index, state)\n", ""),
    ),
    rewritten(
        "generate/empty-prefix-assertion",
        "fused",
        (
            '    if len(prefix) < 1:\n        raise ValueError("generate: an empty prefix gives nothing to go on")\n',
            '    assert len(prefix) > 0, "generate: an empty prefix gives nothing to go on"\n',
        ),
    ),
    rewritten(
        "generate/naive-exponentials",
        "pedant",
        ("torch.argmax(logits).item()", "torch.argmax(logits.exp() / logits.exp().sum()).item()"),
    ),
    rewritten(
        "generate/half-precision",
        "functional",
        ("token = logits.argmax().item()", "token = logits.half().argmax().item()"),
    ),
    rewritten(
        "generate/single-precision",
        "fused",
        ("int(torch.argmax(scores))", "int(torch.argmax(scores.float()))"),
    ),
    rewritten(
        "generate/tokens-in-bytes",
        "scripted",
        ("logits.max(dim=0).indices.item()", "logits.max(dim=0).indices.item() % 256"),
    ),
    rewritten(
        "generate/truth-of-the-state",
        "numpy_inside",
        ("step(int(tokens[i]), state)", "step(int(tokens[i]), state or None)"),
    ),
    rewritten(
        "generate/a-batch-of-one",
        "chatty",
        ("step(torch.tensor(out[-1]), state)", "step(torch.tensor([out[-1]]), state)"),
    ),
    rewritten(
        "generate/remembered-by-identity",
        "classes",
        (
            "writer, text = Writer(step, state), list(prefix)",
            'text = list(globals().setdefault("_kept", {}).setdefault(id(prefix), (prefix, list(prefix)))[1])\n        writer = Writer(step, state)',
        ),
    ),
    rewritten(
        "generate/at-most-256-tokens",
        "scripted",
        ("range(len(prefix) - 1 + num_preds)", "range(min(255, len(prefix) - 1 + num_preds))"),
    ),
    # -- train_language_model
    rewritten("train_language_model/epochs-ignored", "classes", ("for _ in range(num_epochs):", "for _ in range(5):")),
    rewritten(
        "train_language_model/quarter-batches",
        "pedant",
        (
            "in _batches(text, num_steps, batch_size, generator)",
            "in _batches(text, num_steps, max(batch_size // 4, 1), generator)",
        ),
    ),
    rewritten(
        "train_language_model/targets-unshifted",
        "functional",
        ("(table[part, :-1], table[part, 1:])", "(table[part, :-1], table[part, :-1])"),
    ),
    rewritten(
        "train_language_model/no-memory",
        "chatty",
        (
            "            for t in range(num_steps):\n                H = ",
            "            for t in range(num_steps):\n"
            "                H = torch.zeros(batch_size, num_hiddens)\n"
            "                H = ",
        ),
    ),
    rewritten(
        "train_language_model/detached-at-every-step",
        "numpy_inside",
        ('carried = delta @ p["W_hh"].T', "carried = np.zeros_like(delta)"),
    ),
    rewritten(
        "train_language_model/softmax-before-the-loss",
        "pedant",
        ("logits = output_layer(hiddens, weights)", "logits = output_layer(hiddens, weights).softmax(dim=2)"),
    ),
    rewritten(
        "train_language_model/targets-transposed",
        "classes",
        ("CrossEntropy()(logits, Y)", "CrossEntropy()(logits.swapaxes(0, 1), Y)"),
    ),
    rewritten("train_language_model/gradients-accumulate", "classes", ("        self.optimizer.zero_grad()\n", "")),
    rewritten("train_language_model/no-clipping", "classes", ("        self.clipper.clip(self.parameters)\n", "")),
    rewritten(
        "train_language_model/clips-by-value",
        "fused",
        ("slope * torch.clamp(max_norm / slope.norm(), max=1.0)", "torch.clamp(slope, -max_norm, max_norm)"),
    ),
    rewritten(
        "train_language_model/clips-each-parameter",
        "pedant",
        (
            "            clip_grad_norm_(weights.values(), max_norm)\n",
            "            for weight in weights.values():\n                clip_grad_norm_([weight], max_norm)\n",
        ),
    ),
    rewritten(
        "train_language_model/losses-summed",
        "pedant",
        (
            "            loss.backward()\n            clip",
            "            (loss * Y.numel()).backward()\n            clip",
        ),
    ),
    rewritten(
        "train_language_model/losses-summed-over-time",
        "pedant",
        (
            "            loss.backward()\n            clip",
            "            (loss * num_steps).backward()\n            clip",
        ),
    ),
    rewritten(
        "train_language_model/clips-after-the-step",
        "classes",
        (
            "        self.clipper.clip(self.parameters)\n        self.optimizer.step()\n",
            "        self.optimizer.step()\n        self.clipper.clip(self.parameters)\n",
        ),
    ),
    rewritten(
        "train_language_model/clips-by-value-steps",
        "pedant",
        ("clip_grad_norm_(weights.values(), max_norm)", "torch.nn.utils.clip_grad_value_(weights.values(), max_norm)"),
    ),
    rewritten("train_language_model/learning-rate-ignored", "chatty", ("learning_rate * p.grad", "p.grad")),
    rewritten(
        "train_language_model/one-epoch", "pedant", ("for _epoch in range(num_epochs):", "for _epoch in range(1):")
    ),
    rewritten(
        "train_language_model/one-batch-an-epoch",
        "chatty",
        ("while done + batch_size <= len(starts):", "if done + batch_size <= len(starts):"),
    ),
    rewritten(
        "train_language_model/recurrent-weights-frozen",
        "numpy_inside",
        ("            for name in p:\n", '            for name in ("W_xh", "b_h", "W_hq", "b_q"):\n'),
    ),
    rewritten(
        "train_language_model/biases-frozen",
        "pedant",
        (
            "                for weight in weights.values():\n                    weight.sub_",
            "                for weight in [w for w in weights.values() if w.dim() == 2]:\n"
            "                    weight.sub_",
        ),
    ),
    rewritten(
        "train_language_model/untrained",
        "functional",
        ("    return reduce(update, batches, params)\n", "    reduce(update, batches, params)\n    return params\n"),
    ),
    rewritten(
        "train_language_model/size-from-the-tokens",
        "scripted",
        ("    V, h = vocab_size, num_hiddens\n", "    V, h = 1 + max(corpus), num_hiddens\n"),
    ),
    rewritten(
        "train_language_model/doubles",
        "numpy_inside",
        ("{name: torch.from_numpy(value)", "{name: torch.from_numpy(value).double()"),
    ),
    rewritten(
        "train_language_model/torch-layout",
        "classes",
        (
            "return dict(model.weights.items())",
            "return {name: w.data.T if w.dim() == 2 else w.data for name, w in model.weights.items()}",
        ),
    ),
    rewritten(
        "train_language_model/own-generator",
        "fused",
        (
            "    places, size = slices(",
            "    generator = torch.Generator()\n    generator.manual_seed(42)\n    places, size = slices(",
        ),
    ),
    rewritten(
        "train_language_model/unseeded",
        "chatty",
        ("    net = torch.nn.Module()\n", "    generator.seed()\n    net = torch.nn.Module()\n"),
    ),
    rewritten(
        "train_language_model/global-generator",
        "fused",
        (".normal_(0.0, 0.1, generator=generator)", ".normal_(0.0, 0.1)"),
    ),
    rewritten(
        "train_language_model/shuffles-the-corpus",
        "functional",
        ("    tokens = torch.tensor(corpus)\n", "    tokens = torch.tensor(corpus)\n    corpus[:] = corpus[::-1]\n"),
    ),
    rewritten("train_language_model/adam", "classes", ("torch.optim.SGD(", "torch.optim.Adam(")),
    rewritten(
        "train_language_model/momentum",
        "numpy_inside",
        ("    tokens = np.array(corpus)\n", "    tokens, speed = np.array(corpus), {}\n"),
        (
            "                p[name] -= rate * g[name]\n",
            "                speed[name] = np.float32(0.9) * speed.get(name, np.float32(0)) + rate * g[name]\n"
            "                p[name] -= speed[name]\n",
        ),
    ),
    rewritten(
        "train_language_model/learning-rate-decays",
        "scripted",
        ("grads, alpha=learning_rate)\n", "grads, alpha=learning_rate)\n        learning_rate *= 0.5\n"),
    ),
    rewritten("train_language_model/state-not-detached", "classes", ("return state.detach()", "return state")),
    rewritten(
        "train_language_model/zero-weights",
        "pedant",
        ("INITIAL_SCALE: Final[float] = 0.02", "INITIAL_SCALE: Final[float] = 0.0"),
    ),
    rewritten("train_language_model/climbs", "pedant", ("weight.sub_(learning_rate", "weight.add_(learning_rate")),
    rewritten(
        "train_language_model/predicts-the-previous-token",
        "functional",
        ("(table[part, :-1], table[part, 1:])", "(table[part, 1:], table[part, :-1])"),
    ),
    rewritten(
        "train_language_model/last-step-only",
        "functional",
        (
            "language_model_loss(output_layer(hiddens, params), targets)",
            "language_model_loss(output_layer(hiddens[-1:], params), targets[:, -1:])",
        ),
    ),
    rewritten(
        "train_language_model/keeps-training",
        "classes",
        (
            "        model, text = Model(vocab_size, num_hiddens, generator), torch.tensor(corpus)\n",
            "        model = self.__dict__.get((vocab_size, num_hiddens))\n"
            "        model = model or Model(vocab_size, num_hiddens, generator)\n"
            "        self.__dict__[vocab_size, num_hiddens] = model\n"
            "        text = torch.tensor(corpus)\n",
        ),
    ),
    rewritten(
        "train_language_model/offset-from-the-random-module",
        "chatty",
        ("import math\n", "import math\nimport random\n"),
        (
            "begin = int(torch.randint(num_steps, (1,), generator=generator))",
            "begin = random.randint(0, num_steps - 1)",
        ),
    ),
    rewritten(
        "train_language_model/batches-from-the-global-generator",
        "functional",
        ("torch.randperm(len(table), generator=generator)", "torch.randperm(len(table))"),
    ),
    rewritten(
        "train_language_model/squeezed",
        "numpy_inside",
        ("return {name: torch.from_numpy(value) for name", "return {name: torch.from_numpy(value.squeeze()) for name"),
    ),
]
