"""Who gains and who loses by a policy, worked out by a job where that is too many people to wait for."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Person
from cxaccess.jobs import services as jobs
from cxaccess.jobs import stamps
from cxaccess.jobs.models import Job
from cxaccess.jobs.runner import extend
from cxaccess.lib import clock
from permissions.guards import require, use_case
from permissions.models import Policy, PolicyPreview, PolicyPreviewShift, PolicyVersion
from permissions.policies.consequences import Consequences, lines
from permissions.policies.services import EDIT
from permissions.policies.shift import Shift
from permissions.policies.stock import CHUNK, chunks

KIND = "policy.preview"
KEPT = timedelta(days=1)  # facts change; what was worked out before tells nothing any more


@use_case
def begin_preview(
    actor: Person, *, policy: Policy, version: PolicyVersion | None, known: Mapping[str, object], at: datetime
) -> PolicyPreview:
    """Have it worked out who gains and who loses, unless that is being done; return it. Raises as `require`.

    What was worked out long ago is dropped, of whatever policy: who may do what is kept no longer than it is read.
    """
    require(actor, EDIT, policy, at=at)
    PolicyPreview.objects.filter(asked_at__lt=at - KEPT).delete()
    standing = latest(policy, version, known, at=at)
    if standing is not None and standing.over_at is None:
        return standing
    preview = PolicyPreview.objects.create(
        policy=policy, version=version, known=dict(known), asked_by=actor, asked_at=at, model_stamp=_stamp()
    )
    jobs.enqueue(KIND, slot=str(preview.pk), at=at)
    return preview


def latest(
    policy: Policy, version: PolicyVersion | None, known: Mapping[str, object], *, at: datetime
) -> PolicyPreview | None:
    """Return what was last worked out of just this, if that is not long ago and no role or policy changed since."""
    rows = PolicyPreview.objects.filter(policy=policy, version=version, known=dict(known), asked_at__gt=at - KEPT)
    rows = rows.filter(model_stamp=_stamp())
    return rows.order_by("-asked_at", "-pk").first()


def _stamp() -> int:
    return stamps.read([stamps.MODEL])[stamps.MODEL]


def work(job: Job, at: datetime) -> None:
    """Work a preview out, some thousand people at a time. Run again, it begins anew."""
    preview = PolicyPreview.objects.select_related("policy", "version").filter(pk=int(job.slot)).first()
    if preview is None or preview.over_at is not None:
        return
    found = Consequences(preview.policy, preview.version, preview.known, at)
    PolicyPreviewShift.objects.filter(preview=preview).delete()
    rows, all_ = PolicyPreview.objects.filter(pk=preview.pk), list[Shift]()
    rows.update(total=len(found.ids), done=0)
    for number, some in enumerate(chunks(found.ids)):
        shifts = list(found.of(some))
        with transaction.atomic():
            PolicyPreviewShift.objects.bulk_create(_row(preview, shift) for shift in shifts)
            rows.update(done=number * CHUNK + len(some))
        all_ += shifts
        extend(job, clock.now())
    summed = [{"gains": line.gains, "actions": line.actions, "people": line.people} for line in lines(all_)]
    rows.update(lines=summed, done=len(found.ids), over_at=clock.now())


def _row(preview: PolicyPreview, shift: Shift) -> PolicyPreviewShift:
    return PolicyPreviewShift(
        preview=preview, person_id=shift.person, action=shift.action, before=shift.before, after=shift.after,
        gained=shift.gained, lost=shift.lost,
    )  # fmt: skip
