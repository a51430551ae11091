"""Writes: endpoints and their messages."""

from dashboard.webhooks.services.endpoints import (
    NewSecret,
    change_endpoint,
    create_endpoint,
    remove_endpoint,
    rotate_secret,
)
from dashboard.webhooks.services.messages import (
    forget_visitor,
    oldest_waiting_at,
    prepare_messages,
    replay,
    send_test,
    sweep_webhooks,
)
from dashboard.webhooks.services.sending import send_waiting

__all__ = [
    "NewSecret",
    "change_endpoint",
    "create_endpoint",
    "forget_visitor",
    "oldest_waiting_at",
    "prepare_messages",
    "remove_endpoint",
    "replay",
    "rotate_secret",
    "send_test",
    "send_waiting",
    "sweep_webhooks",
]
