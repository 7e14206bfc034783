"""Bytes to cells: encodings, workbooks, tables, headings, numbers, stamps."""
