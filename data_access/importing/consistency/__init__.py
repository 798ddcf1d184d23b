"""What rows must keep to, within themselves and among each other, before they are taken in."""
