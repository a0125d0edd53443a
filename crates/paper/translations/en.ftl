# What printed pages say, in English, beside the kiosk's own sentences (assets/translations/en/kiosk.ftl).
# Printed, never spoken: nothing here begins with "say-".

## The head of a paper form
head-name = Official name: { $name }
head-department = In charge: { $department }
head-free = It costs nothing. If anyone asks for money, please call { $phone }.
head-answers = Who answers: { $name }, { $office }, telephone { $phone }
head-term = You hear from us within { $days } working days after you hand it in.
head-where = Hand it in at: { $station }
head-hours = Open: { $hours }
head-hours-span = { $open }–{ $close }
head-hours-days = { $days } { $spans }
head-days = { $first } to { $last }
head-and = {", "}
head-past-station = If the station shall not see it, do not hand it in there: take it to { $office }, or call { $phone }.
head-how = Tick the boxes. One character in each square. Leave empty what you do not know and ask at the station.
head-wrong = A mistake does no harm: cross it out and write again. It costs nothing.
head-cannot-write = If you cannot write, ask somebody to write for you, or come to the station and say it.
head-papers = What to bring
head-facts = Good to know
head-source = { $source } ({ $year }-{ $month }-{ $day })
head-example = a figure of this example, not a rule

weekday = { $day ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
}

## Questions
question-several = You may choose several.
question-years = year
question-months = month
question-days = day
question-lunar = this is a lunar date
question-yuan = yuan
question-note-where = If the squares are not enough, write on this line:
question-continued = Question { $number }, continued
question-entry = No. { $entry }
question-entries = If you need more room, write on the back or ask for another sheet.
question-photo = Put the photo or the copy here
question-photo-else = If you have no copy, bring the paper to the station and we photograph it.
question-code = Stick the code here, or write its number:
question-spoken = Write here what you want to say. If you cannot write, ask somebody to write for you, or say it at the station.
question-blank = ____
question-agree = I agree

## Who is asking
who-id = Your ID number
who-id-hint = Copy it from your ID card. If you do not have it here, leave it empty for now.
who-agent = If you do it for family: what is your own name?
who-agent-id = Your own ID number
who-name = What is your name?
who-matter = What is it about?

## Relevance, in words
only-if = Only if { $what }.
only-if-all = Fill in this part only if { $what }.
only-if-you-like = Only if you like.
note-if = If { $what }:
only-if-used = Only if it applies to you. If not, leave it empty.
if-chosen = you chose { $choices } in question { $number }
if-not-chosen = you did not choose { $choices } in question { $number }
if-filled = you answered question { $number }
if-empty = you left question { $number } empty
if-is = your answer to question { $number } is { $value }
if-is-not = your answer to question { $number } is not { $value }
if-at-least = your number in question { $number } is { $value } or more
if-at-most = your number in question { $number } is { $value } or less
if-more = your number in question { $number } is more than { $value }
if-less = your number in question { $number } is less than { $value }
if-quoted = “{ $choice }”
if-or = {" "}or{" "}
if-and = {" "}and{" "}

## The end of a paper form
told-phone = Which number shall we call?
told-named = Whom shall we tell? Write the name and the telephone number.
end-consent = Do you agree that we send this?
end-sign = Signature, or thumb print
end-no-signature = No signature is needed.
end-day = Day
end-helper = The person who wrote this for you
end-helper-hint = If you wrote it yourself, leave this empty.
end-name = Name
end-signature = Signature
end-staff = For the station
end-received = Received by
end-entered = Typed in by
end-read-back = Read back by
end-code = Code
end-keep = Cut off and keep
end-keep-matter = Matter: { $title }
end-keep-ask = Bring this paper to ask about it. Telephone { $phone }
end-keep-term = You hear from us within { $days } working days

## The foot of every page
foot-form = Form { $form }, version { $version }
foot-page = Page { $page } of { $pages }

## Wall cards and resident cards
card-scan = Hold this code under the scanner
card-what = { $name }. You hear from us within { $days } working days.
resident-card = Resident card
resident-name = Name
resident-scan = Hold it under the scanner
resident-lost = Lost it? Get a new one at the station.

## The picture calendar
calendar-title = { $year }: what falls due
calendar-new-year = Lunar new year: { $day }, year of the { $animal }
calendar-month = { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
}
calendar-lunar-day = { $day }: lunar { $date }
calendar-festival = { $day }: { $name }
calendar-day = { calendar-month } { $day }
calendar-lunar = lunar { $date }
calendar-ask = Questions? { $station }, telephone { $phone }. Free.
lunar-date = { $leap ->
    [yes] { lunar-month }+/{ lunar-day }
   *[no] { lunar-month }/{ lunar-day }
}
lunar-month = { $month }
lunar-day = { $day }
animal = { $branch ->
    [1] Rat
    [2] Ox
    [3] Tiger
    [4] Rabbit
    [5] Dragon
    [6] Snake
    [7] Horse
    [8] Goat
    [9] Monkey
    [10] Rooster
    [11] Dog
   *[12] Pig
}
festival = { $name ->
    [spring] Spring Festival
    [lantern] Lanterns
    [dragon-boat] Dragon Boat
    [mid-autumn] Mid-Autumn
    [double-ninth] Double Ninth
   *[eve] New Year's Eve
}
