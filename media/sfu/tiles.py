"""Which layer a picture of some size on a screen deserves."""

from collections.abc import Sequence

UPSCALE = 1.25
SMALLEST = 180


def layer_for(tile_height: int | None, layer_heights: Sequence[int]) -> int | None:
    """The smallest layer (by ascending height) that need not be enlarged by more than UPSCALE; None for no picture.

    Both in pixels. A tile of unknown height (None) gets the biggest layer, an invisible one (0) none. A layer whose
    height is not known yet (0) is taken for twice the one below.
    """
    if tile_height == 0:
        return None
    top = len(layer_heights) - 1
    if tile_height is None:
        return top
    below = SMALLEST // 2
    for number, known in enumerate(layer_heights):
        height = below = known or 2 * below
        if height * UPSCALE >= tile_height:
            return number
    return top
