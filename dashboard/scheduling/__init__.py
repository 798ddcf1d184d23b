"""When a process does what: pages in turn, and what viewers will ask for next while no page is drawn."""
