"""Mutants of the unit gated."""

from harness.judge.mutant import mutant

MUTANTS = [
    # -- lstm_scratch ------------------------------------------------------------------------------------
    mutant(
        "lstm_scratch",
        "candidate-added-ungated",
        "The input gate is added to the candidate instead of multiplying it.",
        "test_lstm_scratch_follows_its_equations",
        ("I_t * C_tilde", "I_t + C_tilde"),
    ),
    mutant(
        "lstm_scratch",
        "one-bias-for-two-gates",
        "The forget gate uses the input gate's bias.",
        "test_lstm_scratch_follows_its_equations",
        ('p["b_f"]', 'p["b_i"]'),
    ),
    mutant(
        "lstm_scratch",
        "output-bias-dropped",
        "The output gate has no bias.",
        "test_lstm_scratch_follows_its_equations",
        (' + p["b_o"])', ")"),
    ),
    mutant(
        "lstm_scratch",
        "memory-shown-without-tanh",
        "H is O * C, without the tanh.",
        "test_lstm_scratch_follows_its_equations",
        ("O_t * torch.tanh(C)", "O_t * C"),
    ),
    mutant(
        "lstm_scratch",
        "shows-the-old-memory",
        "H is computed from the memory before the step.",
        "test_lstm_scratch_follows_its_equations",
        (
            "        C = F_t * C + I_t * C_tilde  # [10.1.3]\n        H = O_t * torch.tanh(C)  # [10.1.4]\n",
            "        H = O_t * torch.tanh(C)  # [10.1.4]\n        C = F_t * C + I_t * C_tilde  # [10.1.3]\n",
        ),
    ),
    mutant(
        "lstm_scratch",
        "sigmoid-candidate",
        "The candidate goes through a sigmoid.",
        "test_lstm_scratch_follows_its_equations",
        ("C_tilde = torch.tanh", "C_tilde = torch.sigmoid"),
    ),
    mutant(
        "lstm_scratch",
        "transposed-recurrent-weights",
        "W_hc is transposed.",
        "test_lstm_scratch_follows_its_equations",
        ('H @ p["W_hc"]', 'H @ p["W_hc"].T'),
    ),
    mutant(
        "lstm_scratch",
        "tanh-of-one-summand",
        "The tanh takes the input's share alone.",
        "test_lstm_scratch_follows_its_equations",
        (
            'torch.tanh(X @ p["W_xc"] + H @ p["W_hc"] + p["b_c"])',
            'torch.tanh(X @ p["W_xc"]) + H @ p["W_hc"] + p["b_c"]',
        ),
    ),
    mutant(
        "lstm_scratch",
        "computes-in-float32",
        "Everything is computed in float32 and cast up.",
        "test_lstm_scratch_follows_its_equations",
        ("I_t * C_tilde  # [10.1.3]", "(I_t * C_tilde).float().to(C.dtype)"),
    ),
    mutant(
        "lstm_scratch",
        "returns-float64",
        "Outputs are float64 whatever the arguments are.",
        "test_lstm_scratch_follows_its_equations",
        ("return torch.stack(outputs), (H, C)", "return torch.stack(outputs).double(), (H, C)"),
    ),
    mutant(
        "lstm_scratch",
        "detached-memory",
        "The memory is cut out of the graph at each step.",
        "test_lstm_scratch_gradients_reach_every_argument",
        ("C = F_t * C + ", "C = F_t * C.detach() + "),
    ),
    mutant(
        "lstm_scratch",
        "detached-hidden-state",
        "H is cut out of the graph at each step, as in truncation after one step.",
        "test_lstm_scratch_gradients_equal_finite_differences",
        ("# [10.1.4]\n        outputs.append(H)", "# [10.1.4]\n        outputs.append(H)\n        H = H.detach()"),
    ),
    mutant(
        "lstm_scratch",
        "no-grad",
        "The run is made without a graph.",
        "test_lstm_scratch_gradients_equal_finite_differences",
        ("@hookimpl\ndef lstm_scratch(", "@hookimpl\n@torch.no_grad()\ndef lstm_scratch("),
    ),
    mutant(
        "lstm_scratch",
        "state-swapped",
        "The state is returned as (C, H).",
        "test_lstm_scratch_two_chunks_equal_one_run",
        ("return torch.stack(outputs), (H, C)", "return torch.stack(outputs), (C, H)"),
    ),
    mutant(
        "lstm_scratch",
        "only-hidden-state-carried",
        "Only H of a given state is used, C starts from zeros.",
        "test_lstm_scratch_two_chunks_equal_one_run",
        ("if state is None else state  # each", "if state is None else (state[0], 0 * state[1])  # each"),
    ),
    mutant(
        "lstm_scratch",
        "batch-normalised",
        "The memory is centred over the batch.",
        "test_lstm_scratch_treats_each_sequence_alone",
        ("O_t * torch.tanh(C)", "O_t * torch.tanh(C - C.mean(0))"),
    ),
    mutant(
        "lstm_scratch",
        "state-of-the-first-sequence",
        "All sequences start from the first one's state.",
        "test_lstm_scratch_treats_each_sequence_alone",
        (
            "if state is None else state  # each",
            "if state is None else tuple(s[:1].expand_as(s) for s in state)  # each",
        ),
    ),
    mutant(
        "lstm_scratch",
        "centred-over-time",
        "Inputs are centred over all time steps first.",
        "test_lstm_scratch_never_looks_ahead",
        ("# each (n, h)\n    for X in inputs:", "# each (n, h)\n    for X in inputs - inputs.mean(0):"),
    ),
    mutant(
        "lstm_scratch",
        "starts-from-ones",
        "Without a state, the memory starts from ones.",
        "test_lstm_scratch_takes_no_state_for_zeros",
        ('_zeros(inputs, p["b_c"])', '_zeros(inputs, p["b_c"]) + 1'),
    ),
    mutant(
        "lstm_scratch",
        "input-and-forget-exchanged",
        "The input gate multiplies the old memory, the forget gate the candidate.",
        "test_lstm_scratch_keeps_its_memory_behind_an_open_forget_gate",
        ("F_t * C + I_t * C_tilde", "I_t * C + F_t * C_tilde"),
    ),
    mutant(
        "lstm_scratch",
        "forget-gate-flipped",
        "The forget gate says how much is forgotten.",
        "test_lstm_scratch_keeps_its_memory_behind_an_open_forget_gate",
        ("C = F_t * C", "C = (1 - F_t) * C"),
    ),
    mutant(
        "lstm_scratch",
        "output-ungated",
        "H is tanh(C), without the output gate.",
        "test_lstm_scratch_shows_nothing_behind_a_closed_output_gate",
        ("O_t * torch.tanh(C)", "torch.tanh(C)"),
    ),
    mutant(
        "lstm_scratch",
        "outputs-the-memory",
        "outputs holds C instead of H.",
        "test_lstm_scratch_shows_nothing_behind_a_closed_output_gate",
        ("# [10.1.4]\n        outputs.append(H)", "# [10.1.4]\n        outputs.append(C)"),
    ),
    mutant(
        "lstm_scratch",
        "memory-updated-in-place",
        "The given C is multiplied in place.",
        "test_lstm_scratch_leaves_arguments_and_random_state_alone",
        ("C = F_t * C + ", "C = C.mul_(F_t) + "),
    ),
    mutant(
        "lstm_scratch",
        "starts-at-random",
        "Without a state, H is drawn at random.",
        "test_lstm_scratch_leaves_arguments_and_random_state_alone",
        ('(_zeros(inputs, p["b_i"]),', '(torch.randn_like(_zeros(inputs, p["b_i"])),'),
    ),
    # -- lstm_concise ------------------------------------------------------------------------------------
    mutant(
        "lstm_concise",
        "head-besides",
        "The module holds an output layer as well.",
        "test_lstm_concise_is_one_layer_in_one_direction",
        (
            "return nn.LSTM(num_inputs, num_hiddens)",
            "layer = nn.LSTM(num_inputs, num_hiddens)\n"
            "    holder = nn.ModuleDict({'layer': layer, 'head': nn.Linear(num_hiddens, 1)})\n"
            "    holder.forward = layer.forward\n"
            "    return holder",
        ),
    ),
    mutant(
        "lstm_concise",
        "state-remembered",
        "The module keeps its last state and goes on from it where it is given none.",
        "test_lstm_concise_takes_no_state_for_zeros",
        (
            "return nn.LSTM(num_inputs, num_hiddens)",
            "layer, kept = nn.LSTM(num_inputs, num_hiddens), [None]\n"
            "    plain = layer.forward\n\n"
            "    def forward(inputs, state=None):\n"
            "        outputs, kept[0] = plain(inputs, kept[0] if state is None else state)\n"
            "        return outputs, kept[0]\n\n"
            "    layer.forward = forward\n"
            "    return layer",
        ),
    ),
    mutant(
        "lstm_concise",
        "batch-first",
        "The layer reads batches first.",
        "test_lstm_concise_computes_what_torch_does",
        ("nn.LSTM(num_inputs, num_hiddens)", "nn.LSTM(num_inputs, num_hiddens, batch_first=True)"),
    ),
    mutant(
        "lstm_concise",
        "sizes-swapped",
        "num_inputs and num_hiddens are exchanged.",
        "test_lstm_concise_computes_what_torch_does",
        ("nn.LSTM(num_inputs, num_hiddens)", "nn.LSTM(num_hiddens, num_inputs)"),
    ),
    mutant(
        "lstm_concise",
        "inputs-scaled-in-place",
        "The module scales its inputs in place.",
        "test_lstm_concise_computes_what_torch_does",
        (
            "return nn.LSTM(num_inputs, num_hiddens)",
            "layer = nn.LSTM(num_inputs, num_hiddens)\n"
            "    layer.register_forward_hook(lambda module, given, result: setattr(given[0], 'data', 2 * given[0]))\n"
            "    return layer",
        ),
    ),
    mutant(
        "lstm_concise",
        "two-layers",
        "The layer is a stack of two.",
        "test_lstm_concise_is_one_layer_in_one_direction",
        ("nn.LSTM(num_inputs, num_hiddens)", "nn.LSTM(num_inputs, num_hiddens, num_layers=2)"),
    ),
    mutant(
        "lstm_concise",
        "bidirectional",
        "The layer runs in both directions.",
        "test_lstm_concise_is_one_layer_in_one_direction",
        ("nn.LSTM(num_inputs, num_hiddens)", "nn.LSTM(num_inputs, num_hiddens, bidirectional=True)"),
    ),
    mutant(
        "lstm_concise",
        "a-gru",
        "The layer is a GRU.",
        "test_lstm_concise_is_one_layer_in_one_direction",
        ("nn.LSTM(num_inputs, num_hiddens)", "torch.nn.GRU(num_inputs, num_hiddens)"),
    ),
    mutant(
        "lstm_concise",
        "two-in-a-list",
        "The module holds two layers.",
        "test_lstm_concise_is_one_layer_in_one_direction",
        (
            "return nn.LSTM(num_inputs, num_hiddens)",
            "return nn.ModuleList(nn.LSTM(num_inputs, num_hiddens) for _ in '12')",
        ),
    ),
    mutant(
        "lstm_concise",
        "no-bias",
        "The layer has no biases.",
        "test_lstm_concise_is_one_layer_in_one_direction",
        ("nn.LSTM(num_inputs, num_hiddens)", "nn.LSTM(num_inputs, num_hiddens, bias=False)"),
    ),
    mutant(
        "lstm_concise",
        "state-is-h-alone",
        "Only H comes back as the state.",
        "test_lstm_concise_two_chunks_equal_one_run",
        (
            "return nn.LSTM(num_inputs, num_hiddens)",
            "layer = nn.LSTM(num_inputs, num_hiddens)\n"
            "    layer.register_forward_hook(lambda module, given, result: (result[0], result[1][0]))\n"
            "    return layer",
        ),
    ),
    mutant(
        "lstm_concise",
        "forgets-its-state",
        "The given state is ignored.",
        "test_lstm_concise_two_chunks_equal_one_run",
        (
            "return nn.LSTM(num_inputs, num_hiddens)",
            "layer = nn.LSTM(num_inputs, num_hiddens)\n"
            "    layer.register_forward_pre_hook(lambda module, given: (given[0], None))\n"
            "    return layer",
        ),
    ),
    mutant(
        "lstm_concise",
        "starts-from-ones",
        "Without a state, H and C start from ones.",
        "test_lstm_concise_takes_no_state_for_zeros",
        (
            "return nn.LSTM(num_inputs, num_hiddens)",
            "layer = nn.LSTM(num_inputs, num_hiddens)\n"
            "    ones = lambda X: (X.new_ones(1, X.shape[1], num_hiddens),) * 2\n"
            "    layer.register_forward_pre_hook(lambda module, given: (given[0], given[1] or ones(given[0])))\n"
            "    return layer",
        ),
    ),
    mutant(
        "lstm_concise",
        "always-the-same-weights",
        "Weights are drawn under a seed of their own, so that they are the same every time.",
        "test_lstm_concise_draws_new_weights_at_each_call",
        (
            "return nn.LSTM(num_inputs, num_hiddens)",
            "with torch.random.fork_rng():\n        torch.manual_seed(0)\n        return nn.LSTM(num_inputs, num_hiddens)",
        ),
    ),
    mutant(
        "lstm_concise",
        "detached-outputs",
        "Outputs are cut out of the graph.",
        "test_lstm_concise_gradients_reach_every_argument",
        (
            "return nn.LSTM(num_inputs, num_hiddens)",
            "layer = nn.LSTM(num_inputs, num_hiddens)\n"
            "    layer.register_forward_hook(lambda module, given, result: (result[0].detach(), result[1]))\n"
            "    return layer",
        ),
    ),
    mutant(
        "lstm_concise",
        "frozen-weights",
        "The layer's weights need no gradient.",
        "test_lstm_concise_gradients_reach_every_argument",
        ("nn.LSTM(num_inputs, num_hiddens)", "nn.LSTM(num_inputs, num_hiddens).requires_grad_(False)"),
    ),
    mutant(
        "lstm_concise",
        "seeds-torch",
        "The global generator is seeded before weights are drawn.",
        "test_lstm_concise_leaves_arguments_and_random_state_alone",
        ("return nn.LSTM(", "torch.manual_seed(0)\n    return nn.LSTM("),
    ),
    # -- gru_scratch -------------------------------------------------------------------------------------
    mutant(
        "gru_scratch",
        "reset-and-update-exchanged",
        "R and Z change places.",
        "test_gru_scratch_follows_its_equations",
        ("(R * H)", "(Z * H)"),
        ("Z * H + (1 - Z) * H_tilde", "R * H + (1 - R) * H_tilde"),
    ),
    mutant(
        "gru_scratch",
        "shares-not-complementary",
        "The candidate is not multiplied by 1 - Z.",
        "test_gru_scratch_follows_its_equations",
        ("(1 - Z) * H_tilde", "H_tilde"),
    ),
    mutant(
        "gru_scratch",
        "reset-bias-dropped",
        "The reset gate has no bias.",
        "test_gru_scratch_follows_its_equations",
        (' + p["b_r"])', ")"),
    ),
    mutant(
        "gru_scratch",
        "bias-twice",
        "The candidate's bias is added twice.",
        "test_gru_scratch_follows_its_equations",
        ('+ p["b_h"])', '+ 2 * p["b_h"])'),
    ),
    mutant(
        "gru_scratch",
        "transposed-recurrent-weights",
        "W_hz is transposed.",
        "test_gru_scratch_follows_its_equations",
        ('H @ p["W_hz"]', 'H @ p["W_hz"].T'),
    ),
    mutant(
        "gru_scratch",
        "sigmoid-candidate",
        "The candidate goes through a sigmoid.",
        "test_gru_scratch_follows_its_equations",
        ("H_tilde = torch.tanh", "H_tilde = torch.sigmoid"),
    ),
    mutant(
        "gru_scratch",
        "computes-in-float32",
        "The candidate is computed in float32 and cast up.",
        "test_gru_scratch_follows_its_equations",
        ("(1 - Z) * H_tilde", "(1 - Z) * H_tilde.float().to(Z.dtype)"),
    ),
    mutant(
        "gru_scratch",
        "state-squeezed",
        "A batch of one loses its axis in the state.",
        "test_gru_scratch_follows_its_equations",
        (
            "# [10.2.3]\n        outputs.append(H)\n    return torch.stack(outputs), H ",
            "# [10.2.3]\n        outputs.append(H)\n    return torch.stack(outputs), H.squeeze(0) ",
        ),
    ),
    mutant(
        "gru_scratch",
        "detached-gate",
        "The update gate is cut out of the graph.",
        "test_gru_scratch_gradients_reach_every_argument",
        ("Z = torch.sigmoid(", "Z = torch.Tensor.detach("),
        ("Z * H + (1 - Z) * H_tilde", "torch.sigmoid(Z) * H + (1 - torch.sigmoid(Z)) * H_tilde"),
    ),
    mutant(
        "gru_scratch",
        "detached-state",
        "H is cut out of the graph at each step.",
        "test_gru_scratch_gradients_equal_finite_differences",
        ("# [10.2.3]\n        outputs.append(H)", "# [10.2.3]\n        outputs.append(H)\n        H = H.detach()"),
    ),
    mutant(
        "gru_scratch",
        "gradient-scaled",
        "The forward run is right, but a hook of the graph scales the gradient by one thousandth too much.",
        "test_gru_scratch_gradients_equal_finite_differences",
        ("(1 - Z) * H_tilde", "(1 - Z) * (1.001 * H_tilde - 0.001 * H_tilde.detach())"),
    ),
    mutant(
        "gru_scratch",
        "returns-the-state-before",
        "The state that comes back is the one before the last input.",
        "test_gru_scratch_two_chunks_equal_one_run",
        (
            "# [10.2.3]\n        outputs.append(H)\n    return torch.stack(outputs), H ",
            "# [10.2.3]\n        outputs.append(H)\n    return torch.stack(outputs), outputs[max(len(outputs) - 2, 0)] ",
        ),
    ),
    mutant(
        "gru_scratch",
        "given-state-ignored",
        "Every run starts from zeros.",
        "test_gru_scratch_two_chunks_equal_one_run",
        ('_zeros(inputs, p["b_z"]) if state is None else state', '_zeros(inputs, p["b_z"])'),
    ),
    mutant(
        "gru_scratch",
        "batch-normalised",
        "The candidate is centred over the batch.",
        "test_gru_scratch_treats_each_sequence_alone",
        ("(1 - Z) * H_tilde", "(1 - Z) * (H_tilde - H_tilde.mean(0))"),
    ),
    mutant(
        "gru_scratch",
        "centred-over-time",
        "Inputs are centred over all time steps first.",
        "test_gru_scratch_never_looks_ahead",
        ("else state  # (n, h)\n    for X in inputs:", "else state  # (n, h)\n    for X in inputs - inputs.mean(0):"),
    ),
    mutant(
        "gru_scratch",
        "reads-backward",
        "The sequence is read from its end.",
        "test_gru_scratch_never_looks_ahead",
        ("else state  # (n, h)\n    for X in inputs:", "else state  # (n, h)\n    for X in inputs.flip(0):"),
    ),
    mutant(
        "gru_scratch",
        "starts-from-ones",
        "Without a state, H starts from ones.",
        "test_gru_scratch_takes_no_state_for_zeros",
        ('_zeros(inputs, p["b_z"])', '_zeros(inputs, p["b_z"]) + 1'),
    ),
    mutant(
        "gru_scratch",
        "update-gate-flipped",
        "Z lets the candidate in instead of keeping the old state.",
        "test_gru_scratch_keeps_its_state_behind_an_open_update_gate",
        ("Z * H + (1 - Z) * H_tilde", "(1 - Z) * H + Z * H_tilde"),
    ),
    mutant(
        "gru_scratch",
        "reset-after-the-product",
        "R multiplies the product with W_hh, as in torch.nn.GRU.",
        "test_gru_scratch_resets_the_state_before_the_product",
        ('(R * H) @ p["W_hh"]', 'R * (H @ p["W_hh"])'),
    ),
    mutant(
        "gru_scratch",
        "reset-omitted",
        "The candidate sees the whole old state.",
        "test_gru_scratch_resets_the_state_before_the_product",
        ("(R * H) @", "H @"),
    ),
    mutant(
        "gru_scratch",
        "reset-of-everything",
        "R multiplies the whole pre-activation.",
        "test_gru_scratch_resets_the_state_before_the_product",
        (
            'torch.tanh(X @ p["W_xh"] + (R * H) @ p["W_hh"] + p["b_h"])',
            'torch.tanh(R * (X @ p["W_xh"] + H @ p["W_hh"] + p["b_h"]))',
        ),
    ),
    mutant(
        "gru_scratch",
        "state-updated-in-place",
        "The given state is multiplied in place.",
        "test_gru_scratch_leaves_arguments_and_random_state_alone",
        ("H = Z * H + (1 - Z)", "H = H.mul_(Z) + (1 - Z)"),
    ),
    mutant(
        "gru_scratch",
        "starts-at-random",
        "Without a state, H is drawn at random.",
        "test_gru_scratch_leaves_arguments_and_random_state_alone",
        ('_zeros(inputs, p["b_z"])', 'torch.randn_like(_zeros(inputs, p["b_z"]))'),
    ),
    # -- gru_concise -------------------------------------------------------------------------------------
    mutant(
        "gru_concise",
        "head-besides",
        "The module holds an output layer as well.",
        "test_gru_concise_is_one_layer_in_one_direction",
        (
            "return nn.GRU(num_inputs, num_hiddens)",
            "layer = nn.GRU(num_inputs, num_hiddens)\n"
            "    holder = nn.ModuleDict({'layer': layer, 'head': nn.Linear(num_hiddens, 1)})\n"
            "    holder.forward = layer.forward\n"
            "    return holder",
        ),
    ),
    mutant(
        "gru_concise",
        "state-remembered",
        "The module keeps its last state and goes on from it where it is given none.",
        "test_gru_concise_takes_no_state_for_zeros",
        (
            "return nn.GRU(num_inputs, num_hiddens)",
            "layer, kept = nn.GRU(num_inputs, num_hiddens), [None]\n"
            "    plain = layer.forward\n\n"
            "    def forward(inputs, state=None):\n"
            "        outputs, kept[0] = plain(inputs, kept[0] if state is None else state)\n"
            "        return outputs, kept[0]\n\n"
            "    layer.forward = forward\n"
            "    return layer",
        ),
    ),
    mutant(
        "gru_concise",
        "batch-first",
        "The layer reads batches first.",
        "test_gru_concise_computes_what_torch_does",
        ("nn.GRU(num_inputs, num_hiddens)", "nn.GRU(num_inputs, num_hiddens, batch_first=True)"),
    ),
    mutant(
        "gru_concise",
        "sizes-swapped",
        "num_inputs and num_hiddens are exchanged.",
        "test_gru_concise_computes_what_torch_does",
        ("nn.GRU(num_inputs, num_hiddens)", "nn.GRU(num_hiddens, num_inputs)"),
    ),
    mutant(
        "gru_concise",
        "two-layers",
        "The layer is a stack of two.",
        "test_gru_concise_is_one_layer_in_one_direction",
        ("nn.GRU(num_inputs, num_hiddens)", "nn.GRU(num_inputs, num_hiddens, num_layers=2)"),
    ),
    mutant(
        "gru_concise",
        "bidirectional",
        "The layer runs in both directions.",
        "test_gru_concise_is_one_layer_in_one_direction",
        ("nn.GRU(num_inputs, num_hiddens)", "nn.GRU(num_inputs, num_hiddens, bidirectional=True)"),
    ),
    mutant(
        "gru_concise",
        "an-rnn",
        "The layer is a plain RNN.",
        "test_gru_concise_is_one_layer_in_one_direction",
        ("nn.GRU(num_inputs, num_hiddens)", "nn.RNN(num_inputs, num_hiddens)"),
    ),
    mutant(
        "gru_concise",
        "state-without-its-layer",
        "The state comes back as (n, h).",
        "test_gru_concise_is_one_layer_in_one_direction",
        (
            "return nn.GRU(num_inputs, num_hiddens)",
            "layer = nn.GRU(num_inputs, num_hiddens)\n"
            "    layer.register_forward_hook(lambda module, given, result: (result[0], result[1][0]))\n"
            "    return layer",
        ),
    ),
    mutant(
        "gru_concise",
        "forgets-its-state",
        "The given state is ignored.",
        "test_gru_concise_two_chunks_equal_one_run",
        (
            "return nn.GRU(num_inputs, num_hiddens)",
            "layer = nn.GRU(num_inputs, num_hiddens)\n"
            "    layer.register_forward_pre_hook(lambda module, given: (given[0], None))\n"
            "    return layer",
        ),
    ),
    mutant(
        "gru_concise",
        "starts-from-ones",
        "Without a state, H starts from ones.",
        "test_gru_concise_takes_no_state_for_zeros",
        (
            "return nn.GRU(num_inputs, num_hiddens)",
            "layer = nn.GRU(num_inputs, num_hiddens)\n"
            "    ones = lambda X: X.new_ones(1, X.shape[1], num_hiddens)\n"
            "    layer.register_forward_pre_hook(lambda _, given: (given[0], ones(given[0]) if given[1] is None else given[1]))\n"
            "    return layer",
        ),
    ),
    mutant(
        "gru_concise",
        "one-module-for-all",
        "Every call of a size gives the same module.",
        "test_gru_concise_draws_new_weights_at_each_call",
        (
            "return nn.GRU(num_inputs, num_hiddens)",
            "made = globals().setdefault('MADE', {})\n"
            "    return made.setdefault((num_inputs, num_hiddens), nn.GRU(num_inputs, num_hiddens))",
        ),
    ),
    mutant(
        "gru_concise",
        "detached-state",
        "The given state is cut out of the graph.",
        "test_gru_concise_gradients_reach_every_argument",
        (
            "return nn.GRU(num_inputs, num_hiddens)",
            "layer = nn.GRU(num_inputs, num_hiddens)\n"
            "    layer.register_forward_pre_hook(lambda _, given: (given[0], given[1] if given[1] is None else given[1].detach()))\n"
            "    return layer",
        ),
    ),
    mutant(
        "gru_concise",
        "seeds-torch",
        "The global generator is seeded before weights are drawn.",
        "test_gru_concise_leaves_arguments_and_random_state_alone",
        ("return nn.GRU(", "torch.manual_seed(0)\n    return nn.GRU("),
    ),
    # -- deep_rnn ----------------------------------------------------------------------------------------
    mutant(
        "deep_rnn",
        "relu",
        "The activation is relu.",
        "test_deep_rnn_follows_its_equation",
        ("torch.tanh(X @ W_xh + H @ W_hh + b_h)", "torch.relu(X @ W_xh + H @ W_hh + b_h)"),
    ),
    mutant(
        "deep_rnn",
        "computes-in-float32",
        "Everything is computed in float32 and cast up.",
        "test_deep_rnn_follows_its_equation",
        ("return outputs, last ", "return outputs.float().to(inputs.dtype), last "),
    ),
    mutant(
        "deep_rnn",
        "states-in-a-tensor",
        "The states come stacked in one tensor instead of a list.",
        "test_deep_rnn_follows_its_equation",
        ("return outputs, last ", "return outputs, torch.stack(last) "),
    ),
    mutant(
        "deep_rnn",
        "detached-between-layers",
        "Each layer reads a copy of the outputs below that is cut out of the graph.",
        "test_deep_rnn_gradients_reach_every_argument",
        ("_rnn(outputs, state, params)", "_rnn(outputs.detach() if i else outputs, state, params)"),
    ),
    mutant(
        "deep_rnn",
        "detached-in-time",
        "H is cut out of the graph at each step.",
        "test_deep_rnn_gradients_equal_finite_differences",
        ("torch.tanh(X @ W_xh + H @ W_hh + b_h)", "torch.tanh(X @ W_xh + H.detach() @ W_hh + b_h)"),
    ),
    mutant(
        "deep_rnn",
        "one-layer-unwrapped",
        "With one layer, the state itself is returned instead of a list.",
        "test_deep_rnn_of_one_layer_is_a_tanh_rnn",
        ("return outputs, last ", "return outputs, last if len(last) > 1 else last[0] "),
    ),
    mutant(
        "deep_rnn",
        "bias-dropped",
        "The bias is dropped.",
        "test_deep_rnn_of_one_layer_is_a_tanh_rnn",
        ("H @ W_hh + b_h)", "H @ W_hh)"),
    ),
    mutant(
        "deep_rnn",
        "transposed-recurrent-weights",
        "W_hh is transposed.",
        "test_deep_rnn_of_one_layer_is_a_tanh_rnn",
        ("H @ W_hh + b_h)", "H @ W_hh.T + b_h)"),
    ),
    mutant(
        "deep_rnn",
        "reads-the-inputs-again",
        "Every layer that can reads the inputs, not the layer below.",
        "test_deep_rnn_equals_its_layers_run_one_by_one",
        (
            "_rnn(outputs, state, params)",
            "_rnn(inputs if len(params['W_xh']) == inputs.shape[2] else outputs, state, params)",
        ),
    ),
    mutant(
        "deep_rnn",
        "one-state-for-all-layers",
        "Every layer starts from the first one's state.",
        "test_deep_rnn_equals_its_layers_run_one_by_one",
        ("else states[i]", "else states[0]"),
    ),
    mutant(
        "deep_rnn",
        "state-handed-up",
        "Each layer starts from the last state of the one below.",
        "test_deep_rnn_equals_its_layers_run_one_by_one",
        ("else states[i]", "else (last[-1] if last else states[0])"),
    ),
    mutant(
        "deep_rnn",
        "weights-of-layer-two",
        "All layers above the first share the second one's weights.",
        "test_deep_rnn_equals_its_layers_run_one_by_one",
        ("_rnn(outputs, state, params)", "_rnn(outputs, state, layers[min(i, 1)])"),
    ),
    mutant(
        "deep_rnn",
        "states-from-the-top",
        "The states are returned from the top layer down.",
        "test_deep_rnn_two_chunks_equal_one_run",
        ("return outputs, last ", "return outputs, last[::-1] "),
    ),
    mutant(
        "deep_rnn",
        "top-state-only",
        "The top layer's state is returned for every layer.",
        "test_deep_rnn_two_chunks_equal_one_run",
        ("return outputs, last ", "return outputs, [last[-1]] * len(last) "),
    ),
    mutant(
        "deep_rnn",
        "batch-normalised",
        "Layers are centred over the batch.",
        "test_deep_rnn_treats_each_sequence_alone",
        ("_rnn(outputs, state, params)", "_rnn(outputs - outputs.mean(1, keepdim=True) * (i > 0), state, params)"),
    ),
    mutant(
        "deep_rnn",
        "turns-round-between-layers",
        "Every second layer reads backward.",
        "test_deep_rnn_never_looks_ahead",
        ("_rnn(outputs, state, params)", "_rnn(outputs.flip(0) if i else outputs, state, params)"),
    ),
    mutant(
        "deep_rnn",
        "starts-from-ones",
        "Without states, every layer starts from ones.",
        "test_deep_rnn_takes_no_states_for_zeros",
        ("_zeros(inputs, b_h) if state", "_zeros(inputs, b_h) + 1 if state"),
    ),
    mutant(
        "deep_rnn",
        "carries-state-up-without-states",
        "Without states, each layer starts from the last state of the one below.",
        "test_deep_rnn_takes_no_states_for_zeros",
        ("state = None if states is None", "state = (last[-1] if last else None) if states is None"),
    ),
    mutant(
        "deep_rnn",
        "writes-into-states",
        "The new states are written into the given list.",
        "test_deep_rnn_leaves_arguments_and_random_state_alone",
        (
            "        last.append(H)\n",
            "        last.append(H)\n        if states is not None:\n            states[i] = H\n",
        ),
    ),
    mutant(
        "deep_rnn",
        "starts-at-random",
        "Without states, layers start at random.",
        "test_deep_rnn_leaves_arguments_and_random_state_alone",
        ("_zeros(inputs, b_h) if state", "torch.randn_like(_zeros(inputs, b_h)) if state"),
    ),
    # -- bidirectional_rnn -------------------------------------------------------------------------------
    mutant(
        "bidirectional_rnn",
        "halves-added",
        "The halves are added instead of concatenated.",
        "test_bidirectional_rnn_follows_its_equations",
        ("torch.cat([forward, backward.flip(0)], dim=-1)", "forward + backward.flip(0)"),
    ),
    mutant(
        "bidirectional_rnn",
        "computes-in-float32",
        "Outputs are computed in float32 and cast up.",
        "test_bidirectional_rnn_follows_its_equations",
        (
            "torch.cat([forward, backward.flip(0)], dim=-1)",
            "torch.cat([forward, backward.flip(0)], dim=-1).float().to(inputs.dtype)",
        ),
    ),
    mutant(
        "bidirectional_rnn",
        "backward-half-first",
        "The backward half comes first.",
        "test_bidirectional_rnn_follows_its_equations",
        ("[forward, backward.flip(0)]", "[backward.flip(0), forward]"),
    ),
    mutant(
        "bidirectional_rnn",
        "detached-backward-half",
        "The backward half is cut out of the graph.",
        "test_bidirectional_rnn_gradients_reach_every_argument",
        ("backward.flip(0)]", "backward.flip(0).detach()]"),
    ),
    mutant(
        "bidirectional_rnn",
        "detached-in-time",
        "H is cut out of the graph at each step.",
        "test_bidirectional_rnn_gradients_equal_finite_differences",
        ("torch.tanh(X @ W_xh + H @ W_hh + b_h)", "torch.tanh(X @ W_xh + H.detach() @ W_hh + b_h)"),
    ),
    mutant(
        "bidirectional_rnn",
        "backward-weights-in-front",
        "The forward RNN uses the backward weights.",
        "test_bidirectional_rnn_forward_half_is_a_tanh_rnn",
        ("_rnn(inputs, forward_state, forward_params)", "_rnn(inputs, forward_state, backward_params)"),
    ),
    mutant(
        "bidirectional_rnn",
        "halves-interleaved",
        "Forward and backward units alternate.",
        "test_bidirectional_rnn_forward_half_is_a_tanh_rnn",
        (
            "torch.cat([forward, backward.flip(0)], dim=-1)",
            "torch.stack([forward, backward.flip(0)], dim=-1).flatten(-2)",
        ),
    ),
    mutant(
        "bidirectional_rnn",
        "bias-dropped",
        "The bias is dropped.",
        "test_bidirectional_rnn_forward_half_is_a_tanh_rnn",
        ("H @ W_hh + b_h)", "H @ W_hh)"),
    ),
    mutant(
        "bidirectional_rnn",
        "backward-half-not-turned-round",
        "The backward half stands in the order in which it was computed.",
        "test_bidirectional_rnn_reversed_in_time_swaps_its_directions",
        ("backward.flip(0)]", "backward]"),
    ),
    mutant(
        "bidirectional_rnn",
        "one-set-of-weights",
        "Both directions use the forward weights.",
        "test_bidirectional_rnn_reversed_in_time_swaps_its_directions",
        ("backward_state, backward_params)", "backward_state, forward_params)"),
    ),
    mutant(
        "bidirectional_rnn",
        "one-state-for-both",
        "Both directions start from the forward state.",
        "test_bidirectional_rnn_reversed_in_time_swaps_its_directions",
        ("_rnn(inputs.flip(0), backward_state", "_rnn(inputs.flip(0), forward_state"),
    ),
    mutant(
        "bidirectional_rnn",
        "backward-state-at-the-wrong-end",
        "The backward state is the one at the last time index, after one input.",
        "test_bidirectional_rnn_states_end_at_opposite_ends",
        ("(forward_H, backward_H)", "(forward_H, backward[0])"),
    ),
    mutant(
        "bidirectional_rnn",
        "states-swapped",
        "The states come back as (backward, forward).",
        "test_bidirectional_rnn_states_end_at_opposite_ends",
        ("(forward_H, backward_H)", "(backward_H, forward_H)"),
    ),
    mutant(
        "bidirectional_rnn",
        "backward-reads-forward",
        "The backward RNN reads the inputs forward.",
        "test_bidirectional_rnn_halves_see_the_past_and_the_future",
        ("_rnn(inputs.flip(0), backward_state, backward_params)", "_rnn(inputs, backward_state, backward_params)"),
    ),
    mutant(
        "bidirectional_rnn",
        "backward-starts-from-the-forward-end",
        "The backward RNN starts from the forward RNN's last state, and the forward one from the backward one's.",
        "test_bidirectional_rnn_halves_see_the_past_and_the_future",
        ("_rnn(inputs.flip(0), backward_state, backward_params)", "_rnn(inputs.flip(0), forward_H, backward_params)"),
    ),
    mutant(
        "bidirectional_rnn",
        "turned-over-the-batch",
        "The backward RNN turns the batch, not time.",
        "test_bidirectional_rnn_treats_each_sequence_alone",
        ("_rnn(inputs.flip(0), backward_state", "_rnn(inputs.flip(1), backward_state"),
    ),
    mutant(
        "bidirectional_rnn",
        "starts-from-ones",
        "Without states, both directions start from ones.",
        "test_bidirectional_rnn_takes_no_states_for_zeros",
        ("_zeros(inputs, b_h) if state", "_zeros(inputs, b_h) + 1 if state"),
    ),
    mutant(
        "bidirectional_rnn",
        "inputs-turned-in-place",
        "The given inputs are turned round in place.",
        "test_bidirectional_rnn_leaves_arguments_and_random_state_alone",
        ("_rnn(inputs.flip(0), backward_state", "_rnn(inputs.copy_(inputs.flip(0)), backward_state"),
    ),
    mutant(
        "bidirectional_rnn",
        "starts-at-random",
        "Without states, both directions start at random.",
        "test_bidirectional_rnn_leaves_arguments_and_random_state_alone",
        ("_zeros(inputs, b_h) if state", "torch.randn_like(_zeros(inputs, b_h)) if state"),
    ),
]
