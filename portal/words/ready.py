"""What the page says on which a patient gets ready for the next visit; the steps themselves are the clinic's."""

WORDS = {
    "en": {
        "ready_title": "Get ready",
        "ready_how": "Tap each step when it is done. Tap again if it is not.",
        "ready_done": "All done. See you {day}.",
        "ready_nothing": "You don’t have to do anything before this visit.",
        "ready_paper": "Print this list: use the print button of your browser.",
        "ready_unsure": "Not sure about a step? Call us.",
        "one_step": "1 step",
        "steps": "{count} steps",
        "steps_done": "{done} of {count} done",
    },
    "es": {
        "ready_title": "Cómo prepararse",
        "ready_how": "Toque cada paso cuando lo haya hecho. Toque otra vez si no lo hizo.",
        "ready_done": "Todo listo. Le esperamos el {day}.",
        "ready_nothing": "No tiene que hacer nada antes de esta visita.",
        "ready_paper": "Para imprimir esta lista, use el botón de imprimir de su navegador.",
        "ready_unsure": "¿Tiene dudas sobre un paso? Llámenos.",
        "one_step": "1 paso",
        "steps": "{count} pasos",
        "steps_done": "{done} de {count} hechos",
    },
}
