"""Steps that bring the shared PostgreSQL to the present set-up; ``python -m data_access migrate`` runs them."""
