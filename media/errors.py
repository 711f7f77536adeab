"""What the bridge refuses, with the stable codes of docs/signalling.md."""


class BridgeError(Exception):
    """A refusal: `code` is stable, `detail` an English sentence for a log or a developer."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
