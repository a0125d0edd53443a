//! The kiosk without a window: the same pages, laid out, touched and drawn in memory.

use crate::effect::{Backend, Happening};
use crate::kiosk::{Kiosk, Message, Touch};
use crate::theme::{self, Look};
use crate::widget::Tapped;
use crate::widget::tap::TargetSeen;
use crate::widget::words::WordsSeen;
use iced::advanced::widget::{self, Operation};
use iced::advanced::{clipboard, renderer};
use iced::{Element, Event, Pixels, Point, Rectangle, Size, Theme, mouse, touch};
use iced_runtime::UserInterface;
use iced_runtime::user_interface::Cache;
use std::any::Any;

/// A target where it lies on the page, in design pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// What it is.
    pub seen: TargetSeen,
    /// Where it lies.
    pub bounds: Rectangle,
}

/// A text where it lies on the page, in design pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// What it is.
    pub seen: WordsSeen,
    /// Where it lies.
    pub bounds: Rectangle,
}

/// Everything on a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inspection {
    /// What can be touched.
    pub targets: Vec<Target>,
    /// What can be read.
    pub texts: Vec<Text>,
}

struct Inspector<'a>(&'a mut Inspection);

impl Operation for Inspector<'_> {
    fn traverse(&mut self, operate: &mut dyn FnMut(&mut dyn Operation)) {
        operate(self);
    }

    fn custom(&mut self, _id: Option<&widget::Id>, bounds: Rectangle, state: &mut dyn Any) {
        if let Some(seen) = state.downcast_ref::<TargetSeen>() {
            self.0.targets.push(Target {
                seen: seen.clone(),
                bounds,
            });
        } else if let Some(seen) = state.downcast_ref::<WordsSeen>() {
            self.0.texts.push(Text {
                seen: seen.clone(),
                bounds,
            });
        }
    }
}

/// A page drawn in memory.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Width in real pixels.
    pub width: u32,
    /// Height in real pixels.
    pub height: u32,
    /// Red, green, blue, alpha.
    pub rgba: Vec<u8>,
}

impl Picture {
    /// As a PNG.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn png(&self) -> Result<Vec<u8>, image::ImageError> {
        let mut bytes = Vec::new();
        image::write_buffer_with_format(
            &mut std::io::Cursor::new(&mut bytes),
            &self.rgba,
            self.width,
            self.height,
            image::ExtendedColorType::Rgba8,
            image::ImageFormat::Png,
        )?;
        Ok(bytes)
    }
}

/// A kiosk in memory, in a "window" of real pixels.
pub struct Headless<B> {
    /// The kiosk.
    pub kiosk: Kiosk<B>,
    renderer: iced::Renderer,
    cache: Option<Cache>,
    width: u32,
    height: u32,
}

impl<B> std::fmt::Debug for Headless<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Headless({}×{})", self.width, self.height)
    }
}

/// Loads the shipped fonts into the text system; once a process.
pub fn load_fonts() {
    use std::sync::Once;
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let missing = missing_fonts();
        let mut system = iced::advanced::graphics::text::font_system()
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        for font in missing {
            system.load_font(font);
        }
    });
}

/// The shipped fonts that the text system did not find beside the program by itself (`assets/fonts/fonts.conf`): all or none.
/// It reads what it found in place; what it is handed it copies, which is four megabytes for nothing.
pub fn missing_fonts() -> Vec<std::borrow::Cow<'static, [u8]>> {
    let mut system = iced::advanced::graphics::text::font_system()
        .write()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let weights: std::collections::BTreeSet<u16> = system
        .raw()
        .db()
        .faces()
        .filter(|face| face.families.iter().any(|(name, _)| name == theme::FAMILY))
        .map(|face| face.weight.0)
        .collect();
    if weights.len() >= FONTS.len() {
        return Vec::new();
    }
    FONTS
        .iter()
        .map(|f| std::borrow::Cow::Borrowed(*f))
        .collect()
}

/// The shipped fonts, regular and bold.
pub const FONTS: [&[u8]; 2] = [
    include_bytes!("../assets/fonts/OneDoorSans-Regular.otf"),
    include_bytes!("../assets/fonts/OneDoorSans-Bold.otf"),
];

/// Lays pages out and says what is on them, without a kiosk of its own.
pub struct Eyes {
    renderer: iced::Renderer,
}

impl std::fmt::Debug for Eyes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Eyes")
    }
}

impl Default for Eyes {
    fn default() -> Self {
        load_fonts();
        Self {
            renderer: software_renderer(),
        }
    }
}

impl Eyes {
    /// Everything on a page.
    pub fn inspect(&mut self, page: Element<'_, Tapped<Touch>>, look: Look) -> Inspection {
        let mut page = UserInterface::build(page, look.size, Cache::default(), &mut self.renderer);
        let mut inspection = Inspection::default();
        page.operate(&self.renderer, &mut Inspector(&mut inspection));
        inspection
    }
}

