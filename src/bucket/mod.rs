//! Buckets of object storage as a [`store`](crate::store).
