"""JAX functions as subjects: ``jax.vjp`` or ``jax.jvp``, with every rule of the user's own, on trial."""

from .subject import JaxSubject as JaxSubject
