//! "What you should have" (R20): a service's `eligible` rule, against what a station knows of a resident and the day.
//!
//! It is worked out at the kiosk, offline, and it only ever becomes an offer: what it says is no decision, and whoever
//! it does not mean can hand the matter in all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use jiff::tz::Offset;

use super::service::PROFILE_FIELDS;
use crate::xpath::{
    Axis, BinaryOp, Clock, Env, EvalError, Expr, Function, Kind, NoHost, NodeRef, NodeTest,
    NodeType, Op, OpId, Path, Reference, References, Start, Step, Tree, instead_of, parse,
    pattern_of,
};

/// What a rule says of a person.
#[derive(Clone, PartialEq, Eq)]
pub enum Entitled {
    /// It means this person today.
    Now,
    /// Not today; from this day on, which lies within the coming twelve months.
    From(Date),
    /// Neither today nor within the coming twelve months.
    No,
    /// It cannot be said. The fields of the profile that the rule asks for and that are not known, in the order of
    /// [`PROFILE_FIELDS`]; an empty list where only the date is missing, because the clock is not trusted. `age` is never
    /// among them: what would tell it is `birth_date`.
    Unknown(Vec<String>),
}

impl fmt::Debug for Entitled {
    /// The day is personal (it may be a birthday) and not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entitled::Now => f.write_str("Now"),
            Entitled::From(_) => f.write_str("From(…)"),
            Entitled::No => f.write_str("No"),
            Entitled::Unknown(fields) => f.debug_tuple("Unknown").field(fields).finish(),
        }
    }
}

/// What an `eligible` rule says of a person on a day and in the twelve months after it.
///
/// `profile` has texts by the name of the field as in [`PROFILE_FIELDS`], without `profile.`; dates are written
/// `1945-06-12`; an empty text counts as not known. `age` follows from `birth_date` and the day, so that it grows: one that
/// was told is used only where no birth date is known. Who is born on 29 February has the birthday on 1 March in other
/// years, as `onedoor_domain` counts it. `today` is `None` while the clock is not trusted; a rule that does not need the day
/// is answered even then. `now()` is the day's midnight.
///
/// # Errors
/// The rule cannot be read or evaluated, in one sentence without anything of the profile. A rule of a bundle was
/// checked when it was made, so that this is a fault of the program then.
pub fn entitled(
    rule: &str,
    profile: &BTreeMap<String, String>,
    today: Option<Date>,
    offset: Offset,
) -> Result<Entitled, String> {
    let rule = Rule::read(rule)?;
    let person = Person::new(profile, today);
    let Some(today) = today else {
        let age = person.told.filter(|_| person.born.is_none());
        let truth = rule.truth(&person, None, age, offset)?;
        let older = match age.and_then(|age| age.checked_add(1)) {
            Some(age) => rule.truth(&person, None, Some(age), offset)?,
            None => truth,
        };
        return Ok(match (truth, older) {
            (Some(true), _) => Entitled::Now,
            (Some(false), Some(false)) => Entitled::No,
            _ => Entitled::Unknown(person.missing(&rule, truth != older)),
        });
    };
    let last = today
        .checked_add(jiff::Span::new().years(1))
        .unwrap_or(today);
    let mut before = None;
    let days = std::iter::successors(Some(today), |day| day.tomorrow().ok());
    for day in days.take_while(|day| *day <= last) {
        let ages = person.ages(day, today);
        // Between two birthdays nothing changes for a rule that does not ask for the day itself.
        if !rule.asks_day && before == Some(ages) {
            continue;
        }
        before = Some(ages);
        let truth = rule.truth(&person, Some(day), ages.0, offset)?;
        let other = match ages.1 {
            Some(age) => rule.truth(&person, Some(day), Some(age), offset)?,
            None => truth,
        };
        // The first day of which something else than "no" is said decides: beyond a day that is not known it cannot be
        // said which one is the first.
        match (truth, other) {
            (Some(false), Some(false)) => {}
            (Some(true), Some(true)) if day == today => return Ok(Entitled::Now),
            (Some(true), Some(true)) => return Ok(Entitled::From(day)),
            (truth, other) => {
                return Ok(Entitled::Unknown(person.missing(&rule, truth != other)));
            }
        }
    }
    Ok(Entitled::No)
}

