using System.Collections;
using System.Management.Automation;
using Runctl.Sandbox;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>Lets a fault be given as a hash table, and refuses one that cannot be before anything is done.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class FaultAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = Plain(inputData);
        return value is IList list ? list.Cast<object?>().Select(item => Read(Plain(item))).ToArray() : new[] { Read(value) };
    }

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static RunctlSandboxFault Read(object? value)
    {
        var fault = value switch
        {
            RunctlSandboxFault given => given,
            IDictionary table => FaultTable.Read(table),
            _ => throw new ArgumentTransformationMetadataException(
                $"'{value}' is not a fault. Write a hash table such as @{{ Operation = 's3:UploadPart'; Kind = 'Throttling'; Count = 3 }}."),
        };
        try
        {
            SandboxMapping.Validate(fault);
            return fault;
        }
        catch (ArgumentException problem)
        {
            throw new ArgumentTransformationMetadataException($"The fault is not valid. {problem.Message}", problem);
        }
    }
}
