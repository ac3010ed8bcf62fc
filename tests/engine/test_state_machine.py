"""Random sequences of writes in place, views, hooks, detaching and backward passes, against a naive reference engine.

The reference is as plain as it can be: a memory is a list of numbers, a place in the graph a node with one dense
Jacobian per parent, and a view a list of indices into the memory.
"""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

import gradproof.engine as torch
from gradproof.errors import AutogradError

# --- the reference


class Memory:
    def __init__(self, values):
        self.values = np.array(values, dtype=np.float64)
        self.version = 0


class ModifiedError(Exception):
    """Something that a derivative needs was written to."""


class Node:
    """A value in the graph. A leaf has no parents. Nodes are numbered as they are made, after their parents."""

    count = 0

    def __init__(self, parents=(), needs=()):
        self.parents = parents
        self.needs = [(memory, memory.version) for memory in needs]
        self.hooked = []
        Node.count += 1
        self.number = Node.count

    def pull(self, ct):
        """Return the cotangent of every node that this one depends on."""
        arrived, waiting = {self: ct}, {self}
        while waiting:
            node = max(waiting, key=lambda each: each.number)
            waiting.remove(node)
            if any(memory.version != version for memory, version in node.needs):
                raise ModifiedError
            for parent, jacobian in node.parents:
                arrived[parent] = arrived.get(parent, 0.0) + arrived[node] @ jacobian
                waiting.add(parent)
        return arrived

    def leading_to(self, targets):
        """Return whether a path leads from here to one of the targets."""
        seen, stack = set(), [self]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack += [parent for parent, _ in node.parents]
        return not seen.isdisjoint(targets)


class Base:
    """A tensor that is no view; ``node`` is None where it is not tracked."""

    def __init__(self, memory, node=None):
        self.memory = memory
        self.node = node
        self.is_viewed = False


class Reference:
    """A view of a base: those of its entries that the indices name."""

    def __init__(self, base, indices):
        self.base = base
        self.indices = indices

    @property
    def memory(self):
        return self.base.memory

    @property
    def values(self):
        return self.memory.values[self.indices]

    @property
    def is_leaf(self):
        return self.base.node is not None and not self.base.node.parents

    @property
    def parent(self):
        """The node, with the Jacobian of this part of it."""
        return self.base.node, np.eye(self.memory.values.size)[self.indices]


def computed(values, terms, needs=()):
    """A new tensor of these values; the terms are pairs of an argument and the diagonal of its Jacobian."""
    parents = [(node, d[:, None] * rows) for arg, d in terms for node, rows in [arg.parent] if node is not None]
    base = Base(Memory(values), Node(parents, needs) if parents else None)
    return Reference(base, np.arange(len(values)))


def written(target, values, terms, needs=()):
    """Write values into a tensor that is not a leaf: its base is the old one but for the entries of the target."""
    base, size = target.base, target.memory.values.size
    parents = []
    if base.node is not None:
        parents.append((base.node, np.diag([float(i not in target.indices) for i in range(size)])))
    for arg, d in terms:
        node, rows = arg.parent
        if node is not None:
            jacobian = np.zeros((size, rows.shape[1]))
            jacobian[target.indices] = d[:, None] * rows
            parents.append((node, jacobian))
    target.memory.values[target.indices] = values
    target.memory.version += 1
    if parents:
        base.node = Node(parents, needs)


# --- the machine

NUMBERS = st.sampled_from([-2.0, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0])
#: An index, as both take it.
PARTS = st.sampled_from([slice(None), slice(1, None), slice(None, 1), slice(None, None, 2), slice(None, None, -1)])


