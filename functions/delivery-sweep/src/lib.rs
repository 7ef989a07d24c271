//! The delivery-sweep function.
