"""Pure: the catalogue in Spanish (screens.md 4.4, 4.5). Texts avoid á í ó ú, which would make one text two."""

from notifications.domain.texts.forms import Words

SMS: dict[str, Words] = {
    name: Words(body)
    for name, body in {
        "booked": "{clinic}: Sus visitas son del {first} al {last}. Vea sus horas: {link} STOP para no recibir.",
        "week": "{clinic}: Sus visitas desde el {first}: {times}. Cambios: {link} STOP: no recibir.",
        "week_many": "{clinic}: Sus visitas desde el {first}: vea sus horas en {link} STOP para no recibir.",
        "first_visit": "{clinic}: Primera visita: {when}. Lea antes de venir: {link} STOP para no recibir.",
        "ahead": "{clinic}: Su siguiente visita: {when}. ¿Puede venir? {link} STOP para no recibir.",
        "ride": "{clinic}: Visita {when}. ¿Le llevan? 1 me llevan, 2 no. {link} STOP: no recibir.",
        "day_before": "{clinic}: Tiene visita {when}. ¿Puede venir? {link} STOP para no recibir.",
        "prep": "{clinic}: Visita {when}. Por favor lea antes de venir: {link} STOP: no recibir.",
        "same_day": "{clinic}: Le esperamos {when}. ¿Va tarde? Llame al {phone}. STOP para no recibir.",
        "escort": "{clinic}: Usted recoge a un amigo el {when}. Responda 1 si puede, 2 si no, o llame al {phone}. "
        "STOP: no recibir.",
        "escort_off": "{clinic}: Ya no recoge a su amigo el {when}: esa hora ha cambiado. ¿Dudas? Llame al {phone}. "
        "STOP: no recibir.",
        "moved": "{clinic}: Su visita ahora es {when}. Ver o cambiar: {link} STOP para no recibir.",
        "moved_many": "{clinic}: Cambiamos algunas de sus visitas. Vea sus horas: {link} STOP para no recibir.",
        "cancelled": "{clinic}: Tuvimos que cancelar su visita del {old}. Otra hora: {link} STOP para no recibir.",
        "cancelled_many": "{clinic}: Tuvimos que cancelar unas visitas. Vea sus horas: {link} STOP: no recibir.",
        "missed": "{clinic}: No pudo venir {old}. Su visita: {when}. {link} STOP: no recibir.",
        "missed_last": "{clinic}: No pudo venir {old}. Para otra hora llame al {phone}. STOP para no recibir.",
        "opening": "{clinic}: Libre {when}. ¿La quiere? Hasta {until}: {link} STOP: no recibir.",
        "recall": "{clinic}: Ya toca su siguiente visita. Llame al {phone} y elija fecha. STOP para no recibir.",
        "form_due": "{clinic}: Hay una hoja corta para usted. Llene la hoja antes de venir: {link} STOP: no recibir.",
        "confirmed": "{clinic}: Gracias. Le esperamos el {when}.",
        "confirmed_many": "{clinic}: Gracias. Ya sabemos que viene.",
        "asked": "{clinic}: Gracias. Le vamos a llamar. Su visita sigue en pie. O llame al {phone}.",
        "late": "{clinic}: Gracias. Le esperamos. ¿Va muy tarde? Llame al {phone}.",
        "escort_yes": "{clinic}: Gracias. Le esperamos. ¿Al final no puede? Llame al {phone}.",
        "stop_ack": "{clinic}: Ya no le enviaremos mensajes. ¿Dudas? Llame al {phone}. "
        "Para recibirlos otra vez, responda START.",
        "start_ack": "{clinic}: Le vamos a escribir, hasta 7 veces por semana. Puede tener costo. "
        "¿Ayuda? {phone}. STOP para no recibir.",
        "help": "{clinic}: Para ayuda llame al {phone}. Pueden aplicar cargos por mensajes y datos. "
        "STOP para no recibir.",
        "free_text": "{clinic}: Puede que tardemos en leer su mensaje. Llame al {phone}. ¿Emergencia? 911. "
        "¿Crisis? Llame o escriba al 988.",
        "crisis": "{clinic}: ¿Corre peligro? Llame ya al 911. A toda hora llame o escriba al 988. "
        "Para llamarnos: {phone}.",
        "stranger": "{clinic}: No leemos lo que nos escribe. Llame al {phone}. ¿Emergencia? Llame al 911.",
    }.items()
}

