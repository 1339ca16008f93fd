"""What the pages say about messages, about privacy, and to whoever got what was meant for somebody else."""

WORDS = {
    "en": {
        "settings_title": "Text settings",
        "saved": "Saved.",
        "speaks": "We write to you in English.",
        "speak_other": "Escríbanme en español",
        "which": "What may we write to you about?",
        "reminders": "My visits",
        "offers": "Times that get free",
        "forms": "Questions to answer",
        "sms": "Text",
        "email": "E-mail",
        "save": "Save",
        "agree": "When you turn something on:",
        "stopped": "Texts to your phone are stopped. To get them again, text START to the number our texts came from.",
        "no_sms": "We have no cell phone number for you that works. Call us to give us one.",
        "no_email": "We have no e-mail address for you that works. Call us to give us one.",
        "stop_all": "Stop all messages",
        "silent": "You get no messages from us now. Your visits stay booked. You can turn messages on again here.",
        "privacy_title": "Privacy",
        "privacy_what": "What is this page?",
        "privacy_what_text": "It shows your next visits at {clinic}. You need no password. "
        "Whoever has the link can open it, so keep it to yourself.",
        "privacy_kept": "What do we keep?",
        "privacy_kept_text": "What you tap, when you tapped it, and which browser you used. "
        "This page uses no ads and no trackers. If you give your date of birth, this phone remembers that you did.",
        "privacy_texts": "Can others read my messages?",
        "privacy_texts_text": "Texts and e-mails can be read by others who use your phone. "
        "So ours say only when to come, and not why.",
        "privacy_reach": "Questions?",
        "privacy_reach_text": "Call {clinic}: {phone}. Ask for your data or ask us to correct it.",
        "not_you_title": "Not you?",
        "not_you_why": "Did you get this message by mistake? Tell us. Then we won’t write to this number again, "
        "and this page will close.",
        "not_you_yes": "This is not for me",
        "not_you_no": "It is for me. Change my settings",
    },
    "es": {
        "settings_title": "Mensajes",
        "saved": "Guardado.",
        "speaks": "Le escribimos en español.",
        "speak_other": "Write to me in English",
        "which": "¿Sobre qué podemos escribirle?",
        "reminders": "Mis visitas",
        "offers": "Horas que quedan libres",
        "forms": "Preguntas para responder",
        "sms": "Texto",
        "email": "Correo",
        "save": "Guardar",
        "agree": "Cuando usted activa algo:",
        "stopped": "Los mensajes de texto a su teléfono están parados. Para recibirlos otra vez, "
        "envíe START al número del que venían.",
        "no_sms": "No tenemos un número de celular suyo que funcione. Llámenos para darnos uno.",
        "no_email": "No tenemos un correo suyo que funcione. Llámenos para darnos uno.",
        "stop_all": "Parar todos los mensajes",
        "silent": "Ahora no recibe mensajes nuestros. Sus visitas siguen reservadas. Aquí puede activarlos otra vez.",
        "privacy_title": "Privacidad",
        "privacy_what": "¿Qué es esta página?",
        "privacy_what_text": "Muestra sus próximas visitas en {clinic}. No necesita contraseña. "
        "Quien tiene el enlace puede abrirla, así que no lo comparta.",
        "privacy_kept": "¿Qué guardamos?",
        "privacy_kept_text": "Lo que usted toca, cuándo lo tocó y con qué navegador. "
        "Esta página no tiene anuncios ni rastreadores. "
        "Si da su fecha de nacimiento, este teléfono recuerda que la dio.",
        "privacy_texts": "¿Pueden otros leer mis mensajes?",
        "privacy_texts_text": "Otros que usan su teléfono pueden leer los textos y correos. "
        "Por eso los nuestros solo dicen cuándo venir, y no por qué.",
        "privacy_reach": "¿Preguntas?",
        "privacy_reach_text": "Llame a {clinic}: {phone}. Pida sus datos o pida que los corrijamos.",
        "not_you_title": "¿No es usted?",
        "not_you_why": "¿Recibió este mensaje por error? Avísenos. No volveremos a escribir a este número "
        "y esta página se cerrará.",
        "not_you_yes": "No es para mí",
        "not_you_no": "Es para mí. Cambiar mis mensajes",
    },
}
