//! The kiosk on a screen: one window, and in development a second one that plays the hardware.

use crate::cli::Run;
use crate::dock::{self, Dock};
use crate::effect::Happening;
use crate::headless::{self, Eyes};
use crate::keys::Key;
use crate::kiosk::{Kiosk, Message as KioskMessage, Touch};
use crate::theme::{self, Look};
use crate::trace::Trace;
use crate::widget::Tapped;
use crate::world::{World, setup};
use anyhow::{Context, bail};
use iced::futures::channel::mpsc;
use iced::{Color, Element, Pixels, Size, Subscription, Task, Theme, keyboard, window};
use onedoor_forms::station::KeysConnection;
use std::sync::{Arc, Mutex, PoisonError};

/// What the program is told.
#[derive(Debug, Clone)]
enum Message {
    Tapped(Tapped<Touch>),
    Happened(Happening),
    Ticked,
    Pressed(Key),
    Window(window::Id, window::Event),
    Opened,
    Dock(dock::Message),
}

struct Program {
    kiosk: Kiosk<World>,
    main: Option<window::Id>,
    dock_window: Option<window::Id>,
    dock: Option<Dock>,
    fullscreen: bool,
    /// A keyboard types into the window.
    types: bool,
    /// The window's size in real pixels.
    size: (f32, f32),
    /// What is up now: its page's name, and how it is shown.
    shown: (String, String, Look),
    /// Turns with every page that is new as a whole.
    turned: bool,
    trace: Option<Tracer>,
}

/// Lays the page out once more, for a test that asks where things lie.
struct Tracer {
    trace: Trace,
    eyes: Eyes,
}

impl Program {
    fn scale(&self) -> f32 {
        theme::scale(self.size.0, self.size.1)
    }

    fn update(&mut self, message: Message) -> Task<Message> {
        let task = self.take(message);
        let look = self.kiosk.look(self.size.0, self.size.1);
        let shown = (
            self.kiosk.page_name().to_string(),
            self.kiosk.language().to_owned(),
            look,
        );
        if shown != self.shown {
            self.shown = shown;
            self.turned = !self.turned;
        }
        task
    }

    /// The ground that pages are drawn on. A new page changes nearly everything: comparing it with the one before finds dozens
    /// of regions, and whatever lies under several of them is drawn as often. Another ground colour, if only by an amount
    /// that no screen shows, lets iced draw the window once, as a whole.
    fn ground(&self) -> Color {
        let ground = self.shown.2.palette.page.on;
        let unseen = if ground.r > 0.5 { -1e-6 } else { 1e-6 };
        Color {
            r: ground.r + if self.turned { unseen } else { 0.0 },
            ..ground
        }
    }

    fn take(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::Tapped(tapped) => self.kiosk.update(KioskMessage::Tapped(tapped)),
            Message::Happened(happening) => {
                if let Some(tracer) = &mut self.trace {
                    tracer.trace.happened(&happening);
                }
                self.kiosk.update(KioskMessage::Happened(happening));
            }
            Message::Ticked => {
                self.kiosk.update(KioskMessage::Ticked);
                give_back();
            }
            // Where the station has no keyboard or one of its own, what types into the window is a hand scanner.
            Message::Pressed(_) if !self.types => {}
            Message::Pressed(key) => self.kiosk.update(KioskMessage::Pressed(key)),
            Message::Opened => {}
            Message::Window(id, event) => return self.window(id, &event),
            Message::Dock(message) => {
                if let Some(dock) = &mut self.dock
                    && let Some(happening) = dock.update(message)
                {
                    self.kiosk.update(KioskMessage::Happened(happening));
                }
            }
        }
        self.look();
        Task::none()
    }

    fn window(&mut self, id: window::Id, event: &window::Event) -> Task<Message> {
        if Some(id) == self.main {
            match event {
                window::Event::Opened { size, .. } | window::Event::Resized(size) => {
                    give_back();
                    // iced gives design pixels; what the screen has are real ones.
                    let scale = self.scale();
                    self.size = (size.width * scale, size.height * scale);
                    self.kiosk.stands(self.size.1 > self.size.0);
                    self.look();
                }
                window::Event::CloseRequested | window::Event::Closed => return iced::exit(),
                _ => {}
            }
        }
        Task::none()
    }

    fn look(&mut self) {
        if let Some(tracer) = &mut self.trace {
            let look = self.kiosk.look(self.size.0, self.size.1);
            let inspection = tracer.eyes.inspect(self.kiosk.view(look), look);
            tracer
                .trace
                .page(&self.kiosk, &inspection, look.scale, false);
        }
    }

    fn view(&self, id: window::Id) -> Element<'_, Message> {
        if Some(id) == self.dock_window
            && let Some(dock) = &self.dock
        {
            return dock.view().map(Message::Dock);
        }
        let page = self
            .kiosk
            .view(self.kiosk.look(self.size.0, self.size.1))
            .map(Message::Tapped);
        if self.fullscreen {
            // A pointer in the middle of the glass is one more thing to wonder about.
            iced::widget::mouse_area(page)
                .interaction(iced::mouse::Interaction::Hidden)
                .into()
        } else {
            page
        }
    }

    fn subscription(&self) -> Subscription<Message> {
        Subscription::batch([
            iced::time::every(self.kiosk.next_tick()).map(|_| Message::Ticked),
            window::events().map(|(id, event)| Message::Window(id, event)),
            keyboard::listen().filter_map(|event| match event {
                keyboard::Event::KeyPressed {
                    key, repeat: false, ..
                } => Key::of(&key).map(Message::Pressed),
                _ => None,
            }),
        ])
    }
}