MAIL: dict[str, Words] = {
    "booked": Words(
        "Ya tiene sus visitas.\n\nLa primera es el {first}. La última es el {last}.",
        "Sus visitas, del {first} al {last}",
        "Ver mis horas",
    ),
    "week": Words("Sus visitas desde el {first}:\n\n{times}.", "Sus visitas desde el {first}", "Ver o cambiar"),
    "week_many": Words(
        "Tiene visitas en la semana del {first}.\n\nVea sus horas con el botón.",
        "Sus visitas desde el {first}",
        "Ver mis horas",
    ),
    "first_visit": Words(
        "Su primera visita es el {when}.\n\nVea cómo llegar con el botón.",
        "Su primera visita: {when}",
        "Ver mi visita",
    ),
    "ahead": Words("Su siguiente visita es el {when}.\n\n¿Puede venir?", "Su visita del {when}", "Decir que voy"),
    "ride": Words(
        "Tiene visita el {when}.\n\nPor favor díganos quién le lleva a casa.", "Su visita del {when}", "Decir quién"
    ),
    "day_before": Words("Tiene visita el {when}.\n\n¿Puede venir?", "Su visita del {when}", "Decir que voy"),
    "prep": Words(
        "Tiene visita el {when}.\n\nPor favor lea antes de venir cómo prepararse.",
        "Cómo prepararse: {when}",
        "Ver cómo prepararme",
    ),
    "same_day": Words(
        "Le esperamos el {when}.\n\n¿Va tarde? Llame al {phone}.", "Su visita del {when}", "Ver mi visita"
    ),
    "escort": Words(
        "Usted recoge a un amigo el {when}.\n\n¿No puede? Llame al {phone}.", "Recoge a un amigo el {when}"
    ),
    "escort_off": Words(
        "Ya no tiene que recoger a su amigo el {when}: esa hora ha cambiado.\n\n¿Tiene dudas? Llame al {phone}.",
        "Ya no recoge a nadie el {when}",
    ),
    "moved": Words(
        "Su visita ha cambiado.\n\nAhora es el {when}.", "Su visita ahora es {when}", "Ver o cambiar mi visita"
    ),
    "moved_many": Words(
        "Cambiamos algunas de sus visitas.\n\nVea sus horas con el botón.",
        "Cambiamos algunas de sus visitas",
        "Ver mis horas",
    ),
    "cancelled": Words(
        "Tuvimos que cancelar su visita del {old}.\n\nLe damos otra hora.",
        "Cancelamos su visita del {old}",
        "Pedir otra hora",
    ),
    "cancelled_many": Words(
        "Tuvimos que cancelar algunas de sus visitas.\n\nVea las que quedan con el botón.",
        "Cancelamos algunas de sus visitas",
        "Ver mis horas",
    ),
    "missed": Words(
        "No pudo venir el {old}.\n\nSu siguiente visita es el {when}.",
        "No pudo venir el {old}",
        "Ver o cambiar mis visitas",
    ),
    "missed_last": Words(
        "No pudo venir el {old}.\n\nPara otra hora llame al {phone}.", "No pudo venir el {old}", "Ver esta hoja"
    ),
    "opening": Words(
        "Hay una hora libre: {when}.\n\n¿La quiere? Responda hasta el {until}.",
        "Hora libre: {when}",
        "La quiero",
    ),
    "recall": Words(
        "Ya toca su siguiente visita.\n\nLlame al {phone} y elija un día.",
        "Ya toca su siguiente visita",
    ),
    "form_due": Words(
        "Hay una hoja corta para usted.\n\nLlene la hoja antes de su siguiente visita.",
        "Una hoja corta antes de su visita",
        "Ver la hoja",
    ),
}
FOOT = "¿Dudas? Llame al {phone}."
STOP = "No recibir más estos correos:"
