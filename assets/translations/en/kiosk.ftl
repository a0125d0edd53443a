# What the kiosk's own pages say, in English.
# Every message that begins with "say-" is also spoken: it takes no variables, and its clip lies in the voice pack.

language-name = English

## The rest page
say-rest = Touch here. A wrong touch does no harm, you can start again, and it costs nothing.
rest-touch = Touch here
rest-harmless = A wrong touch does no harm. You can start again. It costs nothing.

## Always there
person = Call a person
hear = Hear again
back = Back
acknowledge = I promise
say-private = To hear what it says, touch Hear again.
next = Next
more = More
first-ones = First ones
home = Home
text-size = Bigger
text-size-normal = Smaller
contrast = Clearer
contrast-plain = Plain
volume = Louder
volume-lowest = Softer
step = Step { $at } of { $of }
say-hear-again = Did not catch it? Touch "Hear again".
say-help-hint = Not sure? Touch "Call a person".
or = or
yes = Yes
no = No
say-yes = Yes
say-no = No

## Home
say-home = Hello. What do you need? Touch a picture.
say-my-matters = My matters
say-unfinished = Go on with what was begun

## Who is it for
say-for-whom = Is it for you, or for your family?
say-myself = For me
say-family = For my family
say-relation = Who is it to you?
say-relation-mother = Mother
say-relation-father = Father
say-relation-spouse = Husband or wife
say-relation-child = Child
say-relation-grandparent = Grandparent
say-relation-other = Other family

## The ID number
say-identify = Type the number on your ID card.
say-identify-family = Type the number on their ID card.
say-identify-helper = Now type the number on your own ID card.
identify-where = The side with the photo, the lowest line
identify-scan = If you have a resident card, hold it under the scanner
identify-not-here = I don't have it
identify-missing = { $count } more
say-identify-wrong = The number does not look right. Please look once more.
say-identify-date-wrong = The birth date in the middle does not look right. Please look once more.
say-card-unknown = This machine does not know this card yet. Please type the number on your ID card.
say-not-our-code = This is not one of our codes. Try another, or type the number.
wipe = Delete
wipe-all = Delete all
say-confirm = Is this you?
say-confirm-family = Is this the right person?
confirm-yes = Yes, right
confirm-no = No, again
confirm-born = Born in { $year }
confirm-female = Woman
confirm-male = Man
confirm-age = { $age } years old
confirm-masked = The last digits are covered, so nobody else can read them.

## Papers
say-papers = First: do you have everything with you?
say-papers-all = I have them
say-papers-not-all = Not all
papers-go-on = You can still go on and bring the rest later.
say-papers-go-on = You can still go on, and bring the rest later.
papers-pledge = Without it, a signed promise is enough

## Question pages
say-yes-no = Touch yes, or touch no.
missing-choice = Touch one first
missing-number = Type the number
missing-again = Correct the number
missing-digits = { $count } more
missing-text = Write a few words
missing-date = Choose the day
skip = Leave empty
say-year = Which year?
say-month = Which month?
say-day = Which day?
year = { $year }
month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
day = { $day }
date-words = { $day } { month } { $year }
date-today = Today
date-earlier = Earlier
date-later = Later
date-lunar = Know only the lunar date? Call a person.
look-at = Look
change = Change
say-place-county = Which county?
say-place-township = Which township?
say-place-village = Which village?
text-space = space
text-english = ABC
text-pinyin = 拼音
text-digits = 123
text-dot = ·
text-no-match = No such character; look at the letters again
text-person = Someone types for me
text-hint = Type letters
say-text = Type the letters. If you would rather not type, touch "Call a person".
say-note = When you have read it, touch "Next".
say-wrong-answer = Something is not right here. Please look once more.
say-answer-missing = This is still empty. Please fill it in first.

## How shall we tell you
say-how-told = When there is an answer, how shall we tell you?
say-told-phone = Phone me
say-told-visit = Visit me
say-told-named = Tell someone
say-told-comes-back = I'll come back
say-told-phone-number = Type your telephone number.
say-told-named-number = Whom shall we tell? Type their telephone number.
say-phone-wrong = The telephone number does not look right. Please look once more.

