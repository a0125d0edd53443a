# What the kiosk's own pages say, in Mandarin.
# Every message that begins with "say-" is also spoken: it takes no variables, and its clip lies in the voice pack.

language-name = 中文

## The rest page
say-rest = 点这里。按错不要紧，能重来，不要钱。
rest-touch = 点这里
rest-harmless = 按错不要紧，能重来，不要钱。

## Always there
person = 叫人帮忙
hear = 再听一遍
back = 上一步
acknowledge = 我保证
say-private = 要听内容，按“再听一遍”。
next = 下一步
more = 还有别的
first-ones = 回到前面
home = 回首页
text-size = 字大点
text-size-normal = 字小点
contrast = 更清楚
contrast-plain = 平常样子
volume = 声音大点
volume-lowest = 声音小点
step = 第 { $at } 步，共 { $of } 步
say-hear-again = 没听清？按“再听一遍”。
say-help-hint = 不会用没关系，按“叫人帮忙”。
or = 还是
yes = 是
no = 不是
say-yes = 是
say-no = 不是

## Home
say-home = 您好，要办什么事？点一下图。
say-my-matters = 看办到哪了
say-unfinished = 接着办没办完的

## Who is it for
say-for-whom = 给自己办，还是替家里人办？
say-myself = 给自己办
say-family = 替家里人办
say-relation = 他是您什么人？
say-relation-mother = 妈妈
say-relation-father = 爸爸
say-relation-spouse = 老伴
say-relation-child = 孩子
say-relation-grandparent = 爷爷奶奶
say-relation-other = 别的亲人

## The ID number
say-identify = 照着身份证，按号码。
say-identify-family = 照着他的身份证，按号码。
say-identify-helper = 再照着您自己的身份证，按号码。
identify-where = 有照片那一面，最下面一行
identify-scan = 有居民卡的，放到扫码口下面
identify-not-here = 没带来
identify-missing = 还差 { $count } 个
say-identify-wrong = 号码好像不对，请再看一遍。
say-identify-date-wrong = 中间的出生日期好像不对，请再看一遍。
say-card-unknown = 这张卡，这台机器还不认识。请照着身份证，按号码。
say-not-our-code = 这不是我们的码。请换一张，或者按号码。
wipe = 擦掉
wipe-all = 全部擦掉
say-confirm = 这是您本人吗？
say-confirm-family = 是他吗？
confirm-yes = 是，没错
confirm-no = 不对，重来
confirm-born = { $year } 年生
confirm-female = 女
confirm-male = 男
confirm-age = { $age } 岁
confirm-masked = 后面的号码遮住了，别人看不到。

## Papers
say-papers = 先看看，东西带齐了吗？
say-papers-all = 带齐了
say-papers-not-all = 没带齐
papers-go-on = 没带齐也能办，以后再补。
say-papers-go-on = 没带齐也能办，以后再补。
papers-pledge = 没有就签个承诺

## Question pages
say-yes-no = 点“是”，或者点“不是”。
missing-choice = 请先点一个
missing-number = 请先按号码
missing-again = 请改号码
missing-digits = 还差 { $count } 个
missing-text = 请先写几个字
missing-date = 请先选日子
skip = 不填，下一步
say-year = 哪一年？
say-month = 哪个月？
say-day = 哪一天？
year = { $year } 年
month = { $month } 月
day = { $day } 日
date-words = { $year } 年 { $month } 月 { $day } 日
date-today = 今天
date-earlier = 更早
date-later = 更晚
date-lunar = 农历也行，请叫人帮忙看
look-at = 看一看
change = 改一下
say-place-county = 在哪个县？
say-place-township = 在哪个镇、哪个乡？
say-place-village = 在哪个村？
text-space = 空格
text-english = 英文
text-pinyin = 拼音
text-digits = 数字
text-dot = ·
text-no-match = 没有这个字，再看看拼音
text-person = 让人帮我打字
text-hint = 按拼音，再点字
say-text = 按拼音，再点字。不会打字，按“叫人帮忙”。
say-note = 看明白了，按“下一步”。
say-wrong-answer = 这里好像不对，请再看一遍。
say-answer-missing = 这里还没填，请先填一下。

