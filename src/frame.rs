//! What stands around every page, always at the same place: the station and the controls at the top; Call a person,
//! Hear again, Back and Next at the bottom.

use crate::keys::Reach;
use crate::theme::{self, Look, Surface, TextSize};
use crate::widget::part::{fitting, text_width};
use crate::widget::{Draw, Tap, Tapped, control, picture, space, tap, words};
use iced::alignment::Vertical;
use iced::widget::{column, container, row};
use iced::{Element, Length, Padding};

/// The step forward of a page.
#[derive(Debug, Clone)]
pub enum Next<M> {
    /// There is none: a touch on the page itself goes on.
    Absent,
    /// It can be touched.
    Ready(String, M),
    /// Something is missing, and this says what.
    Missing(String),
}

/// One further control of a page.
#[derive(Debug, Clone)]
pub struct Extra<M> {
    /// The target's name.
    pub target: &'static str,
    /// The label.
    pub label: String,
    /// The picture.
    pub picture: Option<&'static str>,
    /// What it means.
    pub message: M,
}

/// Draws a page's own part in the room (design pixels) that is left for it.
pub type Body<'a, M> = Box<dyn FnOnce(Draw<'a>, (f32, f32)) -> Element<'a, Tapped<M>> + 'a>;

/// A page as its screen describes it.
pub struct Page<'a, M> {
    /// The one sentence.
    pub title: String,
    /// A line under the title: something to know.
    pub remark: Option<String>,
    /// What went wrong and what to do, in one sentence.
    pub fault: Option<String>,
    /// The page's own part; it is given the room that is left, in design pixels.
    pub body: Body<'a, M>,
    /// Back, where there is one.
    pub back: Option<M>,
    /// What stands in Back's place instead, where there is no way back: its name and label.
    pub back_as: Option<(&'static str, String)>,
    /// One further control.
    pub extra: Option<Extra<M>>,
    /// Next.
    pub next: Next<M>,
    /// What a number pad reaches on the page's own part.
    pub reach: Reach<M>,
}

impl<'a, M: 'a> Page<'a, M> {
    /// A page with a title and a body and no way on yet.
    pub fn new(
        title: impl Into<String>,
        body: impl FnOnce(Draw<'a>, (f32, f32)) -> Element<'a, Tapped<M>> + 'a,
    ) -> Self {
        Self {
            title: title.into(),
            remark: None,
            fault: None,
            body: Box::new(body),
            back: None,
            back_as: None,
            extra: None,
            next: Next::Absent,
            reach: Reach::default(),
        }
    }

    /// With what a number pad reaches.
    pub fn reach(mut self, reach: Reach<M>) -> Self {
        self.reach = reach;
        self
    }

    /// With a way back.
    pub fn back(mut self, message: M) -> Self {
        self.back = Some(message);
        self
    }

    /// With a way on.
    pub fn next(mut self, label: impl Into<String>, message: M) -> Self {
        self.next = Next::Ready(label.into(), message);
        self
    }

    /// The same page with its messages in the words of the root.
    pub fn map<N: 'a>(self, f: impl Fn(M) -> N + Copy + 'a) -> Page<'a, N> {
        let body = self.body;
        Page {
            title: self.title,
            remark: self.remark,
            fault: self.fault,
            body: Box::new(move |draw, room| {
                body(draw, room).map(move |tapped: Tapped<M>| tapped.map(f))
            }),
            back: self.back.map(f),
            back_as: self.back_as,
            extra: self.extra.map(|e| Extra {
                target: e.target,
                label: e.label,
                picture: e.picture,
                message: f(e.message),
            }),
            next: match self.next {
                Next::Absent => Next::Absent,
                Next::Ready(label, m) => Next::Ready(label, f(m)),
                Next::Missing(what) => Next::Missing(what),
            },
            reach: self.reach.map(f),
        }
    }
}

/// What the always-there controls mean to the root.
#[derive(Debug, Clone)]
pub struct Always<N> {
    /// Call a person.
    pub person: N,
    /// Hear again.
    pub hear: N,
    /// Another language, with its own name.
    pub language: (String, N),
    /// Another text size.
    pub text: N,
    /// Another contrast.
    pub contrast: N,
    /// Another volume.
    pub volume: N,
    /// Whether the volume is at its loudest, so that the next step is the softest.
    pub loudest: bool,
    /// The station's name.
    pub station: String,
    /// Step and steps.
    pub progress: Option<(usize, usize)>,
    /// A quiet sign at the top: no sound, the clock may be wrong.
    pub sign: Option<String>,
    /// The sign is of practice, which is no fault.
    pub practice: bool,
}

