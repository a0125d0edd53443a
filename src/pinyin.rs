//! From letters to characters, for names above all: surnames first where a name begins.

use inputx_pinyin::{PinyinEngine, segmenter, syllable};
use pinyin::ToPinyinMulti;
use std::collections::{HashMap, HashSet};
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
    /// Every character that has a reading, by its letters: what names are made of is in no everyday dictionary (㛃, 𬱖, 䶮).
    readings: OnceLock<HashMap<&'static str, Vec<char>>>,
}

impl std::fmt::Debug for Pinyin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pinyin")
    }
}

/// More candidates than this are never looked through.
const MOST: usize = 90;
/// In a name the rare characters of a syllable come after all others, and none of them is left out.
const MOST_OF_NAMES: usize = 600;

impl Pinyin {
    fn engine(&self) -> &PinyinEngine {
        self.engine.get_or_init(PinyinEngine::new)
    }

    /// Opens the dictionary now, so that the first letter does not wait for it.
    pub fn warm(&self) {
        let _ = self.engine();
    }

    /// All characters that are read so, by Unicode's readings (Unihan `kMandarin` and what the crate `pinyin` adds).
    fn read_so(&self, syllable: &str) -> &[char] {
        let readings = self.readings.get_or_init(|| {
            let mut all: HashMap<&'static str, Vec<char>> = HashMap::new();
            for character in ('\u{3400}'..='\u{9FFF}').chain('\u{20000}'..='\u{323AF}') {
                for reading in character.to_pinyin_multi().into_iter().flatten() {
                    let list = all.entry(reading.plain()).or_default();
                    if list.last() != Some(&character) {
                        list.push(character);
                    }
                }
            }
            all
        });
        // As it is typed: ü is v.
        let wanted = syllable.replace('v', "ü");
        readings.get(wanted.as_str()).map_or(&[], Vec::as_slice)
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
            all.truncate(MOST);
            if let Some(first) = first_syllable(letters) {
                let known: HashSet<String> = all.iter().cloned().collect();
                let rare = self.read_so(&first).iter().map(char::to_string);
                all.extend(rare.filter(|c| !known.contains(c)));
            }
            all.truncate(MOST_OF_NAMES);
            return all;
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
            Some(first)
                if dict.lookup(&first).iter().any(|word| word == picked)
                    || self.read_so(&first).iter().any(|c| picked == c.to_string()) =>
            {
                first.len()
            }
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
    fn rare_characters_of_names_are_there_and_come_last() {
        let pinyin = Pinyin::default();
        for (letters, rare) in [("jie", "㛃"), ("di", "𬱖"), ("yan", "䶮"), ("lv", "闾")] {
            let all = pinyin.candidates(letters, true, false);
            let at = all.iter().position(|c| c == rare);
            assert!(
                at.is_some(),
                "{rare} is not among {} for {letters}",
                all.len()
            );
            let once: HashSet<&String> = all.iter().collect();
            assert_eq!(once.len(), all.len(), "twice in {letters}");
        }
        assert_eq!(pinyin.candidates("wang", true, true)[0], "王");
        assert_eq!(pinyin.letters_used("jiemin", "㛃"), 3);
    }

    #[test]
    fn unfinished_letters_already_offer_something() {
        assert!(!Pinyin::default().candidates("w", true, true).is_empty());
    }
}
