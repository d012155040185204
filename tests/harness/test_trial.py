"""Tests of trials: what each question demands of the answers, told by subjects and references that say what we like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch

from harness.contracts.ambient import RandomStates, global_state_kept
from harness.contracts.component import component
from harness.contracts.observation import Observation, Raised, Request
from harness.contracts.results import Anything, Array, Fields, Int, Kind, Parts
from harness.judge.subject import InProcess
from harness.judge.tolerances import LAW, REAL, STABLE
from harness.judge.trial import SEEDS, Bench, Trial
from harness.judge.verdict import Failure

Answer = Callable[[Request], Observation]
PAIR = Parts(outputs=Array("n"), state=Array("n"))
X = {"x": torch.tensor([1.0, 2.0])}
CALL = "[spec(x=float32 (2,))]"


class Told:
    """A subject, or an oracle, that answers with what a function makes of the request."""

    name = "told"
    isolation = InProcess.isolation

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[Request] = []

    def observe(self, request: Request) -> Observation:
        self.asked.append(request)
        return self.answer(request)


def trial(student: Any, reference: Any = None, kind: Kind | None = None, device: str = "cpu", **options: Any) -> Trial:
    """A trial of a student's function of the arguments against a reference's."""

    def spec(x: Any) -> Any:
        """A contract."""

    made: Any = component(kind or Anything(), **options)(spec)
    bench: Any = Bench(Told(_answer(student)), Told(_answer(reference)), device)  # type: ignore[arg-type]
    return Trial(bench, made.component)


def _answer(function: Any) -> Answer:
    """An Observation as it is, or the arguments' function's result as one."""

    def answer(request: Request) -> Observation:
        made = function(request) if callable(function) else function
        return made if isinstance(made, Observation) else Observation(made)

    return answer


def fault(judge: Callable[[], Any]) -> str:
    """The message of a trial's Failure; an empty one where there is none."""
    try:
        judge()
    except Failure as failure:
        return failure.message
    return ""


def off(outputs: float = 0.0, state: float = 0.0) -> Callable[[Request], Any]:
    """Twice x, a little off in each of two parts, in the dtype of x."""
    return lambda request: (2 * request.arguments["x"] + outputs, 2 * request.arguments["x"] + state)


def rounding(outputs: float, state: float = 0.0) -> Callable[[Request], Any]:
    """A reference that is off only in float32."""

    def answer(request: Request) -> Any:
        exact = request.arguments["x"].dtype is torch.float64
        return off()(request) if exact else off(outputs, state)(request)

    return answer


# -- comparing with the reference -------------------------------------------------------------------------


def test_results_agree_within_the_references_own_rounding_part_by_part() -> None:
    """Sixteen times its float32 error, each part for itself; the reference is asked in float64 too."""
    judge = trial(off(1e-4), rounding(1e-5), PAIR)
    outputs, _ = judge.agrees(X)
    assert torch.equal(outputs, 2 * X["x"] + 1e-4)
    assert [one.arguments["x"].dtype for one in judge.bench.oracle.asked] == [torch.float32, torch.float64]
    assert fault(lambda: trial(off(3e-4), rounding(1e-5), PAIR).agrees(X)).startswith(
        f"spec: outputs[0] is 2.0003, but should be 2\n  {CALL}\n  2 of 2 elements differ, the first at [0]; the worst"
    )
    assert "spec: state[1] is" in fault(lambda: trial(off(0, 1e-4), rounding(1e-5), PAIR).agrees(X))
    assert not fault(lambda: trial(off(0, 1e-4), rounding(0, 1e-5), PAIR).agrees(X))
    assert fault(lambda: trial(off(3e-4), rounding(-1e-5), PAIR).agrees(X))


def test_the_drive_goes_to_both_in_the_same_precision() -> None:
    """What an observer needs besides is cast up with the arguments."""
    judge = trial(1, 1)
    judge.agrees({}, {"w": torch.zeros(1)})
    assert [one.drive["w"].dtype for one in judge.bench.oracle.asked] == [torch.float32, torch.float64]