## How shall we tell you
say-how-told = 办好了，怎么告诉您？
say-told-phone = 打电话
say-told-visit = 上门来说
say-told-named = 告诉别人
say-told-comes-back = 我自己来问
say-told-phone-number = 请按电话号码。
say-told-named-number = 告诉谁？请按他的电话号码。
say-phone-wrong = 电话号码好像不对，请再看一遍。

## Read back, consent
say-read-back = 请看一遍，对不对？要改哪个，点哪个。
read-back-right = 对，没错
read-back-who = 给谁办
read-back-told = 怎么告诉您
read-back-masked = 身份证 { $number }
read-back-not-here = 身份证没带来，以后补
say-consent = 这些要交给办事的人。同意吗？
consent-goes-to = 交给：{ $office }，{ $name }
consent-what = 交的是：您刚才看过的这 { $count } 条
consent-number = 身份证号码，也给他们看。
consent-only = 只用来办这件事，不给别人看。
consent-free = 不要钱。
consent-agree = 同意，交上去
say-saving = 正在存，请稍等。

## Done
say-done = 收下了，存在这台机器里了。
say-take-slip = 请拿好小票，上面有编号。
say-code-is = 您的编号是
say-done-who = 给您办的人是
say-due-by = 最晚这一天给您回话
say-due-within = 这几天之内给您回话
done-code = 编号
done-pin = 来问的时候，按这个密码
done-who = 谁给您办：{ $name }（{ $office }，电话 { $phone }）
done-due-on = 最晚 { $month } 月 { $day } 日给您回话
done-due-within = { $days } 个工作日之内给您回话
done-free = 不要钱。有人收钱，请告诉我们。
say-free = 不要钱。有人收钱，请告诉我们。
done-bring = 还要补：{ $papers }
done-home = 好了，回首页
done-another = 再办一件
done-print-again = 再打一张
done-printing = 正在打小票
done-other-language = 打英文的
state-saved = 这里存好了
state-delivered = 县里收到了
state-in-hand = 有人在办
state-answered = 给您答复
state-solved = 您说办成了
say-offline = 现在没有网。事情没丢，网通了，机器会送，不用再填。

## My matters
say-matters = 看办到哪了。把小票上的码，放到扫码口下面。
matters-code = 扫不上？按小票上的号码
say-matters-code = 请按小票上的十个数字。
say-matters-factor-id = 再按身份证最后四位。
say-matters-factor-pin = 再按小票上的四位密码。
say-matters-code-wrong = 编号好像不对，请再看一遍。
say-matters-not-found = 没找到。请再看一遍编号，或者叫人帮忙。
say-matters-factor-wrong = 后四位不对。请再按一遍，或者叫人帮忙。
say-matters-too-many = 错的次数太多了。请叫人帮忙。
say-matters-voided = 这张小票换过新的了。请用新的，或者叫人帮忙。
say-matters-lost = 小票丢了不要紧，按“叫人帮忙”。
matters-lost = 小票丢了
matters-factor-id = 身份证最后四位
matters-factor-pin = 小票上的四位密码
matters-switch-pin = 小票上有密码的，点这里
matters-switch-id = 用身份证最后四位
matters-on = { $month }月{ $day }日
matters-since = { $month } 月 { $day } 日交的
matters-several = 您有 { $count } 件事
say-matters-state-saved = 存在这台机器里了，还没送到县里。
say-matters-state-delivered = 县里收到了。
say-matters-state-unread = 县里没看懂，站里的人会去问。
say-matters-state-in-hand = 有人在办了。
say-matters-state-answered = 有答复了。
say-matters-answer-approved = 有答复了：同意给您办。
say-matters-answer-sent-back = 有答复了：先退回来，还差一样。
say-matters-answer-refused = 有答复了：这样办不了，有别的办法。
say-matters-state-told = 已经告诉您了。
say-matters-state-solved = 您说办成了。
say-matters-state-partly = 您说办成了一部分。
say-matters-state-not-solved = 您说没办成，换人再办。
matters-solved = 办成了
matters-partly = 办了一部分
matters-not-solved = 没办成
matters-talk = 我要找人说
matters-answer = 答复：{ $text }
matters-answer-long = 答复很长，这里放不下。请叫人帮忙，给您念。
matters-missing = 还差这一样：{ $text }
matters-reason = 为什么：{ $text }
matters-other-way = 别的办法：{ $text }
matters-note = 还要知道：{ $text }

