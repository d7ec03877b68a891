"""Who people are elsewhere, where they stand in their dimensions, and the views they keep."""

from django.db import models

from cxaccess.lib.models import Windowed


class Identity(models.Model):
    """How another system names a person; imports and provisioning find people by it, never by name.

    Who links an id to somebody says where that system's rights will go, so it is kept who did and when. NULL: before
    this was kept.
    """

    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="identities")
    system = models.CharField(max_length=40)
    external_id = models.CharField(max_length=120)
    linked_at = models.DateTimeField(null=True)
    linked_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("system", "external_id", name="identity_unique")]

    def __str__(self) -> str:
        return f"{self.system}: {self.external_id}"


class PersonDimension(Windowed):
    """A place that a person answers for, for a window: territories (regions), product lines, segments.

    The set-valued attributes of a person; their one region and department stand on the person.
    """

    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="dimensions")
    node = models.ForeignKey("accounts.Node", models.PROTECT, related_name="people")

    class Meta:
        constraints = [Windowed.window_constraint("person_dimension_window")]
        indexes = [
            models.Index(fields=["person", "until"], name="person_dimension_person"),
            models.Index(fields=["node", "until"], name="person_dimension_node"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.node_id}"


class SavedView(models.Model):
    """A list as somebody left it, under a name: `page` is its url name, `query` what stood in the address."""

    person = models.ForeignKey("accounts.Person", models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=60)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint("person", "page", "name", name="saved_view_name_unique")]

    def __str__(self) -> str:
        return self.name
