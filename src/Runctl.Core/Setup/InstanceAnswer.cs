using Runctl.Errors;
using Runctl.Runs;

namespace Runctl.Setup;

/// <summary>Judges what the guard program found on an instance.</summary>
/// <param name="list">Where checks are made.</param>
/// <param name="request">What is checked.</param>
/// <param name="answer">The answer, or null where there is none.</param>
/// <param name="silence">Why there is none.</param>
internal sealed class InstanceAnswer(CheckList list, SetupRequest request, GuardCheckAnswer? answer, string silence)
{
    private const long LeastRoom = 1L << 30;
    private const double LongAgo = 3600;

    /// <summary>The checks, in order.</summary>
    public IEnumerable<RunctlSetupCheck> Judge()
    {
        yield return From("Python", Python);
        yield return From("Systemd", Systemd);
        yield return From("MetadataService", Metadata);
        yield return From("InstanceRole", Role);
        yield return From("InstanceBucket", Bucket);
        yield return From("Orders", Orders);
        yield return From("Guard", Guard);
        yield return From("CheckpointDirectory", Writable);
        yield return From("DiskSpace", Room);
        yield return From("RecentCheckpoint", Recent);
        yield return From("CheckpointFits", Fits);
    }

    private RunctlSetupCheck From(string name, Func<string, GuardCheckAnswer, RunctlSetupCheck> judge) => answer switch
    {
        null => list.Unknown(name, silence),
        { Refusal: { } refusal } => Refused(name, refusal, refusal.Id == ErrorIds.SystemdTooOld ? "Systemd" : "Python"),
        _ => judge(name, answer),
    };

    private RunctlSetupCheck Refused(string name, RunctlException refusal, string reason) =>
        name == reason ? list.Fail(name, refusal.Message, refusal.RecommendedAction)
        : name == "Python" ? list.Pass(name, "3.8 or later")
        : list.Unknown(name, $"Not tried: {reason} failed.");

    private RunctlSetupCheck Python(string name, GuardCheckAnswer known) => list.Pass(name, known.Python!);

    private RunctlSetupCheck Systemd(string name, GuardCheckAnswer known) => list.Pass(name, known.Systemd ?? "not used: a keeper restarts the guard");

    private RunctlSetupCheck Metadata(string name, GuardCheckAnswer known) => known.Imds switch
    {
        "ok" => list.Pass(name, "answers (IMDSv2)"),
        "disabled" => list.Fail(name, "It is turned off (403): no notice can be seen.", "aws ec2 modify-instance-metadata-options --http-endpoint enabled"),
        "unreachable" => list.Fail(name, "It does not answer: no notice can be seen.", "Check for a firewall or a route on the instance that keeps 169.254.169.254 away."),
        _ => list.Fail(name, $"It answers with errors ({known.Imds}): a notice may be seen late.", "Look at it on the instance: curl -X PUT http://169.254.169.254/latest/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 60'"),
    };

    private RunctlSetupCheck Role(string name, GuardCheckAnswer known) => known.Credentials is null
        ? list.Pass(name, known.Role ?? "credentials from the environment")
        : list.Fail(name, known.Credentials.Message, "Give the instance a profile with a role: 'aws ec2 associate-iam-instance-profile', and check that the metadata service answers.");

    private RunctlSetupCheck Bucket(string name, GuardCheckAnswer known)
    {
        if (StoreReference.Of(request.Configuration) is not { } store || known.Storage is not { } storage)
        {
            return list.Unknown(name, list.FirstFailed("InstanceRole") is { } basis ? $"Not tried: {basis} failed." : "Not tried: there is no bucket.");
        }

        var remains = new StorageProbe(null!, store).Remains(storage.Left);
        return storage.Error is { } error
            ? list.Fail(name, $"{storage.Step}: {error.Message}{remains}", error.Id switch
            {
                "BucketElsewhere" => RunctlErrors.RegionAction,
                "BucketNotFound" => "Create the bucket, or correct s3_bucket.",
                "StorageForbidden" => RunctlErrors.RoleAction,
                _ => "Check the instance's way to S3 (internet gateway, NAT or a gateway endpoint).",
            })
            : list.Pass(name, $"written and read{(storage.Rate is { } rate ? $", {Amounts.Rate(rate)}" : "")}{remains}");
    }

