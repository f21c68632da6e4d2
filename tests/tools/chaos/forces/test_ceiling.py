"""On a stage of its own: a ceiling is the workers' and the server's, and workers end for it."""

from pathlib import Path

import pytest

from tools.chaos.forces.ceiling import intrude, keep_ceiling
from tools.chaos.forces.record import Record
from tools.chaos.plan import OTHER_CEILINGS, Intruder
from tools.chaos.stage import AT_WORK, OLDER, stage


@pytest.mark.long
async def test_a_worker_with_another_ceiling_is_refused_and_one_that_is_not_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path, 2) as scene:
        too_early = Record()
        await intrude(scene, Intruder(0, None), too_early)
        assert not too_early.happened
        [sentence] = too_early.broken
        assert "worker without a ceiling started" in sentence
        await keep_ceiling(scene)
        record = Record()
        for ceiling in OTHER_CEILINGS:
            await intrude(scene, Intruder(0, ceiling), record)
        assert record.happened == {"workers with another ceiling refused": len(OTHER_CEILINGS)}
        assert record.broken == []
        await scene.finish_rollout()  # with the ceiling, and as the newer build
        await scene.processes[OLDER].says(AT_WORK)
        assert "tools.chaos.newer_build" in scene.processes[OLDER].command