/// The room between the bands and under a title, for one that runs over `lines` lines.
fn heights(look: Look) -> (f32, f32) {
    let control = control_height(look);
    if look.portrait() {
        let tools = tool_height(look);
        (tools * 2.0 + 3.0 * 16.0, control * 2.0 + theme::GAP + 40.0)
    } else {
        (tool_height(look) + 28.0, control + 40.0)
    }
}

fn control_height(look: Look) -> f32 {
    match look.text {
        TextSize::Normal => theme::CONTROL,
        TextSize::Large => 132.0,
        TextSize::Largest => 156.0,
    }
}

fn tool_height(look: Look) -> f32 {
    look.gentle(theme::TOP_CONTROL)
}

/// Draws a page with its frame.
pub fn frame<'a, N: Clone + 'a>(
    draw: Draw<'a>,
    page: Page<'a, N>,
    always: Always<N>,
) -> Element<'a, Tapped<N>> {
    let look = draw.look;
    let palette = look.palette;
    let (top, bottom) = heights(look);
    let width = look.size.width - 2.0 * theme::MARGIN;

    let mut head = column![].spacing(12);
    let mut used = 0.0;
    let title_size = title_size(look, &page.title, width);
    if !page.title.is_empty() {
        let lines = lines(&page.title, title_size, width);
        used += lines * title_size * theme::LINE_HEIGHT + 12.0;
        head = head.push(words(page.title, title_size, palette.page).bold().wide());
    }
    if let Some(remark) = page.remark {
        let size = look.px(theme::BODY);
        used += lines(&remark, size, width) * size * theme::LINE_HEIGHT + 12.0;
        head = head.push(words(remark, size, palette.page_quiet).wide());
    }
    if let Some(fault) = page.fault {
        let size = look.px(theme::BODY);
        used += lines(&fault, size, width - 180.0) * size * theme::LINE_HEIGHT + 56.0;
        head = head.push(fault_line(draw, fault, size));
    }
    let room = (
        width,
        (look.size.height - top - bottom - used - 2.0 * 28.0 - 12.0).max(100.0),
    );
    let body = (page.body)(draw, room);

    let middle = container(
        column![
            head,
            container(body).width(Length::Fill).height(Length::Fill)
        ]
        .spacing(12),
    )
    .padding(Padding::from([28.0, theme::MARGIN]))
    .width(Length::Fill)
    .height(Length::Fill);

    let line = |on| {
        container(space(Length::Fill, 3.0))
            .width(Length::Fill)
            .style(move |_| container::Style {
                background: Some(iced::Background::Color(on)),
                ..container::Style::default()
            })
    };
    let band = |content: Element<'a, Tapped<N>>, height: f32| {
        container(content)
            .padding(Padding::from([0.0, theme::MARGIN]))
            .width(Length::Fill)
            .height(height - 3.0)
            .align_y(Vertical::Center)
            .style(move |_| container::Style {
                background: Some(palette.band.on.into()),
                ..container::Style::default()
            })
    };
    container(column![
        band(header(draw, &always), top),
        line(palette.line),
        middle,
        line(palette.line),
        band(
            footer(
                draw,
                (page.back, page.back_as),
                page.extra,
                page.next,
                &always
            ),
            bottom
        ),
    ])
    // No background here: the window is that colour (`window::Program::ground`). A rectangle as large as the page would be
    // drawn whole, through a mask, for every small part of it that changed.
    .width(Length::Fill)
    .height(Length::Fill)
    .into()
}

