"""What ATen operations compute, in terms of ``gradproof.engine``: the forward, and never a derivative.

A rule takes what the operation takes, in its order, without what says where and how the result is stored. It returns
what the operation returns. None, or nothing, stands for a result that no op computes, such as the index of a maximum:
to use that in a function is an error. What has no rule here is run as PyTorch itself says it in simpler operations.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...rules import Rule
from . import creation, linear_algebra, network, pointwise, rearrangement, reduction, selection

_FAMILIES = (creation, linear_algebra, network, pointwise, rearrangement, reduction, selection)

#: By the name that ``str`` gives an operation, ``aten.mul.Tensor``.
RULES: Mapping[str, Rule] = {
    f"aten.{name}": rule for family in _FAMILIES for names, rule in family.RULES.items() for name in names.split()
}

#: The operations whose rules take integers and masks for constants.
HOLDING = frozenset(f"aten.{name}" for names in selection.RULES for name in names.split())

#: The arguments that operations write to without saying so in their schema: what the rule returns last goes there.
WRITTEN: Mapping[str, tuple[int, ...]] = {"aten.native_batch_norm.default": (3, 4)}
