# What printed pages say, in Mandarin, beside the kiosk's own sentences (assets/translations/zh-CN/kiosk.ftl).
# Printed, never spoken: nothing here begins with "say-".

## The head of a paper form
head-name = 正式的名字：{ $name }
head-department = 管这件事的：{ $department }
head-free = 不要钱。有人收钱，请打电话 { $phone }。
head-answers = 谁给您办：{ $name }，{ $office }，电话 { $phone }
head-term = 交上来以后，{ $days } 个工作日之内给您回话。
head-where = 填好了交到：{ $station }
head-hours = 开门的时候：{ $hours }
head-hours-span = { $open }—{ $close }
head-hours-days = { $days } { $spans }
head-days = { $first }到{ $last }
head-and = 、
head-past-station = 不想让站里的人看到，不用交到站里：交到{ $office }，或者打电话 { $phone }。
head-how = 在方框里打钩。一格写一个字。不知道的空着，到站里再问。
head-wrong = 写错不要紧，划掉重写，不要钱。
head-cannot-write = 不会写字没关系：请别人替您写，或者到站里说。
head-papers = 要带的东西
head-facts = 先知道这些
head-source = { $source }（{ $year } 年 { $month } 月 { $day } 日）
head-example = 例子里的数，不是真的规定

weekday = { $day ->
    [1] 星期一
    [2] 星期二
    [3] 星期三
    [4] 星期四
    [5] 星期五
    [6] 星期六
   *[7] 星期天
}

## Questions
question-several = 可以选好几个。
question-years = 年
question-months = 月
question-days = 日
question-lunar = 写的是农历
question-yuan = 元
question-note-where = 名字长，格子不够，写在这条线上：
question-continued = 接着第 { $number } 题
question-entry = 第 { $entry } 个
question-entries = 不够写，写在背面，或者再要一张纸。
question-photo = 照片或者复印件，贴在这里
question-photo-else = 没有复印件，把原件带到站里，我们来拍。
question-code = 把码贴在这里，或者写下号码：
question-spoken = 想说的话，写在这里。不会写，请别人写，或者到站里说。
question-blank = ____
question-agree = 同意

## Who is asking
who-id = 您的身份证号码
who-id-hint = 照着身份证抄。没带在身上，先空着，以后再补。
who-agent = 替家里人办的，您自己叫什么名字？
who-agent-id = 您自己的身份证号码
who-name = 您叫什么名字？
who-matter = 您有什么事？

## Relevance, in words
only-if = 只有{ $what }，才填这一题。
only-if-all = 只有{ $what }，才填下面这些。
only-if-you-like = 愿意填就填，不填也行。
note-if = 如果{ $what }：
only-if-used = 用得上才填，用不上就空着。
if-chosen = 第 { $number } 题选了{ $choices }
if-not-chosen = 第 { $number } 题没选{ $choices }
if-filled = 第 { $number } 题填了
if-empty = 第 { $number } 题没填
if-is = 第 { $number } 题填的是 { $value }
if-is-not = 第 { $number } 题填的不是 { $value }
if-at-least = 第 { $number } 题的数是 { $value } 或者更大
if-at-most = 第 { $number } 题的数是 { $value } 或者更小
if-more = 第 { $number } 题的数比 { $value } 大
if-less = 第 { $number } 题的数比 { $value } 小
if-quoted = “{ $choice }”
if-or = 或者
if-and = ，并且

## The end of a paper form
told-phone = 打哪个电话？
told-named = 告诉谁？写他的名字和电话。
end-consent = 同意把这些交上去吗？
end-sign = 签名，或者按手印
end-no-signature = 不用签名。
end-day = 哪一天
end-helper = 替您写的人
end-helper-hint = 您自己写的，这里空着。
end-name = 名字
end-signature = 签名
end-staff = 站里的人填
end-received = 收下的人
end-entered = 录入的人
end-read-back = 念给本人听的人
end-code = 编号
end-keep = 剪下来，您拿好
end-keep-matter = 办的事：{ $title }
end-keep-ask = 拿这张纸来，就能问。电话 { $phone }
end-keep-term = { $days } 个工作日之内给您回话

## The foot of every page
foot-form = 表 { $form }，版本 { $version }
foot-page = 第 { $page } 页，共 { $pages } 页

## Wall cards and resident cards
card-scan = 把这个码，放到扫码口下面
card-what = { $name }。{ $days } 个工作日之内给您回话。
resident-card = 居民卡
resident-name = 名字
resident-scan = 办事的时候，放到扫码口下面
resident-lost = 丢了不要紧，到站里换一张。

## The picture calendar
calendar-title = { $year } 年，到日子的事
calendar-new-year = { $day }过年，{ $animal }年
calendar-month = { $month }月
calendar-lunar-day = { $day }日 { $date }
calendar-festival = { $day }日 { $name }
calendar-day = { $month } 月 { $day } 日
calendar-lunar = 农历{ $date }
calendar-ask = 想问什么，到{ $station }，或者打电话 { $phone }。不要钱。
lunar-date = { $leap ->
    [yes] 闰{ lunar-month }{ lunar-day }
   *[no] { lunar-month }{ lunar-day }
}
lunar-month = { $month ->
    [1] 正月
    [2] 二月
    [3] 三月
    [4] 四月
    [5] 五月
    [6] 六月
    [7] 七月
    [8] 八月
    [9] 九月
    [10] 十月
    [11] 冬月
   *[12] 腊月
}
lunar-day = { $day ->
    [1] 初一
    [2] 初二
    [3] 初三
    [4] 初四
    [5] 初五
    [6] 初六
    [7] 初七
    [8] 初八
    [9] 初九
    [10] 初十
    [11] 十一
    [12] 十二
    [13] 十三
    [14] 十四
    [15] 十五
    [16] 十六
    [17] 十七
    [18] 十八
    [19] 十九
    [20] 二十
    [21] 廿一
    [22] 廿二
    [23] 廿三
    [24] 廿四
    [25] 廿五
    [26] 廿六
    [27] 廿七
    [28] 廿八
    [29] 廿九
   *[30] 三十
}
animal = { $branch ->
    [1] 鼠
    [2] 牛
    [3] 虎
    [4] 兔
    [5] 龙
    [6] 蛇
    [7] 马
    [8] 羊
    [9] 猴
    [10] 鸡
    [11] 狗
   *[12] 猪
}
festival = { $name ->
    [spring] 春节
    [lantern] 元宵节
    [dragon-boat] 端午节
    [mid-autumn] 中秋节
    [double-ninth] 重阳节
   *[eve] 除夕
}
