"""绿色通道: red warnings that a written policy lets one authorised person issue, countersigned later."""
