//! The functions of the subset: names, numbers of arguments, kinds of result.

use serde::{Deserialize, Serialize};

/// What kind of value an expression gives, as far as it can be said without answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Boolean,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A date, with or without time of day.
    Date,
    /// Nodes of a tree.
    Nodes,
    /// Depends on the answers.
    Any,
}

/// Any number of further arguments.
const MANY: usize = usize::MAX;

macro_rules! functions {
    ($($variant:ident $name:literal $min:literal..=$max:tt $kind:ident,)*) => {
        /// A function of the subset; each is documented by its XPath name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Function {
            $(
                #[doc = concat!("`", $name, "()`")]
                $variant,
            )*
        }

        impl Function {
            /// All functions.
            pub const ALL: &'static [Function] = &[$(Function::$variant,)*];

            /// The function of that name.
            pub fn named(name: &str) -> Option<Function> {
                match name {
                    $($name => Some(Function::$variant),)*
                    _ => None,
                }
            }

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Function::$variant => $name,)*
                }
            }

            /// Fewest and most arguments.
            pub fn arguments(self) -> (usize, usize) {
                match self {
                    $(Function::$variant => ($min, $max),)*
                }
            }

            /// What it gives.
            pub fn kind(self) -> Kind {
                match self {
                    $(Function::$variant => Kind::$kind,)*
                }
            }
        }
    };
}

functions! {
    Abs "abs" 1..=1 Number,
    Boolean "boolean" 1..=1 Boolean,
    BooleanFromString "boolean-from-string" 1..=1 Boolean,
    Ceiling "ceiling" 1..=1 Number,
    Checklist "checklist" 2..=MANY Boolean,
    ChoiceName "jr:choice-name" 2..=2 Text,
    Coalesce "coalesce" 1..=MANY Any,
    Concat "concat" 0..=MANY Text,
    Contains "contains" 2..=2 Boolean,
    Count "count" 1..=1 Number,
    CountNonEmpty "count-non-empty" 1..=1 Number,
    CountSelected "count-selected" 1..=1 Number,
    Current "current" 0..=0 Nodes,
    Date "date" 1..=1 Date,
    DateTime "date-time" 1..=1 Date,
    DecimalDateTime "decimal-date-time" 1..=1 Number,
    DecimalTime "decimal-time" 1..=1 Number,
    EndsWith "ends-with" 2..=2 Boolean,
    False "false" 0..=0 Boolean,
    Floor "floor" 1..=1 Number,
    FormatDate "format-date" 2..=2 Text,
    FormatDateTime "format-date-time" 2..=2 Text,
    If "if" 3..=3 Any,
    IndexedRepeat "indexed-repeat" 3..=MANY Nodes,
    Instance "instance" 1..=1 Nodes,
    Int "int" 1..=1 Number,
    Join "join" 1..=MANY Text,
    Last "last" 0..=0 Number,
    LocalName "local-name" 0..=1 Text,
    Max "max" 1..=MANY Number,
    Min "min" 1..=MANY Number,
    Name "name" 0..=1 Text,
    NormalizeSpace "normalize-space" 0..=1 Text,
    Not "not" 1..=1 Boolean,
    Now "now" 0..=0 Date,
    Number "number" 0..=1 Number,
    Once "once" 1..=1 Any,
    Position "position" 0..=1 Number,
    Pow "pow" 2..=2 Number,
    Regex "regex" 2..=2 Boolean,
    Round "round" 1..=2 Number,
    Selected "selected" 2..=2 Boolean,
    SelectedAt "selected-at" 2..=2 Text,
    Sqrt "sqrt" 1..=1 Number,
    StartsWith "starts-with" 2..=2 Boolean,
    String "string" 0..=1 Text,
    StringLength "string-length" 0..=1 Number,
    Substr "substr" 2..=3 Text,
    Substring "substring" 2..=3 Text,
    SubstringAfter "substring-after" 2..=2 Text,
    SubstringBefore "substring-before" 2..=2 Text,
    Sum "sum" 1..=1 Number,
    Today "today" 0..=0 Date,
    Translate "translate" 3..=3 Text,
    True "true" 0..=0 Boolean,
    WeightedChecklist "weighted-checklist" 4..=MANY Boolean,
}

impl Function {
    /// Whether a call with this many arguments can be right.
    pub fn takes(self, count: usize) -> bool {
        let (min, max) = self.arguments();
        let paired = match self {
            Function::WeightedChecklist => count.is_multiple_of(2),
            Function::IndexedRepeat => !count.is_multiple_of(2) && count <= 7,
            _ => true,
        };
        count >= min && count <= max && paired
    }
}

/// What to write instead of a function that other programs have and the kiosk refuses.
pub fn instead_of(name: &str) -> &'static str {
    match name {
        "pulldata" => {
            "look it up with instance('table')/root/item[key = value]/column and a csv-external row"
        }
        "jr:itext" => "write ${name} or jr:choice-name()",
        "uuid" | "random" | "once-random" | "digest" | "base64-decode" => {
            "leave it out: the case number is made by the kiosk"
        }
        "area" | "distance" | "geofence" | "enclosed-area" => {
            "leave it out: the kiosk asks for no positions"
        }
        "index-of" => "count the entries before it with count() and a predicate",
        "property" | "version" => "leave it out: nothing of the device is an answer",
        _ => "use one of the functions of the kiosk subset",
    }
}
