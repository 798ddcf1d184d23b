"""What the numbers mean and how they are drawn; pages call it, it calls data_access."""