/// A fault beside its field: what happened and what to do.
pub fn fault_line<'a, M: 'a>(draw: Draw<'_>, fault: String, size: f32) -> Element<'a, M> {
    crate::widget::panel(
        draw.look.palette.fault,
        row![
            picture(draw, "warning", size * 1.3),
            words(fault, size, draw.look.palette.fault.ink)
                .bold()
                .wide(),
        ]
        .spacing(16)
        .align_y(Vertical::Center),
    )
    .padding(Padding::from([10.0, 24.0]))
    .width(Length::Fill)
    .into()
}

/// A title of one line at the full size; a longer one a little smaller, never under 56.
fn title_size(look: Look, title: &str, width: f32) -> f32 {
    let full = look.px(theme::QUESTION);
    let gentle = look.gentle(theme::QUESTION);
    if lines(title, full, width) <= 1.0 {
        full
    } else if lines(title, gentle, width) <= 2.0 {
        gentle
    } else {
        look.gentle(56.0)
    }
}

/// About how many lines `text` takes.
pub fn lines(text: &str, size: f32, width: f32) -> f32 {
    crate::widget::part::text_lines(text, size, width)
}

fn tool<'a, N: Clone + 'a>(
    draw: Draw<'_>,
    target: &'static str,
    label: &str,
    picture_name: &str,
    message: N,
) -> Tap<'a, N> {
    let look = draw.look;
    let mut size = look.gentle(theme::SMALL);
    if look.portrait() {
        // Four of them share an upright screen's width.
        let room = (look.size.width - 2.0 * theme::MARGIN - 3.0 * 16.0) / 4.0 - 16.0;
        let side = size * 1.1;
        size = fitting(label, size, (room - side - 8.0, tool_height(look) - 8.0));
        return tap(
            target,
            label,
            look.palette.tool,
            row![
                picture(draw, picture_name, side),
                words(label, size, look.palette.tool.ink).bold().centred()
            ]
            .spacing(8)
            .align_y(Vertical::Center),
        )
        .padding(Padding::from([4.0, 8.0]))
        .height(tool_height(look))
        .on_tap(message);
    }
    control(
        draw,
        target,
        label,
        Some(picture_name),
        look.palette.tool,
        size,
    )
    .height(tool_height(look))
    .on_tap(message)
}

