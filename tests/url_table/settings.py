"""The settings: read by priya and otto, changed by priya alone."""

from tests.url_table import Row

SENT = {
    "name": "Kestrel Home", "time_zone": "UTC", "session_hours": 8, "notice_days": 7, "usage_days": 400,
    "recording_days": 90, "mail_from": "Access <access@kestrelhome.example>", "opened_on": "long ago",
}  # fmt: skip

ROWS = (
    Row("settings:index", "priya otto"),
    Row("settings:edit", "priya", also={"otto": 403}),
    # Opened on other values than there are now: who may save is told so.
    Row("settings:edit", "priya", method="post", data=SENT, ok=409, also={"otto": 403}),
)
