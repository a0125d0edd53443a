//! The one thing that people touch.
//!
//! Made for old hands: it acts on lift, takes a finger that drifts, takes a long press for a tap, follows one finger
//! only, and shows at once that it was felt. Taps that follow too quickly are dropped by the root (`touch::Gate`), since
//! a double tap's second half lands on the next page.

use crate::theme::{self, Surface};
use iced::advanced::layout::{self, Layout};
use iced::advanced::renderer::{self, Renderer as _};
use iced::advanced::widget::{Operation, Tree, tree};
use iced::advanced::{Clipboard, Shell, Widget};
use iced::{
    Border, Color, Element, Event, Length, Padding, Point, Rectangle, Size, Theme, mouse, touch,
};

/// A finger may land this far outside a target (half of the least gap), in design pixels.
pub const LANDS: f32 = 8.0;
/// A finger may drift this far outside a target before it is lifted, in design pixels.
pub const DRIFT: f32 = 40.0;

/// What kind of touch a target takes, which decides how soon it takes the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TapKind {
    /// A choice or a step: after it nothing is taken for 700 ms.
    Step,
    /// A key of a keypad: two different keys may follow at once, the same one after 200 ms.
    Key,
}

/// A target was touched.
#[derive(Debug, Clone, PartialEq)]
pub struct Tapped<M> {
    /// The target's name, stable over languages and sizes ("next", "key/5", "choice/inpatient").
    pub target: String,
    /// Its kind.
    pub kind: TapKind,
    /// What it means to its page.
    pub message: M,
}

impl<M> Tapped<M> {
    /// The same touch with another meaning.
    pub fn map<N>(self, f: impl FnOnce(M) -> N) -> Tapped<N> {
        Tapped {
            target: self.target,
            kind: self.kind,
            message: f(self.message),
        }
    }
}

/// What a target tells about itself when a page is inspected.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetSeen {
    /// Its name.
    pub target: String,
    /// What is written on it, or what it is called where only a picture is on it.
    pub label: String,
    /// Whether it can be touched now.
    pub live: bool,
    /// Its kind.
    pub kind: TapKind,
    /// Its look.
    pub surface: Surface,
    /// The picture on it.
    pub picture: Option<String>,
}

/// A touch target.
pub struct Tap<'a, M> {
    target: String,
    label: String,
    kind: TapKind,
    content: Element<'a, Tapped<M>>,
    message: Option<M>,
    surface: Surface,
    picture: Option<String>,
    width: Length,
    height: Length,
    padding: Padding,
    radius: f32,
}

/// A target named `target` with `label` on it; without [`Tap::on_tap`] it cannot be touched yet.
pub fn tap<'a, M>(
    target: impl Into<String>,
    label: impl Into<String>,
    surface: Surface,
    content: impl Into<Element<'a, Tapped<M>>>,
) -> Tap<'a, M> {
    Tap {
        target: target.into(),
        label: label.into(),
        kind: TapKind::Step,
        content: content.into(),
        message: None,
        surface,
        picture: None,
        width: Length::Shrink,
        height: Length::Shrink,
        padding: Padding::from([12.0, 28.0]),
        radius: theme::RADIUS,
    }
}

impl<M> Tap<'_, M> {
    /// What it means when it is touched.
    pub fn on_tap(mut self, message: M) -> Self {
        self.message = Some(message);
        self
    }

    /// The same, if there is something.
    pub fn on_tap_maybe(mut self, message: Option<M>) -> Self {
        self.message = message;
        self
    }

    /// The name of the picture on it, for whoever inspects the page.
    pub fn shows(mut self, picture: Option<&str>) -> Self {
        self.picture = picture.map(str::to_owned);
        self
    }

    /// A key of a keypad.
    pub fn key(mut self) -> Self {
        self.kind = TapKind::Key;
        self
    }

    /// Its width.
    pub fn width(mut self, width: impl Into<Length>) -> Self {
        self.width = width.into();
        self
    }

    /// Its height.
    pub fn height(mut self, height: impl Into<Length>) -> Self {
        self.height = height.into();
        self
    }

    /// The room around its content.
    pub fn padding(mut self, padding: impl Into<Padding>) -> Self {
        self.padding = padding.into();
        self
    }
}

/// Which finger is on the target.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Finger {
    Mouse,
    Touch(touch::Finger),
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    down: Option<Finger>,
}

fn reaches(bounds: Rectangle, by: f32, point: Point) -> bool {
    bounds.expand(by).contains(point)
}

