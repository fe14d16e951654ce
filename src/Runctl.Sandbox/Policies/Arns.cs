namespace Runctl.Sandbox.Policies;

/// <summary>The names of the sandbox's resources in policies.</summary>
internal static class Arns
{
    public static string Ec2(string region, string type, string id = "*") => $"arn:aws:ec2:{region}:{(type == "image" ? "" : Ec2Account)}:{type}/{id}";

    public static string Bucket(string bucket) => $"arn:aws:s3:::{bucket}";

    public static string Object(string bucket, string key) => $"arn:aws:s3:::{bucket}/{key}";

    public static string Role(string name) => $"arn:aws:iam::{Ec2Account}:role/{name}";

    private const string Ec2Account = Runctl.Sandbox.Ec2.NetworkTable.OwnerId;
}
