"""Mutants of the unit rnn."""

from harness.judge.mutant import Mutant, mutant

CALL = "return self.rnn(inputs, state)"


def _wrapped(forward: str = CALL, layer: str = "nn.RNN(num_inputs, num_hiddens)", more: str = "") -> tuple[str, str]:
    """An edit that puts the layer into a module of its own with the given forward and further attributes."""
    lines = [
        "    class Wrapped(nn.Module):",
        "        def __init__(self) -> None:",
        "            super().__init__()",
        f"            self.rnn = {layer}",
        *([f"            {more}"] if more else []),
        "        def forward(self, inputs: Any, state: Any) -> Any:",
        *(f"            {line}" for line in forward.splitlines()),
        "    return Wrapped()",
    ]
    return "    return nn.RNN(num_inputs, num_hiddens)", "\n".join(lines)


def _layer(text: str) -> tuple[str, str]:
    return "return nn.RNN(num_inputs, num_hiddens)", f"return {text}"


ONE_HOT = "nn.functional.one_hot(indices.T, vocab_size).to(torch.float32)"
CELL = "H = torch.tanh(X @ W_xh + H @ W_hh + b_h)"
RETURN_CELL = "return torch.stack(outputs), H  #"
LOGITS = 'logits = hiddens @ params["W_hq"] + params["b_q"]'
LOSS = "nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())"
NORM = "norm = torch.cat([grad.flatten() for grad in grads]).norm()"
SCALE = "scale = min(1.0, max_norm / float(norm))"
MUL = "        grad.mul_(scale)\n"
APPEND = "            tokens.append(int(logits.argmax()))\n"
STEP = "logits, state = step(tokens[position], state)"
OUTPUTS = "outputs, _ = rnn_scratch(one_hot(X, vocab_size), None, params)"
CLIP = "            clip_gradients(weights, max_norm)\n"
PARAMS = "    params = _initial(vocab_size, num_hiddens, generator)\n"

