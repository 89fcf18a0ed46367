from brainseg.archs.unetpp.model import Settings, unetpp

__all__ = ["Settings", "unetpp"]
