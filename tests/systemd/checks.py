"""What a real systemd makes of guard and training. Each function is one check, named by what it shows."""
import checks_alive
import checks_interrupted
import checks_power


def _checks(module):
    return [value for value in vars(module).values() if callable(value) and value.__module__ == module.__name__]


ALL = _checks(checks_alive) + _checks(checks_interrupted) + _checks(checks_power)
