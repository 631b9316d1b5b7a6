"""Short names of the laws of the People's Republic of China, for laws named without 《》.

Words in 法 are mostly no laws (办法, 方法, 执法, 成本效益分析法), so an unquoted law must be one of these, or carry
中华人民共和国. The names are those of the laws in force and of those replaced by the civil code, as published by
the Standing Committee of the National People's Congress, without 中华人民共和国.
"""

from __future__ import annotations

_NAMES = """
宪法 立法法 全国人民代表大会组织法 国务院组织法 地方各级人民代表大会和地方各级人民政府组织法 人民法院组织法
人民检察院组织法 全国人民代表大会和地方各级人民代表大会选举法 全国人民代表大会和地方各级人民代表大会代表法
各级人民代表大会常务委员会监督法 民族区域自治法 村民委员会组织法 城市居民委员会组织法 监察法 监察官法 法官法
检察官法 国旗法 国徽法 国歌法 国籍法 戒严法 国家安全法 反间谍法 反分裂国家法 国家情报法 反恐怖主义法 国防法
兵役法 国防动员法 国防教育法 人民防空法 军事设施保护法 预备役军人法 现役军官法 军人地位和权益保障法 军人保险法
退役军人保障法 英雄烈士保护法 民法典 民法总则 民法通则 物权法 合同法 担保法 继承法 婚姻法 收养法 侵权责任法
著作权法 专利法 商标法 公司法 合伙企业法 个人独资企业法 企业破产法 证券法 证券投资基金法 票据法 保险法 海商法
信托法 期货和衍生品法 农民专业合作社法 全民所有制工业企业法 乡镇企业法 外商投资法 电子商务法 电子签名法 拍卖法
招标投标法 政府采购法 公务员法 行政许可法 行政处罚法 行政强制法 行政复议法 行政诉讼法 国家赔偿法
公职人员政务处分法 档案法 保守国家秘密法 保密法 密码法 突发事件应对法 集会游行示威法 治安管理处罚法
出境入境管理法 护照法 居民身份证法 枪支管理法 人民警察法 人民武装警察法 海警法 消防法 消防救援衔条例 监狱法
禁毒法 社区矫正法 律师法 公证法 仲裁法 法律援助法 人民调解法 人民陪审员法 引渡法 道路交通安全法 网络安全法
数据安全法 个人信息保护法 教育法 义务教育法 高等教育法 职业教育法 教师法 民办教育促进法 学前教育法
家庭教育促进法 学位法 学位条例 爱国主义教育法 国家通用语言文字法 科学技术进步法 科学技术普及法
促进科技成果转化法 科技成果转化法 文物保护法 非物质文化遗产法 公共文化服务保障法 公共图书馆法 电影产业促进法
体育法 全民健身条例 旅游法 广告法 基本医疗卫生与健康促进法 传染病防治法 国境卫生检疫法 药品管理法 疫苗管理法
中医药法 精神卫生法 职业病防治法 母婴保健法 人口与计划生育法 献血法 执业医师法 医师法 红十字会法 食品安全法
生物安全法 动物防疫法 进出境动植物检疫法 慈善法 境外非政府组织境内活动管理法 公益事业捐赠法 归侨侨眷权益保护法
妇女权益保障法 未成年人保护法 预防未成年人犯罪法 老年人权益保障法 残疾人保障法 无障碍环境建设法 反家庭暴力法
反有组织犯罪法 反电信网络诈骗法 劳动法 劳动合同法 劳动争议调解仲裁法 就业促进法 社会保险法 安全生产法
矿山安全法 特种设备安全法 工会法 预算法 审计法 会计法 注册会计师法 统计法 政府信息公开条例 企业国有资产法
中国人民银行法 商业银行法 银行业监督管理法 反洗钱法 反垄断法 反不正当竞争法 价格法 产品质量法 消费者权益保护法
标准化法 计量法 税收征收管理法 个人所得税法 企业所得税法 增值税法 车船税法 车辆购置税法 船舶吨税法 环境保护税法
资源税法 城市维护建设税法 契税法 印花税法 耕地占用税法 烟叶税法 关税法 海关法 进出口商品检验法 对外贸易法
出口管制法 海南自由贸易港法 粮食安全保障法 乡村振兴促进法 农业法 农业技术推广法 农业机械化促进法
农产品质量安全法 种子法 畜牧法 渔业法 森林法 草原法 土地管理法 农村土地承包法 农村土地承包经营纠纷调解仲裁法
农村集体经济组织法 城市房地产管理法 城乡规划法 建筑法 测绘法 水法 水土保持法 防洪法 防沙治沙法 防震减灾法
气象法 环境保护法 环境影响评价法 海洋环境保护法 水污染防治法 大气污染防治法 土壤污染防治法
固体废物污染环境防治法 噪声污染防治法 环境噪声污染防治法 放射性污染防治法 清洁生产促进法 循环经济促进法
野生动物保护法 长江保护法 黄河保护法 青藏高原生态保护法 黑土地保护法 湿地保护法 海岛保护法 海域使用管理法
深海海底区域资源勘探开发法 领海及毗连区法 矿产资源法 煤炭法 电力法 节约能源法 可再生能源法 能源法 核安全法
石油天然气管道保护法 原子能法 公路法 铁路法 民用航空法 港口法 航道法 海上交通安全法 邮政法 对外关系法
驻外外交人员法 外国国家豁免法 缔结条约程序法 外交特权与豁免条例 反外国制裁法 香港特别行政区基本法
澳门特别行政区基本法 香港特别行政区维护国家安全法 刑法 刑事诉讼法 民事诉讼法 海事诉讼特别程序法 反食品浪费法
陆地国界法 国家勋章和国家荣誉称号法 突发公共卫生事件应对法 法治宣传教育法 民族团结进步促进法 民营经济促进法
公益诉讼法 国家公园法 生态环境法典 社会救助法 托育服务法 行政监察法 监督法 选举法 代表法 中小企业促进法
预备役军官法 城市规划法 资产评估法 网络安全法实施条例 征兵工作条例
"""
LAWS = frozenset(_NAMES.split())
LONGEST = max(map(len, LAWS))
# The last two characters of the names, to pass over other words in 法 quickly.
_ENDS = frozenset(name[-2:] for name in LAWS)

