"""Cache and queue: Redis when it is there, nothing to install when it is not."""

from __future__ import annotations

from hub import backends, env
from hub.settings.place import HUB_DATA_DIR

REDIS_URL = env.sealed("REDIS_URL")
CACHES = {"default": backends.cache(REDIS_URL)}

_QUEUE_DIR = HUB_DATA_DIR / "queue"
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = backends.broker_options(REDIS_URL, _QUEUE_DIR)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_SERIALIZER = "json"
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
# Orders to workers travel by fan-out; on files each asker would leave a queue behind.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "hub.timetable.Memory"
CELERY_BEAT_SCHEDULE_FILENAME = str(_QUEUE_DIR / "timetable.json")
