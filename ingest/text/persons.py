"""Columns that name natural persons, by their headings: they are dropped wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.outcome import Notes

_PERSONS = frozenset(
    (
        "投诉人", "投诉人姓名", "举报人", "信访人", "联系人", "联系人姓名", "联系电话", "联系方式", "电话", "手机",
        "手机号", "手机号码", "电话号码", "身份证", "身份证号", "身份证号码", "证件号码", "法定代表人", "法人代表",
        "负责人", "姓名", "邮箱", "家庭住址", "complainant", "complainantname", "contact", "contactperson",
        "contactname", "phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone", "idnumber", "idcard",
        "identitynumber", "email", "legalrepresentative",
    )
)  # fmt: skip


def is_of_a_person(heading: str) -> bool:
    """Whether a heading is of a column of natural persons.

    Examples
    --------
    >>> is_of_a_person("联系电话（手机）"), is_of_a_person("Contact Person"), is_of_a_person("单位名称")
    (True, True, False)
    """
    text = re.sub(r"[（(\[【].*?[)）\]】]", "", heading.strip().lower())
    return re.sub(r"[\s_\-:：*/、.]", "", text) in _PERSONS


def tell_left_out(headings: Sequence[str], item: str, notes: Notes) -> None:
    """Name the columns that are not used; those of persons, of which nothing is kept, apart and counted."""
    personal = tuple(text for text in headings if is_of_a_person(text))
    unknown = tuple(text for text in headings if text not in personal)
    if unknown:
        notes.decide(item, "unknown_columns_left_out", {"columns": unknown[:12]})
    if personal:
        notes.decide(item, "personal_columns_dropped", {"count": len(personal), "columns": personal})
