from brainseg.archs.resunet.model import Settings, resunet

__all__ = ["Settings", "resunet"]
