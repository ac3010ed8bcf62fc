"""Subjects: functions of the user's own, computed by whatever library, with the derivative that is on trial."""
