"""The made-up geography: a partition of a plane, its codes and names, and points inside it."""