MUTANTS: list[Mutant] = [
    # -- one_hot
    mutant(
        "one_hot",
        "batch-first",
        "The indices are not transposed.",
        "test_one_hot_is_time_major_float32",
        ("indices.T, vocab_size", "indices, vocab_size"),
    ),
    mutant(
        "one_hot",
        "integer",
        "The vectors stay int64.",
        "test_one_hot_is_time_major_float32",
        (".to(torch.float32)  # (n, T)", "  # (n, T)"),
    ),
    mutant(
        "one_hot",
        "double",
        "The vectors are float64.",
        "test_one_hot_is_time_major_float32",
        (".to(torch.float32)  # (n, T)", ".to(torch.float64)  # (n, T)"),
    ),
    mutant(
        "one_hot",
        "size-from-the-tokens",
        "V is the largest token that occurs, plus one.",
        "test_one_hot_of_two_short_sequences_is_known",
        ("indices.T, vocab_size", "indices.T"),
    ),
    mutant(
        "one_hot",
        "reshaped",
        "The first two axes are reshaped instead of transposed.",
        "test_one_hot_gives_the_indices_back",
        ("indices.T, vocab_size", "indices.reshape(indices.shape[1], -1), vocab_size"),
    ),
    mutant(
        "one_hot",
        "shifted",
        "The one stands a place too far.",
        "test_one_hot_gives_the_indices_back",
        ("indices.T, vocab_size", "(indices.T + 1) % vocab_size, vocab_size"),
    ),
    mutant(
        "one_hot",
        "cumulative",
        "All entries from the index on are one.",
        "test_one_hot_holds_a_single_one_in_each_vector",
        (ONE_HOT, f"{ONE_HOT}.cumsum(-1)"),
    ),
    mutant(
        "one_hot",
        "no-zero-token",
        "Token 0 is taken for padding and gets no one.",
        "test_one_hot_holds_a_single_one_in_each_vector",
        (ONE_HOT, f"{ONE_HOT} * (indices.T > 0)[..., None]"),
    ),
    mutant(
        "one_hot",
        "transposes-in-place",
        "The caller's indices are transposed.",
        "test_one_hot_leaves_arguments_and_random_state_alone",
        ("indices.T, vocab_size", "indices.t_(), vocab_size"),
    ),
    # -- rnn_scratch
    mutant(
        "rnn_scratch",
        "truncated-every-eight",
        "The state is detached at every eighth step.",
        "test_rnn_scratch_gradients_reach_every_argument",
        (CELL, "H = torch.tanh(X @ W_xh + (H.detach() if len(outputs) % 8 == 7 else H) @ W_hh + b_h)"),
    ),
    mutant(
        "rnn_scratch",
        "no-bias",
        "The bias is left out.",
        "test_rnn_scratch_follows_the_equation_in_float32",
        (CELL, "H = torch.tanh(X @ W_xh + H @ W_hh)"),
    ),
    mutant(
        "rnn_scratch",
        "bias-twice",
        "The bias is added to both products.",
        "test_rnn_scratch_of_one_number_is_known",
        (CELL, "H = torch.tanh((X @ W_xh + b_h) + (H @ W_hh + b_h))"),
    ),
    mutant(
        "rnn_scratch",
        "recurrent-transposed",
        "W_hh is transposed.",
        "test_rnn_scratch_follows_the_equation_in_float32",
        (CELL, "H = torch.tanh(X @ W_xh + H @ W_hh.T + b_h)"),
    ),
    mutant(
        "rnn_scratch",
        "tanh-of-one-summand",
        "The tanh is taken of the input's part only.",
        "test_rnn_scratch_follows_the_equation_in_float32",
        (CELL, "H = torch.tanh(X @ W_xh + b_h) + H @ W_hh"),
    ),
    mutant(
        "rnn_scratch",
        "sigmoid",
        "A sigmoid stands for the tanh.",
        "test_rnn_scratch_of_one_number_is_known",
        (CELL, "H = torch.sigmoid(X @ W_xh + H @ W_hh + b_h)"),
    ),
    mutant(
        "rnn_scratch",
        "state-ignored",
        "The state given is ignored.",
        "test_rnn_scratch_in_two_chunks_equals_one_run",
        ("if state is None else state  #", "if state is None else state.new_zeros(state.shape)  #"),
    ),
    mutant(
        "rnn_scratch",
        "no-recurrence",
        "Every step starts from the state given.",
        "test_rnn_scratch_follows_the_equation_in_float32",
        (
            "    outputs = []\n    for X in inputs:  # (n, d)",
            "    outputs = []\n    first = H\n    for X in inputs:\n        H = first",
        ),
    ),
    mutant(
        "rnn_scratch",
        "single-precision",
        "The zero state and the products are float32 whatever the arguments are.",
        "test_rnn_scratch_follows_the_equation_in_float64",
        (CELL, "H = torch.tanh((X @ W_xh + H @ W_hh + b_h).float()).to(inputs.dtype)"),
    ),
    mutant(
        "rnn_scratch",
        "float32-results",
        "The outputs are float32.",
        "test_rnn_scratch_follows_the_equation_in_float64",
        (RETURN_CELL, "return torch.stack(outputs).float(), H  #"),
    ),
    mutant(
        "rnn_scratch",
        "detached-state",
        "The state is detached at every step, so no gradient passes through time.",
        "test_rnn_scratch_gradients_reach_every_argument",
        (CELL, "H = torch.tanh(X @ W_xh + H.detach() @ W_hh + b_h)"),
    ),
    mutant(
        "rnn_scratch",
        "no-grad",
        "The run is made without a graph.",
        "test_rnn_scratch_gradients_reach_every_argument",
        ("torch.stack(outputs), H  #", "torch.stack(outputs).detach(), H.detach()  #"),
    ),
    mutant(
        "rnn_scratch",
        "initial-state-detached",
        "No gradient reaches the state given.",
        "test_rnn_scratch_gradients_equal_finite_differences",
        ("if state is None else state  #", "if state is None else state.detach()  #"),
    ),
    mutant(
        "rnn_scratch",
        "recurrent-weight-detached",
        "No gradient reaches W_hh.",
        "test_rnn_scratch_gradients_equal_finite_differences",
        (CELL, "H = torch.tanh(X @ W_xh + H @ W_hh.detach() + b_h)"),
    ),
    mutant(
        "rnn_scratch",
        "in-place-outputs",
        "The state is written over in place, which breaks the graph.",
        "test_rnn_scratch_gradients_reach_every_argument",
        (
            f"        {CELL}",
            "        H = H.clone() if not outputs else H\n        H.copy_(torch.tanh(X @ W_xh + H @ W_hh + b_h))",
        ),
        ("        outputs.append(H)\n", "        outputs.append(H.clone())\n"),
    ),
    mutant(
        "rnn_scratch",
        "state-before-the-last",
        "The state returned is the one before the last step.",
        "test_rnn_scratch_final_state_is_the_last_output",
        (RETURN_CELL, "return torch.stack(outputs), (outputs[-2] if len(outputs) > 1 else H)  #"),
    ),
    mutant(
        "rnn_scratch",
        "first-state-returned",
        "The state returned is the one given, or zeros.",
        "test_rnn_scratch_in_two_chunks_equals_one_run",
        ("    outputs = []\n    for X in inputs", "    outputs, start = [], H\n    for X in inputs"),
        (RETURN_CELL, "return torch.stack(outputs), start  #"),
    ),
    mutant(
        "rnn_scratch",
        "ones-for-none",
        "Without a state the run starts from ones.",
        "test_rnn_scratch_takes_no_state_for_zeros",
        ("inputs.new_zeros(inputs.shape[1]", "inputs.new_ones(inputs.shape[1]"),
    ),
    mutant(
        "rnn_scratch",
        "reads-backwards",
        "The sequence is read from its end.",
        "test_rnn_scratch_never_looks_ahead",
        ("for X in inputs:  # (n, d)", "for X in inputs.flip(0):"),
    ),
    mutant(
        "rnn_scratch",
        "inputs-centred",
        "The mean over time is subtracted from the inputs.",
        "test_rnn_scratch_never_looks_ahead",
        ("for X in inputs:  # (n, d)", "for X in inputs - inputs.mean(0):"),
    ),
    mutant(
        "rnn_scratch",
        "one-state-for-all",
        "All sequences start from the first one's state.",
        "test_rnn_scratch_treats_each_sequence_on_its_own",
        ("if state is None else state  #", "if state is None else state[:1].expand_as(state)  #"),
    ),
    mutant(
        "rnn_scratch",
        "updates-the-state",
        "The state given is overwritten with the one reached.",
        "test_rnn_scratch_leaves_arguments_and_random_state_alone",
        (
            f"    {RETURN_CELL}",
            "    if state is not None:\n        state.data.copy_(H.data)\n    return torch.stack(outputs), H  #",
        ),
    ),
    # -- rnn_concise
    mutant(
        "rnn_concise",
        "batch-first",
        "The layer is told that the batch comes first.",
        "test_rnn_concise_computes_the_rnn_of_its_weights_in_float32",
        _layer("nn.RNN(num_inputs, num_hiddens, batch_first=True)"),
    ),
    mutant(
        "rnn_concise",
        "relu",
        "The layer uses relu.",
        "test_rnn_concise_is_or_holds_one_plain_rnn",
        _layer('nn.RNN(num_inputs, num_hiddens, nonlinearity="relu")'),
    ),
    mutant(
        "rnn_concise",
        "two-layers",
        "The RNN has two layers.",
        "test_rnn_concise_computes_the_rnn_of_its_weights_in_float32",
        _layer("nn.RNN(num_inputs, num_hiddens, num_layers=2)"),
    ),
    mutant(
        "rnn_concise",
        "bidirectional",
        "The RNN runs in both directions.",
        "test_rnn_concise_is_or_holds_one_plain_rnn",
        _layer("nn.RNN(num_inputs, num_hiddens, bidirectional=True)"),
    ),
    mutant(
        "rnn_concise",
        "no-bias",
        "The RNN has no biases.",
        "test_rnn_concise_computes_the_rnn_of_its_weights_in_float32",
        _layer("nn.RNN(num_inputs, num_hiddens, bias=False)"),
    ),
    mutant(
        "rnn_concise",
        "sizes-swapped",
        "Inputs and hiddens are exchanged.",
        "test_rnn_concise_computes_the_rnn_of_its_weights_in_float32",
        _layer("nn.RNN(num_hiddens, num_inputs)"),
    ),
    mutant(
        "rnn_concise",
        "lstm",
        "The layer is an LSTM.",
        "test_rnn_concise_is_or_holds_one_plain_rnn",
        _layer("nn.LSTM(num_inputs, num_hiddens)"),
    ),
    mutant(
        "rnn_concise",
        "output-layer-inside",
        "The module brings an output layer of its own.",
        "test_rnn_concise_is_or_holds_one_plain_rnn",
        _wrapped(more="self.head = nn.Linear(num_hiddens, num_hiddens)"),
    ),
    mutant(
        "rnn_concise",
        "single-precision",
        "The module computes in float32 whatever it is cast to.",
        "test_rnn_concise_computes_the_rnn_of_its_weights_in_float64",
        _wrapped(
            "outputs, last = self.rnn(inputs, state)\n"
            "return outputs.float().to(inputs.dtype), last.float().to(inputs.dtype)"
        ),
    ),
    mutant(
        "rnn_concise",
        "detached-state",
        "The state given is detached.",
        "test_rnn_concise_gradients_reach_every_argument",
        _wrapped("return self.rnn(inputs, None if state is None else state.detach())"),
    ),
    mutant(
        "rnn_concise",
        "no-grad",
        "The forward pass leaves no graph.",
        "test_rnn_concise_gradients_reach_every_argument",
        _wrapped("with torch.no_grad():\n    return self.rnn(inputs, state)"),
    ),
    mutant(
        "rnn_concise",
        "state-ignored",
        "The state given is not passed on to the layer.",
        "test_rnn_concise_in_two_chunks_equals_one_run",
        _wrapped("return self.rnn(inputs)"),
    ),
    mutant(
        "rnn_concise",
        "state-without-layer-axis",
        "The state returned has lost its first axis.",
        "test_rnn_concise_in_two_chunks_equals_one_run",
        _wrapped("outputs, last = self.rnn(inputs, state)\nreturn outputs, last[0]"),
    ),
    mutant(
        "rnn_concise",
        "keeps-its-state",
        "The module keeps its state and goes on from it when none is given.",
        "test_rnn_concise_starts_from_zeros_at_every_call",
        _wrapped(
            "state = self.kept if state is None else state\n"
            "outputs, self.kept = self.rnn(inputs, state)\n"
            "return outputs, self.kept",
            more="self.kept: Any = None",
        ),
    ),
    mutant(
        "rnn_concise",
        "ones-for-none",
        "Without a state the module starts from ones.",
        "test_rnn_concise_starts_from_zeros_at_every_call",
        _wrapped(
            "start = inputs.new_ones(1, inputs.shape[1], num_hiddens)\n"
            "return self.rnn(inputs, start if state is None else state)"
        ),
    ),
    mutant(
        "rnn_concise",
        "constant-weights",
        "All initial weights are 0.1.",
        "test_rnn_concise_draws_new_weights_each_time",
        _wrapped(more="[nn.init.constant_(one, 0.1) for one in self.parameters()]"),
    ),
    mutant(
        "rnn_concise",
        "seeds-globally",
        "torch's global generator is seeded.",
        "test_rnn_concise_leaves_inputs_and_random_state_alone",
        _layer("torch.manual_seed(0) and nn.RNN(num_inputs, num_hiddens)"),
    ),
    mutant(
        "rnn_concise",
        "scales-its-inputs",
        "The inputs are scaled in place.",
        "test_rnn_concise_leaves_inputs_and_random_state_alone",
        _wrapped("result = self.rnn(inputs, state)\ninputs.data.mul_(2)\nreturn result"),
    ),
    # -- output_layer
    mutant(
        "output_layer",
        "time-first",
        "The logits stay time-major.",
        "test_output_layer_gives_logits_batch_first_in_float32",
        ("return logits.transpose(0, 1)  #", "return logits  #"),
    ),
    mutant(
        "output_layer",
        "reshaped",
        "The first two axes are reshaped instead of transposed.",
        "test_output_layer_treats_every_position_alike",
        ("return logits.transpose(0, 1)  #", "return logits.reshape(logits.shape[1], logits.shape[0], -1)  #"),
    ),
    mutant(
        "output_layer",
        "softmax",
        "The logits go through a softmax.",
        "test_output_layer_moves_with_its_bias",
        (LOGITS, f"{LOGITS}\n    logits = logits.softmax(-1)"),
    ),
    mutant(
        "output_layer",
        "log-softmax",
        "The logits are normalised.",
        "test_output_layer_moves_with_its_bias",
        (LOGITS, f"{LOGITS}\n    logits = logits.log_softmax(-1)"),
    ),
    mutant(
        "output_layer",
        "no-bias",
        "The bias is left out.",
        "test_output_layer_gives_logits_batch_first_in_float32",
        (LOGITS, 'logits = hiddens @ params["W_hq"]'),
    ),
    mutant(
        "output_layer",
        "tanh-again",
        "The hidden states go through a tanh once more.",
        "test_output_layer_of_small_numbers_is_known",
        (LOGITS, 'logits = hiddens.tanh() @ params["W_hq"] + params["b_q"]'),
    ),
    mutant(
        "output_layer",
        "single-precision",
        "The product is rounded to float32.",
        "test_output_layer_gives_logits_batch_first_in_float64",
        ("return logits.transpose(0, 1)  #", "return logits.transpose(0, 1).float().to(hiddens.dtype)  #"),
    ),
    mutant(
        "output_layer",
        "bias-detached",
        "No gradient reaches the bias.",
        "test_output_layer_gradients_reach_every_argument",
        (LOGITS, 'logits = hiddens @ params["W_hq"] + params["b_q"].detach()'),
    ),
    mutant(
        "output_layer",
        "scales-the-hiddens",
        "The caller's hidden states are scaled in place.",
        "test_output_layer_leaves_arguments_and_random_state_alone",
        (LOGITS, f"{LOGITS}\n    hiddens.data.mul_(2)"),
    ),
    # -- language_model_loss
    mutant(
        "language_model_loss",
        "softmax-first",
        "The cross-entropy is given probabilities instead of logits.",
        "test_language_model_loss_is_the_mean_cross_entropy_in_float32",
        (LOSS, "nn.functional.cross_entropy(logits.softmax(-1).flatten(0, 1), targets.flatten())"),
    ),
    mutant(
        "language_model_loss",
        "targets-transposed",
        "The targets are flattened time first, the logits batch first.",
        "test_language_model_loss_is_the_mean_cross_entropy_in_float32",
        ("targets.flatten())  #", "targets.T.flatten())  #"),
    ),
    mutant(
        "language_model_loss",
        "sum",
        "The losses are added up.",
        "test_language_model_loss_is_the_mean_of_its_positions",
        ("targets.flatten())  #", 'targets.flatten(), reduction="sum")  #'),
    ),
    mutant(
        "language_model_loss",
        "sum-over-time",
        "The losses are averaged over the batch only.",
        "test_language_model_loss_is_the_mean_of_its_positions",
        ("targets.flatten())  #", "targets.flatten()) * targets.shape[1]  #"),
    ),
    mutant(
        "language_model_loss",
        "zero-is-padding",
        "Token 0 is taken for padding and not counted.",
        "test_language_model_loss_is_the_mean_cross_entropy_in_float32",
        ("targets.flatten())  #", "targets.flatten(), ignore_index=0)  #"),
    ),
    mutant(
        "language_model_loss",
        "bits",
        "The loss is in bits.",
        "test_language_model_loss_of_equal_logits_is_log_v",
        ("targets.flatten())  #", "targets.flatten()) / 0.6931471805599453  #"),
    ),
    mutant(
        "language_model_loss",
        "perplexity",
        "The perplexity is returned.",
        "test_language_model_loss_of_equal_logits_is_log_v",
        ("targets.flatten())  #", "targets.flatten()).exp()  #"),
    ),
    mutant(
        "language_model_loss",
        "log-of-softmax",
        "The logarithm is taken of a softmax that may be zero.",
        "test_language_model_loss_is_stable_for_large_logits",
        (LOSS, "nn.functional.nll_loss(logits.softmax(-1).log().flatten(0, 1), targets.flatten())"),
    ),
    mutant(
        "language_model_loss",
        "clamped-probabilities",
        "Probabilities are kept above 1e-9.",
        "test_language_model_loss_is_stable_for_large_logits",
        (LOSS, "nn.functional.nll_loss((logits.softmax(-1) + 1e-9).log().flatten(0, 1), targets.flatten())"),
    ),
    mutant(
        "language_model_loss",
        "naive-exponentials",
        "The exponentials overflow.",
        "test_language_model_loss_is_stable_for_large_logits",
        (LOSS, "(logits.exp().sum(-1).log() - logits.gather(2, targets[..., None])[..., 0]).mean()"),
    ),
    mutant(
        "language_model_loss",
        "single-precision",
        "The logits are cast to float32 first.",
        "test_language_model_loss_is_the_mean_cross_entropy_in_float64",
        ("(logits.flatten(0, 1), targets", "(logits.flatten(0, 1).float(), targets"),
    ),
    mutant(
        "language_model_loss",
        "a-number",
        "The loss is cut off from its graph.",
        "test_language_model_loss_gradients_reach_every_argument",
        ("targets.flatten())  #", "targets.flatten()).detach()  #"),
    ),
    mutant(
        "language_model_loss",
        "normalises-in-place",
        "The largest logit is subtracted in place.",
        "test_language_model_loss_leaves_arguments_and_random_state_alone",
        (f"    return {LOSS}", f"    logits.data.sub_(logits.data.amax(-1, keepdim=True))\n    return {LOSS}"),
    ),
    # -- clip_gradients
    mutant(
        "clip_gradients",
        "list-thinned",
        "Parameters without a gradient are removed from the caller's list.",
        "test_clip_gradients_leaves_the_parameters_alone",
        (
            "    norm = torch.cat(",
            "    parameters[:] = [p for p in parameters if p.grad is not None]\n    norm = torch.cat(",
        ),
    ),
    mutant(
        "clip_gradients",
        "one-norm-a-parameter",
        "Each gradient is clipped by its own norm.",
        "test_clip_gradients_scales_by_the_global_norm",
        (MUL, "        grad.mul_(min(1.0, max_norm / float(grad.norm())))\n"),
    ),
    mutant(
        "clip_gradients",
        "by-value",
        "Each entry is limited to max_norm.",
        "test_clip_gradients_scales_by_the_global_norm",
        (MUL, "        grad.clamp_(-max_norm, max_norm)\n"),
    ),
    mutant(
        "clip_gradients",
        "sum-of-norms",
        "The norms of the parameters are added up.",
        "test_clip_gradients_leaves_a_norm_within_max_norm",
        (NORM, "norm = sum((grad.norm() for grad in grads), torch.zeros(()))"),
    ),
    mutant(
        "clip_gradients",
        "squared-norm",
        "The root is left out of the norm.",
        "test_clip_gradients_of_a_right_triangle_is_known",
        (NORM, "norm = torch.cat([grad.flatten() for grad in grads]).square().sum()"),
    ),
    mutant(
        "clip_gradients",
        "ratio-upside-down",
        "The gradients are scaled by min(1, norm/max_norm).",
        "test_clip_gradients_of_a_right_triangle_is_known",
        (SCALE, "scale = min(1.0, float(norm) / max_norm)"),
    ),
    mutant(
        "clip_gradients",
        "lengthens",
        "Short gradients are made as long as max_norm.",
        "test_clip_gradients_leaves_short_gradients_alone",
        (SCALE, "scale = max_norm / float(norm)"),
    ),
    mutant(
        "clip_gradients",
        "norm-one",
        "Long gradients are scaled to norm 1, not max_norm.",
        "test_clip_gradients_leaves_a_norm_within_max_norm",
        (SCALE, "scale = 1.0 / float(norm) if float(norm) > max_norm else 1.0"),
    ),
    mutant(
        "clip_gradients",
        "new-tensors",
        "`.grad` is replaced by a new tensor.",
        "test_clip_gradients_works_in_place",
        (
            f"    for grad in grads:\n{MUL}",
            "    for parameter in parameters:\n"
            "        if parameter.grad is not None:\n"
            "            parameter.grad = parameter.grad * scale\n",
        ),
    ),
    mutant(
        "clip_gradients",
        "none-becomes-zero",
        "A missing gradient becomes zeros.",
        "test_clip_gradients_works_in_place",
        (
            "    grads = [parameter.grad",
            "    for one in parameters:\n"
            "        one.grad = torch.zeros_like(one) if one.grad is None else one.grad\n"
            "    grads = [parameter.grad",
        ),
    ),
    mutant(
        "clip_gradients",
        "missing-ends-it",
        "Gradients after the first missing one are left alone.",
        "test_clip_gradients_scales_by_the_global_norm",
        (
            "    grads = [parameter.grad",
            "    missing = [i for i, one in enumerate(parameters) if one.grad is None]\n"
            "    parameters = parameters[: missing[0] or None] if missing else parameters\n"
            "    grads = [parameter.grad",
        ),
    ),
    mutant(
        "clip_gradients",
        "scales-the-weights",
        "The parameters are scaled as well.",
        "test_clip_gradients_leaves_the_parameters_alone",
        (MUL, "        grad.mul_(scale)\n    for parameter in parameters:\n        parameter.data.mul_(scale)\n"),
    ),
    mutant(
        "clip_gradients",
        "norm-of-the-weights",
        "The norm is that of the parameters.",
        "test_clip_gradients_scales_by_the_global_norm",
        (NORM, "norm = torch.cat([parameter.detach().flatten() for parameter in parameters]).norm()"),
    ),
    mutant(
        "clip_gradients",
        "seeds-globally",
        "torch's global generator is seeded.",
        "test_clip_gradients_leaves_arguments_and_random_state_alone",
        (SCALE, f"torch.manual_seed(0)\n    {SCALE}"),
    ),
    # -- generate
    mutant(
        "generate",
        "warm-up-predicts",
        "Predictions made during the prefix are kept.",
        "test_generate_gives_the_prefix_and_the_most_likely_tokens",
        ("if position >= len(prefix) - 1:", "if position >= 0:"),
    ),
    mutant(
        "generate",
        "one-too-many",
        "One token too many is generated.",
        "test_generate_gives_the_prefix_and_the_most_likely_tokens",
        ("range(len(prefix) + num_preds - 1)", "range(len(prefix) + num_preds)"),
    ),
    mutant(
        "generate",
        "without-the-prefix",
        "Only the predictions are returned.",
        "test_generate_gives_the_prefix_and_the_most_likely_tokens",
        ("    return tokens\n", "    return tokens[len(prefix) :]\n"),
    ),
    mutant(
        "generate",
        "least-likely",
        "The argmin is taken.",
        "test_generate_counts_on_where_each_token_follows_the_last",
        ("int(logits.argmax())", "int(logits.argmin())"),
    ),
    mutant(
        "generate",
        "largest-magnitude",
        "The logit of the largest magnitude wins.",
        "test_generate_counts_on_where_each_token_follows_the_last",
        ("int(logits.argmax())", "int(logits.abs().argmax())"),
    ),
    mutant(
        "generate",
        "samples",
        "Tokens are drawn from the softmax.",
        "test_generate_leaves_arguments_and_random_state_alone",
        ("int(logits.argmax())", "int(torch.multinomial(logits.softmax(-1), 1))"),
    ),
    mutant(
        "generate",
        "last-prefix-token-twice",
        "The last token of the prefix is fed twice.",
        "test_generate_feeds_every_token_but_the_last_once",
        ("    tokens = list(prefix)\n", "    tokens = list(prefix)\n    step(prefix[-1], state)\n"),
    ),
    mutant(
        "generate",
        "feeds-the-last-prediction",
        "The last prediction is fed as well.",
        "test_generate_feeds_every_token_but_the_last_once",
        ("    return tokens\n", "    step(tokens[-1], state)\n    return tokens\n"),
    ),
    mutant(
        "generate",
        "reads-everything-again",
        "All tokens so far are fed again for each prediction, with the state carried.",
        "test_generate_feeds_every_token_but_the_last_once",
        (
            f"        {STEP}\n",
            "        for token in tokens[: position + 1]:\n            logits, state = step(token, state)\n",
        ),
    ),
    mutant(
        "generate",
        "state-reset",
        "Every call of step gets the initial state.",
        "test_generate_passes_the_state_on",
        (STEP, "logits, _ = step(tokens[position], state)"),
    ),
    mutant(
        "generate",
        "state-ignored",
        "The state given is replaced by None.",
        "test_generate_passes_the_state_on",
        ("    tokens = list(prefix)\n", "    tokens, state = list(prefix), None\n"),
    ),
    mutant(
        "generate",
        "state-lost-after-the-prefix",
        "The state is reset where the prefix ends.",
        "test_generate_passes_the_state_on",
        (APPEND, f"{APPEND}            state = None if position == len(prefix) - 1 else state\n"),
    ),
    mutant(
        "generate",
        "empty-prefix-accepted",
        "An empty prefix gives an empty list.",
        "test_generate_refuses_an_empty_prefix",
        (
            'raise ValueError("the prefix is empty, but generation needs a token to start from")',
            "return []",
        ),
    ),
    mutant(
        "generate",
        "empty-prefix-index-error",
        "An empty prefix raises IndexError.",
        "test_generate_refuses_an_empty_prefix",
        ("    if not prefix:\n", "    if prefix[0] is None:\n"),
    ),
    mutant(
        "generate",
        "extends-the-prefix",
        "The predictions are appended to the caller's list.",
        "test_generate_leaves_arguments_and_random_state_alone",
        ("    tokens = list(prefix)\n", "    tokens, prefix = prefix, list(prefix)\n"),
    ),
    # -- train_language_model
    mutant(
        "train_language_model",
        "epochs-ignored",
        "It always trains for five epochs.",
        "test_train_language_model_steps_by_learning_rate_and_clipped_norm",
        ("for _ in range(num_epochs):", "for _ in range(5):"),
    ),
    mutant(
        "train_language_model",
        "quarter-batches",
        "Batches hold a quarter of the sequences, so that an epoch has four times the updates.",
        "test_train_language_model_steps_by_learning_rate_and_clipped_norm",
        (
            "_windows(tokens, num_steps, batch_size, generator)",
            "_windows(tokens, num_steps, max(1, batch_size // 4), generator)",
        ),
    ),
    mutant(
        "train_language_model",
        "targets-unshifted",
        "The targets are the inputs.",
        "test_train_language_model_learns_what_the_reference_learns",
        ("tokens[places], tokens[places + 1]", "tokens[places], tokens[places]"),
    ),
    mutant(
        "train_language_model",
        "no-memory",
        "Each step starts from a zero state.",
        "test_train_language_model_learns_what_the_reference_learns",
        (
            OUTPUTS,
            "outputs = torch.cat([rnn_scratch(x[None], None, params)[0] for x in one_hot(X, vocab_size)])",
        ),
    ),
    mutant(
        "train_language_model",
        "detached-at-every-step",
        "The state is detached at every step, so nothing learns to remember.",
        "test_train_language_model_learns_what_the_reference_learns",
        (CELL, "H = torch.tanh(X @ W_xh + H.detach() @ W_hh + b_h)"),
    ),
    mutant(
        "train_language_model",
        "softmax-before-the-loss",
        "The loss is given probabilities.",
        "test_train_language_model_learns_what_the_reference_learns",
        ("output_layer(outputs, params), Y", "output_layer(outputs, params).softmax(-1), Y"),
    ),
    mutant(
        "train_language_model",
        "targets-transposed",
        "Targets and logits are flattened in different orders.",
        "test_train_language_model_learns_what_the_reference_learns",
        ("output_layer(outputs, params), Y", "output_layer(outputs, params).transpose(0, 1).reshape(*Y.shape, -1), Y"),
    ),
    mutant(
        "train_language_model",
        "gradients-accumulate",
        "The gradients are never set to zero.",
        "test_train_language_model_learns_what_the_reference_learns",
        ("            weight.grad = None\n", ""),
    ),
    mutant(
        "train_language_model",
        "no-clipping",
        "The gradients are not clipped.",
        "test_train_language_model_learns_at_a_rate_that_needs_clipping",
        (CLIP, ""),
    ),
    mutant(
        "train_language_model",
        "clips-by-value",
        "Each entry of the gradients is limited to max_norm.",
        "test_train_language_model_learns_at_a_rate_that_needs_clipping",
        (MUL, "        grad.clamp_(-max_norm, max_norm)\n"),
    ),
    mutant(
        "train_language_model",
        "clips-after-the-step",
        "The gradients are clipped after they were used.",
        "test_train_language_model_learns_at_a_rate_that_needs_clipping",
        ("            weight.grad = None\n", ""),
        (
            f"{CLIP}            _descend(weights, learning_rate)\n",
            f"            _descend(weights, learning_rate)\n{CLIP}            for weight in weights:\n                weight.grad = None\n",
        ),
    ),
    mutant(
        "train_language_model",
        "clips-by-value-steps",
        "Each entry of the gradients is limited to max_norm.",
        "test_train_language_model_steps_by_learning_rate_and_clipped_norm",
        (MUL, "        grad.clamp_(-max_norm, max_norm)\n"),
    ),
    mutant(
        "train_language_model",
        "learning-rate-ignored",
        "The learning rate is always 1.",
        "test_train_language_model_steps_by_learning_rate_and_clipped_norm",
        ("_descend(weights, learning_rate)", "_descend(weights, 1.0)"),
    ),
    mutant(
        "train_language_model",
        "one-epoch",
        "A single epoch is trained, whatever num_epochs is.",
        "test_train_language_model_steps_by_learning_rate_and_clipped_norm",
        ("for _ in range(num_epochs):", "for _ in range(1):"),
    ),
    mutant(
        "train_language_model",
        "one-batch-an-epoch",
        "Each epoch trains on its first batch only.",
        "test_train_language_model_learns_what_the_reference_learns",
        (
            "            _descend(weights, learning_rate)\n",
            "            _descend(weights, learning_rate)\n            break\n",
        ),
    ),
    mutant(
        "train_language_model",
        "recurrent-weights-frozen",
        "W_hh is left out of the update.",
        "test_train_language_model_trains_every_weight",
        (
            "_descend(weights, learning_rate)",
            '_descend([params[name] for name in params if name != "W_hh"], learning_rate)',
        ),
    ),
    mutant(
        "train_language_model",
        "biases-frozen",
        "The biases are left out of the update.",
        "test_train_language_model_trains_every_weight",
        (
            "_descend(weights, learning_rate)",
            '_descend([params[name] for name in params if name[0] == "W"], learning_rate)',
        ),
    ),
    mutant(
        "train_language_model",
        "untrained",
        "The initial weights are returned.",
        "test_train_language_model_trains_every_weight",
        ("for _ in range(num_epochs):", "for _ in range(0):"),
    ),
    mutant(
        "train_language_model",
        "size-from-the-tokens",
        "V is the number of tokens that occur.",
        "test_train_language_model_returns_float32_weights_of_the_model",
        (PARAMS, f"    vocab_size = max(corpus) + 1\n{PARAMS}"),
    ),
    mutant(
        "train_language_model",
        "doubles",
        "The weights are float64.",
        "test_train_language_model_returns_float32_weights_of_the_model",
        ("name: weight.detach() for", "name: weight.detach().double() for"),
    ),
    mutant(
        "train_language_model",
        "torch-layout",
        "The weights are transposed, as torch.nn keeps them.",
        "test_train_language_model_returns_float32_weights_of_the_model",
        ("name: weight.detach() for", "name: weight.detach().t() for"),
    ),
    mutant(
        "train_language_model",
        "own-generator",
        "A generator with a fixed seed is used instead of the one given.",
        "test_train_language_model_draws_from_its_generator",
        (PARAMS, f"    generator = torch.Generator().manual_seed(0)\n{PARAMS}"),
    ),
    mutant(
        "train_language_model",
        "unseeded",
        "The generator is seeded anew from the system.",
        "test_train_language_model_draws_from_its_generator",
        (PARAMS, f"    generator.seed()\n{PARAMS}"),
    ),
    mutant(
        "train_language_model",
        "global-generator",
        "The initial weights are drawn from torch's global generator.",
        "test_train_language_model_leaves_arguments_and_random_state_alone",
        ("torch.randn(shape, generator=generator)", "torch.randn(shape)"),
    ),
    mutant(
        "train_language_model",
        "shuffles-the-corpus",
        "The caller's corpus is reversed in place.",
        "test_train_language_model_leaves_arguments_and_random_state_alone",
        ("    tokens = torch.tensor(corpus)\n", "    tokens = torch.tensor(corpus)\n    corpus.reverse()\n"),
    ),
]


ALIKE = {"train_language_model": None}  # where training starts, and in which order it goes on, is free
