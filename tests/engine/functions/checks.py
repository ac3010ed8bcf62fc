"""What a linear function must do: give the values that are known, and pull cotangents back by its transpose."""

import numpy as np


def leaves_of(result):
    """Yield the tensors of a result, which may be one or a tuple of them; a list stands for one."""
    if isinstance(result, tuple):
        for each in result:
            yield from leaves_of(each)
    else:
        yield result


def check_linear(torch, call, values, expected, seed=0):
    """Check a function of one tensor of whole numbers, a sum of entries and numbers: all of it is exact."""
    x = torch.tensor(values, requires_grad=True)
    found, wanted = list(leaves_of(call(x))), list(leaves_of(expected))
    assert [each.tolist() for each in found] == [np.asarray(each).tolist() for each in wanted]
    assert [tuple(each.shape) for each in found] == [np.shape(each) for each in wanted]
    random = np.random.default_rng(seed)
    direction = random.integers(-9, 9, np.shape(values))
    cts = [random.integers(1, 9, each.shape) for each in found]
    sum((each * torch.tensor(ct.astype(float))).sum() for each, ct in zip(found, cts, strict=True)).backward()
    moved = leaves_of(call(torch.tensor(values + direction)))
    change = sum(
        np.sum(ct * (np.array(there.tolist()).reshape(ct.shape) - here))
        for ct, there, here in zip(cts, moved, wanted, strict=True)
    )
    assert np.sum(np.array(x.grad.tolist()) * direction) == change


def check_smooth(torch, call, values, expected, rtol=1e-12):
    """Check a function of one tensor that is smooth around ``values``: its values, and its gradient by differences."""
    x = torch.tensor(values, requires_grad=True)
    found, wanted = list(leaves_of(call(x))), [np.asarray(each) for each in leaves_of(expected)]
    for each, known in zip(found, wanted, strict=True):
        assert tuple(each.shape) == known.shape
        np.testing.assert_allclose(each.tolist(), known, rtol=rtol, atol=1e-14)
    random = np.random.default_rng(0)
    direction = random.normal(size=np.shape(values))
    cts = [random.normal(size=each.shape) for each in found]
    sum((each * torch.tensor(ct)).sum() for each, ct in zip(found, cts, strict=True)).backward()

    def moved(step):
        results = leaves_of(call(torch.tensor(values + step * direction)))
        return sum(np.sum(ct * np.array(each.tolist())) for ct, each in zip(cts, results, strict=True))

    slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
    np.testing.assert_allclose(np.sum(np.array(x.grad.tolist()) * direction), slope, rtol=1e-7, atol=1e-8)
