"""无命案乡镇: the twelve lines of a township, its years in a row, vetoes, and what the award would cost."""
