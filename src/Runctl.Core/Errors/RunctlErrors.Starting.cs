using System.Globalization;
using Runctl.Instances;

namespace Runctl.Errors;

/// <content>Errors of starting a training, and of the instance that is left.</content>
internal static partial class RunctlErrors
{
    /// <summary>No instance is named, and none is to be launched.</summary>
    public static RunctlException NoPlaceToTrain() =>
        new("InstanceNotNamed", ErrorKind.InvalidInput, "No instance is named to train on, and none is to be launched.", null,
            "Use -InstanceId or pipe an instance in to train on one that runs (Get-RunctlInstance lists them). Use -InstanceType, for example -InstanceType g5.xlarge, g4dn.xlarge, to have one launched for the training.");

    /// <summary>An instance is named, and another is to be launched.</summary>
    public static RunctlException TwoPlacesToTrain(string instanceId, string parameter) =>
        new("InstanceNamedTwice", ErrorKind.InvalidInput, $"The training is to run on {instanceId}, and -{parameter} asks for another instance.", instanceId,
            $"Leave -{parameter} out to train on {instanceId}, or leave -InstanceId out to have an instance launched.");

    /// <summary>A new instance has nothing to run.</summary>
    public static RunctlException CodeNotBrought(string script, string project) =>
        new("CodeNotBrought", ErrorKind.InvalidInput, $"A new instance has no {script}: -SyncCode is missing, and no image is named that could have it.", script,
            $"Use -SyncCode to send the project. If an image has the code in the directory {project} of its login user, name the image with -ImageId, or ami under [aws] in .runctl.toml.");

    /// <summary>The price limit is below every price.</summary>
    public static RunctlException PriceLimitTooLow(decimal limit, decimal lowest, string types) =>
        new("PriceLimitTooLow", ErrorKind.InvalidInput, $"The price limit of {Money(limit)} USD/h is below the lowest spot price of {types}, {Money(lowest)} USD/h.", limit,
            "Raise -MaxPrice (spot_max_price under [aws] in .runctl.toml), or leave it out: the on-demand price is the limit then, and interruptions are fewer.");

    /// <summary>A launched instance did not become ready.</summary>
    public static RunctlException InstanceNotReady(RunctlInstance instance, RunctlException cause, RunctlException? cleanup) =>
        With(cause, "InstanceNotReady", instance.InstanceId,
            $"Instance {instance.InstanceId} did not become ready{(cleanup is null ? " and was terminated" : "")}: {cause.Message}{(cleanup is null ? "" : $" It could not be terminated: {cleanup.Message}")}",
            cleanup is null ? cause.RecommendedAction : Join(cause.RecommendedAction, KeepsCosting(instance)));

    /// <summary>A start failed, and the instance that was launched for it is gone.</summary>
    public static RunctlException StartUndone(RunctlException failure, RunctlInstance instance) =>
        With(failure, failure.Id, failure.Target, $"{failure.Message.TrimEnd()} Instance {instance.InstanceId}, launched for this start, was removed.", failure.RecommendedAction);

    /// <summary>A start failed, and the instance that was launched for it is there, unwanted.</summary>
    public static RunctlException StartNotUndone(RunctlException failure, RunctlInstance instance, RunctlException cleanup) =>
        With(failure, failure.Id, failure.Target, $"{failure.Message.TrimEnd()} Instance {instance.InstanceId}, launched for this start, could not be removed: {cleanup.Message}", Join(failure.RecommendedAction, KeepsCosting(instance)));

    /// <summary>A start failed on an instance that lives on.</summary>
    public static RunctlException StartFailedOn(RunctlException failure, RunctlInstance instance) =>
        With(failure, failure.Id, failure.Target, failure.Message, Join(failure.RecommendedAction, KeepsCosting(instance)));

    /// <summary>The script ended in an error within its first seconds.</summary>
    public static RunctlException TrainingFailedAtOnce(RunctlException failure, string runId, RunctlInstance instance, string script, bool terminates, bool isIdle) =>
        With(failure, failure.Id, runId, $"Run {runId} failed at once. {failure.Message}",
            $"Get-RunctlTrainingLog {runId} shows the whole output. " + (terminates
                ? $"Instance {instance.InstanceId} terminates itself (on_exit)."
                : $"Correct the script and start it again on the same instance: Start-RunctlTraining {script} -InstanceId {instance.InstanceId}{(isIdle ? $". {KeepsCosting(instance)}" : "")}"));

    /// <summary>What the guard says if the script ends in an error within its first seconds.</summary>
    public const string TrainingFailedId = "TrainingFailed";

    /// <summary>What an instance costs that nothing trains on, and the command that ends it.</summary>
    public static string KeepsCosting(RunctlInstance instance) =>
        $"Instance {instance.InstanceId} keeps costing {(instance.HourlyPrice is { } price ? $"{Money(price)} USD/h" : "money")}: Remove-RunctlInstance {instance.InstanceId}";

    /// <summary>What a command leaves that was stopped, if the removal failed.</summary>
    public static string StillRunning(RunctlInstance instance, RunctlException cleanup) =>
        $"{instance.InstanceId} could not be removed: {cleanup.Message} {KeepsCosting(instance)}";

    /// <summary>Something failed while a failure was being undone.</summary>
    public static RunctlException CleanupFailed(Exception cause) =>
        new("CleanupFailed", ErrorKind.InvalidState, $"{cause.GetType().Name}: {cause.Message}", null, null, cause);

    private static RunctlException With(RunctlException failure, string id, object? target, string message, string? action) =>
        new(id, failure.Kind, message, target, action, failure)
        {
            ServiceErrorCode = failure.ServiceErrorCode,
            RequestId = failure.RequestId,
            IsTransient = failure.IsTransient,
            Others = failure.Others,
        };

    /// <summary>Puts a sentence after a remedy, which may end in a command without a full stop.</summary>
    private static string Join(string? first, string second) => first?.TrimEnd() switch
    {
        null or "" => second,
        [.., '.' or '!' or '?' or ':'] sentence => $"{sentence} {second}",
        var command => $"{command}. {second}",
    };

    private static string Money(decimal amount) => amount.ToString("0.####", CultureInfo.InvariantCulture);
}
