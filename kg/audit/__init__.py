"""The audit of goals: findings (疑点) on what documents print, for a reviewer to judge.

One rule is one file (:mod:`kg.audit.rule`). A rule fires on what is written, quotes it, says 疑似 and guesses where an
oddity comes from; whether it stands is for a person to say (:mod:`kg.audit.answers`).
"""

from kg.audit.rule import Rule, RuleError, chosen, rules
from kg.audit.runner import Count, Finding, Report, audit

__all__ = ["Count", "Finding", "Report", "Rule", "RuleError", "audit", "chosen", "rules"]
