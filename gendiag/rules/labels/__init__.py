"""What the labels say: their form, their range, their classes, and whether they belong to their inputs.

A loss takes labels in one form only, and few losses say so when they get another.
"""
