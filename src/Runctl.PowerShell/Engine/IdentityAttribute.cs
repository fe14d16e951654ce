using System.Collections;
using System.Management.Automation;

namespace Runctl.PowerShell.Engine;

/// <summary>Lets an id be given by the object it belongs to. Without it PowerShell would take the object's text for the id.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class IdentityAttribute(string property) : ArgumentTransformationAttribute
{
    /// <summary>Property of the object that holds the id.</summary>
    public string Property { get; } = property;

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            null or string => value,
            IList list => list.Cast<object?>().Select(item => Transform(engineIntrinsics, item)).ToArray(),
            _ when PSObject.AsPSObject(inputData).Properties[Property]?.Value is string id => id,
            _ => throw NotAnIdentity(value),
        };
    }

    // With this cause the engine tries the other parameters a pipeline's object may belong to.
    private ArgumentTransformationMetadataException NotAnIdentity(object value)
    {
        var message = $"A {value.GetType().Name} has no {Property}.";
        return new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
    }
}
