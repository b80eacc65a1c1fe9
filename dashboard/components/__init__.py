"""Widgets that several pages share: functions that take plain values and return Dash components."""
