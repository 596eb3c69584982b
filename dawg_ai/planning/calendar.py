"""A plan as a calendar file (RFC 5545), with a reminder before each session that a person has to start."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from dawg_ai.planning.platform import Platform
from dawg_ai.planning.schedule import Session

REMIND_MINUTES = 10
FOLD = 74  # bytes in a line; one more is the space that begins a continued one


def ics(sessions: Iterable[Session], platforms: Mapping[str, Platform], made: datetime) -> str:
    """The calendar.

    Args:
        sessions: the sessions.
        platforms: platforms by name.
        made: when the plan was made, UTC.

    Returns:
        The file's content, with CRLF as line ends.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//DAWG AI//dawg plan//EN", "CALSCALE:GREGORIAN"]
    for number, session in enumerate(sessions, 1):
        title = platforms[session.platform].title
        by_hand = platforms[session.platform].button
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_stamp(session.start)}-{number}@dawg-ai",
            f"DTSTAMP:{_stamp(made)}",
            f"DTSTART:{_stamp(session.start)}",
            f"DTEND:{_stamp(session.end)}",
            f"SUMMARY:{_text(f'{session.work} on {title}')}",
            f"DESCRIPTION:{_text(_about(session, number, by_hand))}",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"TRIGGER:-PT{REMIND_MINUTES}M",
            f"DESCRIPTION:{_text(f'Start {session.work} on {title}' if by_hand else f'{session.work} starts')}",
            "END:VALARM",
            "END:VEVENT",
        ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _about(session: Session, number: int, by_hand: bool) -> str:
    start = "open the notebook and run it" if by_hand else "dawg launch"
    return f"Session {number}: {session.hours:.2f} h on {session.device}, ${session.usd_micro / 1e6:.2f}; {start}"


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    """Text with what RFC 5545 reserves escaped."""
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> str:
    """A line of more than 75 bytes in several, never within a character."""
    pieces = [b""]
    for character in line:
        encoded = character.encode()
        if len(pieces[-1]) + len(encoded) > FOLD:
            pieces.append(b"")
        pieces[-1] += encoded
    return "\r\n ".join(piece.decode() for piece in pieces)