## What the station keeps of a person
say-mine-tile = 我的资料
say-mine = 把机器打给您的资料卡，放到扫码口下面。
say-mine-no-card = 没有卡，用小票
say-mine-code = 再按您一张小票上的十个数字。
say-mine-looking = 正在找，请稍等。
say-mine-not-together = 身份证号码和小票对不上。请再看一遍，或者叫人帮忙。
say-mine-nothing = 这台机器没存您的东西。
say-mine-held = 这台机器存着您的这些。想看哪个，点哪个。
say-mine-fields = 记住的资料
say-mine-fields-title = 机器记住了这些。要改哪个，点哪个。
say-mine-due = 我该有的
say-mine-family = 我替谁办
say-mine-family-title = 您替这些家里人办事。
say-mine-kin = 您替这位家里人办事。
say-mine-card = 换一张新卡
say-mine-erase = 全部擦掉
say-mine-erase-title = 要把您的资料，全部擦掉吗？
say-mine-erased = 全部擦掉了。
say-mine-erased-some = 擦掉了。还没办完的事，办完了再擦。
mine-keep = 就这样，存好
mine-take-away = 擦掉这一条
mine-unlink = 不再替这位办
mine-erase-what = 记住的资料、卡、办完的事，都擦掉，找不回来。以后再来，要重新填。
mine-erase-really = 全部擦掉
mine-erase-not = 不擦，留着
say-mine-erase-lost = 擦掉就找不回来了。
mine-stays-only-here = “{ $matter }”还没送到县里，先留着，办完了自己会擦掉。
mine-stays-open = “{ $matter }”还有人在办，先留着，办完了自己会擦掉。
say-field-name = 名字
say-field-id = 身份证号码
say-field-sex = 男女
say-field-birth = 生日
say-field-phone = 电话
say-field-area = 住在哪里
say-field-address = 住址
say-field-insured = 医保在不在本县
say-field-township = 医保在哪个镇
say-field-village = 医保在哪个村
say-field-other = 别的
say-card-voided = 这张卡换过新的了。请用新的，或者叫人帮忙。
say-card-made = 记住了。请拿好这张卡。
say-card-new = 这是您的新卡，旧的不能用了。
card-title = 资料卡
card-use = 下次来，把它放到扫码口下面，填过的就不用再填。
card-keep = 请收好，别给不认识的人。
card-lost = 丢了不要紧：来换一张新的，旧的就不能用了。
card-old = 旧的卡，谁捡到也用不了了。
card-show = 下次来，扫这里
card-name = 名字（想写就写）

## After a matter: shall the station remember?
say-remember = 下次来，不用再填。要这台机器记住吗？
say-remember-undo = 以后随时能看，能改，能擦掉。不记住，也一样办事。
say-remember-staff = 这个号码以前在这里办过事。请叫人看一下身份证，再记住。
say-helper-same = 这是家里人的号码。请按您自己的。
remember-what = 记住的是：{ $what }
remember-family = 您替家里人办的，和您自己的身份证号码，也记住。请先问过本人。
remember-where = 只存在这台机器里，锁着，不给别人看。
remember-undo = 以后随时能看，能改，能擦掉。不记住，也一样办事。
remember-yes = 记住
remember-no = 不用记

