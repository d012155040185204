"""The template: a file a unit, every hook with its contract and a body that says `not implemented yet`."""

from __future__ import annotations

from harness.contracts.component import Component
from harness.units import Unit, units

WIDTH = 110


def hook_text(item: Component) -> str:
    """One hook of the template."""
    first, *rest = item.contract.splitlines()
    body = "\n".join(f"    {line}" if line else "" for line in rest)
    doc = f'    """{first}\n{body}\n    """' if rest else f'    """{first}"""'
    inside = ", ".join(item.parameters)
    if len(item.name) + len(inside) > WIDTH - len("def ():"):
        inside = f"\n    {inside}\n"
    return f'@hookimpl\ndef {item.name}({inside}):\n{doc}\n    raise NotImplementedError("not implemented yet")\n'


def unit_text(unit: Unit) -> str:
    """One unit's file of the template."""
    title = (unit.module.__doc__ or unit.name).strip().splitlines()[0]
    hooks = "\n\n".join(hook_text(item) for item in unit.components.values())
    return f'"""{title}"""\n\nfrom harness import hookimpl\n\n\n{hooks}'


def package_files(chosen: list[Unit] | None = None) -> dict[str, str]:
    """The template as a package: file names and texts."""
    wanted = chosen or list(units().values())
    exposed = "".join(f"from .{unit.name} import *  # noqa: F403\n" for unit in sorted(wanted, key=lambda u: u.name))
    intro = '"""A submission: one file a unit. Fill in the hooks you can; the others count as not submitted."""'
    return {"__init__.py": f"{intro}\n\n{exposed}", **{f"{unit.name}.py": unit_text(unit) for unit in wanted}}


def single_file(chosen: list[Unit] | None = None) -> str:
    """The template as one file."""
    wanted = chosen or list(units().values())
    hooks = "\n\n".join(hook_text(item) for unit in wanted for item in unit.components.values())
    intro = '"""A submission. Fill in the hooks you can; the others count as not submitted."""'
    return f"{intro}\n\nfrom harness import hookimpl\n\n\n{hooks}"
