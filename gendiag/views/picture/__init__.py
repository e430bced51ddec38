"""The pictures: batches on one axis in panels one above the other, the whole run as a strip, and the map of fit.

``states`` says what became of every batch, ``marks`` what findings say of it, ``columns`` puts batches into at most a
few hundred columns, ``tracks`` reads what a panel shows, ``panels`` draws it, ``timeline`` puts panels together.
"""
