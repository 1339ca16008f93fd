"""Who is in the demo clinic: sites, rooms, staff and names. Everybody here is made up."""

import datetime as dt

from clinic.actions import NewSite
from clinic.domain.permissions import Role
from scheduling.actions.setup import NewResource

_DAY = [(dt.time(7, 30), dt.time(17, 30))]
_MORNING = {day: [(dt.time(7, 0), dt.time(12, 0))] for day in range(1, 6)}
_LUNCH = {day: [(dt.time(7, 30), dt.time(12, 0)), (dt.time(12, 30), dt.time(17, 30))] for day in range(1, 6)}

RIVERSIDE = NewSite(
    slug="riverside",
    name="Riverside Clinic",
    message_name="Riverside Clinic",
    zone="America/New_York",
    address="12 Main St, Suite 3",
    phone="+15550102000",
    hours={day: [(dt.time(7, 0), dt.time(17, 30))] for day in range(1, 6)},
    is_demo=True,
)
HARBOR = NewSite(
    slug="harbor",
    name="Harbor Clinic",
    message_name="Harbor Clinic",
    zone="America/Los_Angeles",
    address="400 Bay Rd",
    phone="+15550103000",
    hours={day: _DAY for day in range(1, 6)},
    is_demo=True,
)

RIVERSIDE_RESOURCES = [
    NewResource("tms_device", "NeuroStar 1", "TMS", hours=_LUNCH),
    NewResource("tms_device", "NeuroStar 2", "TMS", hours=_LUNCH),
    NewResource("tms_device", "MagPro 1", "TMS", hours=_LUNCH),
    NewResource("ect_room", "ECT suite", "ECT", hours=_MORNING),
    NewResource("infusion_chair", "Ketamine 1", "KETAMINE"),
    NewResource("infusion_chair", "Ketamine 2", "KETAMINE"),
    NewResource("observation_chair", "Spravato 1", "SPRAVATO"),
    NewResource("observation_chair", "Spravato 2", "SPRAVATO"),
    *(NewResource("operator", f"TMS operator {number}") for number in (1, 2, 3)),
    NewResource("psychiatrist", "Dr. Weiss"),
    NewResource("psychiatrist", "Dr. Amara"),
    NewResource("psychiatrist", "Dr. Sorensen"),
    NewResource("anesthesia", "Anesthesia", hours=_MORNING),
    *(NewResource("preop_bay", f"Pre-op bay {number}") for number in (1, 2)),
    *(NewResource("recovery_bay", f"Recovery bay {number}") for number in (1, 2, 3, 4)),
    NewResource("iv_nurse", "Infusion nurse 1"),
    NewResource("observer", "Observer 1"),
]
HARBOR_RESOURCES = [
    NewResource("tms_device", "MagPro 2", "TMS"),
    NewResource("infusion_chair", "Chair 1", "KETAMINE"),
    NewResource("infusion_chair", "Chair 2", "KETAMINE"),
    NewResource("operator", "TMS operator 1"),
    NewResource("psychiatrist", "Dr. Lindholm"),
    NewResource("iv_nurse", "Infusion nurse 1"),
]

STAFF = [
    ("frontdesk@demo.example", "Dana Torres", Role.FRONT_DESK),
    ("technician@demo.example", "Sam Reyes", Role.TECHNICIAN),
    ("clinician@demo.example", "Mira Weiss", Role.CLINICIAN),
    ("manager@demo.example", "Ruth Okoye", Role.MANAGER),
    ("auditor@demo.example", "Leo Brandt", Role.AUDITOR),
]

FIRST = (
    "Maria Daniel Aisha Peter Lucía Kenji Ingrid Omar Grace Viktor Amelia Rafael Noor Thomas Elena Jamal Sofie Mateo Hannah "
    "Andre Priya Colin Yuki Beatriz Marcus Fatima Niels Rosa Ethan Leila Paulo Agnes Samir Clara Dmitri Naomi José Erin "
    "Hassan Ivy Tobias Marisol Felix Zainab Hugo Petra Luis Carol Idris Julia Adam Miriam Sean Paloma Victor Tessa Ana Kofi"
).split()
LAST = (
    "Garcia Okafor Haddad Lee Johansson Alvarez Petrov Washington Lindgren Novak Sandoval Kim Chen Whitfield Nakamura Bianchi "
    "O'Neill Ahmed Ortiz Brooks Ferreira Rahman Silva Yilmaz Price Edwards Mbeki Fischer Lopez Iyer Hansen Rossi Clarke Suzuki "
    "Baker Núñez Turner Hughes Delgado Marsh Yang Patel Coleman Bauer Stewart Rivera Foster Adeyemi Ruiz-Mena Kowalski Dubois "
    "Sato Moreau Lindqvist Osei Costa Weber Murphy Ali"
).split()
