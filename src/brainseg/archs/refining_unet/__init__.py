from brainseg.archs.refining_unet.model import Settings, refining_unet

__all__ = ["Settings", "refining_unet"]
