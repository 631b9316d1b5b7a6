"""Names of organs, and the characters that codes of organs (机关代字) are made of.

A code reads jurisdiction, organ, section, type: 冀|组||发, 邢|财|社|, 沪|府|办|规 (regulations on the handling of
official documents, 中办发〔2012〕14号, article 9; the tokens are those in use since).
"""

from __future__ import annotations

import re

from extract.citations.characters import HAN

# Provinces whose character begins hardly any other word: inside a run of Han they begin a code.
PROVINCES = frozenset("京津冀晋辽黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔藏陕甘")
# Further jurisdictions: ambiguous provinces, 国 中 全 军, 市 省 县 区, and first characters of cities.
JURISDICTIONS = PROVINCES | frozenset(
    "内吉云青宁新蒙滇陇蜀国中全军市省县区"
    "石唐秦邯邢保张承沧廊衡定辛雄太大阳长朔运忻临吕呼包乌赤通巴沈鞍抚本丹锦营阜盘铁朝葫四白松延哈齐鸡鹤双伊佳七牡绥"
    "锡徐常南连淮盐扬镇泰宿杭甬温嘉湖绍金衢舟台丽合芜蚌马铜安黄滁六亳池宣榕厦莆三泉漳龙岩昌景萍九鹰宜上济淄"
    "枣东烟潍威日德聊滨菏"
    "郑汴洛平焦濮许漯商信周驻汉十襄荆孝随恩株潭邵岳益郴永怀娄穗深珠汕佛韶河梅惠尾江湛茂肇清潮揭邕柳梧北防钦"
    "贵玉百贺来崇海儋"
    "成自攀泸绵广遂乐眉达雅资凉筑遵毕昆曲昭普楚红文西怒迪拉山那宝咸渭榕兰白天武酒庆银固克吐博阿喀和塔开高澄"
)

# Organs as codes write them (§ organ characters of the field); longest first in the pattern.
_ORGANS_TEXT = """
组 宣 统 政法 纪 监 编 机编 编办 编委 农领 农工 农办 台办 网信 直工 老干 党史 巡 督 信访 国安 文明 史志 政 府
委 党 财 发改 教 科 工信 经信 民 公 司 人社 自然资 国土资 环 生环 生态环 建 住建 城管 交 水 农 商 文 卫 退役
应急 安监 审 国资 市监 稽 医保 体 林 气 扶贫 乡振 税 行审 数政 政务 金 人防 国动 人大 人常 协 法 检 征 武 团 妇
工 总工 科协 残联 红 侨 价 物价 粮 药监 食药 质监 绿 园 房 规自 规划资源 疾控 大数据 人才 开 市
"""
_ORGANS = _ORGANS_TEXT.split()
_TYPES = "发 字 函 办 规 通 传 明 电 呈 请 批 复 任 令 议 联 办发 办字 办函 办传 办规 办通 发电"
_SECTIONS = (
    "预库综税行教社农建资环金融会监绩规采购债非办函发字传明电呈请批复任纪令联议委政府党工办信人才改价格基高"
    "职师城村房市"
    "公路运医保安全卫健科技文旅体民族宗军役退优抚急救助养老福利指标管审法制执林草湿气象水利疾控综测稽价"
    "生态大气固体土壤海洋督组宣统编机直领导团妇残红数据智能外经贸务商消费流通自然源交财训征调"
)
CODE_CHARACTERS = JURISDICTIONS | frozenset("".join(_ORGANS)) | frozenset(_TYPES) | frozenset(_SECTIONS)
_ORGAN_START = re.compile(f"(?:{'|'.join(sorted(_ORGANS, key=len, reverse=True))})|(?:{'|'.join(_TYPES.split())})+$")

# Codes of national bodies that no jurisdiction character begins.
_NATIONAL_TEXT = """
财预 财社 财行 财教 财农 财建 财资 财库 财综 财税 财会 财金 财监 财办 财关税 财购 教基 教财 教师 教高 教职 教体
教办 国发 国函 国办 中发 中办 厅字 中组 组通字 中宣 中纪 中编 中农 法发 法释 法办 高检 发改 国科 工信 民发 民函
民办 民政 公通字 公交管 司发 司规 自然资 国土资 环发 环办 环大气 环固体 环综合 环土壤 建城 建村 建房 建市 建质
建标 建办 建科 交公路 交财 交办 交运 水农 水规 水财 农办 农财 商办 文旅 国卫 退役军人 应急 安监总 银发 银办
审办 国资 署 税总 国税 国市监 金规 银保监 证监 广电 体群 国统 国知 医保 国药监 国能 国数 林规 林办 国粮 国邮
民航 国中医 汇发 国疾控 中网办 气发 科协 总工 中青 妇字 残联 国乡振 国开办 国机管 国管 文物 国宗 国烟 矿安 人社
国人部
"""
NATIONAL = tuple(_NATIONAL_TEXT.split())

