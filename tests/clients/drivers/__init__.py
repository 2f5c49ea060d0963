"""The clients as the tests drive them: each with its files in a folder of its own, unmodified."""
