//! Lunar dates, by the rules of GB/T 33661-2017 (the crate `icu_calendar`, whose tables hold 1912 to 2102).

use icu_calendar::Date as IcuDate;
use icu_calendar::cal::ChineseTraditional;
use jiff::civil::Date;

/// A day of the lunar calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LunarDate {
    /// The month, 1 to 12.
    pub month: u8,
    /// Whether the month is the second of its number in the year (闰).
    pub leap: bool,
    /// The day, 1 to 30.
    pub day: u8,
    /// Place of the year in the cycle of sixty, 1 to 60 (1 is 甲子).
    pub cycle: u8,
    /// Days of this month: 29 or 30.
    pub days_in_month: u8,
}

impl LunarDate {
    /// Which of the twelve animals the year has: 1 is the rat, 7 the horse.
    pub fn animal(&self) -> u8 {
        (self.cycle - 1) % 12 + 1
    }
}

/// A festival of the lunar calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Festival {
    /// The first day of the first month (春节).
    Spring,
    /// The fifteenth of the first (元宵节).
    Lantern,
    /// The fifth of the fifth (端午节).
    DragonBoat,
    /// The fifteenth of the eighth (中秋节).
    MidAutumn,
    /// The ninth of the ninth (重阳节), the day of old people by law.
    DoubleNinth,
    /// The last day of the year (除夕).
    Eve,
}

impl Festival {
    /// Its name among the words.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Festival::Spring => "spring",
            Festival::Lantern => "lantern",
            Festival::DragonBoat => "dragon-boat",
            Festival::MidAutumn => "mid-autumn",
            Festival::DoubleNinth => "double-ninth",
            Festival::Eve => "eve",
        }
    }
}

/// The lunar date of a day. `None` outside of the years that the calendar is certain of (1912 to 2102).
pub fn of(day: Date) -> Option<LunarDate> {
    if !(1912..=2102).contains(&day.year()) {
        return None;
    }
    let iso = IcuDate::try_new_iso(
        i32::from(day.year()),
        u8::try_from(day.month()).ok()?,
        u8::try_from(day.day()).ok()?,
    )
    .ok()?;
    let lunar = iso.to_calendar(ChineseTraditional::new());
    let month = lunar.month().to_input();
    Some(LunarDate {
        month: month.number(),
        leap: month.is_leap(),
        day: lunar.day_of_month().0,
        cycle: lunar.cyclic_year().year,
        days_in_month: lunar.days_in_month(),
    })
}

/// The festival on a day; none falls into a leap month.
pub fn festival(day: Date) -> Option<Festival> {
    let lunar = of(day)?;
    if lunar.leap {
        return None;
    }
    if let Some(tomorrow) = day.tomorrow().ok().and_then(of)
        && (tomorrow.month, tomorrow.day, tomorrow.leap) == (1, 1, false)
    {
        return Some(Festival::Eve);
    }
    match (lunar.month, lunar.day) {
        (1, 1) => Some(Festival::Spring),
        (1, 15) => Some(Festival::Lantern),
        (5, 5) => Some(Festival::DragonBoat),
        (8, 15) => Some(Festival::MidAutumn),
        (9, 9) => Some(Festival::DoubleNinth),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// Spring Festival, Dragon Boat and Mid-Autumn as published by the State Council's office for the holidays of these
    /// years, and by the Purple Mountain Observatory for 2027 and later.
    #[test]
    fn known_festivals_fall_on_their_days() {
        for (day, which) in [
            (date(2023, 1, 22), Festival::Spring),
            (date(2024, 2, 10), Festival::Spring),
            (date(2025, 1, 29), Festival::Spring),
            (date(2026, 2, 17), Festival::Spring),
            (date(2027, 2, 6), Festival::Spring),
            (date(2028, 1, 26), Festival::Spring),
            (date(2033, 1, 31), Festival::Spring),
            (date(2026, 2, 16), Festival::Eve),
            (date(2026, 3, 3), Festival::Lantern),
            (date(2026, 6, 19), Festival::DragonBoat),
            (date(2027, 6, 9), Festival::DragonBoat),
            (date(2026, 9, 25), Festival::MidAutumn),
            (date(2027, 9, 15), Festival::MidAutumn),
            (date(2025, 10, 6), Festival::MidAutumn),
            (date(2026, 10, 18), Festival::DoubleNinth),
        ] {
            assert_eq!(festival(day), Some(which), "{day}");
        }
        assert_eq!(festival(date(2026, 2, 18)), None);
    }

    #[test]
    fn leap_months_are_told_apart() {
        // 2025 had a second sixth month from 25 July; 2033's famous leap month is the eleventh.
        let first = of(date(2025, 7, 24)).unwrap();
        let second = of(date(2025, 7, 25)).unwrap();
        assert_eq!((first.month, first.leap, first.day), (6, false, 30));
        assert_eq!((second.month, second.leap, second.day), (6, true, 1));
        let late = of(date(2033, 12, 22)).unwrap();
        assert_eq!((late.month, late.leap, late.day), (11, true, 1));
    }

    #[test]
    fn the_animal_changes_with_the_lunar_year() {
        assert_eq!(of(date(2026, 2, 16)).unwrap().animal(), 6); // snake
        assert_eq!(of(date(2026, 2, 17)).unwrap().animal(), 7); // horse
        assert_eq!(of(date(1984, 2, 2)).unwrap().cycle, 1); // 甲子
        assert_eq!(of(date(1900, 1, 1)), None);
    }

    #[test]
    fn days_follow_each_other_for_two_centuries() {
        let mut day = date(1912, 1, 1);
        let mut before = of(day).unwrap();
        while day < date(2102, 12, 31) {
            day = day.tomorrow().unwrap();
            let now = of(day).unwrap();
            if before.day < before.days_in_month {
                assert_eq!(
                    (now.day, now.month, now.leap),
                    (before.day + 1, before.month, before.leap)
                );
            } else {
                assert_eq!(now.day, 1, "{day}");
                assert!(
                    now.month == before.month % 12 + 1 || (now.leap && now.month == before.month)
                );
            }
            before = now;
        }
    }
}