## Read back, consent
say-read-back = Is this all right? To change something, touch it.
read-back-right = All right
read-back-who = Who it is for
read-back-told = How we tell you
read-back-masked = ID number { $number }
read-back-not-here = ID card to be shown later
say-consent = This goes to the people who will do it. Do you agree?
consent-goes-to = Goes to: { $name }, { $office }
consent-what = What goes: the { $count } answers you have just seen
consent-number = They also see the ID number.
consent-only = It is used for this matter only, and nobody else sees it.
consent-free = It costs nothing.
consent-agree = I agree, hand it in
say-saving = Saving. One moment, please.

## Done
say-done = Received. It is kept in this machine.
say-take-slip = Please take the slip. Your number is on it.
say-code-is = Your number is
say-done-who = The person in charge is
say-due-by = You get an answer by this day, at the latest
say-due-within = You get an answer within these days
done-code = Number
done-pin = Type this password when you ask
done-who = Who does it: { $name } ({ $office }, phone { $phone })
done-due-on = An answer by { $day } { month } at the latest
done-due-within = An answer within { $days } working days
done-free = It is free. If anyone asks for money, tell us.
say-free = It is free. If anyone asks for money, tell us.
done-bring = Still to bring: { $papers }
done-home = Done
done-another = Another
done-print-again = Print again
done-printing = Printing the slip
done-other-language = In Chinese
state-saved = Saved here
state-delivered = County has it
state-in-hand = In hand
state-answered = Answered
state-solved = You say it's done
say-offline = There is no network now. Nothing is lost. The machine sends it when the network is back. You need not fill it in again.

## My matters
say-matters = See how far it is. Hold the code on your slip under the scanner.
matters-code = It does not scan? Type the number
say-matters-code = Type the ten digits on the slip.
say-matters-factor-id = Now the last four of the ID number.
say-matters-factor-pin = Now the four digits of the password on the slip.
say-matters-code-wrong = The number does not look right. Please look once more.
say-matters-not-found = Not found. Please look at the number once more, or call a person.
say-matters-factor-wrong = The four do not fit. Please try again, or call a person.
say-matters-too-many = It was wrong too often. Please call a person.
say-matters-voided = This slip was replaced by a newer one. Use that one, or call a person.
say-matters-lost = A lost slip is no harm. Touch "Call a person".
matters-lost = I lost the slip
matters-factor-id = Last four of the ID number
matters-factor-pin = Four-digit password on the slip
matters-switch-pin = My slip has a password
matters-switch-id = Use the last four of the ID
matters-on = { $month }/{ $day }
matters-since = Handed in on { $day } { month }
matters-several = You have { $count } matters
say-matters-state-saved = It is kept in this machine and has not reached the county yet.
say-matters-state-delivered = The county has it.
say-matters-state-unread = The county could not read it. A person here sees to it.
say-matters-state-in-hand = Somebody is working on it.
say-matters-state-answered = There is an answer.
say-matters-answer-approved = There is an answer: yes, it is granted.
say-matters-answer-sent-back = There is an answer: it came back, one thing is missing.
say-matters-answer-refused = There is an answer: not this way, but there is another.
say-matters-state-told = You have been told.
say-matters-state-solved = You said it is done.
say-matters-state-partly = You said it is done in part.
say-matters-state-not-solved = You said it is not done. Someone else takes it on.
matters-solved = It is solved
matters-partly = Partly
matters-not-solved = Not solved
matters-talk = I want to talk
matters-answer = Answer: { $text }
matters-answer-long = The answer is longer than this page. Please call a person to read it to you.
matters-missing = The one thing missing: { $text }
matters-reason = Why: { $text }
matters-other-way = Another way: { $text }
matters-note = Also: { $text }

