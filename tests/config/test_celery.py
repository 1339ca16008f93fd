"""The beat schedule and the broker's settings."""

from celery.app.defaults import DEFAULTS

from config.celery import app


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert scheduled - set(app.tasks) == set()


def test_every_task_of_ours_is_scheduled() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}

    assert ours == {entry["task"] for entry in app.conf.beat_schedule.values()}


def test_the_schedule_knows_intervals_only() -> None:
    assert {type(entry["schedule"]) for entry in app.conf.beat_schedule.values()} == {int}


def test_every_setting_is_one_celery_knows() -> None:
    # An unknown name is ignored without a word. (deprecated_settings is Celery's own note.)
    assert set(app.conf.changes) - set(DEFAULTS) == {"deprecated_settings"}


def test_a_lost_task_is_never_delivered_twice() -> None:
    assert (app.conf.task_acks_late, app.conf.task_publish_retry, app.conf.worker_prefetch_multiplier) == (
        False,
        False,
        1,
    )


def test_only_json_is_read() -> None:
    assert app.conf.accept_content == ["json"]


def test_looks_that_follow_each_other_closely_do_not_pile_up() -> None:
    close = {name: entry for name, entry in app.conf.beat_schedule.items() if entry["schedule"] <= 20}

    assert {name: entry["options"]["expires"] for name, entry in close.items()} == dict.fromkeys(close, 20)
    assert len(close) == 4