fn header<'a, N: Clone + 'a>(draw: Draw<'a>, always: &Always<N>) -> Element<'a, Tapped<N>> {
    let look = draw.look;
    let say = draw.say;
    let palette = look.palette;
    let small = look.gentle(theme::SMALL);
    let larger = if look.text == TextSize::Largest {
        say.text("text-size-normal")
    } else {
        say.text("text-size")
    };
    let clearer = if look.high_contrast() {
        say.text("contrast-plain")
    } else {
        say.text("contrast")
    };
    let louder = if always.loudest {
        say.text("volume-lowest")
    } else {
        say.text("volume")
    };
    let (language, switch) = always.language.clone();
    let tools = [
        tool(draw, "language", &language, "language", switch),
        tool(draw, "text-size", &larger, "text-size", always.text.clone()),
        tool(
            draw,
            "contrast",
            &clearer,
            "contrast",
            always.contrast.clone(),
        ),
        tool(draw, "volume", &louder, "sound", always.volume.clone()),
    ];
    // A sign that something does not work comes before the name of the place, which people know.
    let place = always.sign.as_ref().unwrap_or(&always.station);
    let labels = [&language, &larger, &clearer, &louder];
    let taken = if look.portrait() {
        0.0
    } else {
        labels
            .iter()
            .map(|l| text_width(l, small) + small * 1.3 + 60.0)
            .sum::<f32>()
    };
    let step_text = always
        .progress
        .map(|(at, of)| say.with("step", &[("at", at.into()), ("of", of.into())]));
    let stepped = step_text
        .as_ref()
        .map_or(0.0, |s| text_width(s, small) + 48.0);
    let room = look.size.width - 2.0 * theme::MARGIN - taken - stepped - small * 1.5 - 48.0;
    let words_of_place = words(
        place.clone(),
        fitting(
            place,
            small,
            (
                room,
                tool_height(look) - if look.portrait() { 4.0 } else { -12.0 },
            ),
        ),
        palette.band,
    )
    .bold();
    let name = row![
        picture(
            draw,
            if always.sign.is_some() {
                if always.practice {
                    "practice"
                } else {
                    "warning"
                }
            } else {
                "station"
            },
            small * 1.5
        ),
        words_of_place.wide(),
    ]
    .spacing(16)
    .align_y(Vertical::Center)
    .width(Length::Fill);
    let step = step_text.map(|text| words(text, small, palette.band).one_line());
    if look.portrait() {
        let mut first = row![name]
            .spacing(16)
            .align_y(Vertical::Center)
            .height(tool_height(look));
        first = first.push(step);
        let mut second = row![].spacing(16.0);
        for tool in tools {
            second = second.push(tool.width(Length::FillPortion(1)));
        }
        column![first, second].spacing(16).into()
    } else {
        let mut all = row![name].spacing(16).align_y(Vertical::Center);
        all = all.push(step.map(|s| container(s).padding(Padding::ZERO.right(16.0))));
        for tool in tools {
            all = all.push(tool);
        }
        all.into()
    }
}

/// What of the row's width each control at the bottom has, in twenty-ninths (person, hear, extra, back, next); on an
/// upright screen there are two rows.
const PARTS: [u16; 5] = [6, 6, 6, 4, 7];

fn footer<'a, N: Clone + 'a>(
    draw: Draw<'a>,
    (back, back_as): (Option<N>, Option<(&'static str, String)>),
    extra: Option<Extra<N>>,
    next: Next<N>,
    always: &Always<N>,
) -> Element<'a, Tapped<N>> {
    let look = draw.look;
    let say = draw.say;
    let palette = look.palette;
    let height = control_height(look);
    let upright = look.portrait();
    let width = look.size.width - 2.0 * theme::MARGIN;
    let part =
        |target: &str, label: &str, drawing: Option<&str>, surface: Surface, portion: u16| {
            let (gaps, whole) = match (upright, target) {
                (false, _) => (4.0, 29.0),
                (true, "person" | "hear") => (1.0, 12.0),
                (true, _) => (2.0, 17.0),
            };
            let side = if drawing.is_some() {
                look.gentle(54.0)
            } else {
                0.0
            };
            let room =
                (width - gaps * theme::GAP) / whole * f32::from(portion) - 24.0 - side - 12.0;
            let size = fitting(label, look.gentle(42.0), (room, height - 10.0));
            let mut content = row![].spacing(12).align_y(Vertical::Center);
            if let Some(name) = drawing {
                content = content.push(picture(draw, name, side));
            }
            content = content.push(words(label, size, surface.ink).bold().centred());
            tap(target, label, surface, content)
                .shows(drawing)
                .padding(Padding::from([4.0, 12.0]))
                .height(height)
                .width(Length::FillPortion(portion))
        };
    let empty = |portion| space(Length::FillPortion(portion), height);

    let person: Element<'a, Tapped<N>> = part(
        "person",
        &say.text("person"),
        Some("call-person"),
        palette.person,
        PARTS[0],
    )
    .on_tap(always.person.clone())
    .into();
    let hear: Element<'a, Tapped<N>> = part(
        "hear",
        &say.text("hear"),
        Some("hear-again"),
        palette.tool,
        PARTS[1],
    )
    .on_tap(always.hear.clone())
    .into();
    let extra: Element<'a, Tapped<N>> = match extra {
        Some(e) => part(e.target, &e.label, e.picture, palette.quiet, PARTS[2])
            .on_tap(e.message)
            .into(),
        None => empty(PARTS[2]),
    };
    let back: Element<'a, Tapped<N>> = match back {
        Some(message) => {
            let (target, label) =
                back_as.unwrap_or_else(|| ("back", format!("◀\u{a0}{}", say.text("back"))));
            part(target, &label, None, palette.quiet, PARTS[3])
                .on_tap(message)
                .into()
        }
        None => empty(PARTS[3]),
    };
    let next: Element<'a, Tapped<N>> = match next {
        Next::Ready(label, message) => part(
            "next",
            &format!("{label}\u{a0}▶"),
            None,
            palette.forward,
            PARTS[4],
        )
        .on_tap(message)
        .into(),
        Next::Missing(what) => part("next", &what, None, palette.missing, PARTS[4]).into(),
        Next::Absent => empty(PARTS[4]),
    };
    if upright {
        column![
            row![extra, back, next].spacing(theme::GAP),
            row![person, hear].spacing(theme::GAP),
        ]
        .spacing(theme::GAP)
        .into()
    } else {
        row![person, hear, extra, back, next]
            .spacing(theme::GAP)
            .into()
    }
}
