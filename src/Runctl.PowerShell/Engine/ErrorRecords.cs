using System.Management.Automation;
using Runctl.Errors;

namespace Runctl.PowerShell.Engine;

/// <summary>The one place where failures become error records.</summary>
internal static class ErrorRecords
{
    /// <summary>Makes a record with the exception's stable id, its category, its target and what to do about it.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="target">What the user named, where the failure does not say.</param>
    public static ErrorRecord From(RunctlException exception, object? target = null)
    {
        var record = new ErrorRecord(exception, exception.Id, CategoryOf(exception.Kind), exception.Target ?? target);
        if (exception.RecommendedAction is { Length: > 0 } action)
        {
            record.ErrorDetails = new ErrorDetails(exception.Message) { RecommendedAction = action };
        }

        return record;
    }

    /// <summary>What to show for an exception that ended a command, or null where the engine's own handling is right.</summary>
    public static RunctlException? Translate(Exception exception) => exception switch
    {
        RunctlException ours => ours,
        AggregateException { InnerExceptions: [var only] } => Translate(only),
        // The engine's own: a stopped pipeline, an error action of Stop, a failure further down the pipeline.
        _ when exception.GetType().Assembly == typeof(PSObject).Assembly => null,
        NotImplementedException => new RunctlException("NotImplemented", ErrorKind.NotSupported, "This version of Runctl does not do this yet.", innerException: exception),
        _ => new RunctlException(
            "Defect",
            ErrorKind.Defect,
            $"Runctl failed in a way it should not: {exception.GetType().Name}: {exception.Message}",
            recommendedAction: "Please report this, with the text of $Error[0].Exception.ToString().",
            innerException: exception),
    };

    private static ErrorCategory CategoryOf(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidInput => ErrorCategory.InvalidArgument,
        ErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        ErrorKind.InvalidState => ErrorCategory.InvalidOperation,
        ErrorKind.Conflict => ErrorCategory.ResourceExists,
        ErrorKind.Authentication => ErrorCategory.AuthenticationError,
        ErrorKind.PermissionDenied => ErrorCategory.PermissionDenied,
        ErrorKind.ResourceUnavailable => ErrorCategory.ResourceUnavailable,
        ErrorKind.Timeout => ErrorCategory.OperationTimeout,
        ErrorKind.Connection => ErrorCategory.ConnectionError,
        ErrorKind.InvalidData => ErrorCategory.InvalidData,
        ErrorKind.NotSupported => ErrorCategory.NotImplemented,
        _ => ErrorCategory.NotSpecified,
    };
}