class Engines(RuleBasedStateMachine):
    """Pairs of a tensor and its reference, to which the same is done."""

    tensors = Bundle("tensors")

    def __init__(self):
        super().__init__()
        self.pairs = []
        self.leaves = []
        self.seen, self.expected = [], []

    def add(self, tensor, reference):
        self.pairs.append((tensor, reference))
        return tensor, reference

    def fitting(self, reference, data):
        """Draw a pair of the same size, of which the products are not huge."""
        size = reference.values.size
        return data.draw(
            st.sampled_from(
                [
                    (y, ry)
                    for y, ry in self.pairs
                    if ry.values.size == size and np.abs(ry.values * reference.values).max(initial=0.0) < 1e3
                ]
                or [(torch.ones(size, dtype=torch.float64), Reference(Base(Memory(np.ones(size))), np.arange(size)))]
            )
        )

    @initialize(values=st.lists(NUMBERS, min_size=3, max_size=3), target=tensors)
    def begin(self, values):
        """Make a leaf, and something that may be written to."""
        leaf, reference = self.leaf(values, True)
        return self.add(leaf + 0.0, computed(reference.values, [(reference, np.ones(3))]))

    @rule(target=tensors, values=st.lists(NUMBERS, min_size=1, max_size=3), requires_grad=st.booleans())
    def make(self, values, requires_grad):
        return self.leaf(values, requires_grad)

    def leaf(self, values, requires_grad):
        tensor = torch.tensor(values, dtype=torch.float64, requires_grad=requires_grad)
        base = Base(Memory(values), Node() if requires_grad else None)
        if requires_grad:
            self.leaves.append((tensor, base.node, np.zeros(len(values))))
        return self.add(tensor, Reference(base, np.arange(len(values))))

    @rule(target=tensors, pair=tensors, part=PARTS)
    def view(self, pair, part):
        x, rx = pair
        rx.base.is_viewed = True
        return self.add(x[part], Reference(rx.base, rx.indices[part]))

    @rule(target=tensors, pair=tensors)
    def detach(self, pair):
        x, rx = pair
        return self.add(x.detach(), Reference(Base(rx.memory), rx.indices))

    @rule(pair=tensors)
    def detach_in_place(self, pair):
        """Cut off what is no leaf, and no view nor viewed: of views PyTorch says that the outcome is not defined."""
        x, rx = pair
        if not rx.base.is_viewed and not rx.is_leaf:
            x.detach_()
            rx.base.node = None

    @rule(target=tensors, pair=tensors)
    def sin(self, pair):
        x, rx = pair
        return self.add(x.sin(), computed(np.sin(rx.values), [(rx, np.cos(rx.values))], [rx.memory]))

    @rule(target=tensors, pair=tensors)
    def square_root(self, pair):
        """Take the root of what is positive, whose derivative needs the result."""
        x, rx = pair
        square, root = rx.values**2 + 1.0, np.sqrt(rx.values**2 + 1.0)
        middle = computed(square, [(rx, 2.0 * rx.values)], [rx.memory])
        result = computed(root, [(middle, 0.5 / root)])
        if result.base.node is not None:
            result.base.node.needs = [(result.memory, 0)]
        return self.add((x * x + 1.0).sqrt(), result)

    @rule(target=tensors, pair=tensors, data=st.data())
    def add_up(self, pair, data):
        x, rx = pair
        y, ry = self.fitting(rx, data)
        ones = np.ones(rx.values.size)
        return self.add(x + y, computed(rx.values + ry.values, [(rx, ones), (ry, ones)]))

    @rule(target=tensors, pair=tensors, data=st.data())
    def multiply(self, pair, data):
        x, rx = pair
        y, ry = self.fitting(rx, data)
        needs = [other.memory for one, other in ((rx, ry), (ry, rx)) if one.base.node is not None]
        return self.add(x * y, computed(rx.values * ry.values, [(rx, ry.values), (ry, rx.values)], needs))

    @rule(pair=tensors, how=st.sampled_from(["add_", "mul_", "copy_"]), data=st.data())
    def write(self, pair, how, data):
        x, rx = pair
        y, ry = self.fitting(rx, data)
        if rx.is_leaf:
            with pytest.raises(AutogradError, match="leaf"):
                getattr(x, how)(y)
            return
        ones = np.ones(rx.values.size)
        values, terms, needs = {
            "add_": (rx.values + ry.values, [(rx, ones), (ry, ones)], []),
            "mul_": (rx.values * ry.values, [(rx, ry.values), (ry, rx.values)], [ry.memory]),
            "copy_": (ry.values, [(ry, ones)], []),
        }[how]
        # what lies in the memory that is written to is copied, and a factor that no derivative asks for is not needed
        needs = [memory for memory in needs if memory is not rx.memory and rx.base.node is not None]
        getattr(x, how)(y)
        written(rx, values, terms, needs)

    @rule(pair=tensors, how=st.sampled_from(["add_", "mul_", "copy_"]), data=st.data())
    def write_untracked(self, pair, how, data):
        x, rx = pair
        y, ry = self.fitting(rx, data)
        with torch.no_grad():
            getattr(x, how)(y)
        values = {"add_": rx.values + ry.values, "mul_": rx.values * ry.values, "copy_": ry.values}[how]
        rx.memory.values[rx.indices] = values
        rx.memory.version += 1

    @rule(pair=tensors)
    def take_exponential(self, pair):
        """Write what the derivative needs: the result."""
        x, rx = pair
        if rx.is_leaf or rx.values.max(initial=0.0) > 3.0:
            return
        x.exp_()
        written(rx, np.exp(rx.values), [(rx, np.exp(rx.values))], [rx.memory])

    @rule(pair=tensors, number=NUMBERS, part=PARTS)
    def set_part(self, pair, number, part):
        x, rx = pair
        target = Reference(rx.base, rx.indices[part])
        if rx.is_leaf:
            with pytest.raises(AutogradError, match="leaf"):
                x[part] = number
            return
        x[part] = number
        written(target, np.full(target.values.size, number), [])

    @rule(pair=tensors)
    def hook(self, pair):
        x, rx = pair
        if rx.base.node is None or x._is_view():
            return
        place = len(self.expected)
        self.seen.append(None)
        self.expected.append(None)
        rx.base.node.hooked.append(place)
        x.register_hook(lambda ct: self.seen.__setitem__(place, ct.numpy()))

    @rule(pair=tensors, data=st.data())
    def backward(self, pair, data):
        x, rx = pair
        node, rows = rx.parent
        ct = np.array(data.draw(st.lists(NUMBERS, min_size=rx.values.size, max_size=rx.values.size)))
        if node is None:
            with pytest.raises(AutogradError, match="does not require grad"):
                x.backward(torch.tensor(ct))
            return
        try:
            arrived = node.pull(ct @ rows)
        except ModifiedError:
            self.refused(x, ct)
            return
        chosen, inputs = self.leaves, None
        if data.draw(st.booleans()):
            chosen = data.draw(st.lists(st.sampled_from(self.leaves), min_size=1, unique_by=lambda leaf: id(leaf[0])))
            inputs = [leaf for leaf, _, _ in chosen]
        x.backward(torch.tensor(ct), retain_graph=True, inputs=inputs)
        for _, leaf_node, total in chosen:
            total += arrived.get(leaf_node, 0.0)
        for each, total_ct in arrived.items():
            if each.leading_to({leaf_node for _, leaf_node, _ in chosen}):
                for place in each.hooked:
                    self.expected[place] = total_ct

    def refused(self, x, ct):
        """Some hooks may have been called before it was found out."""
        self.expected = [None] * len(self.expected)
        with pytest.raises(AutogradError, match="modified in place"):
            torch.autograd.grad(x, self.inputs, torch.tensor(ct), retain_graph=True, allow_unused=True)

    @property
    def inputs(self):
        return [leaf for leaf, _, _ in self.leaves]

    def teardown(self):
        """Pull back from everything that there is."""
        for x, rx in self.pairs:
            node, rows = rx.parent
            if node is None:
                continue
            ct = np.arange(1.0, 1.0 + rx.values.size)
            try:
                arrived = node.pull(ct @ rows)
            except ModifiedError:
                self.refused(x, ct)
                continue
            found = torch.autograd.grad(
                x, self.inputs, torch.tensor(ct), retain_graph=True, allow_unused=True, materialize_grads=True
            )
            for gradient, (_, leaf_node, total) in zip(found, self.leaves, strict=True):
                expected = arrived.get(leaf_node, np.zeros(total.size))
                assert gradient.tolist() == pytest.approx(expected.tolist(), rel=1e-9, abs=1e-9)

    @invariant()
    def the_values_are_the_same(self):
        for x, rx in self.pairs:
            assert x.tolist() == pytest.approx(rx.values.tolist(), rel=1e-12)
            assert x._version == rx.memory.version

    @invariant()
    def the_same_is_tracked(self):
        for x, rx in self.pairs:
            assert x.requires_grad == (rx.base.node is not None)

    @invariant()
    def the_gradients_are_the_same(self):
        for leaf, _, total in self.leaves:
            found = np.zeros(total.size) if leaf.grad is None else leaf.grad.numpy()
            assert found.tolist() == pytest.approx(total.tolist(), rel=1e-9, abs=1e-9)

    @invariant()
    def the_hooks_saw_the_same(self):
        for seen, expected in zip(self.seen, self.expected, strict=True):
            if expected is not None:
                assert seen.tolist() == pytest.approx(expected.tolist(), rel=1e-9, abs=1e-9)


TestEngines = Engines.TestCase
TestEngines.settings = settings(stateful_step_count=25)