## What a person should have
say-due = 这些您能领。
say-due-none = 现在没有别的。有了，机器会告诉您。
say-due-from = 从这一天起
due-now = 现在就能办
due-from = { $day }起
due-lunar = { $day }（农历{ $lunar }）
due-do = 去办
due-later = 到时候来
due-paper = 您该有的

## Notices
say-notices-tile = 通知
say-notices = 这里是通知。想听哪个，点哪个。
say-notices-none = 现在没有通知。
notice-source = { $source }，{ $day }发
notice-until = 到 { $day } 为止
notice-print = 打出来
handed-done = 好了
say-paper-comes = 正在打，请拿好。

## Put aside, so that the next person can go on
say-put-aside = 存好了，没办完的都在。请拿好小票。
put-aside-how = 再来的时候，点“看办到哪了”，按小票上的号码，就接着办。
put-aside-days = 三十天之内都能接着办。
put-aside-next = 让后面的人用

## Practice
say-practice-tile = 试一试
say-practice = 这是试一试，怎么按都不算数，什么也不会交出去。
say-practice-done = 试完了，您都会了。
practice-begin = 试一试，不算数
practice-over = 不试了
practice-sign = 试一试，不算数
practice-nothing = 刚才按的，都擦掉了，什么也没交出去。真要办，回首页点一下图。

## Help is coming
say-help = 已经叫人了，请坐一会儿。
help-kept = 您填的都存着，不会丢。
help-who = { $name }来帮您
help-before = 前面还有 { $count } 位，{ $name }看完就来
help-phone = 也可以打电话：{ $phone }
say-help-before = 前面还有几个人：
say-help-comes = 来帮您。
say-help-kept = 您填的都存着，不会丢。
help-go-on = 不用了，我自己来
help-next-person = 先让后面的人用
say-next-person-kept = 存好了。请先坐，让后面的人用。

## Go on?
say-go-on = 刚才有人没办完。是您吗？
say-go-on-factor = 再按身份证最后四位，就接着办。
go-on-yes = 是我，接着办
go-on-no = 不是我
say-go-on-wrong = 不对。请再按一遍，或者叫人帮忙。

## Recordings and photos
say-voice-how = 按“开始说”，就能说了。
say-voice-begin = 开始说
say-voice-stop = 说完了
say-voice-play = 听一遍
say-voice-again = 重新说
say-voice-hush = 不听了
say-voice-kept = 录好了，存下了。不满意，能重新说。
say-voice-full = 三分钟到了，说的都存下了。
say-voice-fault = 现在录不了音。请写下来，或者叫人帮忙。
voice-listening = 正在听您说。不着急，最长三分钟。
voice-kept = 录好了，{ $time }。不满意，能重新说。
voice-cannot = 不想说话
voice-after-all = 还是说出来
missing-voice = 请先说一说
say-photo-how = 把纸放平，放到镜头下面，再按“拍一张”。
say-photo-take = 拍一张
say-photo-again = 重新拍
say-photo-kept = 拍好了，存下了。看得清就按“下一步”。
say-photo-dark = 太暗了，看不清。请挪到亮的地方，重新拍。也能先这样。
say-photo-bright = 太亮了，反光。请挪一挪，重新拍。也能先这样。
say-photo-blurred = 有点糊。请放稳，重新拍。也能先这样。
say-photo-empty = 好像没拍到字。请放到镜头下面，重新拍。也能先这样。
say-photo-fault = 现在拍不了照。请叫人帮忙。
say-photo-card = 把身份证有照片的那一面，放到镜头下面。
missing-photo = 请先拍一张
identify-photo = 拍身份证
say-way-say = 说出来
say-way-show = 拍下来
say-way-person = 让人帮我写
say-way-write = 自己写
text-cannot = 不会写
text-keyboard = 还是自己写
say-bank-card-wrong = 卡号好像不对，请再看一遍。
read-back-said = 您说的，录好了
read-back-shown = 拍好了
read-back-written = 写好了
read-back-offer = 没填。想填，点这里
read-back-add = 填上