@pytest.mark.parametrize(("size", "other"), [(2, 3), (3, 2)])
def test_a_part_that_has_no_error_of_its_own_is_no_obstacle(size: int, other: int) -> None:
    """Integers, and tensors whose shape hangs on a rounding, are compared as they are."""

    def reference(request: Request) -> Any:
        exact = request.arguments["x"].dtype is torch.float64
        return torch.zeros(size if exact else other), torch.tensor([2**62, 7])

    def student(error: float) -> Any:
        return torch.zeros(size) + error, torch.tensor([2**62, 7])

    assert not fault(lambda: trial(student(0.0), reference, PAIR).agrees(X))
    assert fault(lambda: trial(student(9e-6), reference, PAIR).agrees(X))


@pytest.mark.parametrize(("dtype", "passes"), [(torch.float32, True), (torch.float64, False), (torch.float16, True)])
def test_stable_results_are_judged_coarsely_in_float32_only(dtype: torch.dtype, passes: bool) -> None:
    """Scores of 1e4 lose digits in float32; float64 has them."""
    given = {"x": X["x"].to(dtype)}
    judge = trial(off(0.9 * STABLE), off(), PAIR)
    assert (not fault(lambda: judge.agrees(given, stable=True))) == passes
    assert fault(lambda: judge.agrees(given))
    assert fault(lambda: trial(off(1.1 * STABLE), off(), PAIR).agrees(X, stable=True))


def test_results_have_the_references_dtype() -> None:
    """A result of another precision is refused before it is compared, part by part."""

    def student(request: Request) -> Any:
        return 2 * request.arguments["x"], 2 * request.arguments["x"].double()

    assert fault(lambda: trial(student, off(), PAIR).agrees(X)) == (
        f"spec: state has dtype torch.float64, but should have torch.float32\n  {CALL}"
    )


def test_a_part_that_the_reference_has_not_is_left_to_the_comparison() -> None:
    """One batch too many has no dtype to be held to."""
    student = [torch.zeros(1), torch.zeros(1, dtype=torch.float64)]
    kind = Anything()
    assert "has 2 items, but should have 1" in fault(lambda: trial(student, [torch.zeros(1)], kind).agrees(X))
    assert "has dtype" not in fault(lambda: trial({"a": 1}, {"a": torch.zeros(1)}, kind).agrees(X))


@pytest.mark.parametrize(
    ("arguments", "drive"),
    [
        (X, {}),
        ({"x": [torch.zeros(1)]}, {}),
        ({"x": ({"w": torch.zeros(1)},)}, {}),
        ({"x": [1, 2, 3, torch.zeros(1)]}, {}),
        ({"x": 1}, {"w": torch.zeros(1)}),
    ],
)
def test_results_are_where_the_arguments_are(arguments: Mapping[str, Any], drive: Mapping[str, Any]) -> None:
    """Tensors in, tensors out, on one device, whichever of its cards."""
    there = Observation(1, devices=["cpu", "cuda:0", "cuda:1"])
    message = fault(lambda: trial(there, 1).agrees(arguments, drive))
    assert message.startswith("spec: a result is on device cuda:0, but should be on cpu\n")
    assert "results follow the device of the arguments" in message
    assert not fault(lambda: trial(Observation(1, devices=["cuda:1"]), 1, device="cuda").agrees(arguments, drive))
    assert fault(lambda: trial(Observation(1, devices=["cpu"]), 1, device="cuda").agrees(arguments, drive))


@pytest.mark.parametrize("arguments", [{}, {"x": 1}, {"x": [1, 2]}, {"x": {"a": "b"}}])
def test_results_are_anywhere_where_no_argument_is_a_tensor(arguments: Mapping[str, Any]) -> None:
    """There is no device to follow."""
    assert not fault(lambda: trial(Observation(1, devices=["cuda:0"]), 1).agrees(arguments))


# -- gradients --------------------------------------------------------------------------------------------


