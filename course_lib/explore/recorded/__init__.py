"""Runs that take minutes, recorded for the explorables: a file makes them anew and reads them."""
