"""`python -m lollms_client.cli` is the command `lollms`."""

from lollms_client.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