def with_gradients(**gradients: torch.Tensor | None) -> Callable[[Request], Observation]:
    """Gradients in the dtype of x."""

    def answer(request: Request) -> Observation:
        dtype = request.arguments["x"].dtype
        return Observation(1, gradients={name: g if g is None else g.to(dtype) for name, g in gradients.items()})

    return answer


def judged(found: Any, exact: Any, own: Any = None) -> str:
    """What is wrong with gradients; `own` is what the reference has in float32."""

    def reference(request: Request) -> Observation:
        told = exact if request.arguments["x"].dtype is torch.float64 or own is None else own
        return with_gradients(**told)(request)

    return fault(lambda: trial(with_gradients(**found), reference).gradients_agree(X))


def test_every_gradient_is_compared_with_the_references() -> None:
    """All arguments, within the reference's own rounding, under the same cotangents."""
    exact = {"x": torch.tensor([1.0, -2.0]), "w": torch.tensor([3.0])}
    assert not judged(exact, exact)
    assert judged({**exact, "w": torch.tensor([3.01])}, exact).startswith(
        f"spec: the gradient of w[0] is 3.01, but should be 3\n  {CALL}\n  1 of 1 elements differ"
    )
    assert judged({**exact, "x": torch.tensor([1.0, 2.0])}, exact).startswith("spec: the gradient of x[1] is 2")
    judge = trial(with_gradients(**exact), with_gradients(**exact))
    judge.gradients_agree(X, seed=5)
    seeds = {one.cotangent_seed for told in (judge.bench.subject, judge.bench.oracle) for one in told.asked}
    assert seeds == {5}
    assert [one.arguments["x"].dtype for one in judge.bench.oracle.asked] == [torch.float32, torch.float64]


def test_a_gradient_is_judged_by_the_references_own_error_and_by_the_largest_of_all() -> None:
    """What the largest gradient's rounding leaves in a small one is no mistake."""
    exact = {"x": torch.tensor([1.0]), "w": torch.tensor([1.0])}
    near = {"x": torch.tensor([1.0]), "w": torch.tensor([1.0 + 1e-4])}
    assert judged(near, exact)
    assert not judged(near, exact, {"x": torch.tensor([1.0]), "w": torch.tensor([1.0 + 2e-5])})
    assert judged(near, exact, {"x": torch.tensor([1.0 + 2e-5]), "w": torch.tensor([1.0])})
    further = {"x": torch.tensor([1.0]), "w": torch.tensor([1.0 + 5e-4])}
    assert judged(further, exact, {"x": torch.tensor([1.0]), "w": torch.tensor([1.0 - 2e-5])})
    large = {"x": torch.tensor([1e6])}
    assert not judged({**near, **large}, {**exact, **large})


def test_a_gradient_that_does_not_arrive_is_missed() -> None:
    """Where results depend on an argument, None is wrong; where they do not, anything but nothing is."""
    exact = {"x": torch.tensor([1.0]), "w": torch.tensor([1.0]), "b": None}
    assert judged({"x": torch.tensor([1.0]), "w": None, "b": None}, exact) == f"spec: no gradient reaches w\n  {CALL}"
    assert judged({"x": torch.tensor([1.0]), "b": None}, exact) == f"spec: no gradient reaches w\n  {CALL}"
    assert not judged({**exact, "b": torch.tensor([1e-7])}, exact)
    assert not judged({**exact, "b": torch.tensor([0.0, 0.0])}, exact)
    for value in (1e-5, -1e-5):
        assert judged({**exact, "b": torch.tensor([0.0, value])}, exact) == (
            f"spec: a gradient reaches b, on which no result depends\n  {CALL}"
        )
    assert not judged(
        {**exact, "x": torch.tensor([1e3]), "b": torch.tensor([5e-4])}, {**exact, "x": torch.tensor([1e3])}
    )
    zero = {"x": torch.tensor([1.0]), "w": torch.zeros(1)}
    assert not judged({"x": torch.tensor([1.0]), "w": None}, zero)
    assert not judged({"x": torch.tensor([1.0]), "w": torch.tensor([1.0])}, {**zero, "w": torch.tensor([1.0])}, zero)


