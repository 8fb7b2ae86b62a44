"""What pages say of what was computed, in the language that was chosen: so far, findings."""

from elc.pages.findings import build_rules_table, say_finding, say_findings, say_record

__all__ = ["build_rules_table", "say_finding", "say_findings", "say_record"]
