"""What can be wrong with a row, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

REASONS = {
    "blank": ("{column} is empty; fill it in", "“{column}”为空，请补填"),
    "not_a_date": (
        "{column} = {value!r} is not a date of the mapping's formats; correct it, or add its format there under dates",
        "“{column}”的值“{value}”不是映射所列格式的日期，请更正，或在映射的 dates 中补充该格式",
    ),
    "day_number": (
        '{column} = {value!r} looks like a day as spreadsheets count them; write dates = ["excel_serial"] in the column\'s rule',
        '“{column}”的值“{value}”似为电子表格的日期序号，请在该列的规则中写明 dates = ["excel_serial"]',
    ),
    "no_such_day": (
        "{column} = {value!r} is no day of the calendar; correct it",
        "“{column}”的日期“{value}”在日历上不存在，请更正",
    ),
    "no_time_zone": (
        '{column} = {value!r} goes by the clock of Greenwich (UTC): write time_zone = "Asia/Shanghai", or what it is here, in '
        "the column's rule of the mapping, so that it counts for the right day",
        '“{column}”的时间“{value}”为世界时（UTC），请在映射该列的规则中写明 time_zone（如 "Asia/Shanghai"），以归入正确的日期',
    ),
    "impossible_date": (
        "{column} = {value!r} lies in the future or before 1900; correct it",
        "“{column}”的日期“{value}”晚于今天或早于1900年，请更正",
    ),
    "not_a_number": (
        '{column} = {value!r} is not a number; correct it (decimal = "," in the mapping where commas are decimal signs)',
        "“{column}”的值“{value}”不是数字，请更正（若以逗号作小数点，请在映射中写明 decimal）",
    ),
    "negative": ("{column} = {value!r} is negative; correct it", "“{column}”的值“{value}”为负数，请更正"),
    "not_whole": ("{column} = {value!r} is not a whole number; correct it", "“{column}”的值“{value}”不是整数，请更正"),
    "too_large": ("{column} = {value!r} is too large to be right; correct it", "“{column}”的值“{value}”过大，请更正"),
    "too_long": (
        "{column} is longer than config/import.toml allows: {value}…; shorten it",
        "“{column}”超过 config/import.toml 规定的长度：{value}…，请缩短",
    ),
    "control_character": (
        "{column} = {value!r} holds a character that can't be shown; delete it",
        "“{column}”的值“{value}”含不可显示的控制字符，请删除",
    ),
    "unclosed_quote": (
        "{column}: the quotation mark opened in line {value} is never closed; close it, or take it away",
        "“{column}”：第 {value} 行的引号没有闭合，请补上或删去引号",
    ),
    "error_cell": (
        "{column} holds the spreadsheet's error {value} in place of a result; correct it, or declare it under blank in the mapping",
        "“{column}”的值是电子表格的错误值 {value}，请更正，或在映射的 blank 中写明",
    ),
    "power_of_ten": (
        "{column} = {value!r}: a spreadsheet keeps 15 digits of a number, the others are lost; export the column as text",
        "“{column}”的值“{value}”：电子表格的数字只保留15位，其余已丢失，请将该列按文本格式重新导出",
    ),
    "formula": (
        "{column}: the formula {value} has no stored result; open the workbook, let it calculate, and save it",
        "“{column}”：公式 {value} 没有保存计算结果，请打开工作簿重新计算并保存",
    ),
    "total_row": (
        "{value!r}: a row of totals is not imported, it would count twice; delete it",
        "“{value}”为合计行，导入会重复计算，请删去该行",
    ),
    "unknown_code": (
        "{column} = {value!r} is not in the code list; add it to the mapping or correct it",
        "“{column}”的值“{value}”不在代码表中，请补充映射或更正",
    ),
    "unknown_region": (
        "{column}: region {value!r} is not known; correct it or import the region file first",
        "“{column}”的区划“{value}”不存在，请更正或先导入区划文件",
    ),
    "short_code": (
        '{column}: region code {value!r} lacks its last digits; write template = "{{{column}:0<12}}" instead of the column',
        '“{column}”的区划代码“{value}”缺少末尾的零，请在映射中以 template = "{{{column}:0<12}}" 补足 12 位',
    ),
    "rounded_code": (
        "{column}: region code {value!r} was rounded by a spreadsheet; export the column as text",
        "“{column}”的区划代码“{value}”已被表格软件取整为科学计数，请将该列按文本格式重新导出",
    ),
    "ambiguous_region": (
        "{column}: region name {value!r} fits several regions; give the parent or the code",
        "“{column}”的区划名“{value}”对应多个区划，请给出上级或代码",
    ),
    "not_extracted": (
        "{column} = {value!r} does not hold what the mapping looks for in it",
        "“{column}”的值“{value}”中找不到映射所要的内容",
    ),
    "ragged": (
        "the row has another number of cells than the heading: {value}; add or delete cells",
        "该行的列数与标题行不同：{value}，请补齐或删去多余的列",
    ),
    "not_degrees": (
        "the coordinates ({value}) are none in {column}; is that the right coordinate system?",
        "坐标（{value}）不是 {column} 中的有效坐标，请核对坐标系",
    ),
    "no_area": ("the shape is a {value}, not a polygon", "几何图形是 {value}，不是面"),
    "not_a_region_code": (
        "{column} = {value!r} is no region code: 12 or 15 digits, beginning with its parent's",
        "“{column}”的值“{value}”不是区划代码：应为12或15位数字，且以上级代码开头",
    ),
    "no_such_level": (
        "{column} = {value!r} is no level: 0 is the outermost region, 3 the innermost",
        "“{column}”的值“{value}”不是层级：0 为最外层，3 为最内层",
    ),
    "unknown_measure": (
        "{column} = {value!r} is no measure of config/measures.toml",
        "“{column}”的值“{value}”不是 config/measures.toml 中的计量",
    ),
    "unknown_grain": (
        "{column} = {value!r} is not day, month or year; counts of other spans are added up to years (docs/importing.md)",
        "“{column}”的值“{value}”不是 day、month 或 year；其他跨度的统计数请按年汇总导入（见 docs/importing.md）",
    ),
    "unlisted_class": (
        "{column} = {value!r} is not listed in config/disputes.toml; map it to one of that list",
        "“{column}”的值“{value}”不在 config/disputes.toml 所列范围内，请映射到其中之一",
    ),
    "outside": (
        "{column}: the point ({value}) lies outside every region; correct it",
        "“{column}”的坐标（{value}）不在任何区划内，请更正",
    ),
    "swapped": (
        "{column}: the point ({value}) lies inside only when longitude and latitude are exchanged; exchange them",
        "“{column}”的坐标（{value}）须对调经纬度才落在辖区内，经纬度疑似颠倒，请对调",
    ),
    "order": ("{column} = {value!r} is before the row was received", "“{column}”的时间“{value}”早于受理时间"),
    "merged_into_itself": (
        "{column} = {value!r} is the row itself; give the dispute it duplicates",
        "“{column}”的值“{value}”是该行自己的编号，请填被归并到的纠纷",
    ),
    "homicide_without_victim": (
        "{column} = {value!r}, but a homicide has at least one victim",
        "“{column}”为“{value}”，但命案至少有一名死者",
    ),
    "part_above_whole": (
        "{column} = {value}: a part is larger than the whole it is part of",
        "“{column}”为“{value}”：分子大于分母",
    ),
    "second_package": (
        "{column} = {value!r} already has an open case package; close one or correct the number",
        "“{column}”的纠纷“{value}”已有一件在办包案，请先销号或更正编号",
    ),
    "unknown_original": (
        "{column} = {value!r} is not a dispute of this source; correct it or import that dispute, too",
        "“{column}”的值“{value}”不是该来源的纠纷，请更正或同时导入该件",
    ),
    "unlisted_word": (
        "{column} = {value!r} is not a word of config/assessment.toml; correct it or add it there",
        "“{column}”的值“{value}”不在 config/assessment.toml 所列范围内，请更正或在其中补充",
    ),
    "unlisted_kind": (
        "{column} = {value}; map it to one of those",
        "“{column}”为“{value}”；请映射到所列之一",
    ),
    "unlisted_department": (
        "{column} = {value!r} is not one of config/departments.toml; map it to one or add it there",
        "“{column}”的值“{value}”不在 config/departments.toml 所列范围内，请映射到其中之一或在其中补充",
    ),
    "stands_twice": (
        "{column} = {value!r} stands already in a row of another id for the same place and time; take one of them out",
        "“{column}”的值“{value}”在同一地区、同一时间已有另一编号的行，请去掉其中之一",
    ),
    "unknown_meeting": (
        "{column} = {value!r} is no meeting of the right kind; correct it or import that meeting, too",
        "“{column}”的值“{value}”不是相应的会议，请更正或同时导入该会议",
    ),
    "decided_without_meeting": (
        "{column} = {value}: nothing is decided before the meeting is held",
        "“{column}”为“{value}”：会议召开之前不能议定事项",
    ),
    "found_before_dispute": (
        "{column} = {value}: the package is older than the dispute it answers for",
        "“{column}”为“{value}”：包案早于所包纠纷的受理",
    ),
    "more_than_townships": (
        "{column} = {value}: more townships use the practice than there are",
        "“{column}”为“{value}”：采用乡镇数多于乡镇总数",
    ),
    "unlisted_award_word": (
        "{column} = {value!r} is not a word of config/fund.toml; correct it or add it there",
        "“{column}”的值“{value}”不在 config/fund.toml 所列范围内，请更正或在其中补充",
    ),
    "award_of_nothing": ("{column} = {value}: an award has an amount", "“{column}”为 {value}：奖补必须有金额"),
    "award_above_cap": (
        "{column} = {value}: above the cap on one award; correct it, or change the cap in config/fund.toml",
        "“{column}”为 {value}：超过单笔上限；请更正，或在 config/fund.toml 调整上限",
    ),
    "awards_over_fund": (
        "{column}: {value}: with this award the year's awards exceed the fund",
        "“{column}”：{value}：加上这一笔，当年奖补将超过基金总额",
    ),
    "unknown_ring": (
        "{column} = {value!r} is not a ring of config/response.toml; map it to one or add it there",
        "“{column}”的值“{value}”不是 config/response.toml 所列圈层，请映射到其中之一或在其中补充",
    ),
    "undocumented_veto": (
        "{column} is empty; a veto that was decided needs document number, deciding office and day",
        "“{column}”为空；已作认定的否决事项必须有文号、认定机关和日期",
    ),
    "impossible_year": ("{column} = {value!r} is not a year of assessment", "“{column}”的值“{value}”不是考核年度"),
    "no_approval_basis": (
        "{column} is empty; a pilot without the rule or paper that allows it is not taken in",
        "“{column}”为空；没有批准依据的示范点不予录入",
    ),
    "stage_skipped": (
        "{column} = {value!r} without the stage before it; fill that in or empty this",
        "“{column}”为“{value}”，但前一阶段未填；请补填前一阶段或清空本项",
    ),
    "stage_order": (
        "{column} = {value!r} is before the stage that precedes it",
        "“{column}”的日期“{value}”早于前一阶段",
    ),
    "repeated_id": (
        "{column} = {value!r} stands more than once with different content; correct the id, or take the wrong row out",
        "“{column}”的编号“{value}”重复且内容不同，请更正编号或删去错误的行",
    ),
    "identity": ("{column} = {value!r} looks like a personal identity", "“{column}”的值疑似个人身份信息（{value}）"),
    "no_geometry": ("the row has no shape", "该行没有几何图形"),
}


@dataclass
class Problems:
    """Bad rows of one batch: the first problem of each row counts."""

    file: str
    rows: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    """Position in the batch → (reason, column, value)."""

    def add(self, bad: pd.Series, reason: str, column: str, values: pd.Series | None = None) -> None:
        """Note ``reason`` for the rows where ``bad`` is true and that have no problem yet."""
        positions = bad.fillna(False).to_numpy(bool).nonzero()[0]
        for position in positions:
            if position not in self.rows:
                value = "" if values is None else str(values.iloc[position])
                shown = "".join(sign if sign.isprintable() else "\ufffd" for sign in value[:80])
                self.rows[int(position)] = (reason, column, shown)

    def take_over(self, other: Problems, places: Sequence[int]) -> None:
        """Note the problems of another batch, whose rows at ``places`` are the rows of this one, in that order."""
        if other.rows:
            for new, old in enumerate(places):
                if old in other.rows:
                    self.rows.setdefault(new, other.rows[old])

    def good(self, length: int) -> pd.Series:
        """Return which rows of the batch have no problem."""
        mask = pd.Series(True, index=range(length))
        mask.iloc[list(self.rows)] = False
        return mask


def sentence(reason: str, column: str, value: str, language: str) -> str:
    """Return the problem in words."""
    english, chinese = REASONS[reason]
    return (english if language == "en" else chinese).format(column=column, value=value)
