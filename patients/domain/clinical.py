"""Pure: what is recorded about a patient beside contact: who comes along, screening flags, outcome scales."""

from enum import StrEnum


class RelatedRole(StrEnum):
    ESCORT = "escort"
    CARER = "carer"
    GUARDIAN = "guardian"


class ScreeningCode(StrEnum):
    """What screening can find that stops a treatment until a clinician clears it (domain 1.1, 1.10)."""

    IMPLANTED_STIMULATOR = "implanted_stimulator"  # VNS, DBS
    COCHLEAR_IMPLANT = "cochlear_implant"
    PACEMAKER = "pacemaker"  # or ICD
    METAL_IN_HEAD = "metal_in_head"  # ferromagnetic or conductive, within 30 cm of the coil, not dental


class Instrument(StrEnum):
    PHQ9 = "phq9"
    QIDS = "qids"
    GAD7 = "gad7"
    MADRS = "madrs"
    HAMD17 = "hamd17"
    HAMD24 = "hamd24"
    YBOCS = "ybocs"
    MOCA = "moca"


# Least and greatest score (domain 1.9).
RANGES: dict[Instrument, tuple[int, int]] = {
    Instrument.PHQ9: (0, 27),
    Instrument.QIDS: (0, 27),
    Instrument.GAD7: (0, 21),
    Instrument.MADRS: (0, 60),
    Instrument.HAMD17: (0, 52),
    Instrument.HAMD24: (0, 75),
    Instrument.YBOCS: (0, 40),
    Instrument.MOCA: (0, 30),
}

# Every code of screening stops magnetic stimulation.
STOPS_MAGNETIC = frozenset(ScreeningCode)
