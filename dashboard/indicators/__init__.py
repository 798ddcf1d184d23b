"""What each number means: the catalogue of indicators, their values, changes, sentences and suppression."""
