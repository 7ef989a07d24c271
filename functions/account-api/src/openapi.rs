//! The OpenAPI document, made of the types of the answers.
