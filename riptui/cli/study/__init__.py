"""The work of the commands `riptui study ...`.

new, plan, run, status, report, sbatch    each the command of its name
ls              the studies that are known here
control         pause, resume, stop and retry
read            a study and its manifest, as these commands need them
study_display   what `riptui study run` shows; farewell: what it says when it is left
"""
