"""Mutants of the unit sequence."""

import itertools
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch

from harness.judge.frequencies import same_frequencies
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
KEPT_ON = "What is kept between two calls, and by what is it found again? Call it twice, with other contents in the same objects."
LAID = "Give it a tensor whose elements do not lie side by side in memory, such as every second one of another. Which of your operations care?"
LONG_ONE = "Give it something of 300 rows or steps. Which of your numbers count them, and how far do these go?"
DIGITS = "Which is the largest number that each type on the way can hold exactly, and which tokens may come?"
AGAIN = "Let tokens come again in the corpus. What tells your code where it stands?"
SAME_SIZES = "Let all sizes be the same, and compare with what comes out where they all differ."

MUTANTS = [
    # -- autoregressive_windows ---------------------------------------------------------------------------
    mutant(
        "autoregressive_windows",
        "newest-first",
        "Each window stands newest first, as in statsmodels' lag matrices; this course's contract puts the oldest value first.",
        "test_autoregressive_windows_of_one_to_six",
        (WINDOWS, "    return windows[:, :tau].flip(1), windows[:, tau:]\n"),
        hint="Number the values of a short series 1, 2, 3, … and print one row: is it in the order in which time passes?",
        convention="statsmodels' lag matrices",
    ),
    mutant(
        "autoregressive_windows",
        "flat-labels",
        "The labels have shape (m,), as scikit-learn takes them; this course's contract makes them a column (m, 1), since (m, 1) minus (m,) is m x m in the loss.",
        "test_autoregressive_windows_cut_the_series_as_the_contract_says",
        (WINDOWS, "    return windows[:, :tau], windows[:, tau]\n"),
        hint="Print the shape of the labels beside the one in the contract. What shape has a column of predictions minus these labels?",
        convention="scikit-learn's target vectors",
    ),
    mutant(
        "autoregressive_windows",
        "float32",
        "Windows and labels become float32, whatever the dtype of the series.",
        "test_autoregressive_windows_cut_the_series_as_the_contract_says",
        (WINDOWS, "    return windows[:, :tau].float(), windows[:, tau:].float()\n"),
        hint="Call it with a float64 series and print the dtype of both results.",
    ),
    mutant(
        "autoregressive_windows",
        "through-float32",
        "The windows go through float32 and back, which rounds float64 values.",
        "test_autoregressive_windows_cut_the_series_as_the_contract_says",
        (WINDOWS, "    return windows[:, :tau].float().to(series), windows[:, tau:]\n"),
        hint="Take a float64 series and subtract a window from the slice it was cut from: is the difference exactly zero?",
    ),
    mutant(
        "autoregressive_windows",
        "last-window-missing",
        "The last window and its label are left out.",
        "test_autoregressive_windows_lose_no_value",
        (WINDOWS, "    return windows[:-1, :tau], windows[:-1, tau:]\n"),
        hint="Count by hand the windows of a series of 5 values with tau = 3 that have a next value. Which value of the series is the very last label?",
    ),
    mutant(
        "autoregressive_windows",
        "disjoint",
        "Each window begins tau places after the one before, so windows do not overlap.",
        "test_autoregressive_windows_cut_the_series_as_the_contract_says",
        ("windows = series.unfold(0, tau + 1, 1)", "windows = series.unfold(0, tau + 1, tau)"),
        hint="By how many places does a window lie after the one before it? Compare the first two rows of a numbered series.",
    ),
    mutant(
        "autoregressive_windows",
        "own-label",
        "A window contains its own label as its newest feature.",
        "test_autoregressive_windows_keep_the_last_value_for_a_label",
        (WINDOWS, "    return windows[:, 1:], windows[:, tau:]\n"),
        hint="Look for the label among the features of its own row: may the model see what it is to predict?",
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
        hint="Which value follows the last window? Count the windows for which the series still holds a next value.",
    ),
    mutant(
        "autoregressive_windows",
        "label-wraps",
        "Each label lies one place too late, and the last one wraps to the start of the series.",
        "test_autoregressive_windows_end_the_next_window_with_the_label",
        (WINDOWS, "    return windows[:, :tau], series.roll(-tau - 1)[: len(windows), None]\n"),
        hint="Write down row 0 of a numbered series by hand: how many places lie between its newest feature and its label? And what is the label of the last row?",
    ),
    mutant(
        "autoregressive_windows",
        "label-is-the-newest-feature",
        "The label is the last value of the window itself.",
        "test_autoregressive_windows_lose_no_value",
        (WINDOWS, "    return windows[:, :tau], windows[:, tau - 1 : tau]\n"),
        hint="Where does a window end, and where does the next value lie? Indices count from 0, and slices leave out their end.",
    ),
    mutant(
        "autoregressive_windows",
        "standardizes-in-place",
        "The caller's series is centred in place.",
        "test_autoregressive_windows_leaves_arguments_and_random_state_alone",
        (WINDOWS, "    series -= series.mean()\n" + WINDOWS),
        hint="Print the series before and after the call. Which operators write into a tensor instead of making a new one?",
    ),
    mutant(
        "autoregressive_windows",
        "lags-as-rows",
        "The features have shape (tau, T-tau): a row for each place in the window instead of one for each window.",
        "test_autoregressive_windows_cut_the_series_as_the_contract_says",
        (WINDOWS, "    return windows[:, :tau].T, windows[:, tau:]\n"),
        hint="Print the shape of the features. Along which axis do you stack, and what does a row stand for in the contract?",
    ),
    mutant(
        "autoregressive_windows",
        "padded-at-the-front",
        "The first windows are filled up with nan so that every value has one, as pandas' shift does; this course's contract leaves out the first tau values.",
        "test_autoregressive_windows_cut_the_series_as_the_contract_says",
        (
            WINDOWS,
            (
                '    padded = torch.cat([series.new_full((tau,), float("nan")), series]).unfold(0, tau + 1, 1)\n'
                "    return padded[:, :tau], padded[:, tau:]\n"
            ),
        ),
        hint="How many rows does the contract promise? Which values have all tau values before them?",
        convention="pandas' shift",
    ),
    mutant(
        "autoregressive_windows",
        "strides-assumed",
        "The series is read as if its values lay side by side in memory.",
        "test_autoregressive_windows_takes_tensors_of_any_layout",
        ("windows = series.unfold(0, tau + 1, 1)", "windows = series.as_strided((len(series) - tau, tau + 1), (1, 1))"),
        hint=LAID,
    ),
    mutant(
        "autoregressive_windows",
        "remembered-by-identity",
        "The windows of a series are kept and found again by the tensor itself, which may hold other values by then.",
        "test_autoregressive_windows_computes_anew_at_each_call",
        (
            "    return windows[:, :tau], windows[:, tau:]\n",
            '    windows = globals().setdefault("_kept", {}).setdefault((id(series), tau), (series, windows.clone()))[1]\n    return windows[:, :tau], windows[:, tau:]\n',
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "autoregressive_windows",
        "rows-counted-in-bytes",
        "Rows are counted in bytes: after 256 windows the first ones come again.",
        "test_autoregressive_windows_cut_the_series_as_the_contract_says",
        (
            "    return windows[:, :tau], windows[:, tau:]\n",
            "    windows = windows[torch.arange(len(windows)) % 256]\n    return windows[:, :tau], windows[:, tau:]\n",
        ),
        hint=LONG_ONE,
    ),
    mutant(
        "autoregressive_windows",
        "duplicates-removed",
        "Equal windows are kept once, as in a set.",
        "test_autoregressive_windows_cut_the_series_as_the_contract_says",
        (
            "    return windows[:, :tau], windows[:, tau:]\n",
            "    windows = torch.stack(list({tuple(row.tolist()): row for row in windows}.values()))\n    return windows[:, :tau], windows[:, tau:]\n",
        ),
        hint="Give it a series of zeros and ones. How many rows does the contract promise, and how many are there?",
    ),
    # -- fit_autoregression -------------------------------------------------------------------------------
    mutant(
        "fit_autoregression",
        "no-bias",
        "There is no bias: it is left at zero, as in statsmodels' OLS, which adds no constant by itself; this course's contract fits a bias as well.",
        "test_fit_autoregression_fits_the_bias",
        (
            FITTED,
            "    weight = torch.linalg.lstsq(features, labels).solution[:, 0]\n    return weight, 0 * weight[0]\n",
        ),
        hint="Fit labels that are all 5: which part of your model can say so when the features vary about zero?",
        convention="statsmodels' OLS",
    ),
    mutant(
        "fit_autoregression",
        "mean-as-bias",
        "The weights are fitted without a bias, and the mean of the labels is then put in as the bias.",
        "test_fit_autoregression_fits_the_bias",
        (
            FITTED,
            "    return torch.linalg.lstsq(features, labels).solution[:, 0], labels.mean()\n",
        ),
        hint="The best weights depend on whether there is a bias. Were yours found together with it, or as if there were none?",
    ),
    mutant(
        "fit_autoregression",
        "penalty",
        "A ridge penalty shrinks the weights towards zero.",
        "test_fit_autoregression_does_not_depend_on_the_unit",
        (
            SOLUTION,
            "    ridge = 0.01 * torch.eye(design.shape[1]).to(design)\n"
            "    solution = torch.linalg.solve(design.T @ design + ridge, design.T @ labels)[:, 0]",
        ),
        hint="Does what you minimise hold anything but the squared errors? Multiply all data by 0.02 and compare the fits.",
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
        hint="Print the error at every step: does it still fall when you stop? Compare it with the error of a solution in closed form.",
    ),
    mutant(
        "fit_autoregression",
        "few-steps-on-similar-features",
        "Gradient descent stops after a fixed number of steps, which is too soon where the features resemble one another.",
        "test_fit_autoregression_fits_the_noisy_sine",
        (
            SOLUTION,
            "    solution = 0 * design[0]\n"
            "    for _ in range(100):\n"
            "        solution = solution - 0.1 * design.T @ (design @ solution - labels[:, 0]) / len(labels)\n"
            "    solution = solution",
        ),
        hint="Print the error at every step: does it still fall when you stop? Compare it with the error of a solution in closed form.",
    ),
    mutant(
        "fit_autoregression",
        "broadcast",
        "Predictions (m,) minus labels (m, 1) are m x m errors, and what minimises those is a constant: the weights come out as zero.",
        "test_fit_autoregression_of_four_points",
        (FITTED, "    return 0 * solution[:-1], labels.mean()\n"),
        hint="Print the shape of the difference of predictions and labels: how many errors should m rows have?",
    ),
    mutant(
        "fit_autoregression",
        "first-rows-only",
        "The last fifth of the rows is set aside for validation and plays no part in the fit.",
        "test_fit_autoregression_counts_every_row",
        (
            SOLUTION,
            "    n = len(labels) * 4 // 5 or 1\n    solution = torch.linalg.lstsq(design[:n], labels[:n]).solution[:, 0]",
        ),
        (
            FITTED,
            "    first = labels[0] - design[0] @ solution\n    return solution[:-1], solution[-1] + 0 * first[0]\n",
        ),
        hint="Which rows take part in the fit? Change the label of the last row a lot: does the fit change?",
    ),
    mutant(
        "fit_autoregression",
        "last-row-missing",
        "The first and the last row are left out of the fit.",
        "test_fit_autoregression_counts_every_row",
        (SOLUTION, "    solution = torch.linalg.lstsq(design[1:-1], labels[1:-1]).solution[:, 0]"),
        hint="Which rows take part in the fit? Change the label of the first row or the last one a lot: does the fit change?",
    ),
    mutant(
        "fit_autoregression",
        "absolute-error",
        "The mean absolute error is minimised instead of the mean squared one.",
        "test_fit_autoregression_counts_every_row",
        (
            SOLUTION,
            "    solution = torch.linalg.lstsq(design, labels).solution[:, 0]\n"
            "    for _ in range(50):\n"
            "        w = (design @ solution - labels[:, 0]).abs().clamp(min=1e-4).rsqrt()[:, None]\n"
            "        solution = torch.linalg.lstsq(w * design, w * labels).solution[:, 0]\n"
            "    solution = solution",
        ),
        hint="What grows with the error, and how fast? Give one row a label that is far off: how much does it pull at the line?",
    ),
    mutant(
        "fit_autoregression",
        "column-weight",
        "The weight comes as a column (tau, 1), as a solver gives it for a column of labels.",
        "test_fit_autoregression_gives_a_vector_and_a_scalar",
        (FITTED, "    return solution[:-1, None], solution[-1]\n"),
        hint="Print the shapes of both results. Which axis is left over from the labels?",
    ),
    mutant(
        "fit_autoregression",
        "squeezed",
        "For one feature the weight is a scalar.",
        "test_fit_autoregression_gives_a_vector_and_a_scalar",
        (FITTED, "    return solution[:-1].squeeze(), solution[-1]\n"),
        hint="Fit with a single feature and print the shape of the weight. Which axes does squeeze remove?",
    ),
    mutant(
        "fit_autoregression",
        "always-float32",
        "The fit comes in float32, whatever the dtype of the features.",
        "test_fit_autoregression_gives_a_vector_and_a_scalar",
        (FITTED, "    return solution[:-1].float(), solution[-1].float()\n"),
        hint="Fit float64 data and print the dtypes of the results.",
    ),
    mutant(
        "fit_autoregression",
        "weights-reversed",
        "The weights stand newest first, as statsmodels' AutoReg lists its lags; this course's contract keeps them in the order of the features.",
        "test_fit_autoregression_reaches_the_least_error",
        (FITTED, "    return solution[:-1].flip(0), solution[-1]\n"),
        hint="Make labels from the first feature alone: which of your weights is the large one?",
        convention="statsmodels' AutoReg",
    ),
    mutant(
        "fit_autoregression",
        "global-initial-weights",
        "The fit draws from torch's global random generator (for initial weights, say).",
        "test_fit_autoregression_leaves_arguments_and_random_state_alone",
        (FITTED, "    return solution[:-1] + 1e-9 * torch.rand(()).to(solution), solution[-1]\n"),
        hint="Call torch.manual_seed, then fit, then print torch.rand(1); and again without the fit. Is a random start needed at all here?",
    ),
    mutant(
        "fit_autoregression",
        "centres-in-place",
        "The caller's features are centred in place.",
        "test_fit_autoregression_leaves_arguments_and_random_state_alone",
        (FITTED, "    features -= features.mean(0)\n" + FITTED),
        hint="Print the features before and after the call. Which operators write into a tensor instead of making a new one?",
    ),
    mutant(
        "fit_autoregression",
        "constant-first",
        "The bias stands before the weights, as statsmodels' add_constant puts it, and is read as the first weight; this course's contract returns the two apart.",
        "test_fit_autoregression_reaches_the_least_error",
        (FITTED, "    solution = solution.roll(1)\n" + FITTED),
        hint="Make labels that are 10 plus the first feature: which of your numbers is near 10, and where does it end up?",
        convention="statsmodels' add_constant",
    ),
    mutant(
        "fit_autoregression",
        "as-nn-linear",
        "The weight has shape (1, tau) and the bias (1,), as in PyTorch's nn.Linear; this course's contract wants (tau,) and ().",
        "test_fit_autoregression_gives_a_vector_and_a_scalar",
        (FITTED, "    return solution[None, :-1], solution[-1:]\n"),
        hint="Print the shapes of both results. Which axes of length one does the contract not have?",
        convention="PyTorch's nn.Linear",
    ),
    mutant(
        "fit_autoregression",
        "bias-of-one-element",
        "The bias has shape (1,) instead of ().",
        "test_fit_autoregression_gives_a_vector_and_a_scalar",
        (FITTED, "    return solution[:-1], solution[-1:]\n"),
        hint="Print the shapes of both results. How many axes has a 0-d tensor, and what is the difference between an index and a slice?",
    ),
    mutant(
        "fit_autoregression",
        "bias-as-a-number",
        "The bias is a Python number instead of a 0-d tensor.",
        "test_fit_autoregression_gives_a_vector_and_a_scalar",
        (FITTED, "    return solution[:-1], solution[-1].item()\n"),
        hint="Print type(bias). What does the contract say about its dtype and device?",
    ),
    mutant(
        "fit_autoregression",
        "weights-of-standardised-features",
        "The features are standardised for the fit, and the weights and the bias belong to those features, not to the ones given.",
        "test_fit_autoregression_reaches_the_least_error",
        (
            SOLUTION,
            "    scaled = (features - features.mean(0)) / features.std(0)\n    design = torch.cat([scaled, torch.ones_like(scaled[:, :1])], dim=1)\n"
            + SOLUTION,
        ),
        hint="Put the very features of the call into features · weight + bias: is its error the one you saw while fitting?",
    ),
    mutant(
        "fit_autoregression",
        "bias-of-centred-features",
        "The bias is the one that belongs to centred features: the mean of the labels, as if the mean of the features were zero.",
        "test_fit_autoregression_reaches_the_least_error",
        (
            FITTED,
            "    centred = features - features.mean(0)\n    return torch.linalg.lstsq(centred, labels).solution[:, 0], labels.mean()\n",
        ),
        hint="Add 100 to every feature: the weights should stay, and what should the bias do?",
    ),
    mutant(
        "fit_autoregression",
        "penalty-of-one",
        "The weights, but not the bias, are shrunk by a penalty of 1, as scikit-learn's Ridge does by default; this course's contract minimises the squared error alone.",
        "test_fit_autoregression_does_not_depend_on_the_unit",
        (
            FITTED,
            (
                "    x, y = features - features.mean(0), labels - labels.mean()\n"
                "    weight = torch.linalg.solve(x.T @ x + torch.eye(x.shape[1]).to(x), x.T @ y)[:, 0]\n"
                "    return weight, labels.mean() - features.mean(0) @ weight\n"
            ),
        ),
        hint="Does what you minimise hold anything but the squared errors? Multiply all data by 0.02 and compare the fits.",
        convention="scikit-learn's Ridge",
    ),
    mutant(
        "fit_autoregression",
        "first-600-rows",
        "Only the first 600 rows are fitted, as many as the book trains on.",
        "test_fit_autoregression_counts_every_row",
        ("torch.linalg.lstsq(design, labels)", "torch.linalg.lstsq(design[:600], labels[:600])"),
        hint="How many rows of a longer table does your fit look at?",
    ),
    mutant(
        "fit_autoregression",
        "strides-assumed",
        "The features are read as if their rows lay one after another in memory.",
        "test_fit_autoregression_takes_tensors_of_any_layout",
        ("torch.cat([features, torch", "torch.cat([features.as_strided(features.shape, (features.shape[1], 1)), torch"),
        hint=LAID,
    ),
    mutant(
        "fit_autoregression",
        "remembered-by-identity",
        "The pseudo-inverse is kept and found again by the tensor of features, which may hold other values by then.",
        "test_fit_autoregression_computes_anew_at_each_call",
        (
            "solution = torch.linalg.lstsq(design, labels).solution[:, 0]",
            'inverse = globals().setdefault("_kept", {}).setdefault(id(features), (features, torch.linalg.pinv(design)))[1]\n    solution = (inverse @ labels)[:, 0]',
        ),
        hint=KEPT_ON,
    ),
    # -- multistep_predictions ----------------------------------------------------------------------------
    mutant(
        "multistep_predictions",
        "reads-the-truth",
        "Every prediction is made from observed values, one step ahead again and again, instead of from earlier predictions.",
        "test_multistep_predictions_never_read_what_they_predict",
        (FED, "predict(series[None, t - tau : t])[0, 0]"),
        hint="Change the series from start on: does the result change? Look at which tensor the windows are cut from.",
    ),
    mutant(
        "multistep_predictions",
        "window-frozen",
        "The window stays where it was at start, so every prediction is the same.",
        "test_multistep_predictions_can_be_continued",
        (FED, "predict(result[None, start - tau : start])[0, 0]"),
        hint="Print every window that you hand to predict: which values should have left it by the second call, and which come in?",
    ),
    mutant(
        "multistep_predictions",
        "newest-first",
        "The window is handed to predict newest first, as statsmodels orders its lags; this course's contract hands it over oldest first.",
        "test_multistep_predictions_of_the_pell_numbers",
        (FED, "predict(result[None, t - tau : t].flip(1))[0, 0]"),
        hint="Let predict print its rows for a series 1, 2, 3, …: is the oldest value on the left?",
        convention="statsmodels' order of lags",
    ),
    mutant(
        "multistep_predictions",
        "start-late",
        "The first prediction is made at start + 1, and the truth kept at start.",
        "test_multistep_predictions_predict_each_entry_from_those_before_it",
        (LOOP, "    for t in range(start + 1, len(series)):\n"),
        hint="Which index is the first that holds a prediction? Set series[start] to something wild and look at result[start].",
    ),
    mutant(
        "multistep_predictions",
        "start-early",
        "The last observation is predicted too.",
        "test_multistep_predictions_keep_the_observations",
        (LOOP, "    for t in range(max(tau, start - 1), len(series)):\n"),
        hint="Compare result[:start] with series[:start]. Which index is the last one that is observed?",
    ),
    mutant(
        "multistep_predictions",
        "from-tau-on",
        "Everything after the first tau values is predicted, and start is ignored.",
        "test_multistep_predictions_keep_the_observations",
        (LOOP, "    for t in range(tau, len(series)):\n"),
        hint="Call it with start well above tau and compare result[:start] with series[:start].",
    ),
    mutant(
        "multistep_predictions",
        "one-too-few",
        "The last entry is left as observed instead of predicted.",
        "test_multistep_predictions_never_read_what_they_predict",
        (LOOP, "    for t in range(start, len(series) - 1):\n"),
        hint="Which index is the last that is predicted? Set series[-1] to something wild and look at result[-1].",
    ),
    mutant(
        "multistep_predictions",
        "always-one",
        "The last entry is predicted even where start = T.",
        "test_multistep_predictions_from_the_end_on_are_none",
        (LOOP, "    for t in range(max(min(start, len(series) - 1), min(tau, len(series) - 1)), len(series)):\n"),
        (FED, "predict(result.repeat(3)[None, len(series) + t - tau : len(series) + t])[0, 0]"),
        hint="How many predictions are due where start = T? Try it with a short series.",
    ),
    mutant(
        "multistep_predictions",
        "predictions-only",
        "Only the predictions are returned, without the observations before them.",
        "test_multistep_predictions_feed_predictions_back",
        ("    return result\n", "    return result[start:]\n"),
        hint="Compare the shape of the result with the one in the contract. What should stand before start?",
    ),
    mutant(
        "multistep_predictions",
        "zeros-before-start",
        "The result holds zeros before start instead of the observations.",
        "test_multistep_predictions_keep_the_observations",
        ("    return result\n", "    return torch.cat([0 * result[:start], result[start:]])\n"),
        hint="Compare result[:start] with series[:start], entry by entry.",
    ),
    mutant(
        "multistep_predictions",
        "zeros-before-the-window",
        "Only the last tau observations are kept; the entries before them are zero.",
        "test_multistep_predictions_keep_the_observations",
        ("    return result\n", "    return torch.cat([0 * result[: start - tau], result[start - tau :]])\n"),
        hint="Compare result[:start] with series[:start], entry by entry.",
    ),
    mutant(
        "multistep_predictions",
        "window-shifted",
        "The window ends one entry too early: the entry just before the predicted one is not in it.",
        "test_multistep_predictions_predict_each_entry_from_those_before_it",
        (FED, "predict(result[None, max(0, t - tau - 1) : max(0, t - tau - 1) + tau])[0, 0]"),
        hint="For result[t], which indices should the window cover? Write them down for tau = 2 and t = 5, and print yours.",
    ),
    mutant(
        "multistep_predictions",
        "in-float32",
        "The result is float32, whatever the dtype of the series.",
        "test_multistep_predictions_feed_predictions_back",
        ("    return result\n", "    return result.float()\n"),
        hint="Call it with a float64 series and print the dtype of the result.",
    ),
    mutant(
        "multistep_predictions",
        "through-float32",
        "The windows are handed to predict in float32, so float64 predictions are rounded.",
        "test_multistep_predictions_feed_predictions_back",
        (FED, "predict(result[None, t - tau : t].float())[0, 0]"),
        hint="Print the dtype of the rows that you hand to predict when the series is float64.",
    ),
    mutant(
        "multistep_predictions",
        "writes-into-the-series",
        "Predictions are written into the caller's series.",
        "test_multistep_predictions_leaves_arguments_and_random_state_alone",
        ("result = series.clone()", "result = series"),
        hint="Print the series before and after the call. Does assigning a tensor to a second name copy it?",
    ),
    mutant(
        "multistep_predictions",
        "one-too-many",
        "One entry more than the series has is predicted.",
        "test_multistep_predictions_feed_predictions_back",
        ("result = series.clone()", "result = torch.cat([series, series[:1]])"),
        (LOOP, "    for t in range(start, len(series) + 1):\n"),
        hint="Compare the length of the result with that of the series. Which index is the last that is predicted?",
    ),
    mutant(
        "multistep_predictions",
        "start-after-the-first-window",
        "The first prediction is made at tau + start, as if start were counted from the end of the first window.",
        "test_multistep_predictions_predict_each_entry_from_those_before_it",
        (LOOP, "    for t in range(tau + start, len(series)):\n"),
        hint="Which index is the first that holds a prediction? Set series[start] to something wild and look at result[start].",
    ),
    mutant(
        "multistep_predictions",
        "flat-window",
        "The window is handed to predict as a vector (tau,) instead of one row (1, tau).",
        "test_multistep_predictions_feed_predictions_back",
        (FED, "predict(result[t - tau : t])[0]"),
        hint="predict maps (m, tau) to (m, 1): what is m for one window, and which shape do you hand over?",
    ),
    mutant(
        "multistep_predictions",
        "strides-assumed",
        "The series is read as if its values lay side by side in memory.",
        "test_multistep_predictions_takes_tensors_of_any_layout",
        ("result = series.clone()", "result = series.as_strided((len(series),), (1,)).clone()"),
        hint=LAID,
    ),
    mutant(
        "multistep_predictions",
        "remembered-by-identity",
        "The observations are kept and found again by the tensor itself, which may hold other values by then.",
        "test_multistep_predictions_computes_anew_at_each_call",
        (
            "result = series.clone()",
            'result = globals().setdefault("_kept", {}).setdefault(id(series), (series, series.clone()))[1].clone()',
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "multistep_predictions",
        "first-model-kept",
        "Where tau and start are those of an earlier call, that call's model predicts.",
        "test_multistep_predictions_computes_anew_at_each_call",
        (
            "result = series.clone()",
            'predict = globals().setdefault("_kept", {}).setdefault((tau, start, len(series)), predict)\n    result = series.clone()',
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "multistep_predictions",
        "at-most-256-entries",
        "Nothing is predicted from the 256th entry on.",
        "test_multistep_predictions_feed_predictions_back",
        ("    for t in range(start, len(series)):\n", "    for t in range(start, min(len(series), 256)):\n"),
        hint=LONG_ONE,
    ),
    mutant(
        "multistep_predictions",
        "centred-with-the-future",
        "The mean of the whole series, of what is to be predicted too, is taken off and added again, which costs the digits of all others where one is large.",
        "test_multistep_predictions_feed_predictions_back",
        ("result = series.clone()", "result = series - series.mean() + series.mean()"),
        hint="Let the series hold a huge number behind start. Does it change what comes before?",
    ),
    # -- k_step_predictions -------------------------------------------------------------------------------
    mutant(
        "k_step_predictions",
        "reads-the-truth",
        "Every row is predicted one step ahead from observed values, instead of from the rows before it.",
        "test_k_step_predictions_read_no_observation_after_their_window",
        (AHEAD, "predict(series.unfold(0, tau, 1)[known.shape[1] - tau :][: len(known)])"),
        hint="From the second row on, which values in your window were observed, and which may be? Change one observation after the window and see which columns move.",
    ),
    mutant(
        "k_step_predictions",
        "window-frozen",
        "Every row is predicted from the observed window, so all rows are the same one-step prediction.",
        "test_k_step_predictions_feed_each_row_into_the_next",
        (AHEAD, "predict(known[:, :tau])"),
        hint="Print every window that you hand to predict: which values should have left it by the second call, and which come in?",
    ),
    mutant(
        "k_step_predictions",
        "newest-first",
        "The windows are handed to predict newest first, as statsmodels orders its lags; this course's contract hands them over oldest first.",
        "test_k_step_predictions_of_two_steps_by_hand",
        (AHEAD, "predict(known[:, -tau:].flip(1))"),
        hint="Let predict print its rows for a series 1, 2, 3, …: is the oldest value on the left?",
        convention="statsmodels' order of lags",
    ),
    mutant(
        "k_step_predictions",
        "transposed",
        "Rows are windows and columns are steps; it should be the other way round.",
        "test_k_step_predictions_of_two_steps_by_hand",
        (ROWS, "    return known[:, tau:]\n"),
        hint="Print the shape for a case in which k and the number of windows differ. What does a row stand for in the contract?",
    ),
    mutant(
        "k_step_predictions",
        "one-time-axis",
        "All rows stand on one time axis: row j is shifted right by j places and wraps round.",
        "test_k_step_predictions_of_fewer_steps_are_the_first_rows",
        (ROWS, "    return torch.stack([known[:, tau + j].roll(j) for j in range(k)])\n"),
        hint="Which window does column i begin from in row 0, and which in row 1? The contract keeps the window of a column the same.",
    ),
    mutant(
        "k_step_predictions",
        "aligned-at-the-end",
        "All entries of a column predict the same time, so column i begins from another window in every row.",
        "test_k_step_predictions_begin_with_one_step_from_observations",
        (
            ROWS,
            "    everywhere = series.unfold(0, tau, 1)[:-1]\n"
            "    for _ in range(k):\n"
            "        everywhere = torch.cat([everywhere, predict(everywhere[:, -tau:])], dim=1)\n"
            "    return torch.stack([everywhere[k - 1 - j : k - 1 - j + len(known), tau + j] for j in range(k)])\n",
        ),
        hint="Which window does column i begin from in the first row, and which in the last? Compare the first row with predict of the first windows.",
    ),
    mutant(
        "k_step_predictions",
        "column-missing",
        "The last window that fits is left out.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (KNOWN, "series.unfold(0, tau, 1)[: len(series) - tau - k]"),
        hint="How many windows leave room for k further time steps? Count them for T = 5, tau = 2, k = 2.",
    ),
    mutant(
        "k_step_predictions",
        "column-too-many",
        "A window is kept whose last prediction lies beyond the series.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (KNOWN, "series.unfold(0, tau, 1)[: len(series) - tau - k + 2]"),
        hint="Which time index does the last entry of the last row predict? Is it inside the series?",
    ),
    mutant(
        "k_step_predictions",
        "starts-one-late",
        "Column i begins from the window at i + 1 instead of i.",
        "test_k_step_predictions_begin_with_one_step_from_observations",
        (KNOWN, "series.unfold(0, tau, 1)[1 : len(series) - tau - k + 2]"),
        hint="Which observations does result[0, 0] depend on? Change series[0] and look.",
    ),
    mutant(
        "k_step_predictions",
        "last-windows",
        "The last windows are taken instead of the first, so column i begins from the window at i + k - 1.",
        "test_k_step_predictions_read_no_observation_after_their_window",
        (KNOWN, "series.unfold(0, tau, 1)[k:]"),
        hint="Which observations does result[0, 0] depend on? Which windows are dropped because of k: those at the beginning or those at the end?",
    ),
    mutant(
        "k_step_predictions",
        "last-row-only",
        "Only the predictions k steps ahead are returned, without those of fewer steps.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (ROWS, "    return known[:, -1:].T\n"),
        hint="Compare the number of rows with the contract. What should the first row hold?",
    ),
    mutant(
        "k_step_predictions",
        "observation-as-row-zero",
        "Row 0 holds the newest observations, so row j looks j steps ahead instead of j + 1, and the farthest row is missing.",
        "test_k_step_predictions_begin_with_one_step_from_observations",
        (ROWS, "    return known[:, tau - 1 : -1].T\n"),
        hint="How many steps ahead does the first row look? Compare it with predict of the windows, and with the series itself.",
    ),
    mutant(
        "k_step_predictions",
        "farthest-first",
        "The rows stand with the farthest prediction first.",
        "test_k_step_predictions_of_fewer_steps_are_the_first_rows",
        (ROWS, "    return known[:, tau:].flip(1).T\n"),
        hint="How many steps ahead does the first row look, and how many the last?",
    ),
    mutant(
        "k_step_predictions",
        "through-float32",
        "The windows are handed to predict in float32, so float64 predictions are rounded.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (AHEAD, "predict(known[:, -tau:].float()).to(series)"),
        hint="Print the dtype of the rows that you hand to predict when the series is float64.",
    ),
    mutant(
        "k_step_predictions",
        "writes-into-the-series",
        "Predictions are written into the caller's series.",
        "test_k_step_predictions_leaves_arguments_and_random_state_alone",
        (ROWS, "    series[-1] = known[-1, -1]\n" + ROWS),
        hint="Print the series before and after the call. Which of your tensors share memory with it?",
    ),
    mutant(
        "k_step_predictions",
        "last-row-missing",
        "The farthest row is missing: there are predictions for k-1 steps only.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (ROWS, "    return known[:, tau:-1].T\n"),
        hint="Call it with k = 1: how many rows come, and how many should? Where does your count of steps begin and end?",
    ),
    mutant(
        "k_step_predictions",
        "with-observations",
        "The table of a row for each window, observations before predictions, is returned as in the older editions of D2L; this course's contract returns the predictions alone, a row for each step.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (ROWS, "    return known\n"),
        hint="Compare the shape of the result with the one in the contract. Which of your columns were predicted?",
        convention="the older editions of D2L",
    ),
    mutant(
        "k_step_predictions",
        "every-window-that-fits-the-row",
        "Each row keeps every window that fits it alone, so rows have different lengths.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (
            ROWS,
            (
                "    everywhere = series.unfold(0, tau, 1)[:-1]\n"
                "    for _ in range(k):\n"
                "        everywhere = torch.cat([everywhere, predict(everywhere[:, -tau:])], dim=1)\n"
                "    return [everywhere[: len(series) - tau - j, tau + j] for j in range(k)]\n"
            ),
        ),
        hint="Print the length of every row. Which windows have a prediction inside the series in all rows?",
    ),
    mutant(
        "k_step_predictions",
        "strides-assumed",
        "The series is read as if its values lay side by side in memory.",
        "test_k_step_predictions_takes_tensors_of_any_layout",
        (
            "series.unfold(0, tau, 1)[: len(series) - tau - k + 1]",
            "series.as_strided((len(series) - tau - k + 1, tau), (1, 1))",
        ),
        hint=LAID,
    ),
    mutant(
        "k_step_predictions",
        "remembered-by-identity",
        "The windows are kept and found again by the tensor itself, which may hold other values by then.",
        "test_k_step_predictions_computes_anew_at_each_call",
        (
            "known = series.unfold(0, tau, 1)[: len(series) - tau - k + 1]",
            'known = globals().setdefault("_kept", {}).setdefault((id(series), tau, k), (series, series.unfold(0, tau, 1)[: len(series) - tau - k + 1].clone()))[1]',
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "k_step_predictions",
        "first-model-kept",
        "Where tau and k are those of an earlier call, that call's model predicts.",
        "test_k_step_predictions_computes_anew_at_each_call",
        (
            "    for _ in range(k):\n        ahead",
            '    predict = globals().setdefault("_kept", {}).setdefault((tau, k, len(series)), predict)\n    for _ in range(k):\n        ahead',
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "k_step_predictions",
        "square-transposed",
        "Where there are as many windows as steps, the result is transposed once too often.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (
            "    return known[:, tau:].T  #",
            "    known = torch.cat([known[:, :tau], known[:, tau:].T], 1) if len(known) == k else known\n    return known[:, tau:].T  #",
        ),
        hint=SAME_SIZES,
    ),
    mutant(
        "k_step_predictions",
        "columns-counted-in-bytes",
        "Windows are counted in bytes: after 256 of them the first ones come again.",
        "test_k_step_predictions_look_one_to_k_steps_ahead",
        (
            "series.unfold(0, tau, 1)[: len(series) - tau - k + 1]",
            "series.unfold(0, tau, 1)[torch.arange(len(series) - tau - k + 1) % 256]",
        ),
        hint=LONG_ONE,
    ),
    # -- language_model_windows ---------------------------------------------------------------------------
    mutant(
        "language_model_windows",
        "target-is-input",
        "Y equals X, as in Hugging Face's language models, which shift inside the model; this course's contract shifts Y by one token.",
        "test_language_model_windows_pair_each_token_with_the_next",
        (PAIRS, "    return windows[:, :-1], windows[:, :-1]\n"),
        hint="Take the corpus 0, 1, 2, …: what should Y minus X be everywhere, and what is it?",
        convention="Hugging Face's language models",
    ),
    mutant(
        "language_model_windows",
        "last-target-wraps",
        "The last target of a window is the first input of that window, instead of the token that follows.",
        "test_language_model_windows_pair_each_token_with_the_next",
        (PAIRS, "    return windows[:, :-1], windows[:, :-1].roll(-1, 1)\n"),
        hint="Take the corpus 0, 1, 2, … and look at the last column of Y: which token comes after the last one of X, and where do you read it?",
    ),
    mutant(
        "language_model_windows",
        "two-ahead",
        "Window i begins at token i + 1, and the last window wraps to the first.",
        "test_language_model_windows_begin_at_every_token",
        (PAIRS, "    return windows.roll(-1, 0)[:, :-1], windows.roll(-1, 0)[:, 1:]\n"),
        hint="Take the corpus 0, 1, 2, … and print the first row of X and the last one: where do they begin?",
    ),
    mutant(
        "language_model_windows",
        "disjoint",
        "Each window begins num_steps tokens after the one before, so windows do not overlap.",
        "test_language_model_windows_begin_at_every_token",
        (
            "torch.tensor(corpus).unfold(0, num_steps + 1, 1)",
            "torch.tensor(corpus).unfold(0, num_steps + 1, num_steps)",
        ),
        hint="By how many tokens does a window lie after the one before it? How many windows does the contract promise?",
    ),
    mutant(
        "language_model_windows",
        "window-missing",
        "The last window is left out.",
        "test_language_model_windows_of_seven_tokens",
        (PAIRS, "    return windows[:-1, :-1], windows[:-1, 1:]\n"),
        hint="Count by hand the windows of 5 tokens with num_steps = 3. Which token of the corpus is the very last target?",
    ),
    mutant(
        "language_model_windows",
        "through-float32",
        "The tokens go through float32, which cannot hold every integer above 16 million.",
        "test_language_model_windows_are_all_overlapping_windows",
        (PAIRS, "    return windows[:, :-1].float().long(), windows[:, 1:].float().long()\n"),
        hint="Try a corpus with the token 20000001. Which whole numbers can float32 hold exactly?",
    ),
    mutant(
        "language_model_windows",
        "int32",
        "The tokens come as int32 instead of int64.",
        "test_language_model_windows_are_all_overlapping_windows",
        (PAIRS, "    return windows[:, :-1].int(), windows[:, 1:].int()\n"),
        hint="Print the dtypes and compare them with the contract.",
    ),
    mutant(
        "language_model_windows",
        "squeezed",
        "A single window loses its first axis.",
        "test_language_model_windows_are_all_overlapping_windows",
        (PAIRS, "    return windows[:, :-1].squeeze(0), windows[:, 1:].squeeze(0)\n"),
        hint="Try a corpus with just one window and print the shapes. Which axes does squeeze remove?",
    ),
    mutant(
        "language_model_windows",
        "only-the-last-target",
        "Y holds one target a window, as in Keras' many-to-one example of text generation; this course's contract has a target for every token.",
        "test_language_model_windows_pair_each_token_with_the_next",
        (PAIRS, "    return windows[:, :-1], windows[:, -1:]\n"),
        hint="How many predictions does a recurrent model make over a window, and so how many targets does it need?",
        convention="Keras' example of text generation",
    ),
    mutant(
        "language_model_windows",
        "pads-in-place",
        "The caller's corpus is padded in place.",
        "test_language_model_windows_leaves_arguments_and_random_state_alone",
        (PAIRS, "    corpus.append(0)\n" + PAIRS),
        hint="Print len(corpus) before and after the call. Which methods change a list in place?",
    ),
    mutant(
        "language_model_windows",
        "swapped",
        "X and Y are returned in each other's place.",
        "test_language_model_windows_pair_each_token_with_the_next",
        (PAIRS, "    return windows[:, 1:], windows[:, :-1]\n"),
        hint="Take the corpus 0, 1, 2, …: what should Y minus X be everywhere, and what is it?",
    ),
    mutant(
        "language_model_windows",
        "window-too-many",
        "A last window is added whose last target does not exist; it is filled up with 0.",
        "test_language_model_windows_of_seven_tokens",
        (
            PAIRS,
            (
                "    inputs, targets = torch.tensor(corpus), torch.tensor([*corpus[1:], 0])\n"
                "    return inputs.unfold(0, num_steps, 1), targets.unfold(0, num_steps, 1)\n"
            ),
        ),
        hint="Count by hand the windows of 5 tokens with num_steps = 3. Which token of the corpus is the very last target?",
    ),
    mutant(
        "language_model_windows",
        "time-major",
        "X and Y are time-major (num_steps, m), as PyTorch's recurrent layers take them; this course's contract has a row for each window.",
        "test_language_model_windows_are_all_overlapping_windows",
        (PAIRS, "    return windows[:, :-1].T, windows[:, 1:].T\n"),
        hint="Print the shape of X with a num_steps that differs from the number of windows, and compare it with the contract.",
        convention="PyTorch's recurrent layers",
    ),
    mutant(
        "language_model_windows",
        "floating-point",
        "The tokens come as floats instead of int64.",
        "test_language_model_windows_are_all_overlapping_windows",
        (PAIRS, "    return windows[:, :-1].float(), windows[:, 1:].float()\n"),
        hint="Print the dtypes and compare them with the contract.",
    ),
    mutant(
        "language_model_windows",
        "plain-lists",
        "X and Y are nested Python lists instead of tensors.",
        "test_language_model_windows_are_all_overlapping_windows",
        (PAIRS, "    return windows[:, :-1].tolist(), windows[:, 1:].tolist()\n"),
        hint="Print type(X). What does the contract say about its dtype?",
    ),
    mutant(
        "language_model_windows",
        "duplicates-removed",
        "Equal windows are kept once, as in a set.",
        "test_language_model_windows_are_all_overlapping_windows",
        (
            "    return windows[:, :-1], windows[:, 1:]\n",
            "    windows = torch.tensor(list(dict.fromkeys(map(tuple, windows.tolist()))))\n    return windows[:, :-1], windows[:, 1:]\n",
        ),
        hint=AGAIN,
    ),
    mutant(
        "language_model_windows",
        "through-double",
        "Tokens go through float64, which rounds the largest ones.",
        "test_language_model_windows_are_all_overlapping_windows",
        ("torch.tensor(corpus).unfold(", "torch.tensor(corpus, dtype=torch.float64).long().unfold("),
        hint=DIGITS,
    ),
    mutant(
        "language_model_windows",
        "remembered-by-identity",
        "The tokens are kept and found again by the list itself, which may hold other ones by then.",
        "test_language_model_windows_computes_anew_at_each_call",
        (
            "windows = torch.tensor(corpus).unfold(",
            'windows = globals().setdefault("_kept", {}).setdefault(id(corpus), (corpus, torch.tensor(corpus)))[1].unfold(',
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "language_model_windows",
        "rows-counted-in-bytes",
        "Rows are counted in bytes: after 256 windows the first ones come again.",
        "test_language_model_windows_are_all_overlapping_windows",
        (
            "    return windows[:, :-1], windows[:, 1:]\n",
            "    windows = windows[torch.arange(len(windows)) % 256]\n    return windows[:, :-1], windows[:, 1:]\n",
        ),
        hint=LONG_ONE,
    ),
    # -- random_batches -----------------------------------------------------------------------------------
    mutant(
        "random_batches",
        "target-is-input",
        "Y equals X, as in Hugging Face's language models, which shift inside the model; this course's contract shifts Y by one token.",
        "test_random_batches_pair_each_token_with_the_next",
        (RANDOM_PAIR, "yield tokens[places], tokens[places]"),
        hint="Take the corpus 0, 1, 2, …: what should Y minus X be everywhere, and what is it?",
        convention="Hugging Face's language models",
    ),
    mutant(
        "random_batches",
        "last-target-wraps",
        "The last target of a row is the first input of that row, instead of the token that follows.",
        "test_random_batches_pair_each_token_with_the_next",
        (RANDOM_PAIR, "yield tokens[places], tokens[places].roll(-1, 1)"),
        hint="Take the corpus 0, 1, 2, … and look at the last column of Y: which token comes after the last one of X, and where do you read it?",
    ),
    mutant(
        "random_batches",
        "targets-shuffled-apart",
        "The rows of Y stand in another order than those of X.",
        "test_random_batches_pair_each_token_with_the_next",
        (RANDOM_PAIR, "yield tokens[places], tokens[places.flip(0) + 1]"),
        hint="Take the corpus 0, 1, 2, …: does each row of Y belong to the row of X beside it?",
    ),
    mutant(
        "random_batches",
        "tokens-shuffled",
        "The tokens inside each row are put in another order.",
        "test_random_batches_hold_contiguous_pieces_of_the_corpus",
        (RANDOM_PAIR, "yield tokens[places.flip(1)], tokens[places.flip(1) + 1]"),
        hint="Take the corpus 0, 1, 2, … and print a row of X. What is to be shuffled: tokens, or subsequences?",
    ),
    mutant(
        "random_batches",
        "transposed",
        "Batches are time-major (num_steps, batch_size), as PyTorch's recurrent layers take them; this course's contract puts the batch first.",
        "test_random_batches_hold_contiguous_pieces_of_the_corpus",
        (RANDOM_PAIR, "yield tokens[places].T, tokens[places + 1].T"),
        hint="Print the shape of X with a batch_size that differs from num_steps, and compare it with the contract.",
        convention="PyTorch's recurrent layers",
    ),
    mutant(
        "random_batches",
        "floating-point",
        "The tokens come as floats instead of int64.",
        "test_random_batches_hold_contiguous_pieces_of_the_corpus",
        (RANDOM_PAIR, "yield tokens[places].float(), tokens[places + 1].float()"),
        hint="Print the dtypes and compare them with the contract.",
    ),
    mutant(
        "random_batches",
        "with-replacement",
        "Subsequences are drawn with replacement, so some come twice and some never.",
        "test_random_batches_do_not_overlap",
        (ORDER, "torch.randint(max(1, m), (m,), generator=generator)"),
        hint="Number the subsequences: does any come twice in one epoch?",
    ),
    mutant(
        "random_batches",
        "overlapping",
        "Subsequences begin anywhere and may overlap, as in nanoGPT's batches; this course's contract cuts disjoint ones, each of which comes at most once in an epoch.",
        "test_random_batches_do_not_overlap",
        (STARTS, "torch.randint(len(corpus) - num_steps, (batch_size,), generator=generator)"),
        hint="Write down where the rows of an epoch begin. By how much may two of them differ?",
        convention="nanoGPT's batches",
    ),
    mutant(
        "random_batches",
        "last-subsequence-missing",
        "One subsequence fewer is cut than fits.",
        "test_random_batches_give_every_full_batch",
        (COUNT, "max(0, (len(corpus) - d - 1) // num_steps - 1)"),
        hint="For a short corpus, write down every subsequence by hand after dropping d tokens, the target of its last token included. How many are there, and how many do you count?",
    ),
    mutant(
        "random_batches",
        "last-start-too-large",
        "No room is left for the last target, which then wraps to the first token of the corpus.",
        "test_random_batches_give_every_full_batch",
        (COUNT, "max(0, (len(corpus) - d) // num_steps)"),
        (RANDOM_PAIR, "yield tokens[places], tokens[(places + 1) % len(tokens)]"),
        hint="For a short corpus, write down every subsequence by hand after dropping d tokens, the target of its last token included. How many are there, and how many do you count?",
    ),
    mutant(
        "random_batches",
        "last-target-beyond-the-end",
        "Where n divides T - d, no token is left for the last target; this course's contract counts (T - d - 1) // n subsequences.",
        "test_random_batches_give_every_full_batch",
        (COUNT, "max(0, (len(corpus) - d) // num_steps)"),
        hint="Take a corpus of 9 tokens, num_steps = 3 and d = 0: which token follows the last one of the last subsequence?",
        convention="the book's count of subsequences, (T - d) // n",
    ),
    mutant(
        "random_batches",
        "offset-ignored-in-count",
        "The subsequences are counted as if no token had been dropped, so that the last one may run over the end and wrap round.",
        "test_random_batches_give_every_full_batch",
        (COUNT, "max(0, (len(corpus) - 1) // num_steps)"),
        (RANDOM_PAIR, "yield tokens[places % len(tokens)], tokens[(places + 1) % len(tokens)]"),
        hint="For a short corpus, write down every subsequence by hand after dropping d tokens, the target of its last token included. How many are there, and how many do you count?",
    ),
    mutant(
        "random_batches",
        "partial-batch-kept",
        "The last batch is kept although it is smaller, as PyTorch's DataLoader does by default; this course's contract drops it.",
        "test_random_batches_give_every_full_batch",
        (RANDOM_BATCHES, "    for b in range(-(-m // batch_size)):\n"),
        hint="Choose a batch_size that does not divide the number of subsequences, and print the shape of every batch.",
        convention="PyTorch's DataLoader",
    ),
    mutant(
        "random_batches",
        "offset-zero",
        "No token is dropped at the front: every epoch cuts the corpus at the same places.",
        "test_random_batches_drop_each_number_of_tokens_equally_often",
        (OFFSET, "0"),
        hint="Make a few thousand epochs of num_steps = 3 with different seeds, and count how often each number of dropped tokens comes. Which numbers may come, and how often?",
    ),
    mutant(
        "random_batches",
        "largest-offset-missing",
        "Dropping num_steps - 1 tokens never happens.",
        "test_random_batches_drop_each_number_of_tokens_equally_often",
        (OFFSET, "int(torch.randint(max(1, num_steps - 1), (), generator=generator))"),
        hint="Make a few thousand epochs of num_steps = 3 with different seeds, and count how often each number of dropped tokens comes. Which numbers may come, and how often?",
    ),
    mutant(
        "random_batches",
        "offset-up-to-num-steps",
        "Up to num_steps tokens are dropped, as in the older editions of D2L; this course's contract drops num_steps - 1 at most.",
        "test_random_batches_drop_each_number_of_tokens_equally_often",
        (OFFSET, "int(torch.randint(num_steps + 1, (), generator=generator))"),
        hint="Make a few thousand epochs of num_steps = 3 with different seeds, and count how often each number of dropped tokens comes. Which numbers may come, and how often?",
        convention="the older editions of D2L",
    ),
    mutant(
        "random_batches",
        "offset-rounded",
        "The number of dropped tokens is a rounded real number, so the smallest and the largest come half as often as the others.",
        "test_random_batches_drop_each_number_of_tokens_equally_often",
        (OFFSET, "round(float(torch.rand((), generator=generator)) * (num_steps - 1))"),
        hint="Make a few thousand epochs of num_steps = 3 with different seeds, and count how often each number of dropped tokens comes. Which numbers may come, and how often?",
    ),
    mutant(
        "random_batches",
        "in-order",
        "The subsequences come in the order of the corpus.",
        "test_random_batches_visit_in_every_order_equally_often",
        (ORDER, "torch.arange(m)"),
        hint="Number the subsequences and print where the rows begin, for several seeds. Does their order change?",
    ),
    mutant(
        "random_batches",
        "last-always-dropped",
        "What does not fill a batch is dropped before shuffling, so it is always the end of the corpus that is never seen.",
        "test_random_batches_visit_in_every_order_equally_often",
        (ORDER, "torch.randperm(m // batch_size * batch_size, generator=generator)"),
        hint="With 5 subsequences and batches of 4, note over many epochs which one is left out. Should each be left out now and then?",
    ),
    mutant(
        "random_batches",
        "batches-shuffled",
        "Whole batches of neighbouring subsequences are shuffled, instead of the subsequences.",
        "test_random_batches_mix_the_whole_corpus",
        (
            ORDER,
            "torch.arange(m // batch_size * batch_size).reshape(-1, batch_size)"
            "[torch.randperm(m // batch_size, generator=generator)].flatten()",
        ),
        hint="Number the subsequences and print which ones make up a batch. Are they always the same neighbours?",
    ),
    mutant(
        "random_batches",
        "shuffled-inside-batches",
        "Only the rows inside each batch are shuffled; batches still follow the corpus.",
        "test_random_batches_mix_the_whole_corpus",
        (
            ORDER,
            "torch.cat([torch.arange(0)] + [i + torch.randperm(min(batch_size, m - i), generator=generator) "
            "for i in range(0, m, batch_size)])",
        ),
        hint="Number the subsequences of a long corpus and print the first batch: can the last subsequence ever be in it?",
    ),
    mutant(
        "random_batches",
        "rotated",
        "The order is a random rotation: the subsequences follow one another as in the corpus, from a random place on.",
        "test_random_batches_visit_in_every_order_equally_often",
        (ORDER, "torch.arange(m).roll(int(torch.randint(max(1, m), (), generator=generator)))"),
        hint="Number the subsequences: how often is each followed by its neighbour? How many different orders can your shuffle make of 4 subsequences, and how many are there?",
    ),
    mutant(
        "random_batches",
        "naive-shuffle",
        "The shuffle swaps each place with any other place, so some orders come more often than others.",
        "test_random_batches_visit_in_every_order_equally_often",
        (
            ORDER,
            "torch.arange(m)\n"
            "    for i, j in enumerate(torch.randint(max(1, m), (m,), generator=generator).tolist()):\n"
            "        order[[i, j]] = order[[j, i]]\n"
            "    order = order",
        ),
        hint="Shuffle three items some thousand times and count each of the six orders. Do they come equally often?",
    ),
    mutant(
        "random_batches",
        "never-its-own-place",
        "The shuffle never leaves a subsequence in its own place (Sattolo's algorithm), so most orders cannot come.",
        "test_random_batches_visit_in_every_order_equally_often",
        (
            ORDER,
            "torch.arange(m)\n"
            "    for i in range(m - 1, 0, -1):\n"
            "        j = int(torch.randint(i, (), generator=generator))\n"
            "        order[[i, j]] = order[[j, i]]\n"
            "    order = order",
        ),
        hint="Shuffle three items some thousand times and count each of the six orders. Do they come equally often?",
    ),
    mutant(
        "random_batches",
        "fixed-seed",
        "A fixed seed is used and the generator ignored.",
        "test_random_batches_follow_the_generator",
        ("    d = int(torch.randint(", "    generator = torch.Generator().manual_seed(42)\n    d = int(torch.randint("),
        hint="Make two epochs from generators with different seeds. Where does your randomness come from?",
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
        hint="Make two epochs in turn with the same generator object: should they be equal? What does a draw do to a generator?",
    ),
    mutant(
        "random_batches",
        "global-state",
        "The order is drawn from torch's global random state instead of the generator.",
        "test_random_batches_leaves_arguments_and_random_state_alone",
        (ORDER, "torch.randperm(m)"),
        hint="Find every random call: which generator does each draw from? Make two epochs from equal generators and compare them.",
    ),
    mutant(
        "random_batches",
        "drops-in-place",
        "Tokens are deleted from the front of the caller's corpus.",
        "test_random_batches_leaves_arguments_and_random_state_alone",
        (RANDOM_BATCHES, "    del corpus[:1]\n" + RANDOM_BATCHES),
        hint="Print len(corpus) before and after an epoch. Which statements change a list in place, and which make a new one?",
    ),
    mutant(
        "random_batches",
        "one-batch-at-least",
        "A corpus that is too short gives one batch that is not full instead of none.",
        "test_random_batches_of_too_short_a_corpus_are_none",
        (RANDOM_BATCHES, "    for b in range(max(1, m // batch_size)):\n"),
        hint="How many batches are in a corpus of one token? Call list(...) on the result and look.",
    ),
    mutant(
        "random_batches",
        "negative-count",
        "A corpus that is too short gives a negative number of subsequences, which cannot be shuffled.",
        "test_random_batches_of_too_short_a_corpus_are_none",
        (COUNT, "(len(corpus) - d - 1) // num_steps"),
        hint="Put the shortest corpus you can think of, and the largest d, into your count. What comes out?",
    ),
    mutant(
        "random_batches",
        "swapped",
        "X and Y are yielded in each other's place.",
        "test_random_batches_pair_each_token_with_the_next",
        (RANDOM_PAIR, "yield tokens[places + 1], tokens[places]"),
        hint="Take the corpus 0, 1, 2, …: what should Y minus X be everywhere, and what is it?",
    ),
    mutant(
        "random_batches",
        "offset-per-batch",
        "Each batch drops its own random number of tokens, so the subsequences of an epoch may overlap.",
        "test_random_batches_do_not_overlap",
        (COUNT, "(len(corpus) - num_steps) // num_steps if len(corpus) > num_steps else 0"),
        (
            STARTS,
            "int(torch.randint(num_steps, (), generator=generator)) + num_steps * order[b * batch_size : (b + 1) * batch_size]",
        ),
        hint="Write down where the rows of an epoch begin, modulo num_steps. How often in an epoch is d drawn?",
    ),
    mutant(
        "random_batches",
        "offset-drawn-once",
        "The number of dropped tokens is drawn in the first epoch and kept for all later ones.",
        "test_random_batches_drop_each_number_of_tokens_equally_often",
        (
            OFFSET,
            'random_batches.__dict__.setdefault(f"d{num_steps}", int(torch.randint(num_steps, (), generator=generator)))',
        ),
        hint="Make a few thousand epochs of num_steps = 3 with different seeds, and count how often each number of dropped tokens comes. Which numbers may come, and how often?",
    ),
    mutant(
        "random_batches",
        "dropped-at-the-end",
        "The dropped tokens are missing at the end of the corpus instead of the front: the first subsequence always begins at token 0.",
        "test_random_batches_drop_each_number_of_tokens_equally_often",
        (STARTS, "num_steps * order[b * batch_size : (b + 1) * batch_size]"),
        hint="Make a few thousand epochs of num_steps = 3 with different seeds, and count how often each number of dropped tokens comes. Which numbers may come, and how often?",
    ),
    mutant(
        "random_batches",
        "python-random",
        "Offset and order are drawn from Python's global random module, as D2L's own code does; this course's contract draws from the generator.",
        "test_random_batches_leaves_arguments_and_random_state_alone",
        ("import torch\n", "import random\n\nimport torch\n"),
        (OFFSET, "random.randrange(num_steps)"),
        (ORDER, "torch.tensor(random.sample(range(m), m), dtype=torch.int64)"),
        hint="Find every random call: which generator does each draw from? Make two epochs from equal generators and compare them.",
        convention="D2L's own code",
    ),
    mutant(
        "random_batches",
        "endless",
        "The batches begin again when they are through and never end, as Keras' data generators do; this course's contract gives one epoch.",
        "test_random_batches_do_not_overlap",
        ("import torch\n", "from itertools import cycle\n\nimport torch\n"),
        (RANDOM_BATCHES, "    for b in cycle(range(m // batch_size)):\n"),
        hint="Loop over the result for a short corpus: does the loop come to an end, and after how many batches should it?",
        convention="Keras' data generators",
    ),
    mutant(
        "random_batches",
        "shuffle-buffer",
        "Subsequences are shuffled within a buffer of 100 only, as tf.data's shuffle(100) does; this course's contract shuffles them all.",
        "test_random_batches_mix_the_whole_corpus",
        (
            ORDER,
            "torch.arange(m)\n"
            "    for i in range(m):\n"
            "        j = i + int(torch.randint(min(100, m - i), (), generator=generator))\n"
            "        order[[i, j]] = order[[j, i]]\n"
            "    order = order",
        ),
        hint="Number the subsequences of a long corpus and print the first batch: can the last subsequence ever be in it?",
        convention="tf.data's shuffle",
    ),
    mutant(
        "random_batches",
        "targets-by-token",
        "The target of a token is what follows it where it comes first in the corpus.",
        "test_random_batches_cut_a_corpus_whose_tokens_come_again",
        (
            "yield tokens[places], tokens[places + 1]",
            "yield tokens[places], torch.tensor([[corpus[corpus.index(one) + 1] for one in row] for row in tokens[places].tolist()])",
        ),
        hint=AGAIN,
    ),
    mutant(
        "random_batches",
        "remembered-by-identity",
        "The tokens are kept and found again by the list itself, which may hold other ones by then.",
        "test_random_batches_computes_anew_at_each_call",
        (
            "    tokens = torch.tensor(corpus)\n    for b in range(m",
            '    tokens = globals().setdefault("_kept", {}).setdefault(id(corpus), (corpus, torch.tensor(corpus)))[1]\n    for b in range(m',
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "random_batches",
        "through-double",
        "Tokens go through float64, which rounds the largest ones.",
        "test_random_batches_hold_contiguous_pieces_of_the_corpus",
        (
            "    tokens = torch.tensor(corpus)\n    for b in range(m",
            "    tokens = torch.tensor(corpus, dtype=torch.float64).long()\n    for b in range(m",
        ),
        hint=DIGITS,
    ),
    mutant(
        "random_batches",
        "steps-counted-in-bytes",
        "Steps are counted in bytes: after 256 of them a row begins again.",
        "test_random_batches_hold_contiguous_pieces_of_the_corpus",
        (
            "places = starts[:, None] + torch.arange(num_steps)",
            "places = starts[:, None] + torch.arange(num_steps) % 256",
        ),
        hint=LONG_ONE,
    ),
    # -- sequential_batches -------------------------------------------------------------------------------
    mutant(
        "sequential_batches",
        "view-not-transpose",
        "The corpus is laid out down the columns, so neighbouring tokens stand in different rows.",
        "test_sequential_batches_of_fourteen_tokens",
        (INPUTS, "tokens[offset : offset + num_tokens].reshape(-1, batch_size).T"),
        (TARGETS, "tokens[offset + 1 : offset + 1 + num_tokens].reshape(-1, batch_size).T"),
        hint="Take the corpus 0, 1, 2, … and print the first row of the first batch: are its tokens neighbours in the corpus? Try the same shape with reshape, and with reshape and a transpose.",
    ),
    mutant(
        "sequential_batches",
        "rows-not-continued",
        "A whole batch is one stretch of the corpus, so a row does not continue in the same row of the next batch.",
        "test_sequential_batches_continue_each_row_in_the_next_batch",
        (
            SEQUENTIAL_PAIR,
            "size = batch_size * num_steps\n"
            "        shape = batch_size, num_steps\n"
            "        yield tuple(x.reshape(-1)[b * size : (b + 1) * size].reshape(shape) for x in (inputs, targets))",
        ),
        hint="Take the corpus 0, 1, 2, …: with which token does row 0 of the first batch end, and with which does row 0 of the second begin?",
    ),
    mutant(
        "sequential_batches",
        "columns-overlap",
        "Each batch lies only one column after the one before, so batches overlap.",
        "test_sequential_batches_continue_each_row_in_the_next_batch",
        ("slice(b * num_steps, (b + 1) * num_steps)", "slice(b, b + num_steps)"),
        hint="Take the corpus 0, 1, 2, …: with which token does row 0 of the first batch end, and with which does row 0 of the second begin? Is any token read twice?",
    ),
    mutant(
        "sequential_batches",
        "target-is-input",
        "Y equals X, as in Hugging Face's language models, which shift inside the model; this course's contract shifts Y by one token.",
        "test_sequential_batches_pair_each_token_with_the_next",
        (SEQUENTIAL_PAIR, "yield inputs[:, columns], inputs[:, columns]"),
        hint="Take the corpus 0, 1, 2, …: what should Y minus X be everywhere, and what is it?",
        convention="Hugging Face's language models",
    ),
    mutant(
        "sequential_batches",
        "last-target-wraps",
        "The last target of a row is the first input of that row, instead of the token that follows.",
        "test_sequential_batches_pair_each_token_with_the_next",
        (SEQUENTIAL_PAIR, "yield inputs[:, columns], inputs[:, columns].roll(-1, 1)"),
        hint="Take the corpus 0, 1, 2, … and look at the last column of Y: which token comes after the last one of X, and where do you read it?",
    ),
    mutant(
        "sequential_batches",
        "offset-ignored",
        "The first row begins at token 0, whatever the offset.",
        "test_sequential_batches_begin_at_the_offset",
        (INPUTS, "tokens[:num_tokens].reshape(batch_size, -1)"),
        (TARGETS, "tokens[1 : 1 + num_tokens].reshape(batch_size, -1)"),
        hint="Take the corpus 0, 1, 2, …: with which token does the first row begin, for offsets from 0 to beyond num_steps?",
    ),
    mutant(
        "sequential_batches",
        "offset-modulo",
        "The offset is taken modulo num_steps.",
        "test_sequential_batches_take_every_offset",
        ("    num_tokens = (len", "    offset %= num_steps\n    num_tokens = (len"),
        hint="Take the corpus 0, 1, 2, …: with which token does the first row begin, for offsets from 0 to beyond num_steps?",
    ),
    mutant(
        "sequential_batches",
        "offset-clamped",
        "An offset larger than num_steps is cut to num_steps.",
        "test_sequential_batches_take_every_offset",
        ("    num_tokens = (len", "    offset = min(offset, num_steps)\n    num_tokens = (len"),
        hint="Take the corpus 0, 1, 2, …: with which token does the first row begin, for offsets from 0 to beyond num_steps?",
    ),
    mutant(
        "sequential_batches",
        "rows-of-whole-batches",
        "The corpus is cut to whole batches before it is laid out, so the rows begin elsewhere.",
        "test_sequential_batches_begin_at_the_offset",
        (
            NUM_TOKENS,
            "(len(corpus) - offset - 1) // (batch_size * num_steps) * (batch_size * num_steps)",
        ),
        hint="At which token should the second row begin? Work it out from the contract's num_tokens, with a corpus that leaves a partial batch.",
    ),
    mutant(
        "sequential_batches",
        "no-room-for-the-last-target",
        "Inputs are taken up to the end of the corpus, so that the last one has no target.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (NUM_TOKENS, "(len(corpus) - offset) // batch_size * batch_size"),
        hint="How many tokens does a layout need beyond its last input? Try a corpus whose length after the offset is a multiple of batch_size.",
    ),
    mutant(
        "sequential_batches",
        "last-target-wraps-to-the-corpus",
        "Inputs are taken up to the end of the corpus, and the last target wraps to the first token of the corpus.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (NUM_TOKENS, "(len(corpus) - offset) // batch_size * batch_size"),
        (TARGETS, "tokens.roll(-1)[offset : offset + num_tokens].reshape(batch_size, -1)"),
        hint="How many tokens does a layout need beyond its last input? Try a corpus whose length after the offset is a multiple of batch_size.",
    ),
    mutant(
        "sequential_batches",
        "partial-batch-kept",
        "The last columns are kept as a narrower batch, as in PyTorch's word-level language model; this course's contract drops them.",
        "test_sequential_batches_give_every_full_batch",
        (SEQUENTIAL_BATCHES, "    for b in range(-(-inputs.shape[1] // num_steps)):\n"),
        hint="Choose a num_steps that does not divide the length of the rows, and print the shape of every batch.",
        convention="PyTorch's word-level language model",
    ),
    mutant(
        "sequential_batches",
        "last-batch-missing",
        "The last full batch is dropped as well.",
        "test_sequential_batches_give_every_full_batch",
        (SEQUENTIAL_BATCHES, "    for b in range(inputs.shape[1] // num_steps - 1):\n"),
        hint="Choose a num_steps that divides the length of the rows exactly: how many full batches are there, and how many come?",
    ),
    mutant(
        "sequential_batches",
        "one-batch-at-least",
        "A corpus that is too short gives one batch that is not full instead of none.",
        "test_sequential_batches_of_too_short_a_corpus_are_none",
        (SEQUENTIAL_BATCHES, "    for b in range(max(1, inputs.shape[1] // num_steps)):\n"),
        hint="How many batches are in a corpus of one token? Call list(...) on the result and look.",
    ),
    mutant(
        "sequential_batches",
        "transposed",
        "Batches are time-major (num_steps, batch_size), as torchtext's BPTTIterator makes them; this course's contract puts the batch first.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (SEQUENTIAL_PAIR, "yield inputs[:, columns].T, targets[:, columns].T"),
        hint="Print the shape of X with a batch_size that differs from num_steps, and compare it with the contract.",
        convention="torchtext's BPTTIterator",
    ),
    mutant(
        "sequential_batches",
        "int32",
        "The tokens come as int32 instead of int64.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (SEQUENTIAL_PAIR, "yield inputs[:, columns].int(), targets[:, columns].int()"),
        hint="Print the dtypes and compare them with the contract.",
    ),
    mutant(
        "sequential_batches",
        "drops-in-place",
        "The tokens before the offset are deleted from the caller's corpus.",
        "test_sequential_batches_leaves_arguments_and_random_state_alone",
        (SEQUENTIAL_BATCHES, "    del corpus[: offset + 1]\n" + SEQUENTIAL_BATCHES),
        hint="Print len(corpus) before and after the call. Which statements change a list in place, and which make a new one?",
    ),
    mutant(
        "sequential_batches",
        "random-offset",
        "A random number is added to the offset, drawn from torch's global random state.",
        "test_sequential_batches_leaves_arguments_and_random_state_alone",
        ("    num_tokens = (len", "    offset += int(torch.randint(2, ()))\n    num_tokens = (len"),
        hint="Call it twice with the same arguments: should anything here be random?",
    ),
    mutant(
        "sequential_batches",
        "swapped",
        "X and Y are yielded in each other's place.",
        "test_sequential_batches_pair_each_token_with_the_next",
        (SEQUENTIAL_PAIR, "yield targets[:, columns], inputs[:, columns]"),
        hint="Take the corpus 0, 1, 2, …: what should Y minus X be everywhere, and what is it?",
    ),
    mutant(
        "sequential_batches",
        "offset-in-every-row",
        "The whole corpus is laid out, and then the first `offset` columns are skipped, so tokens are dropped in every row.",
        "test_sequential_batches_begin_at_the_offset",
        (NUM_TOKENS, "(len(corpus) - 1) // batch_size * batch_size"),
        (INPUTS, "tokens[:num_tokens].reshape(batch_size, -1)[:, offset:]"),
        (TARGETS, "tokens[1 : 1 + num_tokens].reshape(batch_size, -1)[:, offset:]"),
        hint="At which token should the second row begin? How many tokens of the corpus may be dropped because of the offset?",
    ),
    mutant(
        "sequential_batches",
        "targets-within-the-row",
        "The corpus is laid out first and shifted inside each row, as in PyTorch's word-level language model, so the last token of a row has no target; this course's contract takes that target from the next row.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (NUM_TOKENS, "(len(corpus) - offset) // batch_size * batch_size"),
        (INPUTS, "tokens[offset : offset + num_tokens].reshape(batch_size, -1)[:, :-1]"),
        (TARGETS, "tokens[offset : offset + num_tokens].reshape(batch_size, -1)[:, 1:]"),
        hint="How many columns has X by the contract's num_tokens, and how many has yours? Which token follows the last input of the first row?",
        convention="PyTorch's word-level language model",
    ),
    mutant(
        "sequential_batches",
        "whole-batches-and-last-target-wraps",
        "The corpus is cut to whole batches before it is laid out, and the very last target is the very first input, as in char-rnn; this course's contract cuts to full rows and targets come from the corpus.",
        "test_sequential_batches_begin_at_the_offset",
        (NUM_TOKENS, "(len(corpus) - offset) // (batch_size * num_steps) * (batch_size * num_steps)"),
        (TARGETS, "tokens[offset : offset + num_tokens].roll(-1).reshape(batch_size, -1)"),
        hint="Work out from the contract's num_tokens at which token the second row begins, and which token the very last target is.",
        convention="char-rnn",
    ),
    mutant(
        "sequential_batches",
        "flat-targets",
        "Y is flattened to one axis, as in PyTorch's word-level language model; this course's contract gives it the shape of X.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (SEQUENTIAL_PAIR, "yield inputs[:, columns], targets[:, columns].flatten()"),
        hint="Print the shapes of X and Y side by side.",
        convention="PyTorch's word-level language model",
    ),
    mutant(
        "sequential_batches",
        "targets-by-token",
        "The target of a token is what follows it where it comes first in the corpus.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (
            "yield inputs[:, columns], targets[:, columns]",
            "yield inputs[:, columns], torch.tensor([[corpus[corpus.index(one) + 1] for one in row] for row in inputs[:, columns].tolist()])",
        ),
        hint=AGAIN,
    ),
    mutant(
        "sequential_batches",
        "remembered-by-identity",
        "The tokens are kept and found again by the list itself, which may hold other ones by then.",
        "test_sequential_batches_computes_anew_at_each_call",
        (
            "    tokens = torch.tensor(corpus)\n    inputs",
            '    tokens = globals().setdefault("_kept", {}).setdefault(id(corpus), (corpus, torch.tensor(corpus)))[1]\n    inputs',
        ),
        hint=KEPT_ON,
    ),
    mutant(
        "sequential_batches",
        "through-double",
        "Tokens go through float64, which rounds the largest ones.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (
            "    tokens = torch.tensor(corpus)\n    inputs",
            "    tokens = torch.tensor(corpus, dtype=torch.float64).long()\n    inputs",
        ),
        hint=DIGITS,
    ),
    mutant(
        "sequential_batches",
        "at-most-256-steps",
        "A batch holds 256 columns at most, however many steps are asked for.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        (
            "columns = slice(b * num_steps, (b + 1) * num_steps)",
            "columns = slice(b * num_steps, b * num_steps + min(num_steps, 256))",
        ),
        hint=LONG_ONE,
    ),
    mutant(
        "sequential_batches",
        "offset-in-a-byte",
        "The offset is taken modulo 256.",
        "test_sequential_batches_lay_the_corpus_out_in_rows",
        ("    num_tokens = (len(corpus)", "    offset %= 256\n    num_tokens = (len(corpus)"),
        hint="Where does the first row begin for an offset of 260?",
    ),
]


def _same_epochs(arguments: Mapping[str, Any], one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Batches of one kind, rows of one make; epochs that are as long, repeat alike, and visit as often."""
    kinds = [{(X.dtype, Y.dtype, X.shape[1:], Y.shape[1:]) for X, Y in made["batches"]} for made in (one, other)]
    makes = [Counter(_makes(arguments, made["batches"])) for made in (one, other)]
    always = [set(make) for make in makes if len(make) == 1]
    several = min(len(one["batches"]), len(other["batches"])) > 1  # one batch has something of its own in common
    if (all(kinds) and kinds[0] != kinds[1]) or (several and len(always) == 2 and always[0] != always[1]):
        return False
    epochs = [_epochs(arguments, made) for made in (one, other)]
    first, second = (_lengths(arguments["num_steps"], begins) for begins in epochs)
    if any(first[d] != second[d] for d in first.keys() & second.keys()):
        return False
    if _repeats(epochs[0]) != _repeats(epochs[1]):
        return False
    counts = zip(*(_visits(arguments, begins) for begins in epochs), strict=True)
    return same_frequencies(*makes) and all(same_frequencies(*pair) for pair in counts)


def _makes(arguments: Mapping[str, Any], batches: list[Any]) -> list[tuple[int, ...]]:
    """Of each row, how far the tokens of X and of Y lie in the corpus from the first one of X."""
    place = {token: i for i, token in enumerate(arguments["corpus"])}
    rows = [torch.cat(pair, 1).tolist() for pair in batches if pair[0].ndim == 2 and pair[0].shape == pair[1].shape]
    placed = [[place.get(token, -1000) for token in row] for row in itertools.chain.from_iterable(rows) if row]
    return [tuple(token - row[0] for token in row) for row in placed]


def _epochs(arguments: Mapping[str, Any], made: dict[str, Any]) -> list[tuple[int, ...]]:
    """Where the rows of each epoch begin in the corpus, in order of visit."""
    place = {token: i for i, token in enumerate(arguments["corpus"])}
    first = [token for X, _ in made["batches"] if X.ndim == 2 and X.shape[1] for token in X[:, 0].tolist()]
    return [tuple(place.get(one, -1000) for one in epoch if one != -1) for epoch in (first, *made["epochs"])]


def _lengths(num_steps: int, epochs: list[tuple[int, ...]]) -> dict[int, set[int]]:
    """By offset, of how many rows epochs are, but for 0, as which num_steps would appear; nothing where an epoch has
    several offsets, or an offset several lengths."""
    found: dict[int, set[int]] = {}
    for begins in filter(None, epochs):
        found.setdefault(begins[0] % num_steps, set()).add(len(begins))
    found.pop(0, None)
    single = all(len({begin % num_steps for begin in begins}) < 2 for begins in epochs)
    return found if single and all(len(lengths) == 1 for lengths in found.values()) else {}


def _repeats(epochs: list[tuple[int, ...]]) -> bool:
    """Whether all of several epochs are the same."""
    return len(epochs) > 4 and len(set(epochs)) == 1


def _visits(arguments: Mapping[str, Any], epochs: list[tuple[int, ...]]) -> list[Counter[Any]]:
    """How often rows are in each order, at each offset, so often in an epoch, so far from the one before."""
    n, T = arguments["batch_size"], arguments["num_steps"]
    if _repeats(epochs):
        epochs = epochs[:1]
    steps = [after - begin for begins in epochs for begin, after in itertools.pairwise(begins)]
    return [
        Counter(tuple(begin // T for begin in begins) for begins in epochs),
        Counter(tuple(begin % T for begin in begins) for begins in epochs),
        Counter(begins[:1] for begins in epochs),
        Counter(times for begins in epochs for times in Counter(begins).values()),
        Counter((step == T, step > 0, abs(step) <= 2 * n * T) for step in steps),
    ]


ALIKE = {"random_batches": _same_epochs}
