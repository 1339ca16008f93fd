"""What is photographed: each screen of the product, by the way a person comes to it."""

from dataclasses import dataclass

from screens import deeds
from screens.deeds import Deed, chain, click, fill, focus, go, press, see, send, write

SITE = "site=riverside"
NEW = "new"  # a manager whose clinic was opened a minute ago: nothing is in it yet
TODAY = "2026-11-24"
BOARD = f"/?{SITE}"
ROWS = """MRN,First name,Last name,DOB,Mobile
A-1101,Ana,Cole,1984-03-07,(555) 010-6001
A-1102,Cy,Evans,31/02/84,(555) 010-6002
A-1103,Mina,Okoro,1971-11-30,555 010
A-1104,Theo,Larsen,1990-05-16,(555) 010-6004
"""
CARD = ":is(.ck-visit, .ck-item)"
COMING = f"{CARD}:is(.is-confirmed, .is-booked)"


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: its file's name, where, what is done there, and who looks (nobody: before the sign-in).

    `changes`: it leaves the clinic another one, or the person locked out: it comes last, in a session of its own.
    """

    name: str
    path: str
    act: Deed = deeds.look
    role: str = "frontdesk"
    changes: bool = False


PANEL = chain(click(f"{CARD}.is-here >> nth=-1 >> [data-open]"), see("[data-panel]"))
SEDATED = chain(click(f"{CARD}:has-text('SPR') >> nth=0 >> [data-open]"), see("[data-panel]"))
DUE = chain(click(f"{CARD}:has-text('20/36') >> nth=0 >> [data-open]"), see("[data-panel]"))
their, CHANGE = deeds.on_their_page, "main li:nth-child(2) a[href*='/change/']"
MOVE = chain(focus(COMING), press("m"), see("[data-panel] [data-alt='1']"))
NO_SHOW = chain(focus(f"{CARD}.is-late"), press("x"), see("#make-up [data-alt='1']"))
AFRESH = send(f"/courses/new/clear/?{SITE}")  # what was typed there before is kept: it would be in sight
PICK = chain(
    AFRESH, fill(pick="gar"), see("[role=option]"), focus("#pick"), press("Enter"), see("[data-books]:enabled")
)
TYPED = chain(AFRESH, fill(first_name="Nadia", last_name="Rahman", birth_date="7 mar 91", phone="555 010 4711"))
PATIENT = go(".ck-table a:has-text('Suzuki')")
COURSE = chain(PATIENT, go("a.ck-courseline"))
PROTOCOL = go(".ck-things li:has-text('TMS standard 36') a[href*='/protocols/']")
IMPORT = chain(click(".ck-more summary"), fill(**{"f-rows": ROWS}), click("button.primary"), see(".ck-mends"))
BLOCK = chain(go("a[href*='/blocks/new/']"), see("#proposal .ck-block-sum"))
MERGE = chain(go(".ck-table a:has-text('Núñez, Kenji')"), go("a[href$='/merge/']"), go(".ck-others-list a"))

SCENES = (
    Scene("S00-sign-in", "/accounts/login/", role=""),
    Scene("S00-locked", BOARD, send("/me/lock/", back=BOARD), changes=True),
    Scene("S01-board", BOARD),
    Scene("S01-board-list", f"{BOARD}&view=list"),
    Scene("S01-board-staff", f"{BOARD}&view=staff"),
    Scene("S01-card-menu", BOARD, chain(focus(COMING), press("Shift+F10"), see("[role=menuitem]"))),
    Scene("S01-glance", BOARD, chain(focus(COMING), see("#peek-says"))),
    Scene("S01-board-filtered", f"{BOARD}&only=here"),
    Scene("S01-board-closed", f"{BOARD}&day=2026-11-26"),
    Scene("S01-board-empty", f"{BOARD}&day=2026-11-28"),
    Scene("S01-board-not-live", BOARD, deeds.lose_the_line, changes=True),
    Scene("S02-panel", BOARD, PANEL),
    Scene("S02-patients-own-page", BOARD, chain(PANEL, deeds.read_as_its_patient)),
    Scene("S02-somebody-was-quicker", BOARD, deeds.somebody_was_quicker, changes=True),
    Scene("S03-planner", f"/courses/new/?{SITE}", PICK),
    Scene("S03-planner-rows", f"/courses/new/?{SITE}", chain(PICK, deeds.scroll_to("#plan-rows"))),
    Scene("S03-planner-empty", f"/courses/new/?{SITE}", AFRESH),
    Scene("S04-quick-add", f"/courses/new/?{SITE}", TYPED),
    Scene(
        "S04-quick-add-faults",
        f"/courses/new/?{SITE}",
        chain(TYPED, fill(birth_date="3/7/9", phone="555 010 88"), press("Enter"), see("#quick [role=alert]")),
    ),
    Scene("S05-move", BOARD, MOVE),
    Scene(
        "S05-move-the-rest", BOARD, chain(MOVE, click("[data-panel] >> text=This and all after"), see("#rest-minute"))
    ),
    Scene("S05-move-refused", f"{BOARD}&view=board", chain(MOVE, deeds.drop_where_somebody_is)),
    Scene("S06-no-show", BOARD, NO_SHOW, changes=True),
    Scene("S06-undo", BOARD, chain(focus(f"{CARD}.is-here"), press("s"), see(".ck-toast")), changes=True),
    Scene("S07-attention", f"/attention/?{SITE}"),
    Scene(
        "S07-attention-ways",
        f"/attention/?{SITE}",
        chain(click(".ck-q button:has-text('Offer 3 times')"), see(".ck-alt")),
    ),
    Scene("S07-attention-empty", "/attention/", role=NEW),
    Scene("S08-waitlist", f"/waitlist/?{SITE}", chain(click("li:has-text('2pm') [data-open]"), see(".ck-matches > *"))),
    Scene("S08-waitlist-add", "/patients/", chain(COURSE, go("a[href*='/waitlist/add/']"))),
    Scene("S08-waitlist-empty", "/waitlist/", role=NEW),
    Scene("S09-patients", f"/patients/?{SITE}"),
    Scene("S09-patient", f"/patients/?{SITE}", PATIENT),
    Scene("S09-merge", f"/patients/?{SITE}", MERGE, role="manager"),
    Scene("S09-course", f"/patients/?{SITE}", COURSE),
    Scene("S10-week", f"/week/?{SITE}"),
    Scene("S10-week-patients", f"/week/?{SITE}&by=patient"),
    Scene("S11-chair-choose", f"/chair/?{SITE}&pick=1", role="technician"),
    Scene("S11-chair", f"/chair/?{SITE}&pick=1", go("a[href^='/chair/']:has-text('NeuroStar')"), role="technician"),
    Scene("S12-block", f"{BOARD}&view=board", BLOCK),
    Scene("S12-block-empty", f"/blocks/new/?{SITE}"),
    Scene("S12-blocks", f"/blocks/?{SITE}"),
    Scene("S13-day-sheet-ask", f"/day/sheet/?{SITE}"),
    Scene("S13-day-sheet", BOARD, send("/day/sheet/", site="riverside", day=TODAY, resource="")),
    Scene("S13-next-day", f"/tomorrow/?{SITE}"),
    Scene("S14-palette", BOARD, press("Control+k")),
    Scene("S14-palette-found", BOARD, chain(press("Control+k"), write("bo gar"), see("#palette-found [role=option]"))),
    Scene("S15-messages", f"/messages/?{SITE}"),
    Scene("S15-message", f"/messages/?{SITE}", go(".ck-ml a")),
    Scene("S15-messages-empty", "/messages/", role=NEW),
    Scene("S16-checklist", f"/settings/?{SITE}", role="manager"),
    Scene("S16-checklist-new", "/settings/", role=NEW),
    Scene("S16-site", f"/settings/site/?{SITE}", role="manager"),
    Scene("S16-hours", f"/settings/hours/?{SITE}", role="manager"),
    Scene("S16-closed-days", f"/settings/closures/?{SITE}", role="manager"),
    Scene("S16-devices", f"/settings/resources/?{SITE}", role="manager"),
    Scene("S16-staff", f"/settings/staff/?{SITE}", role="manager"),
    Scene("S16-protocols", f"/settings/protocols/?{SITE}", role="manager"),
    Scene(
        "S16-protocol",
        f"/settings/protocols/?{SITE}",
        chain(PROTOCOL, fill(**{"f-name": "River TMS"}), press("Enter"), see("#checked")),
        role="manager",
        changes=True,
    ),
    Scene("S16-ready", f"/settings/prep/?{SITE}", role="manager"),
    Scene("S16-ready-edit", f"/settings/prep/?{SITE}", go("main li a:has-text('Change')"), role="manager"),
    Scene("S16-texts", f"/settings/texts/?{SITE}", role="manager"),
    Scene("S16-text", "/settings/texts/day_before/sms/en/", role="manager"),
    Scene("S16-text-rules", f"/settings/messages/?{SITE}", role="manager"),
    Scene("S16-test-text", f"/settings/test/?{SITE}", role="manager"),
    Scene("S16-import", f"/settings/import/?{SITE}", IMPORT, role="manager", changes=True),
    Scene("S17-link", BOARD, chain(SEDATED, their(is_checked=False)), changes=True),
    Scene("S17-link-checked", BOARD, chain(SEDATED, their()), changes=True),
    Scene(
        "S17-other-time", BOARD, chain(SEDATED, their(), go(".pt-list a[href*='/visits/']"), go(CHANGE)), changes=True
    ),
    Scene("S17-birth-date", BOARD, chain(SEDATED, their("ready/", is_checked=False)), changes=True),
    Scene("S17-ready", BOARD, chain(SEDATED, their("ready/"), click("main form button")), changes=True),
    Scene("S17-driver", BOARD, chain(SEDATED, their("driver/")), changes=True),
    Scene("S17-calendar", BOARD, chain(SEDATED, their("calendar/"), click("main form button")), changes=True),
    Scene("S17-earlier", BOARD, chain(SEDATED, their("waitlist/")), changes=True),
    Scene("S17-form", BOARD, chain(DUE, their("form/1/"), click("main form button")), changes=True),
    Scene("S17-settings", BOARD, chain(SEDATED, their("settings/")), changes=True),
    Scene("X1-keys", BOARD, press("?")),
    Scene("X2-own-settings", "/me/"),
    Scene("X3-not-found", "/patients/999999/"),
    Scene("X4-styleguide", "/styleguide/"),
)
IN_README = (
    "S01-board-desktop",
    "S03-planner-desktop",
    "S09-course-dark",
    "S01-board-phone",
    "S11-chair-phone",
    "S02-patients-own-page-phone",
)
