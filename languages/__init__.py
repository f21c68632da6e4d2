"""What travelers read, in their language: texts by gettext catalogs, amounts, dates and times by CLDR."""
