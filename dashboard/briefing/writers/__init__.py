"""A briefing written as slides, a document, a workbook, and a PDF for reading."""
