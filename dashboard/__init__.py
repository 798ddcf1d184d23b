"""What the numbers mean and how they are drawn; pages call it, it calls data_access."""

import pandas as pd

# Screens handle many frames of a few rows, where text as Python objects costs a third less than text in Arrow's arrays.
pd.options.mode.string_storage = "python"
