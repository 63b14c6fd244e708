"""The colours of the demo pictures: one tone per picture, and the materials all pictures share."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shades:
    """One material in three lights."""

    main: str
    deep: str
    light: str


@dataclass(frozen=True)
class Tone:
    """The colours of one picture: the room around the object, and the object's own shades."""

    wall: str
    glow: str
    floor: str
    shadow: str
    paint: Shades


OAK = Shades("#D3A46B", "#B28048", "#E6C393")
WALNUT = Shades("#8C5D40", "#6C4530", "#A97A59")
ASH = Shades("#E3C69A", "#C8A574", "#F0DDBC")
BRASS = Shades("#CBA04A", "#A67F33", "#E3C27C")
IRON = Shades("#45444C", "#302F36", "#62616B")
CREAM = Shades("#F7F0E3", "#E3D8C4", "#FFFDF8")
LEAF = Shades("#6E9568", "#51764F", "#93B58A")
SEAGRASS = Shades("#CDAE7A", "#AD8D58", "#E2CA9F")
GLASS = Shades("#DCE9EC", "#C2D6DB", "#F2F8F9")
LIGHT = Shades("#FBE3A1", "#F3CB6B", "#FFF5D9")

TONES = {
    "sage": Tone("#E8EDE3", "#F4F7F0", "#CFDAC8", "#B7C6AF", Shades("#8DA888", "#6C8A69", "#B3C7AE")),
    "terracotta": Tone("#F7E8DE", "#FDF4EE", "#EBCFBE", "#D9B6A2", Shades("#C9714E", "#A6583A", "#E19A7B")),
    "mustard": Tone("#F9F0DA", "#FEF9EC", "#EEDDB3", "#DBC590", Shades("#D9A441", "#B5832E", "#EDC97F")),
    "blush": Tone("#F9E9E6", "#FEF5F3", "#EFD2CC", "#DDB8B1", Shades("#D9938A", "#B87269", "#EDBAB3")),
    "sky": Tone("#E5EEF3", "#F3F8FA", "#C9DBE4", "#AFC6D2", Shades("#6C9AB0", "#4D7A91", "#A0C1D0")),
    "ink": Tone("#E8E8F0", "#F5F5F9", "#CFD0DE", "#B5B7CA", Shades("#4B5679", "#363F5D", "#7985A8")),
    "sand": Tone("#F5EFE4", "#FCF8F1", "#E5D8C2", "#D0BF9F", Shades("#C9B28D", "#A88F67", "#E3D3B6")),
}
