"""What request bodies share: unknown fields are refused, texts and positions are bounded."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from command.kernel.plain import plain_within
from command.kernel.values import Json, State


class Form(BaseModel):
    """A JSON body; what is not declared is refused, what was not sent is not touched, texts are plain."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, sent: Any) -> Any:
        return plain_within(sent)

    def sent(self) -> State:
        """The fields that were sent, for a change."""
        values: dict[str, Json] = self.model_dump(exclude_unset=True)
        return values


class Point(Form):
    """A GeoJSON point: degrees, WGS-84, lon before lat. Whether it is on Earth is the action's to say."""

    type: Literal["Point"]
    coordinates: Annotated[list[float], Field(min_length=2, max_length=3)]


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Id = Annotated[str, StringConstraints(min_length=36, max_length=36)]


def lon_lat(point: Point | None) -> tuple[float | None, float | None]:
    """Both degrees, or two Nones."""
    return (None, None) if point is None else (point.coordinates[0], point.coordinates[1])


def position_changes(changes: State) -> State:
    """A change of `location` as the two columns it is kept in."""
    if "location" not in changes:
        return changes
    rest = {name: value for name, value in changes.items() if name != "location"}
    point = changes["location"]
    given = Point.model_validate(point) if point is not None else None
    rest["lon"], rest["lat"] = lon_lat(given)
    return rest
