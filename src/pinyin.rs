//! From letters to characters, for names above all: surnames first where a name begins.

use inputx_pinyin::{PinyinEngine, segmenter, syllable};
use std::sync::OnceLock;

/// The hundred most frequent surnames of the mainland, in the order of the Ministry of Public Security's 2020 report on
/// names; facts, used only to put candidates in order.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常";

/// Characters that given names are often made of; facts of everyday life, used only to put candidates in order.
const GIVEN: &str = "秀英兰珍梅玉凤芳丽华桂荣霞红艳燕玲娟敏静洁云莲桃芬琴菊香素淑贞建国军强明勇军伟杰磊斌涛超刚平辉鹏飞志德福贵富财根生发长春秋冬夏文武斌义忠孝仁信贤良善永宏洪海河江山林森木水火土金银宝珠翠花草春来喜庆祥瑞吉安康宁和顺利民爱国家兴旺盛昌隆";

/// The engine behind the keyboard; its dictionary is opened when the first letter is typed.
#[derive(Default)]
pub struct Pinyin {
    engine: OnceLock<PinyinEngine>,
}

impl std::fmt::Debug for Pinyin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pinyin")
    }
}

/// More candidates than this are never looked through.
const MOST: usize = 90;

impl Pinyin {
    fn engine(&self) -> &PinyinEngine {
        self.engine.get_or_init(PinyinEngine::new)
    }

    /// Opens the dictionary now, so that the first letter does not wait for it.
    pub fn warm(&self) {
        let _ = self.engine();
    }

    /// Candidates for `letters`: whole readings first, then the first syllable's characters. For a name, the
    /// characters of names come first: surnames at its `start`, given names after.
    pub fn candidates(&self, letters: &str, name: bool, start: bool) -> Vec<String> {
        if letters.is_empty() {
            return Vec::new();
        }
        let dict = self.engine().dict();
        let mut all = dict.lookup(letters);
        if let Some(first) = first_syllable(letters)
            && first.len() < letters.len()
        {
            for one in dict.lookup(&first) {
                if one.chars().count() == 1 && !all.contains(&one) {
                    all.push(one);
                }
            }
        }
        if all.is_empty() {
            // Letters that are not a syllable yet: what they may become.
            let mut seen: Vec<(String, u64)> = dict
                .prefix_with_freq(letters)
                .into_iter()
                .filter(|(_, word, _)| word.chars().count() == 1)
                .map(|(_, word, freq)| (word, freq))
                .collect();
            seen.sort_by_key(|(_, freq)| std::cmp::Reverse(*freq));
            for (word, _) in seen {
                if !all.contains(&word) {
                    all.push(word);
                }
            }
        }
        if name {
            let first = if start { SURNAMES } else { GIVEN };
            let rank = |word: &String| {
                let mut chars = word.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) if first.contains(c) => 0,
                    (Some(_), None) => 1,
                    // Names are rarely words.
                    _ => 2,
                }
            };
            all.sort_by_key(rank);
        }
        all.truncate(MOST);
        all
    }

    /// How many of `letters` the picked characters stand for.
    pub fn letters_used(&self, letters: &str, picked: &str) -> usize {
        let dict = self.engine().dict();
        if dict.lookup(letters).iter().any(|word| word == picked) {
            return letters.len();
        }
        match first_syllable(letters) {
            Some(first) if dict.lookup(&first).iter().any(|word| word == picked) => first.len(),
            _ => letters.len(),
        }
    }
}

/// The first syllable of `letters`, as the whole is best cut; the longest valid beginning where it cannot be cut whole.
fn first_syllable(letters: &str) -> Option<String> {
    if let Some(cut) = segmenter::segment(letters).first()
        && let Some(first) = cut.syllables.first()
    {
        return Some((*first).to_string());
    }
    (1..=letters.len().min(6))
        .rev()
        .filter_map(|n| letters.get(..n))
        .find(|s| syllable::is_valid(s))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surname_comes_first_where_a_name_begins() {
        let pinyin = Pinyin::default();
        assert_eq!(pinyin.candidates("wang", true, true)[0], "王");
        assert!(pinyin.candidates("xiu", true, false)[..3].contains(&"秀".to_owned()));
        assert!(
            pinyin
                .candidates("zhongguo", false, true)
                .contains(&"中国".to_owned())
        );
    }

    #[test]
    fn a_picked_character_takes_its_own_letters_only() {
        let pinyin = Pinyin::default();
        let all = pinyin.candidates("wangxiuying", true, true);
        assert!(all.contains(&"王".to_owned()), "{all:?}");
        assert_eq!(pinyin.letters_used("wangxiuying", "王"), 4);
        assert_eq!(pinyin.letters_used("xiuying", "秀"), 3);
    }

    #[test]
    fn unfinished_letters_already_offer_something() {
        assert!(!Pinyin::default().candidates("w", true, true).is_empty());
    }
}
