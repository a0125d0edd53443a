//! Who must answer, in words.

use crate::support::{form, print, words};

const HEAD: &str = "
| survey | | | | | | | |
| | type | name | label::中文 (zh-CN) | label::English (en) | relevant | calculation | required | choice_filter | bind::kiosk:reuse |
";
const LISTS: &str = "
| choices | | | | |
| | list_name | name | label::中文 (zh-CN) | label::English (en) | town |
| | why | ill | 得了急病 | An emergency | |
| | why | live | 长住在那边 | I live there | |
| | why | other | 别的 | Something else | |
| | town | east | 东镇 | East | |
| | town | west | 西镇 | West | |
| | village | well | 井村 | Well | east |
| | village | hill | 山村 | Hill | west |
| | village | unsure | 不清楚 | Not sure | east west |
| settings | | | |
| | form_title | form_id | default_language | namespaces |
| | 试 | test | 中文 (zh-CN) | kiosk=\"https://onedoor.example/kiosk/1\" |
";

/// The words of a form that asks why (question 7), how many months (8), and then what `rows` say.
fn printed(rows: &str, language: &str) -> String {
    let markdown = format!(
        "{HEAD}| | select_one why | why | 为什么？ | Why? | | | yes | |\n\
         | | integer | months | 几个月？ | How many months? | | | | |\n{rows}\n{LISTS}"
    );
    words(&print(&form(&markdown), language, &[]))
}

/// The sentence of a question whose `relevant` is this.
fn said(relevant: &str, chinese: &str, english: &str) {
    let rows = format!("| | text | more | 再说说 | More | {relevant} | | | |");
    for (language, sentence) in [("zh-CN", chinese), ("en", english)] {
        let all = printed(&rows, language);
        let squeezed = |text: &str| text.replace([' ', '\n'], "");
        assert!(
            squeezed(&all).contains(&squeezed(sentence)),
            "{relevant}: no \"{sentence}\""
        );
    }
}

#[test]
fn a_comparison_with_a_choice_is_said_with_the_words_of_the_choice() {
    said(
        "${why} = 'live'",
        "只有第 7 题选了“长住在那边”，才填这一题。",
        "Only if you chose \"I live there\" in question 7.",
    );
    said(
        "${why} != 'live'",
        "只有第 7 题没选“长住在那边”，才填这一题。",
        "Only if you did not choose \"I live there\" in question 7.",
    );
    said(
        "selected(${why}, 'ill')",
        "只有第 7 题选了“得了急病”，才填这一题。",
        "Only if you chose \"An emergency\" in question 7.",
    );
    said(
        "not(${why} = 'ill')",
        "只有第 7 题没选“得了急病”，才填这一题。",
        "Only if you did not choose \"An emergency\" in question 7.",
    );
}

#[test]
fn choices_of_one_question_are_one_condition() {
    said(
        "${why} = 'ill' or ${why} = 'live'",
        "只有第 7 题选了“得了急病”或者“长住在那边”，才填这一题。",
        "Only if you chose \"An emergency\" or \"I live there\" in question 7.",
    );
}

#[test]
fn numbers_are_compared_in_words() {
    said(
        "${why} = 'live' and ${months} >= 6",
        "只有第 7 题选了“长住在那边”，并且第 8 题的数是 6 或者更大，才填这一题。",
        "Only if you chose \"I live there\" in question 7 and your number in question 8 is 6 or more.",
    );
    said(
        "6 < ${months}",
        "只有第 8 题的数比 6 大，才填这一题。",
        "Only if your number in question 8 is more than 6.",
    );
    said(
        "${months} != ''",
        "只有第 8 题填了，才填这一题。",
        "Only if you answered question 8.",
    );
    said(
        "${months} = ''",
        "只有第 8 题没填，才填这一题。",
        "Only if you left question 8 empty.",
    );
}

#[test]
fn a_calculated_value_is_looked_through() {
    let rows = "| | calculate | kind | | | | if(${why} = 'live' and ${months} >= 6, 'long', 'short') | | |\n\
                | | text | more | 再说说 | More | ${kind} = 'long' | | | |";
    assert!(
        printed(rows, "zh-CN").contains("只有第 7 题选了“长住在那边”，并且第 8 题的数是 6 或者更")
    );
    let rows = rows.replace("${kind} = 'long'", "${kind} = 'short'");
    // Not (a and b): not a, or not b.
    assert!(printed(&rows, "zh-CN").contains("只有第 7 题没选“长住在那边”或者第 8 题的数比 6 小"));
}

#[test]
fn whom_it_is_for_is_the_first_question_of_every_form() {
    let rows = "| | hidden | whom | | | | | | | session.for_whom |\n\
                | | text | more | 再说说 | More | not(${whom} = 'myself') | | | |";
    let all = printed(rows, "zh-CN");
    // The three questions about the helper, and this one.
    assert_eq!(
        all.matches("只有第 1 题选了“替家里人办”，才填这一题。")
            .count(),
        4
    );
}

#[test]
fn what_cannot_be_said_is_never_said_wrongly() {
    said(
        "string-length(${months}) > 3",
        "用得上才填，用不上就空着。",
        "Only if it applies to you.",
    );
    said(
        "(${why} = 'ill' and ${months} > 1) or ${why} = 'other'",
        "用得上才填，用不上就空着。",
        "Only if it applies to you.",
    );
    // A note of which nobody can say whom it is for is left out.
    let all = printed(
        "| | note | more | 不给您 | Not for you | ${months} * 2 > 7 | | | |",
        "zh-CN",
    );
    assert!(!all.contains("不给您"));
}

#[test]
fn what_everybody_has_answered_is_no_condition() {
    let all = printed(
        "| | text | more | 再说说 | More | ${why} != '' | | | |",
        "zh-CN",
    );
    assert!(all.contains("再说说") && !all.contains("第 7 题填了"));
}

#[test]
fn a_list_that_depends_on_another_stands_inside_it() {
    for filter in ["town = ${town}", "selected(town, ${town})"] {
        let rows = format!(
            "| | select_one town | town | 哪个镇？ | Which town? | | | yes | |\n\
             | | select_one village | village | 哪个村？ | Which village? | ${{town}} != '' | | yes | {filter} |\n\
             | | text | more | 再说说 | More | ${{village}} = 'well' | | | |"
        );
        let all = printed(&rows, "zh-CN");
        assert!(all.contains("哪个镇？哪个村？"), "{filter}");
        let unsure = all.matches("不清楚").count();
        assert_eq!(
            unsure,
            if filter.starts_with("sel") { 2 } else { 0 },
            "{filter}"
        );
        // Both are question 9; what comes after is 10, and refers to 9.
        assert!(all.contains("只有第 9 题选了“井村”"), "{filter}");
    }
}