    /// <summary>A template cannot compare prefixes, and a policy can be any.</summary>
    private RunctlSetupCheck Orders(string name, GuardCheckAnswer known) => (known.OrdersWritable, StoreReference.Of(request.Configuration)) switch
    {
        (false, _) => list.Pass(name, "the role reads them, and cannot write them"),
        (true, { } store) => list.Fail(name, $"The role may write below s3://{store.Bucket}/{store.RunPrefix}/orders/, so a training can change what a resume launches and runs.",
            $"Give the role no more than Runctl needs. {RunctlErrors.RolePolicyAction} For a stack of the CloudFormation template choose S3Prefix and RunPrefix of which neither contains the other."),
        _ => list.Unknown(name, "Not tried: there is no bucket, or S3 did not say."),
    };

    private RunctlSetupCheck Guard(string name, GuardCheckAnswer known) => known switch
    {
        { ActiveRuns: 0 } => list.Unknown(name, "No training of Runctl runs there; the guard starts with one."),
        { GuardAlive: true } => list.Pass(name, "alive"),
        _ => list.Fail(name, "A training runs, and no guard lives.", "Watch-RunctlSpotInterruption on the instance starts it again."),
    };

    private RunctlSetupCheck Writable(string name, GuardCheckAnswer known) => known.Directory switch
    {
        null => list.Unknown(name, "It was not looked at."),
        { Error: { } error } directory => list.Fail(name, directory.Path is null ? error : $"{directory.Path}: {error}{(directory.User is { } user ? $" (as {user})" : "")}", "Let the directory belong to the login user, or name another by dir under [checkpoint]."),
        { Exists: false } directory => list.Pass(name, $"{directory.Path} is made when the training starts"),
        var directory => list.Pass(name, $"{directory.Path}, writable for {directory.User}"),
    };

    private RunctlSetupCheck Room(string name, GuardCheckAnswer known)
    {
        if (known.Directory is not { Free: { } free } directory)
        {
            return list.Unknown(name, "It was not looked at.");
        }

        var needed = Math.Max(LeastRoom, 2 * (directory.Checkpoint?.Size ?? 0));
        return free >= needed ? list.Pass(name, $"{Amounts.Size(free)} free")
            : list.Fail(name, $"{Amounts.Size(free)} free; two checkpoints and room to work need {Amounts.Size(needed)}", "Delete old checkpoints on the instance, or launch with a larger volume.");
    }

    private RunctlSetupCheck Recent(string name, GuardCheckAnswer known)
    {
        if (known.Directory?.Checkpoint is not { } newest)
        {
            return list.Unknown(name, "There is no checkpoint yet.");
        }

        var seen = $"{newest.Name}, {Amounts.Size(newest.Size)}, {Amounts.Time(newest.Age)} ago";
        return known.ActiveRuns > 0 && newest.Age > LongAgo
            ? list.Fail(name, seen, "Save more often (a lower save_interval): an instance may be taken without a notice.")
            : list.Pass(name, seen);
    }

    private RunctlSetupCheck Fits(string name, GuardCheckAnswer known)
    {
        if (known.Directory?.Rate is not { } disk || known.Storage?.Rate is not { } link)
        {
            return list.Unknown(name, "The speeds of disk and S3 were not measured.");
        }

        var speeds = $"at {Amounts.Rate(disk)} to the disk and {Amounts.Rate(link)} to S3";
        if (known.Directory.Checkpoint is not { } newest)
        {
            return list.Unknown(name, $"There is no checkpoint yet; up to {Amounts.Size(WindowEstimate.Largest(disk, link))} fit {speeds}.");
        }

        var seen = $"{newest.Name} ({Amounts.Size(newest.Size)}) takes {Amounts.Time(WindowEstimate.Seconds(newest.Size, disk, link))} of {WindowEstimate.Window:0} s {speeds}";
        const string remedy = "Use a larger volume throughput, a larger instance or an S3 gateway endpoint. Or save less (no optimiser state), or save often: if a save does not fit, the last periodic checkpoint is used.";
        return WindowEstimate.Fits(newest.Size, disk, link, request.Configuration.GracePeriod) switch
        {
            true => list.Pass(name, seen),
            false => list.Fail(name, seen, remedy),
            null => list.Unknown(name, seen + "; a long upload may be faster than this short measurement", remedy),
        };
    }
}
