"""The workloads of the speed table: each a function of an engine's names, beside its derivative by hand in NumPy.

By hand means with the operations that an engine would record, and no others: arguments are float64.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Arrays = Sequence[np.ndarray]


@dataclass(frozen=True)
class Workload:
    """``function(names, *arguments, *constants)`` is a scalar, and ``by_hand(*arguments, *constants)`` its derivatives.

    They are its gradients by the arguments, a tuple, or with ``hessian`` its Hessian by the one argument.
    """

    name: str
    function: Callable[..., Any]
    by_hand: Callable[..., Any]
    arguments: Arrays
    constants: Arrays = ()
    hessian: bool = False


def chain(length: int = 1000) -> Workload:
    """Return a chain of ops on an array of one entry, alternately a sine and a product."""
    factor = 1.01

    def function(names, x):
        for _ in range(length // 2):
            x = names.sin(x) * factor
        return names.sum(x)

    def by_hand(x):
        entered = []
        for _ in range(length // 2):
            entered.append(x)
            x = np.sin(x) * factor
        x.sum()
        ct = np.ones_like(x)
        for x in reversed(entered):
            ct = ct * factor * np.cos(x)
        return (ct,)

    return Workload(f"chain of {length:,} scalar ops", function, by_hand, [np.array([0.7])])


def wide(nodes: int = 10_000) -> Workload:
    """Return a sum of many sines of multiples of one vector of four entries: three nodes a branch."""
    factors = np.linspace(0.1, 2.0, nodes // 3).tolist()

    def function(names, x):
        return names.sum(functools.reduce(operator.add, [names.sin(x * factor) for factor in factors]))

    def by_hand(x):
        angles = [x * factor for factor in factors]
        total = functools.reduce(operator.add, [np.sin(angle) for angle in angles])
        total.sum()
        ct, slope = np.ones_like(total), np.zeros_like(x)
        for angle, factor in zip(reversed(angles), reversed(factors), strict=True):
            slope += ct * np.cos(angle) * factor
        return (slope,)

    return Workload(f"wide graph, {nodes:,} small nodes", function, by_hand, [np.linspace(-1.0, 1.0, 4)])


def diamonds(depth: int = 10_000) -> Workload:
    """Return diamonds on a vector of four entries: each level is reached from the one before by two paths."""
    factors = (0.01 * np.cos(np.arange(depth))).tolist()

    def function(names, x):
        for factor in factors:
            x = x + x * factor
        return names.sum(x)

    def by_hand(x):
        for factor in factors:
            x = x + x * factor
        x.sum()
        ct = np.ones_like(x)
        for factor in reversed(factors):
            ct = ct + ct * factor
        return (ct,)

    return Workload(f"diamonds, depth {depth:,}", function, by_hand, [np.linspace(0.5, 2.0, 4)])


def network(sizes: tuple[int, int, int] = (784, 256, 10), batch: int = 64) -> Workload:
    """Return a network with one hidden layer of rectifiers and the cross-entropy of its softmax."""
    inputs, hidden, outputs = sizes
    random = np.random.default_rng(0)
    data = random.standard_normal((batch, inputs))
    labels = np.eye(outputs)[random.integers(0, outputs, batch)]
    shapes = ((inputs, hidden), (hidden,), (hidden, outputs), (outputs,))

    def function(names, w1, b1, w2, b2, data, labels):
        logits = names.matmul(names.relu(names.matmul(data, w1) + b1), w2) + b2
        return names.sum(names.log(names.sum(names.exp(logits), 1))) - names.sum(logits * labels)

    def by_hand(w1, b1, w2, b2, data, labels):
        hidden = np.maximum(data @ w1 + b1, 0.0)
        logits = hidden @ w2 + b2
        e = np.exp(logits)
        totals = e.sum(1)
        np.log(totals).sum() - (logits * labels).sum()
        ct = e / totals[:, None] - labels
        inner = (ct @ w2.T) * (hidden > 0.0)
        return data.T @ inner, inner.sum(0), hidden.T @ ct, ct.sum(0)

    weights = [random.standard_normal(shape) / np.sqrt(shape[0]) for shape in shapes]
    return Workload(f"network {'-'.join(map(str, sizes))}, batch {batch}", function, by_hand, weights, [data, labels])


def regression(samples: int = 800_000, features: int = 10) -> Workload:
    """Return logistic regression: the mean loss over all samples, with signs as labels."""
    random = np.random.default_rng(0)
    data = random.standard_normal((samples, features))
    signs = np.where(random.random(samples) < 0.5, -1.0, 1.0)

    def function(names, w, b, data, signs):
        margins = (names.matmul(data, w) + b) * signs
        return names.sum(names.log(names.exp(-margins) + 1.0)) / samples

    def by_hand(w, b, data, signs):
        e = np.exp((data @ w + b) * -signs)
        total = e + 1.0
        np.log(total).sum() / samples
        ct = e / total * -signs / samples
        return ct @ data, ct.sum()

    arguments = [random.standard_normal(features) / np.sqrt(features), np.array(0.1)]
    return Workload("logistic regression", function, by_hand, arguments, [data, signs])


def recurrent(steps: int = 200, batch: int = 64, inputs: int = 32, hidden: int = 128) -> Workload:
    """Return a recurrent network of tanh units, whose last state is squared and summed."""
    random = np.random.default_rng(0)
    data = random.standard_normal((steps, batch, inputs))

    def function(names, w, u, b, state, *data):
        for x in data:
            state = names.tanh(names.matmul(x, w) + names.matmul(state, u) + b)
        return names.sum(state * state)

    def by_hand(w, u, b, state, *data):
        states = [state]
        for x in data:
            states.append(np.tanh(x @ w + states[-1] @ u + b))
        (states[-1] * states[-1]).sum()
        ct = 2.0 * states[-1]
        slopes = np.zeros_like(w), np.zeros_like(u), np.zeros_like(b)
        for x in reversed(data):
            state = states.pop()
            inner = ct * (1.0 - state * state)
            for slope, part in zip(slopes, (x.T @ inner, states[-1].T @ inner, inner.sum(0)), strict=True):
                slope += part
            ct = inner @ u.T
        return slopes

    weights = [random.standard_normal((n, hidden)) / np.sqrt(2 * n) for n in (inputs, hidden)]
    arguments, constants = [*weights, np.zeros(hidden)], [np.zeros((batch, hidden)), *data]
    return Workload(f"recurrent network, {steps} steps", function, by_hand, arguments, constants)


def rosenbrock(size: int = 50) -> Workload:
    """Return the Hessian of Rosenbrock's function."""

    def function(names, x):
        ahead, here = x[1:], x[:-1]
        bend, rest = ahead - here * here, 1.0 - here
        return names.sum(100.0 * bend * bend + rest * rest)

    def by_hand(x):
        ahead, here = x[1:], x[:-1]
        hessian, own, next_to = np.zeros((size, size)), np.zeros(size), -400.0 * here
        own[:-1] = 1200.0 * here * here - 400.0 * ahead + 2.0
        own[1:] += 200.0
        places = np.arange(size)
        hessian[places, places] = own
        hessian[places[:-1], places[1:]] = hessian[places[1:], places[:-1]] = next_to
        return hessian

    arguments = [np.linspace(-1.0, 1.5, size)]
    return Workload(f"Hessian of Rosenbrock in {size} variables", function, by_hand, arguments, hessian=True)
