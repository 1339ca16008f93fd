"""Pure: the questions patients answer themselves, word for word as published (docs/measures.md), and their score.

Whoever changes a word or its place gives the form a new `wording`: an answer is kept with the words it was given to.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from patients.domain.clinical import Instrument

MOST = 3  # the gravest answer to a question: four answers, 0 to 3
_PFIZER = (
    "Developed by Drs. Robert L. Spitzer, Janet B.W. Williams, Kurt Kroenke and colleagues, with an educational grant"
    " from Pfizer Inc. No permission required to reproduce, translate, display or distribute."
)
_PFIZER_ES = (
    "Elaborado por los doctores Robert L. Spitzer, Janet B.W. Williams, Kurt Kroenke y colegas, mediante una subvención"
    " educativa otorgada por Pfizer Inc. No se requiere permiso para reproducir, traducir, presentar o distribuir."
)
_OFTEN = ("Not at all", "Several days", "More than half the days", "Nearly every day")
_OFTEN_ES = ("Ningún día", "Varios días", "Más de la mitad de los días", "Casi todos los días")


@dataclass(frozen=True, slots=True)
class Wording:
    """A form in one language: what stands above its questions, the questions, their answers, whose work it is.

    `hardship`: the last question of some, never scored, with answers of its own.
    """

    lead: str
    items: tuple[str, ...]
    answers: tuple[str, ...]
    attribution: str
    hardship: str = ""
    hardship_answers: tuple[str, ...] = ()

    @property
    def questions(self) -> int:
        """How many questions there are, with the one that is not scored."""
        return len(self.items) + bool(self.hardship)

    def question(self, number: int) -> tuple[str, str, tuple[str, ...]]:
        """Return what stands above a question, the question, and its answers."""
        if number > len(self.items):
            return "", self.hardship, self.hardship_answers
        return self.lead, self.items[number - 1], self.answers


@dataclass(frozen=True, slots=True)
class Form:
    """A form that may be given to patients; `alarm`: the question any answer but the first of which alarms."""

    instrument: Instrument
    wording: int
    words: Mapping[str, Wording]
    alarm: int = 0

    @property
    def scored(self) -> int:
        """How many questions make up the score."""
        return len(self.words["en"].items)

    @property
    def questions(self) -> int:
        """How many questions there are."""
        return self.words["en"].questions


FORMS: dict[Instrument, Form] = {
    Instrument.PHQ9: Form(
        instrument=Instrument.PHQ9,
        wording=1,
        alarm=9,
        words={
            "en": Wording(
                lead="Over the last 2 weeks, how often have you been bothered by any of the following problems?",
                items=(
                    "Little interest or pleasure in doing things",
                    "Feeling down, depressed, or hopeless",
                    "Trouble falling or staying asleep, or sleeping too much",
                    "Feeling tired or having little energy",
                    "Poor appetite or overeating",
                    "Feeling bad about yourself — or that you are a failure or have let yourself or your family down",
                    "Trouble concentrating on things, such as reading the newspaper or watching television",
                    "Moving or speaking so slowly that other people could have noticed? Or the opposite — being so"
                    " fidgety or restless that you have been moving around a lot more than usual",
                    "Thoughts that you would be better off dead or of hurting yourself in some way",
                ),
                answers=_OFTEN,
                attribution=_PFIZER,
                hardship="If you checked off any problems, how difficult have these problems made it for you to do"
                " your work, take care of things at home, or get along with other people?",
                hardship_answers=(
                    "Not difficult at all",
                    "Somewhat difficult",
                    "Very difficult",
                    "Extremely difficult",
                ),
            ),
            "es": Wording(
                lead="Durante las últimas 2 semanas, ¿qué tan seguido ha tenido molestias debido a los siguientes"
                " problemas?",
                items=(
                    "Poco interés o placer en hacer cosas",
                    "Se ha sentido decaído(a), deprimido(a) o sin esperanzas",
                    "Ha tenido dificultad para quedarse o permanecer dormido(a), o ha dormido demasiado",
                    "Se ha sentido cansado(a) o con poca energía",
                    "Sin apetito o ha comido en exceso",
                    "Se ha sentido mal con usted mismo(a) – o que es un fracaso o que ha quedado mal con usted"
                    " mismo(a) o con su familia",
                    "Ha tenido dificultad para concentrarse en ciertas actividades, tales como leer el periódico o ver"
                    " la televisión",
                    "¿Se ha movido o hablado tan lento que otras personas podrían haberlo notado? o lo contrario – muy"
                    " inquieto(a) o agitado(a) que ha estado moviéndose mucho más de lo normal",
                    "Pensamientos de que estaría mejor muerto(a) o de lastimarse de alguna manera",
                ),
                answers=_OFTEN_ES,
                attribution=_PFIZER_ES,
                hardship="Si marcó cualquiera de los problemas, ¿qué tanta dificultad le han dado estos problemas para"
                " hacer su trabajo, encargarse de las tareas del hogar, o llevarse bien con otras personas?",
                hardship_answers=("No ha sido difícil", "Un poco difícil", "Muy difícil", "Extremadamente difícil"),
            ),
        },
    ),
    Instrument.GAD7: Form(
        instrument=Instrument.GAD7,
        wording=1,
        words={
            "en": Wording(
                lead="Over the last 2 weeks, how often have you been bothered by the following problems?",
                items=(
                    "Feeling nervous, anxious or on edge",
                    "Not being able to stop or control worrying",
                    "Worrying too much about different things",
                    "Trouble relaxing",
                    "Being so restless that it is hard to sit still",
                    "Becoming easily annoyed or irritable",
                    "Feeling afraid as if something awful might happen",
                ),
                answers=_OFTEN,
                attribution=_PFIZER,
            ),
            "es": Wording(
                lead="Durante las últimas 2 semanas, ¿qué tan seguido ha tenido molestias debido a los siguientes"
                " problemas?",
                items=(
                    "Se ha sentido nervioso(a), ansioso(a) o con los nervios de punta",
                    "No ha sido capaz de parar o controlar su preocupación",
                    "Se ha preocupado demasiado por motivos diferentes",
                    "Ha tenido dificultad para relajarse",
                    "Se ha sentido tan inquieto(a) que no ha podido quedarse quieto(a)",
                    "Se ha molestado o irritado fácilmente",
                    "Ha tenido miedo de que algo terrible fuera a pasar",
                ),
                answers=_OFTEN_ES,
                attribution=_PFIZER_ES,
            ),
        },
    ),
}


def score(form: Form, answers: Mapping[int, int]) -> int:
    """Return the sum of the scored questions, as published: nothing is estimated where one was left out.

    :raises ValueError: a question was not answered.
    """
    scored = range(1, form.scored + 1)
    if not set(scored) <= set(answers):
        raise ValueError("The score needs an answer to every question.")
    return sum(answers[number] for number in scored)


def next_open(form: Form, answers: Mapping[int, int]) -> int:
    """Return the first question without an answer; 0: there is none."""
    return next((number for number in range(1, form.questions + 1) if number not in answers), 0)


def is_alarming(form: Form, number: int, answer: int) -> bool:
    """Tell whether an answer needs a clinician the same day and help at once."""
    return bool(form.alarm) and number == form.alarm and answer > 0
