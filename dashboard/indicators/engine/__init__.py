"""How an indicator is computed: windows, sums, limits, statuses, protection of small counts. Screens call its parent."""
