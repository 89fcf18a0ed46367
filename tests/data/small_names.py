"""Names of patients: those of a public data set with a hundred more."""

from brainseg.splitting.subsets import REPORT_VALIDATION

SITES = {"CS": 24, "DU": 60, "HT": 16}


PATIENTS = [f"TCGA_{site}_{number:04d}_1999" for site, count in SITES.items() for number in range(count)]


LGG = [*REPORT_VALIDATION, *PATIENTS]
