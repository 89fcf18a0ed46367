"""What each score of metrics/evaluation.json means, in a sentence, in the order of the page."""

HD95 = "distance that 95 % of both surfaces do not exceed. A lost lesion costs the diagonal."
ASSD = "mean distance of both surfaces."
# a run has those of one unit
OF_ONE_UNIT = ("nsd_3d", "hd95_px", "assd_px", "hd95_mm", "assd_mm")

# key -> (name, digits, help)
METRICS = {
    "dsc": ("DSC", 4, "overlap of predicted and true lesion: 2 |P∩T| / (|P| + |T|). 1 is perfect, 0 is no overlap."),
    "iou": ("IoU", 4, "overlap as |P∩T| / |P∪T|. Always lower than the DSC, with the same order of patients."),
    "nsd": ("NSD", 4, "share of both outlines that lies within the tolerance of the other, slice by slice."),
    "nsd_3d": ("NSD, 3-D", 4, "the same of the surfaces in three dimensions."),
    "hd95_px": ("HD95, px", 2, HD95),
    "assd_px": ("ASSD, px", 2, ASSD),
    "hd95_mm": ("HD95, mm", 2, HD95),
    "assd_mm": ("ASSD, mm", 2, ASSD),
    "sensitivity": ("sensitivity", 4, "share of the true lesion that is predicted."),
    "precision": ("precision", 4, "share of the predicted lesion that is true."),
    "volume_error": ("volume error", 4, "predicted volume minus true volume, over the true one. 0.1 is a tenth more."),
    "lesion_sensitivity": ("lesions found", 4, "share of a patient's lesions that the prediction touches."),
    "false_components": ("false lesions", 2, "predicted components without any true voxel, per patient."),
    "dsc_slicewise": (
        "slice-wise DSC",
        4,
        "mean over all slices. Too high, as slices without lesion count as 1; only to compare with other papers.",
    ),
    "dsc_report": ("DSC, report's protocol", 4, "on the report's 256 × 256 grid, largest component, above 0.5."),
    "dsc_largest_component": ("DSC, largest component", 4, "of the largest predicted component alone."),
    "dsc_every_component": ("DSC, every component", 4, "of all predicted components."),
    "ceiling_dsc": (
        "ceiling",
        4,
        "DSC of the truth itself, brought to the network's grid and back. What the size of the input costs.",
    ),
    "certainty": ("certainty", 4, "how little the mask changes with the threshold. It needs no truth."),
    "near_threshold_share": ("share near the threshold", 4, "share of voxels whose probability is near the threshold."),
    "calibration_error": (
        "calibration error",
        4,
        "mean difference of probability and share of lesion, near lesions. 0 is calibrated.",
    ),
}