# Central organs by name, as they stand in front of 令 and 公告; the longest that fits is taken.
_MINISTRIES_TEXT = """
国务院 国务院办公厅 中央军委 中央军事委员会 主席 全国人大常委会 全国人民代表大会常务委员会 最高人民法院
最高人民检察院 外交部 国防部 国家发展和改革委员会 国家发展改革委 国家发改委 发展改革委 国家计委 教育部
科学技术部 科技部 工业和信息化部 工信部 国家民族事务委员会 国家民委 公安部 国家安全部 民政部 司法部 财政部
人力资源和社会保障部 人力资源社会保障部 人社部 人事部 劳动和社会保障部 自然资源部 国土资源部 生态环境部
环境保护部 住房和城乡建设部 住房城乡建设部 住建部 建设部 交通运输部 交通部 铁道部 水利部 农业农村部 农业部
商务部 文化和旅游部 文化部 国家卫生健康委员会 国家卫生健康委 国家卫健委 国家卫生和计划生育委员会 国家卫生计生委
卫生部 退役军人事务部 应急管理部 中国人民银行 人民银行 审计署 国家税务总局 税务总局 海关总署
国家市场监督管理总局 国家市场监管总局 市场监管总局 国家质量监督检验检疫总局 质检总局 国家工商行政管理总局
国家广播电视总局 国家体育总局 国家统计局 国家医疗保障局 国家医保局 国家药品监督管理局 国家药监局
国家食品药品监督管理总局 国家能源局 国家林业和草原局 国家林业局 国家铁路局 国家邮政局 中国民用航空局 国家文物局
国家档案局 国家保密局 国家密码管理局 中国气象局 国家知识产权局 国家互联网信息办公室 国家网信办 国务院国资委
国务院国有资产监督管理委员会 国家金融监督管理总局 中国银保监会 中国证监会 中国银行保险监督管理委员会
中国证券监督管理委员会 国家安全生产监督管理总局 国家安全监管总局 国家中医药管理局 国家疾病预防控制局
国家宗教事务局 国家机关事务管理局 国家粮食和物资储备局 国家信访局 国家烟草专卖局 国家外汇管理局 国家新闻出版署
新闻出版总署 国家版权局 国家矿山安全监察局 国家消防救援局 国家数据局 中国地震局 国家移民管理局 国家乡村振兴局
国家认监委 国家标准委
"""
MINISTRIES = tuple(_MINISTRIES_TEXT.split())

# How the name of an organ ends: 财政局, 市委, 办公室, 人民政府, 高级人民法院, 团市委.
ORGAN_END = re.compile(
    "(?:政府|中央|部|委|委员会|局|署|院|会|厅|府|办|室|处|科|组|中心|公司|总队|支队|党委|银行|主席|协会|团|系统|司)$"
)
# How the name of an organ or of a thing that belongs to a place begins. 市 before 场, 民, 值 and 区 after 小, 社, 园,
# 校, 景 are other words (农贸市场, 住宅小区).
_PROVINCES = (
    "河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|"
    "青海|台湾|内蒙古|广西|西藏|宁夏|新疆"
)
PLACE_START = re.compile(
    "中华人民共和国|中华|中国|中共|中央|全国|国家|国务院|最高人民|共青团|"
    "(?:省|市|县|区|州)(?:委|政府|人民|人大|政协|直|级|属|财政|教育|民政|住建|卫|人社|纪委)|"
    f"(?:{_PROVINCES})|[{HAN}]{{2}}省(?!级)|[{HAN}]{{2,4}}?(?:市(?![场民值容级])|县(?!级)|"
    f"(?<![小社园校景厂库灾地片辖街治])区(?!块|别|间|级)|"
    "自治州|自治旗|盟(?=[委行公])|乡(?=党|人民|镇|政)|镇(?=党|人民|政)|街道办|新区|开发区)|"
    "(?:" + "|".join(MINISTRIES) + ")"
)


def is_code(run: str) -> bool:
    """Whether a run of Han characters reads as a code from its first character to its last.

    >>> is_code("冀组发"), is_code("邢开组人呈"), is_code("国办发"), is_code("费邢财行"), is_code("关于")
    (True, True, True, False, False)
    """
    if run.startswith(NATIONAL):
        return all(char in CODE_CHARACTERS or char in "通厅" for char in run)
    return (
        len(run) > 1
        and run[0] in JURISDICTIONS
        and _ORGAN_START.match(run, 1) is not None
        and all(char in CODE_CHARACTERS for char in run)
    )


def ministry_suffix(run: str) -> str:
    """Return the longest name of a central organ that a run ends in, ``""`` if there is none.

    >>> ministry_suffix("依据国家发展改革委"), ministry_suffix("广州市人民政府")
    ('国家发展改革委', '')
    """
    return max((name for name in MINISTRIES if run.endswith(name)), key=len, default="")
