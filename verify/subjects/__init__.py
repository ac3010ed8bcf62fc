"""Functions of the user's own as subjects: what is computed by whatever library, and the derivative that is on trial."""
