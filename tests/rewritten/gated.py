"""The mutants of the unit gated, rewritten in other styles."""

from .rewriting import rewritten

LSTM_OPTIONS = "return nn.LSTM(\n        input_size=num_inputs, hidden_size=num_hiddens, num_layers=1, bias=True, "
GRU_OPTIONS = "return nn.GRU(\n        input_size=num_inputs, hidden_size=num_hiddens, num_layers=1, bias=True, "
LSTM_INIT = "        super().__init__(num_inputs, num_hiddens)\n"

REWRITTEN = [
    # -- lstm_scratch ------------------------------------------------------------------------------------
    rewritten("lstm_scratch/candidate-added-ungated", "scripted", ("c = f * c + i * g", "c = f * c + (i + g)")),
    rewritten("lstm_scratch/one-bias-for-two-gates", "chatty", ('params["b_f"]', 'params["b_i"]')),
    rewritten("lstm_scratch/output-bias-dropped", "chatty", ("H @ W_ho + b_o)", "H @ W_ho)")),
    rewritten("lstm_scratch/memory-shown-without-tanh", "lazy", ('sigma(pre("o")) * c.tanh()', 'sigma(pre("o")) * c')),
    rewritten("lstm_scratch/shows-the-old-memory", "classes", ("cell_now.tanh()", "cell.tanh()")),
    rewritten("lstm_scratch/sigmoid-candidate", "fused", ("summed[:, 3 * h :].tanh()", "summed[:, 3 * h :].sigmoid()")),
    rewritten("lstm_scratch/transposed-recurrent-weights", "chatty", ("H @ W_hc", "H @ W_hc.T")),
    rewritten(
        "lstm_scratch/tanh-of-one-summand",
        "scripted",
        (
            "g = torch.tanh(torch.addmm(b[3], x[t], w[3]) + h.mm(u[3]))",
            "g = torch.tanh(x[t].mm(w[3])) + h.mm(u[3]) + b[3]",
        ),
    ),
    rewritten(
        "lstm_scratch/computes-in-float32",
        "pedant",
        ("torch.mul(input_gate, candidate)", "torch.mul(input_gate, candidate).float().type_as(C)"),
    ),
    rewritten(
        "lstm_scratch/returns-float64", "chatty", ("return outs, (H, C)", "return outs.to(torch.float64), (H, C)")
    ),
    rewritten("lstm_scratch/detached-memory", "lazy", ('sigma(pre("f")) * c +', 'sigma(pre("f")) * c.detach() +')),
    rewritten(
        "lstm_scratch/detached-hidden-state",
        "chatty",
        ("else torch.cat([outs, H[None]])", "else torch.cat([outs, H[None]])\n        H = H.detach()"),
    ),
    rewritten(
        "lstm_scratch/no-grad",
        "scripted",
        ("    hs, h, c = lstm_loop(", "    with torch.no_grad():\n        hs, h, c = lstm_loop("),
    ),
    rewritten("lstm_scratch/state-swapped", "fused", ("(hidden, memory)", "(memory, hidden)")),
    rewritten(
        "lstm_scratch/only-hidden-state-carried",
        "pedant",
        ("(None, None) if state is None else state", "(None, None) if state is None else (state[0], None)"),
    ),
    rewritten(
        "lstm_scratch/batch-normalised",
        "functional",
        ("o.mul(C_next.tanh())", "o.mul(torch.tanh(C_next - C_next.mean(dim=0, keepdim=True)))"),
    ),
    rewritten(
        "lstm_scratch/state-of-the-first-sequence",
        "classes",
        (
            "    run = Reader(LongShortTermMemory(params))",
            "    if state is not None:\n        state = [part[0].repeat(len(part), 1) for part in state]\n"
            "    run = Reader(LongShortTermMemory(params))",
        ),
    ),
    rewritten(
        "lstm_scratch/centred-over-time",
        "fused",
        ("for share in inputs @ W_x + b:", "for share in (inputs - inputs.mean(dim=0)) @ W_x + b:"),
    ),
    rewritten("lstm_scratch/starts-from-ones", "lazy", ("width)), inputs.new_zeros((", "width)), inputs.new_ones((")),
    rewritten("lstm_scratch/input-and-forget-exchanged", "functional", ("i, f, o = (", "f, i, o = (")),
    rewritten("lstm_scratch/forget-gate-flipped", "einsum", ("[keep, enter]", "[1 - keep, enter]")),
    rewritten("lstm_scratch/output-ungated", "chatty", ("H = o * tanh(C)", "H = tanh(C)")),
    rewritten(
        "lstm_scratch/outputs-the-memory",
        "functional",
        ("torch.stack(hiddens), (hiddens[-1]", "torch.stack(memories), (hiddens[-1]"),
    ),
    rewritten(
        "lstm_scratch/memory-updated-in-place",
        "chatty",
        ("C = f * C + i * new", "C *= f\n        C = C + i * new"),
    ),
    rewritten(
        "lstm_scratch/starts-at-random",
        "scripted",
        ('state = blank(inputs, params, "i")', 'state = torch.randn_like(blank(inputs, params, "i"))'),
    ),
    rewritten(
        "lstm_scratch/gates-in-torchs-order",
        "fused",
        (
            "i, f, o = summed[:, : 3 * h].sigmoid().chunk(3, dim=1)",
            "i, f, candidate, o = summed.chunk(4, dim=1)\n        i, f, o = i.sigmoid(), f.sigmoid(), o.sigmoid()",
        ),
        ("candidate = summed[:, 3 * h :].tanh()", "candidate = candidate.tanh()"),
    ),
    rewritten("lstm_scratch/coupled-gates", "lazy", ('sigma(pre("i")) * pre("c")', '(1 - sigma(pre("f"))) * pre("c")')),
    rewritten("lstm_scratch/no-forget-gate", "functional", ("f.mul(C).add(", "C.add(")),
    rewritten(
        "lstm_scratch/forget-bias-of-one",
        "scripted",
        (
            "f = torch.sigmoid(torch.addmm(b[1], x[t], w[1]) + h.mm(u[1]))",
            "f = torch.sigmoid(1.0 + torch.addmm(b[1], x[t], w[1]) + h.mm(u[1]))",
        ),
    ),
    rewritten(
        "lstm_scratch/hard-sigmoid",
        "lazy",
        ("torch.special.expit(value)", "torch.clamp(value * 0.2 + 0.5, min=0.0, max=1.0)"),
    ),
    rewritten(
        "lstm_scratch/memory-first",
        "einsum",
        ("H, C = state or (", "C, H = state or ("),
        ("torch.stack(history, dim=0), (H, C)", "torch.stack(history, dim=0), (C, H)"),
    ),
    rewritten(
        "lstm_scratch/all-recurrent-weights-transposed",
        "pedant",
        ("functional.linear(H, W_h.t())", "functional.linear(H, W_h)"),
    ),
    rewritten(
        "lstm_scratch/outputs-one-step-late",
        "pedant",
        (
            "        H = torch.mul(output_gate, torch.tanh(C))\n        outputs[t] = H\n",
            "        outputs[t] = H\n        H = torch.mul(output_gate, torch.tanh(C))\n",
        ),
    ),
    rewritten("lstm_scratch/outputs-end-to-end", "classes", ("return run.outputs, ", "return torch.cat(run.given), ")),
    rewritten("lstm_scratch/state-in-a-list", "chatty", ("return outs, (H, C)", "return outs, [H, C]")),
    rewritten(
        "lstm_scratch/batch-first",
        "fused",
        (
            'W_x, W_h, b = side_by_side(params, "ifoc")',
            'W_x, W_h, b = side_by_side(params, "ifoc")\n    inputs = inputs.permute(1, 0, 2)',
        ),
        ("torch.stack(shown)", "torch.stack(shown, dim=1)"),
    ),
    rewritten(
        "lstm_scratch/zeros-sized-by-time",
        "functional",
        ("(inputs.size(1), *bias.shape)", "(inputs.size(0), *bias.shape)"),
    ),
    rewritten(
        "lstm_scratch/zeros-in-float32",
        "classes",
        (
            "torch.zeros(like.shape[1], self.enter.width, dtype=like.dtype, device=like.device)",
            "torch.zeros(like.shape[1], self.enter.width)",
        ),
    ),
    rewritten(
        "lstm_scratch/given-state-detached",
        "scripted",
        ("lstm_loop(inputs, state[0], state[1], ", "lstm_loop(inputs, state[0].detach(), state[1].detach(), "),
    ),
    rewritten(
        "lstm_scratch/inputs-flattened-by-view",
        "fused",
        (
            "    for share in inputs @ W_x + b:  # (n, 4h)",
            "    flat = inputs.view(inputs[..., 0].numel(), -1) @ W_x + b\n    for share in flat.reshape(*inputs.shape[:2], 4 * h):",
        ),
    ),
    rewritten(
        "lstm_scratch/weights-kept-on-the-inputs",
        "einsum",
        (
            '    W_x, W_h, b = (on_one_axis(params, prefix, "ifoc") for prefix in ("W_x", "W_h", "b_"))',
            '    packed = [on_one_axis(params, prefix, "ifoc") for prefix in ("W_x", "W_h", "b_")]\n    W_x, W_h, b = inputs.__dict__.setdefault("packed", packed)',
        ),
    ),
    rewritten(
        "lstm_scratch/outputs-in-one-buffer",
        "functional",
        (
            "def lstm_step(",
            "STORE = {}\n\n\ndef stored(fresh):\n    place = STORE.setdefault((fresh.shape, fresh.dtype), torch.empty_like(fresh))\n    return place.detach().copy_(fresh)\n\n\ndef lstm_step(",
        ),
        (
            "    return torch.stack(hiddens), (hiddens[-1], memories[-1])",
            "    return stored(torch.stack(hiddens)), (hiddens[-1], memories[-1])",
        ),
    ),
    rewritten(
        "lstm_scratch/params-by-their-order",
        "einsum",
        (
            '    W_x, W_h, b = (on_one_axis(params, prefix, "ifoc") for prefix in ("W_x", "W_h", "b_"))',
            "    given = list(params.values())\n    W_x, W_h, b = (torch.stack(given[first::3]) for first in range(3))",
        ),
    ),
    rewritten(
        "lstm_scratch/square-weights-turned-over",
        "classes",
        (
            '        self.propose = Gate(params, "c", torch.tanh)',
            '        self.propose = Gate(params, "c", torch.tanh)\n        if self.propose.from_input.shape == self.propose.from_state.shape:\n            self.propose.from_input = self.propose.from_input.T',
        ),
    ),
    rewritten(
        "lstm_scratch/sigmoid-by-exponentials",
        "functional",
        (
            '    i, f, o = (torch.sigmoid(affine(params, gate, X, H)) for gate in "ifo")',
            '    i, f, o = (affine(params, gate, X, H) for gate in "ifo")\n    i, f, o = torch.sigmoid(i), f.exp() / (f.exp() + 1), torch.sigmoid(o)',
        ),
    ),
    rewritten(
        "lstm_scratch/memory-clamped",
        "fused",
        (
            "        memory = torch.addcmul(f * memory, i, candidate)",
            "        memory = torch.addcmul(f * memory, i, candidate).clip(-10, 10)",
        ),
    ),
    # -- lstm_concise ------------------------------------------------------------------------------------
    rewritten(
        "lstm_concise/head-besides",
        "einsum",
        (
            "self.inner = nn.LSTM(num_inputs, num_hiddens)",
            "self.inner = nn.LSTM(num_inputs, num_hiddens)\n            self.head = nn.Linear(num_hiddens, 1)",
        ),
    ),
    rewritten(
        "lstm_concise/state-remembered",
        "einsum",
        (
            "self.inner = nn.LSTM(num_inputs, num_hiddens)",
            "self.inner = nn.LSTM(num_inputs, num_hiddens)\n            self.last = None",
        ),
        (
            "            y, (h, c) = self.inner(x, hc)\n",
            "            y, (h, c) = self.inner(x, self.last if hc is None else hc)\n            self.last = (h, c)\n",
        ),
    ),
    rewritten(
        "lstm_concise/batch-first", "pedant", (LSTM_OPTIONS + "batch_first=False", LSTM_OPTIONS + "batch_first=True")
    ),
    rewritten(
        "lstm_concise/sizes-swapped",
        "fused",
        (
            'sizes = {"input_size": num_inputs, "hidden_size": num_hiddens}',
            'sizes = {"input_size": num_hiddens, "hidden_size": num_inputs}',
        ),
    ),
    rewritten(
        "lstm_concise/inputs-scaled-in-place",
        "lazy",
        (
            "    holder.forward = lambda inputs, state=None: holder[0](inputs, state)\n",
            "\n    def forward(inputs, state=None):\n        outputs, state = holder[0](inputs, state)\n"
            "        inputs.data = inputs.data + inputs.data\n        return outputs, state\n\n"
            "    holder.forward = forward\n",
        ),
    ),
    rewritten(
        "lstm_concise/two-layers",
        "chatty",
        ("nn.LSTM(num_inputs, num_hiddens)", "nn.LSTM(num_inputs, num_hiddens, 2)"),
    ),
    rewritten(
        "lstm_concise/bidirectional",
        "classes",
        ("super().__init__(num_inputs, num_hiddens)", "super().__init__(num_inputs, num_hiddens, bidirectional=True)"),
    ),
    rewritten(
        "lstm_concise/a-gru",
        "functional",
        ("(num_inputs, num_hiddens), nn.LSTM)()", "(num_inputs, num_hiddens), torch.nn.GRU)()"),
    ),
    rewritten(
        "lstm_concise/two-in-a-list",
        "lazy",
        ("[nn.LSTM(num_inputs, num_hiddens)]", "[nn.LSTM(num_inputs, num_hiddens), nn.LSTM(num_inputs, num_hiddens)]"),
    ),
    rewritten(
        "lstm_concise/no-bias",
        "scripted",
        ("nn.LSTM(num_inputs, num_hiddens)", "nn.LSTM(num_inputs, num_hiddens, bias=False)"),
    ),
    rewritten("lstm_concise/state-is-h-alone", "einsum", ("return y, (h, c)", "return y, h")),
    rewritten("lstm_concise/forgets-its-state", "lazy", ("holder[0](inputs, state)", "holder[0](inputs)")),
    rewritten(
        "lstm_concise/starts-from-ones",
        "classes",
        (
            LSTM_INIT,
            LSTM_INIT + "\n    def forward(self, sequence, state=None):\n        if state is None:\n"
            "            start = torch.ones(1, sequence.size(1), self.hidden_size).to(sequence)\n"
            "            state = start, start\n        return super().forward(sequence, state)\n",
        ),
    ),
    rewritten(
        "lstm_concise/always-the-same-weights",
        "chatty",
        (
            "    lstm = nn.LSTM(num_inputs, num_hiddens)\n",
            "    before = torch.get_rng_state()\n    torch.manual_seed(0)\n"
            "    lstm = nn.LSTM(num_inputs, num_hiddens)\n    torch.set_rng_state(before)\n",
        ),
    ),
    rewritten("lstm_concise/detached-outputs", "einsum", ("return y, (h, c)", "return y.data, (h, c)")),
    rewritten(
        "lstm_concise/frozen-weights",
        "chatty",
        (
            "    lstm = nn.LSTM(num_inputs, num_hiddens)\n",
            "    lstm = nn.LSTM(num_inputs, num_hiddens)\n"
            "    for p in lstm.parameters():\n        p.requires_grad = False\n",
        ),
    ),
    rewritten(
        "lstm_concise/seeds-torch",
        "fused",
        ("    return nn.LSTM(**sizes)", "    torch.random.manual_seed(0)\n    return nn.LSTM(**sizes)"),
    ),
    rewritten("lstm_concise/a-cell", "fused", ("nn.LSTM(**sizes)", "nn.LSTMCell(**sizes)")),
    rewritten("lstm_concise/outputs-alone", "einsum", ("return y, (h, c)", "return y")),
    rewritten(
        "lstm_concise/last-output-alone",
        "classes",
        (
            LSTM_INIT,
            LSTM_INIT + "\n    def forward(self, sequence, state=None):\n"
            "        outputs, end = super().forward(sequence, state)\n        return outputs[-1], end\n",
        ),
    ),
    rewritten(
        "lstm_concise/given-state-detached",
        "lazy",
        ("holder[0](inputs, state)", "holder[0](inputs, state and tuple(part.detach() for part in state))"),
    ),
    rewritten(
        "lstm_concise/double-weights",
        "chatty",
        ("    lstm = nn.LSTM(num_inputs, num_hiddens)", "    lstm = nn.LSTM(num_inputs, num_hiddens).double()"),
    ),
    # -- gru_scratch -------------------------------------------------------------------------------------
    rewritten(
        "gru_scratch/reset-and-update-exchanged", "fused", ('side_by_side(params, "rz")', 'side_by_side(params, "zr")')
    ),
    rewritten("gru_scratch/shares-not-complementary", "chatty", ("H = H * z + h * (1 - z)", "H = H * z + h")),
    rewritten("gru_scratch/reset-bias-dropped", "chatty", ("H @ W_hr + b_r)", "H @ W_hr)")),
    rewritten(
        "gru_scratch/bias-twice",
        "fused",
        ('(r * old) @ params["W_hh"])', '(r * old) @ params["W_hh"] + params["b_h"])'),
    ),
    rewritten("gru_scratch/transposed-recurrent-weights", "lazy", ('h.mm(p["W_hz"])', 'h.mm(p["W_hz"].t())')),
    rewritten(
        "gru_scratch/sigmoid-candidate",
        "classes",
        ('self.candidate = Gate(params, "h", torch.tanh)', 'self.candidate = Gate(params, "h", torch.sigmoid)'),
    ),
    rewritten(
        "gru_scratch/computes-in-float32",
        "pedant",
        (
            'torch.tanh(_linear(X, what_is_left, params, "h"))',
            'torch.tanh(_linear(X, what_is_left, params, "h")).float().to(inputs.dtype)',
        ),
    ),
    rewritten(
        "gru_scratch/state-squeezed",
        "functional",
        (
            "return torch.stack(hiddens), hiddens[-1]",
            "return torch.stack(hiddens), hiddens[-1] if inputs.size(1) > 1 else hiddens[-1][0]",
        ),
    ),
    rewritten(
        "gru_scratch/detached-gate",
        "scripted",
        ("h = (1 - z) * n + z * h", "keep = z.detach()\n        h = (1 - keep) * n + keep * h"),
    ),
    rewritten("gru_scratch/detached-state", "classes", ("return after, after", "return after, after.detach()")),
    rewritten(
        "gru_scratch/gradient-scaled",
        "chatty",
        (
            "h = tanh(X @ W_xh + (r * H) @ W_hh + b_h)\n",
            "h = tanh(X @ W_xh + (r * H) @ W_hh + b_h)\n"
            "        if h.requires_grad:\n            h.register_hook(lambda grad: 1.001 * grad)\n",
        ),
    ),
    rewritten(
        "gru_scratch/returns-the-state-before",
        "einsum",
        ("torch.stack(trail, dim=0), S", "torch.stack(trail, dim=0), trail[-2:][0]"),
    ),
    rewritten(
        "gru_scratch/given-state-ignored",
        "einsum",
        ("S = inputs.new_zeros(n, b.shape[1]) if state is None else state", "S = inputs.new_zeros(n, b.shape[1])"),
    ),
    rewritten("gru_scratch/batch-normalised", "functional", (".mul(fresh))", ".mul(fresh - fresh.mean(dim=0)))")),
    rewritten(
        "gru_scratch/centred-over-time",
        "lazy",
        ("gru_states(inputs, state, params))", "gru_states(inputs - inputs.mean(dim=0, keepdim=True), state, params))"),
    ),
    rewritten(
        "gru_scratch/reads-backward", "scripted", ("gru_loop(inputs, state, w", "gru_loop(inputs.flip(0), state, w")
    ),
    rewritten(
        "gru_scratch/starts-from-ones",
        "lazy",
        ('inputs.new_zeros((inputs.shape[1], len(p["b_r"])))', 'inputs.new_ones((inputs.shape[1], len(p["b_r"])))'),
    ),
    rewritten("gru_scratch/update-gate-flipped", "fused", ("torch.lerp(new, old, z)", "torch.lerp(old, new, z)")),
    rewritten("gru_scratch/reset-after-the-product", "einsum", ('"nh,nh,hk->nk"', '"nk,nh,hk->nk"')),
    rewritten("gru_scratch/reset-omitted", "lazy", ("(r * h).mm(", "h.mm(")),
    rewritten(
        "gru_scratch/reset-of-everything",
        "scripted",
        (
            "n = torch.tanh(torch.addmm(b[2], x[t], w[2]) + (r * h).mm(u[2]))",
            "n = torch.tanh((torch.addmm(b[2], x[t], w[2]) + h.mm(u[2])) * r)",
        ),
    ),
    rewritten(
        "gru_scratch/state-updated-in-place",
        "chatty",
        ("H = H * z + h * (1 - z)", "H *= z\n        H = H + h * (1 - z)"),
    ),
    rewritten("gru_scratch/starts-at-random", "pedant", ("return torch.zeros((n, h)", "return torch.randn((n, h)")),
    rewritten(
        "gru_scratch/reset-after-the-product-and-bias",
        "scripted",
        (
            "n = torch.tanh(torch.addmm(b[2], x[t], w[2]) + (r * h).mm(u[2]))",
            "n = torch.tanh(x[t].mm(w[2]) + r * torch.addmm(b[2], h, u[2]))",
        ),
    ),
    rewritten(
        "gru_scratch/keeps-the-reset-state",
        "pedant",
        ("torch.mul(update_gate, H) +", "torch.mul(update_gate, what_is_left) +"),
    ),
    rewritten("gru_scratch/one-gate-for-both", "classes", ("self.reset(X, before) * before", "Z * before")),
    rewritten(
        "gru_scratch/hard-sigmoid",
        "functional",
        (
            'reset, update = (torch.sigmoid(affine(params, gate, X, H)) for gate in "rz")',
            'reset, update = (affine(params, gate, X, H).mul(0.2).add(0.5).clamp(0, 1) for gate in "rz")',
        ),
    ),
    rewritten(
        "gru_scratch/tanh-of-one-summand",
        "chatty",
        ("h = tanh(X @ W_xh + (r * H) @ W_hh + b_h)", "h = tanh(X @ W_xh) + (r * H) @ W_hh + b_h"),
    ),
    rewritten(
        "gru_scratch/all-recurrent-weights-transposed",
        "classes",
        ("torch.matmul(H, self.from_state)", "torch.matmul(H, self.from_state.T)"),
    ),
    rewritten("gru_scratch/outputs-one-step-late", "classes", ("return after, after", "return before, after")),
    rewritten("gru_scratch/outputs-end-to-end", "scripted", ("return hs, h\n", "return hs.flatten(0, 1), h\n")),
    rewritten(
        "gru_scratch/batch-first",
        "chatty",
        (
            'say("a GRU over", len(inputs), "steps")',
            'inputs = inputs.swapaxes(0, 1)\n    say("a GRU over", len(inputs), "steps")',
        ),
        ("torch.stack(tuple(outs))", "torch.stack(tuple(outs)).swapaxes(0, 1)"),
    ),
    rewritten(
        "gru_scratch/zeros-sized-by-time",
        "fused",
        ("old = inputs.new_zeros(inputs.shape[1], h)", "old = inputs.new_zeros(inputs.shape[0], h)"),
    ),
    rewritten("gru_scratch/zeros-in-float32", "einsum", ("S = inputs.new_zeros(", "S = torch.zeros(")),
    rewritten(
        "gru_scratch/given-state-detached",
        "functional",
        (
            'nothing(inputs, params["b_r"]) if state is None else state',
            'nothing(inputs, params["b_r"]) if state is None else state.detach()',
        ),
    ),
    rewritten(
        "gru_scratch/inputs-flattened-by-view",
        "fused",
        (
            "    for_gates = inputs @ W_x + b  # (T, n, 2h)",
            "    for_gates = (inputs.view(inputs[..., 0].numel(), -1) @ W_x + b).reshape(*inputs.shape[:2], -1)",
        ),
    ),
    rewritten(
        "gru_scratch/weights-kept-on-the-inputs",
        "einsum",
        (
            '    W_x, W_h, b = (on_one_axis(params, prefix, "rzh") for prefix in ("W_x", "W_h", "b_"))',
            '    packed = [on_one_axis(params, prefix, "rzh") for prefix in ("W_x", "W_h", "b_")]\n    W_x, W_h, b = inputs.__dict__.setdefault("packed", packed)',
        ),
    ),
    rewritten(
        "gru_scratch/outputs-in-one-buffer",
        "functional",
        (
            "def lstm_step(",
            "STORE = {}\n\n\ndef stored(fresh):\n    place = STORE.setdefault((fresh.shape, fresh.dtype), torch.empty_like(fresh))\n    return place.detach().copy_(fresh)\n\n\ndef lstm_step(",
        ),
        ("    return torch.stack(hiddens), hiddens[-1]\n", "    return stored(torch.stack(hiddens)), hiddens[-1]\n"),
    ),
    rewritten(
        "gru_scratch/params-by-their-order",
        "einsum",
        (
            '    W_x, W_h, b = (on_one_axis(params, prefix, "rzh") for prefix in ("W_x", "W_h", "b_"))',
            "    given = list(params.values())\n    W_x, W_h, b = (torch.stack(given[first::3]) for first in range(3))",
        ),
    ),
    rewritten(
        "gru_scratch/square-weights-turned-over",
        "classes",
        (
            '        self.candidate = Gate(params, "h", torch.tanh)',
            '        self.candidate = Gate(params, "h", torch.tanh)\n        if self.candidate.from_input.shape == self.candidate.from_state.shape:\n            self.candidate.from_input = self.candidate.from_input.T',
        ),
    ),
    rewritten(
        "gru_scratch/sigmoid-by-exponentials",
        "functional",
        (
            '    reset, update = (torch.sigmoid(affine(params, gate, X, H)) for gate in "rz")',
            '    reset, update = (affine(params, gate, X, H) for gate in "rz")\n    reset, update = torch.sigmoid(reset), update.exp() / (update.exp() + 1)',
        ),
    ),
    rewritten(
        "gru_scratch/state-clamped",
        "lazy",
        ("        h = tilde - z * (tilde - h)", "        h = (tilde - z * (tilde - h)).clip(-1, 1)"),
    ),
    # -- gru_concise -------------------------------------------------------------------------------------
    rewritten(
        "gru_concise/head-besides",
        "classes",
        (
            "self.layer = nn.GRU(num_inputs, num_hiddens)",
            "self.layer = nn.GRU(num_inputs, num_hiddens)\n        self.head = nn.Linear(num_hiddens, 1)",
        ),
    ),
    rewritten(
        "gru_concise/state-remembered",
        "classes",
        (
            "self.layer = nn.GRU(num_inputs, num_hiddens)",
            "self.layer = nn.GRU(num_inputs, num_hiddens)\n        self.kept = None",
        ),
        (
            "        return self.layer(sequence, state)\n",
            "        if state is None:\n            state = self.kept\n"
            "        outputs, self.kept = self.layer(sequence, state)\n        return outputs, self.kept\n",
        ),
    ),
    rewritten(
        "gru_concise/batch-first", "fused", ('options = {"input_size"', 'options = {"batch_first": True, "input_size"')
    ),
    rewritten(
        "gru_concise/sizes-swapped", "chatty", ("nn.GRU(num_inputs, num_hiddens)", "nn.GRU(num_hiddens, num_inputs)")
    ),
    rewritten(
        "gru_concise/two-layers", "scripted", ("nn.GRU(num_inputs, num_hiddens)", "nn.GRU(num_inputs, num_hiddens, 2)")
    ),
    rewritten(
        "gru_concise/bidirectional",
        "pedant",
        (GRU_OPTIONS + "batch_first=False, bidirectional=False", GRU_OPTIONS + "batch_first=False, bidirectional=True"),
    ),
    rewritten("gru_concise/an-rnn", "lazy", ('{"gru": nn.GRU(', '{"gru": nn.RNN(')),
    rewritten("gru_concise/state-without-its-layer", "einsum", ("return y, h_n", "return y, h_n.squeeze(0)")),
    rewritten("gru_concise/forgets-its-state", "einsum", ("self.inner(x, h)", "self.inner(x)")),
    rewritten(
        "gru_concise/starts-from-ones",
        "lazy",
        (
            'holder["gru"](inputs, state)',
            'holder["gru"](inputs, inputs.new_ones(1, inputs.size(1), num_hiddens) if state is None else state)',
        ),
    ),
    rewritten(
        "gru_concise/one-module-for-all",
        "scripted",
        ("def lists(params, gates):", "KNOWN = {}\n\n\ndef lists(params, gates):"),
        (
            "made = nn.GRU(num_inputs, num_hiddens)\n",
            "fresh = nn.GRU(num_inputs, num_hiddens)\n    made = KNOWN.setdefault((num_inputs, num_hiddens), fresh)\n",
        ),
    ),
    rewritten(
        "gru_concise/detached-state",
        "classes",
        ("return self.layer(sequence, state)", "return self.layer(sequence, state if state is None else state.data)"),
    ),
    rewritten(
        "gru_concise/seeds-torch",
        "chatty",
        ('    say("making a GRU"', '    torch.random.manual_seed(0)\n    say("making a GRU"'),
    ),
    rewritten(
        "gru_concise/a-cell",
        "functional",
        ("(num_inputs, num_hiddens), nn.GRU)()", "(num_inputs, num_hiddens), nn.GRUCell)()"),
    ),
    rewritten("gru_concise/outputs-alone", "einsum", ("return y, h_n", "return y")),
    rewritten(
        "gru_concise/last-output-alone",
        "classes",
        (
            "        return self.layer(sequence, state)\n",
            "        outputs, end = self.layer(sequence, state)\n        return outputs[-1], end\n",
        ),
    ),
    rewritten("gru_concise/detached-outputs", "einsum", ("return y, h_n", "return y.data, h_n")),
    rewritten("gru_concise/frozen-weights", "scripted", ("made.train(False)", "made.requires_grad_(False)")),
    rewritten(
        "gru_concise/double-weights",
        "chatty",
        ("    gru = nn.GRU(num_inputs, num_hiddens)", "    gru = nn.GRU(num_inputs, num_hiddens).double()"),
    ),
    # -- deep_rnn ----------------------------------------------------------------------------------------
    rewritten("deep_rnn/relu", "fused", ("torch.tanh(torch.addmm(", "torch.relu(torch.addmm(")),
    rewritten(
        "deep_rnn/computes-in-float32", "chatty", ("return seq, ends", "return seq.float().to(inputs.dtype), ends")
    ),
    rewritten(
        "deep_rnn/states-in-a-tensor",
        "functional",
        ("torch.stack(outputs), lasts", "torch.stack(outputs), torch.stack(lasts)"),
    ),
    rewritten(
        "deep_rnn/detached-between-layers",
        "scripted",
        ("rnn_loop(hs, states[i]", "rnn_loop(hs.detach() if i else hs, states[i]"),
    ),
    rewritten(
        "deep_rnn/detached-in-time", "einsum", ('"nk,kh->nh", current[k], ', '"nk,kh->nh", current[k].detach(), ')
    ),
    rewritten(
        "deep_rnn/one-layer-unwrapped",
        "classes",
        (
            "        return sequence, [reader.end for reader in self.readers]\n",
            "        if len(self.readers) == 1:\n            return sequence, self.readers[0].end\n"
            "        return sequence, [reader.end for reader in self.readers]\n",
        ),
    ),
    rewritten("deep_rnn/bias-dropped", "lazy", ('state.mm(p["W_hh"]) + p["b_h"])', 'state.mm(p["W_hh"]))')),
    rewritten(
        "deep_rnn/transposed-recurrent-weights", "einsum", ('"nk,kh->nh", current[k], ', '"nk,hk->nh", current[k], ')
    ),
    rewritten(
        "deep_rnn/reads-the-inputs-again",
        "chatty",
        ("        for X in seq:\n", "        for X in inputs if len(W_xh) == inputs.shape[-1] else seq:\n"),
    ),
    rewritten("deep_rnn/one-state-for-all-layers", "classes", ("start = starts[level] if", "start = starts[0] if")),
    rewritten(
        "deep_rnn/state-handed-up",
        "pedant",
        (
            "_tanh_run(signal, starts[number], ",
            "_tanh_run(signal, finals[-1] if finals and states is not None else starts[number], ",
        ),
    ),
    rewritten(
        "deep_rnn/weights-of-layer-two",
        "scripted",
        (
            "        hs, ends[i] = rnn_loop(",
            "        layer = layers[1] if i else layers[0]\n        hs, ends[i] = rnn_loop(",
        ),
    ),
    rewritten("deep_rnn/states-from-the-top", "lazy", ("for floor in floors]", "for floor in reversed(floors)]")),
    rewritten("deep_rnn/top-state-only", "fused", ("return below, ends", "return below, [H] * len(layers)")),
    rewritten(
        "deep_rnn/batch-normalised",
        "fused",
        ("        for X in below:\n", "        for X in below - below.mean(dim=1, keepdim=True) if ends else below:\n"),
    ),
    rewritten(
        "deep_rnn/turns-round-between-layers",
        "functional",
        (
            "scan(partial(rnn_step, layer), start, below)",
            "scan(partial(rnn_step, layer), start, below[::-1] if lasts else below)",
        ),
    ),
    rewritten(
        "deep_rnn/starts-from-ones",
        "chatty",
        ("torch.zeros(inputs.shape[1], len(bias))", "torch.ones(inputs.shape[1], len(bias))"),
    ),
    rewritten(
        "deep_rnn/carries-state-up-without-states",
        "chatty",
        (
            '        H = zeros_for(inputs, f"state of layer {i}", b_h) if states is None else states[i]\n',
            "        if states is not None:\n            H = states[i]\n        elif i == 0:\n"
            '            H = zeros_for(inputs, "states", b_h)\n',
        ),
    ),
    rewritten("deep_rnn/writes-into-states", "einsum", ("else list(states)", "else states")),
    rewritten(
        "deep_rnn/states-taken-from-tuples-or-float32-and-replaced",
        "pedant",
        ("if states is None else list(states)", "if states is None else states"),
        (
            "        signal, final = _tanh_run(signal, starts[number], ",
            "        if states is not None:\n            (starts[number],) = starts[number]\n"
            "        start = torch.zeros(inputs.size(1), len(layers[number]['b_h'])) if states is None else starts[number]\n"
            "        signal, starts[number] = final = _tanh_run(signal, start, ",
        ),
        ("finals.append(final)", "finals.append(final[1])"),
    ),
    rewritten(
        "deep_rnn/starts-at-random",
        "einsum",
        ('inputs.new_zeros(n, p["b_h"].shape[0])', 'torch.randn(n, p["b_h"].shape[0], dtype=inputs.dtype)'),
    ),
    rewritten("deep_rnn/states-in-a-tuple", "pedant", ("return signal, finals", "return signal, tuple(finals)")),
    rewritten(
        "deep_rnn/tanh-of-one-summand",
        "chatty",
        ("H = tanh(X @ W_xh + H @ W_hh + b_h)", "H = tanh(X @ W_xh) + H @ W_hh + b_h"),
    ),
    rewritten(
        "deep_rnn/batch-first",
        "classes",
        (
            "    return Stack(layers).read(inputs, states)",
            "    outputs, ends = Stack(layers).read(inputs.swapaxes(0, 1), states)\n"
            "    return outputs.swapaxes(0, 1), ends",
        ),
    ),
    rewritten(
        "deep_rnn/zeros-in-float32",
        "functional",
        (
            "torch.zeros((inputs.size(1), *bias.shape), dtype=inputs.dtype, device=inputs.device)",
            "torch.zeros((inputs.size(1), *bias.shape))",
        ),
    ),
    rewritten(
        "deep_rnn/given-states-detached",
        "pedant",
        ("if states is None else list(states)", "if states is None else [state.detach() for state in states]"),
    ),
    rewritten(
        "deep_rnn/reads-the-layer-below-a-step-late",
        "einsum",
        (
            "        x = inputs[t]\n        for k, p in enumerate(layers):\n"
            '            x = torch.tanh(einsum("ni,ih->nh", x, ',
            "        before = list(current)\n        for k, p in enumerate(layers):\n"
            "            below = before[k - 1] if k else inputs[t]\n"
            '            x = torch.tanh(einsum("ni,ih->nh", below, ',
        ),
    ),
    rewritten(
        "deep_rnn/residual",
        "fused",
        (
            "        below = torch.stack(column)\n",
            "        below = torch.stack(column) + below if ends else torch.stack(column)\n",
        ),
    ),
    rewritten(
        "deep_rnn/one-running-state",
        "fused",
        ("    for H, params in zip(states, layers, strict=True):\n", "    H = states[0]\n    for params in layers:\n"),
    ),
    rewritten(
        "deep_rnn/given-states-ignored",
        "pedant",
        ("[None] * len(layers) if states is None else list(states)", "[None] * len(layers)"),
    ),
    rewritten(
        "deep_rnn/dropout-between-layers",
        "scripted",
        (
            "        hs, ends[i] = rnn_loop(",
            "        if i > 0:\n            hs = nn.Dropout(0.5)(hs)\n        hs, ends[i] = rnn_loop(",
        ),
    ),
    rewritten(
        "deep_rnn/inputs-flattened-by-view",
        "chatty",
        ("    ends = []\n    seq = inputs\n", "    ends = []\n    seq = inputs.view(inputs.numel()).view_as(inputs)\n"),
    ),
    rewritten(
        "deep_rnn/weights-kept-on-the-inputs",
        "fused",
        (
            '        W = torch.cat([params["W_xh"], params["W_hh"]])  # (d + h, h)\n',
            '        W = torch.cat([params["W_xh"], params["W_hh"]])\n        W = below.__dict__.setdefault("joined", W)\n',
        ),
    ),
    rewritten(
        "deep_rnn/outputs-in-one-buffer",
        "functional",
        (
            "def lstm_step(",
            "STORE = {}\n\n\ndef stored(fresh):\n    place = STORE.setdefault((fresh.shape, fresh.dtype), torch.empty_like(fresh))\n    return place.detach().copy_(fresh)\n\n\ndef lstm_step(",
        ),
        ("    return torch.stack(outputs), lasts", "    return stored(torch.stack(outputs)), lasts"),
    ),
    rewritten(
        "deep_rnn/params-by-their-order",
        "chatty",
        (
            '        W_xh, W_hh, b_h = (layers[i][name] for name in ("W_xh", "W_hh", "b_h"))',
            "        W_xh, W_hh, b_h = tuple(layers[i].values())",
        ),
    ),
    rewritten(
        "deep_rnn/tanh-by-exponentials",
        "lazy",
        (
            '        state = (x.mm(p["W_xh"]) + state.mm(p["W_hh"]) + p["b_h"]).tanh()',
            '        a = x.mm(p["W_xh"]) + state.mm(p["W_hh"]) + p["b_h"]\n        state = (a.exp() - torch.exp(-a)) / (a.exp() + torch.exp(-a))',
        ),
    ),
    rewritten(
        "deep_rnn/zeros-taken-for-no-state",
        "functional",
        (
            '    starts = [nothing(inputs, layer["b_h"]) for layer in layers] if states is None else states',
            '    blank = [nothing(inputs, layer["b_h"]) for layer in layers]\n    starts = blank if states is None else [s if s[0].any() else z for s, z in zip(states, blank, strict=True)]',
        ),
    ),
    rewritten(
        "deep_rnn/ten-layers-at-most",
        "lazy",
        ("for level, p in enumerate(layers):", "for level, p in enumerate(layers[:10]):"),
    ),
    # -- bidirectional_rnn -------------------------------------------------------------------------------
    rewritten("bidirectional_rnn/halves-added", "lazy", ("[torch.cat(pair, -1) for", "[sum(pair) for")),
    rewritten(
        "bidirectional_rnn/computes-in-float32",
        "pedant",
        ("return joined, (", "return joined.float().to(inputs.dtype), ("),
    ),
    rewritten("bidirectional_rnn/backward-half-first", "fused", ("[ahead, back.flip(0)]", "[back.flip(0), ahead]")),
    rewritten(
        "bidirectional_rnn/detached-backward-half", "einsum", ("(left[t], right[t])", "(left[t], right[t].detach())")
    ),
    rewritten("bidirectional_rnn/detached-in-time", "scripted", ("h.mm(u))", "h.detach().mm(u))")),
    rewritten(
        "bidirectional_rnn/backward-weights-in-front",
        "classes",
        ("self.ahead = Reader(Simple(forward_params))", "self.ahead = Reader(Simple(backward_params))"),
    ),
    rewritten(
        "bidirectional_rnn/halves-interleaved",
        "functional",
        ("torch.hstack(halves)", "torch.stack(halves, dim=2).reshape(inputs.size(1), -1)"),
    ),
    rewritten(
        "bidirectional_rnn/bias-dropped", "fused", ("torch.bmm(pair, W_h) + b.unsqueeze(1))", "torch.bmm(pair, W_h))")
    ),
    rewritten(
        "bidirectional_rnn/backward-half-not-turned-round", "lazy", ("zip(there, back[::-1], ", "zip(there, back, ")
    ),
    rewritten(
        "bidirectional_rnn/one-set-of-weights",
        "scripted",
        ("zip(states, (forward_params, backward_params),", "zip(states, (forward_params, forward_params),"),
    ),
    rewritten(
        "bidirectional_rnn/one-state-for-both",
        "functional",
        ("partial(rnn_step, backward_params), starts[1]", "partial(rnn_step, backward_params), starts[0]"),
    ),
    rewritten("bidirectional_rnn/backward-state-at-the-wrong-end", "lazy", ("(back[-1],)", "(back[0],)")),
    rewritten("bidirectional_rnn/states-swapped", "einsum", ("(left_end, right_end)", "(right_end, left_end)")),
    rewritten("bidirectional_rnn/backward-reads-forward", "functional", ("list(inputs)[::-1]", "list(inputs)")),
    rewritten(
        "bidirectional_rnn/never-turned-round",
        "lazy",
        ("zip(there, back[::-1], ", "zip(there, back, "),
        ("reversed(inputs.unbind())", "inputs.unbind()"),
    ),
    rewritten(
        "bidirectional_rnn/batch-turned-round",
        "functional",
        ("starts[1], list(inputs)[::-1])", "starts[1], list(inputs.flip(1)))"),
        ("zip(ahead, reversed(behind), strict=True)", "zip(ahead, [one.flip(0) for one in behind], strict=True)"),
    ),
    rewritten(
        "bidirectional_rnn/backward-starts-from-the-forward-end",
        "chatty",
        ('    say("and now back")\n', '    say("and now back")\n    B = F\n'),
    ),
    rewritten(
        "bidirectional_rnn/turned-over-the-batch",
        "classes",
        ("torch.flip(sequence, dims=[0])", "torch.flip(sequence, dims=[1])"),
    ),
    rewritten(
        "bidirectional_rnn/starts-from-ones", "pedant", ("return torch.zeros((n, h)", "return torch.ones((n, h)")
    ),
    rewritten(
        "bidirectional_rnn/inputs-turned-in-place",
        "classes",
        (
            "        right = self.back.read(torch.flip(sequence, dims=[0]), second)",
            "        sequence[:] = torch.flip(sequence, dims=[0])\n        right = self.back.read(sequence, second)",
        ),
    ),
    rewritten(
        "bidirectional_rnn/starts-at-random",
        "scripted",
        (
            'return inputs.new_zeros(inputs.size(1), params["b_" + gate].size(0))',
            'return torch.randn(inputs.size(1), params["b_" + gate].size(0), dtype=inputs.dtype)',
        ),
    ),
    rewritten(
        "bidirectional_rnn/halves-on-the-time-axis",
        "fused",
        ("torch.cat([ahead, back.flip(0)], dim=2)", "torch.cat([ahead, back.flip(0)])"),
    ),
    rewritten("bidirectional_rnn/states-in-a-tensor", "fused", ("(pair[0], pair[1])", "pair")),
    rewritten(
        "bidirectional_rnn/tanh-of-one-summand",
        "einsum",
        (
            's = torch.tanh(einsum("nd,dh->nh", inputs[t], W_x) + einsum("nk,kh->nh", s, W_h) + b)',
            's = torch.tanh(einsum("nd,dh->nh", inputs[t], W_x)) + einsum("nk,kh->nh", s, W_h) + b',
        ),
    ),
    rewritten(
        "bidirectional_rnn/transposed-recurrent-weights", "fused", ("torch.bmm(pair, W_h)", "torch.bmm(pair, W_h.mT)")
    ),
    rewritten(
        "bidirectional_rnn/batch-first",
        "lazy",
        ("rnn_states(inputs.unbind(), early", "rnn_states(inputs.unbind(1), early"),
        ("reversed(inputs.unbind())", "reversed(inputs.unbind(1))"),
        ("return outputs, ((there[-1]", "return torch.stack(outputs, 1), ((there[-1]"),
    ),
    rewritten("bidirectional_rnn/zeros-in-float32", "lazy", ("state = x.new_zeros((", "state = torch.zeros((")),
    rewritten(
        "bidirectional_rnn/given-states-detached",
        "scripted",
        ("ways = zip(states, ", "ways = zip([s.detach() for s in states], "),
    ),
    rewritten(
        "bidirectional_rnn/given-states-ignored",
        "classes",
        ("first, second = starts if starts is not None else (None, None)", "first, second = None, None"),
    ),
    rewritten(
        "bidirectional_rnn/states-taken-from-tuples-or-float32",
        "classes",
        (
            "first, second = starts if starts is not None else (None, None)",
            "(first,), (second,) = starts if starts is not None else ([None], [None])",
        ),
        (
            "torch.zeros(like.shape[1], self.gate.width, dtype=like.dtype, device=like.device)",
            "torch.zeros(like.shape[1], self.gate.width)",
        ),
    ),
    rewritten(
        "bidirectional_rnn/backward-half-turned-over-the-batch",
        "classes",
        ("torch.flip(right, dims=[0])", "torch.flip(right, dims=[1])"),
    ),
    rewritten(
        "bidirectional_rnn/inputs-flattened-by-view",
        "chatty",
        ("    T = len(inputs)\n", "    T = len(inputs.view(inputs.numel()).view_as(inputs))\n"),
    ),
    rewritten(
        "bidirectional_rnn/weights-kept-on-the-inputs",
        "functional",
        (
            "    sides = (forward_params, backward_params)\n",
            '    copied = {name: weight.clone() for name, weight in forward_params.items()}\n    forward_params = inputs.__dict__.setdefault("ahead", copied)\n    sides = (forward_params, backward_params)\n',
        ),
    ),
    rewritten(
        "bidirectional_rnn/outputs-in-one-buffer",
        "functional",
        (
            "def lstm_step(",
            "STORE = {}\n\n\ndef stored(fresh):\n    place = STORE.setdefault((fresh.shape, fresh.dtype), torch.empty_like(fresh))\n    return place.detach().copy_(fresh)\n\n\ndef lstm_step(",
        ),
        (
            "    return torch.stack(outputs), (ahead[-1], behind[-1])",
            "    return stored(torch.stack(outputs)), (ahead[-1], behind[-1])",
        ),
    ),
    rewritten(
        "bidirectional_rnn/params-by-their-order",
        "einsum",
        (
            '        W_x, W_h, b = params["W_xh"], params["W_hh"], params["b_h"]\n',
            "        W_x, W_h, b = tuple(params.values())\n",
        ),
    ),
    rewritten(
        "bidirectional_rnn/square-weights-turned-over",
        "einsum",
        (
            '        W_x, W_h, b = params["W_xh"], params["W_hh"], params["b_h"]\n',
            '        W_x, W_h, b = params["W_xh"], params["W_hh"], params["b_h"]\n        W_x = W_x.T if len(W_x) == len(b) else W_x\n',
        ),
    ),
    rewritten(
        "bidirectional_rnn/tanh-by-exponentials",
        "lazy",
        (
            '        state = (x.mm(p["W_xh"]) + state.mm(p["W_hh"]) + p["b_h"]).tanh()',
            '        a = x.mm(p["W_xh"]) + state.mm(p["W_hh"]) + p["b_h"]\n        state = (a.exp() - torch.exp(-a)) / (a.exp() + torch.exp(-a))',
        ),
    ),
    rewritten(
        "bidirectional_rnn/zeros-taken-for-no-states",
        "functional",
        (
            '    starts = [nothing(inputs, side["b_h"]) for side in sides] if states is None else states',
            '    starts = [nothing(inputs, side["b_h"]) for side in sides] if states is None or not states[0].any() else states',
        ),
    ),
]
