"""An attack: a submission with a trick in it, and what the trick must not be worth."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent, indent

from harness.judge.verdict import Verdict
from harness.units import components
from harness.worker.levels import Level

from . import honest
from .frames import WALK

EVERYWHERE = frozenset(Level)
BY_THE_KERNEL = EVERYWHERE - {Level.PROCESS_ONLY}
"""Where the kernel refuses what Python's audit hook does not see."""

MARK = "seqgrade-attack"
"""In the name of every file that an attack tries to make."""

LOSS = "language_model_loss"

WRONG = {
    LOSS: "return logits.sum() * 0",
    "generate": "return list(prefix) + [0] * num_preds",
    "ngram_counts": "return []",
    "vocab": "return None",
    "rnn_scratch": "h = inputs @ params['W_xh'] * 0\nreturn h, h[-1]",
    "lstm_scratch": "h = inputs @ params['W_xi'] * 0\nreturn h, (h[-1], h[-1])",
    "gru_scratch": "h = inputs @ params['W_xr'] * 0\nreturn h, h[-1]",
    "rnn_gradients": (
        "zeros = {**params, 'inputs': inputs, 'state': state}\n"
        "return {name: torch.zeros_like(value) for name, value in zeros.items()}"
    ),
}
"""By component: the body of a hook that is wrong, and does not hide it."""

CHECKS = {
    LOSS: (
        "test_language_model_loss_is_the_mean_cross_entropy_in_float32",
        "test_language_model_loss_is_the_mean_cross_entropy_in_float64",
    ),
    "generate": (
        "test_generate_gives_the_prefix_and_the_most_likely_tokens",
        "test_generate_feeds_every_token_but_the_last_once",
    ),
    "ngram_counts": ("test_ngram_counts_counts_every_contiguous_ngram",),
    "vocab": (
        "test_vocab_lists_sorted_frequent_and_reserved_tokens",
        "test_vocab_maps_tokens_and_indices_to_each_other",
    ),
    "rnn_scratch": (
        "test_rnn_scratch_follows_the_equation_in_float32",
        "test_rnn_scratch_gradients_reach_every_argument",
    ),
    "lstm_scratch": ("test_lstm_scratch_follows_its_equations", "test_lstm_scratch_gradients_reach_every_argument"),
    "gru_scratch": ("test_gru_scratch_follows_its_equations", "test_gru_scratch_gradients_reach_every_argument"),
    "rnn_gradients": ("test_rnn_gradients_follow_the_chain_rule", "test_rnn_gradients_of_two_steps_are_known"),
}
"""By component: the checks that its attacks sit. The wrong hook fails each of them."""


@dataclass(frozen=True)
class Attack:
    """One attack on one component.

    story: what it tries, in one sentence. body: of the hook; top: what stands before it in the file.
    wrong_body: the same wrong work without the trick, where it is not the component's plain wrong hook.
    verdicts: what its failing checks may get; at least one gets the first. levels: where it must fail; elsewhere
    it may succeed, and must still leave the grader whole. cpu_seconds: the budget of one call. checks: which it
    sits, where they are not its component's. loads: whether the file can be imported at all. slow: whether it
    takes seconds. by_level: which of its verdicts it gets depends on the level.
    """

    name: str
    component: str
    story: str
    body: str
    top: str = ""
    wrong_body: str = ""
    verdicts: tuple[Verdict, ...] = (Verdict.FAILED,)
    levels: frozenset[Level] = EVERYWHERE
    cpu_seconds: float = 0.5
    checks: tuple[str, ...] = ()
    loads: bool = True
    slow: bool = False
    by_level: bool = False

    @property
    def source(self) -> str:
        """The submission."""
        return written(self.component, self.body, self.top)

    @property
    def wrong(self) -> str:
        """The wrong control."""
        return written(self.component, self.wrong_body or WRONG[self.component])

    @property
    def check_names(self) -> tuple[str, ...]:
        """The checks of its component that it sits."""
        return self.checks or CHECKS[self.component]


def written(component: str, body: str, top: str = "") -> str:
    """A submission: the given hook, and the honest ones."""
    parameters = ", ".join(components()[component].parameters)
    hook = f"@hookimpl\ndef {component}({parameters}):\n{indent(dedent(body).strip(), '    ')}\n"
    walk = WALK if "harness_module(" in top + body else ""
    return f"import torch\n\nfrom harness import hookimpl\n{walk}{dedent(top)}\n\n{hook}{honest.HOOKS}"