fn software_renderer() -> iced::Renderer {
    block_on(<iced::Renderer as renderer::Headless>::new(
        theme::REGULAR,
        Pixels(theme::BODY),
        Some("tiny-skia"),
    ))
    // It is compiled in and needs nothing of the machine.
    .unwrap_or_else(|| unreachable!("the software renderer is always there"))
}

impl<B: Backend> Headless<B> {
    /// Puts a kiosk into memory.
    pub fn new(mut kiosk: Kiosk<B>, width: u32, height: u32) -> Self {
        load_fonts();
        let renderer = software_renderer();
        kiosk.stands(height > width);
        Self {
            kiosk,
            renderer,
            cache: Some(Cache::default()),
            width,
            height,
        }
    }

    /// Another window size.
    pub fn resize(&mut self, width: u32, height: u32) {
        self.width = width;
        self.height = height;
        self.kiosk.stands(height > width);
        self.cache = Some(Cache::default());
    }

    fn with_page<T>(
        &mut self,
        work: impl FnOnce(
            &mut UserInterface<'_, Tapped<Touch>, Theme, iced::Renderer>,
            &mut iced::Renderer,
        ) -> T,
    ) -> T {
        let look = self.kiosk.look(self.width as f32, self.height as f32);
        let mut page = UserInterface::build(
            self.kiosk.view(look),
            look.size,
            self.cache.take().unwrap_or_default(),
            &mut self.renderer,
        );
        let result = work(&mut page, &mut self.renderer);
        self.cache = Some(page.into_cache());
        result
    }

    /// Everything that is on the page.
    pub fn inspect(&mut self) -> Inspection {
        let mut inspection = Inspection::default();
        self.with_page(|page, renderer| {
            page.operate(renderer, &mut Inspector(&mut inspection));
        });
        inspection
    }

    /// Draws the page.
    pub fn draw(&mut self) -> Picture {
        let (width, height) = (self.width, self.height);
        let look = self.kiosk.look(width as f32, height as f32);
        // iced_tiny_skia 0.14.1 multiplies the region it draws by the scale once too often, so at a scale under 1 it leaves
        // the right and the bottom black: it is given a canvas larger by as much, and the page is cut out of it.
        let grown = (1.0 / look.scale).max(1.0);
        let canvas = Size::new(
            (width as f32 * grown).ceil() as u32,
            (height as f32 * grown).ceil() as u32,
        );
        let drawn = self.with_page(|page, renderer| {
            page.draw(
                renderer,
                &Theme::Light,
                &renderer::Style {
                    text_color: look.palette.page.text,
                },
                mouse::Cursor::Unavailable,
            );
            renderer::Headless::screenshot(renderer, canvas, look.scale, look.palette.page.on)
        });
        let row = |y: usize| {
            let from = y * canvas.width as usize * 4;
            &drawn[from..from + width as usize * 4]
        };
        let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
        for y in 0..height as usize {
            rgba.extend_from_slice(row(y));
        }
        Picture {
            width,
            height,
            rgba,
        }
    }

    /// Plays raw events to the page and gives what they meant to the kiosk.
    pub fn play(&mut self, events: &[Event]) -> usize {
        let mut messages = Vec::new();
        self.with_page(|page, renderer| {
            let _ = page.update(
                events,
                mouse::Cursor::Unavailable,
                renderer,
                &mut clipboard::Null,
                &mut messages,
            );
        });
        let count = messages.len();
        for message in messages {
            self.kiosk.update(Message::Tapped(message));
        }
        count
    }

    /// A finger down and up at a point, in design pixels.
    pub fn tap_at(&mut self, x: f32, y: f32) -> usize {
        let (id, position) = (touch::Finger(1), Point::new(x, y));
        self.play(&[
            Event::Touch(touch::Event::FingerPressed { id, position }),
            Event::Touch(touch::Event::FingerLifted { id, position }),
        ])
    }

    /// Touches a target by its name, in its middle.
    ///
    /// # Errors
    /// The names that are there, when this one is not or cannot be touched.
    pub fn touch(&mut self, target: &str) -> Result<(), String> {
        let inspection = self.inspect();
        let found = inspection
            .targets
            .iter()
            .find(|t| t.seen.target == target && t.seen.live);
        match found {
            Some(t) => {
                let at = t.bounds.center();
                self.tap_at(at.x, at.y);
                Ok(())
            }
            None => Err(format!(
                "page {} has no live target {target}; it has {}",
                self.kiosk.page_name(),
                inspection
                    .targets
                    .iter()
                    .map(|t| t.seen.target.as_str())
                    .collect::<Vec<_>>()
                    .join(" · ")
            )),
        }
    }

    /// A key of the number pad goes down.
    pub fn press(&mut self, key: crate::keys::Key) {
        self.kiosk.update(Message::Pressed(key));
    }

    /// The world tells something.
    pub fn happen(&mut self, happening: Happening) {
        self.kiosk.update(Message::Happened(happening));
    }

    /// Time went on.
    pub fn tick(&mut self) {
        self.kiosk.update(Message::Ticked);
    }

    /// The window's size in real pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }
}

/// Waits for a future that is ready at once (the software renderer's).
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::yield_now();
    }
}
