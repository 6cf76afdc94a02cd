"""The rules: tables and stories."""
