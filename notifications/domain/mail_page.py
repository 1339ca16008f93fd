"""Pure: an e-mail as a page: large print, one button, light or dark as the reader likes it, nothing fetched."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_SANS = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
# Inline, for mail programs that drop everything else; the block is for those that know dark mode.
_DARK = (
    "@media (prefers-color-scheme:dark){"
    ".ck-floor{background:#0e1216!important}.ck-sheet{background:#14191f!important;border-color:#303a45!important}"
    ".ck-ink{color:#e9edf2!important}.ck-ink2{color:#b4bdc8!important}"
    ".ck-go{background:#a7b1ff!important;color:#10142e!important}}"
)


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on it. `button` empty: there is none. `stop_url` empty: nothing is ended by a link."""

    language: str
    title: str
    paragraphs: Sequence[str]
    foot: str
    clinic: str
    address: str
    button: str = ""
    link: str = ""
    stop: str = ""
    stop_url: str = ""


def html(page: Page) -> str:
    """Return the page as HTML, every fact escaped."""
    first, *others = page.paragraphs
    parts = [
        f'<p class="ck-ink2" style="{_small(0, 20)}">{escape(page.clinic)}</p>',
        f'<h1 class="ck-ink" style="{_text(27, 1.3)};font-weight:700">{_lines(first)}</h1>',
        *(f'<p class="ck-ink" style="{_text(21, 1.5)}">{_lines(each)}</p>' for each in others),
    ]
    if page.button:
        parts.append(_button(page))
    parts.append(f'<p class="ck-ink" style="{_text(19, 1.5)}">{_lines(page.foot)}</p>')
    parts.append(f'<p class="ck-ink2" style="{_small(28, 0)}">{escape(page.clinic)}<br>{_lines(page.address)}</p>')
    if page.stop_url:
        address, words = escape(page.stop_url), escape(page.stop.rstrip(":"))
        link = f'<a class="ck-ink2" href="{address}" style="color:#48535f;text-decoration:underline">{words}</a>'
        parts.append(f'<p class="ck-ink2" style="{_small(14, 0)}">{link}</p>')
    return _framed(page, "".join(parts))


def _framed(page: Page, inside: str) -> str:
    return (
        f'<!doctype html><html lang="{page.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(page.title)}</title><style>:root{{color-scheme:light dark}}{_DARK}</style></head>"
        f'<body class="ck-floor" style="margin:0;padding:0;background:#f6f7f9;font-family:{_SANS}">'
        '<table role="presentation" class="ck-floor" width="100%" cellpadding="0" cellspacing="0" border="0" '
        'style="background:#f6f7f9"><tr><td align="center" style="padding:24px 12px">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px">'
        '<tr><td class="ck-sheet" style="background:#ffffff;border:1px solid #d5dbe2;border-radius:12px;'
        f'padding:28px 26px;font-family:{_SANS}">{inside}</td></tr></table></td></tr></table></body></html>'
    )


def _button(page: Page) -> str:
    return (
        f'<p style="margin:28px 0"><a class="ck-go" href="{escape(page.link)}" style="display:block;padding:17px 20px;'
        "background:#3d4cb3;color:#ffffff;border-radius:10px;font-size:21px;line-height:1.25;font-weight:700;"
        f'text-align:center;text-decoration:none">{escape(page.button)}</a></p>'
    )


def _text(size: int, height: float) -> str:
    return f"margin:0 0 14px;font-size:{size}px;line-height:{height};color:#15202d"


def _small(above: int, below: int) -> str:
    return f"margin:{above}px 0 {below}px;font-size:16px;line-height:1.5;color:#48535f"


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.splitlines())
