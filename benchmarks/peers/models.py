"""The one table that guardian's object permissions are about."""

from django.db import models


class Thing(models.Model):
    name = models.CharField(max_length=200)

    class Meta:
        app_label = "peers"

    def __str__(self) -> str:
        return self.name
