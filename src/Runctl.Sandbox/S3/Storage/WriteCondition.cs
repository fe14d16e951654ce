namespace Runctl.Sandbox.S3.Storage;

/// <summary>What must hold for a write to happen.</summary>
/// <param name="MustBeNew">If-None-Match: *.</param>
/// <param name="ETag">If-Match, without quotes; * is any object.</param>
internal sealed record WriteCondition(bool MustBeNew, string? ETag)
{
    /// <summary>Reads the headers.</summary>
    public static WriteCondition Read(Func<string, string?> option)
    {
        var ifNoneMatch = option("If-None-Match");
        return ifNoneMatch is null or "*"
            ? new WriteCondition(ifNoneMatch is not null, option("If-Match")?.Trim('"'))
            : throw S3Errors.NotImplemented("If-None-Match with an entity tag");
    }

    /// <summary>Whether there is a condition at all.</summary>
    public bool Any => MustBeNew || ETag is not null;

    /// <summary>Compares with what is under the key.</summary>
    /// <exception cref="S3Exception">The condition does not hold.</exception>
    public void Check(string key, StoredObject? current)
    {
        if (MustBeNew && current is not null)
        {
            throw S3Errors.PreconditionFailed("If-None-Match");
        }

        if (ETag is null)
        {
            return;
        }

        if (current is null)
        {
            throw S3Errors.NoSuchKey(key);
        }

        if (ETag != "*" && ETag != current.ETag)
        {
            throw S3Errors.PreconditionFailed("If-Match");
        }
    }
}
