"""The queue: its timetable, its memory and what it accepts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings

from hub.cache import JSONSerializer
from hub.celery import app
from hub.timetable import Memory


def test_every_job_of_the_timetable_exists() -> None:
    app.loader.import_default_modules()
    named = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert "repositories.tasks.collect_garbage" in named
    assert named - set(app.tasks) == set()


def test_every_job_of_the_floors_is_in_the_timetable() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if name.startswith(("accounts.", "repositories."))}
    assert ours - {entry["task"] for entry in app.conf.beat_schedule.values()} == set()


def test_the_collector_runs_as_often_as_is_set() -> None:
    entry = app.conf.beat_schedule["repositories.tasks.collect_garbage"]
    assert entry["schedule"] == entry["options"]["expires"] == settings.HUB_GC_INTERVAL.total_seconds()


def test_only_json_is_accepted() -> None:
    assert set(app.conf.accept_content) == {"json"}
    assert app.conf.task_serializer == "json"
    assert app.conf.result_backend is None


def test_the_folders_of_the_queue_are_private() -> None:
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    folders = {options[name] for name in ("data_folder_in", "control_folder") if name in options}
    for folder in folders | {str(Path(settings.CELERY_BEAT_SCHEDULE_FILENAME).parent)}:
        assert Path(folder).stat().st_mode & 0o777 == 0o700


@pytest.fixture
def daily(tmp_path: Path) -> tuple[Celery, str]:
    queue = Celery("test", broker="memory://")
    queue.conf.beat_schedule = {"tidy": {"task": "tidy", "schedule": 86400.0}}
    return queue, str(tmp_path / "timetable.json")


def test_a_restart_remembers_when_a_job_ran(daily: tuple[Celery, str]) -> None:
    queue, file = daily
    yesterday = datetime.now(UTC) - timedelta(hours=25)
    first = Memory(queue, schedule_filename=file)
    first.data["tidy"].last_run_at = yesterday
    first.close()
    assert json.loads(Path(file).read_text()) == {"tidy": yesterday.isoformat()}
    second = Memory(queue, schedule_filename=file)
    assert second.data["tidy"].last_run_at == yesterday
    assert second.data["tidy"].is_due().is_due


def test_a_job_that_is_new_waits_its_turn(daily: tuple[Celery, str]) -> None:
    queue, file = daily
    assert not Memory(queue, schedule_filename=file).data["tidy"].is_due().is_due


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"tidy": "yesterday"}', '{"tidy": 5}'])
def test_a_memory_that_cannot_be_read_starts_anew(daily: tuple[Celery, str], content: str) -> None:
    queue, file = daily
    Path(file).write_text(content)
    assert not Memory(queue, schedule_filename=file).data["tidy"].is_due().is_due


@pytest.mark.parametrize("value", [0, 5, -1, True, None, 1.5, "words", [1.0, 2.0], {"a": [None]}])
def test_a_cached_value_comes_back(value: object) -> None:
    serializer = JSONSerializer()
    written = serializer.dumps(value)
    found = serializer.loads(written if isinstance(written, bytes) else str(written).encode())
    assert found == value
    assert type(found) is type(value)


def test_what_json_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError):
        JSONSerializer().dumps(object())


def test_a_pickle_is_not_read() -> None:
    with pytest.raises(ValueError):
        JSONSerializer().loads(b"\x80\x04K\x05.")