def test_the_reference_may_have_no_gradient_in_one_precision() -> None:
    """Its own error is then taken for none."""
    exact = {"x": torch.tensor([1.0])}
    assert not judged(exact, exact, {"x": None})
    assert judged({"x": torch.tensor([1.0005])}, exact, {"x": None})


def test_where_no_gradient_is_due_only_zeros_are_none() -> None:
    """There is no largest entry then for a rounding error to come from."""
    assert not judged({"b": torch.zeros(2)}, {"b": None})
    assert judged({"b": torch.full((2,), 5e-7)}, {"b": None})


@pytest.mark.parametrize("gradients", [None, {}, {"x": None}])
def test_results_without_any_gradient_are_not_differentiable(gradients: Any) -> None:
    """Said once, for all arguments."""
    judge = trial(Observation(1, gradients=gradients))
    headline = "spec: the results are not differentiable: no gradient reaches any argument"
    assert fault(lambda: judge.gradients(X)) == f"{headline}\n  {CALL}"


def test_gradients_are_given_as_they_were_found() -> None:
    """One is enough; the others may be missing."""
    found = {"w": None, "x": torch.ones(1)}
    judge = trial(Observation(1, gradients=found))
    assert judge.gradients(X, {"d": 1}, seed=3) is found
    asked = judge.bench.subject.asked[0]
    assert (asked.cotangent_seed, dict(asked.drive)) == (3, {"d": 1})
    assert "raised" in fault(lambda: trial(raised("ValueError")).gradients(X))


# -- laws -------------------------------------------------------------------------------------------------


def test_two_results_match_within_the_tolerance_for_laws_or_the_one_given() -> None:
    """Results have the names of their parts; any other value the name that it is given."""
    zero, near = torch.zeros(2), torch.full((2,), 2 * LAW[torch.float32])
    judge = trial(1, kind=PAIR)
    assert not fault(lambda: judge.matches((zero, zero), (zero, near / 4)))
    assert fault(lambda: judge.matches((zero, zero), (zero, near), call=CALL)).startswith(
        f"spec: state[0] is 0, but should be 0.0002\n  {CALL}\n"
    )
    assert fault(lambda: judge.matches(zero, near, "the sum")).startswith("spec: the sum[0] is 0, but should be 0.0002")
    assert fault(lambda: judge.matches((zero,), (near,), "the sum")).startswith("spec: the sum[0][0] is 0")
    assert not fault(lambda: judge.matches(zero, near, "the sum", tolerance=lambda *_: 1.0))
    assert not fault(lambda: judge.matches(zero + 1000, near + 1000, "the sum"))


def test_near_takes_a_relative_tolerance() -> None:
    """By default the one for Python floats."""
    judge = trial(1)
    judge.near(1 + 0.9 * REAL, 1.0, "the slope")
    judge.near(1.4, 1.0, "the slope", 0.5)
    assert fault(lambda: judge.near(1 + 1.1 * REAL, 1.0, "the slope", call="[c]")).startswith(
        "spec: the slope is 1.000011, but should be 1\n  [c]\n"
    )


def test_what_is_required_and_does_not_hold_fails() -> None:
    """With its details and its hint."""
    judge = trial(1)
    judge.require(True, "no")
    with pytest.raises(Failure) as failure:
        judge.require(False, "is no permutation", "one", "", "two", hint="Sort.")
    assert (failure.value.message, failure.value.hint) == ("spec: is no permutation\n  one\n  two", "Sort.")


# -- exceptions -------------------------------------------------------------------------------------------


def raised(*names: str, message: str = "no") -> Observation:
    """An exception of these builtin classes, from the most special to the most general."""
    return Observation(raised=Raised([f"builtins.{name}" for name in names], message, ["line 3"]))