/// Gives memory that was needed only for a moment (the bundle, fonts that were looked through) back to the machine: the C
/// library keeps it otherwise. Takes well under a millisecond where there is nothing to give.
fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(
        unsafe_code,
        reason = "the C library's own call, without arguments that could be wrong"
    )]
    // SAFETY: malloc_trim may be called at any time from any thread (malloc_trim(3)).
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Opens the kiosk and runs until its window closes.
///
/// # Errors
/// Without a display, or when the station cannot be opened.
pub fn run(run: &Run) -> anyhow::Result<()> {
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        bail!(
            "there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set).\n\
             To see every page without one:  ./dev tour OUT/\n\
             On a machine with a screen, run this from its desktop, or under cage."
        );
    }
    // One design pixel is worth what the kiosk says, not what the desktop guesses of the screen.
    let opened = run.at.open()?;
    let (send, receive) = mpsc::unbounded::<Happening>();
    let tell = Arc::new(move |happening| {
        let _ = send.unbounded_send(happening);
    });
    let (kiosk, controls) = setup::kiosk(&opened, &run.at.data(), &run.at.plugs, tell)?;
    // What is needed of the bundle is in the kiosk now; the rest is megabytes that a terminal has better use for.
    drop(opened);
    give_back();
    let trace = match &run.at.trace {
        Some(path) => {
            let file = std::fs::File::options()
                .create(true)
                .append(true)
                .open(path)
                .with_context(|| path.display().to_string())?;
            Some(Trace::new(Box::new(file)))
        }
        None => None,
    };
    let size = (run.size.0 as f32, run.size.1 as f32);
    let (fullscreen, with_dock) = (run.fullscreen, run.dock);
    let first = Arc::new(Mutex::new(Some((kiosk, controls, trace, receive))));

    iced::daemon(
        move || {
            let taken = first.lock().unwrap_or_else(PoisonError::into_inner).take();
            // iced boots a program once; there is nothing to run a second one with.
            let Some((mut kiosk, controls, trace, receive)) = taken else {
                unreachable!("booted once")
            };
            kiosk.stands(size.1 > size.0);
            let keys = &kiosk.station().config().settings.device.parts.keys;
            let types = *keys == KeysConnection::Keyboard;
            let scale = theme::scale(size.0, size.1);
            let (main, open) = window::open(window::Settings {
                size: Size::new(size.0 / scale, size.1 / scale),
                fullscreen,
                decorations: !fullscreen,
                exit_on_close_request: false,
                ..window::Settings::default()
            });
            let (dock_window, open_dock) = if with_dock {
                let (id, open) = window::open(window::Settings {
                    size: dock::SIZE,
                    resizable: false,
                    exit_on_close_request: true,
                    ..window::Settings::default()
                });
                (Some(id), open.map(|_| Message::Opened))
            } else {
                (None, Task::none())
            };
            let program = Program {
                shown: (
                    kiosk.page_name().to_string(),
                    kiosk.language().to_owned(),
                    kiosk.look(size.0, size.1),
                ),
                turned: false,
                types,
                kiosk,
                main: Some(main),
                dock_window,
                dock: with_dock.then(|| Dock::new(controls)),
                fullscreen,
                size,
                trace: trace.map(|trace| Tracer {
                    trace,
                    eyes: Eyes::default(),
                }),
            };
            (
                program,
                Task::batch([
                    open.map(|_| Message::Opened),
                    open_dock,
                    Task::run(receive, Message::Happened),
                ]),
            )
        },
        Program::update,
        Program::view,
    )
    .subscription(Program::subscription)
    .title(|program: &Program, id| {
        if Some(id) == program.main {
            "OneDoor".to_owned()
        } else {
            "OneDoor: simulated devices".to_owned()
        }
    })
    .scale_factor(|program: &Program, id| {
        if Some(id) == program.dock_window {
            1.0
        } else {
            program.scale()
        }
    })
    .theme(|_: &Program, _| Theme::Light)
    .style(|program: &Program, _| iced::theme::Style {
        background_color: program.ground(),
        text_color: program.shown.2.palette.page.text,
    })
    .settings(iced::Settings {
        fonts: headless::missing_fonts(),
        default_font: theme::REGULAR,
        default_text_size: Pixels(theme::BODY),
        antialiasing: false,
        ..iced::Settings::default()
    })
    .run()
    .context("the window could not be opened")
}