/// A rule that was read and checked.
pub(crate) struct Rule {
    expr: Expr,
    /// Fields that it asks for.
    fields: BTreeSet<&'static str>,
    /// Whether it asks for the day itself, not only by the age.
    asks_day: bool,
}

impl Rule {
    /// Reads a rule: an expression that is true or false and asks only for what a profile has.
    ///
    /// # Errors
    /// What is wrong, in one sentence.
    pub(crate) fn read(text: &str) -> Result<Rule, String> {
        let expr = parse(text, &Profile).map_err(|errors| {
            let said: Vec<String> = errors.into_iter().map(|e| e.message).collect();
            said.join("; ")
        })?;
        let mut fields = BTreeSet::new();
        let mut asks_day = false;
        condition(&expr, expr.root)?;
        for op in &expr.ops {
            match op {
                Op::Unknown(name, _) => {
                    return Err(format!("there is no {name}(): {}", instead_of(name)));
                }
                Op::Call(function, arguments) => {
                    call(&expr, *function, arguments)?;
                    asks_day |= matches!(function, Function::Today | Function::Now);
                }
                Op::Binary(BinaryOp::And | BinaryOp::Or, a, b) => {
                    condition(&expr, *a)?;
                    condition(&expr, *b)?;
                }
                Op::Path(path) => {
                    fields.insert(field(path).ok_or("only ${…} may be asked for")?);
                }
                _ => {}
            }
        }
        Ok(Rule {
            expr,
            fields,
            asks_day,
        })
    }

    /// Whether it is true on a day, at an age; `None` where something that decides it is not known.
    fn truth(
        &self,
        person: &Person<'_>,
        day: Option<Date>,
        age: Option<u16>,
        offset: Offset,
    ) -> Result<Option<bool>, String> {
        let tree = person.tree(age);
        let names = BTreeMap::new();
        let clock = Clock {
            today: day,
            now: day.map(|day| day.at(0, 0, 0, 0)),
            offset,
        };
        let env = Env::new(vec![&tree], &names, clock, &NoHost);
        match env.evaluate(&self.expr, NodeRef::main(Tree::ROOT)) {
            Ok(value) => Ok(Some(env.boolean(&value))),
            Err(EvalError::Pending) => Ok(None),
            Err(error) => Err(format!("the rule cannot be evaluated: {error}")),
        }
    }
}

/// Whether what stands where true or false is needed can be false at all: a field or a text alone is always true, and
/// the rule would mean everybody.
fn condition(expr: &Expr, op: OpId) -> Result<(), String> {
    let right = match expr.ops.get(op as usize) {
        Some(Op::Binary(op, _, _)) => !matches!(
            op,
            BinaryOp::Add
                | BinaryOp::Subtract
                | BinaryOp::Multiply
                | BinaryOp::Divide
                | BinaryOp::Modulo
        ),
        Some(Op::Call(function, _)) => matches!(function.kind(), Kind::Boolean | Kind::Any),
        // Refused by its name.
        Some(Op::Unknown(..)) => true,
        _ => false,
    };
    if right {
        Ok(())
    } else {
        Err("something is not compared with anything, as in ${age} >= 80".to_owned())
    }
}

