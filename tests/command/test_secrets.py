"""Tokens and passwords that people and programs carry about."""

from command.directory.secrets import new_token


def test_no_token_begins_with_a_dash() -> None:
    """A command line would take it for an option: `fengsui terminal --token -z…` failed for one terminal in 64."""
    tokens = {new_token() for _ in range(2_000)}
    assert len(tokens) == 2_000
    assert not any(token.startswith("-") for token in tokens)