## What the station keeps of a person
say-mine-tile = My details
say-mine = Hold the card that this machine printed for you under the scanner.
say-mine-no-card = No card: use a slip
say-mine-code = Now type the ten digits on one of your slips.
say-mine-looking = One moment, please.
say-mine-not-together = The ID number and the slip do not belong together. Please look once more, or call a person.
say-mine-nothing = This machine keeps nothing about you.
say-mine-held = This is what the machine keeps about you. Touch what you want to see.
say-mine-fields = What is remembered
say-mine-fields-title = The machine remembers these. Touch one to change it.
say-mine-due = What I should have
say-mine-family = Whom I act for
say-mine-family-title = You act for these people of your family.
say-mine-kin = You act for this person of your family.
say-mine-card = A new card
say-mine-erase = Erase everything
say-mine-erase-title = Shall everything of yours be erased?
say-mine-erased = Everything is erased.
say-mine-erased-some = Erased. What is still open is erased when it is finished.
mine-keep = Save it
mine-take-away = Erase this line
mine-unlink = Stop acting for them
mine-erase-what = What is remembered, the card and finished matters are all erased and cannot be brought back. Next time you will be asked everything again.
mine-erase-really = Erase everything
mine-erase-not = Keep everything
say-mine-erase-lost = What is erased cannot be brought back.
mine-stays-only-here = "{ $matter }" has not reached the county yet. It stays for now and is erased by itself when it is finished.
mine-stays-open = Someone is working on "{ $matter }". It stays for now and is erased by itself when it is finished.
say-field-name = Name
say-field-id = ID number
say-field-sex = Man or woman
say-field-birth = Birthday
say-field-phone = Telephone
say-field-area = Where you live
say-field-address = Address
say-field-insured = Health insurance in this county
say-field-township = Town of your health insurance
say-field-village = Village of your health insurance
say-field-other = Something else
say-card-voided = This card was replaced by a newer one. Use that one, or call a person.
say-card-made = Remembered. Please take this card.
say-card-new = This is your new card. The old one does not work any more.
card-title = Resident card
card-use = Next time, hold it under the scanner. What you told once is not asked again.
card-keep = Keep it well, and do not give it to strangers.
card-lost = If it gets lost, come for a new one. Then the old one does not work any more.
card-old = Whoever finds the old card can do nothing with it.
card-show = Next time, scan this
card-name = Name (if you want to write it)

## After a matter: shall the station remember?
say-remember = Next time, nothing to fill in again. Shall this machine remember?
say-remember-undo = You can see it, change it or erase it at any time. Without it everything works just the same.
say-remember-staff = This number was used here before. Please call a person to look at the ID card, then it can be remembered.
say-helper-same = That is your family member's number. Please type your own.
remember-what = It remembers: { $what }
remember-family = What you do for your family and your own ID number are remembered too. Please ask them first.
remember-where = It stays in this machine, locked, and is shown to nobody else.
remember-undo = You can see it, change it or erase it at any time. Without it everything works just the same.
remember-yes = Remember it
remember-no = No, thank you

## What a person should have
say-due = This is what you should have.
say-due-none = There is nothing else now. When there is, the machine tells you.
say-due-from = From this day
due-now = You can do it now
due-from = From { $day }
due-lunar = { $day }
due-do = Do it
due-later = Not yet
due-paper = What you should have

## Notices
say-notices-tile = Notices
say-notices = These are the notices. Touch one to hear it.
say-notices-none = There are no notices now.
notice-source = { $source }, { $day }
notice-until = Until { $day }
notice-print = Print it
handed-done = Done
say-paper-comes = It is being printed. Please take it.

## Put aside, so that the next person can go on
say-put-aside = Saved, with everything you began. Please take the slip.
put-aside-how = When you come again, touch "My matters" and type the number on the slip. Then you go on where you were.
put-aside-days = You can go on within thirty days.
put-aside-next = Let the next person go on

## Practice
say-practice-tile = Practise
say-practice = This is practice. Nothing counts, whatever you touch, and nothing is handed in.
say-practice-done = That was all. Now you know how it works.
practice-begin = Practise
practice-over = Stop practising
practice-sign = Practice: nothing counts
practice-nothing = What you touched just now is erased, and nothing was handed in. To do it for real, go home and touch a picture.

## Help is coming
say-help = Somebody has been called. Please sit down for a moment.
help-kept = All you entered is kept. Nothing is lost.
help-who = { $name } comes to help you
help-before = { $count } before you, then { $name } comes
help-phone = You can also phone: { $phone }
say-help-before = People before you:
say-help-comes = is coming to help you.
say-help-kept = All you entered is kept. Nothing is lost.
help-go-on = Never mind, I'll go on
help-next-person = Let the next person go on
say-next-person-kept = It is saved. Please take a seat and let the next person go on.

## Go on?
say-go-on = Somebody was here and has not finished. Is it you?
say-go-on-factor = Type the last four of the ID number to go on.
go-on-yes = Yes, go on
go-on-no = Not me
say-go-on-wrong = That is not right. Please try again, or call a person.

