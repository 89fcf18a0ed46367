from brainseg.archs.unet.model import Settings, unet

__all__ = ["Settings", "unet"]
