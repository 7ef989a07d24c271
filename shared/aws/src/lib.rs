//! The ports on DynamoDB, SQS and Secrets Manager.
