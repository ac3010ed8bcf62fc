"""HIPS autograd's functions as subjects: its reverse mode, with every ``defvjp`` of the user's own, on trial."""

from .subject import AutogradSubject as AutogradSubject
