"""What the page says that asks for the birth date."""

WORDS = {
    "en": {
        "check_title": "Is this you?",
        "check_why": "The next pages are only for you. Give your date of birth once, and this phone will remember.",
        "month": "Month",
        "day": "Day",
        "year": "Year",
        "check_yes": "Go on",
        "no_date": "That is not a date. Give month, day and year as numbers, like 4 / 23 / 1980.",
        "wrong": "That is not the date we have. Look at it and try again, or call us.",
        "shut": "We can’t ask for your date of birth here any more. Please call us.",
    },
    "es": {
        "check_title": "¿Es usted?",
        "check_why": "Lo que sigue es solo para usted. Dé su fecha de nacimiento una vez y este teléfono la recordará.",
        "month": "Mes",
        "day": "Día",
        "year": "Año",
        "check_yes": "Continuar",
        "no_date": "Eso no es una fecha. Dé el mes, el día y el año con números, por ejemplo 4 / 23 / 1980.",
        "wrong": "No es la fecha que tenemos. Revísela e inténtelo otra vez, o llámenos.",
        "shut": "Ya no podemos pedirle aquí su fecha de nacimiento. Por favor, llámenos.",
    },
}