impl<M: Clone> Widget<Tapped<M>, Theme, iced::Renderer> for Tap<'_, M> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn children(&self) -> Vec<Tree> {
        vec![Tree::new(&self.content)]
    }

    fn diff(&self, tree: &mut Tree) {
        tree.diff_children(std::slice::from_ref(&self.content));
    }

    fn size(&self) -> Size<Length> {
        Size::new(self.width, self.height)
    }

    fn layout(
        &mut self,
        tree: &mut Tree,
        renderer: &iced::Renderer,
        limits: &layout::Limits,
    ) -> layout::Node {
        layout::positioned(
            limits,
            self.width,
            self.height,
            self.padding,
            |limits| {
                self.content.as_widget_mut().layout(
                    &mut tree.children[0],
                    renderer,
                    &limits.loose(),
                )
            },
            |content, size| content.align(iced::Alignment::Center, iced::Alignment::Center, size),
        )
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &iced::Renderer,
        operation: &mut dyn Operation,
    ) {
        let mut seen = TargetSeen {
            target: self.target.clone(),
            label: self.label.clone(),
            live: self.message.is_some(),
            kind: self.kind,
            surface: self.surface,
            picture: self.picture.clone(),
        };
        operation.custom(None, layout.bounds(), &mut seen);
        if let Some(inner) = layout.children().next() {
            operation.traverse(&mut |operation| {
                self.content.as_widget_mut().operate(
                    &mut tree.children[0],
                    inner,
                    renderer,
                    operation,
                );
            });
        }
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _renderer: &iced::Renderer,
        _clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Tapped<M>>,
        _viewport: &Rectangle,
    ) {
        let Some(message) = &self.message else {
            return;
        };
        let state = tree.state.downcast_mut::<State>();
        let bounds = layout.bounds();
        let (finger, down, point) = match event {
            Event::Touch(touch::Event::FingerPressed { id, position }) => {
                (Finger::Touch(*id), true, Some(*position))
            }
            Event::Touch(touch::Event::FingerLifted { id, position }) => {
                (Finger::Touch(*id), false, Some(*position))
            }
            Event::Touch(touch::Event::FingerLost { id, .. }) => (Finger::Touch(*id), false, None),
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) => {
                (Finger::Mouse, true, cursor.position())
            }
            Event::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left)) => {
                (Finger::Mouse, false, cursor.position())
            }
            _ => return,
        };
        if down {
            if state.down.is_none() && point.is_some_and(|p| reaches(bounds, LANDS, p)) {
                state.down = Some(finger);
                shell.capture_event();
                shell.request_redraw();
            }
        } else if state.down == Some(finger) {
            state.down = None;
            if point.is_some_and(|p| reaches(bounds, DRIFT, p)) {
                shell.publish(Tapped {
                    target: self.target.clone(),
                    kind: self.kind,
                    message: message.clone(),
                });
            }
            shell.capture_event();
            shell.request_redraw();
        }
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut iced::Renderer,
        theme: &Theme,
        _style: &renderer::Style,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        let bounds = layout.bounds();
        let down = tree.state.downcast_ref::<State>().down.is_some();
        let (edge, width) = self.surface.border;
        renderer.fill_quad(
            renderer::Quad {
                bounds,
                border: Border {
                    color: if self.surface.dashed {
                        Color::TRANSPARENT
                    } else {
                        edge
                    },
                    width: if self.surface.dashed { 0.0 } else { width },
                    radius: self.radius.into(),
                },
                ..renderer::Quad::default()
            },
            if down {
                self.surface.pressed
            } else {
                self.surface.ink.on
            },
        );
        if self.surface.dashed {
            dashes(renderer, bounds, edge, width, self.radius);
        }
        if let Some(inner) = layout.children().next() {
            self.content.as_widget().draw(
                &tree.children[0],
                renderer,
                theme,
                &renderer::Style {
                    text_color: self.surface.ink.text,
                },
                inner,
                cursor,
                viewport,
            );
        }
    }
}

/// A dashed outline along the four straight edges.
fn dashes(renderer: &mut iced::Renderer, bounds: Rectangle, color: Color, width: f32, radius: f32) {
    const DASH: f32 = 18.0;
    const GAP: f32 = 12.0;
    let mut piece = |x: f32, y: f32, w: f32, h: f32| {
        renderer.fill_quad(
            renderer::Quad {
                bounds: Rectangle::new(Point::new(x, y), Size::new(w, h)),
                ..renderer::Quad::default()
            },
            color,
        );
    };
    let (left, top) = (bounds.x + radius * 0.5, bounds.y + radius * 0.5);
    let (right, bottom) = (
        bounds.x + bounds.width - radius * 0.5,
        bounds.y + bounds.height - radius * 0.5,
    );
    let mut x = left;
    while x < right {
        let w = DASH.min(right - x);
        piece(x, bounds.y, w, width);
        piece(x, bounds.y + bounds.height - width, w, width);
        x += DASH + GAP;
    }
    let mut y = top;
    while y < bottom {
        let h = DASH.min(bottom - y);
        piece(bounds.x, y, width, h);
        piece(bounds.x + bounds.width - width, y, width, h);
        y += DASH + GAP;
    }
}

impl<'a, M: Clone + 'a> From<Tap<'a, M>> for Element<'a, Tapped<M>> {
    fn from(tap: Tap<'a, M>) -> Self {
        Element::new(tap)
    }
}
