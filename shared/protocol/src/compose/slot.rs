//! What pictures are for.

use serde::{Deserialize, Serialize};

/// What a picture is for; decides its size. Source: Apple, Interactive Message Types and type-richlink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Slot {
    /// A bubble of style `icon`: 120 × 120.
    Icon,
    /// A bubble of style `small`: 180 × 180.
    Small,
    /// A bubble of style `large`: 789 × 450.
    Large,
    /// An item of a list picker: 180 × 180.
    ListItem,
    /// The header of a time picker: 1125 × 624.
    TimePicker,
    /// A rich link's picture: 240 × 240.
    RichLink,
    /// A form's splash or select item: no size is documented; kept within 789 × 450, never enlarged.
    Form,
    /// `appIcon` of an iMessage app: 120 × 120 in under 15 kB.
    AppIcon,
    /// `brandLogo` of an invitation: 120 × 120 (our choice; none is documented).
    BrandLogo,
}

impl Slot {
    /// Every slot.
    pub const ALL: [Self; 9] = [
        Self::Icon,
        Self::Small,
        Self::Large,
        Self::ListItem,
        Self::TimePicker,
        Self::RichLink,
        Self::Form,
        Self::AppIcon,
        Self::BrandLogo,
    ];

    /// Width and height in pixels at @3x.
    pub const fn pixels(self) -> (u32, u32) {
        match self {
            Self::Icon | Self::AppIcon | Self::BrandLogo => (120, 120),
            Self::Small | Self::ListItem => (180, 180),
            Self::Large | Self::Form => (789, 450),
            Self::TimePicker => (1125, 624),
            Self::RichLink => (240, 240),
        }
    }

    /// Whether the picture must have exactly that size, or only fit into it.
    pub const fn is_exact(self) -> bool {
        !matches!(self, Self::Form)
    }
}
