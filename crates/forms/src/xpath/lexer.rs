//! Characters to tokens, by the disambiguation rules of XPath 1.0 §3.7 and as lenient as form engines are.

use super::ast::BinaryOp;
use super::references::ParseError;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A number literal.
    Number(f64),
    /// A string literal without its quotes.
    Literal(String),
    /// A name, with prefix where there is one.
    Name(String),
    /// `${name}`
    Reference(String),
    /// An operator with two operands.
    Operator(BinaryOp),
    /// `|`
    Union,
    /// `*` as a name test.
    Star,
    /// `/`
    Slash,
    /// `//`
    DoubleSlash,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `.`
    Dot,
    /// `..`
    DotDot,
    /// `@`
    At,
    /// `,`
    Comma,
    /// `::`
    Axis,
}

impl Token {
    /// Whether an operator may follow.
    fn ends_operand(&self) -> bool {
        matches!(
            self,
            Token::Number(_)
                | Token::Literal(_)
                | Token::Name(_)
                | Token::Reference(_)
                | Token::Star
                | Token::Close
                | Token::CloseBracket
                | Token::Dot
                | Token::DotDot
        )
    }
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '·')
}

/// A token with the byte offset where it starts.
pub(super) type Spanned = (Token, usize);

/// Cuts an expression into tokens.
pub(super) fn tokens(source: &str) -> Result<Vec<Spanned>, ParseError> {
    let mut lexer = Lexer {
        source,
        at: 0,
        tokens: Vec::new(),
    };
    while let Some(c) = lexer.peek() {
        if c.is_whitespace() {
            lexer.at += c.len_utf8();
            continue;
        }
        let start = lexer.at;
        let token = lexer.token(c)?;
        lexer.tokens.push((token, start));
    }
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    tokens: Vec<Spanned>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn after_operand(&self) -> bool {
        self.tokens.last().is_some_and(|(t, _)| t.ends_operand())
    }

    fn take(&mut self, text: &str, token: Token) -> Option<Token> {
        self.rest().starts_with(text).then(|| {
            self.at += text.len();
            token
        })
    }

    fn token(&mut self, c: char) -> Result<Token, ParseError> {
        if self.after_operand() {
            if c == '*' {
                self.at += 1;
                return Ok(Token::Operator(BinaryOp::Multiply));
            }
            // After an operand a word can only be an operator, even with nothing between: `1mod2`, `1and 1`.
            let words = [
                ("and", BinaryOp::And),
                ("or", BinaryOp::Or),
                ("div", BinaryOp::Divide),
                ("mod", BinaryOp::Modulo),
            ];
            for (word, op) in words {
                let follows = self.rest().strip_prefix(word);
                if follows.is_some_and(|f| !f.starts_with(starts_name)) {
                    self.at += word.len();
                    return Ok(Token::Operator(op));
                }
            }
        }
        if c == '"' || c == '\'' {
            return self.literal(c);
        }
        if c == '$' {
            return self.reference();
        }
        let number = c.is_ascii_digit()
            || (c == '.' && self.rest()[1..].starts_with(|d: char| d.is_ascii_digit()));
        if number {
            return self.number();
        }
        if starts_name(c) {
            return Ok(self.name());
        }
        let fixed = [
            ("//", Token::DoubleSlash),
            ("/", Token::Slash),
            ("::", Token::Axis),
            ("..", Token::DotDot),
            (".", Token::Dot),
            ("!=", Token::Operator(BinaryOp::NotEqual)),
            ("<=", Token::Operator(BinaryOp::LessEqual)),
            (">=", Token::Operator(BinaryOp::GreaterEqual)),
            ("=", Token::Operator(BinaryOp::Equal)),
            ("<", Token::Operator(BinaryOp::Less)),
            (">", Token::Operator(BinaryOp::Greater)),
            ("+", Token::Operator(BinaryOp::Add)),
            ("-", Token::Operator(BinaryOp::Subtract)),
            ("|", Token::Union),
            ("*", Token::Star),
            ("(", Token::Open),
            (")", Token::Close),
            ("[", Token::OpenBracket),
            ("]", Token::CloseBracket),
            ("@", Token::At),
            (",", Token::Comma),
        ];
        for (text, token) in fixed {
            if let Some(token) = self.take(text, token) {
                return Ok(token);
            }
        }
        Err(ParseError::syntax(
            self.at,
            format!("the character {c:?} cannot stand here"),
        ))
    }

    fn literal(&mut self, quote: char) -> Result<Token, ParseError> {
        let inside = &self.rest()[1..];
        let Some(length) = inside.find(quote) else {
            return Err(ParseError::syntax(
                self.at,
                "a quotation mark is not closed".to_string(),
            ));
        };
        self.at += length + 2;
        Ok(Token::Literal(inside[..length].to_string()))
    }

    fn reference(&mut self) -> Result<Token, ParseError> {
        let rest = self.rest();
        let Some(inside) = rest.strip_prefix("${").and_then(|r| r.split_once('}')) else {
            return Err(ParseError::syntax(
                self.at,
                "a reference is written ${name}".to_string(),
            ));
        };
        self.at += inside.0.len() + 3;
        Ok(Token::Reference(inside.0.trim().to_string()))
    }

    fn number(&mut self) -> Result<Token, ParseError> {
        let rest = self.rest();
        let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
        let mut end = digits(rest);
        // `1..2` is nothing, but `1.` and `1.5` are numbers.
        if rest[end..].starts_with('.') && !rest[end..].starts_with("..") {
            end += 1 + digits(&rest[end + 1..]);
        }
        let value = rest[..end]
            .parse::<f64>()
            .map_err(|_| ParseError::syntax(self.at, format!("{} is no number", &rest[..end])))?;
        self.at += end;
        Ok(Token::Number(value))
    }

    fn name(&mut self) -> Token {
        let rest = self.rest();
        let part = |s: &str| s.find(|c| !continues_name(c)).unwrap_or(s.len());
        let mut end = part(rest);
        let after = &rest[end..];
        if after.starts_with(':') && after[1..].starts_with(starts_name) {
            end += 1 + part(&after[1..]);
        } else if after.starts_with(":*") {
            end += 2;
        }
        self.at += end;
        Token::Name(rest[..end].to_string())
    }
}
