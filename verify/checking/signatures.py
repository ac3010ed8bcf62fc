"""``gradcheck`` and ``gradgradcheck`` with PyTorch's signatures, so that a test suite changes an import alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradproof.errors import ArgumentError, GradcheckError

from .check import check
from .result import CheckResult


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Tell whether the gradient of ``func`` at ``inputs``, a tensor or a sequence of them, is proven right.

    It takes what ``torch.autograd.gradcheck`` takes, so that an import is all that changes. The tolerances are
    computed: ``eps``, ``atol``, ``rtol`` and ``fast_mode`` mean nothing here, nor does float32 need looser ones. Two
    equal runs must give equal results, so ``nondet_tol`` means nothing either, and what comes must have the dtype of
    its input, whatever ``check_grad_dtypes`` says. Works with PyTorch's tensors and with those of ``gradproof.engine``.

    Raises ``GradcheckError``, a ``RuntimeError`` and ``AssertionError``, where the gradient is wrong, unless
    ``raise_exception`` is False; ``ArgumentError`` for what is not checked here: batched, forward-mode and masked
    gradients.
    """
    del eps, atol, rtol, nondet_tol, check_undefined_grad, check_grad_dtypes, fast_mode
    _refuse(
        check_batched_grad=check_batched_grad,
        check_batched_forward_grad=check_batched_forward_grad,
        check_forward_ad=check_forward_ad,
        masked=masked,
    )
    if not check_backward_ad:
        raise ArgumentError("check_backward_ad=False leaves nothing to check")
    return _told(check(func, *_sequence(inputs)), raise_exception)


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Tell whether first and second derivatives of ``func`` at ``inputs`` are proven right.

    It takes what ``torch.autograd.gradgradcheck`` takes; see :func:`gradcheck` for what means nothing here. Cotangents
    are drawn, contiguous ones and others: ``grad_outputs`` and ``gen_non_contig_grad_outputs`` are not needed.
    """
    del eps, atol, rtol, nondet_tol, check_undefined_grad, check_grad_dtypes, fast_mode
    del grad_outputs, gen_non_contig_grad_outputs
    _refuse(check_batched_grad=check_batched_grad, check_fwd_over_rev=check_fwd_over_rev, masked=masked)
    if not check_rev_over_rev:
        raise ArgumentError("check_rev_over_rev=False leaves nothing to check")
    return _told(check(func, *_sequence(inputs), order=2), raise_exception)


def _refuse(**asked: Any) -> None:
    for name, value in asked.items():
        if value:
            raise ArgumentError(f"{name}={value!r} is not checked here; use PyTorch's own function for that")


def _sequence(inputs: Any) -> Sequence[Any]:
    return tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)


def _told(result: CheckResult, raise_exception: bool) -> bool:
    if raise_exception and not result.ok:
        raise GradcheckError(str(result))
    return result.ok
