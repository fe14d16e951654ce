namespace Runctl.Sandbox.Ec2.Tagging;

/// <summary>A resource that has tags.</summary>
internal interface ITagged
{
    /// <summary>Its id.</summary>
    string ResourceId { get; }

    /// <summary>Its type as TagSpecifications write it, e.g. <c>spot-instances-request</c>.</summary>
    string ResourceType { get; }

    /// <summary>Its tags.</summary>
    TagSet Tags { get; set; }
}
