using Runctl.Configuration;
using Runctl.Json;
using Runctl.Runs;

namespace Runctl.Core.Tests.Runs;

public sealed class StoreReferenceTests
{
    private static readonly RunctlConfiguration Plain = new() { S3Bucket = "b" };
    private static readonly RunctlConfiguration Coded = Plain with { S3Encryption = "aws:kms", S3KmsKeyId = "alias/mine" };

    [Fact]
    public void Encryption_is_in_a_specification_only_where_it_is_configured()
    {
        Assert.DoesNotContain("sse", RunctlJson.Write(StoreReference.Of(Plain)!), StringComparison.Ordinal);
        Assert.Contains("\"sse\":\"aws:kms\",\"kms_key_id\":\"alias/mine\"", RunctlJson.Write(StoreReference.Of(Coded)!), StringComparison.Ordinal);
    }

    [Fact]
    public void A_resume_names_the_encryption_that_is_configured_now_and_else_the_runs_own()
    {
        var (plain, coded) = (StoreReference.Of(Plain)!, StoreReference.Of(Coded)!);
        Assert.Equal(coded, plain.WithEncryptionOf(Coded));
        Assert.Equal(coded, coded.WithEncryptionOf(Plain));
        Assert.Null(coded.WithEncryptionOf(Plain with { S3Encryption = "AES256" }).KmsKeyId);
    }
}
