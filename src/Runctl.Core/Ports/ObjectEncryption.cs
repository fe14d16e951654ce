namespace Runctl.Ports;

/// <summary>The encryption that new objects are stored with, for buckets whose policy demands that writes name it.</summary>
/// <param name="Method">AES256, aws:kms or aws:kms:dsse.</param>
/// <param name="KmsKeyId">Id or ARN of the key; null for the one of the account or of the bucket.</param>
public sealed record ObjectEncryption(string Method, string? KmsKeyId);
