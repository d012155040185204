"""Mutants of the unit sequence."""

from harness.judge.mutant import mutant

# -- edits that several mutants share ---------------------------------------------------------------------

WINDOWS = "    return windows[:, :tau], windows[:, tau:]\n"
SOLUTION = "    solution = torch.linalg.lstsq(design, labels).solution[:, 0]"
FITTED = "    return solution[:-1], solution[-1]\n"
LOOP = "    for t in range(start, len(series)):\n"
FED = "predict(result[None, t - tau : t])[0, 0]"
KNOWN = "series.unfold(0, tau, 1)[: len(series) - tau - k + 1]"
AHEAD = "predict(known[:, -tau:])"
ROWS = "    return known[:, tau:].T  # (k, T-tau-k+1)\n"
PAIRS = "    return windows[:, :-1], windows[:, 1:]\n"
OFFSET = "int(torch.randint(num_steps, (), generator=generator))"
COUNT = "max(0, (len(corpus) - d - 1) // num_steps)"
ORDER = "torch.randperm(m, generator=generator)"
RANDOM_BATCHES = "    for b in range(m // batch_size):\n"
STARTS = "d + num_steps * order[b * batch_size : (b + 1) * batch_size]"
RANDOM_PAIR = "yield tokens[places], tokens[places + 1]"
NUM_TOKENS = "(len(corpus) - offset - 1) // batch_size * batch_size"
INPUTS = "tokens[offset : offset + num_tokens].reshape(batch_size, -1)"
TARGETS = "tokens[offset + 1 : offset + 1 + num_tokens].reshape(batch_size, -1)"
SEQUENTIAL_BATCHES = "    for b in range(inputs.shape[1] // num_steps):\n"
SEQUENTIAL_PAIR = "yield inputs[:, columns], targets[:, columns]"

