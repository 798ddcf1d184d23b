"""The quarterly dispatch meeting: its record in the ledger, its frozen data, what it draws and writes."""