## Recordings and photos
say-voice-how = Touch Begin, then speak.
say-voice-begin = Begin
say-voice-stop = That is all
say-voice-play = Hear it
say-voice-again = Say it again
say-voice-hush = Stop
say-voice-kept = It is recorded and kept. You can say it again.
say-voice-full = Three minutes are over. All you said is kept.
say-voice-fault = The microphone does not work. Please write it, or call a person.
voice-listening = I am listening. No hurry, up to three minutes.
voice-kept = Recorded, { $time }. You can say it again.
voice-cannot = I'd rather not speak
voice-after-all = Say it instead
missing-voice = Please say it first
say-photo-how = Lay the paper flat under the camera, then touch Take a photo.
say-photo-take = Take a photo
say-photo-again = Take it again
say-photo-kept = The photo is kept. If you can read it, touch Next.
say-photo-dark = It is too dark to read. Move it into the light and take it again. You may also leave it so.
say-photo-bright = It is too bright, it shines. Move it and take it again. You may also leave it so.
say-photo-blurred = It is blurred. Hold it still and take it again. You may also leave it so.
say-photo-empty = I see no writing. Put it under the camera and take it again. You may also leave it so.
say-photo-fault = The camera does not work. Please call a person.
say-photo-card = Put the side with your picture under the camera.
missing-photo = Please take a photo first
identify-photo = Photograph it
say-way-say = Say it
say-way-show = Photograph it
say-way-person = A person writes it
say-way-write = Write it myself
text-cannot = I cannot write
text-keyboard = Write it instead
say-bank-card-wrong = The card number does not look right. Please check it.
read-back-said = Recorded
read-back-shown = Photographed
read-back-written = Written
read-back-offer = Left open. Touch to add
read-back-add = Add

## The number pad: said to whoever uses it, beside the page
say-pad-keys = Zero: hear it again. Star: call a person. Backspace: one step back.
say-pad-enter = Enter:
say-pad-slash = Slash:
say-pad-back = Backspace:
say-pad-nothing = This key does nothing here.
say-pad-missing = Digits still missing:
say-pad-whole = That is all of them.
say-pad-not-here = No card with you? Just press Enter. For an X at the end press the point.
say-pad-to-pin = If there is a PIN on your slip, just press Enter.
say-pad-to-id = To use your ID number instead, just press Enter.
say-pad-number-enter = Press the number. After a single digit press Enter.
say-pad-voice-end = When you have finished, press Enter.
say-pad-is-there = It is filled in.
say-pad-change = To change one, press its number.

## Idle
say-idle = Are you still here?
idle-still-here = I'm still here
idle-kept = If nobody touches, it is put away safely in { $seconds } seconds.

## Something is broken
say-printer-paper = The printer is out of paper. Nothing is lost. Please call a person.
say-printer-cover = The printer's cover is open. Nothing is lost. Please call a person.
say-printer-silent = The printer does not answer. Nothing is lost. Please call a person.
fault-write-down = Please write this number down, or take a photo of it.
fault-code = For the technician: { $code }
say-scanner-gone = The scanner does not work. Please type the number.
sign-scanner = No scanner
scanner-gone = The scanner does not work. Please type the number.
say-no-sound = There is no sound now. Please read.
no-sound = No sound; please read
say-closed = This machine cannot take matters now. Please find the staff.
closed-where = Please go to: { $place }, phone { $phone }
closed-phone = Please phone { $phone }
closed-kept = What was handed in before is still here. Nothing is lost.
say-store-full = The machine is full. This last step was not kept. Please call a person.
say-store-busy = The machine is busy. This last step is not kept yet. It is trying again. One moment, please.
say-clock-wrong = The machine's clock may be wrong. You can go on all the same.
clock-wrong = The clock may be wrong

