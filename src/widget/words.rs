//! Text that knows its colour, what it stands on and its size, so that a test can ask every page for them.

use crate::theme::{self, Ink};
use iced::advanced::Widget;
use iced::advanced::layout::{self, Layout};
use iced::advanced::renderer;
use iced::advanced::text::paragraph;
use iced::advanced::text::{self, Paragraph as _};
use iced::advanced::widget::{self, Operation, Tree, tree};
use iced::{Element, Font, Length, Pixels, Rectangle, Size, Theme, alignment, mouse};

type Paragraph = <iced::Renderer as text::Renderer>::Paragraph;

/// What a piece of text tells about itself when a page is inspected.
#[derive(Debug, Clone, PartialEq)]
pub struct WordsSeen {
    /// The text.
    pub text: String,
    /// Its size in design pixels.
    pub size: f32,
    /// Its colours.
    pub ink: Ink,
    /// How much room the shaped text needs; more than its bounds means it is clipped.
    pub needed: Size,
}

/// A piece of text.
#[derive(Debug, Clone)]
pub struct Words {
    text: String,
    size: f32,
    font: Font,
    ink: Ink,
    width: Length,
    align: text::Alignment,
    line_height: f32,
    one_line: bool,
}

/// Text of `size` design pixels (already enlarged for the person) in the regular weight.
pub fn words(text: impl Into<String>, size: f32, ink: Ink) -> Words {
    Words {
        text: text.into(),
        size,
        font: theme::REGULAR,
        ink,
        width: Length::Shrink,
        align: text::Alignment::Left,
        line_height: theme::LINE_HEIGHT,
        one_line: false,
    }
}

impl Words {
    /// In bold.
    pub fn bold(mut self) -> Self {
        self.font = theme::BOLD;
        self
    }

    /// Takes the whole width.
    pub fn wide(mut self) -> Self {
        self.width = Length::Fill;
        self
    }

    /// Centred in its width.
    pub fn centred(mut self) -> Self {
        self.align = text::Alignment::Center;
        self
    }

    /// Never broken into two lines: digits and codes.
    pub fn one_line(mut self) -> Self {
        self.one_line = true;
        self
    }
}

impl<Message> Widget<Message, Theme, iced::Renderer> for Words {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<paragraph::Plain<Paragraph>>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(paragraph::Plain::<Paragraph>::default())
    }

    fn size(&self) -> Size<Length> {
        Size::new(self.width, Length::Shrink)
    }

    fn layout(
        &mut self,
        tree: &mut Tree,
        renderer: &iced::Renderer,
        limits: &layout::Limits,
    ) -> layout::Node {
        widget::text::layout(
            tree.state.downcast_mut::<paragraph::Plain<Paragraph>>(),
            renderer,
            limits,
            &self.text,
            widget::text::Format {
                width: self.width,
                height: Length::Shrink,
                size: Some(Pixels(self.size)),
                font: Some(self.font),
                line_height: text::LineHeight::Relative(self.line_height),
                align_x: self.align,
                align_y: alignment::Vertical::Top,
                // Advanced shaping finds the glyphs that the subset lacks in the full CJK font.
                shaping: text::Shaping::Advanced,
                wrapping: if self.one_line {
                    text::Wrapping::None
                } else {
                    text::Wrapping::WordOrGlyph
                },
            },
        )
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut iced::Renderer,
        _theme: &Theme,
        defaults: &renderer::Style,
        layout: Layout<'_>,
        _cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        let state = tree.state.downcast_ref::<paragraph::Plain<Paragraph>>();
        widget::text::draw(
            renderer,
            defaults,
            layout.bounds(),
            state.raw(),
            widget::text::Style {
                color: Some(self.ink.text),
            },
            viewport,
        );
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        _renderer: &iced::Renderer,
        operation: &mut dyn Operation,
    ) {
        let state = tree.state.downcast_ref::<paragraph::Plain<Paragraph>>();
        let mut seen = WordsSeen {
            text: self.text.clone(),
            size: self.size,
            ink: self.ink,
            needed: state.raw().min_bounds(),
        };
        operation.custom(None, layout.bounds(), &mut seen);
    }
}

impl<'a, Message: 'a> From<Words> for Element<'a, Message> {
    fn from(words: Words) -> Self {
        Element::new(words)
    }
}
