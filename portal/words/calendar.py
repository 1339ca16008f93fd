"""What the page says from which visits go into a patient's own calendar."""

WORDS = {
    "en": {
        "calendar": "Add to my calendar",
        "behind": "Your calendar can be a day behind. This page is always right.",
        "once": "Once",
        "download": "Download my visits",
        "download_more": "Your calendar gets the times you have now. If one changes, it does not know.",
        "always": "And when times change",
        "subscribe": "Subscribe",
        "subscribe_more": "Your calendar looks here for new times by itself.",
        "open": "Open my calendar",
        "copy": "Or copy this address into your calendar. Who has it can see your times:",
        "stop": "Stop this calendar",
    },
    "es": {
        "calendar": "Agregar a mi calendario",
        "behind": "Su calendario puede tardar un día en cambiar. Esta página siempre está bien.",
        "once": "Una vez",
        "download": "Descargar mis visitas",
        "download_more": "Su calendario recibe las horas de ahora. Si una cambia, no lo sabe.",
        "always": "Y cuando cambien las horas",
        "subscribe": "Suscribirme",
        "subscribe_more": "Su calendario busca aquí las horas nuevas por sí solo.",
        "open": "Abrir mi calendario",
        "copy": "O copie esta dirección en su calendario. Quien la tenga puede ver sus horas:",
        "stop": "Detener este calendario",
    },
}
