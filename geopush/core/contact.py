"""Contacts: messages that another tool sent, so that all of us together do not nag."""

from datetime import datetime, timedelta
from uuid import uuid5

from msgspec import Struct

from geopush.core.cap import LONGEST_WINDOW, Tally
from geopush.core.device import CustomerIdentifier
from geopush.core.item import RefusedItem
from geopush.core.offer import Category
from geopush.core.ping import CustomerKey, Moment
from geopush.core.presence import NAMESPACE
from geopush.core.shape import Word

AHEAD = timedelta(minutes=5)  # how far the clock of another tool may be ahead


class Contact(Struct, frozen=True, forbid_unknown_fields=True):
    """A message of another tool: to whom, by which channel, of which kind, when."""

    contact_id: Word
    customer_id: CustomerIdentifier
    channel: Word
    category: Category
    at: Moment


def age_problem(contact: Contact, now: datetime) -> RefusedItem | None:
    """Whether a contact is from a clock that is wrong, or older than any cap looks."""
    if contact.at - now > AHEAD:
        return RefusedItem.IN_THE_FUTURE
    if now - contact.at > LONGEST_WINDOW:
        return RefusedItem.TOO_OLD
    return None


def tally_of(contact: Contact, customer: CustomerKey) -> Tally:
    """Return what caps remember of a contact: its kind, no offer and no zone."""
    name = f"contact\n{customer.customer_id}\n{contact.contact_id}"
    return Tally.contact(uuid5(NAMESPACE, name), contact.at, contact.category)
