//! Every number that is typed: one keypad, with the field masked as it must be seen from behind.

use super::Ctx;
use crate::frame::{Next, Page, fault_line};
use crate::keys::Reach;
use crate::theme;
use crate::widget::{Draw, Tapped, control, panel, picture, space, tap, words};
use iced::alignment::Vertical;
use iced::widget::{column, row};
use iced::{Element, Length, Padding};
use onedoor_devices::sound::speak::Part;
use onedoor_domain::code::{CaseCode, CodeError};
use onedoor_domain::idnumber::{IdNumber, IdNumberError, IdTyping};
use onedoor_domain::personal::Personal;
use onedoor_domain::phone::Phone;

/// What is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The resident's own ID number.
    OwnId,
    /// A family member's ID number.
    FamilyId,
    /// The helper's own ID number.
    HelperId,
    /// The telephone number to call with the answer.
    TellPhone,
    /// The telephone number of the person who is to be told.
    NamedPhone,
    /// The code of a case, ten digits.
    CaseCode,
    /// The last four of the ID number, for a case.
    LastFour,
    /// The PIN of an anonymous slip.
    SlipPin,
    /// The last four of the ID number, to go on.
    GoOn,
    /// A telephone number that a form asks for.
    FormPhone,
    /// An ID number that a form asks for.
    FormId,
    /// The ID number of whoever wants to see what is held of them.
    MineId,
    /// A whole number that a form asks for.
    Integer,
    /// A number with decimals that a form asks for.
    Decimal,
    /// A sum in yuan.
    Money,
    /// The number of a bank card, 16 to 19 digits with Luhn's check digit (ISO/IEC 7812-1).
    BankCard,
    /// Digits of any meaning that a form asks for.
    Digits,
    /// The code of the hub by which this machine is enrolled, eight digits.
    HubCode,
}

/// What came out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// A valid ID number.
    Id(IdNumber),
    /// Digits, checked as far as their kind allows.
    Digits(Personal<String>),
    /// A valid case code.
    Code(CaseCode),
    /// "I don't have it with me."
    NotHere,
}

/// The page.
#[derive(Debug, Clone)]
pub struct Keypad {
    /// What is typed.
    pub kind: Kind,
    typed: Personal<String>,
    id: IdTyping,
    /// The prompt of what went wrong.
    pub fault: Option<String>,
    /// The question where a form asks it.
    pub asked: Option<(String, Part)>,
    /// More words about it.
    pub hint: Option<String>,
    /// A form's answer may stay empty.
    pub optional: bool,
    /// There is a camera, so that a card can be photographed instead.
    pub camera: bool,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A key: a digit, X or a point.
    Pressed(char),
    /// Wipe.
    Wiped,
    /// Wipe all.
    WipedAll,
    /// Next.
    Next,
    /// "I don't have it with me."
    NotHere,
    /// "Photograph the card."
    Photograph,
    /// The other second factor.
    Switched,
    /// Back.
    Back,
}

/// What the root has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The number changed; a form's field is written down.
    Changed,
    /// It is finished.
    Finished(Typed),
    /// It is wrong, as the page says; say it.
    Refused,
    /// The other second factor is wanted.
    Switch,
    /// The card shall be photographed.
    Photograph,
    /// Back.
    Back,
}

/// The longest number a form takes.
const LONGEST: usize = 12;

