"""Tables, ledger, migrations."""
