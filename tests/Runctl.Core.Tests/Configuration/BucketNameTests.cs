using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Errors;

namespace Runctl.Core.Tests.Configuration;

public sealed class BucketNameTests
{
    [Theory]
    [InlineData("my-checkpoint-bucket")]
    [InlineData("abc")]
    [InlineData("1.2.3.4.5")]
    [InlineData("logs.example.com")]
    [InlineData("my-bucket-123456789012-us-east-1-an")]
    [InlineData("x-s3")]
    public void The_name_of_a_general_purpose_bucket_is_taken(string name) => Assert.Null(BucketName.Problem(name));

    [Theory]
    [InlineData("fast--use1-az4--x-s3", "is a directory bucket (S3 Express One Zone)")]
    [InlineData("point--use1-az4--xa-s3", "is an access point of a directory bucket")]
    [InlineData("my-point-metadata-abcdefgh1234-s3alias", "is an access point")]
    [InlineData("my-lambda-abc123--ol-s3", "is an Object Lambda access point")]
    [InlineData("rack-abc--op-s3", "is an access point of S3 on Outposts")]
    [InlineData("tables--table-s3", "is a table bucket")]
    [InlineData("mfzwi23gnjvgw.mrap", "is a multi-region access point")]
    [InlineData("arn:aws:s3:us-east-1:123456789012:accesspoint/mine", "is an access point")]
    [InlineData("arn:aws:s3:us-east-1:123456789012:accesspoint:mine", "is an access point")]
    [InlineData("arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/mine", "is an access point")]
    [InlineData("arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", "is a multi-region access point")]
    [InlineData("arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/mine", "is an Object Lambda access point")]
    [InlineData("arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-1/bucket/b", "is on S3 on Outposts")]
    [InlineData("arn:aws:s3express:us-east-1:123456789012:bucket/fast--use1-az4--x-s3", "is a directory bucket")]
    [InlineData("arn:aws:s3tables:us-east-1:123456789012:bucket/t", "is a table bucket")]
    [InlineData("arn:aws:s3:::my-bucket", "is an ARN; give the name of the bucket alone")]
    [InlineData("arn:", "is an ARN")]
    [InlineData("s3://my-bucket/prefix", "is an address; give the name of the bucket alone, and a prefix as s3_prefix")]
    [InlineData("https://my-bucket.s3.amazonaws.com", "is an address")]
    [InlineData("my-bucket/prefix", "has a path in it")]
    [InlineData("my-bucket/", "has a path in it")]
    [InlineData("ab", "is not the name of a bucket")]
    [InlineData("My-Bucket", "is not the name of a bucket")]
    [InlineData("my_bucket", "is not the name of a bucket")]
    [InlineData("-bucket", "is not the name of a bucket")]
    [InlineData("bucket-", "is not the name of a bucket")]
    [InlineData("a..b", "is not the name of a bucket")]
    [InlineData("192.168.5.4", "is not the name of a bucket")]
    [InlineData("xn--bucket", "is not the name of a bucket")]
    [InlineData("my bucket", "is not the name of a bucket")]
    [InlineData("bücket", "is not the name of a bucket")]
    [InlineData("bucket\n", "is not the name of a bucket")]
    [InlineData("$(id)", "is not the name of a bucket")]
    public void Anything_else_is_refused_for_what_it_is(string name, string problem) => Assert.StartsWith(problem, BucketName.Problem(name), StringComparison.Ordinal);

    [Fact]
    public void A_name_has_63_characters_at_most()
    {
        Assert.Null(BucketName.Problem(new string('a', 63)));
        Assert.NotNull(BucketName.Problem(new string('a', 64)));
    }

    [Theory]
    [InlineData("s3://fast--use1-az4--x-s3/key", "directory bucket")]
    [InlineData("s3://arn:aws:s3:us-east-1:123456789012:accesspoint/mine/key", "access point")]
    public void An_address_of_an_object_in_another_kind_of_bucket_is_refused(string uri, string kind)
    {
        var error = Assert.Throws<RunctlException>(() => S3Uri.Parse(uri));
        Assert.Equal("BucketNameInvalid", error.Id);
        Assert.Contains(kind, error.Message, StringComparison.Ordinal);
    }
}