impl Keypad {
    /// An empty one.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            typed: Personal::default(),
            id: IdTyping::default(),
            fault: None,
            asked: None,
            hint: None,
            optional: false,
            camera: false,
        }
    }

    /// With what was typed before.
    pub fn with(mut self, typed: &str) -> Self {
        for key in typed.chars() {
            self.push(key);
        }
        self
    }

    /// What is typed so far, for the draft.
    pub fn so_far(&self) -> &str {
        if self.is_id() {
            self.id.typed().expose()
        } else {
            self.typed.expose()
        }
    }

    fn is_id(&self) -> bool {
        matches!(
            self.kind,
            Kind::OwnId | Kind::FamilyId | Kind::HelperId | Kind::FormId | Kind::MineId
        )
    }

    fn longest(&self) -> usize {
        match self.kind {
            Kind::CaseCode => 10,
            Kind::HubCode => 8,
            Kind::LastFour | Kind::SlipPin | Kind::GoOn => 4,
            Kind::TellPhone | Kind::NamedPhone | Kind::FormPhone => 12,
            Kind::BankCard => 19,
            Kind::Digits => 24,
            _ => LONGEST,
        }
    }

    fn push(&mut self, key: char) -> bool {
        if self.is_id() {
            return self.id.push(key);
        }
        let typed = self.typed.expose();
        let fits = typed.chars().count() < self.longest()
            && match key {
                // A sum has two decimals.
                '0'..='9' if self.kind == Kind::Money => typed
                    .split_once('.')
                    .is_none_or(|(_, after)| after.len() < 2),
                '0'..='9' => true,
                'X' => matches!(self.kind, Kind::LastFour | Kind::GoOn) && typed.len() == 3,
                '.' => {
                    matches!(self.kind, Kind::Decimal | Kind::Money)
                        && !typed.is_empty()
                        && !typed.contains('.')
                }
                _ => false,
            };
        if fits {
            self.typed.expose_mut().push(key);
        }
        fits
    }

    /// How many digits are missing; none where the length is open.
    fn missing(&self) -> usize {
        match self.kind {
            _ if self.is_id() => self.id.missing(),
            Kind::CaseCode => 10 - self.typed.expose().len(),
            Kind::HubCode => 8 - self.typed.expose().len(),
            Kind::LastFour | Kind::SlipPin | Kind::GoOn => 4 - self.typed.expose().len(),
            Kind::TellPhone | Kind::NamedPhone | Kind::FormPhone => {
                // A mobile number has eleven digits; a landline begins with 0 and has ten at least.
                let typed = self.typed.expose();
                if typed.starts_with('0') {
                    10usize.saturating_sub(typed.len())
                } else {
                    11usize.saturating_sub(typed.len())
                }
            }
            Kind::BankCard => 16usize.saturating_sub(self.typed.expose().len()),
            _ => usize::from(self.typed.expose().is_empty()),
        }
    }

    /// Takes a message.
    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::Pressed(key) => {
                self.fault = None;
                let taken = self.push(key);
                if taken && self.is_id() && self.id.missing() == 0 {
                    // The checksum is known at the eighteenth: say so at once, beside the field.
                    self.fault = self.id.verdict().err().map(id_fault);
                    if self.fault.is_some() {
                        return Action::Refused;
                    }
                }
                Action::Changed
            }
            Message::Wiped => {
                self.fault = None;
                if self.is_id() {
                    self.id.erase();
                } else {
                    self.typed.expose_mut().pop();
                }
                Action::Changed
            }
            Message::WipedAll => {
                self.fault = None;
                self.id = IdTyping::default();
                self.typed = Personal::default();
                Action::Changed
            }
            Message::Next => match self.finished() {
                Ok(typed) => Action::Finished(typed),
                Err(prompt) => {
                    self.fault = Some(prompt);
                    Action::Refused
                }
            },
            Message::NotHere => Action::Finished(Typed::NotHere),
            Message::Photograph => Action::Photograph,
            Message::Switched => Action::Switch,
            Message::Back => Action::Back,
        }
    }

    fn finished(&self) -> Result<Typed, String> {
        let digits = || Typed::Digits(self.typed.clone());
        match self.kind {
            Kind::OwnId | Kind::FamilyId | Kind::HelperId | Kind::FormId | Kind::MineId => {
                self.id.verdict().map(Typed::Id).map_err(id_fault)
            }
            Kind::CaseCode => self
                .typed
                .expose()
                .parse::<CaseCode>()
                .map(Typed::Code)
                .map_err(|_: CodeError| "say-matters-code-wrong".into()),
            Kind::TellPhone | Kind::NamedPhone | Kind::FormPhone => {
                if self.optional && self.typed.expose().is_empty() {
                    return Ok(digits());
                }
                Phone::parse(self.typed.expose())
                    .map(|_| digits())
                    .map_err(|_| "say-phone-wrong".into())
            }
            Kind::BankCard => {
                let typed = self.typed.expose();
                match typed.is_empty() && self.optional || luhn(typed) {
                    true => Ok(digits()),
                    false => Err("say-bank-card-wrong".into()),
                }
            }
            _ => Ok(digits()),
        }
    }

    /// What the field shows, masked where it must be.
    fn shown(&self) -> String {
        let typed = self.typed.expose();
        match self.kind {
            Kind::OwnId | Kind::FamilyId | Kind::HelperId | Kind::FormId | Kind::MineId => {
                let typed = self.id.typed().expose();
                if self.fault.is_some() && self.id.missing() == 0 {
                    // A wrong number is nobody's: it is shown, so that she can compare it with the card.
                    format!(
                        "{} {} {} {}",
                        &typed[..6],
                        &typed[6..10],
                        &typed[10..14],
                        &typed[14..]
                    )
                } else if self.id.missing() == 0 {
                    "●●●●●● ●●●● ●●●● ●●●●".to_owned()
                } else {
                    self.id.shown().replace('*', "●").replace('_', "·")
                }
            }
            Kind::CaseCode => {
                let padded: Vec<char> = typed
                    .chars()
                    .chain(std::iter::repeat('·'))
                    .take(10)
                    .collect();
                let group = |r: std::ops::Range<usize>| padded[r].iter().collect::<String>();
                format!("{} {} {}", group(0..3), group(3..6), group(6..10))
            }
            Kind::HubCode => {
                let mut padded: Vec<char> = typed
                    .chars()
                    .chain(std::iter::repeat('·'))
                    .take(8)
                    .collect();
                padded.insert(4, ' ');
                padded.into_iter().collect()
            }
            Kind::LastFour | Kind::SlipPin | Kind::GoOn => {
                let shown = typed.chars().count();
                typed
                    .chars()
                    .enumerate()
                    .map(|(n, c)| if n + 1 == shown { c } else { '●' })
                    .chain(std::iter::repeat('·'))
                    .take(4)
                    .map(|c| format!("{c} "))
                    .collect::<String>()
                    .trim_end()
                    .to_owned()
            }
            Kind::TellPhone | Kind::NamedPhone | Kind::FormPhone => {
                let group = |from: usize, to: usize| {
                    typed.chars().skip(from).take(to - from).collect::<String>()
                };
                [group(0, 3), group(3, 7), group(7, 12)]
                    .join(" ")
                    .trim_end()
                    .to_owned()
            }
            // Earlier digits are masked; whoever stands behind sees four.
            Kind::BankCard => {
                let whole = typed.len();
                let shown: Vec<char> = typed
                    .chars()
                    .enumerate()
                    .map(|(n, c)| if n + 4 < whole { '●' } else { c })
                    .collect();
                shown
                    .chunks(4)
                    .map(|group| group.iter().collect::<String>())
                    .collect::<Vec<_>>()
                    .join(" ")
            }
            Kind::Money => format!("¥ {typed}"),
            _ => typed.clone(),
        }
    }

    fn title(&self) -> &'static str {
        match self.kind {
            Kind::OwnId | Kind::FormId | Kind::MineId => "say-identify",
            Kind::FamilyId => "say-identify-family",
            Kind::HelperId => "say-identify-helper",
            Kind::TellPhone | Kind::FormPhone => "say-told-phone-number",
            Kind::NamedPhone => "say-told-named-number",
            Kind::CaseCode => "say-matters-code",
            Kind::HubCode => "say-county-code",
            Kind::LastFour => "say-matters-factor-id",
            Kind::SlipPin => "say-matters-factor-pin",
            Kind::GoOn => "say-go-on-factor",
            Kind::Integer | Kind::Decimal | Kind::Money | Kind::BankCard | Kind::Digits => {
                "missing-number"
            }
        }
    }

    fn extra_key(&self) -> Option<char> {
        match self.kind {
            Kind::OwnId
            | Kind::FamilyId
            | Kind::HelperId
            | Kind::FormId
            | Kind::MineId
            | Kind::LastFour
            | Kind::GoOn => Some('X'),
            Kind::Decimal | Kind::Money => Some('.'),
            _ => None,
        }
    }

    /// The page.
    pub fn view<'a>(&'a self, ctx: Ctx<'a>) -> Page<'a, Message> {
        let say = ctx.say;
        let title = match &self.asked {
            Some((label, _)) => label.clone(),
            None => say.text(self.title()),
        };
        let missing = self.missing();
        let mut page = Page::new(title, move |draw, room| self.body(draw, ctx, room))
            .reach(self.reach())
            .back(Message::Back);
        page.next = if self.optional && self.so_far().is_empty() {
            Next::Ready(say.text("skip"), Message::Next)
        } else if missing == 0 && self.fault.is_none() {
            Next::Ready(say.text("next"), Message::Next)
        } else if self.fault.is_some() {
            Next::Missing(say.text("missing-again"))
        } else {
            Next::Missing(match self.kind {
                Kind::Integer | Kind::Decimal | Kind::Money | Kind::Digits => {
                    say.text("missing-number")
                }
                _ => say.with("missing-digits", &[("count", missing.into())]),
            })
        };
        if self.camera && matches!(self.kind, Kind::OwnId | Kind::FamilyId) {
            page.extra = Some(crate::frame::Extra {
                target: "photo-card",
                label: say.text("identify-photo"),
                picture: Some("camera"),
                message: Message::Photograph,
            });
        }
        page
    }

    /// Digits, the point for X, Back wipes; Enter on an empty field is the page's other way.
    fn reach(&self) -> Reach<Message> {
        let mut reach = (0..=9u16).fold(Reach::default(), |reach, digit| {
            let key = char::from(b'0' + digit as u8);
            reach.number(digit, format!("key/{key}"), Message::Pressed(key))
        });
        reach.typing = true;
        reach.point = self
            .extra_key()
            .map(|key| (format!("key/{key}"), Message::Pressed(key)));
        if self.so_far().is_empty() {
            reach.enter = match self.kind {
                Kind::OwnId | Kind::FamilyId | Kind::HelperId => {
                    Some(("not-here".into(), Message::NotHere))
                }
                Kind::LastFour | Kind::SlipPin => Some(("switch".into(), Message::Switched)),
                _ => None,
            };
        } else {
            reach.wipe = Some(("key/wipe".into(), Message::Wiped));
        }
        reach
    }

    /// What whoever only hears needs: how many digits are missing, and what Enter does on an empty field.
    pub fn spoken_count(&self, ctx: Ctx<'_>) -> Vec<Part> {
        if self.so_far().is_empty() {
            return match self.kind {
                Kind::OwnId | Kind::FamilyId | Kind::HelperId => {
                    vec![ctx.part("say-pad-not-here")]
                }
                Kind::LastFour => vec![ctx.part("say-pad-to-pin")],
                Kind::SlipPin => vec![ctx.part("say-pad-to-id")],
                _ => Vec::new(),
            };
        }
        match (self.kind, self.missing()) {
            // Nothing personal is in a sum: it is said digit by digit as it stands.
            (Kind::Integer | Kind::Decimal | Kind::Money, _) => {
                vec![Part::Digits(self.so_far().to_owned())]
            }
            (_, 0) => vec![ctx.part("say-pad-whole")],
            (_, missing) => vec![ctx.part("say-pad-missing"), Part::Number(missing as i64)],
        }
    }

    fn body<'a>(
        &'a self,
        draw: Draw<'a>,
        ctx: Ctx<'a>,
        room: (f32, f32),
    ) -> Element<'a, Tapped<Message>> {
        let look = draw.look;
        let say = ctx.say;
        let palette = look.palette;
        let upright = look.portrait();
        let pad_width = if upright { room.0 } else { room.0 * 0.44 };
        let left_width = if upright {
            room.0
        } else {
            room.0 - pad_width - theme::GAP
        };
        let shown = self.shown();
        // Eighteen digits and three gaps must fit on one line at every size.
        let field_size = look
            .gentle(72.0)
            .min((left_width - 72.0) / (crate::widget::part::text_width(&shown, 1.0).max(11.8)));
        let field = panel(
            palette.field,
            words(shown, field_size, palette.field.ink)
                .bold()
                .one_line(),
        )
        .width(Length::Fill);
        let mut left = column![field].spacing(20);
        let size = look.gentle(theme::BODY);
        if let Some(fault) = &self.fault {
            left = left.push(fault_line(draw, say.text(fault), size));
        } else if let Some(hint) = &self.hint {
            left = left.push(words(hint.clone(), size, palette.page_quiet).wide());
        }
        if matches!(
            self.kind,
            Kind::OwnId | Kind::FamilyId | Kind::HelperId | Kind::FormId | Kind::MineId
        ) && (self.fault.is_none() || (look.text == theme::TextSize::Normal && !upright))
        {
            left = left.push(
                row![
                    picture(draw, "id-card-number", if upright { 150.0 } else { 190.0 }),
                    words(say.text("identify-where"), size, palette.page_quiet).wide(),
                ]
                .spacing(24)
                .align_y(Vertical::Center),
            );
        }
        let button = |target: &'static str, label: String, message| {
            control(draw, target, &label, None, palette.quiet, look.gentle(40.0))
                .width(Length::Fill)
                .height(look.gentle(theme::CONTROL - 8.0))
                .on_tap(message)
        };
        let mut under = row![].spacing(theme::GAP);
        if matches!(self.kind, Kind::OwnId | Kind::FamilyId | Kind::HelperId) {
            under = under.push(button(
                "not-here",
                say.text("identify-not-here"),
                Message::NotHere,
            ));
        }
        match self.kind {
            Kind::LastFour => {
                under = under.push(button(
                    "switch",
                    say.text("matters-switch-pin"),
                    Message::Switched,
                ));
            }
            Kind::SlipPin => {
                under = under.push(button(
                    "switch",
                    say.text("matters-switch-id"),
                    Message::Switched,
                ));
            }
            _ => {}
        }
        if !self.so_far().is_empty() {
            under = under.push(button("wipe-all", say.text("wipe-all"), Message::WipedAll));
        }
        if !upright {
            left = left.push(space(1.0, Length::Fill));
        }
        left = left.push(under);

        let key = |label: String, target: String, message: Option<Message>, size: f32| {
            tap(
                target,
                label.clone(),
                palette.tile,
                words(label, size, palette.tile.ink).bold(),
            )
            .key()
            .padding(Padding::from([4.0, 8.0]))
            .width(Length::Fill)
            .height(Length::Fill)
            .on_tap_maybe(message)
        };
        let rows = if upright { room.1 * 0.5 } else { room.1 };
        let key_size = ((rows - 3.0 * theme::GAP) / 4.0 - 14.0) / theme::LINE_HEIGHT;
        let digit = |d: char| {
            key(
                d.to_string(),
                format!("key/{d}"),
                Some(Message::Pressed(d)),
                look.gentle(60.0).min(key_size),
            )
        };
        let mut pad = column![].spacing(theme::GAP);
        for line in [['1', '2', '3'], ['4', '5', '6'], ['7', '8', '9']] {
            let mut keys = row![].spacing(theme::GAP);
            for d in line {
                keys = keys.push(digit(d));
            }
            pad = pad.push(keys.height(Length::Fill));
        }
        let corner: Element<'a, Tapped<Message>> = match self.extra_key() {
            Some(c) => digit(c).into(),
            None => space(Length::Fill, 1.0),
        };
        pad = pad.push(
            row![
                corner,
                digit('0'),
                key(
                    say.text("wipe"),
                    "key/wipe".into(),
                    Some(Message::Wiped),
                    look.gentle(48.0).min(key_size)
                ),
            ]
            .spacing(theme::GAP)
            .height(Length::Fill),
        );
        if upright {
            column![left, pad.height(Length::Fill)]
                .spacing(theme::GAP)
                .into()
        } else {
            row![left.width(left_width), pad.width(Length::Fill)]
                .spacing(theme::GAP)
                .height(Length::Fill)
                .into()
        }
    }

    /// What it says.
    pub fn spoken(&self, ctx: Ctx<'_>) -> Vec<Part> {
        if let Some(fault) = &self.fault {
            return vec![ctx.part(fault)];
        }
        match &self.asked {
            Some((_, part)) => vec![part.clone()],
            None => vec![ctx.part(self.title())],
        }
    }
}

/// Luhn's check digit, and 16 to 19 digits.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(n, digit)| {
            let digit = u32::from(digit - b'0');
            match (n % 2, digit * 2) {
                (0, _) => digit,
                (_, double @ 10..) => double - 9,
                (_, double) => double,
            }
        })
        .sum();
    (16..=19).contains(&digits.len()) && sum.is_multiple_of(10)
}

fn id_fault(error: IdNumberError) -> String {
    match error {
        IdNumberError::BadBirthDate => "say-identify-date-wrong".into(),
        _ => "say-identify-wrong".into(),
    }
}
