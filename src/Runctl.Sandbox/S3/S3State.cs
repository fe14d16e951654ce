using Runctl.Sandbox.Policies;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3;

/// <summary>What all requests to one S3 share.</summary>
internal sealed record S3State(BucketTable Buckets, ContentStore Content, TimeProvider Clock, AccessControl Access);