def test_the_documented_exception_or_a_subclass_must_be_raised() -> None:
    """A result, and another exception, are faults, each with what there was."""
    trial(raised("ValueError")).raises(ValueError, X)
    trial(raised("UnicodeError", "ValueError")).raises(ValueError, X)
    assert fault(lambda: trial([1, 2]).raises(ValueError, X)) == (
        f"spec: returned [1, 2], but should raise ValueError\n  {CALL}"
    )
    assert fault(lambda: trial(raised("KeyError")).raises(ValueError, X)) == (
        f"spec: raised KeyError, but should raise ValueError\n  no\n  line 3\n  {CALL}"
    )


# -- purity -----------------------------------------------------------------------------------------------


def leaving(
    result: Any = 1, moving: str = "", seeded: bool = False, states_of: str = "ab", **became: Any
) -> Callable[[Request], Observation]:
    """A hook that leaves arguments as they are, but for `became`, and random states, but for one."""

    def answer(request: Request) -> Observation:
        assert request.global_seed is not None
        with global_state_kept():
            states = RandomStates.seeded(request.global_seed).digests()
        if moving:
            states[moving] = "".join(("see", "ded")) if seeded else states_of[request.global_seed == SEEDS[0]]
        told = result(request) if callable(result) else result
        return Observation(told, arguments={**request.arguments, **became}, states=states)

    return answer


def test_pure_work_is_watched_and_returned() -> None:
    """`watch` gives the observation; a purity check asks twice, under different global seeds."""
    judge = trial(leaving(result=5))
    assert judge.watch(X, {"d": 1}).result == 5
    judge.is_pure(X, {"d": 1})
    asked = judge.bench.subject.asked
    assert [one.global_seed for one in asked] == [SEEDS[0], SEEDS[0], SEEDS[1]]
    assert all(dict(one.drive) == {"d": 1} for one in asked)
    assert judge.watch(X, seed=3).result == 5
    assert asked[-1].global_seed == 3


def test_a_changed_argument_is_a_fault_where_it_may_not_be_changed() -> None:
    """Named, with the way out."""
    message = f"spec: changed its argument 'x' in place\n  {CALL}"
    for ask in (trial(leaving(x=2)).watch, trial(leaving(x=2)).is_pure):
        assert fault(lambda ask=ask: ask(X)) == message
    assert not fault(lambda: trial(leaving(x=2), may_change=("x",)).is_pure(X))
    assert fault(lambda: trial(leaving(x=2), may_change=("y",)).is_pure(X)) == message


@pytest.mark.parametrize("name", ["torch", "numpy", "random"])
def test_a_moved_random_state_is_a_fault_where_it_may_not_be_drawn_from(name: str) -> None:
    """A component that may draw may draw from torch's, and from no other."""
    message = f"spec: moved the global random state of {name}\n  {CALL}"
    assert fault(lambda: trial(leaving(moving=name)).watch(X)) == message
    assert fault(lambda: trial(leaving(moving=name)).is_pure(X)) == message
    drawing = fault(lambda: trial(leaving(moving=name), may_draw=True).is_pure(X))
    assert drawing == ("" if name == "torch" else message)
    other_way = leaving(moving=name, states_of="ba")
    assert fault(lambda: trial(other_way, may_draw=True).is_pure(X)) == drawing


def test_the_first_of_several_faults_is_named() -> None:
    """In the order of the arguments, and of the packages."""
    given = {"x": 1, "y": 2}
    assert "changed its argument 'x'" in fault(lambda: trial(leaving(x=3, y=4)).watch(given))

    def answer(request: Request) -> Observation:
        return Observation(1, arguments=dict(request.arguments), states={})

    assert "moved the global random state of torch" in fault(lambda: trial(answer).watch(given))


def test_a_component_that_may_draw_may_not_seed() -> None:
    """Two global seeds must end in two states."""
    seeding = trial(leaving(moving="torch", seeded=True), may_draw=True)
    assert fault(lambda: seeding.is_pure(X)) == f"spec: seeded the global random state of torch\n  {CALL}"


