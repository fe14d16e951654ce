using System.Management.Automation;
using Runctl.PowerShell.Targets;

namespace Runctl.PowerShell.Engine;

/// <summary>The one rule by which cmdlets are told what to work on: an id, a wildcard, or an object that has an id, each alone or in a list.</summary>
/// <remarks>A parameter of the type <see cref="RunctlTarget"/>[] gets targets, which bring along where the objects were found. What names nothing becomes a target too: the cmdlet reports it in words, and goes on with the others.</remarks>
/// <param name="property">For a parameter that is a text: the property of the object that holds the id.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class IdentityAttribute(string? property = null) : ArgumentTransformationAttribute
{
    /// <summary>Property of the object that holds the id, or null for a parameter that takes targets.</summary>
    public string? Property { get; } = property;

    /// <summary>Whether the parameter takes one target, not a list.</summary>
    public bool IsSingle { get; init; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        Property is not null ? TextOf(engineIntrinsics, inputData)
        : !IsSingle ? RunctlTarget.Of(inputData).ToArray()
        : RunctlTarget.Of(inputData).ToArray() is [var only] ? only
        : throw new ArgumentTransformationMetadataException("One instance is expected here, and several were given.");

    private object? TextOf(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            null or string or Uri => value,
            System.Collections.IList list => list.Cast<object?>().Select(item => TextOf(engineIntrinsics, item)).ToArray(),
            _ => new TargetProperties(inputData!).Text(Property!) ?? throw NotAnIdentity(value),
        };
    }

    // With this cause the engine tries the other parameters a pipeline's object may belong to.
    private ArgumentTransformationMetadataException NotAnIdentity(object value)
    {
        var message = $"A {value.GetType().Name} has no {Property}.";
        return new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
    }
}