/// What a call needs beside its name.
fn call(expr: &Expr, function: Function, arguments: &[OpId]) -> Result<(), String> {
    use Function as F;
    let name = function.name();
    if !function.takes(arguments.len()) {
        return Err(format!("{name}() has the wrong number of arguments"));
    }
    let foreign = matches!(
        function,
        F::Instance
            | F::IndexedRepeat
            | F::ChoiceName
            | F::Once
            | F::Current
            | F::Position
            | F::Last
            | F::Name
            | F::LocalName
    );
    // Without an argument these read the place where they stand, and a rule stands nowhere.
    let of_itself = matches!(
        function,
        F::Number | F::String | F::StringLength | F::NormalizeSpace
    );
    if foreign || (of_itself && arguments.is_empty()) {
        return Err(format!("{name}() means nothing in a rule about a person"));
    }
    match (function, arguments) {
        (F::Not | F::Boolean, [asked]) | (F::If, [asked, ..]) => condition(expr, *asked),
        (F::Regex, [_, pattern]) => match expr.ops.get(*pattern as usize) {
            Some(Op::Text(text)) if pattern_of(text).is_none() => {
                Err(format!("\"{text}\" is no regular expression"))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// The field that a path leads to, where it is one made from `${field}`.
fn field(path: &Path) -> Option<&'static str> {
    let [profile, field] = path.steps.as_slice() else {
        return None;
    };
    let name = |step: &Step| match &step.test {
        NodeTest::Name(name) if step.axis == Axis::Child && step.predicates.is_empty() => {
            Some(name.clone())
        }
        _ => None,
    };
    let found = name(field)?;
    (path.start == Start::Root && name(profile)? == "profile")
        .then(|| PROFILE_FIELDS.into_iter().find(|f| *f == found))?
}

/// `${age}` and the like.
struct Profile;

impl References for Profile {
    fn resolve(&self, name: &str, _absolute: bool) -> Result<Reference, String> {
        if PROFILE_FIELDS.contains(&name) {
            Ok(Reference {
                from_root: true,
                steps: ["profile", name].map(child).to_vec(),
            })
        } else {
            Err(format!(
                "a profile has no ${{{name}}}, only {}",
                PROFILE_FIELDS.join(", ")
            ))
        }
    }
}

fn child(name: &str) -> Step {
    Step {
        axis: Axis::Child,
        test: NodeTest::Name(name.to_owned()),
        predicates: Vec::new(),
    }
}

/// What is known of a person.
struct Person<'a> {
    profile: &'a BTreeMap<String, String>,
    born: Option<Date>,
    /// An age that was told.
    told: Option<u16>,
}

impl<'a> Person<'a> {
    fn new(profile: &'a BTreeMap<String, String>, today: Option<Date>) -> Self {
        let text = |field: &str| profile.get(field).map_or("", |text| text.trim());
        Person {
            profile,
            // Nobody is born after today: such a date is as good as none.
            born: text("birth_date")
                .parse()
                .ok()
                .filter(|born| today.is_none_or(|today| *born <= today)),
            told: text("age").parse().ok(),
        }
    }

    /// The age on a day, and a second one where it may be that as well: who told an age has a birthday within a year, but
    /// nobody knows when.
    fn ages(&self, day: Date, today: Date) -> (Option<u16>, Option<u16>) {
        match (self.born, self.told) {
            (Some(born), _) => (age_on(born, day), None),
            (None, Some(told)) if day > today => (Some(told), told.checked_add(1)),
            (None, told) => (told, None),
        }
    }

    /// A field's text; `None` where it is not known.
    fn text(&self, field: &str, age: Option<u16>) -> Option<String> {
        match field {
            "age" => age.map(|age| age.to_string()),
            "birth_date" => self.born.map(|born| born.to_string()),
            _ => self
                .profile
                .get(field)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty()),
        }
    }

    /// What rules read: `/profile/<field>`; what is not known waits, as a date does while the clock is not trusted.
    fn tree(&self, age: Option<u16>) -> Tree {
        let mut tree = Tree::new();
        let profile = tree.append(Tree::ROOT, NodeType::Element, "profile", "");
        for field in PROFILE_FIELDS {
            let text = self.text(field, age);
            let leaf = tree.append_leaf(profile, field, text.as_deref().unwrap_or_default());
            tree.set_unknown(leaf, text.is_none());
        }
        tree
    }

    /// The fields that a rule asks for and that are not known; `birthday` where the age would be one thing before the
    /// next birthday and another after it.
    fn missing(&self, rule: &Rule, birthday: bool) -> Vec<String> {
        let of_age =
            self.born.is_none() && rule.fields.contains("age") && (birthday || self.told.is_none());
        PROFILE_FIELDS
            .into_iter()
            .filter(|field| match *field {
                "age" => false,
                "birth_date" => of_age || (rule.fields.contains(field) && self.born.is_none()),
                _ => rule.fields.contains(field) && self.text(field, None).is_none(),
            })
            .map(str::to_owned)
            .collect()
    }
}

/// Full years on a day; `None` before birth. The same as `IdNumber::age_at` of `onedoor_domain`.
fn age_on(born: Date, day: Date) -> Option<u16> {
    let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
    let years = i32::from(day.year()) - i32::from(born.year()) - i32::from(!had_birthday);
    u16::try_from(years).ok()
}
