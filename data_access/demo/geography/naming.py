"""Made-up names of townships and communities, with their spelling in Latin letters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Character and pinyin. Pairs of them give names that sound like places; a real place of the same name is chance.
_FIRST = (
    "河he 柳liu 桃tao 松song 竹zhu 梅mei 石shi 白bai 青qing 云yun 清qing 双shuang 大da 上shang 下xia 新xin 永yong 安an "
    "平ping 福fu 和he 兴xing 古gu 沙sha 泉quan 杨yang 枫feng 桂gui 荷he 莲lian 鹤he 鹿lu 雁yan 金jin 银yin 紫zi 朱zhu "
    "望wang 星xing 霞xia 秋qiu 晴qing 栗li 榆yu 槐huai 芦lu 菱ling 苇wei"
)
_SECOND = (
    "口kou 湾wan 坪ping 桥qiao 塘tang 岭ling 渡du 店dian 坝ba 溪xi 川chuan 泽ze 洲zhou 堰yan 屏ping 台tai 园yuan 林lin "
    "沟gou 坡po 井jing 湖hu 冲chong 铺pu 关guan 圩wei 峰feng 浦pu"
)
_VILLAGE_FIRST = (
    _FIRST + " 前qian 后hou 东dong 西xi 南nan 北bei 长chang 高gao 小xiao 老lao 同tong 联lian 团tuan 春chun 旭xu 瑞rui"
)
_VILLAGE_SECOND = (
    _SECOND + " 庄zhuang 家jia 头tou 里li 苑yuan 屋wu 垄long 阳yang 和he 丰feng 乐le 康kang 山shan 岗gang 河he 田tian"
)


@dataclass(frozen=True)
class PlaceName:
    """A name without its suffix (镇, 社区 …), in Chinese and in Latin letters."""

    name: str
    name_en: str


def township_names(count: int, random: np.random.Generator) -> list[PlaceName]:
    """Return ``count`` names, no two alike in either spelling."""
    return _draw(_FIRST, _SECOND, count, random)


def village_names(count: int, random: np.random.Generator) -> list[PlaceName]:
    """Return ``count`` names of communities and villages, no two alike in either spelling."""
    return _draw(_VILLAGE_FIRST, _VILLAGE_SECOND, count, random)


def _draw(first: str, second: str, count: int, random: np.random.Generator) -> list[PlaceName]:
    firsts, seconds = first.split(), second.split()
    names: dict[str, PlaceName] = {}
    for number in random.permutation(len(firsts) * len(seconds)):
        head, tail = firsts[number // len(seconds)], seconds[number % len(seconds)]
        if head[0] == tail[0]:
            continue
        apostrophe = "'" if tail[1] in "aoe" else ""
        spelled = (head[1:] + apostrophe + tail[1:]).capitalize()
        names.setdefault(spelled, PlaceName(head[0] + tail[0], spelled))
        if len(names) == count:
            return list(names.values())
    raise ValueError(f"there are only {len(names)} different names, {count} are needed")