def test_what_hangs_on_the_global_seed_is_not_pure() -> None:
    """A second call's result must be the first's; not so where drawing is allowed."""
    drawn = leaving(result=lambda request: request.global_seed)
    assert "a second call's result is" in fault(lambda: trial(drawn).is_pure(X))
    assert not fault(lambda: trial(drawn, may_draw=True).is_pure(X))


def test_a_module_may_not_change_what_it_was_given() -> None:
    """What its observer saw mutated is named."""
    assert fault(lambda: trial(leaving({"mutated": ["inputs", "state"]})).is_pure(X)) == (
        f"spec: the module changed its inputs and state in place\n  {CALL}"
    )
    for fine in ({"mutated": []}, {"size": 1}, {}, [("mutated", 1)]):
        assert not fault(lambda fine=fine: trial(leaving(fine)).is_pure(X))


def test_what_raises_or_is_of_another_kind_is_not_watched() -> None:
    """The first thing that is wrong is said."""
    kind = Fields(size=Int())
    assert "raised KeyError" in fault(lambda: trial(raised("KeyError")).watch(X))
    assert "but should be a dict" in fault(lambda: trial(leaving(3), kind=kind).watch(X))


# -- layouts and renewal ----------------------------------------------------------------------------------


def test_strided_tensors_are_asked_for_and_told_of() -> None:
    """The request says so, and so does what is told of a failure."""
    right = trial(lambda request: request.arguments["x"], lambda request: request.arguments["x"])
    right.agrees(X, strided=True)
    right.agrees(X)
    assert [request.strided for request in right.bench.subject.asked] == [True, False]  # type: ignore[attr-defined]
    wrong = trial(torch.zeros(2), torch.ones(2))
    assert f"{CALL}, whose tensors are strided in memory" in fault(lambda: wrong.agrees(X, strided=True))
    assert "strided" not in fault(lambda: wrong.agrees(X))


OTHERS = {"x": torch.tensor([3.0, 4.0])}
AGAIN = f"{CALL} again, with the same objects, which hold other values by then"


def test_what_is_computed_anew_is_the_references_and_stays() -> None:
    """The second result is compared with the reference's of the second contents, and what is kept of it with itself."""

    def told(again: Any, kept: Any) -> Trial:
        return trial(Observation(X["x"], again=again, kept=kept), lambda request: request.arguments["x"])

    right = told(OTHERS["x"], OTHERS["x"])
    right.computes_anew(X, OTHERS)
    (request,) = right.bench.subject.asked  # type: ignore[attr-defined]
    assert (request.arguments, request.again) == (X, OTHERS)
    stale = fault(lambda: told(X["x"], X["x"]).computes_anew(X, OTHERS))
    assert stale.startswith("spec: result[0] is 1, but should be 3")
    assert AGAIN in stale
    spoilt = fault(lambda: told(OTHERS["x"], X["x"]).computes_anew(X, OTHERS))
    assert spoilt.startswith("spec: the result, after one more call,[0] is 1, but should be 3")
    assert AGAIN in spoilt


def test_what_raises_when_it_is_called_again_is_an_error() -> None:
    """The exception, what it says, and when."""
    raised = Observation(raised=Raised(["builtins.KeyError"], "'W'", ["x.py:3, in f: y"]))
    told = fault(lambda: trial(raised).computes_anew(X, OTHERS))
    assert told.splitlines() == ["spec: raised KeyError", "  'W'", "  x.py:3, in f: y", f"  {AGAIN}"]


def test_all_three_results_are_judged_as_any_other() -> None:
    """The first must be of the right kind, and the second as near as float32 allows, not as after large scores."""
    kind = Array("n")
    no_tensor = Observation("x", again=OTHERS["x"], kept=OTHERS["x"])
    assert "is a str" in fault(lambda: trial(no_tensor, OTHERS["x"], kind).computes_anew(X, OTHERS))
    near = OTHERS["x"] + STABLE / 2
    off_by_little = Observation(X["x"], again=near, kept=near)
    assert "but should be 3" in fault(lambda: trial(off_by_little, OTHERS["x"], kind).computes_anew(X, OTHERS))