## The number pad: said to whoever uses it, beside the page
say-pad-keys = 按零，再听一遍。按星号，叫人帮忙。按退格键，回上一步。
say-pad-enter = 按确定键：
say-pad-slash = 按斜杠键：
say-pad-back = 按退格键：
say-pad-nothing = 这个键，在这里没有用。
say-pad-missing = 还差几个数字：
say-pad-whole = 数字够了。
say-pad-not-here = 没带身份证，直接按确定键。最后是 X 的，按小数点。
say-pad-to-pin = 小票上有密码的，直接按确定键。
say-pad-to-id = 要用身份证后四位，直接按确定键。
say-pad-number-enter = 按数字。一位数，再按确定键。
say-pad-voice-end = 说完了，按确定键。
say-pad-is-there = 填好了。
say-pad-change = 要改哪个，按它的数字。

## Idle
say-idle = 您还在吗？
idle-still-here = 我还在
idle-kept = 不点的话，{ $seconds } 秒后先存起来。

## Something is broken
say-printer-paper = 打印机没纸了，事情没丢。请叫人帮忙。
say-printer-cover = 打印机的盖子开着，事情没丢。请叫人帮忙。
say-printer-silent = 打印机没有回应，事情没丢。请叫人帮忙。
fault-write-down = 请记下这个编号，或者用手机拍一下。
fault-code = 给修机器的人看：{ $code }
say-scanner-gone = 扫码口坏了，请按号码。
sign-scanner = 扫码口坏了
scanner-gone = 扫码口坏了，请按号码。
say-no-sound = 现在没有声音，请看字。
no-sound = 没有声音，请看字
say-closed = 这台机器现在不能办事。请找工作人员。
closed-where = 请到：{ $place }，电话 { $phone }
closed-phone = 请打电话：{ $phone }
closed-kept = 以前交的事情都在，没丢。
say-store-full = 机器存不下了，刚才这一步没存上。请叫人帮忙。
say-store-busy = 机器正忙，刚才这一步还没存上。正在再试，请稍等。
say-clock-wrong = 机器的时间可能不对，不影响办事。
clock-wrong = 机器的时间可能不对