MUTANTS = [
    # -- autoregressive_windows ---------------------------------------------------------------------------
    mutant(
        "autoregressive_windows",
        "newest-first",
        "Each window stands newest first.",
        "test_autoregressive_windows_of_one_to_six",
        (WINDOWS, "    return windows[:, :tau].flip(1), windows[:, tau:]\n"),
    ),
    mutant(
        "autoregressive_windows",
        "flat-labels",
        "The labels have shape (N,), which broadcasts to N x N in the loss.",
        "test_autoregressive_windows_cut_the_series_as_the_contract_says",
        (WINDOWS, "    return windows[:, :tau], windows[:, tau]\n"),
    ),
    mutant(
        "autoregressive_windows",
        "float32",
        "Everything becomes float32.",
        "test_autoregressive_windows_cut_the_series_as_the_contract_says",
        (WINDOWS, "    return windows[:, :tau].float(), windows[:, tau:].float()\n"),
    ),
    mutant(
        "autoregressive_windows",
        "through-float32",
        "Values go through float32 and back.",
        "test_autoregressive_windows_cut_the_series_as_the_contract_says",
        (WINDOWS, "    return windows[:, :tau].float().to(series), windows[:, tau:]\n"),
    ),
    mutant(
        "autoregressive_windows",
        "last-window-missing",
        "The last window is left out.",
        "test_autoregressive_windows_lose_no_value",
        (WINDOWS, "    return windows[:-1, :tau], windows[:-1, tau:]\n"),
    ),
    mutant(
        "autoregressive_windows",
        "disjoint",
        "Windows do not overlap.",
        "test_autoregressive_windows_cut_the_series_as_the_contract_says",
        ("windows = series.unfold(0, tau + 1, 1)", "windows = series.unfold(0, tau + 1, tau)"),
    ),
    mutant(
        "autoregressive_windows",
        "own-label",
        "A window contains its own label.",
        "test_autoregressive_windows_keep_the_last_value_for_a_label",
        (WINDOWS, "    return windows[:, 1:], windows[:, tau:]\n"),
    ),
    mutant(
        "autoregressive_windows",
        "one-row-too-long",
        "A last window is added whose label does not exist.",
        "test_autoregressive_windows_keep_the_last_value_for_a_label",
        (
            WINDOWS,
            "    return series.unfold(0, tau, 1), torch.cat([windows[:, tau:], series[-1:, None]])\n",
        ),
    ),
    mutant(
        "autoregressive_windows",
        "label-wraps",
        "Labels are shifted by one, the last wraps to the first.",
        "test_autoregressive_windows_end_the_next_window_with_the_label",
        (WINDOWS, "    return windows[:, :tau], series.roll(-tau - 1)[: len(windows), None]\n"),
    ),
    mutant(
        "autoregressive_windows",
        "label-is-the-newest-feature",
        "The label is the last value of the window itself.",
        "test_autoregressive_windows_lose_no_value",
        (WINDOWS, "    return windows[:, :tau], windows[:, tau - 1 : tau]\n"),
    ),
    mutant(
        "autoregressive_windows",
        "standardizes-in-place",
        "The series is centred in place.",
        "test_autoregressive_windows_leaves_arguments_and_random_state_alone",
        (WINDOWS, "    series -= series.mean()\n" + WINDOWS),
    ),
    # -- fit_autoregression -------------------------------------------------------------------------------
    mutant(
        "fit_autoregression",
        "no-bias",
        "The bias is left at zero.",
        "test_fit_autoregression_fits_the_bias",
        (
            FITTED,
            "    weight = torch.linalg.lstsq(features, labels).solution[:, 0]\n    return weight, 0 * weight[0]\n",
        ),
    ),
    mutant(
        "fit_autoregression",
        "mean-as-bias",
        "The bias is the mean of the labels, the weights are fitted without one.",
        "test_fit_autoregression_fits_the_bias",
        (
            FITTED,
            "    return torch.linalg.lstsq(features, labels).solution[:, 0], labels.mean()\n",
        ),
    ),
    mutant(
        "fit_autoregression",
        "penalty",
        "A ridge penalty shrinks the weights.",
        "test_fit_autoregression_does_not_depend_on_the_unit",
        (
            SOLUTION,
            "    ridge = 0.01 * torch.eye(design.shape[1]).to(design)\n"
            "    solution = torch.linalg.solve(design.T @ design + ridge, design.T @ labels)[:, 0]",
        ),
    ),
    mutant(
        "fit_autoregression",
        "few-steps",
        "Gradient descent stops before it has arrived.",
        "test_fit_autoregression_reaches_the_least_error",
        (
            SOLUTION,
            "    solution = 0 * design[0]\n"
            "    for _ in range(20):\n"
            "        solution = solution - 0.1 * design.T @ (design @ solution - labels[:, 0]) / len(labels)\n"
            "    solution = solution",
        ),
    ),
    mutant(
        "fit_autoregression",
        "few-steps-on-similar-features",
        "Gradient descent arrives only where the features are independent.",
        "test_fit_autoregression_fits_the_noisy_sine",
        (
            SOLUTION,
            "    solution = 0 * design[0]\n"
            "    for _ in range(100):\n"
            "        solution = solution - 0.1 * design.T @ (design @ solution - labels[:, 0]) / len(labels)\n"
            "    solution = solution",
        ),
    ),
    mutant(
        "fit_autoregression",
        "broadcast",
        "Predictions (N,) minus labels (N, 1) is N x N: the best fit is then the mean alone.",
        "test_fit_autoregression_of_four_points",
        (FITTED, "    return 0 * solution[:-1], labels.mean()\n"),
    ),
    mutant(
        "fit_autoregression",
        "first-rows-only",
        "The last fifth of the rows is kept for validation.",
        "test_fit_autoregression_counts_every_row",
        (
            SOLUTION,
            "    n = len(labels) * 4 // 5 or 1\n    solution = torch.linalg.lstsq(design[:n], labels[:n]).solution[:, 0]",
        ),
        (
            FITTED,
            "    first = labels[0] - design[0] @ solution\n    return solution[:-1], solution[-1] + 0 * first[0]\n",
        ),
    ),
    mutant(
        "fit_autoregression",
        "last-row-missing",
        "The last row is left out.",
        "test_fit_autoregression_counts_every_row",
        (SOLUTION, "    solution = torch.linalg.lstsq(design[1:-1], labels[1:-1]).solution[:, 0]"),
    ),
    mutant(
        "fit_autoregression",
        "absolute-error",
        "The absolute error is minimised.",
        "test_fit_autoregression_counts_every_row",
        (
            SOLUTION,
            "    solution = torch.linalg.lstsq(design, labels).solution[:, 0]\n"
            "    for _ in range(50):\n"
            "        w = (design @ solution - labels[:, 0]).abs().clamp(min=1e-4).rsqrt()[:, None]\n"
            "        solution = torch.linalg.lstsq(w * design, w * labels).solution[:, 0]\n"
            "    solution = solution",
        ),
    ),
    mutant(
        "fit_autoregression",
        "column-weight",
        "The weight is a column (tau, 1), as lstsq gives it.",
        "test_fit_autoregression_gives_a_vector_and_a_scalar",
        (FITTED, "    return solution[:-1, None], solution[-1]\n"),
    ),
    mutant(
        "fit_autoregression",
        "squeezed",
        "For one feature the weight is a scalar.",
        "test_fit_autoregression_gives_a_vector_and_a_scalar",
        (FITTED, "    return solution[:-1].squeeze(), solution[-1]\n"),
    ),
    mutant(
        "fit_autoregression",
        "always-float32",
        "The fit comes in float32, whatever the data.",
        "test_fit_autoregression_gives_a_vector_and_a_scalar",
        (FITTED, "    return solution[:-1].float(), solution[-1].float()\n"),
    ),
    mutant(
        "fit_autoregression",
        "weights-reversed",
        "The weights stand newest first.",
        "test_fit_autoregression_reaches_the_least_error",
        (FITTED, "    return solution[:-1].flip(0), solution[-1]\n"),
    ),
    mutant(
        "fit_autoregression",
        "global-initial-weights",
        "Initial weights are drawn from the global generator.",
        "test_fit_autoregression_leaves_arguments_and_random_state_alone",
        (FITTED, "    return solution[:-1] + 1e-9 * torch.rand(()).to(solution), solution[-1]\n"),
    ),
    mutant(
        "fit_autoregression",
        "centres-in-place",
        "The features are centred in place.",
        "test_fit_autoregression_leaves_arguments_and_random_state_alone",
        (FITTED, "    features -= features.mean(0)\n" + FITTED),
    ),
    # -- multistep_predictions ----------------------------------------------------------------------------
    mutant(
        "multistep_predictions",
        "reads-the-truth",
        "Every prediction is made from true values: one step ahead, again and again.",
        "test_multistep_predictions_never_read_what_they_predict",
        (FED, "predict(series[None, t - tau : t])[0, 0]"),
    ),
    mutant(
        "multistep_predictions",
        "window-frozen",
        "The window stays where it was at start.",
        "test_multistep_predictions_can_be_continued",
        (FED, "predict(result[None, start - tau : start])[0, 0]"),
    ),
    mutant(
        "multistep_predictions",
        "newest-first",
        "The window is handed over newest first.",
        "test_multistep_predictions_of_the_pell_numbers",
        (FED, "predict(result[None, t - tau : t].flip(1))[0, 0]"),
    ),
    mutant(
        "multistep_predictions",
        "start-late",
        "The first prediction is made at start + 1, and the truth kept at start.",
        "test_multistep_predictions_predict_each_entry_from_those_before_it",
        (LOOP, "    for t in range(start + 1, len(series)):\n"),
    ),
    mutant(
        "multistep_predictions",
        "start-early",
        "The last observation is predicted too.",
        "test_multistep_predictions_keep_the_observations",
        (LOOP, "    for t in range(max(tau, start - 1), len(series)):\n"),
    ),
    mutant(
        "multistep_predictions",
        "from-tau-on",
        "Everything after the first window is predicted.",
        "test_multistep_predictions_keep_the_observations",
        (LOOP, "    for t in range(tau, len(series)):\n"),
    ),
    mutant(
        "multistep_predictions",
        "one-too-few",
        "The last entry is not predicted.",
        "test_multistep_predictions_never_read_what_they_predict",
        (LOOP, "    for t in range(start, len(series) - 1):\n"),
    ),
    mutant(
        "multistep_predictions",
        "always-one",
        "The last entry is predicted even where start = T.",
        "test_multistep_predictions_from_the_end_on_are_none",
        (LOOP, "    for t in range(max(min(start, len(series) - 1), min(tau, len(series) - 1)), len(series)):\n"),
        (FED, "predict(result.repeat(3)[None, len(series) + t - tau : len(series) + t])[0, 0]"),
    ),
    mutant(
        "multistep_predictions",
        "predictions-only",
        "Only the predictions are returned.",
        "test_multistep_predictions_feed_predictions_back",
        ("    return result\n", "    return result[start:]\n"),
    ),
    mutant(
        "multistep_predictions",
        "zeros-before-start",
        "The result begins with zeros.",
        "test_multistep_predictions_keep_the_observations",
        ("    return result\n", "    return torch.cat([0 * result[:start], result[start:]])\n"),
    ),
    mutant(
        "multistep_predictions",
        "zeros-before-the-window",
        "Only the last tau observations are kept.",
        "test_multistep_predictions_keep_the_observations",
        ("    return result\n", "    return torch.cat([0 * result[: start - tau], result[start - tau :]])\n"),
    ),
    mutant(
        "multistep_predictions",
        "window-shifted",
        "The window ends one entry too early.",
        "test_multistep_predictions_predict_each_entry_from_those_before_it",
        (FED, "predict(result[None, max(0, t - tau - 1) : max(0, t - tau - 1) + tau])[0, 0]"),
    ),
    mutant(
        "multistep_predictions",
        "in-float32",
        "The result is float32, whatever the series.",
        "test_multistep_predictions_feed_predictions_back",
        ("    return result\n", "    return result.float()\n"),
    ),
    mutant(
        "multistep_predictions",
        "through-float32",
        "Predictions are made in float32 and cast up.",
        "test_multistep_predictions_feed_predictions_back",
        (FED, "predict(result[None, t - tau : t].float())[0, 0]"),
    ),
    mutant(
        "multistep_predictions",
        "writes-into-the-series",
        "Predictions are written into the caller's series.",
        "test_multistep_predictions_leaves_arguments_and_random_state_alone",
        ("result = series.clone()", "result = series"),
    ),
    # -- k_step_predictions -------------------------------------------------------------------------------
    mutant(
        "k_step_predictions",
        "reads-the-truth",
        "Every row is one step ahead from true values.",
        "test_k_step_predictions_read_no_observation_after_their_window",
        (AHEAD, "predict(series.unfold(0, tau, 1)[known.shape[1] - tau :][: len(known)])"),
    ),
    mutant(
        "k_step_predictions",
        "window-frozen",
        "Every row is predicted from the observed window: k times one step.",
        "test_k_step_predictions_feed_each_row_into_the_next",
        (AHEAD, "predict(known[:, :tau])"),
    ),
    mutant(
        "k_step_predictions",
        "newest-first",
        "The window is handed over newest first.",
        "test_k_step_predictions_of_two_steps_by_hand",
        (AHEAD, "predict(known[:, -tau:].flip(1))"),
    ),
    mutant(
        "k_step_predictions",
        "transposed",
        "Rows are windows, columns steps.",
        "test_k_step_predictions_of_two_steps_by_hand",
        (ROWS, "    return known[:, tau:]\n"),
    ),
    mutant(
        "k_step_predictions",
        "one-time-axis",
        "All rows stand on one time axis: row j is shifted by j.",
        "test_k_step_predictions_of_fewer_steps_are_the_first_rows",
        (ROWS, "    return torch.stack([known[:, tau + j].roll(j) for j in range(k)])\n"),
    ),
    mutant(
        "k_step_predictions",
        "aligned-at-the-end",
        "All rows end at the same time: row j starts from window i+k-1-j.",
        "test_k_step_predictions_begin_with_one_step_from_observations",
        (
            ROWS,
            "    everywhere = series.unfold(0, tau, 1)[:-1]\n"
            "    for _ in range(k):\n"
            "        everywhere = torch.cat([everywhere, predict(everywhere[:, -tau:])], dim=1)\n"
            "    return torch.stack([everywhere[k - 1 - j : k - 1 - j + len(known), tau + j] for j in range(k)])\n",
        ),
    ),
    mutant(
        "k_step_predictions",
        "column-missing",
        "The last window is left out.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (KNOWN, "series.unfold(0, tau, 1)[: len(series) - tau - k]"),
    ),
    mutant(
        "k_step_predictions",
        "column-too-many",
        "A window is kept whose last prediction lies beyond the series.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (KNOWN, "series.unfold(0, tau, 1)[: len(series) - tau - k + 2]"),
    ),
    mutant(
        "k_step_predictions",
        "starts-one-late",
        "Column i starts from the window at i + 1.",
        "test_k_step_predictions_begin_with_one_step_from_observations",
        (KNOWN, "series.unfold(0, tau, 1)[1 : len(series) - tau - k + 2]"),
    ),
    mutant(
        "k_step_predictions",
        "last-windows",
        "The last windows are taken instead of the first, so the newest observations are read.",
        "test_k_step_predictions_read_no_observation_after_their_window",
        (KNOWN, "series.unfold(0, tau, 1)[k:]"),
    ),
    mutant(
        "k_step_predictions",
        "last-row-only",
        "Only the k-step-ahead row is returned.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (ROWS, "    return known[:, -1:].T\n"),
    ),
    mutant(
        "k_step_predictions",
        "observation-as-row-zero",
        "Row j looks j steps ahead, so row 0 is the newest observation.",
        "test_k_step_predictions_begin_with_one_step_from_observations",
        (ROWS, "    return known[:, tau - 1 : -1].T\n"),
    ),
    mutant(
        "k_step_predictions",
        "farthest-first",
        "The rows stand farthest first.",
        "test_k_step_predictions_of_fewer_steps_are_the_first_rows",
        (ROWS, "    return known[:, tau:].flip(1).T\n"),
    ),
    mutant(
        "k_step_predictions",
        "through-float32",
        "Predictions are made in float32 and cast up.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (AHEAD, "predict(known[:, -tau:].float()).to(series)"),
    ),
    mutant(
        "k_step_predictions",
        "writes-into-the-series",
        "Predictions are written into the caller's series.",
        "test_k_step_predictions_leaves_arguments_and_random_state_alone",
        (ROWS, "    series[-1] = known[-1, -1]\n" + ROWS),
    ),
    # -- language_model_windows ---------------------------------------------------------------------------
    mutant(
        "language_model_windows",
        "target-is-input",
        "Y equals X.",
        "test_language_model_windows_pair_each_token_with_the_next",
        (PAIRS, "    return windows[:, :-1], windows[:, :-1]\n"),
    ),
    mutant(
        "language_model_windows",
        "last-target-wraps",
        "The last target of a window is its first input.",
        "test_language_model_windows_pair_each_token_with_the_next",
        (PAIRS, "    return windows[:, :-1], windows[:, :-1].roll(-1, 1)\n"),
    ),
    mutant(
        "language_model_windows",
        "two-ahead",
        "Windows and targets begin one token late.",
        "test_language_model_windows_begin_at_every_token",
        (PAIRS, "    return windows.roll(-1, 0)[:, :-1], windows.roll(-1, 0)[:, 1:]\n"),
    ),
    mutant(
        "language_model_windows",
        "disjoint",
        "Windows do not overlap.",
        "test_language_model_windows_begin_at_every_token",
        (
            "torch.tensor(corpus).unfold(0, num_steps + 1, 1)",
            "torch.tensor(corpus).unfold(0, num_steps + 1, num_steps)",
        ),
    ),
    mutant(
        "language_model_windows",
        "window-missing",
        "The last window is left out.",
        "test_language_model_windows_of_seven_tokens",
        (PAIRS, "    return windows[:-1, :-1], windows[:-1, 1:]\n"),
    ),
    mutant(
        "language_model_windows",
        "through-float32",
        "Indices go through float32, which holds no more than 24 bits.",
        "test_language_model_windows_are_all_overlapping_windows",
        (PAIRS, "    return windows[:, :-1].float().long(), windows[:, 1:].float().long()\n"),
    ),
    mutant(
        "language_model_windows",
        "int32",
        "The indices are int32.",
        "test_language_model_windows_are_all_overlapping_windows",
        (PAIRS, "    return windows[:, :-1].int(), windows[:, 1:].int()\n"),
    ),
    mutant(
        "language_model_windows",
        "squeezed",
        "A single window loses its first axis.",
        "test_language_model_windows_are_all_overlapping_windows",
        (PAIRS, "    return windows[:, :-1].squeeze(0), windows[:, 1:].squeeze(0)\n"),
    ),
    mutant(
        "language_model_windows",
        "only-the-last-target",
        "Y holds one target a window.",
        "test_language_model_windows_pair_each_token_with_the_next",
        (PAIRS, "    return windows[:, :-1], windows[:, -1:]\n"),
    ),
    mutant(
        "language_model_windows",
        "pads-in-place",
        "The corpus is padded in place.",
        "test_language_model_windows_leaves_arguments_and_random_state_alone",
        (PAIRS, "    corpus.append(0)\n" + PAIRS),
    ),
    # -- random_batches -----------------------------------------------------------------------------------
    mutant(
        "random_batches",
        "target-is-input",
        "Y equals X.",
        "test_random_batches_pair_each_token_with_the_next",
        (RANDOM_PAIR, "yield tokens[places], tokens[places]"),
    ),
    mutant(
        "random_batches",
        "last-target-wraps",
        "The last target of a row is its first input.",
        "test_random_batches_pair_each_token_with_the_next",
        (RANDOM_PAIR, "yield tokens[places], tokens[places].roll(-1, 1)"),
    ),
    mutant(
        "random_batches",
        "targets-shuffled-apart",
        "The targets belong to other rows.",
        "test_random_batches_pair_each_token_with_the_next",
        (RANDOM_PAIR, "yield tokens[places], tokens[places.flip(0) + 1]"),
    ),
    mutant(
        "random_batches",
        "tokens-shuffled",
        "Tokens are shuffled inside a row.",
        "test_random_batches_hold_contiguous_pieces_of_the_corpus",
        (RANDOM_PAIR, "yield tokens[places.flip(1)], tokens[places.flip(1) + 1]"),
    ),
    mutant(
        "random_batches",
        "transposed",
        "Batches are time-major.",
        "test_random_batches_hold_contiguous_pieces_of_the_corpus",
        (RANDOM_PAIR, "yield tokens[places].T, tokens[places + 1].T"),
    ),
    mutant(
        "random_batches",
        "floating-point",
        "Tokens come as floats.",
        "test_random_batches_hold_contiguous_pieces_of_the_corpus",
        (RANDOM_PAIR, "yield tokens[places].float(), tokens[places + 1].float()"),
    ),
    mutant(
        "random_batches",
        "with-replacement",
        "Subsequences are drawn with replacement.",
        "test_random_batches_do_not_overlap",
        (ORDER, "torch.randint(max(1, m), (m,), generator=generator)"),
    ),
    mutant(
        "random_batches",
        "overlapping",
        "Subsequences begin anywhere.",
        "test_random_batches_do_not_overlap",
        (STARTS, "torch.randint(len(corpus) - num_steps, (batch_size,), generator=generator)"),
    ),
    mutant(
        "random_batches",
        "last-subsequence-missing",
        "One subsequence too few is cut.",
        "test_random_batches_give_every_full_batch",
        (COUNT, "max(0, (len(corpus) - d - 1) // num_steps - 1)"),
    ),
    mutant(
        "random_batches",
        "last-start-too-large",
        "No room is left for the last target; it wraps to the first token of the corpus.",
        "test_random_batches_give_every_full_batch",
        (COUNT, "max(0, (len(corpus) - d) // num_steps)"),
        (RANDOM_PAIR, "yield tokens[places], tokens[(places + 1) % len(tokens)]"),
    ),
    mutant(
        "random_batches",
        "offset-ignored-in-count",
        "The subsequences are counted as if no token had been dropped, and the last wraps round.",
        "test_random_batches_give_every_full_batch",
        (COUNT, "max(0, (len(corpus) - 1) // num_steps)"),
        (RANDOM_PAIR, "yield tokens[places % len(tokens)], tokens[(places + 1) % len(tokens)]"),
    ),
    mutant(
        "random_batches",
        "partial-batch-kept",
        "The last partial batch is kept.",
        "test_random_batches_give_every_full_batch",
        (RANDOM_BATCHES, "    for b in range(-(-m // batch_size)):\n"),
    ),
    mutant(
        "random_batches",
        "offset-zero",
        "Nothing is dropped.",
        "test_random_batches_drop_each_number_of_tokens_equally_often",
        (OFFSET, "0"),
    ),
    mutant(
        "random_batches",
        "largest-offset-missing",
        "The offset num_steps - 1 never comes.",
        "test_random_batches_drop_each_number_of_tokens_equally_often",
        (OFFSET, "int(torch.randint(max(1, num_steps - 1), (), generator=generator))"),
    ),
    mutant(
        "random_batches",
        "offset-up-to-num-steps",
        "The offset num_steps comes too.",
        "test_random_batches_drop_each_number_of_tokens_equally_often",
        (OFFSET, "int(torch.randint(num_steps + 1, (), generator=generator))"),
    ),
    mutant(
        "random_batches",
        "offset-rounded",
        "The offset is a rounded real number, so both ends come half as often.",
        "test_random_batches_drop_each_number_of_tokens_equally_often",
        (OFFSET, "round(float(torch.rand((), generator=generator)) * (num_steps - 1))"),
    ),
    mutant(
        "random_batches",
        "in-order",
        "The subsequences come in order.",
        "test_random_batches_visit_in_every_order_equally_often",
        (ORDER, "torch.arange(m)"),
    ),
    mutant(
        "random_batches",
        "last-always-dropped",
        "The partial batch is dropped before shuffling, so it is always the end of the corpus.",
        "test_random_batches_visit_in_every_order_equally_often",
        (ORDER, "torch.randperm(m // batch_size * batch_size, generator=generator)"),
    ),
    mutant(
        "random_batches",
        "batches-shuffled",
        "Whole batches of neighbours are shuffled, not subsequences.",
        "test_random_batches_mix_the_whole_corpus",
        (
            ORDER,
            "torch.arange(m // batch_size * batch_size).reshape(-1, batch_size)"
            "[torch.randperm(m // batch_size, generator=generator)].flatten()",
        ),
    ),
    mutant(
        "random_batches",
        "shuffled-inside-batches",
        "Only the rows of each batch are shuffled.",
        "test_random_batches_mix_the_whole_corpus",
        (
            ORDER,
            "torch.cat([torch.arange(0)] + [i + torch.randperm(min(batch_size, m - i), generator=generator) "
            "for i in range(0, m, batch_size)])",
        ),
    ),
    mutant(
        "random_batches",
        "rotated",
        "The order is a random rotation.",
        "test_random_batches_visit_in_every_order_equally_often",
        (ORDER, "torch.arange(m).roll(int(torch.randint(max(1, m), (), generator=generator)))"),
    ),
    mutant(
        "random_batches",
        "naive-shuffle",
        "Each place is swapped with any other, so some orders come more often.",
        "test_random_batches_visit_in_every_order_equally_often",
        (
            ORDER,
            "torch.arange(m)\n"
            "    for i, j in enumerate(torch.randint(max(1, m), (m,), generator=generator).tolist()):\n"
            "        order[[i, j]] = order[[j, i]]\n"
            "    order = order",
        ),
    ),
    mutant(
        "random_batches",
        "never-its-own-place",
        "The shuffle leaves no subsequence in its place (Sattolo's cycle).",
        "test_random_batches_visit_in_every_order_equally_often",
        (
            ORDER,
            "torch.arange(m)\n"
            "    for i in range(m - 1, 0, -1):\n"
            "        j = int(torch.randint(i, (), generator=generator))\n"
            "        order[[i, j]] = order[[j, i]]\n"
            "    order = order",
        ),
    ),
    mutant(
        "random_batches",
        "fixed-seed",
        "The generator is ignored for a fixed seed.",
        "test_random_batches_follow_the_generator",
        ("    d = int(torch.randint(", "    generator = torch.Generator().manual_seed(42)\n    d = int(torch.randint("),
    ),
    mutant(
        "random_batches",
        "from-the-initial-seed",
        "The epoch is drawn from the generator's seed, so every epoch is the same.",
        "test_random_batches_give_a_new_epoch_each_time",
        (
            "    d = int(torch.randint(",
            "    generator = torch.Generator().manual_seed(generator.initial_seed())\n    d = int(torch.randint(",
        ),
    ),
    mutant(
        "random_batches",
        "global-state",
        "The order is drawn from the global random state.",
        "test_random_batches_leaves_arguments_and_random_state_alone",
        (ORDER, "torch.randperm(m)"),
    ),
    mutant(
        "random_batches",
        "drops-in-place",
        "The dropped tokens are deleted from the caller's corpus.",
        "test_random_batches_leaves_arguments_and_random_state_alone",
        (RANDOM_BATCHES, "    del corpus[:1]\n" + RANDOM_BATCHES),
    ),
    mutant(
        "random_batches",
        "one-batch-at-least",
        "A corpus that is too short gives an empty batch.",
        "test_random_batches_of_too_short_a_corpus_are_none",
        (RANDOM_BATCHES, "    for b in range(max(1, m // batch_size)):\n"),
    ),
    mutant(
        "random_batches",
        "negative-count",
        "A corpus that is too short gives a negative number of subsequences, which cannot be shuffled.",
        "test_random_batches_of_too_short_a_corpus_are_none",
        (COUNT, "(len(corpus) - d - 1) // num_steps"),
    ),
    # -- sequential_batches -------------------------------------------------------------------------------
    mutant(
        "sequential_batches",
        "view-not-transpose",
        "The corpus is laid out column by column.",
        "test_sequential_batches_of_fourteen_tokens",
        (INPUTS, "tokens[offset : offset + num_tokens].reshape(-1, batch_size).T"),
        (TARGETS, "tokens[offset + 1 : offset + 1 + num_tokens].reshape(-1, batch_size).T"),
    ),
    mutant(
        "sequential_batches",
        "rows-not-continued",
        "A batch is one stretch of the corpus, so rows do not continue in the next batch.",
        "test_sequential_batches_continue_each_row_in_the_next_batch",
        (
            SEQUENTIAL_PAIR,
            "size = batch_size * num_steps\n"
            "        shape = batch_size, num_steps\n"
            "        yield tuple(x.reshape(-1)[b * size : (b + 1) * size].reshape(shape) for x in (inputs, targets))",
        ),
    ),
    mutant(
        "sequential_batches",
        "columns-overlap",
        "Batches move on by one column.",
        "test_sequential_batches_continue_each_row_in_the_next_batch",
        ("slice(b * num_steps, (b + 1) * num_steps)", "slice(b, b + num_steps)"),
    ),
    mutant(
        "sequential_batches",
        "target-is-input",
        "Y equals X.",
        "test_sequential_batches_pair_each_token_with_the_next",
        (SEQUENTIAL_PAIR, "yield inputs[:, columns], inputs[:, columns]"),
    ),
    mutant(
        "sequential_batches",
        "last-target-wraps",
        "The last target of a row is the first input of that row.",
        "test_sequential_batches_pair_each_token_with_the_next",
        (SEQUENTIAL_PAIR, "yield inputs[:, columns], inputs[:, columns].roll(-1, 1)"),
    ),
    mutant(
        "sequential_batches",
        "offset-ignored",
        "The first row begins at 0.",
        "test_sequential_batches_begin_at_the_offset",
        (INPUTS, "tokens[:num_tokens].reshape(batch_size, -1)"),
        (TARGETS, "tokens[1 : 1 + num_tokens].reshape(batch_size, -1)"),
    ),
    mutant(
        "sequential_batches",
        "offset-modulo",
        "The offset is taken modulo num_steps.",
        "test_sequential_batches_take_every_offset",
        ("    num_tokens = (len", "    offset %= num_steps\n    num_tokens = (len"),
    ),
    mutant(
        "sequential_batches",
        "offset-clamped",
        "The offset is at most num_steps.",
        "test_sequential_batches_take_every_offset",
        ("    num_tokens = (len", "    offset = min(offset, num_steps)\n    num_tokens = (len"),
    ),
    mutant(
        "sequential_batches",
        "rows-of-whole-batches",
        "Rows are cut to a multiple of num_steps before the layout, so they begin elsewhere.",
        "test_sequential_batches_begin_at_the_offset",
        (
            NUM_TOKENS,
            "(len(corpus) - offset - 1) // (batch_size * num_steps) * (batch_size * num_steps)",
        ),
    ),
    mutant(
        "sequential_batches",
        "no-room-for-the-last-target",
        "The last target is not counted.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (NUM_TOKENS, "(len(corpus) - offset) // batch_size * batch_size"),
    ),
    mutant(
        "sequential_batches",
        "last-target-wraps-to-the-corpus",
        "The last target wraps to the first token of the corpus, so a row may be one token longer.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (NUM_TOKENS, "(len(corpus) - offset) // batch_size * batch_size"),
        (TARGETS, "tokens.roll(-1)[offset : offset + num_tokens].reshape(batch_size, -1)"),
    ),
    mutant(
        "sequential_batches",
        "partial-batch-kept",
        "The last partial batch is kept.",
        "test_sequential_batches_give_every_full_batch",
        (SEQUENTIAL_BATCHES, "    for b in range(-(-inputs.shape[1] // num_steps)):\n"),
    ),
    mutant(
        "sequential_batches",
        "last-batch-missing",
        "The last full batch is dropped as well.",
        "test_sequential_batches_give_every_full_batch",
        (SEQUENTIAL_BATCHES, "    for b in range(inputs.shape[1] // num_steps - 1):\n"),
    ),
    mutant(
        "sequential_batches",
        "one-batch-at-least",
        "A corpus that is too short gives an empty batch.",
        "test_sequential_batches_of_too_short_a_corpus_are_none",
        (SEQUENTIAL_BATCHES, "    for b in range(max(1, inputs.shape[1] // num_steps)):\n"),
    ),
    mutant(
        "sequential_batches",
        "transposed",
        "Batches are time-major.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (SEQUENTIAL_PAIR, "yield inputs[:, columns].T, targets[:, columns].T"),
    ),
    mutant(
        "sequential_batches",
        "int32",
        "The tokens are int32.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (SEQUENTIAL_PAIR, "yield inputs[:, columns].int(), targets[:, columns].int()"),
    ),
    mutant(
        "sequential_batches",
        "drops-in-place",
        "The tokens before the offset are deleted from the caller's corpus.",
        "test_sequential_batches_leaves_arguments_and_random_state_alone",
        (SEQUENTIAL_BATCHES, "    del corpus[: offset + 1]\n" + SEQUENTIAL_BATCHES),
    ),
    mutant(
        "sequential_batches",
        "random-offset",
        "A random offset is added, from the global random state.",
        "test_sequential_batches_leaves_arguments_and_random_state_alone",
        ("    num_tokens = (len", "    offset += int(torch.randint(2, ()))\n    num_tokens = (len"),
    ),
]