## This machine and the county (for staff)
help-staff = For staff
rest-staff = Staff please
say-county = This machine and the county
say-county-all-there = Everything has reached the county.
say-county-waits = Something still waits here.
say-county-has-it = The county has it now.
say-county-code = Please type the code that the county gave you
say-county-words = Are these six words the same at the county?
say-county-stick = With a stick, where there is no network
say-county-answered = The county has answered.
say-county-no-answer = The county did not answer. Nothing is lost; the machine tries again.
say-county-again = The county did not answer. Please wait a little, and try again.
say-county-lasting = This machine and the county cannot talk, and waiting will not help. Please read what the screen says.
say-county-bad-code = The county does not know this code, or it is too old. Please ask for a new one.
say-county-code-elsewhere = This code is for another station. Please tell the county this station's name, and ask for a new code.
say-county-later = It was wrong too often. Please wait ten minutes, then ask the county for a new code.
say-county-not-taken = The county did not take this machine. Please call the county.
say-county-no-hub-key = This machine lacks the county's key, so it cannot check the token on the stick. Please call a technician.
say-county-no-token = There is no token for this station on the stick. Please ask the county for one.
say-county-token-elsewhere = The token on the stick is for another station. Please ask the county for one for this station.
say-county-token-refused = The county did not take the token: it was used before, or is too old. Please ask for a new one.
say-county-no-stick = There is no stick in the machine.
say-county-written = It is on the stick. You may pull it out.
say-county-read = The county's answer was read.
say-county-no-bag = There is no answer for this machine on the stick.
say-county-bad-bag = What is on the stick is damaged. Nothing of it was taken. Please fetch the answer again.
say-county-bad-stick = The stick could not be used. Please try another one.
say-county-more = For the technician
county-count = { $count ->
    [one] 1 matter.
   *[other] { $count } matters.
}
county-none = This station has no county hub. Everything stays here.
county-strangers = This machine and the county do not know each other yet.
county-official = The county has answered. An official there must agree now.
county-carried = The token was taken; the county has not answered yet. Bring the stick to the county, and read the answer that comes back.
county-cases = { $count ->
    [one] 1 matter has not reached the county.
   *[other] { $count } matters have not reached the county.
}
county-cases-since = { $count ->
    [one] 1 matter has not reached the county, since { $when }.
   *[other] { $count } matters have not reached the county, the oldest since { $when }.
}
county-cases-there = All matters have reached the county; smaller things still wait.
county-nothing = Nothing waits to be sent now.
county-contact = Last answer of the county: { $when }
county-contact-never = The county has never answered yet.
county-waiting = Waiting: { $entries } entries, { $files } answers and files ({ $size } KB)
county-next-seconds = Next try in { $count } seconds
county-next-minutes = Next try in { $count } minutes
county-lasting = { $what } Waiting will not mend it. ({ $code })
county-mends = { $what } It may mend by itself; the machine tries again. ({ $code })
county-mends-then = { $what } It may mend by itself. { $next }. ({ $code })
county-unreachable = The county could not be reached: look at the cable, the SIM card, the router. Without a network, use a stick.
county-unresolved = The county's address was not found: look whether the network works.
county-nobody-there = The county's machine does not answer; it may be off.
county-too-slow = The line is too slow now.
county-hub-busy = The county's machine is busy, or being repaired.
county-not-the-hub = Something else answered in the county's place. A technician must look whether the router wants a log-in, and at the url under [hub].
county-certificate = The county's machine showed a certificate that this station does not believe. The county must look at it; if it is right, a technician puts its authority into a new bundle.
county-certificate-time = The certificate of the county's machine is out of date, or the clock here is wrong. A technician looks at the clock; if that is right, the county must renew the certificate.
county-wrong-address = The machine at that address is not the one that the station's bundle names. A technician must check the url under [hub].
county-other-key = Who answered does not have the county's key from the station's bundle. Please phone the county and compare.
county-setup = The county's address in the station's bundle cannot be used. A technician must correct [hub] and install a new bundle.
county-setup-plain = The county's address is http, which others on the way could read: nothing is sent. A technician must write an https url and the authority under [hub].
county-unknown = The county does not know this machine; it may have been taken out of use. Phone the county for a code, and make them known again.
county-version = The programs of the county and of this machine do not fit. A technician must update this one.
county-refused = The county refused what was sent. Please call the county.
county-odd = The county's answer could not be understood. Please call the county.
county-not-kept = The county's answer could not be kept here. A technician must look at the disk.
county-journal = The record of this machine could not be read. Please call a technician.
county-alarm-urgent = An answer is due soon and the county does not know of it: phone the county, or carry it there on a stick.
county-alarm-old = A matter has waited for more than a day: phone the county, or carry it there on a stick.
county-alarm-stopped = The county and this machine hold different things. Nothing is sent until a technician has looked.
county-alarm-refused = The county does not take what this machine sends: call the county.
county-alarm-unread = The county could not read a matter: phone the county and name its number. It stands under "For the technician".
county-refused-count = { $count ->
    [one] 1 entry is kept by the county and was not accepted.
   *[other] { $count } entries are kept by the county and were not accepted.
}
county-refused-more = { $count } more are not listed here.
county-refused = { $what }: { $why }. { $then } ({ $code })
county-refused-whole = The matter { $number }
county-refused-part = What was changed or said of { $number }
county-refused-other = An entry of no matter
county-refused-call = Please phone the county.
county-refused-settled = The county has answered since.
county-why-unread = the county cannot read it
county-why-no-case = it names no matter
county-why-other-station = it is of another station
county-why-incomplete = a part is missing
county-why-saved-twice = another matter was saved under this name
county-behind = { $count ->
    [one] Recordings or photos of 1 matter are still on their way, since { $when }.
   *[other] Recordings or photos of { $count } matters are still on their way, the oldest since { $when }.
}
county-hub-lost = The county's machine had lost what was sent from here ({ $when }); it was sent again. Please tell the county.
county-hub-lost-safe = The county's machine lost what it had called safe ({ $when }); it was sent again. The county must look at its copies.
county-file-aside = The county does not take a recording or photo (HTTP { $status }). Phone the county; when that is mended, switch this machine off and on.
county-bundle-refused = The county sent a bundle (version { $version }) that this station does not take: who signed it is not believed here, or it is not for here. The county must look at it.
county-more-none = There is nothing to mend.
record-unsound = The weekly look found the record damaged ({ $when }). A technician must look at the disk; keep the copies safe first.
record-restored = The record was damaged ({ $when }) and came back from a copy; nothing is lost. A technician must look at the disk.
record-restored-lost = The record was damaged ({ $when }) and came back from a copy without { $count } answers or files: whoever came in those days should look at their slip. A technician must look at the disk.
record-restored-no-copy = The record was damaged ({ $when }) and there was no copy: what could still be read is back, { $count } answers or files are lost. Phone the county; then look at disk and copies.
record-not-copied = No copy could be made ({ $when }). Look whether the medium for copies is there, and not full.
record-same-medium = Copies lie on the same disk as the record: a broken disk takes both. Put in a second one, and start with --copies and its folder.
record-copies = Copies lie in { $folder }; the last good one: { $when }
record-copies-none = Copies lie in { $folder }; there is no good one yet.
county-plain = What is sent is not protected on the way (plain HTTP, as this station is set up).
county-enrol = Make them known
county-try = Try now
county-busy = One moment …
county-stick = With a stick
county-stick-1 = 1. Put the stick into the machine.
county-stick-2 = 2. Touch "Write". Wait for the voice, then pull the stick out.
county-stick-3 = 3. Bring the stick to the county's office.
county-stick-4 = 4. Bring it back, put it in, and touch "Read the answer".
county-stick-then = Bring it to the county's office, and bring the answer back.
county-no-hub-key-way = Technician: write the key under [hub] in station.toml (the county sees it with onedoor-hub keys show), and install a new bundle. Where there is a network, a code of the county does as well.
county-not-taken-words = The six words were not the same: somebody may stand between.
county-not-taken-official = An official there said no, or took this machine out of use.
county-not-taken-key = The county still has an older key of this machine: it must take the old one out of use first.
county-stick-write = Write
county-stick-read = Read the answer
county-words-hub = It says that it is: { $hub }
county-words-how = Phone the county and have the words read out. One that differs: somebody stands between.
county-words-same = The same
county-words-differ = Not the same

## The slip
slip-keep = Please keep this slip
slip-code = Number
slip-pin = Password
slip-who = Who does it
slip-when = When you get an answer
slip-on = By { $day } { month } { $year } at the latest
slip-within = Within { $days } working days
slip-bring = Still to bring
slip-told = How we tell you
slip-ask = Bring this slip to ask
slip-free = Free of charge. If anyone asks for money, tell us.
slip-phone = Phone { $phone }
slip-saved = Kept in this machine on { $day } { month } { $year }
slip-saved-no-clock = Kept in this machine
slip-again = Copy { $count }
slip-practice = Practice only, does not count

## The dock, for development and demonstration (simulated devices)
dock-title = Simulated devices
