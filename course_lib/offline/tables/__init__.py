"""Rows in a file, read and written a part at a time: CSV, JSONL, Parquet. What a field holds stays what it is."""
