"""By which columns, and by which words in a file's name, a register that is no list of sites is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ingest.text.fields import field_of_heading

# Fields by heading: lower case, without blanks and punctuation.
_HEADINGS: Mapping[str, str] = {
    heading: name
    for name, headings in (
        ("uscc", "统一社会信用代码 社会信用代码 信用代码 uscc creditcode unifiedsocialcreditcode"),
        ("permit_code", "排污许可证编号 许可证编号 排污许可编号 permitcode permit permitno"),
        ("name", "企业名称 单位名称 企业 单位 被投诉单位 被检查单位 被投诉对象 enterprise company"
         " site sitename name 名称"),
        ("area", "区域 管控区域 适用范围 area region"),
        ("district", "区县 所属区县 行政区 行政区划 区市县 district county"),
        ("park", "园区 所属园区 工业园区 park industrialpark"),
        ("start", "开始 开始日期 起始日期 开始时间 起 自 投诉日期 投诉时间 受理日期 下达日期 启动日期"
         " from start startdate received"),
        ("end", "结束 结束日期 截止日期 结束时间 止 至 办结日期 整改期限 解除日期 to until end enddate closed"),
        ("grade", "绩效等级 绩效分级 等级 管控等级 grade"),
        ("measure", "管控措施 停限产措施 减排措施 限产比例 措施 order measure"),
        ("account", "用电户号 户号 电力户号 用户编号 电表号 表号 account accountno poweraccount meter"),
        ("day", "检查日期 检查时间 执法日期 day date checkdate inspectiondate"),
        ("body", "检查单位 检查机构 检查部门 执法单位 执法机构 body agency inspectedby"),
        ("kind", "检查类型 检查方式 类型 投诉类型 豁免类型 kind type"),
        ("result", "检查结果 处理结果 结果 result"),
        ("section", "科室 处室 提出部门 section office"),
        ("matter", "事项 事项内容 办理事项 matter task"),
        ("basis", "依据 法律依据 basis"),
        ("due", "办理期限 期限 due duedate deadline"),
        ("asked_by", "提出方 来源 askedby asked requestedby"),
        ("entry", "是否入企 入企 方式 办理方式 entry remoteorentry mode"),
        ("state", "状态 办理状态 整改状态 处理状态 state status"),
        ("complaint", "投诉内容 投诉事项 信访内容 信访编号 投诉编号 complaint complaintno complaintid"),
        ("rectification", "整改要求 整改内容 整改事项 rectification rectify"),
        ("exemption", "豁免 豁免事项 豁免类型 豁免依据 正面清单 exemption exempt exemptionkind"),
        ("limit", "限高 限高m 限制高度 高度限制 最大高度 limit limitm maxheight maxheightm ceiling heightlimit"),
    )
    for heading in headings.split()
}  # fmt: skip
# Words of a kind in a file's name; English ones stand alone.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "complaints": ("complaints", "complaint", "投诉", "信访"),
    "rectifications": ("rectifications", "rectification", "整改"),
    "exemptions": ("exemptions", "exemption", "豁免", "正面清单"),
    "orders": ("orders", "停限产", "限停产", "停产令", "限产令"),
    "accounts": ("accounts", "户号"),
    "matters": ("matters", "事项清单"),
    "checks": ("checks",),
    "airspace": ("airspace", "空域", "禁飞", "限高区"),
    "areas": ("areas", "行政区划", "园区边界", "区县边界"),
}


def kind_by_name(path: Path) -> str:
    """The kind that a file's name says, empty for none.

    Examples
    --------
    >>> kind_by_name(Path("2024_orders.csv")), kind_by_name(Path("信访投诉.xlsx")), kind_by_name(Path("borders.csv"))
    ('orders', 'complaints', '')
    """
    words = re.split(r"[^a-z]+", path.stem.lower())
    for kind, names in _NAMES.items():
        if any(name in words if name.isascii() else name in path.stem for name in names):
            return kind
    return ""


def kind_of_columns(headings: Iterable[str], *, shapes: bool = False) -> str:
    """The kind that columns say, empty for a list of sites or of something else.

    Examples
    --------
    >>> kind_of_columns(["被投诉单位", "投诉内容", "投诉人"]), kind_of_columns(["单位名称", "经度", "纬度"])
    ('complaints', '')
    """
    headings = list(headings)
    found = {field_in_kinds(heading) for heading in headings}
    if shapes:
        if "limit" in found and not found & {"uscc", "permit_code"}:
            return "airspace"
        return "areas" if found & {"district", "park"} and not found & {"uscc", "permit_code", "name"} else ""
    if "complaint" in found or any(_plain(heading) in ("投诉人", "complainant") for heading in headings):
        return "complaints"
    about = found & {"uscc", "permit_code", "name", "area", "district", "park"}
    if {"body", "day"} <= found and about:
        return "checks"
    if any(field_of_heading(heading) in ("lon", "lonlat", "x") for heading in headings):
        return ""  # a list of places, with a column on something else
    if any("整改" in heading for heading in headings):
        found.add("rectification")
    for mark, kind in (("rectification", "rectifications"), ("exemption", "exemptions"), ("matter", "matters")):
        if mark in found and about:
            return kind
    if "measure" in found and about and found & {"start", "end", "grade"}:
        return "orders"
    return "accounts" if "account" in found and about else ""


def _plain(heading: str) -> str:
    return re.sub(r"[\s_\-:：*/、.（()）\[\]]", "", heading.strip().lower())


def field_in_kinds(heading: str) -> str:
    """The field that a heading stands for in a register of a kind, empty where it is not known."""
    return _HEADINGS.get(_plain(heading)) or _HEADINGS.get(_plain(re.sub(r"[（(\[].*?[)）\]]", "", heading)), "")
