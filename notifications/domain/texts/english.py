"""Pure: the catalogue in English (screens.md 4.4, 4.5)."""

from notifications.domain.texts.forms import Words

SMS: dict[str, Words] = {
    name: Words(body)
    for name, body in {
        "booked": "{clinic}: Your visits are booked, {first} - {last}. See your times: {link} STOP to opt out.",
        "week": "{clinic}: Your visits from {first}: {times}. See or change: {link} STOP to opt out.",
        "week_many": "{clinic}: Your visits from {first}: see your times at {link} STOP to opt out.",
        "first_visit": "{clinic}: Your first visit is {when}. See how to find us: {link} STOP to opt out.",
        "ahead": "{clinic}: Your next visit is {when}. Can you come? {link} STOP to opt out.",
        "ride": "{clinic}: Visit {when}. Got a ride? Reply 1 yes, 2 no. {link} STOP to opt out.",
        "day_before": "{clinic}: You have a visit {when}. Can you come? {link} STOP to opt out.",
        "prep": "{clinic}: Visit {when}. Please read how to get ready: {link} STOP to opt out.",
        "same_day": "{clinic}: See you {when}. Running late? Call {phone}. STOP to opt out.",
        "escort": "{clinic}: You are listed to pick someone up on {when}. Reply 1 for yes, 2 for no, or call {phone}. "
        "STOP to opt out.",
        "escort_off": "{clinic}: No need to pick someone up on {when}: that time has changed. Call {phone} to ask. "
        "STOP to opt out.",
        "moved": "{clinic}: Your visit moved to {when}. See or change: {link} STOP to opt out.",
        "moved_many": "{clinic}: Some of your visits have moved. See your times: {link} STOP to opt out.",
        "cancelled": "{clinic}: Sorry, we had to cancel your visit on {old}. New time: {link} STOP to opt out.",
        "cancelled_many": "{clinic}: Sorry, we had to cancel some of your visits. See your times: {link} "
        "STOP to opt out.",
        "missed": "{clinic}: We missed you {old}. Next visit: {when}. {link} STOP to opt out.",
        "missed_last": "{clinic}: We missed you {old}. Call {phone} for a new time. STOP to opt out.",
        "opening": "{clinic}: Free time {when}. Want it? Tap by {until}: {link} STOP to opt out.",
        "recall": "{clinic}: It is time to book your next visit. Call {phone} and pick a day. STOP to opt out.",
        "form_due": "{clinic}: We have a short form for you. Fill it in before your next visit: {link} "
        "STOP to opt out.",
        "confirmed": "{clinic}: Thank you. You are set for {when}.",
        "confirmed_many": "{clinic}: Thank you. You are set.",
        "asked": "{clinic}: Thank you. We will call you. Your visit stays booked till then. Or call {phone}.",
        "late": "{clinic}: Thank you. We will see you soon. Much too late to come? Call {phone}.",
        "escort_yes": "{clinic}: Thank you. We will see you then. Can't come after all? Call {phone}.",
        "stop_ack": "{clinic}: You will get no more texts from us. Questions? Call {phone}. "
        "Reply START to get texts again.",
        "start_ack": "{clinic}: You will get our texts, up to 7 a week. Msg and data rates may apply. Help? {phone}. "
        "STOP to opt out.",
        "help": "{clinic}: For help call {phone}. Msg and data rates may apply. Reply STOP to opt out.",
        "free_text": "{clinic}: We may not read texts right away. Call {phone}. Emergency? Call 911. "
        "In crisis? Call or text 988.",
        "crisis": "{clinic}: Are you in danger? Call 911 now. Day or night you can call or text 988. "
        "Our phone: {phone}.",
        "stranger": "{clinic}: We can't read texts at this number. Call {phone}. Emergency? Call 911.",
    }.items()
}

MAIL: dict[str, Words] = {
    "booked": Words(
        "Your visits are booked.\n\nThe first is on {first}. The last is on {last}.",
        "Your visits, {first} to {last}",
        "See your times",
    ),
    "week": Words("Your visits from {first}:\n\n{times}.", "Your visits from {first}", "See or change"),
    "week_many": Words(
        "You have visits in the week from {first}.\n\nSee your times with the button.",
        "Your visits from {first}",
        "See your times",
    ),
    "first_visit": Words(
        "Your first visit is {when}.\n\nSee how to find us with the button.",
        "Your first visit on {when}",
        "See your visit",
    ),
    "ahead": Words("Your next visit is {when}.\n\nCan you come?", "Your visit on {when}", "Tell us you will come"),
    "ride": Words(
        "You have a visit {when}.\n\nPlease tell us who will take you home.", "Your visit on {when}", "Tell us who"
    ),
    "day_before": Words("You have a visit {when}.\n\nCan you come?", "Your visit on {when}", "Tell us you will come"),
    "prep": Words(
        "You have a visit {when}.\n\nPlease read how to get ready.", "Get ready for {when}", "See how to get ready"
    ),
    "same_day": Words(
        "We will see you {when}.\n\nRunning late? Call {phone}.", "Your visit on {when}", "See your visit"
    ),
    "escort": Words(
        "You are listed to pick someone up on {when}.\n\nCan't come? Call {phone}.",
        "You pick someone up on {when}",
    ),
    "escort_off": Words(
        "You need not pick someone up on {when}: that time has changed.\n\nTo ask us why, call {phone}.",
        "No need to pick someone up on {when}",
    ),
    "moved": Words(
        "Your visit has moved.\n\nIt is now {when}.", "Your visit moved to {when}", "See or change your visit"
    ),
    "moved_many": Words(
        "Some of your visits have moved.\n\nSee your times with the button.",
        "Some of your visits have moved",
        "See your times",
    ),
    "cancelled": Words(
        "Sorry, we had to cancel your visit on {old}.\n\nYou can ask us for a new time.",
        "Your visit on {old} is cancelled",
        "Ask for a new time",
    ),
    "cancelled_many": Words(
        "Sorry, we had to cancel some of your visits.\n\nSee the times that are left with the button.",
        "Some of your visits are cancelled",
        "See your times",
    ),
    "missed": Words(
        "We missed you {old}.\n\nYour next visit is {when}.", "We missed you {old}", "See or change your visits"
    ),
    "missed_last": Words(
        "We missed you {old}.\n\nCall {phone} for a new time.", "We missed you {old}", "How to reach us"
    ),
    "opening": Words(
        "A time is free: {when}.\n\nDo you want it? Tell us by {until}.", "Free time {when}", "Take this time"
    ),
    "recall": Words(
        "It is time to book your next visit.\n\nCall {phone} and pick a day.",
        "Time to book your next visit",
    ),
    "form_due": Words(
        "We have a short form for you.\n\nFill it in before your next visit.",
        "A short form before your next visit",
        "See the form",
    ),
}
FOOT = "Questions? Call {phone}."
STOP = "Stop these e-mails:"
