//! The dock: a window beside the kiosk's that plays the hardware, for development and demonstration. All of it is
//! simulated, and says so.

use crate::effect::Happening;
use crate::world::setup::Controls;
use iced::widget::{button, column, container, row, text};
use iced::{Color, Element, Length, Size};
use onedoor_devices::escpos_reader::Switch;
use onedoor_domain::qr::{Payload, ServiceId};

/// The dock's window.
pub const SIZE: Size = Size::new(420.0, 620.0);

/// What happened on it.
#[derive(Debug, Clone)]
pub enum Message {
    /// A switch of the virtual printer.
    Printer(Switch),
    /// The loudspeaker's cable.
    Sound,
    /// The clock ten years back, or right again.
    Clock,
    /// A wall card before the scanner.
    WallCard,
    /// A code that is not ours.
    Foreign,
}

/// The dock.
#[derive(Debug)]
pub struct Dock {
    controls: Controls,
    sound_pulled: bool,
    clock_back: bool,
}

const TEN_YEARS_MS: i64 = 3652 * 24 * 3600 * 1000;

impl Dock {
    /// A dock over these switches.
    pub fn new(controls: Controls) -> Self {
        Self {
            controls,
            sound_pulled: false,
            clock_back: false,
        }
    }

    /// Throws a switch; what a scanner would read is told to the kiosk.
    pub fn update(&mut self, message: Message) -> Option<Happening> {
        match message {
            Message::Printer(switch) => {
                if let Some(printer) = &self.controls.printer {
                    let switches = printer.switches();
                    switches.set(switch, !switches.is(switch));
                }
                None
            }
            Message::Sound => {
                self.sound_pulled = !self.sound_pulled;
                if let Some(cable) = &self.controls.sound {
                    cable(self.sound_pulled);
                }
                None
            }
            Message::Clock => {
                self.clock_back = !self.clock_back;
                self.controls
                    .clock
                    .set(if self.clock_back { -TEN_YEARS_MS } else { 0 });
                None
            }
            Message::WallCard => ServiceId::new("cross-province-medical")
                .ok()
                .map(|id| Happening::Scanned(Payload::WallCard(id).encode().into_bytes())),
            Message::Foreign => Some(Happening::Scanned(b"https://example.org/".to_vec())),
        }
    }

    /// The dock's page.
    pub fn view(&self) -> Element<'_, Message> {
        let is = |switch| {
            self.controls
                .printer
                .as_ref()
                .is_some_and(|p| p.switches().is(switch))
        };
        let item = |label: &'static str, on: bool, message: Message, there: bool| {
            row![
                text(if on { "●" } else { "○" }).size(18),
                button(text(label).size(18))
                    .on_press_maybe(there.then_some(message))
                    .width(Length::Fill),
            ]
            .spacing(8)
            .align_y(iced::Alignment::Center)
        };
        let printer = self.controls.printer.is_some();
        let sound = self.controls.sound.is_some();
        container(
            column![
                text("模拟设备 · Simulated devices").size(22),
                item(
                    "Printer: paper out",
                    is(Switch::PaperOut),
                    Message::Printer(Switch::PaperOut),
                    printer
                ),
                item(
                    "Printer: cover open",
                    is(Switch::CoverOpen),
                    Message::Printer(Switch::CoverOpen),
                    printer
                ),
                item(
                    "Printer: paper near end",
                    is(Switch::NearEnd),
                    Message::Printer(Switch::NearEnd),
                    printer
                ),
                item(
                    "Printer: unplugged",
                    is(Switch::Unplugged),
                    Message::Printer(Switch::Unplugged),
                    printer
                ),
                item(
                    "Printer: silent",
                    is(Switch::Silent),
                    Message::Printer(Switch::Silent),
                    printer
                ),
                item(
                    "Sound: cable pulled",
                    self.sound_pulled,
                    Message::Sound,
                    sound
                ),
                item(
                    "Clock: ten years back",
                    self.clock_back,
                    Message::Clock,
                    true
                ),
                item("Scan: a wall card", false, Message::WallCard, true),
                item(
                    "Scan: a code that is not ours",
                    false,
                    Message::Foreign,
                    true
                ),
                text("Slips lie as PNG files in the data folder, under slips/.").size(16),
            ]
            .spacing(10),
        )
        .padding(16)
        .width(Length::Fill)
        .height(Length::Fill)
        // The window's own ground is the kiosk's, which may be black for somebody's eyes.
        .style(|_| container::Style {
            background: Some(Color::WHITE.into()),
            text_color: Some(Color::BLACK),
            ..container::Style::default()
        })
        .into()
    }
}