# Behind 法 these make another word, or a subject instead of a basis (工会法律, 预算法定, 宪法宣传周, 民法典).
_OTHER_WORD = "律院官治定庭制务学理典案警医人系援"
_SUBJECT = ("宣传", "知识", "普及", "培训", "讲座", "进机关", "进校园", "进社区", "进农村", "宣誓", "日", "周", "月")
_STUDIES = {"学习", "宣传", "普及", "宣讲", "弘扬"}


def laws(folded: str) -> list[tuple[int, int]]:
    """Find laws named without marks: the spans of their names, 中华人民共和国 included where printed.

    >>> text = "依据工会法、中华人民共和国预算法，工作方法，民法典宣传"
    >>> [text[a:b] for a, b in laws(text)]
    ['工会法', '中华人民共和国预算法']
    """
    found: list[tuple[int, int]] = []
    at = folded.find("法")
    while at >= 0:
        end = at + 1
        if folded.startswith("典", end):
            end += 1
        if folded[end - 2 : end] not in _ENDS:
            at = folded.find("法", end)
            continue
        name = next((folded[b:end] for b in range(max(0, end - LONGEST), end - 1) if folded[b:end] in LAWS), "")
        following = folded[end : end + 4]
        before = folded[max(0, end - len(name) - 2) : end - len(name)]
        if (
            name
            and before not in _STUDIES
            and not following.startswith(_SUBJECT)
            and (not following or following[0] not in _OTHER_WORD)
        ):
            start = end - len(name)
            whole = folded.startswith("中华人民共和国", max(0, start - 7)) and start >= 7  # noqa: PLR2004
            found.append((start - 7 if whole else start, end))
        at = folded.find("法", end)
    return found
