from brainseg.archs.transunet.model import Settings, transunet

__all__ = ["Settings", "transunet"]
