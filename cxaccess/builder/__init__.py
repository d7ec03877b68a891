"""The builder of conditions: rows and groups in a form, for rules of groups and whatever else asks conditions.

It works by round trips alone: each button posts the whole form, the server adds, removes or redraws, and nothing is
saved until the form's own button is pressed. With scripts the same answers are swapped in place.
"""
