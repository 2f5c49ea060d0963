"""Mail without a mail server: messages become files that the local mail page shows."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

log = logging.getLogger(__name__)


class OutboxBackend(BaseEmailBackend):
    """Writes each message to HUB_OUTBOX_DIR and its text to the log."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.HUB_OUTBOX_DIR)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
            (folder / f"{stamp}-{uuid4().hex[:8]}.eml").write_bytes(message.message().as_bytes())
            log.info("mail to %s: %s\n%s", ", ".join(message.to), message.subject, message.body)
        return len(email_messages)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of the outbox, as the local mail page shows it."""

    to: str
    subject: str
    sent_at: datetime
    text: str


def letters(limit: int = 50) -> list[Letter]:
    """The newest messages of the outbox, newest first."""
    files = sorted(Path(settings.HUB_OUTBOX_DIR).glob("*.eml"), reverse=True)[:limit]
    return [_read(file) for file in files]


def _read(file: Path) -> Letter:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = message.get_body(preferencelist=("plain",))
    return Letter(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        sent_at=datetime.strptime(file.name[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC),
        text=str(body.get_content()) if body else "",
    )