## This machine and the county (for staff)
help-staff = 工作人员用
rest-staff = 工作人员：有事没送到
say-county = 这台机器和县里
say-county-all-there = 都送到县里了。
say-county-waits = 还有东西没送到县里。
say-county-has-it = 县里收到了。
say-county-code = 请按县里给的号码
say-county-words = 这六个字，和县里的一样吗？
say-county-stick = 没有网，用优盘送
say-county-answered = 县里回话了。
say-county-no-answer = 县里没回话。事情没丢，机器会再试。
say-county-again = 县里没回话。请等一会儿，再试一次。
say-county-lasting = 和县里通不了，等也不会好。请看屏幕上写的。
say-county-bad-code = 县里不认这个号码，或者过期了。请再要一个。
say-county-code-elsewhere = 这个号码是给别的站的。请跟县里说本站的名字，再要一个。
say-county-later = 错的次数太多了。请过十分钟，再跟县里要一个号码。
say-county-not-taken = 县里没收下这台机器。请给县里打电话。
say-county-no-hub-key = 这台机器里还没有县里的钥匙，优盘上的凭证认不了。请找修机器的人。
say-county-no-token = 优盘上没有县里给本站的凭证。请跟县里要一份。
say-county-token-elsewhere = 优盘上的凭证是给别的站的。请跟县里要一份本站的。
say-county-token-refused = 县里没收这份凭证：用过了，或者过期了。请再要一份。
say-county-no-stick = 没有插优盘。
say-county-written = 存到优盘上了，可以拔了。
say-county-read = 县里的回话读好了。
say-county-no-bag = 优盘上没有给这台机器的回话。
say-county-bad-bag = 优盘上的东西坏了，一点也没用。请再去拿一次。
say-county-bad-stick = 这个优盘不能用，请换一个。
say-county-more = 给修机器的人看
county-count = { $count } 件事。
county-none = 这个站没有接县里，东西都存在这里。
county-strangers = 这台机器和县里还不认识。
county-official = 县里回话了，等县里的人点头。
county-carried = 凭证收好了，县里还没认。请把优盘送到县里，再把回话拿回来读。
county-cases = 有 { $count } 件事没送到县里。
county-cases-since = 有 { $count } 件事没送到县里，最早的从 { $when } 等到现在。
county-cases-there = 事情都送到县里了，还有些小的没送完。
county-nothing = 现在没有要送的东西。
county-contact = 县里上次回话：{ $when }
county-contact-never = 县里还没回过话。
county-waiting = 没送的：{ $entries } 条记录，{ $files } 份内容（{ $size } KB）
county-next-seconds = { $count } 秒后再试
county-next-minutes = { $count } 分钟后再试
county-lasting = { $what }等也不会好。（{ $code }）
county-mends = { $what }会自己好，机器会再试。（{ $code }）
county-mends-then = { $what }会自己好，{ $next }。（{ $code }）
county-unreachable = 连不上县里：看看网线、电话卡、路由器。没有网，就用优盘。
county-unresolved = 找不到县里的地址：看看网通不通。
county-nobody-there = 县里的机器没答应，可能没开。
county-too-slow = 网太慢了。
county-hub-busy = 县里的机器正忙，或者在修。
county-not-the-hub = 回话的不是县里的机器。请修机器的人看看路由器要不要登录，[hub] 里的 url 对不对。
county-certificate = 县里机器的证书，这里不认。请县里查证书；证书没错，请修机器的人换站点包里的 authority。
county-certificate-time = 县里机器的证书过期了，或者这台机器的时间不对。请修机器的人先看时间；时间对，请县里换证书。
county-wrong-address = 那个地址上的机器，和站点包里写的对不上。请修机器的人核对 [hub] 里的 url。
county-other-key = 回话的不是站点包里写的那个县里，钥匙对不上。请给县里打电话核对。
county-setup = 站点包里写的县里地址不能用。请修机器的人改好 [hub]，装新的站点包。
county-setup-plain = 县里的地址是 http，路上会被人看见，所以不送。请修机器的人把 [hub] 里的 url 改成 https，写上 authority。
county-unknown = 县里不认这台机器，可能停用了。请给县里打电话，要个号码，让它们重新认识。
county-version = 县里和这台机器的程序对不上。请修机器的人换新的程序。
county-refused = 县里没收送去的东西。请给县里打电话。
county-odd = 县里的回话看不懂。请给县里打电话。
county-not-kept = 县里的回话存不下来。请修机器的人看看硬盘。
county-journal = 这台机器的记录读不出来。请找修机器的人。
county-alarm-urgent = 有件事快到日子了，县里还不知道：请打电话，或者用优盘送去。
county-alarm-old = 有件事等了一天多：请打电话，或者用优盘送去。
county-alarm-stopped = 县里和这台机器记的不一样。修机器的人看过以前，什么也不送。
county-alarm-refused = 县里不收这台机器送的东西：请给县里打电话。
county-alarm-unread = 有件事县里没看懂：请打电话，把号码告诉县里。号码在“给修机器的人看”里。
county-refused-count = 县里收着、但没认的记录：{ $count } 条。
county-refused-more = 还有 { $count } 条没列出来。
county-refused = { $what }：{ $why }。{ $then }（{ $code }）
county-refused-whole = { $number } 这件事
county-refused-part = { $number } 后来改的或者说的
county-refused-other = 不属于哪件事的一条
county-refused-call = 请打电话。
county-refused-settled = 县里后来回过话了。
county-why-unread = 县里读不出来
county-why-no-case = 没写是哪件事
county-why-other-station = 是别的站的事
county-why-incomplete = 缺了一部分
county-why-saved-twice = 同一个名字存过别的事
county-behind = { $count } 件事的录音或照片还在路上，最早的从 { $when } 等到现在。
county-hub-lost = 县里的机器丢过这里送去的东西（{ $when }），机器自己又送了。请告诉县里。
county-hub-lost-safe = 县里说存好了的东西，又丢了（{ $when }），机器自己又送了。请县里查备份。
county-file-aside = 有个录音或照片县里不收（HTTP { $status }）。请打电话；县里修好了，把这台机器关了再开。
county-bundle-refused = 县里发来的内容包（版本 { $version }）这里没用：签名的人这里不认，或者不是给这里的。请县里查一查。
county-more-none = 没有要修的。
record-unsound = 每周一次的检查发现记录坏了（{ $when }）。请修机器的人看硬盘，先把备份收好。
record-restored = 记录坏过（{ $when }），从备份找回来了，什么也没丢。请修机器的人看硬盘。
record-restored-lost = 记录坏过（{ $when }），从备份找回来了，丢了 { $count } 份内容：请让那几天来过的人看看单子。请修机器的人看硬盘。
record-restored-no-copy = 记录坏过（{ $when }），没有备份，只找回还读得出来的，丢了 { $count } 份内容。请给县里打电话，再看硬盘和备份。
record-not-copied = 备份没做成（{ $when }）。请看看备份的盘在不在、满没满。
record-same-medium = 备份和记录在同一个盘上，盘坏了两样都没了。请插一个盘，开机时用 --copies 指到它。
record-copies = 备份在 { $folder }，上一份好的：{ $when }
record-copies-none = 备份在 { $folder }，还没有过好的。
county-plain = 送的东西路上没有加密（HTTP，本站是这样设的）。
county-enrol = 让它们认识
county-try = 现在试
county-busy = 请稍等……
county-stick = 用优盘送
county-stick-1 = 1. 把优盘插到机器上。
county-stick-2 = 2. 按“存到优盘”，听到说好了再拔。
county-stick-3 = 3. 把优盘送到县里。
county-stick-4 = 4. 拿回来插上，按“读县里的回话”。
county-stick-then = 请送到县里，再把回话拿回来。
county-no-hub-key-way = 修机器的人：在 station.toml 的 [hub] 里写上 key（县里用 onedoor-hub keys show 看），装新的站点包。有网时，也可以按县里给的号码。
county-not-taken-words = 六个字不一样，可能有人在中间。
county-not-taken-official = 县里的人没点头，或者停用了这台机器。
county-not-taken-key = 县里记着的是这台机器的旧钥匙：请县里先停用旧的。
county-stick-write = 存到优盘
county-stick-read = 读县里的回话
county-words-hub = 对方说它是：{ $hub }
county-words-how = 给县里打电话，请对方念一遍。有一个不一样，就是有人在中间。
county-words-same = 一样
county-words-differ = 不一样

## The slip
slip-keep = 请拿好这张纸
slip-code = 编号
slip-pin = 密码
slip-who = 谁给您办
slip-when = 什么时候回话
slip-on = 最晚 { $year } 年 { $month } 月 { $day } 日
slip-within = { $days } 个工作日之内
slip-bring = 还要补的东西
slip-told = 怎么告诉您
slip-ask = 拿这张纸来，就能问
slip-free = 不要钱。有人收钱，请告诉我们。
slip-phone = 电话 { $phone }
slip-saved = { $year } 年 { $month } 月 { $day } 日 存在这台机器里
slip-saved-no-clock = 存在这台机器里
slip-again = 第 { $count } 张
slip-practice = 试一试，不算数

## The dock, for development and demonstration (simulated devices)
dock-title = 模拟设备
