"""The photos stage: read everybody's tag, fetch what changed, keep it small and safe.

tags ──► plan_photos ──► fetch ──► encode ──► store, a batch of people at a time
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing

from rollcall.core.batches import split_batches
from rollcall.core.photos import PhotoPlan, plan_photos
from rollcall.core.policy import Stage
from rollcall.core.ports import PhotoContent, PhotoFailure, PhotoMemory, PhotoTag, StoredPhoto
from rollcall.core.records import SourceId
from rollcall.core.report import Counts, Problem, StageReport
from rollcall.sync.context import RunContext
from rollcall.sync.pictures import PictureError, encode_picture, picture_digest

BATCH = 200
"""People whose photos are compared, fetched and stored together."""


async def run_photos(
    run: RunContext, people: Sequence[SourceId], newcomers: Collection[SourceId] = ()
) -> StageReport:
    """Bring the photos of `people` up to date; they are sorted.

    Where this run goes on with another one, those whom that one looked at are passed over, but
    for `newcomers` since.
    """
    known = await run.store.photo_tags()
    counts = Counts()
    problems: list[Problem] = []
    left = [each for each in people if each > run.photos_until or each in newcomers]
    passed = len(people) - len(left)
    for done, batch in split_batches(left, BATCH):
        part, found = await _run_batch(run, batch, known)
        counts += part
        problems += found
        until = max(run.photos_until, batch[-1])
        await run.progress(Stage.PHOTOS, done=passed + done, total=len(people), until=until)
    return StageReport(stage=Stage.PHOTOS, counts=counts, problems=tuple(problems))


async def _run_batch(
    run: RunContext, batch: Sequence[SourceId], known: Mapping[SourceId, PhotoMemory]
) -> tuple[Counts, list[Problem]]:
    before = {each: known[each] for each in batch if each in known}
    tags, problems = await _read_tags(run, batch)
    plan = plan_photos(known={each: before[each].tag for each in before}, tags=tags)
    problems += _standing_problems(before, plan)
    if run.dry_run:
        fetched: list[StoredPhoto] = []
        good = set(plan.fetch)
    else:
        fetched = await _fetch(run, plan, problems)
        good = {photo.source_id for photo in fetched if photo.content is not None}
        if fetched or plan.drop:
            await run.store.apply_photos(fetched, plan.drop)
    replaced = sum(1 for source_id in good if source_id in before)
    return (
        Counts(
            created=len(good) - replaced,
            changed=replaced,
            released=len(plan.drop),
            unchanged=plan.unchanged,
            refused=sum(1 for problem in problems if problem.code == "bad-picture"),
        ),
        problems,
    )


async def _read_tags(
    run: RunContext, batch: Sequence[SourceId]
) -> tuple[dict[SourceId, str], list[Problem]]:
    tags: dict[SourceId, str] = {}
    problems: list[Problem] = []
    async with aclosing(run.source.read_tags(batch)) as answers:
        async for answer in answers:
            match answer:
                case PhotoTag(source_id=source_id, tag=tag):
                    tags[source_id] = tag
                case PhotoFailure():
                    problems.append(_failure(answer))
    return tags, problems


async def _fetch(run: RunContext, plan: PhotoPlan, problems: list[Problem]) -> list[StoredPhoto]:
    photos: list[StoredPhoto] = []
    if not plan.fetch:
        return photos
    async with aclosing(run.source.read_photos(list(plan.fetch))) as answers:
        async for answer in answers:
            match answer:
                case PhotoContent(source_id=source_id, content=content):
                    photo = _keep(source_id, plan.fetch[source_id], content)
                    photos.append(photo)
                    if photo.problem:
                        problems.append(_bad_picture(source_id, photo.problem))
                case PhotoFailure():
                    problems.append(_failure(answer))
    return photos


def _keep(source_id: SourceId, tag: str, content: bytes) -> StoredPhoto:
    try:
        picture = encode_picture(content)
    except PictureError as error:
        return StoredPhoto(
            source_id=source_id, tag=tag, content=None, sha256=None, problem=str(error)
        )
    return StoredPhoto(
        source_id=source_id, tag=tag, content=picture, sha256=picture_digest(picture)
    )


def _standing_problems(before: Mapping[SourceId, PhotoMemory], plan: PhotoPlan) -> list[Problem]:
    return [
        _bad_picture(source_id, memory.problem)
        for source_id, memory in before.items()
        if memory.problem and source_id not in plan.fetch and source_id not in plan.drop
    ]


def _bad_picture(source_id: SourceId, sentence: str) -> Problem:
    return Problem(Stage.PHOTOS, source_id, "bad-picture", sentence)


def _failure(answer: PhotoFailure) -> Problem:
    return Problem(Stage.PHOTOS, answer.source_id, answer.code, answer.message)
