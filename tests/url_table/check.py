"""Check access, and one's own."""

from tests.cast import Cast
from tests.url_table import EVERYBODY, Row


def _about_maya(cast: Cast) -> dict[str, object]:
    return {"person": cast.maya.pk, "action": "feedback.export", "resource": cast.german_reviews.pk}


def _about_reviews(cast: Cast) -> dict[str, object]:
    return {"action": "feedback.view", "resource": cast.german_reviews.pk}


ROWS = [
    Row("check:index", "priya otto", data=_about_maya),
    Row("my-access", EVERYBODY),
    Row("my-use", EVERYBODY),
    Row("my-access-why", "jonas maya", data=_about_reviews),
]
